/* SPDX-License-Identifier: EUPL-1.2 */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/member.h"
#include "inventory-service/api/page.h"
#include "inventory-service/domain/evidence/attention_list.h"
#include "inventory-service/rights.h"

static void attention_json(struct json_out *o, const struct attention *v)
{
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_text(o, "code", v->code);
	json_put_text(o, "object", v->object);
	json_put_i64(o, "object_id", v->object_id);
	json_put_text_or_null(o, "label", v->label);
	json_put_text(o, "detail", v->detail);
	json_put_i64(o, "n", v->n);
	json_put_time(o, "since", v->first_ms / 1000);
	json_put_time(o, "last_at", v->last_ms / 1000);
	json_put_id(o, "item_id", v->item_id);
	json_put_id(o, "place_id", v->place_id);
	json_put_id(o, "hub_id", v->hub_id);
	json_close_object(o);
}

static const char *const titles[] = {
	"N°",         "Motif", "Objet",        "N° d'objet",          "Nom",
	"Détail",     "Fois",  "Depuis (UTC)", "Dernière fois (UTC)", "N° d'exemplaire",
	"N° de lieu", NULL};

static void put(struct page *p, const struct attention *v)
{
	if (!p->call->wants_csv) {
		attention_json(&p->call->out, v);
		return;
	}
	csv_i64(&p->csv, v->id);
	csv_text(&p->csv, v->code);
	csv_text(&p->csv, v->object);
	csv_i64(&p->csv, v->object_id);
	csv_text(&p->csv, v->label);
	csv_text(&p->csv, v->detail);
	csv_i64(&p->csv, v->n);
	csv_time(&p->csv, v->first_ms / 1000);
	csv_time(&p->csv, v->last_ms / 1000);
	csv_id(&p->csv, v->item_id);
	csv_id(&p->csv, v->place_id);
	csv_end_row(&p->csv);
}

struct wanted {
	int64_t place_id, hub_id;
};

/* scope=place|hub|region & scope_id; nothing said: all that the caller may see. */
static enum err read_scope(struct call *c, struct wanted *w)
{
	char scope[8];
	int64_t id;
	enum err err;

	*w = (struct wanted){0};
	if ((err = call_query_text(c, "scope", scope, sizeof scope)) ||
	    (err = call_query_i64(c, "scope_id", 1, INT64_MAX, 0, &id)))
		return err;
	if (!scope[0] || strcmp(scope, "region") == 0)
		return id ? call_refuse(c, ERR_RANGE, "scope_id",
					"La région n'a pas de numéro : retirez scope_id.")
			  : OK;
	if (strcmp(scope, "place") == 0)
		w->place_id = id;
	else if (strcmp(scope, "hub") == 0)
		w->hub_id = id;
	else
		return call_refuse(c, ERR_RANGE, "scope", "Les périmètres sont place, hub et region.");
	return id ? OK : call_refuse(c, ERR_REQUIRED, "scope_id", "Donnez le numéro du lieu ou du pôle.");
}

/* What concerns no place, an unbound tag say, is for those who look after the region. */
static bool is_visible(const struct call *c, const struct attention *v)
{
	struct place_scope at = {.place_id = v->place_id, .hub_id = v->hub_id};

	return rights_allows(c->route, c->who, &at);
}

enum err api_attention_list(struct call *c)
{
	struct attention v;
	struct wanted wanted;
	struct page p;
	struct query q;
	enum err err;

	if ((err = page_begin(c, &p, titles)) || (err = read_scope(c, &wanted)) || (err = call_query_end(c)))
		return err;
	q = attention_list(c->db, p.after_id, wanted.place_id, wanted.hub_id, INT64_MAX);
	while (attention_next(&q, &v))
		if (is_visible(c, &v)) {
			if (!page_takes(&p, v.id))
				break;
			put(&p, &v);
		}
	return page_end(&p, db_end(&q));
}
