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

/* Shorter than real uses, so that who watches sees things begin and end; half of them begin at rest. */
static void print_cycle(const struct demo_world *w, int device, FILE *out)
{
	const struct demo_model *m = &demo_models[w->items[w->devices[device].item].model];
	struct demo_random r = demo_random(w->seed, "cycle", device);
	int active_w = (int)(m->active_mw * 14 / 10000), idle_w = (int)(m->idle_mw / 1000 + 1);
	int first_s = (int)demo_between(&r, 180, 600);
	int pause_s = (int)demo_between(&r, 60, 180);
	int last_s = (int)demo_between(&r, 180, 600);
	bool begins_at_rest = device % 2;

	fprintf(out, "%dx%d %dx%d %dx%d", begins_at_rest ? 0 : active_w, first_s, idle_w, pause_s,
		begins_at_rest ? active_w : 0, last_s);
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
	for (int i = 0; i < DEMO_DEVICES; i++) {
		const struct demo_device *d = &w->devices[i];
		struct demo_random r = demo_random(w->seed, "cycle", i);
		char address[18], key[33];
		int rssi_dbm, on_s, off_s;

		if (d->source != DEMO_TAG)
			continue;
		address_format(d->address, address);
		hex_encode(d->key, sizeof d->key, key);
		rssi_dbm = (int)demo_between(&r, -80, -58);
		on_s = (int)demo_between(&r, 180, 900);
		off_s = (int)demo_between(&r, 120, 420);
		fprintf(out, "# %s\ntag %s %s heartbeat 10 rssi %d hci %d\n", d->name, address, key, rssi_dbm,
			d->gateway);
		fprintf(out, "cycle %s %d %d %d\n", address, on_s, off_s,
			(int)demo_between(&r, 0, on_s + off_s));
	}
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
	       write_list(w, loaded, dir, "meters", print_meters) &&
	       write_list(w, loaded, dir, "tags.script", print_tags);
}
