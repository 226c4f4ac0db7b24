/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/api.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/stock/model.h"
#include "inventory-service/domain/stock/model_rules.h"

#define MAX_POWER_MW 100000000 /* 100 kW */
#define MAX_CENTS 100000000000 /* a thousand million euros: no typing error beyond it */
#define MAX_MARGIN_S 1209600   /* 14 days */

static void profile_json(struct json_out *o, const struct model *v)
{
	json_open_object(o, "usage_profile");
	json_put_i64(o, "off_mw", v->off_mw);
	json_put_i64(o, "idle_mw", v->idle_mw);
	json_put_i64(o, "active_mw", v->active_mw);
	json_put_i64(o, "on_delay_s", v->on_delay_s);
	json_put_i64(o, "off_delay_s", v->off_delay_s);
	json_close_object(o);
}

static void model_json(struct json_out *o, const struct model *v)
{
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_text(o, "name", v->name);
	json_put_text(o, "family", v->family);
	json_put_text(o, "transport_class", v->transport_class);
	json_put_raw(o, "requires", v->requires);
	json_put_raw(o, "advises", v->advises);
	profile_json(o, v);
	json_put_text(o, "evidence_policy", v->evidence_policy);
	json_put_i64(o, "prepare_s", v->prepare_s);
	json_put_i64(o, "inspect_s", v->inspect_s);
	json_put_i64(o, "max_loan_s", v->max_loan_s);
	json_put_raw(o, "checklist_out", v->checklist_out);
	json_put_raw(o, "checklist_in", v->checklist_in);
	json_put_text_or_null(o, "notes", v->notes);
	json_put_opt(o, "replacement_value_cents", v->replacement_value_cents >= 0,
		     v->replacement_value_cents);
	json_close_object(o);
}

static const char *const titles[] = {
	"N°", "Modèle", "Famille", "Classe de transport", "Preuve d'usage", "Valeur à neuf (€)", NULL};

static void put(struct page *p, const struct model *v)
{
	if (!p->call->wants_csv) {
		model_json(&p->call->out, v);
		return;
	}
	csv_i64(&p->csv, v->id);
	csv_text(&p->csv, v->name);
	csv_text(&p->csv, v->family);
	csv_text(&p->csv, v->transport_class);
	csv_text(&p->csv, v->evidence_policy);
	if (v->replacement_value_cents >= 0)
		csv_decimal(&p->csv, v->replacement_value_cents, 2);
	else
		csv_text(&p->csv, "");
	csv_end_row(&p->csv);
}

enum err api_models_list(struct call *c)
{
	char family[MODEL_FAMILY_SIZE];
	struct page p;
	struct query q;
	struct model v;
	enum err err;

	if ((err = page_begin(c, &p, titles)) ||
	    (err = call_query_text(c, "family", family, sizeof family)) || (err = call_query_end(c)))
		return err;
	q = model_list(c->db, p.after_id, family, p.limit + 1);
	while (model_next(&q, &v) && page_takes(&p, v.id))
		put(&p, &v);
	return page_end(&p, db_end(&q));
}

static enum err show(struct call *c, const struct model *v)
{
	c->version = v->version;
	model_json(&c->out, v);
	return OK;
}

enum err api_model_show(struct call *c)
{
	struct model v;
	enum err err;

	if ((err = call_query_end(c)) || (err = model_find(c->db, c->ids[0], &v)))
		return err;
	return show(c, &v);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

struct text_list {
	const char *name;
	size_t max;
	bool are_credentials;
};

/* An array of texts, kept as JSON in out; absent: as it was; null: empty. */
static enum err read_list(struct call *c, struct json_in *in, const struct text_list *list, char *out,
			  size_t size)
{
	bool is_there = json_has(in, list->name);
	struct json_array a = json_maybe_array(in, list->name, list->max);
	struct json_out kept = {0};
	char text[MODEL_CHECKLIST_LINE];
	enum err err = OK;

	if (!is_there || in->fault != JSON_OK)
		return OK; /* a fault is told at the end of the body */
	json_open_array(&kept, NULL);
	while (!err && json_next(&a)) {
		if (!json_element_text(&a, text, sizeof text) || !text[0])
			err = call_refuse(c, ERR_TYPE, list->name,
					  "Une liste de textes de 1 à 120 octets est attendue.");
		else if (list->are_credentials && !model_credential_valid(text))
			err = call_refuse(
				c, ERR_RANGE, list->name,
				"Une habilitation s'écrit en minuscules, chiffres et _ : drone_a1a3, laser.");
		else
			json_put_text(&kept, NULL, text);
	}
	json_close_array(&kept);
	if (!err && !str_copy(out, size, kept.bytes))
		err = call_refuse(c, ERR_LENGTH, list->name, "La liste est trop longue : abrégez.");
	json_out_free(&kept);
	return err;
}

static enum err read_lists(struct call *c, struct json_in *in, struct model *v)
{
	static const struct text_list requires = {"requires", MODEL_CREDENTIALS_MAX, true};
	static const struct text_list advises = {"advises", MODEL_CREDENTIALS_MAX, true};
	static const struct text_list checks_out = {"checklist_out", MODEL_CHECKLIST_MAX, false};
	static const struct text_list checks_in = {"checklist_in", MODEL_CHECKLIST_MAX, false};
	enum err err;

