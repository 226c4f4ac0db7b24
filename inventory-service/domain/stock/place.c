/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A place's hub is the open row of hub_member: changing it ends that row and begins another, so that the
 * hours of past months stay with the hub of that time. Two changes within one second correct the row they
 * would otherwise empty.
 */
#include "inventory-service/domain/stock/place.h"

#include <stdio.h>

#include "inventory-service/audit.h"
#include "inventory-service/domain/stock/place_rules.h"

#define PLACE_COLUMNS                                                                                   \
	"p.id, p.version, p.name, m.hub_id, p.parent_id, p.commune, p.insee, p.latitude, p.longitude, " \
	"p.opening_hours, p.\"national\", p.notice_s, p.horizon_s, p.max_stay_s, p.quota"
#define PLACE_FROM " FROM place p LEFT JOIN hub_member m ON m.place_id = p.id AND m.until_s IS NULL "

static void take_position(struct query *q, bool *known, double *out)
{
	*known = !get_is_null(q);
	*out = get_f64(q);
}

static void take_row(struct query *q, struct place *v)
{
	v->id = get_i64(q);
	v->version = get_i64(q);
	get_text(q, v->name, sizeof v->name);
	v->hub_id = get_id(q);
	v->parent_id = get_id(q);
	get_text(q, v->commune, sizeof v->commune);
	get_text(q, v->insee, sizeof v->insee);
	take_position(q, &v->has_latitude, &v->latitude);
	take_position(q, &v->has_longitude, &v->longitude);
	get_text(q, v->opening_hours, sizeof v->opening_hours);
	get_text(q, v->national, sizeof v->national);
	v->notice_s = get_i64(q);
	v->horizon_s = get_i64(q);
	v->max_stay_s = get_i64(q);
	v->quota = -1;
	(void)get_opt(q, &v->quota); /* NULL leaves "none" */
}

bool place_next(struct query *q, struct place *out)
{
	if (!db_next(q))
		return false;
	take_row(q, out);
	return true;
}

