/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The command line. Words and options are read here; accounts are in console_accounts.c, maintenance in
 * console_upkeep.c. Commands that change accounts may run beside a serving process: they are one transaction
 * on a connection of their own, which never checkpoints.
 */
#include "inventory-service/console.h"

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/console_parts.h"
#include "inventory-service/demo.h"
#include "inventory-service/secret.h"
#include "inventory-service/serve.h"

#define DEFAULT_CONF "/etc/navette/inventory.conf"

static const char usage[] =
	"usage: navette-inventory serve -c FILE [-n] [-v]   the service (-n: checks the configuration; "
	"--example prints one)\n"
	"       navette-inventory user add --email E --name N --role R [--scope hub:ID|place:ID] "
	"[--password-stdin]\n"
	"       navette-inventory user passwd --email E [--password-stdin]\n"
	"       navette-inventory user disable --email E\n"
	"       navette-inventory token add --email E --label L --role R [--scope hub:ID|place:ID]\n"
	"       navette-inventory token revoke ID\n"
	"       navette-inventory check                     database, references, journal: complaints are "
	"counted\n"
	"       navette-inventory audit verify              the chain of the journal\n"
	"       navette-inventory backup FILE               a whole copy, while the service runs\n"
	"       navette-inventory restore FILE              the database becomes that copy; the old one is "
	"kept beside\n"
	"       navette-inventory migrate                   brings the database to this version's schema\n"
	"       navette-inventory rebuild-usage [--dry-run] hours of use anew from the stored reports\n"
	"       navette-inventory demo-data [--seed N] [--last-day DATE] [--out DIR] [--print]\n"
	"       every command: -c FILE (" DEFAULT_CONF "), -v; -h, --help; --version\n"
	"       roles: animator manager coordinator region_officer technician auditor\n"
	"       without --password-stdin a password is made and printed\n";

int console_usage(const char *what)
{
	fprintf(stderr, "navette-inventory: %s: see navette-inventory --help\n", what);
	return 2;
}

int console_failed(const char *what, enum err err)
{
	fprintf(stderr, "navette-inventory: %s: %s\n", what, err_code(err));
	return 1;
}

enum err console_open(const struct console_arguments *a, struct db **db)
{
	const struct service_setting *setting = &a->setting.service;
	struct secret secret;
	char why[256];

	umask(077);
	if (access(setting->database, F_OK) != 0) {
		if (!secret_open(&secret, setting->secret_file, why, sizeof why)) {
			fprintf(stderr, "navette-inventory: %s\n", why);
			return ERR_STORAGE;
		}
		secret_wipe(&secret);
	}
	return db_open(setting->database, DB_WRITER, db);
}

/* -1: go on; else the exit status. */
static int take_option(int option, struct console_arguments *a)
{
	switch (option) {
	case 'h':
		fputs(usage, stdout);
		return 0;
	case 'V':
		puts("navette-inventory " NAVETTE_VERSION);
		return 0;
	case 'X':
		setting_print_example(stdout);
		return 0;
	case 'c':
		a->conf = optarg;
		return -1;
	case 'n':
		a->is_check = true;
		return -1;
	case 'v':
		log_verbose(true);
		return -1;
	case 'e':
		a->email = optarg;
		return -1;
	case 'N':
		a->name = optarg;
		return -1;
	case 'l':
		a->label = optarg;
		return -1;
	case 'r':
		a->role = optarg;
		return -1;
	case 's':
		a->scope = optarg;
		return -1;
	case 'p':
		a->password_stdin = true;
		return -1;
	case 'd':
		a->dry_run = true;
		return -1;
	default:
		fputs("navette-inventory: see navette-inventory --help\n", stderr);
		return 2;
	}
}

static int parse(int argc, char **argv, struct console_arguments *a)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{"example", no_argument, NULL, 'X'},
		{"email", required_argument, NULL, 'e'},
		{"name", required_argument, NULL, 'N'},
		{"label", required_argument, NULL, 'l'},
		{"role", required_argument, NULL, 'r'},
		{"scope", required_argument, NULL, 's'},
		{"password-stdin", no_argument, NULL, 'p'},
		{"dry-run", no_argument, NULL, 'd'},
		{NULL, 0, NULL, 0},
	};
	int option, status;

	*a = (struct console_arguments){.conf = DEFAULT_CONF};
	while ((option = getopt_long(argc, argv, "hc:nv", options, NULL)) != -1)
		if ((status = take_option(option, a)) >= 0)
			return status;
	while (optind < argc && a->n_words < CONSOLE_WORDS)
		a->words[a->n_words++] = argv[optind++];
	return optind < argc ? console_usage("too many words") : -1;
}

struct command {
	const char *words[2];
	int n_operands;
	int (*run)(const struct console_arguments *a, const char *operand);
};

static int run_serve(const struct console_arguments *a, const char *operand)
{
	(void)operand;
	if (a->is_check)
		printf("%s: fine\n", a->conf);
	else
		serve(&a->setting);
	return 0;
}

static const struct command commands[] = {
	{{"serve", NULL}, 0, run_serve},
	{{"user", "add"}, 0, console_user_add},
	{{"user", "passwd"}, 0, console_user_passwd},
	{{"user", "disable"}, 0, console_user_disable},
	{{"token", "add"}, 0, console_token_add},
	{{"token", "revoke"}, 1, console_token_revoke},
	{{"check", NULL}, 0, console_check},
	{{"audit", "verify"}, 0, console_audit_verify},
	{{"backup", NULL}, 1, console_backup},
	{{"restore", NULL}, 1, console_restore},
	{{"migrate", NULL}, 0, console_migrate},
	{{"rebuild-usage", NULL}, 0, console_rebuild_usage},
};

static const struct command *find_command(const struct console_arguments *a)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		const struct command *c = &commands[i];
		int n = c->words[1] ? 2 : 1;

		if (a->n_words >= n && strcmp(a->words[0], c->words[0]) == 0 &&
		    (n == 1 || strcmp(a->words[1], c->words[1]) == 0))
			return a->n_words == n + c->n_operands ? c : NULL;
	}
	return NULL;
}

static bool load(struct console_arguments *a)
{
	char why[512];

	if (setting_load(&a->setting, a->conf, why, sizeof why))
		return true;
	fprintf(stderr, "navette-inventory: %s\n", why);
	return false;
}

/* demo-data has options of its own: "-c FILE" is taken out, the rest is handed on. */
static int run_demo(int argc, char **argv)
{
	struct console_arguments a = {0};
	int n = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			a.conf = argv[++i];
		else
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	if (a.conf && !load(&a))
		return 1;
	if (a.conf)
		clock_set(&a.setting.clock);
	if (a.conf && !serve_lock(a.setting.service.database))
		return 1;
	return demo_main(a.conf ? &a.setting.service : NULL, n, argv);
}

int console_main(int argc, char **argv)
{
	struct console_arguments a;
	const struct command *command;
	int status;

	if (sodium_init() < 0)
		fatal("service: libsodium does not start");
	if (argc > 1 && strcmp(argv[1], "demo-data") == 0)
		return run_demo(argc, argv);
	if ((status = parse(argc, argv, &a)) >= 0)
		return status;
	if (a.n_words == 0)
		return console_usage("no command");
	if (!(command = find_command(&a)))
		return console_usage("no such command, or a wrong number of operands");
	if (!load(&a))
		return 1;
	clock_set(&a.setting.clock);
	return command->run(&a, command->n_operands ? a.words[a.n_words - 1] : NULL);
}
