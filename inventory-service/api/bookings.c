/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bookings: previewed, made, decided, moved, ended. Preview and creation read the same body and ask the same
 * judge, so what a page was shown is what the submission will be told.
 */
#include <stdio.h>
#include <string.h>

#include "common/daemon/text.h"
#include "inventory-service/api/api.h"
#include "inventory-service/api/lend.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/lending/thing.h"
#include "inventory-service/domain/stock/place.h"
#include "inventory-service/rights.h"

/* ---- the body ------------------------------------------------------------------------------------------ */

struct times {
	char starts[40], ends[40];
};

static enum err line_fault(struct call *c, size_t i, const char *member, enum err err, const char *detail)
{
	char field[64];

	snprintf(field, sizeof field, member[0] ? "lines[%zu].%.32s" : "lines[%zu]", i, member);
	return call_refuse(c, err, field, detail);
}

static enum err add_lines(struct call *c, struct wish *w, size_t i, const struct wish_line *line,
			  int64_t quantity)
{
	if (!line->item_id && !line->model_id)
		return line_fault(c, i, "item_id", ERR_REQUIRED, "Choisissez un exemplaire ou un modèle.");
	if (line->item_id && quantity != 1)
		return line_fault(c, i, "quantity", ERR_RANGE, "Un exemplaire se réserve une fois.");
	if (w->n + (size_t)quantity > BOOKING_LINES)
		return line_fault(c, i, "quantity", ERR_RANGE, "Une réservation a au plus 40 lignes.");
	for (size_t k = 0; line->item_id && k < w->n; k++)
		if (w->lines[k].item_id == line->item_id)
			return line_fault(c, i, "item_id", ERR_RANGE,
					  "Cet exemplaire est déjà dans la réservation.");
	for (int64_t k = 0; k < quantity; k++)
		w->lines[w->n++] = *line;
	return OK;
}

static enum err read_line(struct call *c, struct wish *w, size_t i, struct json_in *in)
{
	struct wish_line line = {.asked = i};
	char travel[16] = "fetch", member[40];
	int64_t quantity = 1;
	enum err err;

	member_id_or_none(in, "item_id", &line.item_id);
	member_id_or_none(in, "model_id", &line.model_id);
	member_i64(in, false, "quantity", 1, BOOKING_LINES, &quantity);
	member_text(in, false, "travel", travel, sizeof travel);
	if ((err = call_body_end(c, in))) {
		snprintf(member, sizeof member, "%.39s", c->field);
		return line_fault(c, i, member, err, NULL);
	}
	line.on_site = strcmp(travel, "on_site") == 0;
	if (!line.on_site && strcmp(travel, "fetch") != 0)
		return line_fault(c, i, "travel", ERR_RANGE,
				  "Choisissez « fetch » (venir chercher) ou « on_site » (sur place).");
	if (line.item_id && line.model_id)
		return line_fault(c, i, "model_id", ERR_RANGE,
				  "Donnez l'exemplaire ou le modèle, pas les deux.");
	return add_lines(c, w, i, &line, quantity);
}

static enum err read_lines(struct call *c, struct wish *w, struct json_array *a)
{
	enum err err;

	if (a->n == 0)
		return call_refuse(c, ERR_LENGTH, "lines", "Choisissez au moins un matériel.");
	for (size_t i = 0; json_next(a); i++) {
		struct json_in line = json_element_object(a);

		if ((err = read_line(c, w, i, &line)))
			return err;
	}
	return OK;
}

static enum err read_purpose(struct call *c, struct wish *w, struct json_in *in)
{
	char field[64];
	enum err err;

	if (!in->node)
		return OK;
	member_text_or_none(in, "theme", w->theme, sizeof w->theme);
	member_text_or_none(in, "audience", w->audience, sizeof w->audience);
	member_text_or_none(in, "note", w->note, sizeof w->note);
	if (!(err = call_body_end(c, in)))
		return OK;
	snprintf(field, sizeof field, "purpose.%.50s", c->field);
	return call_refuse(c, err, field, NULL);
}

static enum err read_wish(struct call *c, struct wish *w)
{
	struct times t = {"", ""};
	struct json_in in, purpose;
	struct json_array lines;
	enum err err;

