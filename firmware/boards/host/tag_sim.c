/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * navette-tag-sim: simulated tags as Bluetooth gateways hear them. This file reads the arguments and turns
 * the wheel: what is due in the world (world.h), then the sockets (radio.h), then sleep until the next of
 * either.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "firmware/boards/host/world.h"

#define TELL_MS 1000
#define LONGEST_TURN_MS 200
#define DRIVEN_TURN_MS 5
#define MAX_RATE 100000

struct options {
	const char *key, *address, *script_path, *state_dir, *truth_path;
	const char *hci[RADIO_MAX_LISTENERS];
	int n_hci;
	int64_t reports_per_s;
	uint32_t loss_per_million;
	int64_t seed;
	bool has_seed;
	struct clock_setting clock;
};

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

static void print_help(FILE *f)
{
	fputs("navette-tag-sim [--key HEX] [--script FILE] --hci SOCKET... [options]\n"
	      "\n"
	      "Simulated Navette tags (the firmware itself), heard through Bluetooth controllers.\n"
	      "\n"
	      "  --hci unix:PATH|tcp:HOST:PORT  a controller that listens there; may be repeated\n"
	      "  --script FILE             tags and uses, see below\n"
	      "  --key HEX                 the key of tags that the script gives none (KEYHEX \"-\", or\n"
	      "                            only used); without a script: one tag, running 60 s of every 120\n"
	      "  --addr ADDR               that one's address (default c0:98:e5:00:00:01)\n"
	      "  --truth FILE              append what really happened: use,ADDR,START_MS,END_MS and\n"
	      "                            total,ADDR,EPOCH,ACTIVE_S,COUNTER,UNIX_MS (last reading sent)\n"
	      "  --state DIR               keep each tag's flash there: counters go on after a restart\n"
	      "  --reports-per-second N    no heartbeats; tags report in turn, N in all a real second\n"
	      "  --loss P                  lose this fraction (0 ... 0.99) of reports, each host apart\n"
	      "  --seed N                  of the losses (default: random, logged)\n"
	      "  --clock ORIGIN_MS,RATE,OFFSET_MS  the shared virtual clock\n"
	      "  -v, --verbose   -h, --help   --version\n"
	      "\n"
	      "Script: one statement a line, # comments, times in seconds from zero, or the start:\n"
	      "  tag ADDR KEYHEX [heartbeat S] [rssi DBM] [hci INDEX...]\n"
	      "  use ADDR START END [POWER_MW]\n"
	      "  cycle ADDR ON OFF PHASE [POWER_MW]   running while (t + PHASE) mod (ON + OFF) < ON\n"
	      "  hours ADDR FROM UNTIL                at rest outside them, each day\n"
	      "  zero UNIX_S\n",
	      f);
}

static _Noreturn void usage(const char *what)
{
	fprintf(stderr, "navette-tag-sim: %s; see navette-tag-sim --help\n", what);
	exit(2);
}

static int64_t number(const char *text, int64_t min, int64_t max, const char *what)
{
	int64_t v;

	if (!int64_parse(text, &v) || v < min || v > max)
		usage(what);
	return v;
}

static void parse_clock(const char *text, struct clock_setting *out)
{
	char part[3][24] = {"", "", ""}, rest;

	if (sscanf(text, "%23[^,],%23[^,],%23[^,]%c", part[0], part[1], part[2], &rest) != 3)
		usage("--clock wants ORIGIN_MS,RATE,OFFSET_MS");
	out->origin_ms = number(part[0], 0, INT64_MAX / MAX_RATE, "--clock: ORIGIN_MS is no time");
	out->rate = number(part[1], 1, MAX_RATE, "--clock: RATE is 1 to 100000");
	out->offset_ms = number(part[2], INT64_MIN / 4, INT64_MAX / 4, "--clock: OFFSET_MS is no number");
}

static uint32_t parse_loss(const char *text)
{
	char *end;
	double loss = strtod(text, &end);

	if (end == text || *end || !(loss >= 0 && loss <= 0.99))
		usage("--loss wants a fraction from 0 to 0.99");
	return (uint32_t)(loss * 1e6);
}

static void parse_option(struct options *o, int option)
{
	switch (option) {
	case 'k':
		o->key = optarg;
		break;
	case 'a':
		o->address = optarg;
		break;
	case 's':
		o->script_path = optarg;
		break;
	case 'H':
		if (o->n_hci == RADIO_MAX_LISTENERS)
			usage("too many --hci");
		o->hci[o->n_hci++] = optarg;
		break;
	case 't':
		o->truth_path = optarg;
		break;
	case 'd':
		o->state_dir = optarg;
		break;
	case 'r':
		o->reports_per_s = number(optarg, 1, 100000, "--reports-per-second wants 1 to 100000");
		break;
	case 'l':
		o->loss_per_million = parse_loss(optarg);
		break;
	case 'S':
		o->seed = number(optarg, 0, INT64_MAX, "--seed wants a number");
		o->has_seed = true;
		break;
	case 'c':
		parse_clock(optarg, &o->clock);
		break;
	default:
		usage("unknown or incomplete option");
	}
}

