/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Readings are stored one row for each value of the counter with the first and last time it was heard: a
 * thing that is idle all day costs one row, and nothing is lost, since only the last time of the lower value
 * and the first time of the higher one bound the seconds between them.
 *
 * A pair of neighbours counts for the binding that covers both ends, else for nothing: the first reading
 * after a binding adds 0. The first reading of a later epoch counts from 0 (the counter was reset, the use is
 * real): its seconds are laid just before it and marked bounded.
 */
#include "inventory-service/domain/evidence/chain.h"

#include <string.h>

#include "inventory-service/domain/evidence/horizon.h"
#include "inventory-service/domain/evidence/reading.h"
#include "inventory-service/domain/evidence/usage_rules.h"

/* ---- shares
 * ------------------------------------------------------------------------------------------------ */

struct share_target {
	struct slices *slices;
	int64_t binding_id;
	int64_t sign;
	bool all_bounded;
};

static void take_share(void *context, int64_t hour_s, int64_t active_s, int64_t bounded_s)
{
	const struct share_target *t = context;

	slices_add(t->slices, t->binding_id, hour_s, t->sign * active_s,
		   t->sign * (t->all_bounded ? active_s : bounded_s));
}

static const struct chain_binding *binding_over(const struct chain *c, int64_t from_ms, int64_t until_ms)
{
	int64_t low = from_ms < until_ms ? from_ms : until_ms, high = from_ms < until_ms ? until_ms : from_ms;

	for (int i = c->n_bindings - 1; i >= 0; i--)
		if (c->bindings[i].from_ms <= low && high < c->bindings[i].until_ms)
			return &c->bindings[i];
	return NULL;
}

static void count_pair(const struct chain *c, struct slices *slices, const struct chain_reading *p,
		       const struct chain_reading *n, int64_t sign)
{
	const struct chain_binding *b;
	struct share_target t = {.slices = slices, .sign = sign};

	if (!p->epoch_no || !n->epoch_no || !(b = binding_over(c, p->last_ms, n->first_ms)))
		return;
	t.binding_id = b->id;
	usage_split(p->last_ms, n->first_ms, n->active_s - p->active_s, take_share, &t);
}

/* Was the device heard in another epoch before this reading, within the same binding? Then the counter began
 * anew. */
static enum err is_later_epoch(struct db *db, const struct chain *c, const struct chain_reading *r,
			       int64_t from_ms, bool *out)
{
	struct query q = db_query(db, "SELECT count(*) FROM counter_epoch WHERE device_id = $1 AND no <> $2 "
				      "AND first_ms < $3 AND last_ms >= $4");

	put_i64(&q, c->device_id);
	put_i64(&q, r->epoch_no);
	put_i64(&q, r->first_ms);
	put_i64(&q, from_ms);
	while (db_next(&q))
		*out = get_i64(&q) > 0;
	return db_end(&q);
}

static enum err count_head(struct db *db, const struct chain *c, struct slices *slices,
			   const struct chain_reading *r, int64_t sign)
{
	const struct chain_binding *b = r->epoch_no ? binding_over(c, r->first_ms, r->first_ms) : NULL;
	struct share_target t = {.slices = slices, .sign = sign, .all_bounded = true};
	bool later = false;
	int64_t from_ms;
	enum err err;

	if (!b || r->active_s == 0)
		return OK;
	if ((err = is_later_epoch(db, c, r, b->from_ms, &later)) || !later)
		return err;
	t.binding_id = b->id;
	from_ms = r->first_ms - r->active_s * 1000;
	usage_split(from_ms > b->from_ms ? from_ms : b->from_ms, r->first_ms, r->active_s, take_share, &t);
	return OK;
}

/* The seconds that end at r: from its predecessor, or from the start of its epoch. */
static enum err count_upto(struct db *db, const struct chain *c, struct slices *slices,
			   const struct chain_reading *p, const struct chain_reading *r, int64_t sign)
{
	if (!p->epoch_no)
		return count_head(db, c, slices, r, sign);
	count_pair(c, slices, p, r, sign);
	return OK;
}

/* ---- rows
 * -------------------------------------------------------------------------------------------------- */

static enum err load_bindings(struct db *db, struct chain *c)
{
	/* The newest ones, then turned round: a device bound more often than CHAIN_MAX_BINDINGS forgets its
	 * oldest. */
	struct query q =
		db_query(db, "SELECT id, item_id, home, from_ms, until_ms FROM ("
			     "SELECT b.id AS id, b.item_id AS item_id, i.home_place_id AS home, "
			     "b.from_ms AS from_ms, b.until_ms AS until_ms "
			     "FROM binding b JOIN item i ON i.id = b.item_id WHERE b.device_id = $1 "
			     "ORDER BY b.from_ms DESC, b.id DESC LIMIT $2) AS newest ORDER BY from_ms, id");

