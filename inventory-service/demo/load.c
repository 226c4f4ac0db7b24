/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/demo/load.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/domain/evidence/device.h"
#include "inventory-service/domain/evidence/gateway.h"
#include "inventory-service/domain/people/user.h"
#include "inventory-service/domain/stock/hub.h"
#include "inventory-service/domain/stock/item.h"
#include "inventory-service/domain/stock/model.h"
#include "inventory-service/domain/stock/place.h"
#include "inventory-service/password.h"

static const struct actor console = {.channel = "console"};

struct loading {
	struct service *service;
	const struct demo_world *w;
	struct demo_loaded *out;
	char password_hashes[DEMO_USERS][USER_HASH_SIZE];
	int64_t hubs[DEMO_HUBS], places[DEMO_PLACES], models[DEMO_MODELS], items[DEMO_ITEMS],
		gateways[DEMO_GATEWAYS];
};

/* The tables of the demo are ours: a text that does not fit is a bug. */
static void fit(char *out, size_t size, const char *text)
{
	if (!str_copy(out, size, text))
		fatal("demo: longer than %zu bytes: %s", size - 1, text);
}

#define FIT(array, text) fit(array, sizeof(array), text)

static enum err refuse_twice(struct db *db)
{
	struct query q = db_query(db, "SELECT (SELECT count(*) FROM hub) + (SELECT count(*) FROM user)");
	int64_t n = 0;
	enum err err;

	while (db_next(&q))
		n = get_i64(&q);
	err = db_end(&q);
	return err ? err : n ? ERR_STATE : OK;
}

static enum err load_hubs(struct db *db, struct loading *l)
{
	for (int i = 0; i < DEMO_HUBS; i++) {
		struct edit e = {0};
		struct hub v = {0};
		enum err err;

		FIT(v.name, demo_hubs[i].name);
		if ((err = hub_create(db, &console, l->w->from_s, &v, &e)))
			return err;
		l->hubs[i] = v.id;
	}
	return OK;
}

static void put_national(const struct demo_world *w, int place, char *out, size_t size)
{
	struct json_out o = {0};

	json_open_object(&o, NULL);
	for (int c = 0; c < DEMO_COLUMNS; c++)
		if (w->places[place].columns[c][0])
			json_put_text(&o, w->columns[c], w->places[place].columns[c]);
	json_close_object(&o);
	fit(out, size, o.bytes);
	json_out_free(&o);
}

static enum err load_place(struct db *db, struct loading *l, int i)
{
	const struct demo_world *w = l->w;
	struct edit *e = xcalloc(1, sizeof *e);
	struct place *v = xcalloc(1, sizeof *v);
	enum err err;

	FIT(v->name, demo_column(w, i, "nom"));
	FIT(v->commune, demo_column(w, i, "commune"));
	FIT(v->insee, demo_column(w, i, "code_insee"));
	FIT(v->opening_hours, demo_column(w, i, "horaires"));
	put_national(w, i, v->national, sizeof v->national);
	v->hub_id = l->hubs[w->places[i].hub];
	v->horizon_s = v->max_stay_s = PLACE_SPAN_S;
	v->quota = -1;
	v->parent_id = w->places[i].parent < 0 ? 0 : l->places[w->places[i].parent];
	v->has_latitude = v->has_longitude = true;
	v->latitude = strtod(demo_column(w, i, "latitude"), NULL);
	v->longitude = strtod(demo_column(w, i, "longitude"), NULL);
	err = place_create(db, &console, w->from_s, v, e);
	l->places[i] = l->out->places[i] = v->id;
	free(v);
	free(e);
	return err;
}

/* Branches after their places. */
static enum err load_places(struct db *db, struct loading *l)
{
	enum err err = OK;

	for (int i = 0; !err && i < DEMO_PLACES; i++)
		if (l->w->places[i].parent < 0)
			err = load_place(db, l, i);
	for (int i = 0; !err && i < DEMO_PLACES; i++)
		if (l->w->places[i].parent >= 0)
			err = load_place(db, l, i);
	return err;
}

static enum err load_model(struct db *db, struct loading *l, int i)
{
	const struct demo_model *m = &demo_models[i];
	struct edit *e = xcalloc(1, sizeof *e);
	struct model *v = xcalloc(1, sizeof *v);
	enum err err;

	*v = model_initial;
	FIT(v->name, m->name);
	FIT(v->family, m->family);
	FIT(v->transport_class, m->transport_class);
	FIT(v->requires, m->requires);
	FIT(v->advises, m->advises);
	FIT(v->evidence_policy, m->policy);
	FIT(v->checklist_out, m->checklist_out);
	FIT(v->checklist_in, m->checklist_in);
	FIT(v->notes, m->notes);
	v->off_mw = m->off_mw;
	v->idle_mw = m->idle_mw;
	v->active_mw = m->active_mw;
	v->on_delay_s = m->on_delay_s;
	v->off_delay_s = m->off_delay_s;
	v->prepare_s = m->prepare_s;
	v->inspect_s = m->inspect_s;
	v->max_loan_s = m->max_loan_s;
	v->replacement_value_cents = m->value_cents;
	err = model_create(db, &console, l->w->from_s, v, e);
	l->models[i] = v->id;
	free(v);
	free(e);
	return err;
}

