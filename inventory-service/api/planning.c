/* SPDX-License-Identifier: EUPL-1.2 */
/* Planning (things and their bars over a time) and agenda (what a counter has to do on a day). */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/lend.h"
#include "inventory-service/api/member.h"
#include "inventory-service/domain/lending/planning.h"
#include "inventory-service/domain/lending/transfer.h"
#include "inventory-service/domain/stock/calendar_rules.h"
#include "inventory-service/rights.h"
#include "inventory-service/service.h"

#define MAX_DAYS 62

static enum err read_window(struct call *c, struct planning_filter *f)
{
	bool has_from, has_to;
	enum err err;

	if ((err = call_query_time(c, "from", &f->from_s, &has_from)) ||
	    (err = call_query_time(c, "to", &f->until_s, &has_to)))
		return err;
	if (!has_from || !has_to)
		return call_refuse(c, ERR_REQUIRED, has_from ? "to" : "from", NULL);
	if (f->until_s <= f->from_s)
		return call_refuse(c, ERR_TIME, "to", "La fin doit venir après le début.");
	return f->until_s - f->from_s > MAX_DAYS * (int64_t)86400
		       ? call_refuse(c, ERR_RANGE, "to", "Demandez au plus 62 jours à la fois.")
		       : OK;
}

static bool is_overdue(const struct planning_bar *b, const struct lending *l)
{
	return strcmp(b->line_state, "on_loan") == 0 && loan_is_overdue(l->policy, b->until_s, l->now_s);
}

/* A late loan blocks for as long as it is awaited: nobody is given the thing meanwhile. */
static int64_t blocked_until_s(const struct planning_bar *b, const struct lending *l)
{
	int64_t awaited_s = l->now_s + l->policy->recovery_s;

	return is_overdue(b, l) && awaited_s > b->blocked_until_s ? awaited_s : b->blocked_until_s;
}

static void put_flags(struct json_out *o, const struct planning_bar *b, const struct lending *l)
{
	json_open_array(o, "flags");
	if (is_overdue(b, l))
		json_put_text(o, NULL, "overdue");
	json_close_array(o);
}

static void put_bar(struct json_out *o, const struct planning_bar *b, const struct lending *l)
{
	json_open_object(o, NULL);
	json_put_id(o, "line_id", b->line_id);
	json_put_id(o, "block_id", b->block_id);
	json_put_id(o, "booking_id", b->booking_id);
	json_put_text(o, "state", b->state);
	json_put_text_or_null(o, "line_state", b->line_state);
	json_put_i64(o, "place_id", b->place_id);
	json_put_text(o, "place_name", b->place_name);
	json_put_time(o, "from", b->from_s);
	json_put_time(o, "to", b->until_s);
	json_put_time(o, "blocked_from", b->blocked_from_s);
	json_put_time(o, "blocked_to", blocked_until_s(b, l));
	put_flags(o, b, l);
	json_close_object(o);
}

static enum err put_item(struct call *c, const struct lending *l, const struct planning_filter *f,
			 const struct planning_item *v)
{
	struct query q = planning_bars(l, v->id, f->from_s, f->until_s);
	struct planning_bar bar;

	json_open_object(&c->out, NULL);
	json_put_i64(&c->out, "item_id", v->id);
	json_put_i64(&c->out, "model_id", v->model_id);
	json_put_text(&c->out, "model_name", v->model_name);
	json_put_text(&c->out, "family", v->family);
	json_put_text(&c->out, "inventory_no", v->inventory_no);
	json_put_i64(&c->out, "home_place_id", v->home_id);
	json_put_text(&c->out, "home_place_name", v->home_name);
	json_open_array(&c->out, "bars");
	while (planning_next(&q, &bar))
		put_bar(&c->out, &bar, l);
	json_close_array(&c->out);
	json_close_object(&c->out);
	return db_end(&q);
}

enum err api_planning(struct call *c)
{
	struct planning_item rows[PLANNING_ITEMS + 1];
	struct lending l = lend_of(c);
	struct planning_filter f = {0};
	char family[MODEL_FAMILY_SIZE];
	int64_t total, limit;
	size_t n;
	enum err err;

	f.family = family;
	if ((err = call_query_page(c, &f.skip, &limit)) || (err = read_window(c, &f)) ||
	    (err = call_query_text(c, "family", family, sizeof family)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &f.place_id)) ||
	    (err = call_query_i64(c, "hub_id", 1, INT64_MAX, 0, &f.hub_id)) || (err = call_query_end(c)))
		return err;
	limit = limit > PLANNING_ITEMS ? PLANNING_ITEMS : limit;
	f.limit = limit + 1;
	if ((err = planning_items(c->db, &f, rows, &n, &total)))
		return err;
	json_open_object(&c->out, NULL);
	json_open_array(&c->out, "items");
	for (size_t i = 0; !err && i < n && (int64_t)i < limit; i++)
		err = put_item(c, &l, &f, &rows[i]);
	json_close_array(&c->out);
	json_put_i64(&c->out, "total", total);
	if ((int64_t)n > limit) {
		char cursor[24];

		json_put_text(&c->out, "next",
			      str_format(cursor, sizeof cursor, "%lld", (long long)(f.skip + limit)) ? cursor
												     : NULL);
	} else {
		json_put_null(&c->out, "next");
	}
	json_close_object(&c->out);
	return err;
}

/* ---- the agenda ---------------------------------------------------------------------------------------- */