	put_i64(&q, c->device_id);
	put_i64(&q, CHAIN_MAX_BINDINGS);
	c->n_bindings = 0;
	while (db_next(&q) && c->n_bindings < CHAIN_MAX_BINDINGS) {
		struct chain_binding *b = &c->bindings[c->n_bindings++];

		b->id = get_i64(&q);
		b->item_id = get_i64(&q);
		b->home_place_id = get_i64(&q);
		b->from_ms = get_i64(&q);
		b->until_ms = INT64_MAX;
		(void)get_opt(&q, &b->until_ms); /* NULL: still */
	}
	return db_end(&q);
}

static void take_reading(struct query *q, struct chain_reading *r)
{
	r->epoch_no = get_i64(q);
	r->active_s = get_i64(q);
	r->first_ms = get_i64(q);
	r->last_ms = get_i64(q);
}

enum err chain_highest(struct db *db, int64_t device_id, int64_t epoch_no, struct chain_reading *out)
{
	struct query q =
		db_query(db, "SELECT epoch_no, active_s, first_ms, last_ms FROM reading "
			     "WHERE device_id = $1 AND epoch_no = $2 ORDER BY active_s DESC LIMIT 1");

	put_i64(&q, device_id);
	put_i64(&q, epoch_no);
	memset(out, 0, sizeof *out);
	while (db_next(&q))
		take_reading(&q, out);
	return db_end(&q);
}

enum err chain_load(struct db *db, int64_t device_id, int64_t newest_epoch_no, struct chain *out)
{
	enum err err;

	memset(out, 0, sizeof *out);
	out->device_id = device_id;
	if ((err = load_bindings(db, out)))
		return err;
	return chain_highest(db, device_id, newest_epoch_no, &out->tail);
}

const struct chain_binding *chain_bound_now(const struct chain *c)
{
	const struct chain_binding *last = c->n_bindings ? &c->bindings[c->n_bindings - 1] : NULL;

	return last && last->until_ms == INT64_MAX ? last : NULL;
}

static enum err store(struct db *db, const struct chain *c, const struct chain_reading *r)
{
	struct query q =
		db_query(db, "INSERT INTO reading (device_id, epoch_no, active_s, first_ms, last_ms) "
			     "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (device_id, epoch_no, active_s) "
			     "DO UPDATE SET first_ms = excluded.first_ms, last_ms = excluded.last_ms");

	put_i64(&q, c->device_id);
	put_i64(&q, r->epoch_no);
	put_i64(&q, r->active_s);
	put_i64(&q, r->first_ms);
	put_i64(&q, r->last_ms);
	return db_run(&q);
}

enum err chain_flush(struct db *db, struct chain *c)
{
	if (!c->tail_dirty)
		return OK;
	c->tail_dirty = false;
	return store(db, c, &c->tail);
}

/* ---- inserting
 * --------------------------------------------------------------------------------------------- */

static enum err load_neighbours(struct db *db, const struct chain *c, int64_t epoch_no, int64_t active_s,
				struct chain_reading *p, struct chain_reading *same, struct chain_reading *n)
{
	struct query q = db_query(db, "SELECT epoch_no, active_s, first_ms, last_ms FROM reading "
				      "WHERE device_id = $1 AND epoch_no = $2 AND active_s < $3 "
				      "ORDER BY active_s DESC LIMIT 1");
	struct query up;
	enum err err;

	put_i64(&q, c->device_id);
	put_i64(&q, epoch_no);
	put_i64(&q, active_s);
	while (db_next(&q))
		take_reading(&q, p);
	if ((err = db_end(&q)))
		return err;
	up = db_query(db,
		      "SELECT epoch_no, active_s, first_ms, last_ms FROM reading "
		      "WHERE device_id = $1 AND epoch_no = $2 AND active_s >= $3 ORDER BY active_s LIMIT 2");
	put_i64(&up, c->device_id);
	put_i64(&up, epoch_no);
	put_i64(&up, active_s);
	while (db_next(&up)) {
		struct chain_reading r;

		take_reading(&up, &r);
		if (r.active_s == active_s)
			*same = r;
		else if (!n->epoch_no)
			*n = r;
	}
	return db_end(&up);
}

/* Anywhere in the chain: takes back what touches the place, changes it, counts it again. */
static enum err insert_between(struct db *db, struct chain *c, struct slices *slices, struct chain_reading x)
{
	struct chain_reading p = {0}, same = {0}, n = {0};
	enum err err;