static enum err load_item(struct db *db, struct loading *l, int i)
{
	const struct demo_item *d = &l->w->items[i];
	struct edit *e = xcalloc(1, sizeof *e);
	struct item *v = xcalloc(1, sizeof *v);
	enum err err;

	v->model_id = l->models[d->model];
	v->owner_place_id = l->places[d->owner];
	v->home_place_id = l->places[d->home];
	FIT(v->inventory_no, d->inventory_no);
	FIT(v->serial, d->serial);
	FIT(v->lend_to, d->lend_to);
	FIT(v->approver, d->approver);
	v->cost_cents = d->cost_cents;
	v->in_service_s = d->in_service_s;
	item_code_make(d->code_bits, v->code);
	err = item_create(db, &console, l->w->from_s, v, e);
	l->items[i] = l->out->items[i] = v->id;
	free(v);
	free(e);
	return err;
}

static enum err load_user(struct db *db, struct loading *l, int i)
{
	const struct demo_user *d = &demo_users[i];
	struct user_roles roles = {.n = 1};
	struct user v = {0};
	enum err err;

	FIT(v.email, d->email);
	FIT(v.name, d->name);
	if (!actor_role_parse(d->role, &roles.rows[0].role) ||
	    !actor_scope_parse(d->scope, &roles.rows[0].scope))
		fatal("demo: no such role: %s %s", d->role, d->scope);
	if (roles.rows[0].scope == SCOPE_PLACE)
		roles.rows[0].scope_id = l->places[d->scope_index];
	else if (roles.rows[0].scope == SCOPE_HUB)
		roles.rows[0].scope_id = l->hubs[d->scope_index];
	err = user_add(db, &console, l->w->from_s, &v, &roles, l->password_hashes[i]);
	l->out->users[i] = v.id;
	return err;
}

static enum err load_gateway(struct db *db, struct loading *l, int i)
{
	const struct service_setting *s = service_setting(l->service);
	const char *url = s->broker_public_url[0] ? s->broker_public_url : s->broker_url;
	struct gateway v = {.place_id = l->places[l->w->gateways[i].place]};
	enum err err;

	FIT(v.name, l->w->gateways[i].name);
	err = gateway_create(db, service_secret(l->service), &console, l->w->from_s, url, s->broker_ca, &v,
			     &l->out->enrolments[i]);
	l->gateways[i] = v.id;
	return err;
}

static enum err load_device(struct db *db, struct loading *l, int i)
{
	const struct demo_device *d = &l->w->devices[i];
	struct device v = {.kind = d->source == DEMO_TAG ? DEVICE_BLE : DEVICE_METER};
	enum err err;

	FIT(v.label, d->name);
	if (d->source == DEMO_TAG) {
		hex_encode(d->address, sizeof d->address, v.address);
	} else {
		FIT(v.name, d->name);
		v.gateway_id = l->gateways[d->gateway];
	}
	err = device_create(db, service_secret(l->service), &console, l->w->from_s, &v,
			    d->source == DEMO_TAG ? d->key : NULL);
	if (err)
		return err;
	return device_bind(db, &console, l->w->from_s * 1000, l->items[d->item], d->source == DEMO_METER,
			   v.id);
}

static enum err each(struct db *db, struct loading *l, enum err (*load)(struct db *, struct loading *, int),
		     int n)
{
	enum err err = OK;

	for (int i = 0; !err && i < n; i++)
		err = load(db, l, i);
	return err;
}

static enum err load_all(struct db *db, void *context)
{
	struct loading *l = context;
	enum err err;

	if ((err = refuse_twice(db)) || (err = load_hubs(db, l)) || (err = load_places(db, l)) ||
	    (err = each(db, l, load_model, DEMO_MODELS)) || (err = each(db, l, load_item, DEMO_ITEMS)) ||
	    (err = each(db, l, load_user, DEMO_USERS)) || (err = each(db, l, load_gateway, DEMO_GATEWAYS)))
		return err;
	return each(db, l, load_device, DEMO_DEVICES);
}

enum err demo_load(struct service *s, const struct demo_world *w, struct demo_loaded *out)
{
	struct loading l = {.service = s, .w = w, .out = out};

	for (int i = 0; i < DEMO_USERS; i++)
		if (!password_hash(DEMO_PASSWORD, l.password_hashes[i]))
			return ERR_BUSY;
	return service_write(s, "demo", load_all, &l);
}
