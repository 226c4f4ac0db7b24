/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who may change an item: who may at its owner's place; and at the new one where owner or home is changed, so
 * that nobody gives somebody else a thing, or takes one. What is bound to it is the business of those who
 * look after devices, at its home.
 */
#include <sodium.h>
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/item_json.h"
#include "inventory-service/api/lend.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/evidence/device.h"
#include "inventory-service/domain/lending/loan.h"
#include "inventory-service/domain/stock/calendar_rules.h"
#include "inventory-service/domain/stock/item.h"
#include "inventory-service/rights.h"
#include "inventory-service/service.h"

#define MAX_CENTS 100000000000 /* a thousand million euros */
#define CODE_TRIES 16          /* of 2^30: the second is already rare */

static struct item_now look(const struct call *c)
{
	return (struct item_now){.now_ms = c->now_ms, .silent_s = service_setting(c->service)->silent_s};
}

static enum err show(struct call *c, int64_t id)
{
	struct item_now now = look(c);
	struct item v;
	enum err err = item_find(c->db, id, &now, &v);

	if (err)
		return err;
	c->version = v.version;
	item_json(&c->out, &v);
	return OK;
}

enum err api_item_show(struct call *c)
{
	enum err err = call_query_end(c);

	return err ? err : show(c, c->ids[0]);
}

/* ---- the list ------------------------------------------------------------------------------------------ */

static const char *const titles[] = {"N°",
				     "N° d'inventaire",
				     "Modèle",
				     "Famille",
				     "N° de série",
				     "Lieu d'attache",
				     "N° du lieu propriétaire",
				     "État",
				     "État en direct",
				     "Heures comptées",
				     "Batterie (%)",
				     "Entendu le (UTC)",
				     "En service depuis",
				     "Coût (€)",
				     "Code",
				     NULL};

static const char *live_word(const struct live *live)
{
	static const struct {
		const char *state, *word;
	} words[] = {{"active", "en marche"}, {"idle", "en veille"}, {"off", "arrêté"}};

	if (!live->is_known)
		return "non mesuré";
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(live->state, words[i].state) == 0)
			return words[i].word;
	return "sans signal";
}

static const char *state_word(const char *state)
{
	static const char *const words[][2] = {
		{"available", "disponible"},        {"reserved", "réservé"}, {"in_transit", "en transit"},
		{"awaiting_pickup", "à retirer"},   {"on_loan", "en prêt"},  {"inspection", "à contrôler"},
		{"out_of_service", "hors service"}, {"missing", "manquant"}, {"retired", "retiré"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i][0], state) == 0)
			return words[i][1];
	return state;
}

static void put_csv(struct csv *csv, const struct item *v)
{
	char day[CALENDAR_DATE_SIZE];

	calendar_date_format(calendar_date_of(v->in_service_s), day);
	csv_i64(csv, v->id);
	csv_text(csv, v->inventory_no);
	csv_text(csv, v->model_name);
	csv_text(csv, v->family);
	csv_text(csv, v->serial);
	csv_text(csv, v->home_place_name);
	csv_i64(csv, v->owner_place_id);
	csv_text(csv, state_word(v->state));
	csv_text(csv, live_word(&v->live));
	csv_hours(csv, v->live.is_known, v->live.active_s);
	csv_opt(csv, v->live.is_known && v->live.battery_pct >= 0, v->live.battery_pct);
	csv_time(csv, v->live.heard_ms / 1000);
	csv_text(csv, day);
	if (v->cost_cents >= 0)
		csv_decimal(csv, v->cost_cents, 2);
	else
		csv_text(csv, "");
	csv_text(csv, v->code);
	csv_end_row(csv);
}

struct filter_text {
	char q[81], family[MODEL_FAMILY_SIZE], state[20], typed[32], code[ITEM_CODE_SIZE], pattern[200];
};

/* As typed → as stored. */
static enum err read_code(struct call *c, struct filter_text *t)
{
	enum err err = call_query_text(c, "code", t->typed, sizeof t->typed);

	t->code[0] = '\0';
	if (err || !t->typed[0])
		return err;
	switch (item_code_read(t->typed, t->code)) {
	case ITEM_CODE_OK:
		return OK;
	case ITEM_CODE_CHECKSUM:
		return call_refuse(c, ERR_CODE_CHECKSUM, "code",
				   "Un signe du code est faux : relisez l'étiquette.");
	case ITEM_CODE_UNREADABLE:
		break;
	}
	return call_refuse(c, ERR_RANGE, "code",
			   "Un code a 7 signes : chiffres et lettres, sans I, L, O ni U.");
}

static enum err read_state(struct call *c, char *state, size_t size)
{
	static const char *const states[] = {
		"",        "available",  "reserved",       "in_transit", "awaiting_pickup",
		"on_loan", "inspection", "out_of_service", "missing",    "retired"};
	enum err err = call_query_text(c, "state", state, size);

