/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/demo/kit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"

/* Writes what print says; 0600: keys are in it. */
static bool write_file(const char *dir, const char *name, const char *bytes, size_t len)
{
	char path[512];

	if (str_format(path, sizeof path, "%s/%s", dir, name) && file_write_durable(path, bytes, len, 0600))
		return true;
	log_err("demo: cannot write %s/%s: %s", dir, name, strerror(errno));
	return false;
}

static void print_gateways(const struct demo_world *w, const struct demo_loaded *loaded, FILE *out)
{
	for (int i = 0; i < DEMO_GATEWAYS; i++)
		fprintf(out, "%s|%s\n", loaded->enrolments[i].gateway, w->gateways[i].name);
}

/* ---- a day, the same for ever: at rest at night, but for two long prints ---------------------------------
 */

#define DAY_S 86400
#define OPEN_S (9 * 3600 + 1800)
#define CLOSE_S (18 * 3600)

/* Two printers print through the night; the second is done while the first goes on into the morning. */
static const struct night {
	int from_s, until_s; /* of the next day */
} nights[] = {{17 * 3600 + 2400, 9 * 3600 + 2400}, {18 * 3600 + 600, 3600 + 1800}};

static const struct demo_model *model_of(const struct demo_world *w, int device)
{
	return &demo_models[w->items[w->devices[device].item].model];
}

static bool is_printer(const struct demo_world *w, int device)
{
	return w->devices[device].source == DEMO_METER &&
	       strcmp(model_of(w, device)->family, "Impression 3D") == 0;
}

/* NULL: it rests. */
static const struct night *night_of(const struct demo_world *w, int device)
{
	size_t n = 0;

	if (!is_printer(w, device))
		return NULL;
	for (int i = 0; i < device; i++)
		n += is_printer(w, i);
	return n < sizeof nights / sizeof nights[0] ? &nights[n] : NULL;
}

/* Uses shorter than real ones, so that who watches sees things begin and end; as busy as the model. */
struct spell {
	int on_s, off_s;
};

static struct spell spell_of(const struct demo_world *w, int device, struct demo_random *r)
{
	struct spell v = {.on_s = (int)demo_between(r, 240, 720)};

	v.off_s = v.on_s * (100 - model_of(w, device)->busy) / model_of(w, device)->busy;
	if (v.off_s < 180)
		v.off_s = 180;
	return v;
}

static void print_step(FILE *out, int watts, int for_s)
{
	if (for_s > 0)
		fprintf(out, "%dx%d ", watts, for_s);
}

static void print_cycle(const struct demo_world *w, int device, FILE *out)
{
	const struct demo_model *m = model_of(w, device);
	const struct night *night = night_of(w, device);
	struct demo_random r = demo_random(w->seed, "cycle", device);
	struct spell spell = spell_of(w, device, &r);
	int active_w = (int)(m->active_mw * 14 / 10000), idle_w = (int)(m->idle_mw / 1000 + 1);
	int rest_w = device % 3 ? 0 : idle_w; /* somebody forgot to switch it off */
	int idle_s = (int)demo_between(&r, 60, 150);
	int done_s = night ? night->until_s : 0, from_s = night ? night->from_s : DAY_S;
	int first_s = (done_s > OPEN_S ? done_s : OPEN_S) + (int)demo_between(&r, 60, 900);
	int end_s = from_s < CLOSE_S ? from_s : CLOSE_S;
	int n = (end_s - first_s) / (spell.on_s + spell.off_s);

	print_step(out, active_w, done_s);
	print_step(out, rest_w, first_s - done_s);
	fprintf(out, "(%dx%d %dx%d %dx%d)*%d ", active_w, spell.on_s, idle_w, idle_s, rest_w,
		spell.off_s - idle_s, n);
	print_step(out, rest_w, from_s - first_s - n * (spell.on_s + spell.off_s));
	print_step(out, active_w, DAY_S - from_s);
}

static void print_meters(const struct demo_world *w, const struct demo_loaded *loaded, FILE *out)
{
	for (int i = 0; i < DEMO_DEVICES; i++) {
		const struct demo_device *d = &w->devices[i];
		const struct demo_model *m = &demo_models[w->items[d->item].model];

		if (d->source != DEMO_METER)
			continue;
		fprintf(out, "%s|%s|%d|%lld|%lld|", loaded->enrolments[d->gateway].gateway, d->name, d->unit,
			(long long)m->idle_mw, (long long)m->active_mw);
		print_cycle(w, i, out);
		fputc('\n', out);
	}
}

/* A script for navette-tag-sim, whose controllers are the gateways in their order. */
static void print_tags(const struct demo_world *w, const struct demo_loaded *loaded, FILE *out)
{
	(void)loaded;
	fprintf(out, "zero %lld\n", (long long)w->until_s);
	for (int i = 0; i < DEMO_DEVICES; i++) {
		const struct demo_device *d = &w->devices[i];
		struct demo_random r = demo_random(w->seed, "cycle", i);
		char address[18], key[33];
		struct spell spell;
		int rssi_dbm;

		if (d->source != DEMO_TAG)
			continue;
		address_format(d->address, address);
		hex_encode(d->key, sizeof d->key, key);
		rssi_dbm = (int)demo_between(&r, -80, -58);
		spell = spell_of(w, i, &r);
		fprintf(out, "# %s\ntag %s %s heartbeat 10 rssi %d hci %d\n", d->name, address, key, rssi_dbm,
			d->gateway);
		fprintf(out, "cycle %s %d %d %d\nhours %s %d %d\n", address, spell.on_s, spell.off_s,
			(int)demo_between(&r, 0, spell.on_s + spell.off_s), address, OPEN_S, CLOSE_S);
	}
}

/* Local midnight after the history: the meters' days begin there too. */
static void print_midnight(const struct demo_world *w, const struct demo_loaded *loaded, FILE *out)
{
	(void)loaded;
	fprintf(out, "%lld\n", (long long)w->until_s);
}

static bool write_list(const struct demo_world *w, const struct demo_loaded *loaded, const char *dir,
		       const char *name,
		       void (*print)(const struct demo_world *, const struct demo_loaded *, FILE *))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ok;

	if (!out)
		fatal("demo: out of memory");
	print(w, loaded, out);
	fclose(out);
	ok = write_file(dir, name, text, len);
	free(text);
	return ok;
}

static bool write_enrolment(const struct enrolment *e, const char *dir)
{
	struct json_out o = {0};
	char name[64];
	bool ok;

	enrolment_put(&o, NULL, e);
	ok = str_format(name, sizeof name, "%s.enrolment.json", e->gateway) &&
	     write_file(dir, name, o.bytes, o.len);
	json_out_free(&o);
	return ok;
}

bool demo_kit_write(const struct demo_world *w, const struct demo_loaded *loaded, const char *dir)
{
	if (mkdir(dir, 0700) && errno != EEXIST) {
		log_err("demo: cannot make %s: %s", dir, strerror(errno));
		return false;
	}
	for (int i = 0; i < DEMO_GATEWAYS; i++)
		if (!write_enrolment(&loaded->enrolments[i], dir))
			return false;
	return write_list(w, loaded, dir, "gateways", print_gateways) &&
	       write_list(w, loaded, dir, "midnight", print_midnight) &&
	       write_list(w, loaded, dir, "meters", print_meters) &&
	       write_list(w, loaded, dir, "tags.script", print_tags);
}
