/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/api.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/stock/hub.h"

static void hub_json(struct json_out *o, const struct hub *v)
{
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_text(o, "name", v->name);
	json_put_i64(o, "n_places", v->n_places);
	json_close_object(o);
}

static const char *const titles[] = {"N°", "Pôle de proximité", "Lieux", NULL};

static void put(struct page *p, const struct hub *v)
{
	if (!p->call->wants_csv) {
		hub_json(&p->call->out, v);
		return;
	}
	csv_i64(&p->csv, v->id);
	csv_text(&p->csv, v->name);
	csv_i64(&p->csv, v->n_places);
	csv_end_row(&p->csv);
}

enum err api_hubs_list(struct call *c)
{
	struct page p;
	struct query q;
	struct hub v;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = call_query_end(c)))
		return err;
	q = hub_list(c->db, p.after_id, p.limit + 1);
	while (hub_next(&q, &v) && page_takes(&p, v.id))
		put(&p, &v);
	return page_end(&p, db_end(&q));
}

static enum err show(struct call *c, const struct hub *v)
{
	c->version = v->version;
	hub_json(&c->out, v);
	return OK;
}

enum err api_hub_show(struct call *c)
{
	struct hub v;
	enum err err;

	if ((err = call_query_end(c)) || (err = hub_find(c->db, c->ids[0], &v)))
		return err;
	return show(c, &v);
}

static enum err read_body(struct call *c, bool creating, struct hub *v)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	member_text(&in, creating, "name", v->name, sizeof v->name);
	return call_body_end(c, &in);
}

enum err api_hubs_add(struct call *c)
{
	struct edit e = {0};
	struct hub v = {0};
	enum err err;

	if ((err = read_body(c, true, &v)))
		return err;
	if ((err = hub_create(c->db, c->who, c->now_s, &v, &e)))
		return member_refused(c, err, &e);
	call_created(c, "/hubs", v.id);
	call_changed(c, "hub", v.id, v.version, e.fields);
	return show(c, &v);
}

enum err api_hub_change(struct call *c)
{
	struct edit e = {.expected_version = c->if_match};
	struct hub v;
	enum err err;

	if ((err = hub_find(c->db, c->ids[0], &v)) || (err = read_body(c, false, &v)))
		return err;
	if ((err = hub_change(c->db, c->who, c->now_s, &v, &e)))
		return member_refused(c, err, &e);
	if (e.n)
		call_changed(c, "hub", v.id, v.version, e.fields);
	return show(c, &v);
}