	for (size_t i = 0; !err && i < sizeof states / sizeof states[0]; i++)
		if (strcmp(state, states[i]) == 0)
			return OK;
	return err ? err : call_refuse(c, ERR_RANGE, "state", "Cet état n'existe pas.");
}

static enum err read_filter(struct call *c, struct filter_text *t, struct item_filter *f)
{
	enum err err;

	*f = (struct item_filter){.q = t->q, .family = t->family, .state = t->state, .code = t->code};
	if ((err = call_query_text(c, "q", t->q, sizeof t->q)) ||
	    (err = call_query_text(c, "family", t->family, sizeof t->family)) ||
	    (err = read_state(c, t->state, sizeof t->state)) || (err = read_code(c, t)) ||
	    (err = call_query_i64(c, "model_id", 1, INT64_MAX, 0, &f->model_id)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &f->place_id)))
		return err;
	return call_query_i64(c, "hub_id", 1, INT64_MAX, 0, &f->hub_id);
}

enum err api_items_list(struct call *c)
{
	struct item_now now = look(c);
	struct filter_text t;
	struct item_filter f;
	struct page p;
	struct query q;
	struct item v;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = read_filter(c, &t, &f)) || (err = call_query_end(c)))
		return err;
	f.after_id = p.after_id;
	f.limit = p.limit + 1;
	q = item_list(c->db, &f, &now, t.pattern);
	while (item_next(&q, &now, &v) && page_takes(&p, v.id))
		if (c->wants_csv)
			put_csv(&p.csv, &v);
		else
			item_json(&c->out, &v);
	return page_end(&p, db_end(&q));
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static enum err read_day(struct call *c, const char *text, int64_t *in_service_s)
{
	struct calendar_date date;

	if (!text[0])
		return OK;
	if (!calendar_date_parse(text, &date))
		return call_refuse(c, ERR_TIME, "in_service_on", "Écrivez la date ainsi : 2026-11-25.");
	*in_service_s = calendar_day_start_s(date);
	return OK;
}

static enum err read_body(struct call *c, bool creating, struct item *v)
{
	struct json_in in;
	char day[24] = "";
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	member_id(&in, creating, "model_id", &v->model_id);
	member_text(&in, creating, "inventory_no", v->inventory_no, sizeof v->inventory_no);
	member_text_or_none(&in, "serial", v->serial, sizeof v->serial);
	member_id(&in, creating, "owner_place_id", &v->owner_place_id);
	v->home_place_id = v->home_place_id ? v->home_place_id : v->owner_place_id;
	member_id(&in, false, "home_place_id", &v->home_place_id);
	member_text(&in, false, "lend_to", v->lend_to, sizeof v->lend_to);
	member_text(&in, false, "approver", v->approver, sizeof v->approver);
	member_i64_or_none(&in, "cost_cents", MAX_CENTS, &v->cost_cents);
	member_text(&in, false, "in_service_on", day, sizeof day);
	if ((err = call_body_end(c, &in)))
		return err;
	return read_day(c, day, &v->in_service_s);
}

/* A place named in a body: one that is not there is a wrong reference, not a wrong address. */
static enum err may_use(struct call *c, int64_t place_id, const char *field)
{
	enum err err = rights_place(c, place_id);

	if (err == ERR_NOT_FOUND)
		return call_refuse(c, ERR_REFERENCE, field,
				   "Ce lieu n'existe pas : choisissez-en un dans la liste.");
	return err ? call_refuse(c, err, field, "Vous n'avez pas de rôle dans ce lieu.") : OK;
}

static enum err create(struct call *c, struct item *v, struct edit *e)
{
	enum err err = ERR_EXISTS;

	for (int i = 0; i < CODE_TRIES && err == ERR_EXISTS; i++) {
		*e = (struct edit){0};
		item_code_make(randombytes_random(), v->code);
		err = item_create(c->db, c->who, c->now_s, v, e);
		if (err == ERR_EXISTS && strcmp(e->field, "code") != 0)
			break;
	}
	return err ? member_refused(c, err, e) : OK;
}

enum err api_items_add(struct call *c)
{
	struct item v = {.lend_to = "everyone", .approver = "nobody", .cost_cents = -1};
	struct edit e;
	enum err err;

	v.in_service_s = calendar_day_start_s(calendar_date_of(c->now_s));
	if ((err = read_body(c, true, &v)))
		return err;
	if ((err = may_use(c, v.owner_place_id, "owner_place_id")) ||
	    (err = may_use(c, v.home_place_id, "home_place_id")) || (err = create(c, &v, &e)))
		return err;
	call_created(c, "/items", v.id);
	call_changed(c, "item", v.id, 1, e.fields);
	return show(c, v.id);
}

