/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/hold.h"

#define STAY_COLUMNS                                                                                \
	"h.id, h.starts_s, h.ends_s, h.place_id, h.line_id, h.block_id, m.prepare_s, m.inspect_s, " \
	"b.place_id, h.from_s, h.until_s"
#define STAY_FROM                                                                         \
	" FROM hold h JOIN item i ON i.id = h.item_id JOIN model m ON m.id = i.model_id " \
	"LEFT JOIN line l ON l.id = h.line_id LEFT JOIN booking b ON b.id = l.booking_id "

struct hold_item hold_item_of(const struct thing *v, int64_t now_s, const struct lending_policy *policy)
{
	return (struct hold_item){.item_id = v->item_id,
				  .ways = {.home_id = v->home_id, .lead_s = policy->fetch_lead_s},
				  .now_s = now_s,
				  .policy = policy};
}

/* A block needs neither preparation nor inspection around it. */
static void take_stay(struct query *q, struct stay *s)
{
	*s = (struct stay){0};
	s->id = get_i64(q);
	s->starts_s = get_i64(q);
	s->ends_s = get_i64(q);
	s->place_id = get_i64(q);
	s->line_id = get_id(q);
	s->block_id = get_id(q);
	s->prepare_s = get_i64(q);
	s->inspect_s = get_i64(q);
	s->booking_place_id = get_id(q);
	s->blocked.from_s = get_i64(q);
	s->blocked.until_s = get_i64(q);
	if (s->block_id)
		s->prepare_s = s->inspect_s = 0;
}

/* The stays around a moment: what began before it, the nearest first, and what begins then or later. */
struct around {
	size_t n_before, n_after;
	struct stay before[2], after[HOLD_CONFLICTS];
};

static enum err take_stays(struct query *q, const struct hold_item *i, int64_t at_s, struct stay *out,
			   size_t *n)
{
	put_i64(q, i->item_id);
	put_i64(q, at_s);
	put_i64(q, i->now_s);
	put_i64(q, i->except_line_id);
	for (*n = 0; db_next(q); ++*n)
		take_stay(q, &out[*n]);
	return db_end(q);
}

static enum err look_before(struct db *db, const struct hold_item *i, int64_t at_s, struct around *a)
{
	struct query q =
		db_query(db, "SELECT " STAY_COLUMNS STAY_FROM "WHERE h.item_id = $1 AND h.starts_s < $2 "
			     "AND (h.expires_s IS NULL OR h.expires_s > $3) AND h.line_id IS NOT $4 "
			     "ORDER BY h.starts_s DESC LIMIT 2");

	return take_stays(&q, i, at_s, a->before, &a->n_before);
}

static enum err look_after(struct db *db, const struct hold_item *i, int64_t at_s, struct around *a)
{
	struct query q =
		db_query(db, "SELECT " STAY_COLUMNS STAY_FROM "WHERE h.item_id = $1 AND h.starts_s >= $2 "
			     "AND (h.expires_s IS NULL OR h.expires_s > $3) AND h.line_id IS NOT $4 "
			     "ORDER BY h.starts_s LIMIT 8");

	_Static_assert(HOLD_CONFLICTS == 8, "the statement above names it");
	return take_stays(&q, i, at_s, a->after, &a->n_after);
}

static enum err look_around(struct db *db, const struct hold_item *i, int64_t at_s, struct around *a)
{
	enum err err = look_before(db, i, at_s, a);

	return err ? err : look_after(db, i, at_s, a);
}

/* ---- the question -------------------------------------------------------------------------------------- */

/* A thing that is out and late comes back when it comes back: it is awaited for the recovery time. */
static enum err look_overdue(struct db *db, const struct hold_item *i, struct stay *out, bool *found)
{
	struct query q =
		db_query(db, "SELECT l.id, l.due_s, CASE l.travel WHEN 'on_site' THEN i.home_place_id ELSE "
			     "b.place_id END, m.inspect_s, b.place_id FROM line l INDEXED BY line_live JOIN "
			     "booking b ON b.id = "
			     "l.booking_id JOIN item i ON i.id = l.item_id JOIN model m ON m.id = i.model_id "
			     "WHERE l.item_id = $1 AND l.due_s < $2 AND l.ended_s IS NULL AND l.state = "
			     "'on_loan' AND l.id <> $3 "
			     "ORDER BY l.due_s DESC LIMIT 1");

