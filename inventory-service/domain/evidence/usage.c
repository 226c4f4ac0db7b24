/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The period is cut into local days once. For each item its slices are laid on those days, its spans of
 * coverage are read, each day is judged by the rules, and the day is added to the row it belongs to. Rows are
 * found by hash and ordered at the end. The work is items × days, whatever the grouping; what would be too
 * much is refused beforehand or as soon as it shows.
 */
#include "inventory-service/domain/evidence/usage.h"

#include <stdlib.h>
#include <string.h>

#include "inventory-service/domain/evidence/usage_report_rules.h"
#include "inventory-service/domain/stock/calendar_rules.h"

#define MAX_DAYS (14 * 31 + 2)
#define MAX_MEMBERSHIPS 64

struct day {
	int64_t from_s, until_s;
	int32_t date; /* 20261125 */
};

struct item_row {
	int64_t id, model_id, place_id;
	int64_t in_service_s, retired_s; /* INT64_MAX: no */
	bool motion_is_use;
};

struct membership {
	int64_t hub_id, from_s, until_s;
};

struct bound {
	int64_t from_ms, until_ms;
	enum usage_class by;
};

/* One question while it is worked on. */
struct work {
	struct db *db;
	const struct usage_query *query;
	struct day days[MAX_DAYS];
	size_t n_days;
	/* of the item in hand */
	struct item_row item;
	struct usage_measure use[MAX_DAYS][USAGE_CLASSES];
	struct bound *bounds;
	size_t n_bounds, cap_bounds;
	struct usage_span *spans;
	size_t n_spans, cap_spans;
	struct membership memberships[MAX_MEMBERSHIPS];
	size_t n_memberships;
	int64_t item_days;
	/* the answer */
	struct usage_row *rows;
	size_t n_rows, cap_rows;
	uint32_t *slots; /* index + 1 of a row; open addressing */
	size_t n_slots;
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct usage_key *k)
{
	const int64_t parts[] = {k->item_id, k->model_id, k->place_id, k->hub_id, k->month, k->day};
	uint64_t h = 0;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		h = (h ^ (uint64_t)parts[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

static int compare_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_keys(const struct usage_key *a, const struct usage_key *b)
{
	int order = compare_i64(a->hub_id, b->hub_id);

	order = order ? order : compare_i64(a->place_id, b->place_id);
	order = order ? order : compare_i64(a->model_id, b->model_id);
	order = order ? order : compare_i64(a->item_id, b->item_id);
	order = order ? order : compare_i64(a->month, b->month);
	return order ? order : compare_i64(a->day, b->day);
}

static int compare_rows(const void *a, const void *b)
{
	return compare_keys(&((const struct usage_row *)a)->key, &((const struct usage_row *)b)->key);
}

static size_t slot_of(const struct work *w, const struct usage_key *key)
{
	size_t i = hash_of(key) & (w->n_slots - 1);

	while (w->slots[i] && compare_keys(&w->rows[w->slots[i] - 1].key, key) != 0)
		i = (i + 1) & (w->n_slots - 1);
	return i;
}

static void grow(struct work *w)
{
	w->cap_rows = w->cap_rows ? w->cap_rows * 2 : 64;
	w->rows = xrealloc(w->rows, w->cap_rows * sizeof *w->rows);
	w->n_slots = w->cap_rows * 2;
	free(w->slots);
	w->slots = xcalloc(w->n_slots, sizeof *w->slots);
	for (size_t i = 0; i < w->n_rows; i++)
		w->slots[slot_of(w, &w->rows[i].key)] = (uint32_t)i + 1;
}

/* NULL: too many. */
static struct usage_row *row_of(struct work *w, const struct usage_key *key)
{
	size_t slot;

	if (w->n_rows == w->cap_rows)
		grow(w);
	slot = slot_of(w, key);
	if (!w->slots[slot]) {
		if (w->n_rows == USAGE_MAX_ROWS)
			return NULL;
		w->rows[w->n_rows] = (struct usage_row){.key = *key};
		w->slots[slot] = (uint32_t)++w->n_rows;
	}
	return &w->rows[w->slots[slot] - 1];
}

/* ---- loading ------------------------------------------------------------------------------------------- */

static void cut_days(struct work *w)
{
	int64_t from_s = w->query->from_s;

	while (from_s < w->query->until_s && w->n_days < MAX_DAYS) {
		struct calendar_date d = calendar_date_of(from_s);
		int64_t next_s = calendar_next_day_s(from_s);
		struct day *day = &w->days[w->n_days++];

		day->from_s = from_s;
		day->until_s = next_s < w->query->until_s ? next_s : w->query->until_s;
		day->date = (int32_t)(d.year * 10000 + d.month * 100 + d.day);
		from_s = next_s;
	}
}

/* Days have 23 to 25 hours: the guess is off by one at most. */
static size_t day_of(const struct work *w, int64_t hour_s)
{
	size_t i = (size_t)((hour_s - w->days[0].from_s) / 86400);

	if (i >= w->n_days)
		i = w->n_days - 1;
	while (i > 0 && hour_s < w->days[i].from_s)
		i--;
	while (i + 1 < w->n_days && hour_s >= w->days[i].until_s)
		i++;
	return i;
}

static enum usage_class class_of(int64_t is_meter)
{
	return is_meter ? USAGE_A : USAGE_B;
}

static enum err load_slices(struct work *w)
{
	struct query q =
		db_query(w->db, "SELECT b.is_meter, s.hour_s, s.active_s, s.bounded_s FROM binding b "
				"JOIN usage_slice s ON s.binding_id = b.id "
				"WHERE b.item_id = $1 AND s.hour_s >= $2 AND s.hour_s < $3");

	memset(w->use, 0, w->n_days * sizeof w->use[0]);
	put_i64(&q, w->item.id);
	put_i64(&q, w->query->from_s);
	put_i64(&q, w->query->until_s);
	while (db_next(&q)) {
		enum usage_class by = class_of(get_i64(&q));
		struct usage_measure *m = &w->use[day_of(w, get_i64(&q))][by];

		m->measured_s += get_i64(&q);
		m->bounded_s += get_i64(&q);
	}
	return db_end(&q);
}

static void add_bound(struct work *w, enum usage_class by, int64_t from_ms, int64_t until_ms)
{
	if (w->n_bounds == w->cap_bounds) {
		w->cap_bounds = w->cap_bounds ? w->cap_bounds * 2 : 16;
		w->bounds = xrealloc(w->bounds, w->cap_bounds * sizeof *w->bounds);
	}
	w->bounds[w->n_bounds++] = (struct bound){.from_ms = from_ms, .until_ms = until_ms, .by = by};
}

static void add_span(struct work *w, enum usage_class by, int64_t from_ms, int64_t until_ms)
{
	if (until_ms <= from_ms)
		return;
	if (w->n_spans == w->cap_spans) {
		w->cap_spans = w->cap_spans ? w->cap_spans * 2 : 16;
		w->spans = xrealloc(w->spans, w->cap_spans * sizeof *w->spans);
	}
	w->spans[w->n_spans++] = (struct usage_span){.from_ms = from_ms, .until_ms = until_ms, .by = by};
}

static int compare_spans(const void *a, const void *b)
{
	return compare_i64(((const struct usage_span *)a)->from_ms, ((const struct usage_span *)b)->from_ms);
}

/* Bindings that touch the period, each with the epochs of its device. */
static enum err load_spans(struct work *w)
{
	struct query q =
		db_query(w->db, "SELECT b.id, b.is_meter, b.from_ms, b.until_ms, e.first_ms, e.last_ms "
				"FROM binding b LEFT JOIN counter_epoch e ON e.device_id = b.device_id "
				"WHERE b.item_id = $1 AND b.from_ms < $2 "
				"AND (b.until_ms IS NULL OR b.until_ms > $3) ORDER BY b.id");
	int64_t last_id = 0;

	w->n_bounds = w->n_spans = 0;
	put_i64(&q, w->item.id);
	put_i64(&q, w->query->until_s * 1000);
	put_i64(&q, w->query->from_s * 1000);
	while (db_next(&q)) {
		int64_t id = get_i64(&q), from_ms, until_ms = INT64_MAX, first_ms = 0, last_ms = 0;
		enum usage_class by = class_of(get_i64(&q));

		from_ms = get_i64(&q);
		(void)get_opt(&q, &until_ms); /* NULL: still */
		first_ms = get_i64(&q);       /* no epoch yet: 0 to 0 covers nothing */
		last_ms = get_i64(&q);
		if (id != last_id)
			add_bound(w, by, from_ms, until_ms);
		last_id = id;
		add_span(w, by, first_ms > from_ms ? first_ms : from_ms,
			 last_ms < until_ms ? last_ms : until_ms);
	}
	if (w->n_spans)
		qsort(w->spans, w->n_spans, sizeof *w->spans, compare_spans);
	return db_end(&q);
}

static enum err load_memberships(struct work *w)
{
	/* The newest; a place that moved more often than that counts its oldest days for no hub. */
	struct query q = db_query(w->db, "SELECT hub_id, from_s, until_s FROM hub_member WHERE place_id = $1 "
					 "ORDER BY from_s DESC LIMIT $2");

	w->n_memberships = 0;
	put_i64(&q, w->item.place_id);
	put_i64(&q, MAX_MEMBERSHIPS);
	while (db_next(&q)) {
		struct membership *m = &w->memberships[w->n_memberships++];

		m->hub_id = get_i64(&q);
		m->from_s = get_i64(&q);
		m->until_s = INT64_MAX;
		(void)get_opt(&q, &m->until_s); /* NULL: still */
	}
	return db_end(&q);
}

/* The hub at the end of the day; before the first one known, the place's first: history begins with Navette.
 */
static int64_t hub_on(const struct work *w, const struct day *day)
{
	for (size_t i = 0; i < w->n_memberships; i++)
		if (w->memberships[i].from_s < day->until_s)
			return w->memberships[i].until_s >= day->until_s ? w->memberships[i].hub_id : 0;
	return w->n_memberships ? w->memberships[w->n_memberships - 1].hub_id : 0;
}

/* ---- judging ------------------------------------------------------------------------------------------- */

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool was_bound(const struct work *w, enum usage_class by, const struct day *day)
{
	for (size_t i = 0; i < w->n_bounds; i++)
		if (w->bounds[i].by == by && w->bounds[i].from_ms < day->until_s * 1000 &&
		    w->bounds[i].until_ms > day->from_s * 1000)
			return true;
	return false;
}

static int64_t covered_s(const struct work *w, unsigned classes, int64_t from_s, int64_t until_s)
{
	return until_s > from_s
		       ? usage_covered_ms(w->spans, w->n_spans, classes, from_s * 1000, until_s * 1000) / 1000
		       : 0;
}

static struct usage_key key_of(const struct work *w, const struct day *day, int64_t hub_id)
{
	unsigned by = w->query->groups;

	return (struct usage_key){
		.item_id = by & USAGE_BY_ITEM ? w->item.id : 0,
		.model_id = by & USAGE_BY_MODEL ? w->item.model_id : 0,
		.place_id = by & USAGE_BY_PLACE ? w->item.place_id : 0,
		.hub_id = by & USAGE_BY_HUB ? hub_id : 0,
		.month = by & USAGE_BY_MONTH ? day->date / 100 : 0,
		.day = by & USAGE_BY_DAY ? day->date : 0,
	};
}

static void add_day(struct usage_row *row, const struct usage_day *d, int64_t any_covered_s)
{
	struct usage_retained r = usage_retain(d);

	row->custody_s += d->custody_s;
	row->covered_s += any_covered_s;
	row->has_a |= d->by[USAGE_A].is_known;
	row->has_b |= d->by[USAGE_B].is_known;
	row->measured_a_s += d->by[USAGE_A].measured_s;
	row->measured_b_s += d->by[USAGE_B].measured_s;
	row->bounded_s += r.bounded_s;
	row->is_retained |= r.is_known;
	row->retained_s += r.retained_s;
}

static enum err judge_day(struct work *w, size_t i)
{
	const struct day *day = &w->days[i];
	int64_t from_s = larger(day->from_s, w->item.in_service_s);
	int64_t until_s = smaller(smaller(day->until_s, w->item.retired_s), w->query->now_s);
	int64_t hub_id = hub_on(w, day);
	struct usage_day d = {.custody_s = larger(until_s - from_s, 0),
			      .motion_is_use = w->item.motion_is_use};
	struct usage_key key = key_of(w, day, hub_id);
	struct usage_row *row;
	bool any = d.custody_s > 0;

	if (w->query->hub_id && hub_id != w->query->hub_id)
		return OK;
	for (enum usage_class by = 0; by < USAGE_CLASSES; by++) {
		d.by[by] = w->use[i][by];
		d.by[by].is_known = was_bound(w, by, day);
		d.by[by].covered_s = covered_s(w, 1u << by, from_s, until_s);
		any |= d.by[by].measured_s > 0;
	}
	if (!any)
		return OK; /* not in service, or not yet */
	if (!(row = row_of(w, &key)))
		return ERR_RANGE;
	add_day(row, &d, covered_s(w, 1u << USAGE_A | 1u << USAGE_B, from_s, until_s));
	return OK;
}

static enum err judge_item(struct work *w)
{
	bool by_hub = w->query->hub_id || (w->query->groups & USAGE_BY_HUB);
	enum err err;

	if ((w->item_days += (int64_t)w->n_days) > USAGE_MAX_ITEM_DAYS)
		return ERR_RANGE;
	if ((err = load_slices(w)) || (err = load_spans(w)) || (by_hub && (err = load_memberships(w))))
		return err;
	for (size_t i = 0; i < w->n_days && !err; i++)
		err = judge_day(w, i);
	return err;
}

/* ---- the question -------------------------------------------------------------------------------------- */

#define ITEM_COLUMNS "i.id, i.model_id, i.home_place_id, i.in_service_s, i.retired_s, m.evidence_policy"
#define ITEM_FROM " FROM item i LEFT JOIN model m ON m.id = i.model_id "

static void take_row(struct query *q, struct item_row *v)
{
	char policy[16];

	v->id = get_i64(q);
	v->model_id = get_i64(q);
	v->place_id = get_i64(q);
	v->in_service_s = get_i64(q);
	v->retired_s = INT64_MAX;
	(void)get_opt(q, &v->retired_s); /* NULL: not retired */
	get_text(q, policy, sizeof policy);
	v->motion_is_use = strcmp(policy, "power_or_motion") == 0;
}

/* By the narrowest key that is given. */
static struct query items_of(struct db *db, const struct usage_query *ask)
{
	struct query q;

	if (ask->item_id)
		q = db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM
				 "WHERE i.id = $1 AND ($2 IS NULL OR i.home_place_id = $2) "
				 "AND ($3 IS NULL OR i.model_id = $3)");
	else if (ask->place_id)
		q = db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM "WHERE $1 IS NULL AND i.home_place_id = $2 "
				 "AND ($3 IS NULL OR i.model_id = $3)");
	else if (ask->model_id)
		q = db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM
				 "WHERE $1 IS NULL AND $2 IS NULL AND i.model_id = $3");
	else
		q = db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM
				 "WHERE $1 IS NULL AND $2 IS NULL AND $3 IS NULL "
				 "ORDER BY i.id");
	put_id(&q, ask->item_id);
	put_id(&q, ask->place_id);
	put_id(&q, ask->model_id);
	return q;
}

static enum err run(struct work *w)
{
	struct query q = items_of(w->db, w->query);
	enum err err = OK, end;

	while (!err && db_next(&q)) {
		take_row(&q, &w->item);
		err = judge_item(w);
	}
	end = db_end(&q);
	return err ? err : end;
}

enum err usage_report(struct db *db, const struct usage_query *query, struct usage_report *out)
{
	struct work *w = xcalloc(1, sizeof *w);
	enum err err;

	w->db = db;
	w->query = query;
	cut_days(w);
	err = run(w);
	if (!err) {
		if (w->n_rows)
			qsort(w->rows, w->n_rows, sizeof *w->rows, compare_rows);
		*out = (struct usage_report){.rows = w->rows, .n = w->n_rows};
		w->rows = NULL;
	}
	free(w->rows);
	free(w->slots);
	free(w->spans);
	free(w->bounds);
	free(w);
	return err;
}

void usage_free(struct usage_report *r)
{
	free(r->rows);
	*r = (struct usage_report){0};
}
