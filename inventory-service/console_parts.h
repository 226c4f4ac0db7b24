/* SPDX-License-Identifier: EUPL-1.2 */
/* What the command line's files share. A command returns the exit status; what it did is one line on stdout.
 */
#ifndef NAVETTE_CONSOLE_PARTS_H
#define NAVETTE_CONSOLE_PARTS_H

#include <stdbool.h>

#include "inventory-service/err.h"
#include "inventory-service/setting.h"

#define CONSOLE_WORDS 4

struct console_arguments {
	struct setting setting;
	const char *conf;
	const char *email, *name, *label, *role, *scope;
	bool is_check, password_stdin, dry_run;
	const char *words[CONSOLE_WORDS];
	int n_words;
};

int console_usage(const char *what);                /* 2 */
int console_failed(const char *what, enum err err); /* 1 */
/* A writer of our own, outside any transaction; the caller migrates. A database that is not there yet is
 * made, and secret.key with it: serve refuses the one without the other. */
enum err console_open(const struct console_arguments *a, struct db **db);

int console_user_add(const struct console_arguments *a, const char *operand);
int console_user_passwd(const struct console_arguments *a, const char *operand);
int console_user_disable(const struct console_arguments *a, const char *operand);
int console_token_add(const struct console_arguments *a, const char *operand);
int console_token_revoke(const struct console_arguments *a, const char *id);

int console_check(const struct console_arguments *a, const char *operand);
int console_audit_verify(const struct console_arguments *a, const char *operand);
int console_backup(const struct console_arguments *a, const char *file);
int console_restore(const struct console_arguments *a, const char *file);
int console_migrate(const struct console_arguments *a, const char *operand);
int console_rebuild_usage(const struct console_arguments *a, const char *operand);

#endif
