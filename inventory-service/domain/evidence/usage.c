/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The period is cut into local days once. For each item the days are cut where it changed hands; its slices
 * are laid on those cells, its spans of coverage are read, each day is judged whole by the rules, and what is
 * retained of it goes to the cells in proportion to what was measured in them, and from there to the rows
 * they belong to. Rows are found by hash and ordered at the end. The work is items × days, whatever the
 * grouping; what would be too much is refused beforehand or as soon as it shows.
 */
#include "inventory-service/domain/evidence/usage.h"

#include <stdlib.h>
#include <string.h>

#include "inventory-service/domain/evidence/holding.h"
#include "inventory-service/domain/evidence/usage_report_rules.h"
#include "inventory-service/domain/lending/thing.h"
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

/* A day, or a part of it, in one hand. */
struct cell {
	int64_t from_s, until_s;
	size_t day;
	int64_t place_id, hub_id;
	struct usage_measure use[USAGE_CLASSES];
	int64_t booked_use_s[USAGE_CLASSES]; /* of it, inside a booking */
};

/* One question while it is worked on. */
struct work {
	struct db *db;
	const struct usage_query *query;
	struct day days[MAX_DAYS];
	size_t n_days;
	/* of the item in hand */
	struct item_row item;
	struct thing thing; /* for the opening hours of its home */
	struct holding holding;
	struct cell *cells;
	size_t n_cells, cap_cells;
	struct bound *bounds;
	size_t n_bounds, cap_bounds;
	struct usage_span *spans;
	size_t n_spans, cap_spans;
	struct membership memberships[MAX_MEMBERSHIPS];
	size_t n_memberships;
	int64_t memberships_of; /* that place */
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

static enum usage_class class_of(int64_t is_meter)
{
	return is_meter ? USAGE_A : USAGE_B;
}

/* The seconds of a slice lie anywhere in its hour: a cell gets its share of the hour. */
static void lay_slice(struct work *w, size_t *at, enum usage_class by, int64_t hour_s, int64_t active_s,
		      int64_t bounded_s)
{
	while (*at > 0 && w->cells[*at].from_s > hour_s)
		--*at;
	while (*at + 1 < w->n_cells && w->cells[*at].until_s <= hour_s)
		++*at;
	for (size_t i = *at; i < w->n_cells && w->cells[i].from_s < hour_s + CALENDAR_HOUR_S; i++) {
		struct cell *c = &w->cells[i];
		int64_t low = c->from_s > hour_s ? c->from_s : hour_s;
		int64_t high = c->until_s < hour_s + CALENDAR_HOUR_S ? c->until_s : hour_s + CALENDAR_HOUR_S;
		bool is_last = high == hour_s + CALENDAR_HOUR_S || i + 1 == w->n_cells;
		int64_t left_s = hour_s + CALENDAR_HOUR_S - low;
		int64_t share_s = is_last ? active_s : active_s * (high - low) / left_s;
		int64_t bounded = is_last ? bounded_s : bounded_s * (high - low) / left_s;

		c->use[by].measured_s += share_s;
		c->use[by].bounded_s += bounded;
		if (high > low)
			c->booked_use_s[by] +=
				share_s * holding_booked_s(&w->holding, low, high) / (high - low);
		active_s -= share_s;
		bounded_s -= bounded;
	}
}

static enum err load_slices(struct work *w)
{
	struct query q =
		db_query(w->db, "SELECT b.is_meter, s.hour_s, s.active_s, s.bounded_s FROM binding b "
				"JOIN usage_slice s ON s.binding_id = b.id "
				"WHERE b.item_id = $1 AND s.hour_s >= $2 AND s.hour_s < $3");
	size_t at = 0;

