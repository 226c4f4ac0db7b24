/* SPDX-License-Identifier: EUPL-1.2 */
/* Blocks: an item that cannot be had, or a counter that is closed, from and until when, and why. */
#include "inventory-service/api/api.h"
#include "inventory-service/api/lend.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/lending/block.h"
#include "inventory-service/domain/stock/item.h"
#include "inventory-service/rights.h"

static void block_json(struct json_out *o, const struct block *v)
{
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_id(o, "item_id", v->item_id);
	json_put_id(o, "place_id", v->place_id);
	json_put_text(o, "reason", v->reason);
	json_put_time(o, "starts_at", v->starts_s);
	json_put_time_or_null(o, "ends_at", v->ends_s);
	json_put_time_or_null(o, "ended_at", v->ended_s);
	json_put_time(o, "created_at", v->created_s);
	json_close_object(o);
}

static const char *const titles[] = {"N°",          "N° de matériel", "N° de lieu",     "Motif",
				     "Début (UTC)", "Fin (UTC)",      "Levée le (UTC)", NULL};

static void put(struct page *p, const struct block *v)
{
	if (!p->call->wants_csv) {
		block_json(&p->call->out, v);
		return;
	}
	csv_i64(&p->csv, v->id);
	csv_id(&p->csv, v->item_id);
	csv_id(&p->csv, v->place_id);
	csv_text(&p->csv, v->reason);
	csv_time(&p->csv, v->starts_s);
	csv_time(&p->csv, v->ends_s);
	csv_time(&p->csv, v->ended_s);
	csv_end_row(&p->csv);
}

enum err api_blocks_list(struct call *c)
{
	struct block_filter f = {0};
	struct block v;
	struct page p;
	struct query q;
	enum err err;

	if ((err = page_begin(c, &p, titles)) ||
	    (err = call_query_i64(c, "item_id", 1, INT64_MAX, 0, &f.item_id)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &f.place_id)) || (err = call_query_end(c)))
		return err;
	f.after_id = p.after_id;
	f.limit = p.limit + 1;
	q = block_list(c->db, &f);
	while (block_next(&q, &v) && page_takes(&p, v.id))
		put(&p, &v);
	return page_end(&p, db_end(&q));
}

static enum err show(struct call *c, int64_t id)
{
	struct block v;
	enum err err = block_find(c->db, id, &v);

	if (err)
		return err;
	c->version = v.version;
	block_json(&c->out, &v);
	return OK;
}

enum err api_block_show(struct call *c)
{
	enum err err = call_query_end(c);

	return err ? err : show(c, c->ids[0]);
}

/* Who looks after the thing, at its home; or after the place. */
static enum err may_block(struct call *c, const struct block *v)
{
	static const struct item_now anytime = {0};
	struct item item;
	enum err err;

	if (!v->item_id) {
		err = rights_place(c, v->place_id);
		return err == ERR_NOT_FOUND ? call_refuse(c, ERR_REFERENCE, "place_id", NULL) : err;
	}
	err = item_find(c->db, v->item_id, &anytime, &item);
	if (err == ERR_NOT_FOUND)
		return call_refuse(c, ERR_REFERENCE, "item_id", NULL);
	return err ? err : rights_place(c, item.home_place_id);
}

static enum err read_body(struct call *c, struct block *v)
{
	char starts[40] = "", ends[40] = "";
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	member_id_or_none(&in, "item_id", &v->item_id);
	member_id_or_none(&in, "place_id", &v->place_id);
	json_take_text(&in, "reason", v->reason, sizeof v->reason);
	json_take_text(&in, "starts_at", starts, sizeof starts);
	member_text_or_none(&in, "ends_at", ends, sizeof ends);
	if ((err = call_body_end(c, &in)) || (err = lend_time(c, "starts_at", starts, true, &v->starts_s)) ||
	    (err = lend_time(c, "ends_at", ends, false, &v->ends_s)))
		return err;
	if (!v->reason[0])
		return call_refuse(c, ERR_REQUIRED, "reason",
				   "Dites pourquoi : entretien, panne, fermeture.");
	if (!v->item_id == !v->place_id)
		return call_refuse(c, v->item_id ? ERR_RANGE : ERR_REQUIRED,
				   v->item_id ? "place_id" : "item_id",
				   "Donnez un matériel ou un lieu, pas les deux.");
	return OK;
}

static void changed(struct call *c, const struct block *v, int64_t version)
{
	call_changed(c, "block", v->id, version, "ends_at");
	if (v->item_id)
		call_changed(c, "item", v->item_id, 0, "state");
}

enum err api_blocks_add(struct call *c)
{
	struct lending l = lend_of(c);
	struct hold_conflicts conflicts;
	struct edit e = {0};
	struct block v = {0};
	enum err err;

	if ((err = read_body(c, &v)) || (err = may_block(c, &v)))
		return err;
	if ((err = block_create(&l, &v, &conflicts, &e)))
		return conflicts.n ? lend_refuse_conflicts(c, err, &conflicts) : member_refused(c, err, &e);
	call_created(c, "/blocks", v.id);
	changed(c, &v, 1);
	return show(c, v.id);
}

enum err api_block_end(struct call *c)
{
	struct lending l = lend_of(c);
	struct member_command command;
	struct edit e = {0};
	struct block v;
	enum err err;

	if ((err = block_find(c->db, c->ids[0], &v)) || (err = may_block(c, &v)) ||
	    (err = call_check_version(c, v.version)) || (err = member_command_now(c, false, &command)))
		return err;
	if ((err = block_end(&l, &v, &e)))
		return member_refused(c, err, &e);
	if (e.n)
		changed(c, &v, v.version + 1);
	return show(c, v.id);
}
