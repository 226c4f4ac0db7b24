/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/loan.h"

#include <string.h>

#include "inventory-service/audit.h"
#include "inventory-service/domain/evidence/attention.h"
#include "inventory-service/domain/lending/custody.h"
#include "inventory-service/domain/lending/transfer.h"

static enum err record(const struct lending *l, const struct booking_line *line, const char *action,
		       const char *state, struct edit *e)
{
	edit_text(e, "state", line->state, state);
	edit_id(e, "item_id", 0, line->item_id);
	edit_any(e);
	return audit_add(l->db, l->who, l->now_s, action, "line", line->id, e->before, e->after);
}

static enum err note_condition(const struct lending *l, const struct booking_line *line, const char *what,
			       const struct loan_act *act)
{
	struct query q = db_query(
		l->db, "INSERT INTO condition_report (line_id, act, condition, note, name, user_id, at_s, "
		       "recorded_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
	enum err err;

	put_i64(&q, line->id);
	put_text(&q, what);
	put_text(&q, act->condition);
	put_text(&q, act->note);
	put_text(&q, act->name);
	put_id(&q, l->who->user_id);
	put_i64(&q, act->effective_s);
	put_i64(&q, l->now_s);
	if ((err = db_run(&q)) || str_is(act->condition, "good") || str_is(act->condition, "worn"))
		return err;
	return attention_raise(l->db, l->now_s * 1000, "item.condition", "item", line->item_id,
			       act->condition);
}

/* The stay of a line at other times; asked first where it grows. */
static enum err restay(const struct lending *l, const struct booking *b, const struct booking_line *line,
		       int64_t starts_s, int64_t ends_s, struct hold_conflicts *c)
{
	struct hold_item item = booking_line_item(l, line);
	struct stay s = {.starts_s = starts_s,
			 .ends_s = ends_s,
			 .place_id = booking_line_place(b, line),
			 .prepare_s = line->prepare_s,
			 .inspect_s = line->inspect_s,
			 .line_id = line->id,
			 .booking_place_id = b->place_id};
	enum err err;

	if (c && (err = hold_check(l->db, &item, &s, c)))
		return err;
	return hold_move(l->db, &item, &s);
}

/* ---- hand-over ----------------------------------------------------------------------------------------- */

static enum err set_on_loan(const struct lending *l, const struct booking_line *line, int64_t at_s)
{
	struct query q =
		db_query(l->db, "UPDATE line SET state = 'on_loan', handed_over_s = $1 WHERE id = $2");

	put_i64(&q, at_s);
	put_i64(&q, line->id);
	return db_run(&q);
}

static enum err check_hand_over(const struct lending *l, const struct booking *b,
				const struct booking_line *line, const struct loan_act *act)
{
	struct custody c;
	enum err err;

	if (!booking_is_agreed(b) || !str_is(line->state, "reserved"))
		return ERR_STATE;
	if (act->item_id && act->item_id != line->item_id)
		return ERR_WRONG_ITEM;
	if ((err = custody_now(l->db, line->item_id, &c)))
		return err;
	return c.line_id || c.at_place_id != booking_line_place(b, line) ? ERR_LINE_NOT_READY : OK;
}

enum err loan_hand_over(const struct lending *l, const struct booking *b, const struct booking_line *line,
			const struct loan_act *act, struct hold_conflicts *c, struct edit *e)
{
	struct custody to = {.place_id = b->place_id,
			     .at_place_id = booking_line_place(b, line),
			     .line_id = line->id,
			     .from_s = act->effective_s};
	enum err err;

	c->n = 0;
	if ((err = booking_begin(l, b)) || (err = check_hand_over(l, b, line, act)))
		return err;
	if (act->effective_s < b->starts_s && (err = restay(l, b, line, act->effective_s, line->due_s, c)))
		return err;
	if ((err = custody_pass(l->db, line->item_id, &to)) ||
	    (err = set_on_loan(l, line, act->effective_s)) || (err = transfer_cancel_planned(l, line->id)) ||
	    (err = note_condition(l, line, "hand_over", act)) || (err = booking_touch(l, b->id, "active")))
		return err;
	return record(l, line, "line.hand_over", "on_loan", e);
}

/* ---- take-back ----------------------------------------------------------------------------------------- */

static enum err set_taken_back(const struct lending *l, const struct booking_line *line, int64_t at_s,
			       bool is_closed)
{
	struct query q =
		db_query(l->db, "UPDATE line SET state = $1, taken_back_s = $2, ended_s = $3 WHERE id = $4");

	put_text(&q, is_closed ? "closed" : "taken_back");
	put_i64(&q, at_s);
	put_id(&q, is_closed ? l->now_s : 0);
	put_i64(&q, line->id);
	return db_run(&q);
}

/* Back before it began: no stay at all. */
static enum err end_early(const struct lending *l, const struct booking *b, const struct booking_line *line,
			  int64_t at_s)
{
	int64_t starts_s = booking_line_starts_s(b, line);
	struct hold_item item = booking_line_item(l, line);

	if (at_s >= line->due_s)
		return OK;
	if (at_s > starts_s)
		return restay(l, b, line, starts_s, at_s, NULL);
	return hold_take(l->db, &item, line->id, 0);
}

enum err loan_take_back(const struct lending *l, const struct booking *b, const struct booking_line *line,
			const struct loan_act *act, struct edit *e)
{
	struct custody to = {.place_id = booking_line_place(b, line),
			     .at_place_id = booking_line_place(b, line),
			     .from_s = act->effective_s};
	bool is_home = to.at_place_id == line->home_place_id, is_closed = is_home && line->inspect_s == 0;
	enum err err;

	if (!str_is(line->state, "on_loan") || act->effective_s < line->handed_over_s)
		return ERR_STATE;
	if (act->item_id && act->item_id != line->item_id)
		return ERR_WRONG_ITEM;
	if ((err = booking_begin(l, b)) || (err = custody_pass(l->db, line->item_id, &to)) ||
	    (err = set_taken_back(l, line, act->effective_s, is_closed)) ||
	    (err = end_early(l, b, line, act->effective_s)) ||
	    (err = note_condition(l, line, "take_back", act)) ||
	    (!is_home && (err = transfer_plan_return(l, line, to.at_place_id))) ||
	    (err = booking_touch(l, b->id, NULL)) || (err = booking_complete(l, b->id)))
		return err;
	return record(l, line, "line.take_back", is_closed ? "closed" : "taken_back", e);
}

enum err loan_close(const struct lending *l, const struct booking *b, const struct booking_line *line,
		    struct edit *e)
{
	enum err err;

	if (!str_is(line->state, "taken_back") || line->at_place_id != line->home_place_id)
		return ERR_STATE;
	if ((err = booking_set_line_ended(l, line->id, "closed")) || (err = booking_touch(l, b->id, NULL)) ||
	    (err = booking_complete(l, b->id)))
		return err;
	return record(l, line, "line.close", "closed", e);
}

static enum err find_line(const struct lending *l, int64_t line_id, struct booking *b,
			  const struct booking_line **line)
{
	int64_t booking_id;
	enum err err;

	if ((err = booking_of_line(l, line_id, &booking_id)) || (err = booking_find(l, booking_id, b)))
		return err;
	for (size_t i = 0; i < b->n; i++)
		if (b->lines[i].id == line_id)
			*line = &b->lines[i];
	return OK;
}

enum err loan_arrived(const struct lending *l, int64_t line_id)
{
	const struct booking_line *line = NULL;
	struct booking b;
	enum err err = find_line(l, line_id, &b, &line);

	return err || !line || !line->ended_s ? err : transfer_plan_home(l, line);
}

enum err loan_back_home(const struct lending *l, int64_t line_id)
{
	const struct booking_line *line = NULL;
	struct edit e = {0};
	struct booking b;
	enum err err = find_line(l, line_id, &b, &line);

	if (err || !line || line->inspect_s || !str_is(line->state, "taken_back") ||
	    line->at_place_id != line->home_place_id)
		return err;
	return loan_close(l, &b, line, &e);
}

/* ---- undone -------------------------------------------------------------------------------------------- */

static enum err set_back(const struct lending *l, const struct booking_line *line, const char *state)
{
	struct query q = db_query(
		l->db,
		"UPDATE line SET state = $1, ended_s = NULL, taken_back_s = NULL, "
		"handed_over_s = CASE $1 WHEN 'reserved' THEN NULL ELSE handed_over_s END WHERE id = $2");

	put_text(&q, state);
	put_i64(&q, line->id);
	return db_run(&q);
}

/* Seconds do not tell two acts apart: it is the last that began or ended custody for this line. */
static enum err is_last_act(const struct lending *l, const struct booking_line *line, int64_t at_s,
			    bool *is_last)
{
	bool is_back = !str_is(line->state, "on_loan");
	int64_t line_before_id;
	struct custody c;
	enum err err;

	if ((err = custody_now(l->db, line->item_id, &c)) ||
	    (err = custody_line_before(l->db, line->item_id, &line_before_id)))
		return err;
	*is_last = c.from_s == at_s && c.at_place_id &&
		   (is_back ? !c.line_id && line_before_id == line->id : c.line_id == line->id);
	return OK;
}

static bool others_are_out(const struct booking *b, const struct booking_line *line)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->lines[i].id != line->id && b->lines[i].handed_over_s)
			return true;
	return false;
}