	*found = false;
	put_i64(&q, i->item_id);
	put_i64(&q, i->now_s - i->policy->grace_s);
	put_i64(&q, i->except_line_id);
	while (db_next(&q)) {
		*out = (struct stay){.is_overdue = true, .ends_s = i->now_s + i->policy->recovery_s};
		out->line_id = get_i64(&q);
		out->starts_s = get_i64(&q);
		out->place_id = get_i64(&q);
		out->inspect_s = get_i64(&q);
		out->booking_place_id = get_i64(&q);
		*found = true;
	}
	return db_end(&q);
}

static void conflict(struct hold_conflicts *c, const struct stay *s, enum stay_fit fit, enum err *err)
{
	if (c->n < HOLD_CONFLICTS)
		c->stays[c->n++] = *s;
	if (*err != ERR_OVERLAP)
		*err = fit == STAY_OVERLAPS ? ERR_OVERLAP : ERR_NO_TRAVEL_TIME;
}

static enum err judge(const struct hold_item *i, const struct around *a, const struct stay *s,
		      struct hold_conflicts *out)
{
	enum err err = OK;
	enum stay_fit fit;

	if (a->n_before && (fit = stay_fit(&i->ways, &a->before[0], s)))
		conflict(out, &a->before[0], fit, &err);
	for (size_t n = 0; n < a->n_after; n++) {
		if (!(fit = stay_fit(&i->ways, s, &a->after[n])))
			break;
		conflict(out, &a->after[n], fit, &err);
	}
	return err;
}

enum err hold_check(struct db *db, const struct hold_item *i, const struct stay *s,
		    struct hold_conflicts *out)
{
	struct around a = {0};
	struct stay late;
	enum stay_fit fit;
	enum err err, refusal = OK;
	bool is_late;

	out->n = 0;
	if ((err = look_overdue(db, i, &late, &is_late)) || (err = look_around(db, i, s->starts_s, &a)))
		return err;
	if (is_late && (fit = stay_fit(&i->ways, &late, s)))
		conflict(out, &late, fit, &refusal);
	err = judge(i, &a, s, out);
	out->blocked =
		stay_blocked(&i->ways, a.n_before ? &a.before[0] : NULL, s, a.n_after ? &a.after[0] : NULL);
	return refusal == ERR_OVERLAP || !err ? refusal : err;
}

enum err hold_is_at_risk(struct db *db, const struct hold_item *i, const struct stay *s, bool *at_risk)
{
	struct stay late;
	bool is_late;
	enum err err = look_overdue(db, i, &late, &is_late);

	*at_risk = !err && is_late && stay_fit(&i->ways, &late, s) != STAY_FITS;
	return err;
}

int64_t hold_next_start(const struct hold_item *i, const struct hold_conflicts *c, const struct stay *s)
{
	int64_t at_s = s->starts_s;

	for (size_t n = 0; n < c->n; n++) {
		int64_t free_s = c->stays[n].ends_s + stay_gap_s(&i->ways, &c->stays[n], s);

		if (free_s > at_s)
			at_s = free_s;
	}
	return at_s;
}

/* ---- the rows ------------------------------------------------------------------------------------------ */

static enum err write_margins(struct db *db, const struct hold_item *i, const struct stay *before,
			      const struct stay *s, const struct stay *after)
{
	struct stay_block b = stay_blocked(&i->ways, before, s, after);
	struct query q;

	if (b.from_s == s->blocked.from_s && b.until_s == s->blocked.until_s)
		return OK;
	q = db_query(db, "UPDATE hold SET from_s = $1, until_s = $2 WHERE id = $3");
	put_i64(&q, b.from_s);
	put_i64(&q, b.until_s);
	put_i64(&q, s->id);
	return db_run(&q);
}

/* The neighbours of a place in time, with s between them (NULL: with nothing between). */
static enum err write_neighbours(struct db *db, const struct hold_item *i, const struct around *a,
				 const struct stay *s)
{
	const struct stay *before = a->n_before ? &a->before[0] : NULL;
	const struct stay *after = a->n_after ? &a->after[0] : NULL;
	enum err err = OK;

	if (before)
		err = write_margins(db, i, a->n_before > 1 ? &a->before[1] : NULL, before, s ? s : after);
	if (!err && after)
		err = write_margins(db, i, s ? s : before, after, a->n_after > 1 ? &a->after[1] : NULL);
	return err;
}