	*w = (struct wish){0};
	if ((err = call_body(c, &in)))
		return err;
	member_id(&in, true, "place_id", &w->place_id);
	json_take_text(&in, "starts_at", t.starts, sizeof t.starts);
	json_take_text(&in, "ends_at", t.ends, sizeof t.ends);
	purpose = json_maybe_object(&in, "purpose");
	lines = json_take_array(&in, "lines", BOOKING_LINES);
	(void)json_maybe_bool(&in, "draft", &w->is_draft);
	(void)json_maybe_bool(&in, "option", &w->is_option);
	if ((err = call_body_end(c, &in)) ||
	    (err = lend_time(c, "starts_at", t.starts, true, &w->starts_s)) ||
	    (err = lend_time(c, "ends_at", t.ends, true, &w->ends_s)) || (err = read_purpose(c, w, &purpose)))
		return err;
	return read_lines(c, w, &lines);
}

/* A place named in the body: one that is not there is a wrong reference. */
static enum err ask_for(struct call *c, const struct wish *w)
{
	enum err err = rights_place(c, w->place_id);

	if (err == ERR_NOT_FOUND)
		return call_refuse(c, ERR_REFERENCE, "place_id",
				   "Ce lieu n'existe pas : choisissez-en un dans la liste.");
	return err ? call_refuse(c, err, "place_id",
				 "Vous ne réservez que pour un lieu où vous avez un rôle.")
		   : OK;
}

/* ---- preview ------------------------------------------------------------------------------------------- */

static void put_refusal(struct call *c, enum err err, const char *field,
			const struct hold_conflicts *conflicts)
{
	char type[64];

	snprintf(type, sizeof type, "urn:navette:%s", err_code(err));
	json_open_object(&c->out, NULL);
	json_put_text(&c->out, "type", type);
	json_put_text(&c->out, "title", err_title(err));
	json_put_i64(&c->out, "status", err_status(err));
	json_put_text(&c->out, "code", err_code(err));
	json_put_text(&c->out, "detail", c->detail[0] ? c->detail : err_advice(err));
	json_put_text(&c->out, "field", field);
	if (conflicts && conflicts->n)
		lend_put_conflicts(c, &c->out, "conflicts", conflicts);
	json_close_object(&c->out);
}

static void put_refusals(struct call *c, const struct judgement *j)
{
	json_open_array(&c->out, "refusals");
	if (j->field) {
		(void)lend_refuse(c, j->refusal, j);
		put_refusal(c, j->refusal, j->field, NULL);
	}
	for (size_t i = 0; !j->field && i < j->n; i++) {
		struct judgement one = {
			.refusal = j->lines[i].err, .refused = i, .earliest_s = j->earliest_s};
		char field[32];

		if (!j->lines[i].err)
			continue;
		one.lines[i] = j->lines[i];
		c->detail[0] = '\0';
		(void)lend_refuse(c, one.refusal, &one);
		lend_offer(c, one.refusal, &one);
		snprintf(field, sizeof field, "lines[%zu]", j->lines[i].asked);
		put_refusal(c, one.refusal, field, &j->lines[i].conflicts);
	}
	json_close_array(&c->out);
}

static void put_judged(struct json_out *o, const struct judged_line *v)
{
	json_open_object(o, NULL);
	json_put_id(o, "item_id", v->item_id);
	json_put_id(o, "model_id", v->model_id);
	json_put_text(o, "approval", approval_text(v->approval));
	json_put_time_or_null(o, "due_at", v->stay.ends_s);
	if (v->blocked.until_s) {
		json_open_object(o, "blocked");
		json_put_time(o, "from", v->blocked.from_s);
		json_put_time(o, "to", v->blocked.until_s);
		json_close_object(o);
	} else {
		json_put_null(o, "blocked");
	}
	json_close_object(o);
}

/* The hub's coordination has the last word where both are asked. */
static const char *approval_of_all(const struct judgement *j)
{
	enum approval most = APPROVAL_NOBODY;

	for (size_t i = 0; i < j->n; i++)
		most = j->lines[i].approval > most ? j->lines[i].approval : most;
	return most == APPROVAL_NOBODY ? NULL : approval_text(most);
}

enum err api_booking_preview(struct call *c)
{
	struct lending l = lend_of(c);
	struct judgement j;
	struct wish w;
	enum err err;

