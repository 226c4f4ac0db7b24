/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A place's "national" is the national standard for places of digital mediation, 1.0.2: 32 columns by their
 * own names. They are kept as they were given and never guessed at. Which hub a place is in is the Région's
 * to say.
 */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/stock/closure.h"
#include "inventory-service/domain/stock/opening_rules.h"
#include "inventory-service/domain/stock/place.h"
#include "inventory-service/rights.h"

/* The members of an open object: its closures come where one place is shown. */
static void place_json(struct json_out *o, const struct place *v)
{
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_text(o, "name", v->name);
	json_put_id(o, "hub_id", v->hub_id);
	json_put_id(o, "parent_id", v->parent_id);
	json_put_text(o, "commune", v->commune);
	json_put_text_or_null(o, "insee", v->insee);
	if (v->has_latitude)
		json_put_f64(o, "latitude", v->latitude);
	else
		json_put_null(o, "latitude");
	if (v->has_longitude)
		json_put_f64(o, "longitude", v->longitude);
	else
		json_put_null(o, "longitude");
	json_put_text_or_null(o, "opening_hours", v->opening_hours);
	json_put_raw(o, "national", v->national);
	json_put_i64(o, "notice_s", v->notice_s);
	json_put_i64(o, "horizon_s", v->horizon_s);
	json_put_i64(o, "max_stay_s", v->max_stay_s);
	json_put_opt(o, "quota", v->quota >= 0, v->quota);
}

static void closures_json(struct json_out *o, const char *name, const struct closure *rows, size_t n)
{
	json_open_array(o, name);
	for (size_t i = 0; i < n; i++) {
		json_open_object(o, NULL);
		json_put_text(o, "from", rows[i].from);
		json_put_text(o, "to", rows[i].until);
		json_put_text_or_null(o, "label", rows[i].label);
		json_close_object(o);
	}
	json_close_array(o);
}

static const char *const titles[] = {"N°",       "Lieu",       "N° de pôle", "N° du lieu principal",
				     "Commune",  "Code INSEE", "Latitude",   "Longitude",
				     "Horaires", NULL};

static void put_degrees(struct csv *csv, bool known, double v)
{
	if (known)
		csv_decimal(csv, (int64_t)(v * 1e6 + (v < 0 ? -0.5 : 0.5)), 6);
	else
		csv_text(csv, "");
}

static void put(struct page *p, const struct place *v)
{
	if (!p->call->wants_csv) {
		place_json(&p->call->out, v);
		json_close_object(&p->call->out);
		return;
	}
	csv_i64(&p->csv, v->id);
	csv_text(&p->csv, v->name);
	csv_id(&p->csv, v->hub_id);
	csv_id(&p->csv, v->parent_id);
	csv_text(&p->csv, v->commune);
	csv_text(&p->csv, v->insee);
	put_degrees(&p->csv, v->has_latitude, v->latitude);
	put_degrees(&p->csv, v->has_longitude, v->longitude);
	csv_text(&p->csv, v->opening_hours);
	csv_end_row(&p->csv);
}

enum err api_places_list(struct call *c)
{
	char q_text[81], pattern[200];
	struct place_filter f = {.q = q_text};
	struct page p;
	struct query q;
	struct place v;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = call_query_text(c, "q", q_text, sizeof q_text)) ||
	    (err = call_query_i64(c, "hub_id", 1, INT64_MAX, 0, &f.hub_id)) || (err = call_query_end(c)))
		return err;
	f.after_id = p.after_id;
	f.limit = p.limit + 1;
	q = place_list(c->db, &f, pattern);
	while (place_next(&q, &v) && page_takes(&p, v.id))
		put(&p, &v);
	return page_end(&p, db_end(&q));
}

static enum err show(struct call *c, const struct place *v)
{
	struct closure rows[CLOSURES_MAX];
	size_t n;
	enum err err = closure_list(c->db, v->id, rows, &n);

	if (err)
		return err;
	c->version = v->version;
	place_json(&c->out, v);
	closures_json(&c->out, "closures", rows, n);
	json_close_object(&c->out);
	return OK;
}

enum err api_place_show(struct call *c)
{
	struct place v;
	enum err err;

