/* SPDX-License-Identifier: EUPL-1.2 */
/* navette-gateway: what a place's box runs. Parses arguments; everything else is in the commands' files. */
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "gateway/identity.h"
#include "gateway/inspect.h"
#include "gateway/modbus_map.h"
#include "gateway/run.h"
#include "gateway/setting.h"
#include "gateway/source.h"

#define DEFAULT_CONF "/etc/navette/gateway.conf"

static const char usage[] =
	"usage: navette-gateway run -c FILE [-n] [-v]       the gateway (--example: prints an example FILE)\n"
	"       navette-gateway enrol FILE [-c FILE | --dir DIR]   installs the enrolment file of this "
	"gateway\n"
	"       navette-gateway sources [-c FILE]           what is listened to, and when it was last heard\n"
	"       navette-gateway spool stat|export [-c FILE] what is kept; export: one batch a line\n"
	"       navette-gateway sniff [SOURCE] [-c FILE]    what is heard, live, and why something is "
	"dropped\n"
	"       navette-gateway replay FILE [--speed N] [-c FILE]  a btsnoop capture as if heard; N 0: at "
	"once\n"
	"       navette-gateway probe modbus HOST:PORT UNIT [-c FILE]  reads one meter\n"
	"       -h, --help   --version      the default FILE is " DEFAULT_CONF "\n";

struct arguments {
	const char *conf, *dir;
	const char *words[4]; /* command and operands */
	int n_words;
	int64_t speed;
	bool is_check, is_verbose, is_example;
};

static int wrong_usage(const char *what)
{
	fprintf(stderr, "navette-gateway: %s: see navette-gateway --help\n", what);
	return 2;
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},      {"version", no_argument, NULL, 'V'},
		{"dir", required_argument, NULL, 'd'}, {"speed", required_argument, NULL, 's'},
		{"example", no_argument, NULL, 'e'},   {NULL, 0, NULL, 0}};
	int option;

	*a = (struct arguments){.conf = DEFAULT_CONF, .speed = 1};
	while ((option = getopt_long(argc, argv, "hc:nv", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("navette-gateway " NAVETTE_VERSION);
			return 0;
		case 'c':
			a->conf = optarg;
			break;
		case 'd':
			a->dir = optarg;
			break;
		case 's':
			if (!int64_parse(optarg, &a->speed) || a->speed < 0 || a->speed > 1000000)
				return wrong_usage("--speed is a whole number from 0 to 1000000");
			break;
		case 'n':
			a->is_check = true;
			break;
		case 'v':
			a->is_verbose = true;
			break;
		case 'e':
			a->is_example = true;
			break;
		default:
			return 2; /* getopt has said it */
		}
	}
	while (optind < argc && a->n_words < 4)
		a->words[a->n_words++] = argv[optind++];
	return optind < argc ? wrong_usage("too many words") : -1;
}

static bool load(const struct arguments *a, struct setting *s)
{
	char why[640];

	if (setting_load(a->conf, s, why, sizeof why))
		return true;
	fprintf(stderr, "navette-gateway: %s\n", why);
	return false;
}

static int enrol(const struct arguments *a, struct setting *s)
{
	struct enrolment e;
	char why[640];

	if (a->n_words != 2)
		return wrong_usage("enrol wants one FILE");
	if (a->dir == NULL && !load(a, s))
		return 1;
	if (a->dir != NULL && !str_copy(s->state_dir, sizeof s->state_dir, a->dir))
		return wrong_usage("DIR is too long");
	if (!identity_enrol(s, a->words[1], &e, why, sizeof why)) {
		fprintf(stderr, "navette-gateway: %s\n", why);
		return 1;
	}
	printf("enrolled as %s with %s in %s\n", e.gateway, e.broker, s->state_dir);
	enrolment_wipe(&e);
	return 0;
}

static bool check_maps(const struct setting *s)
{
	struct modbus_map map;
	char why[640];

	for (size_t i = 0; i < s->n_meters; i++) {
		if (modbus_map_find(s->maps, s->meters[i].map, &map, why, sizeof why))
			continue;
		fprintf(stderr, "navette-gateway: %s\n", why);
		return false;
	}
	return true;
}

static int run(const struct arguments *a, struct setting *s)
{
	if (a->is_example) {
		setting_print_example(stdout);
		return 0;
	}
	if (a->n_words != 1)
		return wrong_usage("run wants no operand");
	if (!load(a, s))
		return 1;
	if (a->is_check && check_maps(s)) {
		printf("%s is good: %zu radios, %zu meters\n", a->conf, s->n_radios, s->n_meters);
		return 0;
	}
	return a->is_check ? 1 : run_gateway(s);
}

static int probe(const struct arguments *a, struct setting *s)
{
	char host[96], *colon;
	int64_t unit;

	if (a->n_words != 4 || strcmp(a->words[1], "modbus") != 0 ||
	    !str_copy(host, sizeof host, a->words[2]) || (colon = strrchr(host, ':')) == NULL ||
	    !int64_parse(a->words[3], &unit) || unit < 1 || unit > 247)
		return wrong_usage("probe wants: modbus HOST:PORT UNIT, a unit from 1 to 247");
	*colon = '\0';
	if (strcmp(a->conf, DEFAULT_CONF) != 0 && !load(a, s))
		return 1;
	return modbus_probe(host, colon + 1, unit, s->maps, "sdm120");
}

static int spool_command(const struct arguments *a, const struct setting *s)
{
	if (a->n_words == 2 && strcmp(a->words[1], "stat") == 0)
		return inspect_spool(s, false);
	if (a->n_words == 2 && strcmp(a->words[1], "export") == 0)
		return inspect_spool(s, true);
	return wrong_usage("spool wants stat or export");
}

/* The commands that read the configuration and nothing else first. */
static int other(const struct arguments *a, struct setting *s)
{
	const char *command = a->words[0];
	bool is_replay = strcmp(command, "replay") == 0;

	if (!is_replay && strcmp(command, "sources") != 0 && strcmp(command, "spool") != 0 &&
	    strcmp(command, "sniff") != 0)
		return wrong_usage("unknown command");
	if (is_replay && a->n_words != 2)
		return wrong_usage("replay wants one FILE");
	if (!load(a, s))
		return 1;
	if (is_replay)
		return run_replay(s, a->words[1], a->speed);
	if (strcmp(command, "spool") == 0)
		return spool_command(a, s);
	if (a->n_words > 2)
		return wrong_usage("too many words");
	return strcmp(command, "sniff") == 0 ? run_sniff(s, a->words[1]) : inspect_sources(s);
}

int main(int argc, char **argv)
{
	static struct setting setting;
	struct arguments a;
	int code = parse(argc, argv, &a);

	if (code >= 0)
		return code;
	if (a.n_words == 0)
		return wrong_usage("which command?");
	if (sodium_init() < 0)
		fatal("gateway: libsodium does not start");
	log_verbose(a.is_verbose);
	if (strcmp(a.words[0], "run") == 0)
		return run(&a, &setting);
	if (strcmp(a.words[0], "enrol") == 0)
		return enrol(&a, &setting);
	if (strcmp(a.words[0], "probe") == 0)
		return probe(&a, &setting);
	return other(&a, &setting);
}