static enum err undo_hand_over(const struct lending *l, const struct booking *b,
			       const struct booking_line *line, struct edit *e)
{
	bool stays_active = others_are_out(b, line) || booking_line_place(b, line) != line->home_place_id;
	enum err err;

	if (line->handed_over_s < b->starts_s && (err = restay(l, b, line, b->starts_s, line->due_s, NULL)))
		return err;
	if ((err = custody_undo(l->db, line->item_id)) || (err = set_back(l, line, "reserved")) ||
	    (err = booking_touch(l, b->id, stays_active ? "active" : "confirmed")))
		return err;
	return record(l, line, "line.undo", "reserved", e);
}

static enum err undo_take_back(const struct lending *l, const struct booking *b,
			       const struct booking_line *line, struct hold_conflicts *c, struct edit *e)
{
	int64_t starts_s = booking_line_starts_s(b, line);
	enum err err;

	if (line->taken_back_s < line->due_s && (err = restay(l, b, line, starts_s, line->due_s, c)))
		return err;
	if ((err = custody_undo(l->db, line->item_id)) || (err = transfer_cancel_planned(l, line->id)) ||
	    (err = set_back(l, line, "on_loan")) || (err = booking_touch(l, b->id, "active")))
		return err;
	return record(l, line, "line.undo", "on_loan", e);
}