	if ((err = read_wish(c, &w)) || (err = ask_for(c, &w)))
		return err;
	if ((err = wish_search(&l, &w, &j)))
		return lend_refuse(c, err, &j);
	json_open_object(&c->out, NULL);
	json_put_bool(&c->out, "ok", !j.refusal);
	put_refusals(c, &j);
	json_open_array(&c->out, "lines");
	for (size_t i = 0; i < j.n; i++)
		put_judged(&c->out, &j.lines[i]);
	json_close_array(&c->out);
	json_put_text(&c->out, "approval", approval_of_all(&j));
	json_put_time_or_null(&c->out, "earliest_feasible", j.refusal ? j.earliest_s : w.starts_s);
	json_close_object(&c->out);
	return OK;
}

/* ---- made ---------------------------------------------------------------------------------------------- */

/* What a refused wish could have instead. Where somebody gave way meanwhile, that is what was asked for. */
static void offer(struct call *c, enum err err, const struct wish *w)
{
	struct lending l = lend_of(c);
	struct judgement j;

	if (wish_search(&l, w, &j))
		return;
	if (!j.refusal)
		j.earliest_s = w->starts_s;
	lend_offer(c, err, &j);
}

static void explain_new(struct call *c, enum err err)
{
	struct wish w;

	if (!read_wish(c, &w))
		offer(c, err, &w);
}

/* A refusal by the judge is explained later; any other stands as it is. */
static enum err refused(struct call *c, enum err err, const struct judgement *j,
			void (*explain)(struct call *c, enum err err))
{
	if (err == j->refusal)
		c->explain = explain;
	return lend_refuse(c, err, j);
}

static void announce_new(struct call *c, int64_t id, const struct judgement *j)
{
	call_changed(c, "booking", id, 1, "state");
	for (size_t i = 0; i < j->n; i++)
		if (j->lines[i].item_id)
			call_changed(c, "item", j->lines[i].item_id, 0, "state,custody");
}

enum err api_bookings_add(struct call *c)
{
	struct lending l = lend_of(c);
	struct edit e = {0};
	struct judgement j;
	struct wish w;
	int64_t id;
	enum err err;

	if ((err = read_wish(c, &w)) || (err = ask_for(c, &w)))
		return err;
	if ((err = booking_create(&l, &w, &j, &id, &e)))
		return refused(c, err, &j, explain_new);
	call_created(c, "/bookings", id);
	announce_new(c, id, &j);
	return lend_show(c, id);
}

/* ---- read ---------------------------------------------------------------------------------------------- */

enum err api_booking_show(struct call *c)
{
	struct lend_sides sides;
	struct booking v;
	enum err err;

	if ((err = call_query_end(c)) || (err = lend_find(c, c->ids[0], &v, &sides)))
		return err;
	c->version = v.version;
	return lend_booking_json(c, &v, &sides);
}

static const char *const titles[] = {"N°",
				     "Lieu demandeur",
				     "État",
				     "Début (UTC)",
				     "Fin (UTC)",
				     "Modèle",
				     "N° d'inventaire",
				     "Lieu d'attache",
				     "À rendre le (UTC)",
				     "Remis le (UTC)",
				     "Rendu le (UTC)",
				     NULL};

static void put_csv(struct csv *csv, const struct booking *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct booking_line *v = &b->lines[i];

		csv_i64(csv, b->id);
		csv_text(csv, b->place_name);
		csv_text(csv, lend_booking_word(b->state));
		csv_time(csv, b->starts_s);
		csv_time(csv, b->ends_s);
		csv_text(csv, v->model_name);
		csv_text(csv, v->inventory_no);
		csv_text(csv, v->home_place_name);
		csv_time(csv, v->due_s);
		csv_time(csv, v->handed_over_s);
		csv_time(csv, v->taken_back_s);
		csv_end_row(csv);
	}
}

static enum err read_filter(struct call *c, struct booking_filter *f, char state[12])
{
	int64_t pending;
	enum err err;

	f->state = state;
	if ((err = call_query_text(c, "state", state, 12)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &f->place_id)) ||
	    (err = call_query_i64(c, "hub_id", 1, INT64_MAX, 0, &f->hub_id)) ||
	    (err = call_query_i64(c, "item_id", 1, INT64_MAX, 0, &f->item_id)) ||
	    (err = call_query_i64(c, "pending", 0, 1, 0, &pending)) || (err = call_query_end(c)))
		return err;
	f->pending_only = pending;
	if (state[0] && strcmp(lend_booking_word(state), state) == 0)
		return call_refuse(c, ERR_RANGE, "state", "Cet état n'existe pas.");
	return OK;
}