static enum err find(struct call *c, struct item *v)
{
	struct item_now now = look(c);

	return item_find(c->db, c->ids[0], &now, v);
}

enum err api_item_change(struct call *c)
{
	struct edit e = {.expected_version = c->if_match};
	struct item was, v;
	enum err err;

	if ((err = find(c, &was)) || (err = rights_place(c, was.owner_place_id)))
		return err;
	v = was;
	if ((err = read_body(c, false, &v)))
		return err;
	if (v.owner_place_id != was.owner_place_id && (err = may_use(c, v.owner_place_id, "owner_place_id")))
		return err;
	if (v.home_place_id != was.home_place_id && (err = may_use(c, v.home_place_id, "home_place_id")))
		return err;
	if ((err = item_change(c->db, c->who, c->now_s, &v, &e)))
		return member_refused(c, err, &e);
	if (e.n)
		call_changed(c, "item", v.id, was.version + 1, e.fields);
	return show(c, v.id);
}

/* ---- commands ------------------------------------------------------------------------------------------ */

enum err api_item_retire(struct call *c)
{
	struct edit e = {.expected_version = c->if_match};
	struct member_command command;
	struct item_retirement r;
	struct item was;
	enum err err;

	if ((err = find(c, &was)) || (err = rights_place(c, was.owner_place_id)) ||
	    (err = member_command(c, true, &command)))
		return err;
	r = (struct item_retirement){
		.item_id = was.id, .since_s = command.effective_s, .reason = command.why};
	if ((err = item_retire(c->db, c->who, c->now_ms, &r, &e)))
		return member_refused(c, err, &e);
	if (e.n)
		call_changed(c, "item", was.id, was.version + 1, "state,tag_id,meter_id");
	return show(c, was.id);
}

/* Whoever stands where it turned up, or looks after it at home, says so. */
enum err api_item_found(struct call *c)
{
	struct lending l = lend_of(c);
	struct member_command command;
	struct edit e = {0};
	struct item was;
	enum err err;

	if ((err = find(c, &was)))
		return err;
	if ((err = rights_place(c, was.custodian_id)) && (err = rights_place(c, was.home_place_id)))
		return err;
	if ((err = call_check_version(c, was.version)) || (err = member_command_now(c, false, &command)))
		return err;
	err = loan_found(&l, was.id, &e);
	if (err == ERR_STATE)
		return call_refuse(c, err, NULL, "Ce matériel n'est pas déclaré perdu.");
	if (err)
		return err;
	call_changed(c, "item", was.id, was.version + 1, "state");
	return show(c, was.id);
}

/* {"tag_id": 7} binds, {"tag_id": null} unbinds; the member must be there. Hours count from now on, never
 * backdated. */
static enum err read_device_id(struct call *c, const char *field, int64_t *id)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	if (json_has(&in, field) && json_is_null(&in, field))
		json_skip(&in, field);
	else
		json_take_i64(&in, field, 1, JSON_MAX_INT, id);
	return call_body_end(c, &in);
}

/* A device that now reports for an item of somebody else is as good as absent. */
static enum err find_device(struct call *c, int64_t id, const char *field, struct device *v)
{
	enum err err = id ? device_find(c->db, id, v) : OK;

	if (err == ERR_NOT_FOUND || (!err && v->place_id && !rights_at(c, v->place_id)))
		return call_refuse(c, ERR_REFERENCE, field,
				   "Cet appareil n'est pas parmi les vôtres : choisissez-le dans la liste.");
	return err;
}

static enum err bind(struct call *c, bool is_meter)
{
	const char *field = is_meter ? "meter_id" : "tag_id";
	struct device device = {0};
	int64_t device_id = 0;
	struct item was;
	enum err err;

	if ((err = find(c, &was)) || (err = rights_place(c, was.home_place_id)) ||
	    (err = call_check_version(c, was.version)) || (err = read_device_id(c, field, &device_id)) ||
	    (err = find_device(c, device_id, field, &device)))
		return err;
	err = device_bind(c->db, c->who, c->now_ms, was.id, is_meter, device_id);
	if (err == ERR_STATE)
		return call_refuse(c, err, NULL,
				   "Cet exemplaire est retiré : rien ne peut plus lui être associé.");
	if (err)
		return call_refuse(c, err, field, NULL);
	if (device_id != (is_meter ? was.meter_id : was.tag_id)) {
		call_changed(c, "item", was.id, was.version + 1, field);
		if (device.item_id && device.item_id != was.id)
			call_changed(c, "item", device.item_id, 0, field);
	}
	return show(c, was.id);
}

enum err api_item_tag(struct call *c)
{
	return bind(c, false);
}

enum err api_item_meter(struct call *c)
{
	return bind(c, true);
}