	if ((err = call_query_end(c)) || (err = place_find(c->db, c->ids[0], &v)))
		return err;
	return show(c, &v);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static const char *const columns[] = {
	"id",
	"pivot",
	"nom",
	"commune",
	"code_postal",
	"code_insee",
	"adresse",
	"complement_adresse",
	"latitude",
	"longitude",
	"typologie",
	"telephone",
	"courriels",
	"site_web",
	"horaires",
	"presentation_resume",
	"presentation_detail",
	"source",
	"itinerance",
	"structure_parente",
	"date_maj",
	"services",
	"publics_specifiquement_adresses",
	"prise_en_charge_specifique",
	"frais_a_charge",
	"dispositif_programmes_nationaux",
	"formations_labels",
	"autres_formations_labels",
	"modalites_acces",
	"modalites_accompagnement",
	"fiche_acces_libre",
	"prise_rdv",
};

/* A column's value: a text, or a number where the standard has one. */
static void copy_column(struct json_in *in, const char *name, struct json_out *out)
{
	struct json_in asked = *in; /* a cursor is a value: this one only looks */
	bool may_be_number = strcmp(name, "latitude") == 0 || strcmp(name, "longitude") == 0;
	char text[4001];
	double number;

	if (may_be_number && json_maybe_f64(&asked, name, -180, 180, &number)) {
		*in = asked;
		json_put_f64(out, name, number);
		return;
	}
	if (json_maybe_text(in, name, text, sizeof text))
		json_put_text(out, name, text);
}

static enum err national_fault(struct call *c, enum err err)
{
	char column[48];
	char field[64];

	if (!str_copy(column, sizeof column, c->field) ||
	    !str_format(field, sizeof field, "national.%s", column))
		return call_refuse(c, err, "national", NULL);
	return call_refuse(c, err, field,
			   "Voyez les 32 colonnes du standard des lieux de médiation numérique.");
}

static enum err read_national(struct call *c, struct json_in *national, char out[PLACE_NATIONAL_SIZE])
{
	struct json_out kept = {0};
	enum err err;

	json_open_object(&kept, NULL);
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		copy_column(national, columns[i], &kept);
	json_close_object(&kept);
	if ((err = call_body_end(c, national)))
		err = national_fault(c, err);
	else if (!str_copy(out, PLACE_NATIONAL_SIZE, kept.bytes))
		err = call_refuse(c, ERR_LENGTH, "national",
				  "L'ensemble des colonnes dépasse 16 000 octets : abrégez.");
	json_out_free(&kept);
	return err;
}

struct closures {
	bool given;
	size_t n;
	struct closure rows[CLOSURES_MAX];
};

static enum err read_closure(struct call *c, struct json_in *in, struct closure *v, size_t i)
{
	struct calendar_date from, until;
	char field[64];
	enum err err;

	*v = (struct closure){.label = ""};
	json_take_text(in, "from", v->from, sizeof v->from);
	json_take_text(in, "to", v->until, sizeof v->until);
	member_text_or_none(in, "label", v->label, sizeof v->label);
	err = call_body_end(c, in);
	if (!err && (!calendar_date_parse(v->from, &from) || !calendar_date_parse(v->until, &until) ||
		     strcmp(v->from, v->until) > 0))
		err = ERR_TIME;
	if (!err)
		return OK;
	if (!str_format(field, sizeof field, "closures[%d]", (int)i))
		return err;
	return call_refuse(c, err, field,
			   "Donnez deux dates, du premier au dernier jour de fermeture : 2026-12-24.");
}

static enum err read_closures(struct call *c, struct json_array *a, struct closures *out)
{
	enum err err;

	for (out->n = 0; json_next(a); out->n++) {
		struct json_in in = json_element_object(a);

		if ((err = read_closure(c, &in, &out->rows[out->n], out->n)))
			return err;
	}
	return OK;
}

static enum err check_hours(struct call *c, const char *text)
{
	struct opening_week week;
	size_t at;

