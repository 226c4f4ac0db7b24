/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/transfer.h"

#include <string.h>

#include "inventory-service/audit.h"
#include "inventory-service/domain/lending/custody.h"
#include "inventory-service/domain/lending/loan.h"

#define TRANSFER_COLUMNS                                                                             \
	"t.id, t.version, t.item_id, t.from_place_id, t.to_place_id, t.reason, t.state, t.line_id, " \
	"t.planned_s, "                                                                              \
	"t.dispatched_s, t.received_s, b.id, b.place_id, m.name, i.inventory_no, f.name, o.name"
#define TRANSFER_FROM                                                                         \
	" FROM transfer t JOIN item i ON i.id = t.item_id JOIN model m ON m.id = i.model_id " \
	"JOIN place f ON f.id = t.from_place_id JOIN place o ON o.id = t.to_place_id "        \
	"LEFT JOIN line l ON l.id = t.line_id LEFT JOIN booking b ON b.id = l.booking_id "

bool transfer_next(struct query *q, struct transfer *v)
{
	if (!db_next(q))
		return false;
	v->id = get_i64(q);
	v->version = get_i64(q);
	v->item_id = get_i64(q);
	v->from_place_id = get_i64(q);
	v->to_place_id = get_i64(q);
	get_text(q, v->reason, sizeof v->reason);
	get_text(q, v->state, sizeof v->state);
	v->line_id = get_id(q);
	v->planned_s = get_i64(q);
	v->dispatched_s = get_i64(q);
	v->received_s = get_i64(q);
	v->booking_id = get_id(q);
	v->booking_place_id = get_id(q);
	get_text(q, v->model_name, sizeof v->model_name);
	get_text(q, v->inventory_no, sizeof v->inventory_no);
	get_text(q, v->from_name, sizeof v->from_name);
	get_text(q, v->to_name, sizeof v->to_name);
	return true;
}

