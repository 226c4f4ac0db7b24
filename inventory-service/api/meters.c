/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/api.h"
#include "inventory-service/api/device_json.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/evidence/gateway.h"
#include "inventory-service/rights.h"
#include "inventory-service/service.h"

static void meter_json(struct json_out *o, const struct device *v)
{
	json_open_object(o, NULL);
	json_put_id(o, "id", v->id);
	json_put_id(o, "version", v->version);
	json_put_i64(o, "gateway_id", v->gateway_id);
	json_put_text(o, "name", v->name);
	json_put_text_or_null(o, "label", v->label);
	device_put_state(o, v);
	json_put_opt(o, "energy_wh", v->energy_wh >= 0, v->energy_wh);
	json_put_opt(o, "power_mw", v->power_mw != INT64_MIN, v->power_mw);
	json_close_object(o);
}

static const char *const titles[] = {"N°",
				     "N° de boîtier",
				     "Compteur",
				     "Nom",
				     "N° d'exemplaire",
				     "Énergie (kWh)",
				     "Entendu le (UTC)",
				     "En quarantaine depuis (UTC)",
				     NULL};

static void put(struct page *p, const struct device *v)
{
	if (!p->call->wants_csv) {
		meter_json(&p->call->out, v);
		return;
	}
	csv_id(&p->csv, v->id);
	csv_i64(&p->csv, v->gateway_id);
	csv_text(&p->csv, v->name);
	csv_text(&p->csv, v->label);
	csv_id(&p->csv, v->item_id);
	if (v->energy_wh >= 0)
		csv_decimal(&p->csv, v->energy_wh, 3);
	else
		csv_text(&p->csv, "");
	csv_time(&p->csv, v->heard_ms / 1000);
	csv_time(&p->csv, v->quarantined_ms / 1000);
	csv_end_row(&p->csv);
}

enum err api_meters_list(struct call *c)
{
	struct page p;
	int bound;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = device_query_bound(c, &bound)) ||
	    (err = call_query_end(c)))
		return err;
	return device_page(c, &p, true, bound, put);
}

static enum err show(struct call *c, int64_t id)
{
	struct device v;
	enum err err = device_find(c->db, id, &v);

	if (err)
		return err;
	c->version = v.version;
	meter_json(&c->out, &v);
	return OK;
}

enum err api_meter_show(struct call *c)
{
	struct device v;
	enum err err;

	if ((err = call_query_end(c)) || (err = device_of_path(c, true, &v)))
		return err;
	return show(c, v.id);
}

static enum err read_body(struct call *c, struct device *v)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	json_take_i64(&in, "gateway_id", 1, JSON_MAX_INT, &v->gateway_id);
	json_take_text(&in, "name", v->name, sizeof v->name);
	member_text_or_none(&in, "label", v->label, sizeof v->label);
	if ((err = call_body_end(c, &in)))
		return err;
	return v->name[0]
		       ? OK
		       : call_refuse(c, ERR_REQUIRED, "name", "Donnez le nom du compteur dans son boîtier.");
}

/* A gateway that is somebody else's is as good as absent. */
static enum err check_gateway(struct call *c, int64_t id)
{
	struct gateway g;
	enum err err = gateway_find(c->db, id, &g);

	if (err == ERR_NOT_FOUND || (!err && !rights_at(c, g.place_id)))
		return call_refuse(c, ERR_REFERENCE, "gateway_id",
				   "Ce boîtier n'est pas parmi les vôtres : choisissez-le dans la liste.");
	return err;
}

enum err api_meters_add(struct call *c)
{
	struct device v = {.kind = DEVICE_METER};
	enum err err;

	if ((err = read_body(c, &v)) || (err = check_gateway(c, v.gateway_id)))
		return err;
	if ((err = device_create(c->db, service_secret(c->service), c->who, c->now_s, &v, NULL)))
		return call_refuse(c, err, "name", "Ce boîtier a déjà un compteur de ce nom.");
	call_created(c, "/meters", v.id);
	call_changed(c, "meter", v.id, v.version, "gateway_id,name,label");
	return show(c, v.id);
}

enum err api_meter_change(struct call *c)
{
	struct device v;
	struct json_in in;
	enum err err;

	if ((err = device_of_path(c, true, &v)) || (err = call_body(c, &in)))
		return err;
	member_text_or_none(&in, "label", v.label, sizeof v.label);
	if ((err = call_body_end(c, &in)) ||
	    (err = device_label(c->db, c->who, c->now_s, v.id, v.label, c->if_match)))
		return err;
	call_changed(c, "meter", v.id, v.version + 1, "label");
	return show(c, v.id);
}

enum err api_meter_release(struct call *c)
{
	struct member_command command;
	struct device v;
	enum err err;

	if ((err = device_of_path(c, true, &v)) || (err = call_check_version(c, v.version)) ||
	    (err = member_command_now(c, true, &command)) ||
	    (err = device_release(c->db, c->who, c->now_s, v.id, command.why)))
		return err;
	call_changed(c, "meter", v.id, v.version + 1, "quarantined_at");
	return show(c, v.id);
}
