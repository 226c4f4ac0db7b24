/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Three steps: the world is made as values (demo/world.c), loaded by the operations that pages use
 * (demo/load.c), and its past is told to the ingest as its gateways would have told it (demo/history.c). The
 * service must not be running: there is one writer.
 */
#include "inventory-service/demo.h"

#include <limits.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/demo/history.h"
#include "inventory-service/demo/kit.h"
#include "inventory-service/demo/load.h"
#include "inventory-service/demo/loans.h"
#include "inventory-service/demo/world.h"

struct request {
	int64_t seed;
	struct calendar_date last_day;
	const char *out_dir; /* NULL: none */
	bool print_only;
};

static int usage(FILE *out)
{
	fprintf(out,
		"usage: navette-inventory demo-data -c FILE [--seed N] [--last-day YYYY-MM-DD] [--out DIR]\n"
		"       navette-inventory demo-data --print [--seed N] [--last-day YYYY-MM-DD]\n"
		"Fills an empty database with a fictional Normandy and %d days of use.\n"
		"  --seed N        another world (1)\n"
		"  --last-day DAY  where its history ends (yesterday)\n"
		"  --out DIR       also writes what the simulators of ./navette demo need\n"
		"  --print         only prints the world, as text\n",
		DEMO_DAYS);
	return out == stdout ? 0 : 2;
}

static bool take_option(struct request *r, int option)
{
	switch (option) {
	case 's':
		return int64_parse(optarg, &r->seed) && r->seed >= 0;
	case 'd':
		return calendar_date_parse(optarg, &r->last_day);
	case 'o':
		r->out_dir = optarg;
		return true;
	case 'p':
		r->print_only = true;
		return true;
	default:
		return false;
	}
}

static enum err tell(struct service *s, const struct demo_world *w, const struct demo_loaded *loaded,
		     int64_t *reports)
{
	struct ingest *in = ingest_open(s);
	bool left;
	enum err err = OK;

	for (int i = 0; !err && i < DEMO_GATEWAYS; i++)
		err = demo_history_tell(in, w, i, &loaded->enrolments[i], reports);
	ingest_close(in);
	if (err)
		return err;
	/* a new one, for which the gateways' clocks have stopped moving */
	in = ingest_open(s);
	err = ingest_settle(in, clock_now_ms(), INT_MAX, &left);
	ingest_close(in);
	return err;
}

static int load(struct service *s, const struct demo_world *w, const char *out_dir)
{
	struct demo_loaded *loaded = xcalloc(1, sizeof *loaded);
	int64_t reports = 0, bookings = 0, before_ms = clock_real_mono_ms();
	enum err err = demo_load(s, w, loaded);
	bool ok = !err && (!out_dir || demo_kit_write(w, loaded, out_dir));

	if (err == ERR_STATE)
		log_err("demo-data: the database is not empty, nothing was changed: name another one in the "
			"configuration");
	else if (err || (ok && ((err = tell(s, w, loaded, &reports)) ||
				(err = demo_loans_tell(s, w, loaded, &bookings)))))
		log_err("demo-data: failed: %s", err_code(err));
	else if (ok)
		printf("demo-data: %d hubs, %d places, %d models, %d items, %d tags and meters, %d gateways, "
		       "%d accounts, %lld bookings, "
		       "%lld reports of %d days, in %lld ms\n",
		       DEMO_HUBS, DEMO_PLACES, DEMO_MODELS, DEMO_ITEMS, DEMO_DEVICES, DEMO_GATEWAYS,
		       DEMO_USERS, (long long)bookings, (long long)reports, DEMO_DAYS,
		       (long long)(clock_real_mono_ms() - before_ms));
	for (int i = 0; i < DEMO_GATEWAYS; i++)
		enrolment_wipe(&loaded->enrolments[i]);
	free(loaded);
	return ok && !err ? 0 : 1;
}

int demo_main(const struct service_setting *setting, int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'}, {"last-day", required_argument, NULL, 'd'},
		{"out", required_argument, NULL, 'o'},  {"print", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},       {0}};
	struct request r = {.seed = 1, .last_day = calendar_date_of(clock_now_s() - 24 * 3600)};
	struct demo_world *w;
	struct service *s;
	int status = 0;

	optind = 1;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h')
			return usage(stdout);
		if (!take_option(&r, c))
			return usage(stderr);
	}
	if (optind != argc || (!r.print_only && !setting))
		return usage(stderr);
	w = demo_world_make((uint64_t)r.seed, r.last_day);
	if (r.print_only) {
		demo_world_print(w, stdout);
	} else {
		s = service_open(setting);
		status = load(s, w, r.out_dir);
		service_close(s);
	}
	demo_world_free(w);
	return status;
}
