/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Every operation here: end what has expired, ask the judge (wish.h), store, write one audit row. It runs in
 * the writer's transaction, so between the question and the row nobody else can answer differently.
 */
#include "inventory-service/domain/lending/booking.h"

#include <string.h>

#include "inventory-service/audit.h"
#include "inventory-service/domain/lending/thing.h"
#include "inventory-service/domain/lending/transfer.h"

static enum err record(const struct lending *l, const char *action, int64_t id, struct edit *e)
{
	edit_any(e);
	return audit_add(l->db, l->who, l->now_s, action, "booking", id, e->before, e->after);
}

enum err booking_touch(const struct lending *l, int64_t id, const char *state)
{
	struct query q = db_query(
		l->db,
		"UPDATE booking SET version = version + 1, state = coalesce($1, state), "
		"expires_s = CASE coalesce($1, state) WHEN 'submitted' THEN expires_s END WHERE id = $2");

	put_text(&q, state);
	put_i64(&q, id);
	return db_run(&q);
}

/* ---- the end of a line --------------------------------------------------------------------------------- */

enum err booking_set_line_ended(const struct lending *l, int64_t line_id, const char *state)
{
	struct query q = db_query(l->db, "UPDATE line SET state = $1, ended_s = $2 WHERE id = $3");

	put_text(&q, state);
	put_i64(&q, l->now_s);
	put_i64(&q, line_id);
	return db_run(&q);
}

static enum err live_lines_left(struct db *db, int64_t booking_id, bool *left)
{
	struct query q = db_query(db, "SELECT 1 FROM line WHERE booking_id = $1 AND ended_s IS NULL LIMIT 1");

	*left = false;
	put_i64(&q, booking_id);
	while (db_next(&q))
		*left = true;
	return db_end(&q);
}

enum err booking_end_line(const struct lending *l, const struct booking_line *line, const char *state)
{
	struct hold_item item = booking_line_item(l, line);
	enum err err;

	if (line->item_id &&
	    ((err = hold_take(l->db, &item, line->id, 0)) || (err = transfer_cancel_planned(l, line->id))))
		return err;
	if ((err = booking_set_line_ended(l, line->id, state)) || !line->item_id)
		return err;
	return transfer_plan_home(l, line);
}

static enum err end_all(const struct lending *l, const struct booking *v, const char *line_state)
{
	enum err err = OK;

	for (size_t i = 0; !err && i < v->n; i++)
		if (!v->lines[i].ended_s)
			err = booking_end_line(l, &v->lines[i], line_state);
	return err;
}

/* ---- expiry -------------------------------------------------------------------------------------------- */

enum err booking_next_expired(const struct lending *l, int64_t *id)
{
	struct query q =
		db_query(l->db, "SELECT id FROM booking WHERE state = 'submitted' AND expires_s <= $1 "
				"ORDER BY expires_s LIMIT 1");

	*id = 0;
	put_i64(&q, l->now_s);
	while (db_next(&q))
		*id = get_i64(&q);
	return db_end(&q);
}

static enum err expire(const struct lending *l, int64_t id)
{
	static const struct actor nobody = {.channel = "tick"};
	struct lending by_itself = *l;
	struct edit e = {0};
	struct booking v;
	enum err err;

	by_itself.who = &nobody;
	if ((err = booking_find(l, id, &v)) || (err = end_all(l, &v, "released")) ||
	    (err = booking_touch(l, id, "expired")))
		return err;
	edit_text(&e, "state", v.state, "expired");
	return record(&by_itself, "booking.expire", id, &e);
}

enum err booking_expire_one(const struct lending *l, int64_t *id)
{
	enum err err = booking_next_expired(l, id);

	return err || !*id ? err : expire(l, *id);
}

enum err booking_expire(const struct lending *l)
{
	int64_t id;
	enum err err;

	do
		err = booking_expire_one(l, &id);
	while (!err && id);
	return err;
}

static bool is_over(const struct lending *l, const struct booking *v)
{
	return str_is(v->state, "submitted") && v->expires_s <= l->now_s;
}

enum err booking_begin(const struct lending *l, const struct booking *was)
{
	enum err err = booking_expire(l);

	return err || !is_over(l, was) ? err : ERR_STATE;
}

/* ---- storing a wish ------------------------------------------------------------------------------------ */