/* What the caller may see of a page; a page may be short, and still have a next one. */
static enum err put_page(struct call *c, struct page *p, const int64_t *ids, size_t n)
{
	struct lending l = lend_of(c);
	struct lend_sides sides;
	struct booking v;
	enum err err;

	for (size_t i = 0; i < n && page_takes(p, ids[i]); i++) {
		if ((err = booking_find(&l, ids[i], &v)) || (err = lend_sides(c, &v, &sides)))
			return err;
		if (!sides.sees)
			continue;
		if (c->wants_csv)
			put_csv(&p->csv, &v);
		else if ((err = lend_booking_json(c, &v, &sides)))
			return err;
	}
	return OK;
}

enum err api_bookings_list(struct call *c)
{
	int64_t ids[PAGE_MAX + 1];
	struct lending l = lend_of(c);
	struct booking_filter f = {0};
	char state[12];
	struct page p;
	size_t n;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = read_filter(c, &f, state)))
		return err;
	f.after_id = p.after_id;
	f.limit = (p.limit > PAGE_MAX ? PAGE_MAX : p.limit) + 1;
	if (!(err = booking_list(&l, &f, ids, &n)))
		err = put_page(c, &p, ids, n);
	return page_end(&p, err);
}

/* ---- commands ------------------------------------------------------------------------------------------ */

static enum err find(struct call *c, struct booking *v, struct lend_sides *sides)
{
	enum err err = lend_find(c, c->ids[0], v, sides);

	return err ? err : call_check_version(c, v->version);
}

static enum err done(struct call *c, const struct booking *was, const char *fields)
{
	lend_changed(c, was, fields);
	return lend_show(c, was->id);
}

/* Who is neither the asking place nor the lender may look, not act. */
static enum err need_side(struct call *c, bool is_there)
{
	return is_there ? OK
			: call_refuse(c, ERR_FORBIDDEN, NULL,
				      "Cette action revient au lieu qui réserve ou à celui qui prête.");
}

static enum err refused_state(struct call *c, enum err err, const struct booking *v)
{
	if (err == ERR_STATE)
		(void)!str_format(c->detail, sizeof c->detail,
				  "Cette réservation est « %s » : cette action n'est plus possible.",
				  lend_booking_word(v->state));
	return err;
}

/* What a command is about, and what it says; whoever sees the booking may ask, sides are who may act. */
struct order {
	struct lending l;
	struct booking was;
	struct lend_sides sides;
	struct member_command command;
	struct judgement j;
	struct edit e;
};

enum whose { ANY_SIDE, REQUESTERS, EITHER_SIDES };

static bool may_order(const struct lend_sides *s, enum whose whose)
{
	return whose == ANY_SIDE || s->is_requester || (whose == EITHER_SIDES && s->is_lender);
}

static enum err take_order(struct call *c, struct order *o, enum whose whose, bool needs_reason)
{
	enum err err;

	*o = (struct order){.l = lend_of(c)};
	if ((err = find(c, &o->was, &o->sides)) || (err = need_side(c, may_order(&o->sides, whose))))
		return err;
	return member_command_now(c, needs_reason, &o->command);
}

static enum err end_order(struct call *c, struct order *o, enum err err, const char *fields)
{
	if (err)
		return refused_state(c, lend_refuse(c, err, &o->j), &o->was);
	return done(c, &o->was, fields);
}

static void explain_draft(struct call *c, enum err err)
{
	struct lending l = lend_of(c);
	struct booking v;
	struct wish w;

	if (booking_find(&l, c->ids[0], &v))
		return;
	booking_wish(&v, &w);
	offer(c, err, &w);
}

enum err api_booking_submit(struct call *c)
{
	struct order o;
	enum err err = take_order(c, &o, REQUESTERS, false);

	if (err)
		return err;
	if ((err = booking_submit(&o.l, &o.was, &o.j, &o.e)))
		return refused_state(c, refused(c, err, &o.j, explain_draft), &o.was);
	return done(c, &o.was, "state");
}

enum err api_booking_confirm(struct call *c)
{
	struct order o;
	enum err err = take_order(c, &o, ANY_SIDE, false);