	if ((err = chain_flush(db, c)) ||
	    (err = load_neighbours(db, c, x.epoch_no, x.active_s, &p, &same, &n)))
		return err;
	if (same.epoch_no) {
		if ((err = count_upto(db, c, slices, &p, &same, -1)))
			return err;
		count_pair(c, slices, &same, &n, -1);
		x.first_ms = same.first_ms < x.first_ms ? same.first_ms : x.first_ms;
		x.last_ms = same.last_ms > x.last_ms ? same.last_ms : x.last_ms;
	} else if (n.epoch_no && (err = count_upto(db, c, slices, &p, &n, -1))) {
		return err;
	}
	if ((err = store(db, c, &x)) || (err = count_upto(db, c, slices, &p, &x, 1)))
		return err;
	count_pair(c, slices, &x, &n, 1);
	if (c->tail.epoch_no <= x.epoch_no && !n.epoch_no)
		c->tail = x;
	return OK;
}

enum err chain_add(struct db *db, struct chain *c, struct slices *slices, int64_t epoch_no, int64_t active_s,
		   int64_t heard_ms)
{
	struct chain_reading x = {
		.epoch_no = epoch_no, .active_s = active_s, .first_ms = heard_ms, .last_ms = heard_ms};
	enum err err;

	if (epoch_no != c->tail.epoch_no || active_s < c->tail.active_s ||
	    (active_s == c->tail.active_s && heard_ms < c->tail.first_ms))
		return insert_between(db, c, slices, x);
	if (active_s == c->tail.active_s) {
		if (heard_ms > c->tail.last_ms) {
			c->tail.last_ms = heard_ms;
			c->tail_dirty = true;
		}
		return OK;
	}
	if ((err = chain_flush(db, c)))
		return err;
	count_pair(c, slices, &c->tail, &x, 1);
	c->tail = x;
	c->tail_dirty = true;
	return OK;
}

/* ---- rebuilding
 * -------------------------------------------------------------------------------------------- */

/* Of what may have been thrown away the readings are the evidence: they stay. All others come from
 * reports. */
static enum err forget(struct db *db, const struct chain *c, int64_t horizon_ms)
{
	struct query q = db_query(db, "DELETE FROM reading WHERE device_id = $1 AND first_ms >= $2");
	enum err err;

	put_i64(&q, c->device_id);
	put_i64(&q, horizon_ms);
	if ((err = db_run(&q)))
		return err;
	q = db_query(db, "UPDATE reading SET last_ms = first_ms WHERE device_id = $1 AND last_ms >= $2");
	put_i64(&q, c->device_id);
	put_i64(&q, horizon_ms);
	if ((err = db_run(&q)))
		return err;
	q = db_query(
		db,
		"DELETE FROM usage_slice WHERE binding_id IN (SELECT id FROM binding WHERE device_id = $1)");
	put_i64(&q, c->device_id);
	return db_run(&q);
}

static enum err read_again(struct db *db, const struct chain *c)
{
	struct query q =
		db_query(db, "INSERT INTO reading (device_id, epoch_no, active_s, first_ms, last_ms) "
			     "SELECT device_id, epoch_no, active_s, min(heard_ms), max(heard_ms) FROM report "
			     "WHERE device_id = $1 AND verdict IN (1, 2) AND active_s IS NOT NULL "
			     "GROUP BY epoch_no, active_s "
			     "ON CONFLICT (device_id, epoch_no, active_s) DO UPDATE SET "
			     "first_ms = min(reading.first_ms, excluded.first_ms), "
			     "last_ms = max(reading.last_ms, excluded.last_ms)");

	_Static_assert(VERDICT_COUNTED == 1 && VERDICT_LATE == 2, "the statement above names them");
	put_i64(&q, c->device_id);
	return db_run(&q);
}

enum err chain_rebuild(struct db *db, struct chain *c, struct slices *slices)
{
	struct chain_reading p = {0}, r;
	int64_t horizon_ms;
	struct query q;
	enum err err, end;

	if ((err = horizon_read(db, &horizon_ms)) || (err = forget(db, c, horizon_ms)) ||
	    (err = read_again(db, c)))
		return err;
	q = db_query(db, "SELECT epoch_no, active_s, first_ms, last_ms FROM reading WHERE device_id = $1 "
			 "ORDER BY epoch_no, active_s");
	put_i64(&q, c->device_id);
	while (!err && db_next(&q)) {
		take_reading(&q, &r);
		if (p.epoch_no != r.epoch_no)
			memset(&p, 0, sizeof p);
		err = count_upto(db, c, slices, &p, &r, 1);
		p = r;
	}
	end = db_end(&q);
	c->tail = p;
	c->tail_dirty = false;
	return err ? err : end;
}