/* expires_s 0: it does not */
static enum err insert_booking(const struct lending *l, const struct wish *w, const char *state,
			       int64_t expires_s, int64_t *id)
{
	struct query q = db_query(
		l->db, "INSERT INTO booking (place_id, state, starts_s, ends_s, theme, audience, note, "
		       "expires_s, requested_by, created_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
		       "RETURNING id");

	put_i64(&q, w->place_id);
	put_text(&q, state);
	put_i64(&q, w->starts_s);
	put_i64(&q, w->ends_s);
	put_text(&q, w->theme);
	put_text(&q, w->audience);
	put_text(&q, w->note);
	put_id(&q, expires_s);
	put_id(&q, l->who->user_id);
	put_i64(&q, l->now_s);
	while (db_next(&q))
		*id = get_i64(&q);
	return db_end(&q);
}

static enum err insert_line(const struct lending *l, int64_t booking_id, const struct wish_line *wished,
			    const struct judged_line *j, int64_t *id)
{
	struct query q = db_query(
		l->db,
		"INSERT INTO line (booking_id, item_id, model_id, is_any, travel, state, approval, due_s) "
		"VALUES ($1, $2, $3, $4, $5, 'reserved', $6, $7) RETURNING id");

	put_i64(&q, booking_id);
	put_id(&q, j->item_id);
	put_i64(&q, j->model_id);
	put_i64(&q, wished->item_id == 0);
	put_text(&q, wished->on_site ? "on_site" : "fetch");
	put_text(&q, approval_text(j->approval));
	put_i64(&q, j->stay.ends_s);
	while (db_next(&q))
		*id = get_i64(&q);
	return db_end(&q);
}

static enum err hold_line(const struct lending *l, const struct judged_line *j, int64_t line_id,
			  int64_t expires_s)
{
	struct stay stay = j->stay;

	stay.line_id = line_id;
	return hold_put(l->db, &j->item, &stay, expires_s);
}

static enum err store_lines(const struct lending *l, const struct wish *w, const struct judgement *j,
			    int64_t id, int64_t expires_s)
{
	int64_t line_id;
	enum err err = OK;

	for (size_t i = 0; !err && i < w->n; i++)
		if (!(err = insert_line(l, id, &w->lines[i], &j->lines[i], &line_id)))
			err = hold_line(l, &j->lines[i], line_id, expires_s);
	return err;
}

static enum err plan_transfers(const struct lending *l, int64_t id)
{
	struct booking v;
	enum err err = booking_find(l, id, &v);

	for (size_t i = 0; !err && i < v.n; i++)
		if (!v.lines[i].ended_s && !v.lines[i].on_site && v.place_id != v.lines[i].home_place_id)
			err = transfer_plan_out(l, &v, &v.lines[i]);
	return err;
}

static bool something_travels(const struct wish *w, const struct judgement *j)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->lines[i].on_site && j->lines[i].item.ways.home_id != w->place_id)
			return true;
	return false;
}

static bool has_to_ask(const struct wish *w, const struct judgement *j)
{
	bool asks = w->is_option;

	for (size_t i = 0; i < j->n; i++)
		asks |= j->lines[i].approval != APPROVAL_NOBODY;
	return asks;
}

static void describe(struct edit *e, const struct wish *w, const char *state)
{
	edit_text(e, "state", "", state);
	edit_id(e, "place_id", 0, w->place_id);
	edit_i64(e, "starts_s", 0, w->starts_s);
	edit_i64(e, "ends_s", 0, w->ends_s);
	edit_text(e, "theme", "", w->theme);
	edit_i64(e, "lines", 0, (int64_t)w->n);
}

/* A draft keeps what was asked for; what does not fit is said when it is submitted. */
static void keep_as_asked(const struct wish *w, struct judgement *j)
{
	for (size_t i = 0; i < w->n; i++) {
		j->lines[i].approval = APPROVAL_NOBODY;
		j->lines[i].item_id = w->lines[i].item_id;
		j->lines[i].stay.ends_s = w->ends_s;
	}
}

static enum err store_draft(const struct lending *l, const struct wish *w, struct judgement *j, int64_t *id)
{
	int64_t line_id;
	enum err err = insert_booking(l, w, "draft", 0, id);

	keep_as_asked(w, j);
	for (size_t i = 0; !err && i < w->n; i++)
		err = insert_line(l, *id, &w->lines[i], &j->lines[i], &line_id);
	return err;
}