	if (err)
		return err;
	err = booking_confirm(&o.l, &o.was, &o.sides.rights, &o.e);
	if (err == ERR_FORBIDDEN && o.e.field)
		return call_refuse(c, err, NULL,
				   "Vous avez fait cette demande : quelqu'un d'autre doit l'approuver.");
	if (err == ERR_FORBIDDEN)
		return call_refuse(c, err, NULL,
				   "L'accord revient au lieu propriétaire ou à la coordination de son pôle.");
	return end_order(c, &o, err, "state");
}

enum err api_booking_reject(struct call *c)
{
	struct order o;
	enum err err = take_order(c, &o, ANY_SIDE, true);

	if (err)
		return err;
	err = booking_reject(&o.l, &o.was, &o.sides.rights, o.command.why, &o.e);
	return end_order(c, &o, err, "state,reason");
}

enum err api_booking_cancel(struct call *c)
{
	struct order o;
	enum err err = take_order(c, &o, EITHER_SIDES, true);

	return err ? err
		   : end_order(c, &o, booking_cancel(&o.l, &o.was, o.command.why, &o.e), "state,reason");
}

enum err api_booking_no_show(struct call *c)
{
	struct order o;
	enum err err = take_order(c, &o, EITHER_SIDES, false);

	return err ? err : end_order(c, &o, booking_no_show(&o.l, &o.was, &o.e), "state");
}

enum err api_booking_extend(struct call *c)
{
	struct lending l = lend_of(c);
	char text[40] = "", note[301] = "";
	struct edit e = {0};
	struct lend_sides sides;
	struct judgement j = {0};
	struct json_in in;
	struct booking v;
	int64_t ends_s = 0;
	enum err err;

	if ((err = find(c, &v, &sides)) || (err = need_side(c, sides.is_requester || sides.is_lender)) ||
	    (err = call_body(c, &in)))
		return err;
	json_take_text(&in, "ends_at", text, sizeof text);
	member_text_or_none(&in, "note", note, sizeof note);
	if ((err = call_body_end(c, &in)) || (err = lend_time(c, "ends_at", text, true, &ends_s)))
		return err;
	err = booking_extend(&l, &v, ends_s, &j, &e);
	if (err == ERR_RANGE)
		return call_refuse(c, err, "ends_at", "La nouvelle fin doit venir après l'actuelle.");
	if (err == ERR_TIME)
		return call_refuse(c, err, "ends_at", "Cette fin est déjà passée.");
	if (err)
		return refused_state(c, lend_refuse(c, err, &j), &v);
	return done(c, &v, "ends_at");
}

static enum err read_change(struct call *c, struct wish *w)
{
	struct times t = {"", ""};
	struct json_in in, purpose;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	if (json_has(&in, "purpose") && json_is_null(&in, "purpose"))
		w->theme[0] = w->audience[0] = w->note[0] = '\0';
	member_text(&in, false, "starts_at", t.starts, sizeof t.starts);
	member_text(&in, false, "ends_at", t.ends, sizeof t.ends);
	purpose = json_maybe_object(&in, "purpose");
	if ((err = call_body_end(c, &in)) ||
	    (err = lend_time(c, "starts_at", t.starts, false, &w->starts_s)) ||
	    (err = lend_time(c, "ends_at", t.ends, false, &w->ends_s)))
		return err;
	return read_purpose(c, w, &purpose);
}

static void explain_change(struct call *c, enum err err)
{
	struct lending l = lend_of(c);
	struct booking v;
	struct wish w;

	if (booking_find(&l, c->ids[0], &v))
		return;
	booking_wish(&v, &w);
	if (!read_change(c, &w))
		offer(c, err, &w);
}

enum err api_booking_change(struct call *c)
{
	struct lending l = lend_of(c);
	struct edit e = {0};
	struct lend_sides sides;
	struct judgement j = {0};
	struct booking v;
	struct wish w;
	enum err err;

	if ((err = find(c, &v, &sides)) || (err = need_side(c, sides.is_requester)))
		return err;
	booking_wish(&v, &w);
	if ((err = read_change(c, &w)))
		return err;
	if ((err = booking_move(&l, &v, &w, &sides.rights, &j, &e)))
		return refused_state(c, refused(c, err, &j, explain_change), &v);
	return e.n ? done(c, &v, e.fields) : lend_show(c, v.id);
}
