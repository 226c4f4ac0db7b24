/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/lend.h"

#include <stdio.h>
#include <string.h>

#include "common/daemon/text.h"
#include "inventory-service/api/member.h"
#include "inventory-service/domain/lending/thing.h"
#include "inventory-service/domain/lending/transfer.h"
#include "inventory-service/domain/stock/calendar_rules.h"
#include "inventory-service/domain/stock/place.h"
#include "inventory-service/rights.h"
#include "inventory-service/service.h"

struct lending lend_of(const struct call *c)
{
	return (struct lending){.db = c->db,
				.who = c->who,
				.now_s = c->now_s,
				.policy = &service_setting(c->service)->lending};
}

/* ---- times --------------------------------------------------------------------------------------------- */

enum err lend_time(struct call *c, const char *field, const char *text, bool required, int64_t *out_s)
{
	if (!text[0])
		return required ? call_refuse(c, ERR_REQUIRED, field, NULL) : OK;
	if (rfc3339_parse(text, out_s))
		return OK;
	switch (calendar_local_parse(text, out_s)) {
	case CALENDAR_LOCAL_OK:
		return OK;
	case CALENDAR_NO_SUCH_TIME:
		return call_refuse(c, ERR_NO_SUCH_TIME, field, NULL);
	case CALENDAR_NO_LOCAL:
		break;
	}
	return call_refuse(
		c, ERR_TIME, field,
		"Écrivez la date ainsi : 2026-11-25T08:55, heure locale, ou 2026-11-25T07:55:00Z.");
}

void lend_moment(int64_t t_s, char out[48])
{
	static const char *const days[] = {"lundi",    "mardi",  "mercredi", "jeudi",
					   "vendredi", "samedi", "dimanche"};
	static const char *const months[] = {"janvier",   "février", "mars",     "avril",
					     "mai",       "juin",    "juillet",  "août",
					     "septembre", "octobre", "novembre", "décembre"};
	struct calendar_date d = calendar_date_of(t_s);
	int64_t local_s = t_s + calendar_offset_s(t_s), minute = local_s % 86400 / 60;
	size_t n;

	n = (size_t)snprintf(out, 48, "%s %d%s %s à %d h", days[(local_s / 86400 + 3) % 7], d.day,
			     d.day == 1 ? "er" : "", months[d.month - 1], (int)(minute / 60));
	if (minute % 60 && n < 44)
		snprintf(out + n, 48 - n, " %02d", (int)(minute % 60));
}

/* ---- problems ------------------------------------------------------------------------------------------ */

static const char *kind_of(const struct stay *s)
{
	return s->is_overdue ? "overdue" : s->block_id ? "blocked" : "booked";
}

void lend_place_name(struct call *c, int64_t place_id, char out[PLACE_NAME_SIZE])
{
	if (place_name(c->db, place_id, out))
		out[0] = '\0';
}

void lend_put_conflicts(struct call *c, struct json_out *o, const char *name, const struct hold_conflicts *v)
{
	char who[PLACE_NAME_SIZE];

	json_open_array(o, name);
	for (size_t i = 0; i < v->n; i++) {
		const struct stay *s = &v->stays[i];

		json_open_object(o, NULL);
		json_put_text(o, "kind", kind_of(s));
		json_put_time(o, "from", s->starts_s);
		json_put_time(o, "to", s->ends_s);
		json_put_id(o, "line_id", s->line_id);
		if (s->booking_place_id) {
			lend_place_name(c, s->booking_place_id, who);
			json_put_i64(o, "place_id", s->booking_place_id);
			json_put_text(o, "place_name", who);
		}
		json_close_object(o);
	}
	json_close_array(o);
}

/* Who is in the way. */
static void say_why(struct call *c, const struct hold_conflicts *v)
{
	char who[PLACE_NAME_SIZE] = "";

	if (v->n && v->stays[0].booking_place_id)
		lend_place_name(c, v->stays[0].booking_place_id, who);
	if (who[0] && v->stays[0].is_overdue)
		(void)!str_format(c->detail, sizeof c->detail, "Ce matériel n'est pas encore revenu de %s.",
				  who);
	else if (who[0])
		(void)!str_format(c->detail, sizeof c->detail, "Ce créneau est pris par %s.", who);
	else if (v->n)
		(void)!str_format(c->detail, sizeof c->detail,
				  "Ce matériel est indisponible sur ce créneau.");
}