static enum err store(const struct lending *l, const struct wish *w, const struct judgement *j,
		      const char *state, int64_t *id)
{
	int64_t expires_s =
		str_is(state, "submitted") ? booking_expiry_s(l->now_s, w->starts_s, l->policy->option_s) : 0;
	enum err err;

	if ((err = insert_booking(l, w, state, expires_s, id)) ||
	    (err = store_lines(l, w, j, *id, expires_s)))
		return err;
	return expires_s || !something_travels(w, j) ? OK : plan_transfers(l, *id);
}

enum err booking_create(const struct lending *l, const struct wish *w, struct judgement *j, int64_t *id,
			struct edit *e)
{
	const char *state;
	enum err err;

	if ((err = booking_expire(l)) || (err = wish_judge(l, w, j)))
		return err;
	if (w->is_draft && j->field == NULL) {
		describe(e, w, "draft");
		return (err = store_draft(l, w, j, id)) ? err : record(l, "booking.draft", *id, e);
	}
	if (j->refusal)
		return j->refusal;
	state = has_to_ask(w, j) ? "submitted" : "confirmed";
	describe(e, w, state);
	return (err = store(l, w, j, state, id)) ? err : record(l, "booking.create", *id, e);
}

void booking_wish(const struct booking *v, struct wish *out)
{
	*out = (struct wish){.place_id = v->place_id, .starts_s = v->starts_s, .ends_s = v->ends_s};
	memcpy(out->theme, v->theme, sizeof out->theme);
	memcpy(out->audience, v->audience, sizeof out->audience);
	memcpy(out->note, v->note, sizeof out->note);
	for (size_t i = 0; i < v->n; i++) {
		if (v->lines[i].ended_s)
			continue;
		out->moved_line_ids[out->n] = v->lines[i].id;
		out->lines[out->n++] = (struct wish_line){.asked = i,
							  .item_id = v->lines[i].item_id,
							  .model_id = v->lines[i].model_id,
							  .on_site = v->lines[i].on_site};
	}
	out->moved_booking_id = v->id;
}

/* ---- a draft is submitted, a booking is moved -----------------------------------------------------------
 */

static enum err rewrite_line(const struct lending *l, int64_t line_id, const struct judged_line *j,
			     bool is_agreed)
{
	struct query q = db_query(
		l->db,
		"UPDATE line SET item_id = $1, due_s = $2, approval = $3, "
		"approved_by = CASE WHEN $4 THEN $5 ELSE NULL END, approved_s = CASE WHEN $4 THEN $6 ELSE "
		"NULL END WHERE id = $7");

	put_i64(&q, j->item_id);
	put_i64(&q, j->stay.ends_s);
	put_text(&q, approval_text(j->approval));
	put_i64(&q, is_agreed);
	put_id(&q, l->who->user_id);
	put_i64(&q, l->now_s);
	put_i64(&q, line_id);
	return db_run(&q);
}

static enum err rewrite_booking(const struct lending *l, const struct wish *w, const char *state,
				int64_t expires_s)
{
	struct query q = db_query(
		l->db, "UPDATE booking SET version = version + 1, state = $1, starts_s = $2, ends_s = $3, "
		       "theme = $4, audience = $5, note = $6, expires_s = $7 WHERE id = $8");

	put_text(&q, state);
	put_i64(&q, w->starts_s);
	put_i64(&q, w->ends_s);
	put_text(&q, w->theme);
	put_text(&q, w->audience);
	put_text(&q, w->note);
	put_id(&q, expires_s);
	put_i64(&q, w->moved_booking_id);
	return db_run(&q);
}

/* The old stay goes before the new one comes: it must not stand in its own way. */
static enum err replace_line(const struct lending *l, const struct wish *w, const struct judged_line *j,
			     size_t i, int64_t expires_s)
{
	enum err err;

	if ((err = hold_take(l->db, &j->item, w->moved_line_ids[i], 0)) ||
	    (err = transfer_cancel_planned(l, w->moved_line_ids[i])))
		return err;
	return hold_line(l, j, w->moved_line_ids[i], expires_s);
}

static enum err restore(const struct lending *l, const struct wish *w, const struct judgement *j,
			const bool *agreed, bool is_pending)
{
	int64_t expires_s = is_pending ? booking_expiry_s(l->now_s, w->starts_s, l->policy->option_s) : 0;
	enum err err = OK;

	for (size_t i = 0; !err && i < w->n; i++)
		if (!(err = rewrite_line(l, w->moved_line_ids[i], &j->lines[i], agreed[i])))
			err = replace_line(l, w, &j->lines[i], i, expires_s);
	if (err || (err = rewrite_booking(l, w, is_pending ? "submitted" : "confirmed", expires_s)))
		return err;
	return is_pending ? OK : plan_transfers(l, w->moved_booking_id);
}

