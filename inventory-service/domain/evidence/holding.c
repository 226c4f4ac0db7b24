/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/holding.h"

#include <stdlib.h>

static void add(struct held **rows, size_t *n, size_t *cap, struct held v)
{
	if (v.from_s >= v.until_s)
		return;
	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 16;
		*rows = xrealloc(*rows, *cap * sizeof **rows);
	}
	(*rows)[(*n)++] = v;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Rows of custody follow each other without gap: before the first of all it is at home. */
static enum err load_pieces(struct db *db, int64_t item_id, const struct held *window, struct holding *h)
{
	struct query q =
		db_query(db, "SELECT from_s, until_s, place_id FROM custody WHERE item_id = $1 "
			     "AND (until_s IS NULL OR until_s > $2) AND from_s < $3 ORDER BY from_s, id");
	int64_t reached_s = window->from_s;

	put_i64(&q, item_id);
	put_i64(&q, window->from_s);
	put_i64(&q, window->until_s);
	while (db_next(&q)) {
		struct held v = {.from_s = get_i64(&q), .until_s = window->until_s};

		(void)get_opt(&q, &v.until_s); /* NULL: still */
		v.place_id = get_i64(&q);
		v.until_s = earlier(v.until_s, window->until_s);
		v.from_s = later(v.from_s, window->from_s);
		add(&h->pieces, &h->n_pieces, &h->cap_pieces,
		    (struct held){reached_s, v.from_s, window->place_id});
		add(&h->pieces, &h->n_pieces, &h->cap_pieces, v);
		reached_s = later(reached_s, v.until_s);
	}
	add(&h->pieces, &h->n_pieces, &h->cap_pieces,
	    (struct held){reached_s, window->until_s, window->place_id});
	return db_end(&q);
}

static enum err load_stays(struct db *db, int64_t item_id, const struct held *window, struct holding *h)
{
	struct query q = db_query(
		db, "SELECT h.starts_s, h.ends_s, b.place_id FROM hold h JOIN line l ON l.id = h.line_id "
		    "JOIN booking b ON b.id = l.booking_id WHERE h.item_id = $1 AND h.starts_s >= coalesce("
		    "(SELECT starts_s FROM hold WHERE item_id = $1 AND starts_s <= $2 ORDER BY starts_s DESC "
		    "LIMIT 1), $2) "
		    "AND h.starts_s < $3 AND b.state IN ('confirmed', 'active', 'completed') ORDER BY "
		    "h.starts_s");

	put_i64(&q, item_id);
	put_i64(&q, window->from_s);
	put_i64(&q, window->until_s);
	while (db_next(&q)) {
		struct held v;

		v.from_s = later(get_i64(&q), window->from_s);
		v.until_s = earlier(get_i64(&q), window->until_s);
		v.place_id = get_i64(&q);
		add(&h->stays, &h->n_stays, &h->cap_stays, v);
	}
	return db_end(&q);
}

enum err holding_load(struct db *db, int64_t item_id, int64_t home_id, int64_t from_s, int64_t until_s,
		      struct holding *h)
{
	struct held window = {from_s, until_s, home_id};
	enum err err;

	h->n_pieces = h->n_stays = 0;
	err = load_pieces(db, item_id, &window, h);
	return err ? err : load_stays(db, item_id, &window, h);
}

void holding_free(struct holding *h)
{
	free(h->pieces);
	free(h->stays);
	*h = (struct holding){0};
}

int64_t holding_booked_s(const struct holding *h, int64_t from_s, int64_t until_s)
{
	int64_t sum = 0;

	for (size_t i = 0; i < h->n_stays && h->stays[i].from_s < until_s; i++) {
		int64_t low = later(h->stays[i].from_s, from_s), high = earlier(h->stays[i].until_s, until_s);

		sum += high > low ? high - low : 0;
	}
	return sum;
}
