/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/finder.h"

#include <stdlib.h>

#include "inventory-service/domain/lending/thing.h"

struct position {
	bool is_known;
	double lat, lon;
};

static void take_position(struct query *q, struct position *p)
{
	p->is_known = !get_is_null(q);
	p->lat = get_f64(q);
	p->is_known &= !get_is_null(q);
	p->lon = get_f64(q);
}

static enum err position_of(struct db *db, int64_t place_id, struct position *p)
{
	struct query q = db_query(db, "SELECT latitude, longitude FROM place WHERE id = $1");

	*p = (struct position){0};
	put_i64(&q, place_id);
	while (db_next(&q))
		take_position(&q, p);
	return db_end(&q);
}

static void take_row(struct query *q, int64_t near_id, const struct position *from, struct found *v)
{
	struct position at;

	v->item_id = get_i64(q);
	v->model_id = get_i64(q);
	v->home_id = get_i64(q);
	get_text(q, v->model_name, sizeof v->model_name);
	get_text(q, v->family, sizeof v->family);
	get_text(q, v->inventory_no, sizeof v->inventory_no);
	get_text(q, v->home_name, sizeof v->home_name);
	take_position(q, &at);
	v->has_km = v->home_id == near_id || (from->is_known && at.is_known);
	v->km = v->has_km && v->home_id != near_id ? thing_distance_km(from->lat, from->lon, at.lat, at.lon)
						   : 0;
}

static int nearer(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	if (a->has_km != b->has_km)
		return a->has_km ? -1 : 1;
	if (a->km < b->km || a->km > b->km)
		return a->km < b->km ? -1 : 1;
	return a->item_id < b->item_id ? -1 : a->item_id > b->item_id;
}

enum err finder_list(struct db *db, const struct finder_filter *f, struct found **out, size_t *n)
{
	struct query q = db_query(
		db, "SELECT i.id, i.model_id, p.id, m.name, m.family, i.inventory_no, p.name, p.latitude, "
		    "p.longitude FROM item i JOIN model m ON m.id = i.model_id JOIN place p ON p.id = "
		    "i.home_place_id WHERE ($1 IS NULL OR i.id = $1) AND ($2 IS NULL OR i.model_id = $2) AND "
		    "($3 IS NULL OR m.family = $3) AND i.retired_s IS NULL ORDER BY i.id LIMIT 200");
	struct found *rows = calloc(FINDER_MAX, sizeof *rows);
	struct position from;
	enum err err = rows ? position_of(db, f->near_id, &from) : ERR_BUSY;

	put_id(&q, f->item_id);
	put_id(&q, f->model_id);
	put_text(&q, f->family[0] ? f->family : NULL);
	for (*n = 0; !err && db_next(&q) && *n < FINDER_MAX; ++*n)
		take_row(&q, f->near_id, &from, &rows[*n]);
	if (err)
		(void)!db_end(&q);
	else
		err = db_end(&q);
	if (err) {
		free(rows);
		return err;
	}
	qsort(rows, *n, sizeof *rows, nearer);
	*out = rows;
	return OK;
}

void finder_free(struct found *rows)
{
	free(rows);
}