static struct options parse(int argc, char **argv)
{
	static const struct option options[] = {{"key", 1, 0, 'k'},
						{"addr", 1, 0, 'a'},
						{"script", 1, 0, 's'},
						{"hci", 1, 0, 'H'},
						{"truth", 1, 0, 't'},
						{"state", 1, 0, 'd'},
						{"reports-per-second", 1, 0, 'r'},
						{"loss", 1, 0, 'l'},
						{"seed", 1, 0, 'S'},
						{"clock", 1, 0, 'c'},
						{"verbose", 0, 0, 'v'},
						{"help", 0, 0, 'h'},
						{"version", 0, 0, 'V'},
						{0, 0, 0, 0}};
	struct options o = {.address = "c0:98:e5:00:00:01", .clock = {.rate = 1}};
	int option;

	while ((option = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
		if (option == 'h') {
			print_help(stdout);
			exit(0);
		}
		if (option == 'V') {
			puts("navette-tag-sim " NAVETTE_VERSION);
			exit(0);
		}
		if (option == 'v')
			log_verbose(true);
		else
			parse_option(&o, option);
	}
	if (optind < argc)
		usage("no arguments beside options");
	if (!o.n_hci)
		usage("--hci is missing");
	if (!o.key && !o.script_path)
		usage("--key or --script is missing");
	return o;
}

static bool read_script(const struct options *o, struct script *s)
{
	char line[300];

	if (o->key && !script_key(s, o->key)) {
		log_err("tag-sim: --key: expected 32 hex digits");
		return false;
	}
	if (o->script_path)
		return script_read(s, o->script_path);
	return str_format(line, sizeof line, "tag %.40s - heartbeat 10", o->address) &&
	       script_take(s, line, "--addr") &&
	       str_format(line, sizeof line, "cycle %.40s 60 60 0", o->address) &&
	       script_take(s, line, "--addr");
}

static struct radio *open_radio(const struct options *o)
{
	uint64_t seed = (uint64_t)o->seed;
	struct radio *r;

	if (!o->has_seed && getrandom(&seed, sizeof seed, 0) != sizeof seed)
		fatal("tag-sim: no random numbers: %s", strerror(errno));
	seed &= INT64_MAX;
	if (o->loss_per_million)
		log_info("tag-sim: reports get lost: per_million=%" PRIu32 " seed=%" PRIu64,
			 o->loss_per_million, seed);
	r = radio_open(o->loss_per_million, seed);
	for (int i = 0; i < o->n_hci; i++) {
		if (!radio_listen(r, o->hci[i])) {
			radio_close(r);
			return NULL;
		}
	}
	return r;
}

/* How many reports are due by now so that over any second about N go out; a stall is not made up for. */
static size_t reports_due(const struct options *o, int64_t real_ms, int64_t *credit_ms)
{
	int64_t due = (real_ms - *credit_ms) * o->reports_per_s / 1000;

	if (real_ms - *credit_ms > 1000)
		*credit_ms = real_ms;
	else
		*credit_ms += due * 1000 / o->reports_per_s;
	return (size_t)due;
}

/* Real time to sleep until the virtual due_ms. */
static int sleep_ms(const struct options *o, int64_t due_ms)
{
	int64_t ms = due_ms - clock_now_ms(), longest = o->reports_per_s ? DRIVEN_TURN_MS : LONGEST_TURN_MS;

	if (ms > 0)
		ms = ms / o->clock.rate + 1;
	return ms < 0 ? 0 : (int)(ms < longest ? ms : longest);
}

static void run(const struct options *o, struct world *w, struct radio *r)
{
	int64_t told_ms = clock_real_mono_ms(), credit_ms = told_ms;

	while (!stopping) {
		int64_t now_ms = clock_now_ms(), real_ms = clock_real_mono_ms();
		int64_t due_ms = world_run(w, now_ms);

		if (o->reports_per_s && due_ms > now_ms)
			(void)world_report(w, now_ms, reports_due(o, real_ms, &credit_ms));
		if (real_ms - told_ms >= TELL_MS) {
			world_tell(w, now_ms);
			told_ms = real_ms;
		}
		radio_poll(r, sleep_ms(o, due_ms));
	}
}

int main(int argc, char **argv)
{
	const struct options o = parse(argc, argv);
	struct script script = {0};
	struct world_settings settings = {
		.script = &script, .state_dir = o.state_dir, .is_driven = o.reports_per_s != 0};
	struct world *w = NULL;
	int status = 1;

	clock_set(&o.clock);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	if (!read_script(&o, &script))
		goto out;
	if (o.truth_path && !(settings.truth = fopen(o.truth_path, "ae"))) {
		log_err("tag-sim: cannot write the truth: %s path=%s", strerror(errno), o.truth_path);
		goto out;
	}
	if (!(settings.radio = open_radio(&o)))
		goto out;
	settings.start_ms = clock_now_ms();
	if (!(w = world_open(&settings)))
		goto out;
	log_info("tag-sim: running: tags=%zu controllers=%d", script.n_tags, o.n_hci);
	run(&o, w, settings.radio);
	status = 0;
out:
	world_close(w, clock_now_ms());
	if (settings.radio && radio_n_dropped(settings.radio))
		log_warn("tag-sim: hosts were too slow: reports_dropped=%" PRIu64,
			 radio_n_dropped(settings.radio));
	radio_close(settings.radio);
	if (settings.truth && fclose(settings.truth) != 0) {
		log_err("tag-sim: the truth is not whole: %s", strerror(errno));
		status = 1;
	}
	script_free(&script);
	return status;
}