	return opening_parse(text, &week, &at) ? OK
					       : call_refuse(c, ERR_RANGE, "opening_hours",
							     "Écrivez les horaires ainsi : Tu-Fr "
							     "09:30-12:30,13:30-18:00; Sa 10:00-12:30.");
}

static enum err read_body(struct call *c, bool creating, struct place *v, struct closures *closures)
{
	struct json_array rows;
	struct json_in in, national;
	bool empties;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	member_text(&in, creating, "name", v->name, sizeof v->name);
	member_id_or_none(&in, "hub_id", &v->hub_id);
	member_id_or_none(&in, "parent_id", &v->parent_id);
	member_text_or_none(&in, "commune", v->commune, sizeof v->commune);
	member_text_or_none(&in, "insee", v->insee, sizeof v->insee);
	member_f64_or_none(&in, "latitude", -90, 90, &v->has_latitude, &v->latitude);
	member_f64_or_none(&in, "longitude", -180, 180, &v->has_longitude, &v->longitude);
	member_text_or_none(&in, "opening_hours", v->opening_hours, sizeof v->opening_hours);
	empties = json_has(&in, "national") && json_is_null(&in, "national");
	national = json_maybe_object(&in, "national");
	member_i64(&in, false, "notice_s", 0, PLACE_NOTICE_MAX_S, &v->notice_s);
	member_i64(&in, false, "horizon_s", PLACE_SPAN_MIN_S, PLACE_SPAN_MAX_S, &v->horizon_s);
	member_i64(&in, false, "max_stay_s", PLACE_SPAN_MIN_S, PLACE_SPAN_MAX_S, &v->max_stay_s);
	member_i64_or_none(&in, "quota", PLACE_QUOTA_MAX, &v->quota);
	closures->given = json_has(&in, "closures");
	rows = json_maybe_array(&in, "closures", CLOSURES_MAX);
	if ((err = call_body_end(c, &in)) || (err = check_hours(c, v->opening_hours)) ||
	    (err = read_closures(c, &rows, closures)))
		return err;
	if (v->quota == 0)
		return call_refuse(c, ERR_RANGE, "quota",
				   "Un quota est d'au moins 1 ; laissez-le vide pour n'en fixer aucun.");
	if (empties && !str_copy(v->national, sizeof v->national, "{}"))
		return ERR_INTERNAL;
	return national.node ? read_national(c, &national, v->national) : OK;
}

enum err api_places_add(struct call *c)
{
	struct edit e = {0};
	struct place v = {PLACE_DEFAULTS};
	struct closures closures = {0};
	enum err err;

	if ((err = read_body(c, true, &v, &closures)))
		return err;
	if ((err = place_create(c->db, c->who, c->now_s, &v, &e)))
		return member_refused(c, err, &e);
	if (closures.n && (err = closure_replace(c->db, v.id, closures.rows, closures.n)))
		return err;
	call_created(c, "/places", v.id);
	call_changed(c, "place", v.id, v.version, e.fields);
	return show(c, &v);
}

/* What only the Région says: which hub, whose branch. Pure but for the words. */
static enum err check_structure(struct call *c, const struct place *was, const struct place *v)
{
	struct place_scope at = {.place_id = was->id, .hub_id = was->hub_id};

	if (was->hub_id == v->hub_id && was->parent_id == v->parent_id)
		return OK;
	if (rights_covers(c->who, R(REGION_OFFICER), &at))
		return OK;
	return call_refuse(
		c, ERR_FORBIDDEN, was->hub_id != v->hub_id ? "hub_id" : "parent_id",
		"Le rattachement d'un lieu est décidé par le service régional : adressez-lui la demande.");
}

/* One more member of the change: its audit row says what they were and are. */
static enum err change_closures(struct call *c, int64_t place_id, const struct closures *new, struct edit *e)
{
	struct closure rows[CLOSURES_MAX];
	struct json_out was = {0}, is = {0};
	size_t n;
	enum err err = closure_list(c->db, place_id, rows, &n);

	if (!err) {
		closures_json(&was, NULL, rows, n);
		closures_json(&is, NULL, new->rows, new->n);
		edit_json(e, "closures", was.bytes, is.bytes);
		err = e->n ? closure_replace(c->db, place_id, new->rows, new->n) : OK;
	}
	json_out_free(&was);
	json_out_free(&is);
	return err;
}

enum err api_place_change(struct call *c)
{
	struct edit e = {.expected_version = c->if_match};
	struct closures closures = {0};
	struct place was, v;
	enum err err;

	if ((err = place_find(c->db, c->ids[0], &was)) || (err = rights_place(c, was.id)))
		return err;
	v = was;
	if ((err = read_body(c, false, &v, &closures)) || (err = check_structure(c, &was, &v)) ||
	    (closures.given && (err = change_closures(c, v.id, &closures, &e))))
		return err;
	if ((err = place_change(c->db, c->who, c->now_s, &v, &e)))
		return member_refused(c, err, &e);
	if (e.n)
		call_changed(c, "place", v.id, v.version, e.fields);
	return show(c, &v);
}