static void put_task(struct call *c, const struct booking *b, const struct booking_line *v)
{
	struct json_out *o = &c->out;

	json_open_object(o, NULL);
	json_put_i64(o, "line_id", v->id);
	json_put_i64(o, "booking_id", b->id);
	json_put_i64(o, "booking_version", b->version);
	json_put_i64(o, "item_id", v->item_id);
	json_put_text(o, "model_name", v->model_name);
	json_put_text(o, "inventory_no", v->inventory_no);
	json_put_text(o, "state", lend_line_state(v));
	json_put_i64(o, "place_id", b->place_id);
	json_put_text(o, "place_name", b->place_name);
	json_put_i64(o, "home_place_id", v->home_place_id);
	json_put_text(o, "home_place_name", v->home_place_name);
	json_put_text_or_null(o, "requested_name", b->requested_name);
	json_put_time(o, "starts_at", b->starts_s);
	json_put_time(o, "due_at", v->due_s);
	json_put_bool(o, "at_risk", v->is_at_risk);
	json_put_bool(o, "overdue", v->is_overdue);
	json_close_object(o);
}

static enum err put_tasks(struct call *c, const char *name, enum agenda_list which, int64_t place_id,
			  int64_t until_s)
{
	struct lending l = lend_of(c);
	struct query q = agenda_lines(&l, which, place_id, until_s);
	int64_t line_id, booking_id;
	struct booking b;
	enum err err = OK;

	json_open_array(&c->out, name);
	while (!err && agenda_next(&q, &line_id, &booking_id)) {
		err = booking_find(&l, booking_id, &b);
		for (size_t i = 0; !err && i < b.n; i++)
			if (b.lines[i].id == line_id)
				put_task(c, &b, &b.lines[i]);
	}
	json_close_array(&c->out);
	if (err) {
		(void)!db_end(&q);
		return err;
	}
	return db_end(&q);
}

static void put_transfer(struct json_out *o, const struct transfer *v)
{
	json_open_object(o, NULL);
	json_put_i64(o, "transfer_id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_i64(o, "item_id", v->item_id);
	json_put_text(o, "model_name", v->model_name);
	json_put_text(o, "inventory_no", v->inventory_no);
	json_put_text(o, "state", v->state);
	json_put_text(o, "reason", v->reason);
	json_put_i64(o, "from_place_id", v->from_place_id);
	json_put_text(o, "from_place_name", v->from_name);
	json_put_i64(o, "to_place_id", v->to_place_id);
	json_put_text(o, "to_place_name", v->to_name);
	json_put_id(o, "booking_id", v->booking_id);
	json_put_id(o, "line_id", v->line_id);
	json_put_time(o, "planned_at", v->planned_s);
	json_put_time_or_null(o, "dispatched_at", v->dispatched_s);
	json_close_object(o);
}

/* What leaves from here, and what is awaited here, until the end of the day. */
static enum err put_transfers(struct call *c, const char *name, bool incoming, int64_t place_id,
			      int64_t until_s)
{
	struct transfer_filter f = {.place_id = place_id, .open_only = true, .state = "", .limit = 500};
	struct query q = transfer_list(c->db, &f);
	struct transfer v;

	json_open_array(&c->out, name);
	while (transfer_next(&q, &v)) {
		bool is_here = incoming ? v.to_place_id == place_id : v.from_place_id == place_id;
		bool is_due = strcmp(v.state, "planned") == 0 ? v.planned_s < until_s : incoming;

		if (is_here && is_due)
			put_transfer(&c->out, &v);
	}
	json_close_array(&c->out);
	return db_end(&q);
}

static enum err read_day(struct call *c, int64_t *until_s)
{
	struct calendar_date date = calendar_date_of(c->now_s);
	char text[16];
	enum err err = call_query_text(c, "date", text, sizeof text);

	if (err)
		return err;
	if (text[0] && !calendar_date_parse(text, &date))
		return call_refuse(c, ERR_TIME, "date", "Écrivez la date ainsi : 2026-11-25.");
	*until_s = calendar_next_day_s(calendar_day_start_s(date));
	return OK;
}

enum err api_agenda(struct call *c)
{
	struct lending l = lend_of(c);
	int64_t place_id, until_s = 0, next_s;
	enum err err;

	if ((err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &place_id)) ||
	    (err = read_day(c, &until_s)) || (err = call_query_end(c)))
		return err;
	if (!place_id)
		return call_refuse(c, ERR_REQUIRED, "place_id", NULL);
	if ((err = rights_place(c, place_id)))
		return err == ERR_NOT_FOUND ? call_refuse(c, ERR_REFERENCE, "place_id", NULL) : err;
	json_open_object(&c->out, NULL);
	if ((err = put_tasks(c, "to_hand_over", AGENDA_HAND_OVER, place_id, until_s)) ||
	    (err = put_tasks(c, "to_take_back", AGENDA_TAKE_BACK, place_id, until_s)) ||
	    (err = put_transfers(c, "to_receive", true, place_id, until_s)) ||
	    (err = put_transfers(c, "to_dispatch", false, place_id, until_s)) ||
	    (err = put_tasks(c, "overdue", AGENDA_OVERDUE, place_id, until_s)) ||
	    (err = agenda_next_hand_over(&l, place_id, until_s, &next_s)))
		return err;
	json_put_time_or_null(&c->out, "next_hand_over_at", next_s);
	json_close_object(&c->out);
	return OK;
}
