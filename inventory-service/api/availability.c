/* SPDX-License-Identifier: EUPL-1.2 */
/* When things could be had: of one item, a model or a family, nearest first, for a place that asks. */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/lend.h"
#include "inventory-service/api/member.h"
#include "inventory-service/domain/lending/availability_rules.h"
#include "inventory-service/domain/lending/finder.h"
#include "inventory-service/domain/lending/thing.h"
#include "inventory-service/service.h"

#define MAX_DAYS 62

struct question {
	struct finder_filter filter;
	struct availability_question ask;
	char family[MODEL_FAMILY_SIZE];
};

static enum err read_travel(struct call *c, bool *on_site)
{
	char travel[16];
	enum err err = call_query_text(c, "travel", travel, sizeof travel);

	*on_site = strcmp(travel, "on_site") == 0;
	if (err || !travel[0] || *on_site || strcmp(travel, "fetch") == 0)
		return err;
	return call_refuse(c, ERR_RANGE, "travel", "Choisissez « fetch » ou « on_site ».");
}

static enum err read_window(struct call *c, struct booking_terms *t)
{
	bool has_from, has_to;
	enum err err;

	if ((err = call_query_time(c, "from", &t->starts_s, &has_from)) ||
	    (err = call_query_time(c, "to", &t->ends_s, &has_to)))
		return err;
	if (!has_from || !has_to)
		return call_refuse(c, ERR_REQUIRED, has_from ? "to" : "from", NULL);
	if (t->ends_s <= t->starts_s)
		return call_refuse(c, ERR_TIME, "to", "La fin doit venir après le début.");
	return t->ends_s - t->starts_s > MAX_DAYS * (int64_t)86400
		       ? call_refuse(c, ERR_RANGE, "to", "Demandez au plus 62 jours à la fois.")
		       : OK;
}

static enum err read_question(struct call *c, struct question *q)
{
	enum err err;

	*q = (struct question){.ask = {.terms = {.now_s = c->now_s}}};
	q->filter.family = q->family;
	if ((err = read_window(c, &q->ask.terms)) || (err = read_travel(c, &q->ask.on_site)) ||
	    (err = call_query_text(c, "family", q->family, sizeof q->family)) ||
	    (err = call_query_i64(c, "item_id", 1, INT64_MAX, 0, &q->filter.item_id)) ||
	    (err = call_query_i64(c, "model_id", 1, INT64_MAX, 0, &q->filter.model_id)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &q->ask.terms.place_id)) ||
	    (err = call_query_i64(c, "duration_s", 60, 63072000, 3600, &q->ask.duration_s)) ||
	    (err = call_query_end(c)))
		return err;
	q->filter.near_id = q->ask.terms.place_id;
	return OK;
}

static void put_item(struct call *c, const struct found *f, const struct availability *a)
{
	json_open_object(&c->out, NULL);
	json_put_i64(&c->out, "item_id", f->item_id);
	json_put_i64(&c->out, "model_id", f->model_id);
	json_put_text(&c->out, "model_name", f->model_name);
	json_put_text(&c->out, "family", f->family);
	json_put_text(&c->out, "inventory_no", f->inventory_no);
	json_put_i64(&c->out, "home_place_id", f->home_id);
	json_put_text(&c->out, "home_place_name", f->home_name);
	if (f->has_km)
		json_put_i64(&c->out, "distance_km", (int64_t)(f->km + 0.5));
	else
		json_put_null(&c->out, "distance_km");
	json_open_array(&c->out, "changes");
	for (size_t i = 0; i < a->n_changes; i++) {
		json_open_object(&c->out, NULL);
		json_put_time(&c->out, "at", a->changes[i].at_s);
		json_put_bool(&c->out, "free", !a->changes[i].reason);
		json_put_text(&c->out, "reason", a->changes[i].reason);
		json_close_object(&c->out);
	}
	json_close_array(&c->out);
	json_open_array(&c->out, "starts");
	for (size_t i = 0; i < a->n_starts; i++)
		json_put_time(&c->out, NULL, a->starts[i]);
	json_close_array(&c->out);
	json_close_object(&c->out);
}

/* No stay that begins in the window ends later. */
static int64_t last_end(const struct availability_question *a, const struct thing *v)
{
	int64_t end_s = a->terms.ends_s + a->duration_s, open_s;

	if (a->terms.place_id != v->home_id && opening_next(&v->counter, end_s, &open_s))
		end_s = open_s;
	return end_s + v->prepare_s + v->inspect_s + a->ways.lead_s;
}

/* like: the thing before, of the same home more often than not. */
static enum err tell(struct call *c, const struct question *q, const struct found *f, struct thing *like)
{
	const struct lending_policy *policy = &service_setting(c->service)->lending;
	struct availability_question ask = q->ask;
	struct stay stays[AVAILABILITY_STAYS];
	struct availability a;
	struct hold_item item;
	struct thing v;
	enum err err;

	if ((err = thing_load_like(c->db, f->item_id, c->now_s, like->item_id ? like : NULL, &v)))
		return err;
	*like = v;
	if (!ask.terms.place_id) /* nobody in particular asks: as its home would */
		ask.terms.place_id = v.home_id;
	item = hold_item_of(&v, c->now_s, policy);
	ask.ways = item.ways;
	if ((err = hold_list(c->db, &item, ask.terms.starts_s, last_end(&ask, &v), stays, AVAILABILITY_STAYS,
			     &ask.n_stays)))
		return err;
	if (v.quota && ask.terms.place_id != v.home_id) {
		struct lending l = lend_of(c);

		if ((err = wish_live_lines(&l, ask.terms.place_id, v.home_id, 0, &ask.live_lines)))
			return err;
		ask.live_lines++;
	}
	ask.stays = stays;
	availability_tell(&ask, &v, &a);
	put_item(c, f, &a);
	return OK;
}

enum err api_availability(struct call *c)
{
	struct thing like = {0};
	struct found *found;
	struct question q;
	size_t n;
	enum err err;

	if ((err = read_question(c, &q)))
		return err;
	if (q.ask.terms.place_id && (err = place_hub(c->db, q.ask.terms.place_id, &q.ask.terms.hub_id)))
		return err == ERR_NOT_FOUND ? call_refuse(c, ERR_REFERENCE, "place_id", NULL) : err;
	if ((err = finder_list(c->db, &q.filter, &found, &n)))
		return err;
	json_open_object(&c->out, NULL);
	json_open_array(&c->out, "items");
	for (size_t i = 0; !err && i < n; i++)
		err = tell(c, &q, &found[i], &like);
	json_close_array(&c->out);
	json_close_object(&c->out);
	finder_free(found);
	return err;
}