/* From when on nobody is. Where something else had to be said of the terms, that is enough. */
void lend_offer(struct call *c, enum err err, const struct judgement *j)
{
	char moment[48], said[sizeof c->detail];

	c->earliest_s = j->earliest_s;
	if (j->field || j->earliest_s <= 0)
		return;
	lend_moment(j->earliest_s, moment);
	if (str_copy(said, sizeof said, c->detail[0] ? c->detail : err_advice(err)))
		(void)!str_format(c->detail, sizeof c->detail, "%s Prochain départ possible : %s.", said,
				  moment);
}

enum err lend_refuse_conflicts(struct call *c, enum err err, const struct hold_conflicts *conflicts)
{
	if (err != ERR_OVERLAP && err != ERR_NO_TRAVEL_TIME)
		return err;
	json_out_reset(&c->conflicts);
	lend_put_conflicts(c, &c->conflicts, NULL, conflicts);
	if (err == ERR_OVERLAP)
		say_why(c, conflicts);
	return err;
}

enum err lend_refuse(struct call *c, enum err err, const struct judgement *j)
{
	if (err == ERR_REFERENCE) {
		snprintf(c->field, sizeof c->field, "lines[%zu]", j->lines[j->refused].asked);
		return err;
	}
	if (err != j->refusal)
		return err;
	if (j->field)
		return call_refuse(c, err, j->field,
				   strcmp(j->field, "ends_at") == 0
					   ? "La fin doit venir après le début."
					   : "Ce moment est passé : choisissez un départ à venir.");
	snprintf(c->field, sizeof c->field, "lines[%zu]", j->lines[j->refused].asked);
	return lend_refuse_conflicts(c, err, &j->lines[j->refused].conflicts);
}

/* ---- sides --------------------------------------------------------------------------------------------- */

#define SEES (R(ANIMATOR) | R(TECHNICIAN) | R(AUDITOR))

static enum err scope_of(struct call *c, int64_t place_id, struct place_scope *out)
{
	out->place_id = place_id;
	return place_hub(c->db, place_id, &out->hub_id);
}

static enum err side_of_line(struct call *c, const struct booking_line *line, size_t i,
			     struct lend_sides *out)
{
	struct place_scope owner, home;
	enum err err;

	if (!line->item_id) {
		out->is_lender = false;
		out->may_handle[i] = out->is_requester;
		return OK;
	}
	if ((err = scope_of(c, line->owner_place_id, &owner)) ||
	    (err = scope_of(c, line->home_place_id, &home)))
		return err;
	out->sees |= rights_covers(c->who, SEES, &owner) || rights_covers(c->who, SEES, &home);
	out->is_lender &=
		rights_covers(c->who, R(MANAGER), &owner) || rights_covers(c->who, R(MANAGER), &home);
	out->may_handle[i] = out->is_requester || rights_covers(c->who, R(ANIMATOR), &home);
	out->rights.may_approve[i] =
		rights_covers(c->who, line->approval == APPROVAL_HUB ? R(COORDINATOR) : R(MANAGER), &owner);
	return OK;
}

enum err lend_sides(struct call *c, const struct booking *v, struct lend_sides *out)
{
	struct place_scope at;
	enum err err = scope_of(c, v->place_id, &at);

	if (err)
		return err;
	*out = (struct lend_sides){.is_lender = v->n > 0};
	out->sees = rights_covers(c->who, SEES, &at);
	out->is_requester = out->rights.is_requester_side = rights_covers(c->who, R(ANIMATOR), &at);
	for (size_t i = 0; !err && i < v->n; i++)
		err = side_of_line(c, &v->lines[i], i, out);
	return err;
}