enum err place_find(struct db *db, int64_t id, struct place *out)
{
	struct query q = db_query(db, "SELECT " PLACE_COLUMNS PLACE_FROM "WHERE p.id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (place_next(&q, out))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

enum err place_name(struct db *db, int64_t id, char out[PLACE_NAME_SIZE])
{
	struct query q = db_query(db, "SELECT name FROM place WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (db_next(&q)) {
		get_text(&q, out, PLACE_NAME_SIZE);
		found = true;
	}
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

enum err place_hub(struct db *db, int64_t id, int64_t *hub_id)
{
	struct query q = db_query(db, "SELECT m.hub_id" PLACE_FROM "WHERE p.id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (db_next(&q)) {
		found = true;
		*hub_id = get_id(&q);
	}
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

void stock_like(const char *q, char *pattern, size_t size)
{
	size_t len = 0;

	pattern[len++] = '%';
	for (; *q && len + 4 < size; q++) {
		if (*q == '%' || *q == '_' || *q == '\\')
			pattern[len++] = '\\';
		pattern[len++] = *q >= 'A' && *q <= 'Z' ? (char)(*q + 32) : *q;
	}
	if (len > 1)
		pattern[len++] = '%';
	pattern[len] = '\0';
}

struct query place_list(struct db *db, const struct place_filter *f, char pattern[200])
{
	struct query q = db_query(
		db, "SELECT " PLACE_COLUMNS PLACE_FROM "WHERE p.id > $1 AND ($2 IS NULL OR m.hub_id = $2) "
		    "AND (lower(p.name) LIKE $3 ESCAPE '\\' OR lower(p.commune) LIKE $3 ESCAPE '\\') "
		    "ORDER BY p.id LIMIT $4");

	stock_like(f->q, pattern, 200);
	put_i64(&q, f->after_id);
	put_id(&q, f->hub_id);
	put_text(&q, pattern);
	put_i64(&q, f->limit);
	return q;
}

/* ---- changing ------------------------------------------------------------------------------------------ */

static enum err hub_exists(struct db *db, int64_t hub_id, struct edit *e)
{
	struct query q = db_query(db, "SELECT 1 FROM hub WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, hub_id);
	while (db_next(&q))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : edit_refuse(e, ERR_REFERENCE, "hub_id");
}

static enum err load_family(struct db *db, const struct place *v, struct place_family *f, bool *found)
{
	struct query q =
		db_query(db, "SELECT parent_id, (SELECT count(*) FROM place b WHERE b.parent_id = $1) "
			     "FROM place WHERE id = $2");

	*f = (struct place_family){.place_id = v->id, .parent_id = v->parent_id};
	*found = false;
	put_i64(&q, v->id);
	put_i64(&q, v->parent_id);
	while (db_next(&q)) {
		*found = true;
		f->parents_parent_id = get_id(&q);
		f->has_branches = get_i64(&q) > 0;
	}
	return db_end(&q);
}

static enum err check(struct db *db, const struct place *v, struct edit *e)
{
	struct place_family family;
	bool found;
	enum err err;

	if (!v->name[0])
		return edit_refuse(e, ERR_REQUIRED, "name");
	if (!place_insee_valid(v->insee))
		return edit_refuse(e, ERR_RANGE, "insee");
	if (v->has_latitude != v->has_longitude)
		return edit_refuse(e, ERR_REQUIRED, v->has_latitude ? "longitude" : "latitude");
	if (v->hub_id && (err = hub_exists(db, v->hub_id, e)))
		return err;
	if (!v->parent_id)
		return OK;
	if ((err = load_family(db, v, &family, &found)))
		return err;
	if (!found)
		return edit_refuse(e, ERR_REFERENCE, "parent_id");
	return place_may_be_branch(&family) ? OK : edit_refuse(e, ERR_RANGE, "parent_id");
}

static enum err enter_hub(struct db *db, int64_t now_s, const struct place *v)
{
	struct query q;

	if (!v->hub_id)
		return OK;
	q = db_query(db, "INSERT INTO hub_member (place_id, hub_id, from_s) VALUES ($1, $2, $3)");
	put_i64(&q, v->id);
	put_i64(&q, v->hub_id);
	put_i64(&q, now_s);
	return db_run(&q);
}

static enum err move_hub(struct db *db, int64_t now_s, const struct place *v)
{
	struct query q = db_query(
		db, "DELETE FROM hub_member WHERE place_id = $1 AND until_s IS NULL AND from_s >= $2");
	enum err err;

	put_i64(&q, v->id);
	put_i64(&q, now_s);
	if ((err = db_run(&q)))
		return err;
	q = db_query(db, "UPDATE hub_member SET until_s = $1 WHERE place_id = $2 AND until_s IS NULL");
	put_i64(&q, now_s);
	put_i64(&q, v->id);
	if ((err = db_run(&q)))
		return err;
	return enter_hub(db, now_s, v);
}

static void put_position(struct query *q, bool known, double v)
{
	if (known)
		put_f64(q, v);
	else
		put_null(q);
}

static void put_row(struct query *q, const struct place *v)
{
	put_text(q, v->name);
	put_id(q, v->parent_id);
	put_text(q, v->commune);
	put_text(q, v->insee);
	put_position(q, v->has_latitude, v->latitude);
	put_position(q, v->has_longitude, v->longitude);
	put_text(q, v->opening_hours);
	put_text(q, v->national);
	put_i64(q, v->notice_s);
	put_i64(q, v->horizon_s);
	put_i64(q, v->max_stay_s);
	put_opt(q, v->quota > 0, v->quota);
}

static enum err insert(struct db *db, int64_t now_s, struct place *v)
{
	struct query q = db_query(
		db, "INSERT INTO place (name, parent_id, commune, insee, latitude, longitude, "
		    "opening_hours, \"national\", notice_s, horizon_s, max_stay_s, quota, created_s) "
		    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id");

	put_row(&q, v);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	return db_end(&q);
}

static enum err update(struct db *db, const struct place *v)
{
	struct query q = db_query(db, "UPDATE place SET name = $1, parent_id = $2, commune = $3, insee = $4, "
				      "latitude = $5, longitude = $6, opening_hours = $7, \"national\" = $8, "
				      "notice_s = $9, horizon_s = $10, max_stay_s = $11, quota = $12, "
				      "version = version + 1 WHERE id = $13");

	put_row(&q, v);
	put_i64(&q, v->id);
	return db_run(&q);
}

/* Degrees are compared, and kept in the journal, to a millionth: 11 cm. */
static const char *degrees(char out[32], bool known, double v)
{
	snprintf(out, 32, "%.6f", v);
	return known ? out : "null";
}

static void compare(struct edit *e, const struct place *was, const struct place *v)
{
	char a[32], b[32];

	edit_text(e, "name", was->name, v->name);
	edit_id(e, "hub_id", was->hub_id, v->hub_id);
	edit_id(e, "parent_id", was->parent_id, v->parent_id);
	edit_text(e, "commune", was->commune, v->commune);
	edit_text(e, "insee", was->insee, v->insee);
	edit_json(e, "latitude", degrees(a, was->has_latitude, was->latitude),
		  degrees(b, v->has_latitude, v->latitude));
	edit_json(e, "longitude", degrees(a, was->has_longitude, was->longitude),
		  degrees(b, v->has_longitude, v->longitude));
	edit_text(e, "opening_hours", was->opening_hours, v->opening_hours);
	edit_json(e, "national", was->national, v->national);
	edit_i64(e, "notice_s", was->notice_s, v->notice_s);
	edit_i64(e, "horizon_s", was->horizon_s, v->horizon_s);
	edit_i64(e, "max_stay_s", was->max_stay_s, v->max_stay_s);
	edit_opt(e, "quota", was->quota, v->quota);
}

static enum err key_fault(enum err err, struct edit *e)
{
	return err == ERR_EXISTS ? edit_refuse(e, err, "name") : err;
}

enum err place_create(struct db *db, const struct actor *who, int64_t now_s, struct place *v, struct edit *e)
{
	static const struct place nothing = {PLACE_DEFAULTS};
	enum err err;

	if ((err = check(db, v, e)))
		return err;
	if ((err = insert(db, now_s, v)))
		return key_fault(err, e);
	if ((err = enter_hub(db, now_s, v)))
		return err;
	compare(e, &nothing, v);
	edit_any(e);
	if ((err = audit_add(db, who, now_s, "place.create", "place", v->id, NULL, e->after)))
		return err;
	return place_find(db, v->id, v);
}

enum err place_change(struct db *db, const struct actor *who, int64_t now_s, struct place *v, struct edit *e)
{
	struct place was;
	enum err err;

	if ((err = place_find(db, v->id, &was)) || (err = edit_expects(e, was.version)))
		return err;
	if ((err = check(db, v, e)))
		return err;
	compare(e, &was, v);
	if (edit_any(e)) {
		if ((err = update(db, v)))
			return key_fault(err, e);
		if (was.hub_id != v->hub_id && (err = move_hub(db, now_s, v)))
			return err;
		if ((err = audit_add(db, who, now_s, "place.change", "place", v->id, e->before, e->after)))
			return err;
	}
	return place_find(db, v->id, v);
}