static enum err insert(struct db *db, const struct hold_item *i, const struct stay *s,
		       const struct stay_block *b, int64_t expires_s)
{
	struct query q = db_query(
		db, "INSERT INTO hold (item_id, starts_s, ends_s, from_s, until_s, place_id, line_id, "
		    "block_id, expires_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

	put_i64(&q, i->item_id);
	put_i64(&q, s->starts_s);
	put_i64(&q, s->ends_s);
	put_i64(&q, b->from_s);
	put_i64(&q, b->until_s);
	put_i64(&q, s->place_id);
	put_id(&q, s->line_id);
	put_id(&q, s->block_id);
	put_id(&q, expires_s);
	return db_run(&q);
}

/* Rows make room for every row that is stored, whether or not its time is over. */
static enum err look_at_rows(struct db *db, const struct hold_item *i, int64_t at_s, struct around *a)
{
	struct hold_item before_any_expiry = *i;

	before_any_expiry.now_s = INT64_MIN;
	return look_around(db, &before_any_expiry, at_s, a);
}

/* A neighbour's margin never grows when something comes between: neighbours first, then the row. */
enum err hold_put(struct db *db, const struct hold_item *i, const struct stay *s, int64_t expires_s)
{
	struct around a = {0};
	struct stay_block b;
	enum err err;

	if ((err = look_at_rows(db, i, s->starts_s, &a)) || (err = write_neighbours(db, i, &a, s)))
		return err;
	b = stay_blocked(&i->ways, a.n_before ? &a.before[0] : NULL, s, a.n_after ? &a.after[0] : NULL);
	return insert(db, i, s, &b, expires_s);
}

static enum err remove_row(struct db *db, int64_t line_id, int64_t block_id, int64_t *starts_s)
{
	struct query q =
		db_query(db, "DELETE FROM hold WHERE line_id = $1 OR block_id = $2 RETURNING starts_s");

	*starts_s = INT64_MIN;
	put_id(&q, line_id);
	put_id(&q, block_id);
	while (db_next(&q))
		*starts_s = get_i64(&q);
	return db_end(&q);
}

enum err hold_take(struct db *db, const struct hold_item *i, int64_t line_id, int64_t block_id)
{
	struct around a = {0};
	int64_t starts_s;
	enum err err = remove_row(db, line_id, block_id, &starts_s);

	if (err || starts_s == INT64_MIN)
		return err;
	if ((err = look_at_rows(db, i, starts_s, &a)))
		return err;
	return write_neighbours(db, i, &a, NULL);
}

static enum err expiry_of(struct db *db, int64_t line_id, int64_t *expires_s)
{
	struct query q = db_query(db, "SELECT expires_s FROM hold WHERE line_id = $1");

	*expires_s = 0;
	put_i64(&q, line_id);
	while (db_next(&q))
		*expires_s = get_id(&q);
	return db_end(&q);
}

enum err hold_move(struct db *db, const struct hold_item *i, const struct stay *s)
{
	int64_t expires_s;
	enum err err;

	if ((err = expiry_of(db, s->line_id, &expires_s)) ||
	    (err = hold_take(db, i, s->line_id, s->block_id)))
		return err;
	return hold_put(db, i, s, expires_s);
}

enum err hold_settle(struct db *db, int64_t line_id)
{
	struct query q = db_query(db, "UPDATE hold SET expires_s = NULL WHERE line_id = $1");

	put_i64(&q, line_id);
	return db_run(&q);
}

/* Rows do not overlap, so the last that begins before a moment is the first that can touch it. */
enum err hold_list(struct db *db, const struct hold_item *i, int64_t from_s, int64_t until_s,
		   struct stay *out, size_t max, size_t *n)
{
	struct query q = db_query(
		db, "SELECT " STAY_COLUMNS STAY_FROM "WHERE h.item_id = $1 AND h.starts_s >= "
		    "coalesce((SELECT starts_s FROM hold WHERE item_id = $1 AND starts_s <= $2 "
		    "ORDER BY starts_s DESC LIMIT 1), $2) AND (h.expires_s IS NULL OR h.expires_s > $3) "
		    "ORDER BY h.starts_s LIMIT $4");
	bool is_late, is_past = false;
	enum err err;

	put_i64(&q, i->item_id);
	put_i64(&q, from_s);
	put_i64(&q, i->now_s);
	put_i64(&q, (int64_t)max - 1);
	for (*n = 0; !is_past && db_next(&q); ++*n) {
		take_stay(&q, &out[*n]);
		is_past = out[*n].starts_s >= until_s;
	}
	if ((err = db_end(&q)) || (err = look_overdue(db, i, &out[*n], &is_late)))
		return err;
	*n += is_late;
	return OK;
}