	if ((err = read_list(c, in, &requires, v->requires, sizeof v->requires)) ||
	    (err = read_list(c, in, &advises, v->advises, sizeof v->advises)) ||
	    (err = read_list(c, in, &checks_out, v->checklist_out, sizeof v->checklist_out)))
		return err;
	return read_list(c, in, &checks_in, v->checklist_in, sizeof v->checklist_in);
}

static enum err read_profile(struct call *c, struct json_in *in, struct model *v)
{
	struct json_in profile = json_maybe_object(in, "usage_profile");
	char member[48], field[64];
	enum err err;

	if (!profile.node)
		return OK;
	member_i64(&profile, false, "off_mw", 0, MAX_POWER_MW, &v->off_mw);
	member_i64(&profile, false, "idle_mw", 0, MAX_POWER_MW, &v->idle_mw);
	member_i64(&profile, false, "active_mw", 0, MAX_POWER_MW, &v->active_mw);
	member_i64(&profile, false, "on_delay_s", 0, 3600, &v->on_delay_s);
	member_i64(&profile, false, "off_delay_s", 0, 3600, &v->off_delay_s);
	if (!(err = call_body_end(c, &profile)))
		return OK;
	if (!str_copy(member, sizeof member, c->field) ||
	    !str_format(field, sizeof field, "usage_profile.%s", member))
		return call_refuse(c, err, "usage_profile", NULL);
	return call_refuse(c, err, field, NULL);
}

static enum err read_body(struct call *c, bool creating, struct model *v)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	member_text(&in, creating, "name", v->name, sizeof v->name);
	member_text(&in, creating, "family", v->family, sizeof v->family);
	member_text(&in, creating, "transport_class", v->transport_class, sizeof v->transport_class);
	if ((err = read_lists(c, &in, v)) || (err = read_profile(c, &in, v)))
		return err;
	member_text(&in, false, "evidence_policy", v->evidence_policy, sizeof v->evidence_policy);
	member_i64(&in, false, "prepare_s", 0, MAX_MARGIN_S, &v->prepare_s);
	member_i64(&in, false, "inspect_s", 0, MAX_MARGIN_S, &v->inspect_s);
	member_i64(&in, false, "max_loan_s", 3600, 31622400, &v->max_loan_s);
	member_text_or_none(&in, "notes", v->notes, sizeof v->notes);
	member_i64_or_none(&in, "replacement_value_cents", MAX_CENTS, &v->replacement_value_cents);
	return call_body_end(c, &in);
}

enum err api_models_add(struct call *c)
{
	struct edit e = {0};
	struct model v = model_initial;
	enum err err;

	if ((err = read_body(c, true, &v)))
		return err;
	if ((err = model_create(c->db, c->who, c->now_s, &v, &e)))
		return member_refused(c, err, &e);
	call_created(c, "/models", v.id);
	call_changed(c, "model", v.id, v.version, e.fields);
	return show(c, &v);
}

enum err api_model_change(struct call *c)
{
	struct edit e = {.expected_version = c->if_match};
	struct model v;
	enum err err;

	if ((err = model_find(c->db, c->ids[0], &v)) || (err = read_body(c, false, &v)))
		return err;
	if ((err = model_change(c->db, c->who, c->now_s, &v, &e)))
		return member_refused(c, err, &e);
	if (e.n)
		call_changed(c, "model", v.id, v.version, e.fields);
	return show(c, &v);
}