/* The door wants to know that a place was asked about: the one by which the caller sees the booking. */
static enum err ask_place(struct call *c, const struct booking *v)
{
	enum err err = rights_place(c, v->place_id);

	for (size_t i = 0; err == ERR_NOT_FOUND && i < v->n; i++) {
		if (!v->lines[i].item_id)
			continue;
		err = rights_place(c, v->lines[i].owner_place_id);
		if (err == ERR_NOT_FOUND)
			err = rights_place(c, v->lines[i].home_place_id);
	}
	return err;
}

enum err lend_find(struct call *c, int64_t booking_id, struct booking *out, struct lend_sides *sides)
{
	struct lending l = lend_of(c);
	enum err err;

	if ((err = booking_find(&l, booking_id, out)) || (err = ask_place(c, out)))
		return err;
	return lend_sides(c, out, sides);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

const char *lend_booking_word(const char *state)
{
	static const char *const words[][2] = {
		{"draft", "brouillon"},     {"submitted", "demande en attente"},
		{"confirmed", "confirmée"}, {"active", "en cours"},
		{"completed", "terminée"},  {"rejected", "refusée"},
		{"expired", "expirée"},     {"cancelled", "annulée"},
		{"no_show", "non retirée"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i][0], state) == 0)
			return words[i][1];
	return state;
}

const char *lend_line_state(const struct booking_line *v)
{
	return v->is_ready ? "ready" : v->state;
}

static void put_blocked(struct json_out *o, const struct stay_block *b)
{
	if (!b->until_s) {
		json_put_null(o, "blocked");
		return;
	}
	json_open_object(o, "blocked");
	json_put_time(o, "from", b->from_s);
	json_put_time(o, "to", b->until_s);
	json_close_object(o);
}

static enum err put_transfers(struct call *c, int64_t line_id)
{
	struct transfer_filter f = {.line_id = line_id, .limit = 20, .state = ""};
	struct query q = transfer_list(c->db, &f);
	struct transfer t;

	json_open_array(&c->out, "transfer_ids");
	while (transfer_next(&q, &t))
		json_put_i64(&c->out, NULL, t.id);
	json_close_array(&c->out);
	return db_end(&q);
}

static void put_can_of_line(struct json_out *o, const struct booking *b, const struct booking_line *v,
			    bool may)
{
	json_open_array(o, "can");
	if (may && booking_is_agreed(b) && v->is_ready)
		json_put_text(o, NULL, "hand_over");
	if (may && str_is(v->state, "on_loan"))
		json_put_text(o, NULL, "take_back");
	if (may && str_is(v->state, "taken_back") && v->at_place_id == v->home_place_id)
		json_put_text(o, NULL, "close");
	if (may && str_is(v->state, "on_loan"))
		json_put_text(o, NULL, "declare_lost");
	if (may && str_is(v->state, "reserved") && !str_is(b->state, "draft"))
		json_put_text(o, NULL, "release");
	json_close_array(o);
}

static enum err put_line(struct call *c, const struct booking *b, const struct booking_line *v, bool may)
{
	struct json_out *o = &c->out;
	enum err err;

	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_id(o, "item_id", v->item_id);
	json_put_null(o, "kit_id");
	json_put_i64(o, "model_id", v->model_id);
	json_put_text(o, "model_name", v->model_name);
	json_put_text_or_null(o, "inventory_no", v->inventory_no);
	json_put_id(o, "home_place_id", v->home_place_id);
	json_put_text_or_null(o, "home_place_name", v->home_place_name);
	json_put_id(o, "place_id", v->at_place_id);
	json_put_text(o, "travel", v->on_site ? "on_site" : "fetch");
	json_put_text(o, "state", lend_line_state(v));
	json_put_text(o, "approval", approval_text(v->approval));
	json_put_id(o, "approved_by", v->approved_by);
	json_put_time_or_null(o, "approved_at", v->approved_s);
	json_put_bool(o, "at_risk", v->is_at_risk);
	json_put_bool(o, "overdue", v->is_overdue);
	json_put_time(o, "due_at", v->due_s);
	put_blocked(o, &v->blocked);
	json_put_time_or_null(o, "handed_over_at", v->handed_over_s);
	json_put_time_or_null(o, "taken_back_at", v->taken_back_s);
	err = put_transfers(c, v->id);
	put_can_of_line(o, b, v, may);
	json_close_object(o);
	return err;
}

