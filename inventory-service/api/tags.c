/* SPDX-License-Identifier: EUPL-1.2 */
#include <sodium.h>
#include <string.h>

#include "common/daemon/text.h"
#include "inventory-service/api/api.h"
#include "inventory-service/api/device_json.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/service.h"

/* "c098e5123456" as it is stored → "c0:98:e5:12:34:56" as it is written. */
static void addr_text(const struct device *v, char out[18])
{
	uint8_t bytes[6];

	out[0] = '\0';
	if (hex_decode(v->address, strlen(v->address), bytes, sizeof bytes))
		address_format(bytes, out);
}

static void tag_json(struct json_out *o, const struct device *v)
{
	char addr[18];

	addr_text(v, addr);
	json_open_object(o, NULL);
	json_put_id(o, "id", v->id);
	json_put_id(o, "version", v->version);
	json_put_text(o, "kind", device_kind_text(v->kind));
	json_put_text_or_null(o, "addr", addr);
	json_put_bool(o, "has_key", v->has_key);
	json_put_text_or_null(o, "label", v->label);
	device_put_state(o, v);
	json_put_opt(o, "battery", v->battery_pct >= 0, v->battery_pct);
	json_put_id(o, "seen_place_id", v->seen_place_id);
	json_put_id(o, "heard_gateway_id", v->heard_gateway_id);
	json_put_opt(o, "rssi_dbm", v->rssi_dbm != 0, v->rssi_dbm);
	json_close_object(o);
}

static const char *const titles[] = {"N°",
				     "Type",
				     "Adresse",
				     "Nom",
				     "Chiffrée",
				     "N° d'exemplaire",
				     "Batterie (%)",
				     "Entendue le (UTC)",
				     "En quarantaine depuis (UTC)",
				     "Entendue par le boîtier n°",
				     "Signal (dBm)",
				     NULL};

static void put(struct page *p, const struct device *v)
{
	char addr[18];

	if (!p->call->wants_csv) {
		tag_json(&p->call->out, v);
		return;
	}
	addr_text(v, addr);
	csv_id(&p->csv, v->id);
	csv_text(&p->csv, device_kind_text(v->kind));
	csv_text(&p->csv, addr);
	csv_text(&p->csv, v->label);
	csv_text(&p->csv, v->has_key ? "oui" : "non");
	csv_id(&p->csv, v->item_id);
	csv_opt(&p->csv, v->battery_pct >= 0, v->battery_pct);
	csv_time(&p->csv, v->heard_ms / 1000);
	csv_time(&p->csv, v->quarantined_ms / 1000);
	csv_id(&p->csv, v->heard_gateway_id);
	csv_opt(&p->csv, v->rssi_dbm != 0, v->rssi_dbm);
	csv_end_row(&p->csv);
}

enum err api_tags_list(struct call *c)
{
	struct page p;
	int bound;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = device_query_bound(c, &bound)) ||
	    (err = call_query_end(c)))
		return err;
	return device_page(c, &p, false, bound, put);
}

static enum err show(struct call *c, int64_t id)
{
	struct device v;
	enum err err = device_find(c->db, id, &v);

	if (err)
		return err;
	c->version = v.version;
	tag_json(&c->out, &v);
	return OK;
}

enum err api_tag_show(struct call *c)
{
	struct device v;
	enum err err;

	if ((err = call_query_end(c)) || (err = device_of_path(c, false, &v)))
		return err;
	return show(c, v.id);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

struct tag_body {
	char kind[12];
	char addr[24];
	char key[40];
	bool has_key;
};

static enum err read_body(struct call *c, struct tag_body *b, struct device *v)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	json_take_text(&in, "kind", b->kind, sizeof b->kind);
	if (in.fault == JSON_OK && (strcmp(b->kind, "lorawan") == 0 || strcmp(b->kind, "ruuvi") == 0))
		return call_refuse(
			c, ERR_RANGE, "kind",
			"Ce type de balise sera accepté plus tard : enregistrez une balise « ble ».");
	json_take_text(&in, "addr", b->addr, sizeof b->addr);
	b->has_key = json_maybe_text(&in, "key", b->key, sizeof b->key);
	member_text_or_none(&in, "label", v->label, sizeof v->label);
	if ((err = call_body_end(c, &in)))
		return err;
	return strcmp(b->kind, "ble") == 0
		       ? OK
		       : call_refuse(c, ERR_RANGE, "kind", "Les types de balise sont : ble.");
}

static enum err read_address(struct call *c, const struct tag_body *b, struct device *v)
{
	uint8_t bytes[6];

	if (!address_parse(b->addr, bytes))
		return call_refuse(c, ERR_RANGE, "addr", "Écrivez l'adresse ainsi : c0:98:e5:12:34:56.");
	hex_encode(bytes, sizeof bytes, v->address);
	return OK;
}

static enum err register_tag(struct call *c, const struct tag_body *b, struct device *v)
{
	uint8_t key[16];
	enum err err;

	if (b->has_key && !hex_decode(b->key, strlen(b->key), key, sizeof key))
		return call_refuse(c, ERR_RANGE, "key", "Une clé s'écrit en 32 chiffres hexadécimaux.");
	err = device_create(c->db, service_secret(c->service), c->who, c->now_s, v, b->has_key ? key : NULL);
	sodium_memzero(key, sizeof key);
	return err ? call_refuse(c, err, "addr", NULL) : OK;
}

enum err api_tags_add(struct call *c)
{
	struct device v = {.kind = DEVICE_BLE};
	struct tag_body b = {0};
	enum err err;

	if (!(err = read_body(c, &b, &v)) && !(err = read_address(c, &b, &v)))
		err = register_tag(c, &b, &v);
	sodium_memzero(b.key, sizeof b.key);
	if (err)
		return err;
	call_created(c, "/tags", v.id);
	call_changed(c, "tag", v.id, v.version, "addr,label");
	return show(c, v.id);
}

enum err api_tag_change(struct call *c)
{
	struct device v;
	struct json_in in;
	enum err err;

	if ((err = device_of_path(c, false, &v)) || (err = call_body(c, &in)))
		return err;
	member_text_or_none(&in, "label", v.label, sizeof v.label);
	if ((err = call_body_end(c, &in)) ||
	    (err = device_label(c->db, c->who, c->now_s, v.id, v.label, c->if_match)))
		return err;
	call_changed(c, "tag", v.id, v.version + 1, "label");
	return show(c, v.id);
}

/* ---- commands ------------------------------------------------------------------------------------------ */

typedef enum err judgement(struct db *db, const struct actor *who, int64_t now_s, int64_t id,
			   const char *reason);

static enum err judge(struct call *c, judgement *act, const char *fields)
{
	struct member_command command;
	struct device v;
	enum err err;

	if ((err = device_of_path(c, false, &v)) || (err = call_check_version(c, v.version)) ||
	    (err = member_command_now(c, true, &command)) ||
	    (err = act(c->db, c->who, c->now_s, v.id, command.why)))
		return err;
	call_changed(c, "tag", v.id, v.version + 1, fields);
	if (v.item_id)
		call_changed(c, "item", v.item_id, 0, "live");
	return show(c, v.id);
}

enum err api_tag_release(struct call *c)
{
	return judge(c, device_release, "quarantined_at");
}

enum err api_tag_counter_reset(struct call *c)
{
	return judge(c, device_counter_reset, "counter");
}
