/* SPDX-License-Identifier: EUPL-1.2 */
/* Accounts from the console: for the first one, and for the day nobody can sign in. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "inventory-service/console_parts.h"
#include "inventory-service/domain/people/password_rules.h"
#include "inventory-service/domain/people/token.h"
#include "inventory-service/domain/people/user.h"
#include "inventory-service/migrate.h"
#include "inventory-service/password.h"
#include "inventory-service/session.h"

static const struct actor console = {.channel = "console"};

/* One transaction on a connection of its own; the database is made where there is none. */
static enum err write_once(const struct console_arguments *a, enum err (*work)(struct db *db, void *context),
			   void *context)
{
	struct db *db = NULL;
	int64_t from;
	enum err err;

	if ((err = console_open(a, &db)))
		return err;
	if ((err = migrate(db, &from)) || (err = db_begin(db)))
		goto out;
	if ((err = work(db, context)))
		db_rollback(db);
	else
		err = db_commit(db);
out:
	db_close(db);
	return err;
}

/* ---- arguments ---------------------------------------------------------------------------------------- */

static bool take_role(const struct console_arguments *a, struct grant_of_role *out)
{
	const char *colon = a->scope ? strchr(a->scope, ':') : NULL;
	char scope[8] = "region";

	*out = (struct grant_of_role){.scope_id = 0};
	if (!a->role || !actor_role_parse(a->role, &out->role))
		return false;
	if (colon && (!str_format(scope, sizeof scope, "%.*s", (int)(colon - a->scope), a->scope) ||
		      !int64_parse(colon + 1, &out->scope_id) || out->scope_id < 1))
		return false;
	if (a->scope && !colon && strcmp(a->scope, "region") != 0)
		return false;
	return actor_scope_parse(scope, &out->scope) && (out->scope == SCOPE_REGION) == (out->scope_id == 0);
}

/* From stdin, or made: 24 signs of base64url, 144 bits. */
static bool take_password(const struct console_arguments *a, const char *email, char out[PASSWORD_SIZE])
{
	enum password_fault fault;
	uint8_t random[18];

	if (!a->password_stdin) {
		randombytes_buf(random, sizeof random);
		return base64url_encode(random, sizeof random, out, PASSWORD_SIZE);
	}
	if (!fgets(out, PASSWORD_SIZE, stdin) || !strchr(out, '\n')) {
		if (!out[0] || strlen(out) == PASSWORD_SIZE - 1) {
			fputs("navette-inventory: a line with the password is expected on stdin\n", stderr);
			return false;
		}
	}
	out[strcspn(out, "\r\n")] = '\0';
	fault = password_judge(out, email);
	if (fault)
		fprintf(stderr, "navette-inventory: %s\n", password_fault_text(fault));
	return fault == PASSWORD_FINE;
}

static bool take_email(const struct console_arguments *a, char out[USER_EMAIL_SIZE])
{
	return a->email && user_email_normalise(a->email, out);
}

/* ---- users -------------------------------------------------------------------------------------------- */

struct user_work {
	struct user user;
	struct user_roles roles;
	char hash[USER_HASH_SIZE];
};

static enum err add(struct db *db, void *context)
{
	struct user_work *w = context;

	return user_add(db, &console, clock_now_s(), &w->user, &w->roles, w->hash);
}

int console_user_add(const struct console_arguments *a, const char *operand)
{
	char password[PASSWORD_SIZE] = "";
	struct user_work w = {.roles = {.n = 1}};
	enum err err;

	(void)operand;
	if (!take_email(a, w.user.email))
		return console_usage("--email is an address");
	if (!a->name || !a->name[0] || !str_copy(w.user.name, sizeof w.user.name, a->name))
		return console_usage("--name is a text of 1 to 120 bytes");
	if (!take_role(a, &w.roles.rows[0]))
		return console_usage("--role is a role, --scope is region, hub:ID or place:ID");
	if (!take_password(a, w.user.email, password))
		return 1;
	if (!password_hash(password, w.hash))
		return console_failed("no memory to hash the password", ERR_BUSY);
	if ((err = write_once(a, add, &w)))
		return console_failed(
			err == ERR_EXISTS ? "this address has an account" : "the account was not made", err);
	printf("user %" PRId64 " %s %s\n", w.user.id, w.user.email, a->password_stdin ? "" : password);
	sodium_memzero(password, sizeof password);
	return 0;
}