static bool has_pending(const struct booking *v, const struct lend_sides *s, bool mine)
{
	for (size_t i = 0; i < v->n; i++)
		if (booking_line_is_pending(&v->lines[i]) && (!mine || s->rights.may_approve[i]))
			return true;
	return false;
}

static bool was_handed_over(const struct booking *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->lines[i].handed_over_s)
			return true;
	return false;
}

static void put_can(struct json_out *o, const struct booking *v, const struct lend_sides *s)
{
	bool is_submitted = str_is(v->state, "submitted"), side = s->is_requester || s->is_lender;

	json_open_array(o, "can");
	if (str_is(v->state, "draft") && s->is_requester)
		json_put_text(o, NULL, "submit");
	if (is_submitted && (has_pending(v, s, true) || (s->is_requester && !has_pending(v, s, false))))
		json_put_text(o, NULL, "confirm");
	if (is_submitted && has_pending(v, s, true))
		json_put_text(o, NULL, "reject");
	if (side && (str_is(v->state, "draft") || is_submitted || str_is(v->state, "confirmed") ||
		     (str_is(v->state, "active") && !was_handed_over(v))))
		json_put_text(o, NULL, "cancel");
	if (side && (is_submitted || booking_is_agreed(v)))
		json_put_text(o, NULL, "extend");
	if (s->is_requester && (is_submitted || str_is(v->state, "confirmed")))
		json_put_text(o, NULL, "move");
	json_close_array(o);
}

static void put_purpose(struct json_out *o, const struct booking *v)
{
	json_open_object(o, "purpose");
	json_put_text_or_null(o, "theme", v->theme);
	json_put_text_or_null(o, "audience", v->audience);
	json_put_text_or_null(o, "note", v->note);
	json_close_object(o);
}

enum err lend_booking_json(struct call *c, const struct booking *v, const struct lend_sides *sides)
{
	struct json_out *o = &c->out;
	bool at_risk = false;
	enum err err = OK;

	for (size_t i = 0; i < v->n; i++)
		at_risk |= v->lines[i].is_at_risk;
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_i64(o, "place_id", v->place_id);
	json_put_text(o, "place_name", v->place_name);
	json_put_text(o, "state", v->state);
	json_put_bool(o, "at_risk", at_risk);
	json_put_time(o, "starts_at", v->starts_s);
	json_put_time(o, "ends_at", v->ends_s);
	put_purpose(o, v);
	json_put_time_or_null(o, "expires_at", v->expires_s);
	json_put_id(o, "requested_by", v->requested_by);
	json_put_text_or_null(o, "requested_name", v->requested_name);
	json_put_id(o, "decided_by", v->decided_by);
	json_put_time_or_null(o, "decided_at", v->decided_s);
	json_put_text_or_null(o, "reason", v->reason);
	json_put_time(o, "created_at", v->created_s);
	json_open_array(o, "lines");
	for (size_t i = 0; !err && i < v->n; i++)
		err = put_line(c, v, &v->lines[i], sides->may_handle[i]);
	json_close_array(o);
	put_can(o, v, sides);
	json_close_object(o);
	return err;
}

enum err lend_show(struct call *c, int64_t booking_id)
{
	struct lending l = lend_of(c);
	struct lend_sides sides;
	struct booking v;
	enum err err;

	if ((err = booking_find(&l, booking_id, &v)) || (err = lend_sides(c, &v, &sides)))
		return err;
	c->version = v.version;
	return lend_booking_json(c, &v, &sides);
}

void lend_changed(struct call *c, const struct booking *was, const char *fields)
{
	call_changed(c, "booking", was->id, was->version + 1, fields);
	for (size_t i = 0; i < was->n; i++)
		if (was->lines[i].item_id)
			call_changed(c, "item", was->lines[i].item_id, 0, "state,custody");
}