enum err booking_submit(const struct lending *l, const struct booking *was, struct judgement *j,
			struct edit *e)
{
	static const bool nobody_agreed[BOOKING_LINES];
	struct wish w;
	bool asks;
	enum err err;

	if (!str_is(was->state, "draft"))
		return ERR_STATE;
	booking_wish(was, &w);
	if ((err = booking_expire(l)) || (err = wish_judge(l, &w, j)))
		return err;
	if (j->refusal)
		return j->refusal;
	asks = has_to_ask(&w, j);
	edit_text(e, "state", was->state, asks ? "submitted" : "confirmed");
	return (err = restore(l, &w, j, nobody_agreed, asks)) ? err : record(l, "booking.submit", was->id, e);
}

static bool is_live(const struct booking *v)
{
	return str_is(v->state, "draft") || str_is(v->state, "submitted") || str_is(v->state, "confirmed") ||
	       str_is(v->state, "active");
}

static bool may_move(const struct booking *v)
{
	if (!str_is(v->state, "submitted") && !str_is(v->state, "confirmed"))
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (!v->lines[i].ended_s && !str_is(v->lines[i].state, "reserved"))
			return false;
	return true;
}

/* An agreement was to other times: it holds on where the one who moves could give it. */
static bool agree_anew(const struct booking *was, const struct booking_rights *r, const struct judgement *j,
		       bool *agreed)
{
	bool is_pending = str_is(was->state, "submitted");
	size_t n = 0;

	for (size_t i = 0; i < was->n; i++) {
		const struct booking_line *line = &was->lines[i];

		if (line->ended_s)
			continue;
		agreed[n] = line->approved_s && r->may_approve[i];
		is_pending |= j->lines[n].approval != APPROVAL_NOBODY && !agreed[n];
		n++;
	}
	return is_pending;
}

enum err booking_move(const struct lending *l, const struct booking *was, const struct wish *w,
		      const struct booking_rights *r, struct judgement *j, struct edit *e)
{
	bool agreed[BOOKING_LINES] = {false};
	bool pending;
	enum err err;

	edit_i64(e, "starts_s", was->starts_s, w->starts_s);
	edit_i64(e, "ends_s", was->ends_s, w->ends_s);
	edit_text(e, "theme", was->theme, w->theme);
	edit_text(e, "audience", was->audience, w->audience);
	edit_text(e, "note", was->note, w->note);
	if (!e->n)
		return OK;
	if (!is_live(was))
		return ERR_STATE;
	if (was->starts_s == w->starts_s && was->ends_s == w->ends_s)
		return (err = rewrite_booking(l, w, was->state, was->expires_s))
			       ? err
			       : record(l, "booking.change", was->id, e);
	if (!may_move(was))
		return ERR_STATE;
	if ((err = booking_begin(l, was)) || (err = wish_judge(l, w, j)))
		return err;
	if (j->refusal)
		return j->refusal;
	pending = agree_anew(was, r, j, agreed);
	edit_text(e, "state", was->state, pending ? "submitted" : "confirmed");
	return (err = restore(l, w, j, agreed, pending)) ? err : record(l, "booking.move", was->id, e);
}

/* ---- decided ------------------------------------------------------------------------------------------- */

/* Is there anybody else with the right to agree for this owner? */
static enum err other_can_approve(const struct lending *l, const struct booking_line *line, bool *found)
{
	struct query q = db_query(
		l->db,
		"SELECT 1 FROM role r JOIN user u ON u.id = r.user_id AND u.disabled_s IS NULL "
		"LEFT JOIN hub_member h ON h.place_id = $1 AND h.until_s IS NULL "
		"WHERE r.user_id <> $2 AND r.from_s <= $3 AND (r.until_s IS NULL OR r.until_s > $3) AND "
		"(r.role = 'region_officer' OR (r.role = 'coordinator' AND r.scope = 'hub' AND r.scope_id = "
		"h.hub_id) "
		"OR (r.role = 'manager' AND $4 AND ((r.scope = 'place' AND r.scope_id = $1) OR "
		"(r.scope = 'hub' AND r.scope_id = h.hub_id) OR r.scope = 'region'))) LIMIT 1");

	*found = false;
	put_i64(&q, line->owner_place_id);
	put_i64(&q, l->who->user_id);
	put_i64(&q, l->now_s);
	put_i64(&q, line->approval == APPROVAL_OWNER);
	while (db_next(&q))
		*found = true;
	return db_end(&q);
}