static enum err change_password(struct db *db, void *context)
{
	struct user_work *w = context;
	struct user_edit edit = {.password_hash = w->hash};
	enum err err = user_find_by_email(db, w->user.email, &w->user);

	return err ? err : user_change(db, &console, clock_now_s(), &w->user, &edit);
}

int console_user_passwd(const struct console_arguments *a, const char *operand)
{
	char password[PASSWORD_SIZE] = "";
	struct user_work w = {.roles = {.n = 0}};
	enum err err;

	(void)operand;
	if (!take_email(a, w.user.email))
		return console_usage("--email is an address");
	if (!take_password(a, w.user.email, password))
		return 1;
	if (!password_hash(password, w.hash))
		return console_failed("no memory to hash the password", ERR_BUSY);
	if ((err = write_once(a, change_password, &w)))
		return console_failed("the password was not changed", err);
	printf("user %" PRId64 " %s %s\n", w.user.id, w.user.email, a->password_stdin ? "" : password);
	sodium_memzero(password, sizeof password);
	return 0;
}

static enum err disable(struct db *db, void *context)
{
	struct user_work *w = context;
	enum err err = user_find_by_email(db, w->user.email, &w->user);

	return err ? err : user_disable(db, &console, clock_now_s(), &w->user);
}

int console_user_disable(const struct console_arguments *a, const char *operand)
{
	struct user_work w = {.roles = {.n = 0}};
	enum err err;

	(void)operand;
	if (!take_email(a, w.user.email))
		return console_usage("--email is an address");
	if ((err = write_once(a, disable, &w)))
		return console_failed(err == ERR_STATE ? "this account is closed already"
						       : "the account was not closed",
				      err);
	printf("user %" PRId64 " closed\n", w.user.id);
	return 0;
}

/* ---- tokens ------------------------------------------------------------------------------------------- */

struct token_work {
	const char *email;
	struct token token;
	uint8_t hash[SESSION_HASH_LEN];
};

static enum err add_token(struct db *db, void *context)
{
	struct token_work *w = context;
	struct user owner;
	struct actor who;
	enum err err;

	if ((err = user_find_by_email(db, w->email, &owner)) ||
	    (err = actor_load(db, owner.id, clock_now_s(), &who)))
		return err;
	memcpy(who.channel, console.channel, sizeof who.channel);
	return token_add(db, &who, clock_now_s(), &w->token, w->hash);
}

int console_token_add(const struct console_arguments *a, const char *operand)
{
	char email[USER_EMAIL_SIZE], secret[SESSION_TOKEN_SIZE];
	struct token_work w = {.email = email};
	enum err err;

	(void)operand;
	if (!take_email(a, email))
		return console_usage("--email is an address");
	if (!a->label || !a->label[0] || !str_copy(w.token.label, sizeof w.token.label, a->label))
		return console_usage("--label is a text of 1 to 80 bytes");
	if (!take_role(a, &w.token.role))
		return console_usage("--role is a role, --scope is region, hub:ID or place:ID");
	session_new_secret(secret);
	if (!session_hash(secret, w.hash))
		return console_failed("the token was not made", ERR_INTERNAL);
	if ((err = write_once(a, add_token, &w)))
		return console_failed(err == ERR_FORBIDDEN ? "the owner does not have that role"
							   : "the token was not made",
				      err);
	printf("token %" PRId64 " %s%s\n", w.token.id, TOKEN_PREFIX, secret);
	sodium_memzero(secret, sizeof secret);
	return 0;
}

static enum err revoke_token(struct db *db, void *context)
{
	struct token_work *w = context;
	enum err err = token_find(db, w->token.id, &w->token);

	return err ? err : token_revoke(db, &console, clock_now_s(), &w->token);
}

int console_token_revoke(const struct console_arguments *a, const char *id)
{
	struct token_work w = {.email = NULL};
	enum err err;

	if (!int64_parse(id, &w.token.id))
		return console_usage("token revoke takes the number of a token");
	if ((err = write_once(a, revoke_token, &w)))
		return console_failed("the token was not revoked", err);
	printf("token %" PRId64 " revoked\n", w.token.id);
	return 0;
}
