/* SPDX-License-Identifier: EUPL-1.2 */
/* Keys leave once, in the enrolment that a creation or a rotation answers; nothing else shows them. */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/evidence/gateway.h"
#include "inventory-service/rights.h"
#include "inventory-service/service.h"

static bool is_provisioned(const struct gateway *v)
{
	return !v->revoked_s && v->provisioned_generation == v->generation;
}

static void gateway_json(struct json_out *o, const struct gateway *v, const struct enrolment *enrolment)
{
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_text(o, "gateway", v->gw);
	json_put_text(o, "name", v->name);
	json_put_i64(o, "place_id", v->place_id);
	json_put_text(o, "state", v->state);
	json_put_time_or_null(o, "state_at", v->state_ms / 1000);
	json_put_time_or_null(o, "heard_at", v->heard_ms / 1000);
	json_put_bool(o, "provisioned", is_provisioned(v));
	json_put_text_or_null(o, "software", v->software);
	json_put_opt(o, "spool_depth", v->spool_depth >= 0, v->spool_depth);
	json_put_time_or_null(o, "rotating_until", v->old_until_s);
	json_put_time_or_null(o, "revoked_at", v->revoked_s);
	if (enrolment)
		enrolment_put(o, "enrolment", enrolment);
	json_close_object(o);
}

static const char *const titles[] = {"N°",
				     "Identifiant",
				     "Nom",
				     "N° de lieu",
				     "État",
				     "Entendu le (UTC)",
				     "Prêt côté serveur",
				     "Version",
				     "Lots en attente",
				     "Révoqué le (UTC)",
				     NULL};

static void put(struct page *p, const struct gateway *v)
{
	if (!p->call->wants_csv) {
		gateway_json(&p->call->out, v, NULL);
		return;
	}
	csv_i64(&p->csv, v->id);
	csv_text(&p->csv, v->gw);
	csv_text(&p->csv, v->name);
	csv_i64(&p->csv, v->place_id);
	csv_text(&p->csv, strcmp(v->state, "ready") == 0  ? "connecté"
			  : strcmp(v->state, "lost") == 0 ? "muet"
							  : "inconnu");
	csv_time(&p->csv, v->heard_ms / 1000);
	csv_text(&p->csv, is_provisioned(v) ? "oui" : "non");
	csv_text(&p->csv, v->software);
	csv_opt(&p->csv, v->spool_depth >= 0, v->spool_depth);
	csv_time(&p->csv, v->revoked_s);
	csv_end_row(&p->csv);
}

enum err api_gateways_list(struct call *c)
{
	struct gateway v;
	struct page p;
	struct query q;
	int64_t place_id;
	enum err err;

	if ((err = page_begin(c, &p, titles)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &place_id)) || (err = call_query_end(c)))
		return err;
	q = gateway_list(c->db, p.after_id, place_id, INT64_MAX);
	while (gateway_next(&q, &v))
		if (rights_at(c, v.place_id)) {
			if (!page_takes(&p, v.id))
				break;
			put(&p, &v);
		}
	return page_end(&p, db_end(&q));
}

static enum err show(struct call *c, int64_t id, const struct enrolment *enrolment)
{
	struct gateway v;
	enum err err = gateway_find(c->db, id, &v);

	if (err)
		return err;
	c->version = v.version;
	gateway_json(&c->out, &v, enrolment);
	return OK;
}

static enum err of_path(struct call *c, struct gateway *v)
{
	enum err err = gateway_find(c->db, c->ids[0], v);

	return err ? err : rights_place(c, v->place_id);
}

enum err api_gateway_show(struct call *c)
{
	struct gateway v;
	enum err err;