enum err loan_undo(const struct lending *l, const struct booking *b, const struct booking_line *line,
		   struct hold_conflicts *c, struct edit *e)
{
	bool is_back = str_is(line->state, "taken_back") || str_is(line->state, "closed");
	int64_t at_s = is_back ? line->taken_back_s : line->handed_over_s;
	bool is_last;
	enum err err;

	c->n = 0;
	if ((!is_back && !str_is(line->state, "on_loan")) || !at_s || at_s < l->now_s - LOAN_UNDO_S)
		return ERR_STATE;
	if ((err = booking_begin(l, b)) || (err = is_last_act(l, line, at_s, &is_last)))
		return err;
	if (!is_last)
		return ERR_STATE;
	return is_back ? undo_take_back(l, b, line, c, e) : undo_hand_over(l, b, line, e);
}

/* ---- other ends ---------------------------------------------------------------------------------------- */

enum err loan_release(const struct lending *l, const struct booking *b, const struct booking_line *line,
		      struct edit *e)
{
	enum err err;

	if ((!booking_is_agreed(b) && !str_is(b->state, "submitted")) || !str_is(line->state, "reserved"))
		return ERR_STATE;
	if ((err = booking_begin(l, b)) || (err = booking_end_line(l, line, "released")) ||
	    (err = booking_touch(l, b->id, NULL)) || (err = booking_complete(l, b->id)))
		return err;
	return record(l, line, "line.release", "released", e);
}

static enum err set_lost(const struct lending *l, int64_t item_id, int64_t lost_s)
{
	struct query q = db_query(l->db, "UPDATE item SET lost_s = $1, version = version + 1 WHERE id = $2");

	put_id(&q, lost_s);
	put_i64(&q, item_id);
	return db_run(&q);
}

enum err loan_declare_lost(const struct lending *l, const struct booking *b, const struct booking_line *line,
			   const char *reason, struct edit *e)
{
	enum err err;

	if (!str_is(line->state, "on_loan") &&
	    !(str_is(line->state, "reserved") && str_is(b->state, "active")))
		return ERR_STATE;
	if ((err = booking_begin(l, b)) || (err = end_early(l, b, line, l->now_s)) ||
	    (err = booking_set_line_ended(l, line->id, "lost")) ||
	    (err = transfer_cancel_planned(l, line->id)) || (err = set_lost(l, line->item_id, l->now_s)) ||
	    (err = attention_raise(l->db, l->now_s * 1000, "item.lost", "item", line->item_id, "")) ||
	    (err = booking_touch(l, b->id, NULL)) || (err = booking_complete(l, b->id)))
		return err;
	edit_note(e, "reason", reason);
	return record(l, line, "line.declare_lost", "lost", e);
}

static enum err was_lost(struct db *db, int64_t item_id, bool *lost)
{
	struct query q = db_query(db, "SELECT lost_s IS NOT NULL FROM item WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, item_id);
	while (db_next(&q)) {
		*lost = get_i64(&q) != 0;
		found = true;
	}
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

enum err loan_found(const struct lending *l, int64_t item_id, struct edit *e)
{
	struct custody c;
	bool lost = false;
	enum err err;

	if ((err = was_lost(l->db, item_id, &lost)))
		return err;
	if (!lost)
		return ERR_STATE;
	if ((err = custody_now(l->db, item_id, &c)) || (err = set_lost(l, item_id, 0)))
		return err;
	/* The loan is over; whoever had it keeps it until it travels. */
	c.line_id = 0;
	c.from_s = l->now_s;
	if ((err = custody_pass(l->db, item_id, &c)) ||
	    (err = attention_close(l->db, l->now_s, "item.lost", "item", item_id, "found")))
		return err;
	edit_text(e, "state", "missing", "found");
	edit_any(e);
	return audit_add(l->db, l->who, l->now_s, "item.found", "item", item_id, e->before, e->after);
}
