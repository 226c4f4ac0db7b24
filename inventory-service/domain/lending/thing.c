/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/thing.h"

#include <math.h>
#include <string.h>

#define EARTH_KM 6371.0
#define RADIANS (3.14159265358979323846 / 180.0)

static const char *const approvals[] = {"nobody", "owner", "hub"};

const char *approval_text(enum approval a)
{
	return approvals[a];
}

enum approval approval_of(const char *text)
{
	return strcmp(text, "owner") == 0 ? APPROVAL_OWNER
	       : strcmp(text, "hub") == 0 ? APPROVAL_HUB
					  : APPROVAL_NOBODY;
}

static enum lend_to lend_to_of(const char *text)
{
	return strcmp(text, "nobody") == 0 ? LEND_TO_NOBODY
	       : strcmp(text, "hub") == 0  ? LEND_TO_HUB
					   : LEND_TO_EVERYONE;
}

static void take_thing(struct query *q, struct thing *v)
{
	char lend_to[9], approver[7], class[3], hours[401];
	size_t at;

	v->item_id = get_i64(q);
	v->model_id = get_i64(q);
	v->home_id = get_i64(q);
	v->owner_id = get_i64(q);
	v->owner_hub_id = get_id(q);
	get_text(q, lend_to, sizeof lend_to);
	get_text(q, approver, sizeof approver);
	get_text(q, class, sizeof class);
	v->is_gone = get_i64(q) != 0;
	v->prepare_s = get_i64(q);
	v->inspect_s = get_i64(q);
	v->max_loan_s = get_i64(q);
	get_text(q, hours, sizeof hours);
	v->notice_s = get_i64(q);
	v->horizon_s = get_i64(q);
	v->max_stay_s = get_i64(q);
	v->quota = get_i64(q);
	v->lend_to = lend_to_of(lend_to);
	v->approver = approval_of(approver);
	v->never_travels = strcmp(class, "T4") == 0;
	if (!opening_parse(hours, &v->counter.week, &at))
		v->counter.week = (struct opening_week){.is_always = true};
}

static enum err load_closures(struct db *db, int64_t place_id, int64_t now_s, struct openings *o)
{
	struct query q = db_query(
		db, "SELECT from_day, until_day FROM closure WHERE place_id = $1 AND until_day >= $2 "
		    "ORDER BY until_day LIMIT 40");
	char from[CALENDAR_DATE_SIZE], until[CALENDAR_DATE_SIZE], today[CALENDAR_DATE_SIZE];

	calendar_date_format(calendar_date_of(now_s - BOOKING_LATE_START_S), today);
	put_i64(&q, place_id);
	put_text(&q, today);
	while (db_next(&q) && o->n_closures < OPENING_CLOSURES) {
		struct opening_closure *c = &o->closures[o->n_closures];

		get_text(&q, from, sizeof from);
		get_text(&q, until, sizeof until);
		o->n_closures += calendar_date_parse(from, &c->from) && calendar_date_parse(until, &c->until);
	}
	return db_end(&q);
}

static enum err load_blocks(struct db *db, int64_t place_id, int64_t now_s, struct openings *o)
{
	struct query q =
		db_query(db, "SELECT starts_s, coalesce(ended_s, ends_s, $1) FROM block WHERE place_id = $2 "
			     "AND coalesce(ended_s, ends_s, $1) > $3 ORDER BY starts_s LIMIT 200");

	put_i64(&q, STAY_FOR_EVER);
	put_i64(&q, place_id);
	put_i64(&q, now_s - BOOKING_LATE_START_S);
	while (db_next(&q) && o->n_blocks < OPENING_BLOCKS) {
		struct opening_block *b = &o->blocks[o->n_blocks++];

		b->from_s = get_i64(&q);
		b->until_s = get_i64(&q);
	}
	return db_end(&q);
}

enum err thing_load_like(struct db *db, int64_t item_id, int64_t now_s, const struct thing *like,
			 struct thing *out)
{
	struct query q = db_query(
		db, "SELECT i.id, i.model_id, i.home_place_id, i.owner_place_id, h.hub_id, i.lend_to, "
		    "i.approver, "
		    "m.transport_class, i.retired_s IS NOT NULL OR i.lost_s IS NOT NULL, m.prepare_s, "
		    "m.inspect_s, "
		    "m.max_loan_s, p.opening_hours, p.notice_s, p.horizon_s, p.max_stay_s, p.quota "
		    "FROM item i JOIN model m ON m.id = i.model_id JOIN place p ON p.id = i.home_place_id "
		    "LEFT JOIN hub_member h ON h.place_id = i.owner_place_id AND h.until_s IS NULL WHERE "
		    "i.id = $1");
	bool found = false;
	enum err err;

	*out = (struct thing){0};
	put_i64(&q, item_id);
	while (db_next(&q)) {
		take_thing(&q, out);
		found = true;
	}
	if ((err = db_end(&q)) || !found)
		return err ? err : ERR_NOT_FOUND;
	if (like && like->home_id == out->home_id) {
		out->counter = like->counter;
		return OK;
	}
	if ((err = load_closures(db, out->home_id, now_s, &out->counter)))
		return err;
	return load_blocks(db, out->home_id, now_s, &out->counter);
}

enum err thing_load(struct db *db, int64_t item_id, int64_t now_s, struct thing *out)
{
	return thing_load_like(db, item_id, now_s, NULL, out);
}

/* ---- how far ------------------------------------------------------------------------------------------- */

/* The haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984). */
double thing_distance_km(double lat_a, double lon_a, double lat_b, double lon_b)
{
	double dlat = (lat_b - lat_a) * RADIANS, dlon = (lon_b - lon_a) * RADIANS;
	double h =
		pow(sin(dlat / 2), 2) + cos(lat_a * RADIANS) * cos(lat_b * RADIANS) * pow(sin(dlon / 2), 2);

	return 2 * EARTH_KM * asin(sqrt(h < 1 ? h : 1));
}