	if ((err = call_query_end(c)) || (err = of_path(c, &v)))
		return err;
	return show(c, v.id, NULL);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static const char *broker_url(const struct call *c)
{
	const struct service_setting *s = service_setting(c->service);

	return s->broker_public_url[0] ? s->broker_public_url : s->broker_url;
}

static const char *broker_ca(const struct call *c)
{
	const struct service_setting *s = service_setting(c->service);

	return s->broker_ca[0] ? s->broker_ca : NULL;
}

static enum err read_body(struct call *c, bool creating, struct gateway *v)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	member_text(&in, creating, "name", v->name, sizeof v->name);
	member_id(&in, creating, "place_id", &v->place_id);
	if ((err = call_body_end(c, &in)))
		return err;
	return v->name[0] ? OK
			  : call_refuse(c, ERR_REQUIRED, "name",
					"Donnez un nom au boîtier : « Atelier », « Accueil ».");
}

static enum err refuse_revoked(struct call *c)
{
	return call_refuse(c, ERR_STATE, NULL, "Ce boîtier est révoqué : créez-en un autre à sa place.");
}

static enum err check_place(struct call *c, int64_t place_id)
{
	enum err err = rights_place(c, place_id);

	if (err == ERR_NOT_FOUND)
		return call_refuse(
			c, ERR_REFERENCE, "place_id",
			"Ce lieu n'existe pas, ou n'est pas parmi les vôtres : choisissez-en un dans la "
			"liste.");
	return err ? call_refuse(c, err, "place_id", "Vous n'avez pas de rôle dans ce lieu.") : OK;
}

enum err api_gateways_add(struct call *c)
{
	struct gateway v = {0};
	struct enrolment enrolment;
	enum err err;

	if ((err = read_body(c, true, &v)) || (err = check_place(c, v.place_id)))
		return err;
	if ((err = gateway_create(c->db, service_secret(c->service), c->who, c->now_s, broker_url(c),
				  broker_ca(c), &v, &enrolment)))
		return err;
	call_created(c, "/gateways", v.id);
	call_changed(c, "gateway", v.id, v.version, "name,place_id");
	err = show(c, v.id, &enrolment);
	enrolment_wipe(&enrolment);
	return err;
}

enum err api_gateway_change(struct call *c)
{
	struct edit e = {.expected_version = c->if_match};
	struct gateway was, v;
	enum err err;

	if ((err = of_path(c, &was)))
		return err;
	v = was;
	if ((err = read_body(c, false, &v)) ||
	    (v.place_id != was.place_id && (err = check_place(c, v.place_id))))
		return err;
	err = gateway_change(c->db, c->who, c->now_s, &v, &e);
	if (err == ERR_STATE)
		return refuse_revoked(c);
	if (err)
		return member_refused(c, err, &e);
	if (e.n)
		call_changed(c, "gateway", v.id, was.version + 1, e.fields);
	return show(c, v.id, NULL);
}

enum err api_gateway_rotate(struct call *c)
{
	struct member_command command;
	struct enrolment enrolment;
	struct gateway v;
	enum err err;

	if ((err = of_path(c, &v)) || (err = call_check_version(c, v.version)) ||
	    (err = member_command_now(c, false, &command)))
		return err;
	err = gateway_rotate(c->db, service_secret(c->service), c->who, c->now_s, v.id, broker_url(c),
			     broker_ca(c), &enrolment);
	if (err == ERR_STATE)
		return refuse_revoked(c);
	if (err)
		return err;
	call_changed(c, "gateway", v.id, v.version + 1, "provisioned,rotating_until");
	err = show(c, v.id, &enrolment);
	enrolment_wipe(&enrolment);
	return err;
}

enum err api_gateway_revoke(struct call *c)
{
	struct member_command command;
	struct gateway v;
	enum err err;

	if ((err = of_path(c, &v)) || (err = call_check_version(c, v.version)) ||
	    (err = member_command_now(c, false, &command)) ||
	    (err = gateway_revoke(c->db, c->who, c->now_s, v.id)))
		return err;
	call_changed(c, "gateway", v.id, v.version + 1, "revoked_at,provisioned");
	return show(c, v.id, NULL);
}