	put_i64(&q, w->item.id);
	put_i64(&q, w->query->from_s);
	put_i64(&q, w->query->until_s);
	while (db_next(&q)) {
		enum usage_class by = class_of(get_i64(&q));
		int64_t hour_s = get_i64(&q), active_s = get_i64(&q);

		lay_slice(w, &at, by, hour_s, active_s, get_i64(&q));
	}
	return db_end(&q);
}

static void add_cell(struct work *w, struct cell c)
{
	if (w->n_cells == w->cap_cells) {
		w->cap_cells = w->cap_cells ? w->cap_cells * 2 : MAX_DAYS;
		w->cells = xrealloc(w->cells, w->cap_cells * sizeof *w->cells);
	}
	w->cells[w->n_cells++] = c;
}

static void cut_cells(struct work *w)
{
	size_t day = 0, piece = 0;

	w->n_cells = 0;
	while (day < w->n_days && piece < w->holding.n_pieces) {
		const struct held *h = &w->holding.pieces[piece];
		const struct day *d = &w->days[day];

		add_cell(w, (struct cell){.from_s = d->from_s > h->from_s ? d->from_s : h->from_s,
					  .until_s = d->until_s < h->until_s ? d->until_s : h->until_s,
					  .day = day,
					  .place_id = h->place_id});
		if (h->until_s <= d->until_s)
			piece++;
		if (d->until_s <= h->until_s)
			day++;
	}
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

static enum err load_memberships(struct work *w, int64_t place_id)
{
	/* The newest; a place that moved more often than that counts its oldest days for no hub. */
	struct query q = db_query(w->db, "SELECT hub_id, from_s, until_s FROM hub_member WHERE place_id = $1 "
					 "ORDER BY from_s DESC LIMIT $2");

	w->n_memberships = 0;
	w->memberships_of = place_id;
	put_i64(&q, place_id);
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

static enum err find_hubs(struct work *w)
{
	enum err err;

	for (size_t i = 0; i < w->n_cells; i++) {
		if (w->cells[i].place_id != w->memberships_of &&
		    (err = load_memberships(w, w->cells[i].place_id)))
			return err;
		w->cells[i].hub_id = hub_on(w, &w->days[w->cells[i].day]);
	}
	return OK;
}

/* What a row is found by, and whether the question is about it. */
struct where {
	int64_t place_id, hub_id;
};

static struct usage_key key_of(const struct work *w, const struct day *day, struct where at)
{
	unsigned by = w->query->groups;

	return (struct usage_key){
		.item_id = by & USAGE_BY_ITEM ? w->item.id : 0,
		.model_id = by & USAGE_BY_MODEL ? w->item.model_id : 0,
		.place_id = by & USAGE_BY_PLACE ? at.place_id : 0,
		.hub_id = by & USAGE_BY_HUB ? at.hub_id : 0,
		.month = by & USAGE_BY_MONTH ? day->date / 100 : 0,
		.day = by & USAGE_BY_DAY ? day->date : 0,
	};
}

static bool is_asked(const struct work *w, struct where at)
{
	return (!w->query->place_id || w->query->place_id == at.place_id) &&
	       (!w->query->hub_id || w->query->hub_id == at.hub_id);
}

/* In service, and not to come. */
static int64_t until_now(const struct work *w, int64_t until_s)
{
	return smaller(smaller(until_s, w->item.retired_s), w->query->now_s);
}

static struct usage_day day_of_cells(const struct work *w, size_t first, size_t end, bool *any)
{
	const struct day *day = &w->days[w->cells[first].day];
	int64_t from_s = larger(day->from_s, w->item.in_service_s), until_s = until_now(w, day->until_s);
	struct usage_day d = {.custody_s = larger(until_s - from_s, 0),
			      .motion_is_use = w->item.motion_is_use};

	*any = d.custody_s > 0;
	for (enum usage_class by = 0; by < USAGE_CLASSES; by++) {
		for (size_t i = first; i < end; i++) {
			d.by[by].measured_s += w->cells[i].use[by].measured_s;
			d.by[by].bounded_s += w->cells[i].use[by].bounded_s;
		}
		d.by[by].is_known = was_bound(w, by, day);
		d.by[by].covered_s = covered_s(w, 1u << by, from_s, until_s);
		*any |= d.by[by].measured_s > 0;
	}
	return d;
}

/* The class whose seconds the rules retained; they are never added. */
static enum usage_class retained_class(const struct usage_day *d, const struct usage_retained *r)
{
	return r->is_known && d->by[USAGE_A].is_known && r->retained_s == d->by[USAGE_A].measured_s ? USAGE_A
												    : USAGE_B;
}

static int64_t share(int64_t total, int64_t part, int64_t whole)
{
	return whole ? total * part / whole : 0;
}

static void add_cell_to(struct usage_row *row, const struct work *w, const struct cell *c,
			const struct usage_day *d, const struct usage_retained *r)
{
	enum usage_class by = retained_class(d, r);
	int64_t from_s = larger(c->from_s, w->item.in_service_s), until_s = until_now(w, c->until_s);
	int64_t mine_s = r->is_known ? c->use[by].measured_s : 0;

	row->custody_s += larger(until_s - from_s, 0);
	row->covered_s += covered_s(w, 1u << USAGE_A | 1u << USAGE_B, from_s, until_s);
	row->has_open |= !w->thing.counter.week.is_always;
	row->open_s += opening_seconds(&w->thing.counter, from_s, until_s);
	row->has_a |= d->by[USAGE_A].is_known;
	row->has_b |= d->by[USAGE_B].is_known;
	row->measured_a_s += c->use[USAGE_A].measured_s;
	row->measured_b_s += c->use[USAGE_B].measured_s;
	row->bounded_s += c->use[by].bounded_s;
	row->is_retained |= r->is_known;
	row->retained_s += mine_s;
	row->on_site_s += mine_s - share(mine_s, c->booked_use_s[by], c->use[by].measured_s);
}

static enum err judge_day(struct work *w, size_t first, size_t end)
{
	bool any;
	struct usage_day d = day_of_cells(w, first, end, &any);
	struct usage_retained r = usage_retain(&d);

	for (size_t i = first; any && i < end; i++) {
		const struct cell *c = &w->cells[i];
		struct where at = {c->place_id, c->hub_id};
		struct usage_key key = key_of(w, &w->days[c->day], at);
		struct usage_row *row;

		if (!is_asked(w, at))
			continue;
		if (!(row = row_of(w, &key)))
			return ERR_RANGE;
		add_cell_to(row, w, c, &d, &r);
	}
	return OK;
}

/* Booked hours belong to who booked. */
static enum err add_booked(struct work *w, const struct held *stay, bool by_hub)
{
	enum err err;

	if (by_hub && stay->place_id != w->memberships_of && (err = load_memberships(w, stay->place_id)))
		return err;
	for (size_t i = 0; i < w->n_days; i++) {
		const struct day *day = &w->days[i];
		struct where at = {stay->place_id, by_hub ? hub_on(w, day) : 0};
		int64_t low = larger(day->from_s, stay->from_s), high = smaller(day->until_s, stay->until_s);
		struct usage_key key = key_of(w, day, at);
		struct usage_row *row;

		if (high <= low || !is_asked(w, at))
			continue;
		if (!(row = row_of(w, &key)))
			return ERR_RANGE;
		row->booked_s += high - low;
	}
	return OK;
}

static enum err load_item(struct work *w)
{
	enum err err;

	if ((err = holding_load(w->db, w->item.id, w->item.place_id, w->query->from_s, w->query->until_s,
				&w->holding)) ||
	    (err = thing_load(w->db, w->item.id, w->query->from_s, &w->thing)))
		return err;
	w->thing.counter.n_blocks = 0;
	cut_cells(w);
	return (err = load_slices(w)) ? err : load_spans(w);
}

static enum err judge_item(struct work *w)
{
	bool by_hub = w->query->hub_id || (w->query->groups & USAGE_BY_HUB);
	enum err err;

	if ((w->item_days += (int64_t)w->n_days) > USAGE_MAX_ITEM_DAYS)
		return ERR_RANGE;
	if ((err = load_item(w)) || (by_hub && (err = find_hubs(w))))
		return err;
	for (size_t first = 0, end; first < w->n_cells && !err; first = end) {
		for (end = first + 1; end < w->n_cells && w->cells[end].day == w->cells[first].day;)
			end++;
		err = judge_day(w, first, end);
	}
	for (size_t i = 0; i < w->holding.n_stays && !err; i++)
		err = add_booked(w, &w->holding.stays[i], by_hub);
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
		q = db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM "WHERE i.id = $1 AND $2 IS $2 "
				 "AND ($3 IS NULL OR i.model_id = $3)");
	else if (ask->place_id)
		q = db_query(
			db,
			"SELECT " ITEM_COLUMNS ITEM_FROM
			"WHERE $1 IS NULL AND (i.home_place_id = $2 OR i.id IN "
			"(SELECT item_id FROM custody WHERE place_id = $2) OR i.id IN (SELECT l.item_id FROM "
			"booking b JOIN line l ON l.booking_id = b.id WHERE b.place_id = $2)) "
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
	free(w->cells);
	holding_free(&w->holding);
	free(w);
	return err;
}

void usage_free(struct usage_report *r)
{
	free(r->rows);
	*r = (struct usage_report){0};
}
