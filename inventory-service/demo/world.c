/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Things are drawn in a fixed order from streams of their own. A tagged or metered item lives at a place with
 * a gateway, the others anywhere; two tagged items have their home at a place without one and are heard
 * elsewhere: what a lent thing looks like. Uses follow the opening hours of the place that hears them, and
 * the seasons.
 */
#include "inventory-service/demo/world.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "places_embedded.h"

#define DAY_S 86400

/* ---- chance
 * ------------------------------------------------------------------------------------------------ */

struct demo_random demo_random(uint64_t seed, const char *purpose, int index)
{
	struct demo_random r = {seed};

	for (; *purpose; purpose++)
		r.state = demo_next(&r) ^ (uint8_t)*purpose;
	r.state = demo_next(&r) ^ (uint64_t)index;
	return r;
}

/* Sebastiano Vigna, splitmix64 (public domain), https://prng.di.unimi.it/splitmix64.c */
uint64_t demo_next(struct demo_random *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int64_t demo_between(struct demo_random *r, int64_t min, int64_t max)
{
	return min + (int64_t)(demo_next(r) % (uint64_t)(max - min + 1));
}

bool demo_chance(struct demo_random *r, int percent)
{
	return demo_between(r, 0, 99) < percent;
}

/* ---- places
 * ------------------------------------------------------------------------------------------------ */

/* One field of a CSV line (RFC 4180), unquoted in place; *at moves past its separator. */
static char *take_field(char **at)
{
	char *field = *at, *in = *at, *out = *at;
	bool quoted = *in == '"';

	in += quoted;
	while (*in && (quoted || (*in != ',' && *in != '\n'))) {
		if (quoted && *in == '"' && in[1] != '"') {
			quoted = false;
			in++;
			continue;
		}
		in += quoted && *in == '"';
		*out++ = *in++;
	}
	*at = *in ? in + 1 : in;
	*out = '\0';
	return field;
}

const char *demo_column(const struct demo_world *w, int place, const char *name)
{
	for (int i = 0; i < DEMO_COLUMNS; i++)
		if (!strcmp(w->columns[i], name))
			return w->places[place].columns[i];
	fatal("demo: places.csv has no column %s", name);
}

static int hub_of(const char *detail)
{
	for (int i = 0; i < DEMO_HUBS; i++)
		if (strstr(detail, demo_hubs[i].slug))
			return i;
	fatal("demo: places.csv: no hub in \"%s\"", detail);
}

static int place_named(const struct demo_world *w, const char *name)
{
	for (int i = 0; name[0] && i < DEMO_PLACES; i++)
		if (!strcmp(demo_column(w, i, "nom"), name))
			return i;
	return -1;
}

static void make_places(struct demo_world *w)
{
	char *at = w->csv = xstrdup(places_csv);

	for (int c = 0; c < DEMO_COLUMNS; c++)
		w->columns[c] = take_field(&at);
	for (int i = 0; i < DEMO_PLACES; i++)
		for (int c = 0; c < DEMO_COLUMNS; c++)
			w->places[i].columns[c] = take_field(&at);
	for (int i = 0; i < DEMO_PLACES; i++) {
		w->places[i].hub = hub_of(demo_column(w, i, "presentation_detail"));
		w->places[i].parent = place_named(w, demo_column(w, i, "structure_parente"));
	}
}

/* ---- things
 * ------------------------------------------------------------------------------------------------ */

static void make_gateways(struct demo_world *w)
{
	for (int i = 0; i < DEMO_GATEWAYS; i++) {
		struct demo_gateway *g = &w->gateways[i];

		g->place = demo_gateway_places[i];
		if (!str_format(g->name, sizeof g->name, "Boîtier %s", demo_column(w, g->place, "commune")))
			fatal("demo: a commune's name is too long");
	}
}

static void make_device(struct demo_world *w, int device, int item, int nth, int gateway)
{
	struct demo_random r = demo_random(w->seed, "device", device);
	struct demo_device *d = &w->devices[device];
	const struct demo_model *m = &demo_models[w->items[item].model];

	d->source = m->source;
	d->item = item;
	d->gateway = gateway;
	if (!str_format(d->name, sizeof d->name, "%s-%d", m->slug, nth))
		fatal("demo: a model's slug is too long");
	for (int i = 0; i < 6; i++)
		d->address[i] = (uint8_t)demo_next(&r);
	d->address[0] |= 0xc0; /* a static random address: the two highest bits are ones (Core 5.3, Vol 6 B
				  §1.3.2.1) */
	for (int i = 0; i < 16; i++)
		d->key[i] = (uint8_t)demo_next(&r);
	d->counter_epoch = demo_between(&r, 1, 0x7fff);
	w->items[item].device = device;
	for (int i = 0; i < device && d->source == DEMO_METER; i++)
		d->unit += w->devices[i].source == DEMO_METER;
	d->unit++;
}

static const char *lend_to(struct demo_random *r, const struct demo_model *m)
{
	int64_t n = demo_between(r, 0, 99);

	if (!strcmp(m->transport_class, "T4"))
		return "nobody";
	return n < 60 ? "everyone" : n < 90 ? "hub" : "nobody";
}

static void make_item(struct demo_world *w, int item, int model, int home)
{
	struct demo_random r = demo_random(w->seed, "item", item);
	const struct demo_model *m = &demo_models[model];
	struct demo_item *v = &w->items[item];
	struct calendar_date day;

	v->model = model;
	v->home = v->owner = home;
	if (demo_chance(&r, 15)) /* pooled: a neighbour of the hub bought it */
		for (int i = 0; i < DEMO_PLACES; i++)
			if (w->places[i].hub == w->places[home].hub && i != home)
				v->owner = i;
	/* one after the other: in one initialiser C leaves the order of draws to the compiler */
	day.year = w->last_day.year - (int)demo_between(&r, 1, 4);
	day.month = (int)demo_between(&r, 1, 12);
	day.day = (int)demo_between(&r, 1, 28);
	v->in_service_s = calendar_day_start_s(day);
	v->cost_cents = m->value_cents * demo_between(&r, 88, 108) / 100;
	v->lend_to = lend_to(&r, m);
	v->approver = demo_chance(&r, 80) ? "nobody" : "owner";
	v->code_bits = (uint32_t)demo_next(&r) & 0x3fffffff;
	v->device = -1;
	if (!str_format(v->inventory_no, sizeof v->inventory_no, "NC-%d-%03d", day.year, item + 1) ||
	    !str_format(v->serial, sizeof v->serial, "%.6s%08x", m->slug, (unsigned)demo_next(&r)))
		fatal("demo: an inventory number is too long");
}

/* Home of the n-th of all reporting things: the gateways' places in turn, Saint-Lô, where people sign in,
 * more often. Two live elsewhere. *heard_at: the gateway that hears it. */
static int reporting_home(int n, int *heard_at)
{
	static const int turn[] = {0, 1, 0, 2, 3, 0, 4, 1, 2, 0, 3, 4, 1, 0, 2, 0, 3, 1, 0, 4};

	*heard_at = turn[n % DEMO_DEVICES];
	if (n == 10)
		return 3; /* Coutances, heard in Le Havre */
	if (n == 13)
		return 2; /* Granville, heard in Saint-Lô */
	return demo_gateway_places[*heard_at];
}

static void make_things(struct demo_world *w)
{
	struct demo_random r = demo_random(w->seed, "homes", 0);
	int item = 0, device = 0, heard_at = 0, home;

	for (int m = 0; m < DEMO_MODELS; m++) {
		for (int n = 0; n < demo_models[m].n_items; n++, item++) {
			bool reports = n < demo_models[m].n_reporting;

			home = reports ? reporting_home(device, &heard_at)
				       : (int)demo_between(&r, 0, DEMO_PLACES - 1);
			make_item(w, item, m, home);
			if (reports) {
				make_device(w, device, item, n + 1, heard_at);
				device++;
			}
		}
	}
	if (item != DEMO_ITEMS || device != DEMO_DEVICES)
		fatal("demo: the catalogue has %d items, %d of them reporting", item, device);
}

/* ---- uses
 * -------------------------------------------------------------------------------------------------- */

/* In 100: of the year's usual. August and the end of December are quiet, Wednesdays and Saturdays are not. */
static int season(struct calendar_date d, int weekday)
{
	int percent = 100;

	if (d.month == 8 || (d.month == 12 && d.day > 19))
		percent = 35;
	else if (d.month == 7)
		percent = 60;
	return weekday == 2 || weekday == 5 ? percent * 13 / 10 : percent;
}

static void add_use(struct demo_world *w, int device, int64_t start_s, int64_t until_s)
{
	const struct demo_use *last = w->n_uses ? &w->uses[w->n_uses - 1] : NULL;

	if (last && last->device == device && start_s < last->until_s + 300)
		start_s = last->until_s + 300;
	if (until_s > w->until_s - 300)
		until_s = w->until_s - 300;
	if (until_s - start_s < 120)
		return;
	if (w->n_uses == DEMO_MAX_USES)
		fatal("demo: more than %d uses", DEMO_MAX_USES);
	w->uses[w->n_uses++] = (struct demo_use){device, start_s, until_s};
}

/* A print may go on after closing time; what needs a hand may not. */
static void use_opening(struct demo_world *w, int device, struct demo_random *r, int64_t open_s,
			int64_t close_s)
{
	const struct demo_model *m = &demo_models[w->items[w->devices[device].item].model];
	int64_t long_s = 60 * demo_between(r, m->use_min, m->use_max) + demo_between(r, 0, 59);
	int64_t start_s = open_s + demo_between(r, 0, (close_s - open_s) / 2);
	bool needs_a_hand = strcmp(m->family, "Impression 3D") != 0;
	int64_t until_s = start_s + long_s;

	if (needs_a_hand && until_s > close_s)
		until_s = close_s;
	add_use(w, device, start_s, until_s);
}

static void use_day(struct demo_world *w, int device, struct demo_random *r, int64_t day_s)
{
	const struct demo_model *m = &demo_models[w->items[w->devices[device].item].model];
	int place = w->gateways[w->devices[device].gateway].place;
	int64_t noon_s = day_s + DAY_S / 2;
	int weekday = (int)((noon_s / DAY_S + 3) % 7);
	struct demo_opening open[4];
	int n = demo_openings(demo_column(w, place, "horaires"), weekday, open, 4);
	int percent = m->busy * season(calendar_date_of(noon_s), weekday) / 100;

	/* no clock changes between local midnight + 3 h and the next: minutes are counted from noon */
	for (int i = 0; i < n; i++) {
		int64_t midnight_s = noon_s - (noon_s + calendar_offset_s(noon_s)) % DAY_S;

		if (demo_chance(r, percent))
			use_opening(w, device, r, midnight_s + 60 * open[i].from_min,
				    midnight_s + 60 * open[i].until_min);
	}
}

static void make_uses(struct demo_world *w)
{
	for (int d = 0; d < DEMO_DEVICES; d++) {
		struct demo_random r = demo_random(w->seed, "uses", d);

		for (int64_t day_s = w->from_s; day_s < w->until_s; day_s = calendar_next_day_s(day_s))
			use_day(w, d, &r, day_s);
	}
}

struct demo_world *demo_world_make(uint64_t seed, struct calendar_date last_day)
{
	struct demo_world *w = xcalloc(1, sizeof *w);
	int64_t last_s = calendar_day_start_s(last_day);

	w->seed = seed;
	w->last_day = last_day;
	w->until_s = calendar_next_day_s(last_s);
	w->from_s =
		calendar_day_start_s(calendar_date_of(last_s + DAY_S / 2 - (DEMO_DAYS - 1) * (int64_t)DAY_S));
	make_places(w);
	make_gateways(w);
	make_things(w);
	make_uses(w);
	return w;
}

void demo_world_free(struct demo_world *w)
{
	if (!w)
		return;
	free(w->csv);
	free(w);
}