static enum err approve_line(const struct lending *l, int64_t line_id)
{
	struct query q = db_query(l->db, "UPDATE line SET approved_by = $1, approved_s = $2 WHERE id = $3");

	put_id(&q, l->who->user_id);
	put_i64(&q, l->now_s);
	put_i64(&q, line_id);
	return db_run(&q);
}

/* One person does not stand on both sides of a loan where somebody else can. */
static enum err approve(const struct lending *l, const struct booking *was, const struct booking_rights *r,
			size_t *approved, size_t *left, struct edit *e)
{
	bool other;
	enum err err;

	*approved = *left = 0;
	for (size_t i = 0; i < was->n; i++) {
		if (!booking_line_is_pending(&was->lines[i]))
			continue;
		if (!r->may_approve[i]) {
			++*left;
			continue;
		}
		if (was->requested_by && was->requested_by == l->who->user_id) {
			if ((err = other_can_approve(l, &was->lines[i], &other)))
				return err;
			if (other)
				return edit_refuse(e, ERR_FORBIDDEN, "requested_by");
		}
		if ((err = approve_line(l, was->lines[i].id)))
			return err;
		++*approved;
	}
	return OK;
}

static enum err settle(const struct lending *l, const struct booking *was)
{
	struct query q = db_query(
		l->db, "UPDATE booking SET state = 'confirmed', version = version + 1, expires_s = NULL, "
		       "decided_by = $1, decided_s = $2 WHERE id = $3");
	enum err err;

	put_id(&q, l->who->user_id);
	put_i64(&q, l->now_s);
	put_i64(&q, was->id);
	err = db_run(&q);
	for (size_t i = 0; !err && i < was->n; i++)
		err = hold_settle(l->db, was->lines[i].id);
	return err ? err : plan_transfers(l, was->id);
}

enum err booking_confirm(const struct lending *l, const struct booking *was, const struct booking_rights *r,
			 struct edit *e)
{
	size_t approved, left;
	enum err err;

	if (!str_is(was->state, "submitted"))
		return ERR_STATE;
	if ((err = booking_begin(l, was)) || (err = approve(l, was, r, &approved, &left, e)))
		return err;
	if (!approved && (left || !r->is_requester_side))
		return ERR_FORBIDDEN;
	edit_i64(e, "approved", 0, (int64_t)approved);
	if (left)
		return (err = booking_touch(l, was->id, NULL)) ? err
							       : record(l, "booking.approve", was->id, e);
	edit_text(e, "state", was->state, "confirmed");
	return (err = settle(l, was)) ? err : record(l, "booking.confirm", was->id, e);
}

static enum err decide(const struct lending *l, const struct booking *was, const char *state,
		       const char *reason, struct edit *e)
{
	struct query q = db_query(
		l->db, "UPDATE booking SET state = $1, version = version + 1, expires_s = NULL, reason = $2, "
		       "decided_by = $3, decided_s = $4 WHERE id = $5");

	put_text(&q, state);
	put_text(&q, reason);
	put_id(&q, l->who->user_id);
	put_i64(&q, l->now_s);
	put_i64(&q, was->id);
	edit_text(e, "state", was->state, state);
	edit_note(e, "reason", reason);
	return db_run(&q);
}

enum err booking_reject(const struct lending *l, const struct booking *was, const struct booking_rights *r,
			const char *reason, struct edit *e)
{
	bool may = false;
	enum err err;

	if (!str_is(was->state, "submitted"))
		return ERR_STATE;
	if ((err = booking_begin(l, was)))
		return err;
	for (size_t i = 0; i < was->n; i++)
		may |= booking_line_is_pending(&was->lines[i]) && r->may_approve[i];
	if (!may)
		return ERR_FORBIDDEN;
	if ((err = end_all(l, was, "released")) || (err = decide(l, was, "rejected", reason, e)))
		return err;
	return record(l, "booking.reject", was->id, e);
}

/* What has been lent was lent: then single lines are released, and the rest completes. */
static bool may_cancel(const struct booking *v)
{
	if (str_is(v->state, "draft") || str_is(v->state, "submitted") || str_is(v->state, "confirmed"))
		return true;
	if (!str_is(v->state, "active"))
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (v->lines[i].handed_over_s)
			return false;
	return true;
}

enum err booking_cancel(const struct lending *l, const struct booking *was, const char *reason,
			struct edit *e)
{
	enum err err;

