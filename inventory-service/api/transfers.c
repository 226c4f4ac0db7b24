/* SPDX-License-Identifier: EUPL-1.2 */
/* Transfers: what must travel, and what is on its way. Both ends see one, and either may say that it left or
 * came. */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/lend.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/lending/transfer.h"
#include "inventory-service/rights.h"

static void transfer_json(struct json_out *o, const struct transfer *v)
{
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_i64(o, "item_id", v->item_id);
	json_put_text(o, "model_name", v->model_name);
	json_put_text(o, "inventory_no", v->inventory_no);
	json_put_i64(o, "from_place_id", v->from_place_id);
	json_put_text(o, "from_place_name", v->from_name);
	json_put_i64(o, "to_place_id", v->to_place_id);
	json_put_text(o, "to_place_name", v->to_name);
	json_put_text(o, "reason", v->reason);
	json_put_text(o, "state", v->state);
	json_put_id(o, "line_id", v->line_id);
	json_put_id(o, "booking_id", v->booking_id);
	json_put_time(o, "planned_at", v->planned_s);
	json_put_time_or_null(o, "dispatched_at", v->dispatched_s);
	json_put_time_or_null(o, "received_at", v->received_s);
	json_put_null(o, "run_id");
	json_close_object(o);
}

static const char *const titles[] = {"N°",
				     "Modèle",
				     "N° d'inventaire",
				     "De",
				     "À",
				     "État",
				     "Prévu le (UTC)",
				     "Parti le (UTC)",
				     "Reçu le (UTC)",
				     NULL};

static const char *word_of(const char *state)
{
	static const char *const words[][2] = {{"planned", "prévu"},  {"dispatched", "en route"},
					       {"received", "reçu"},  {"cancelled", "annulé"},
					       {"refused", "refusé"}, {"lost", "perdu"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i][0], state) == 0)
			return words[i][1];
	return NULL;
}

static void put(struct page *p, const struct transfer *v)
{
	if (!p->call->wants_csv) {
		transfer_json(&p->call->out, v);
		return;
	}
	csv_i64(&p->csv, v->id);
	csv_text(&p->csv, v->model_name);
	csv_text(&p->csv, v->inventory_no);
	csv_text(&p->csv, v->from_name);
	csv_text(&p->csv, v->to_name);
	csv_text(&p->csv, word_of(v->state));
	csv_time(&p->csv, v->planned_s);
	csv_time(&p->csv, v->dispatched_s);
	csv_time(&p->csv, v->received_s);
	csv_end_row(&p->csv);
}

enum err api_transfers_list(struct call *c)
{
	struct transfer_filter f = {0};
	char state[12];
	int64_t is_open;
	struct transfer v;
	struct page p;
	struct query q;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = call_query_text(c, "state", state, sizeof state)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &f.place_id)) ||
	    (err = call_query_i64(c, "item_id", 1, INT64_MAX, 0, &f.item_id)) ||
	    (err = call_query_i64(c, "line_id", 1, INT64_MAX, 0, &f.line_id)) ||
	    (err = call_query_i64(c, "open", 0, 1, 0, &is_open)) || (err = call_query_end(c)))
		return err;
	if (state[0] && !word_of(state))
		return call_refuse(c, ERR_RANGE, "state", "Cet état n'existe pas.");
	f.state = state;
	f.open_only = is_open;
	f.after_id = p.after_id;
	f.limit = INT64_MAX;
	q = transfer_list(c->db, &f);
	while (transfer_next(&q, &v))
		if (rights_at(c, v.from_place_id) || rights_at(c, v.to_place_id)) {
			if (!page_takes(&p, v.id))
				break;
			put(&p, &v);
		}
	return page_end(&p, db_end(&q));
}

static enum err find(struct call *c, struct transfer *v)
{
	enum err err = transfer_find(c->db, c->ids[0], v);

	if (err)
		return err;
	err = rights_place(c, v->from_place_id);
	if (err)
		err = rights_place(c, v->to_place_id);
	return err ? err : call_check_version(c, v->version);
}

static enum err show(struct call *c)
{
	struct transfer v;
	enum err err = transfer_find(c->db, c->ids[0], &v);

	if (err)
		return err;
	c->version = v.version;
	transfer_json(&c->out, &v);
	return OK;
}

enum err api_transfer_show(struct call *c)
{
	struct transfer v;
	enum err err;

	if ((err = call_query_end(c)) || (err = find(c, &v)))
		return err;
	return show(c);
}

static enum err done(struct call *c, enum err err, const struct transfer *was, const struct edit *e)
{
	if (err == ERR_STATE)
		return call_refuse(
			c, err, NULL,
			"Ce trajet n'est plus à cette étape, ou le matériel n'est pas là d'où il part.");
	if (err)
		return call_refuse(c, err, e->field, NULL);
	call_changed(c, "transfer", was->id, was->version + 1, "state");
	call_changed(c, "item", was->item_id, 0, "state,place,custody");
	if (was->booking_id)
		call_changed(c, "booking", was->booking_id, 0, "lines");
	return show(c);
}

static enum err read_receipt(struct call *c, int64_t *place_id, int64_t *effective_s)
{
	char note[301] = "", text[40] = "";
	struct json_in in;
	bool given;
	enum err err;

	*place_id = 0;
	*effective_s = c->now_s;
	if ((err = call_body_maybe(c, &in, &given)))
		return err;
	member_id_or_none(&in, "place_id", place_id);
	member_text_or_none(&in, "note", note, sizeof note);
	member_text_or_none(&in, "effective_at", text, sizeof text);
	if ((err = call_body_end(c, &in)) || (err = lend_time(c, "effective_at", text, false, effective_s)))
		return err;
	return *effective_s > c->now_s
		       ? call_refuse(c, ERR_TIME, "effective_at", "Ce moment n'est pas encore venu.")
		       : OK;
}

enum err api_transfer_dispatch(struct call *c)
{
	struct lending l = lend_of(c);
	struct member_command command;
	struct edit e = {0};
	struct transfer v;
	enum err err;

	if ((err = find(c, &v)) || (err = member_command(c, false, &command)))
		return err;
	return done(c, transfer_dispatch(&l, &v, command.effective_s, &e), &v, &e);
}

enum err api_transfer_receive(struct call *c)
{
	struct lending l = lend_of(c);
	struct edit e = {0};
	struct transfer v;
	int64_t place_id, effective_s;
	enum err err;

	if ((err = find(c, &v)) || (err = read_receipt(c, &place_id, &effective_s)))
		return err;
	if (place_id && place_id != v.to_place_id && (err = rights_place(c, place_id)))
		return call_refuse(c, err == ERR_NOT_FOUND ? ERR_REFERENCE : err, "place_id", NULL);
	return done(c, transfer_receive(&l, &v, place_id, effective_s, &e), &v, &e);
}

enum err api_transfer_cancel(struct call *c)
{
	struct lending l = lend_of(c);
	struct member_command command;
	struct edit e = {0};
	struct transfer v;
	enum err err;

	if ((err = find(c, &v)) || (err = member_command_now(c, false, &command)))
		return err;
	return done(c, transfer_cancel(&l, &v, &e), &v, &e);
}