enum err transfer_find(struct db *db, int64_t id, struct transfer *out)
{
	struct query q = db_query(db, "SELECT " TRANSFER_COLUMNS TRANSFER_FROM "WHERE t.id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (transfer_next(&q, out))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

struct query transfer_list(struct db *db, const struct transfer_filter *f)
{
	struct query q = db_query(
		db,
		"SELECT " TRANSFER_COLUMNS TRANSFER_FROM
		"WHERE t.id > $1 AND ($2 IS NULL OR t.state = $2) AND ($3 IS NULL OR t.from_place_id = $3 "
		"OR t.to_place_id = $3) AND ($4 IS NULL OR t.item_id = $4) AND ($5 IS NULL OR t.line_id = "
		"$5) "
		"AND ($6 = 0 OR t.state IN ('planned', 'dispatched')) ORDER BY t.id LIMIT $7");

	put_i64(&q, f->after_id);
	put_text(&q, f->state[0] ? f->state : NULL);
	put_id(&q, f->place_id);
	put_id(&q, f->item_id);
	put_id(&q, f->line_id);
	put_i64(&q, f->open_only);
	put_i64(&q, f->limit);
	return q;
}

/* ---- planned ------------------------------------------------------------------------------------------- */

struct plan {
	int64_t item_id, from_id, to_id, line_id, planned_s;
	const char *reason;
};

static enum err insert(const struct lending *l, const struct plan *p)
{
	struct query q = db_query(
		l->db, "INSERT INTO transfer (item_id, from_place_id, to_place_id, reason, line_id, state, "
		       "planned_s, created_s) VALUES ($1, $2, $3, $4, $5, 'planned', $6, $7)");

	put_i64(&q, p->item_id);
	put_i64(&q, p->from_id);
	put_i64(&q, p->to_id);
	put_text(&q, p->reason);
	put_id(&q, p->line_id);
	put_i64(&q, p->planned_s);
	put_i64(&q, l->now_s);
	return db_run(&q);
}

enum err transfer_plan_out(const struct lending *l, const struct booking *b, const struct booking_line *line)
{
	struct plan p = {.item_id = line->item_id,
			 .from_id = line->home_place_id,
			 .to_id = b->place_id,
			 .line_id = line->id,
			 .planned_s = b->starts_s - l->policy->fetch_lead_s,
			 .reason = "booking_out"};

	return insert(l, &p);
}

enum err transfer_plan_return(const struct lending *l, const struct booking_line *line, int64_t from_place_id)
{
	struct plan p = {.item_id = line->item_id,
			 .from_id = from_place_id,
			 .to_id = line->home_place_id,
			 .line_id = line->id,
			 .planned_s = l->now_s,
			 .reason = "booking_return"};

	return insert(l, &p);
}

/* It was brought for this line, and nothing has moved it since. */
static enum err was_brought(struct db *db, int64_t line_id, int64_t since_s, bool *brought)
{
	struct query q = db_query(
		db, "SELECT 1 FROM transfer WHERE line_id = $1 AND state = 'received' AND received_s = $2 "
		    "AND reason IN ('booking_out', 'direct_onward')");

	*brought = false;
	put_i64(&q, line_id);
	put_i64(&q, since_s);
	while (db_next(&q))
		*brought = true;
	return db_end(&q);
}

enum err transfer_plan_home(const struct lending *l, const struct booking_line *line)
{
	struct plan p = {.item_id = line->item_id,
			 .to_id = line->home_place_id,
			 .line_id = line->id,
			 .planned_s = l->now_s,
			 .reason = "return_home"};
	struct custody c;
	enum err err = custody_now(l->db, line->item_id, &c);

	bool brought;

	if (err || c.line_id || !c.at_place_id || c.at_place_id == p.to_id ||
	    (err = was_brought(l->db, line->id, c.from_s, &brought)) || !brought)
		return err;
	p.from_id = c.at_place_id;
	return insert(l, &p);
}

enum err transfer_cancel_planned(const struct lending *l, int64_t line_id)
{
	struct query q = db_query(l->db, "UPDATE transfer SET state = 'cancelled', version = version + 1 "
					 "WHERE line_id = $1 AND state = 'planned'");

	put_i64(&q, line_id);
	return db_run(&q);
}

/* ---- on its way ---------------------------------------------------------------------------------------- */

static enum err record(const struct lending *l, const struct transfer *was, const char *action,
		       const char *state, struct edit *e)
{
	edit_text(e, "state", was->state, state);
	edit_any(e);
	return audit_add(l->db, l->who, l->now_s, action, "transfer", was->id, e->before, e->after);
}

/* It leaves from where it is, which may not be where it was thought to be when this was planned. */
static enum err set_dispatched(const struct lending *l, const struct transfer *was, int64_t from_id,
			       int64_t at_s)
{
	struct query q = db_query(
		l->db, "UPDATE transfer SET state = 'dispatched', dispatched_s = $1, from_place_id = $2, "
		       "reason = $3, version = version + 1 WHERE id = $4");
	bool is_onward = str_is(was->reason, "booking_out") && from_id != was->from_place_id;

	put_i64(&q, at_s);
	put_i64(&q, from_id);
	put_text(&q, is_onward ? "direct_onward" : was->reason);
	put_i64(&q, was->id);
	return db_run(&q);
}

static bool goes_out(const struct transfer *v)
{
	return str_is(v->reason, "booking_out") || str_is(v->reason, "direct_onward");
}

enum err transfer_dispatch(const struct lending *l, const struct transfer *was, int64_t effective_s,
			   struct edit *e)
{
	struct custody c;
	enum err err;

	if (!str_is(was->state, "planned"))
		return ERR_STATE;
	if ((err = custody_now(l->db, was->item_id, &c)))
		return err;
	if (c.line_id || !c.at_place_id || c.at_place_id == was->to_place_id)
		return ERR_STATE;
	if ((err = set_dispatched(l, was, c.at_place_id, effective_s)))
		return err;
	c = (struct custody){.place_id = goes_out(was) ? was->to_place_id : c.place_id,
			     .from_s = effective_s};
	if ((err = custody_pass(l->db, was->item_id, &c)))
		return err;
	if (goes_out(was) && was->booking_id && (err = booking_touch(l, was->booking_id, "active")))
		return err;
	return record(l, was, "transfer.dispatch", "dispatched", e);
}

static enum err set_received(const struct lending *l, const struct transfer *was, int64_t place_id,
			     int64_t at_s)
{
	struct query q =
		db_query(l->db, "UPDATE transfer SET state = 'received', received_s = $1, to_place_id = $2, "
				"version = version + 1 WHERE id = $3");

	put_i64(&q, at_s);
	put_i64(&q, place_id);
	put_i64(&q, was->id);
	return db_run(&q);
}

enum err transfer_receive(const struct lending *l, const struct transfer *was, int64_t place_id,
			  int64_t effective_s, struct edit *e)
{
	struct custody c = {.from_s = effective_s};
	enum err err;

	if (!str_is(was->state, "dispatched"))
		return ERR_STATE;
	if (effective_s < was->dispatched_s || place_id == was->from_place_id)
		return edit_refuse(e, ERR_RANGE,
				   place_id == was->from_place_id ? "place_id" : "effective_at");
	c.place_id = c.at_place_id = place_id ? place_id : was->to_place_id;
	if ((err = set_received(l, was, c.place_id, effective_s)) ||
	    (err = custody_pass(l->db, was->item_id, &c)))
		return err;
	if (was->line_id &&
	    (err = goes_out(was) ? loan_arrived(l, was->line_id) : loan_back_home(l, was->line_id)))
		return err;
	return record(l, was, "transfer.receive", "received", e);
}

enum err transfer_cancel(const struct lending *l, const struct transfer *was, struct edit *e)
{
	struct query q;
	enum err err;

	if (str_is(was->state, "dispatched"))
		return ERR_DISPATCHED;
	if (!str_is(was->state, "planned"))
		return ERR_STATE;
	q = db_query(l->db, "UPDATE transfer SET state = 'cancelled', version = version + 1 WHERE id = $1");
	put_i64(&q, was->id);
	if ((err = db_run(&q)))
		return err;
	return record(l, was, "transfer.cancel", "cancelled", e);
}