	if (!may_cancel(was))
		return ERR_STATE;
	if ((err = booking_begin(l, was)) || (err = end_all(l, was, "cancelled")) ||
	    (err = decide(l, was, "cancelled", reason, e)))
		return err;
	return record(l, "booking.cancel", was->id, e);
}

enum err booking_no_show(const struct lending *l, const struct booking *was, struct edit *e)
{
	enum err err;

	if (!str_is(was->state, "confirmed") || was->starts_s > l->now_s)
		return ERR_STATE;
	if ((err = booking_begin(l, was)) || (err = end_all(l, was, "released")) ||
	    (err = decide(l, was, "no_show", "", e)))
		return err;
	return record(l, "booking.no_show", was->id, e);
}

/* ---- longer -------------------------------------------------------------------------------------------- */

static enum err extend_line(const struct lending *l, const struct booking *was,
			    const struct booking_line *line, int64_t ends_s, struct judged_line *j)
{
	struct booking_terms t = {
		.place_id = was->place_id, .starts_s = was->starts_s, .ends_s = ends_s, .now_s = l->now_s};
	struct hold_item item;
	struct thing v;
	enum err err;

	if ((err = thing_load(l->db, line->item_id, l->now_s, &v)))
		return err;
	item = booking_line_item(l, line);
	*j = (struct judged_line){.asked = (size_t)(line - was->lines),
				  .item_id = line->item_id,
				  .model_id = line->model_id,
				  .next_s = INT64_MAX};
	j->stay = (struct stay){.starts_s = booking_line_starts_s(was, line),
				.place_id = booking_line_place(was, line),
				.prepare_s = v.prepare_s,
				.inspect_s = v.inspect_s,
				.line_id = line->id,
				.booking_place_id = was->place_id};
	if ((j->err = booking_check_end(&t, &v, &j->stay.ends_s)) ||
	    (j->err = hold_check(l->db, &item, &j->stay, &j->conflicts)))
		return OK;
	j->blocked = j->conflicts.blocked;
	return hold_move(l->db, &item, &j->stay);
}

static enum err set_due(struct db *db, int64_t line_id, int64_t due_s)
{
	struct query q = db_query(db, "UPDATE line SET due_s = $1 WHERE id = $2");

	put_i64(&q, due_s);
	put_i64(&q, line_id);
	return db_run(&q);
}

static enum err extend_lines(const struct lending *l, const struct booking *was, int64_t ends_s,
			     struct judgement *j)
{
	enum err err = OK;

	for (size_t i = 0; !err && i < was->n; i++) {
		struct judged_line *judged = &j->lines[j->n];

		if (was->lines[i].ended_s || str_is(was->lines[i].state, "taken_back"))
			continue;
		if ((err = extend_line(l, was, &was->lines[i], ends_s, judged)))
			return err;
		if (judged->err) {
			j->refused = j->n++;
			return j->refusal = judged->err;
		}
		j->n++;
		err = set_due(l->db, was->lines[i].id, judged->stay.ends_s);
	}
	return err;
}

enum err booking_extend(const struct lending *l, const struct booking *was, int64_t ends_s,
			struct judgement *j, struct edit *e)
{
	struct query q;
	enum err err;

	*j = (struct judgement){0};
	if (!str_is(was->state, "submitted") && !str_is(was->state, "confirmed") &&
	    !str_is(was->state, "active"))
		return ERR_STATE;
	if (ends_s <= was->ends_s)
		return edit_refuse(e, ERR_RANGE, "ends_at");
	if (ends_s <= l->now_s)
		return edit_refuse(e, ERR_TIME, "ends_at");
	if ((err = booking_begin(l, was)) || (err = extend_lines(l, was, ends_s, j)))
		return err;
	q = db_query(l->db, "UPDATE booking SET ends_s = $1, version = version + 1 WHERE id = $2");
	put_i64(&q, ends_s);
	put_i64(&q, was->id);
	if ((err = db_run(&q)))
		return err;
	edit_i64(e, "ends_s", was->ends_s, ends_s);
	return record(l, "booking.extend", was->id, e);
}

/* ---- completed ----------------------------------------------------------------------------------------- */

enum err booking_complete(const struct lending *l, int64_t id)
{
	struct edit e = {0};
	bool left;
	enum err err;

	if ((err = live_lines_left(l->db, id, &left)) || left)
		return err;
	if ((err = booking_touch(l, id, "completed")))
		return err;
	edit_text(&e, "state", "active", "completed");
	return record(l, "booking.complete", id, &e);
}
