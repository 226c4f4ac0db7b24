/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Accounts of people, and their roles. Passwords arrive hashed (password.h). E-mail addresses are kept in
 * lower case and are unique. Changing the password, the roles or closing the account ends all sessions of the
 * user.
 */
#ifndef NAVETTE_USER_H
#define NAVETTE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"

#define USER_EMAIL_SIZE 255
#define USER_NAME_SIZE 121
#define USER_HASH_SIZE 128 /* crypto_pwhash_STRBYTES */

struct user {
	int64_t id;
	int64_t version;
	char email[USER_EMAIL_SIZE];
	char name[USER_NAME_SIZE];
	int64_t disabled_s; /* 0: open */
	int64_t created_s;
};

struct user_roles {
	int n;
	struct grant_of_role rows[ACTOR_MAX_ROLES];
};

/* Lower case (ASCII), and of the shape somebody@somewhere without spaces; false where it is not. */
MUST_CHECK bool user_email_normalise(const char *given, char out[USER_EMAIL_SIZE]);
/* Fills id, version, created_s. ERR_EXISTS: the address has an account. ERR_REFERENCE: a role's place or hub
 * is not there; ERR_RANGE: a role whose scope and scope_id do not agree, or a region officer of less than the
 * region. */
MUST_CHECK enum err user_add(struct db *db, const struct actor *who, int64_t now_s, struct user *v,
			     const struct user_roles *roles, const char *password_hash);
/* NULL: unchanged. Fills version. Ends the sessions where roles or password change. */
struct user_edit {
	const char *email;
	const char *name;
	const struct user_roles *roles;
	const char *password_hash;
};
MUST_CHECK enum err user_change(struct db *db, const struct actor *who, int64_t now_s, struct user *v,
				const struct user_edit *edit);
/* ERR_STATE where it is closed already. */
MUST_CHECK enum err user_disable(struct db *db, const struct actor *who, int64_t now_s, struct user *v);

MUST_CHECK enum err user_find(struct db *db, int64_t id, struct user *out);
MUST_CHECK enum err user_find_by_email(struct db *db, const char *email, struct user *out);
/* For the sign-in only. */
MUST_CHECK enum err user_password_hash(struct db *db, int64_t id, char out[USER_HASH_SIZE]);
MUST_CHECK enum err user_roles_load(struct db *db, int64_t id, int64_t now_s, struct user_roles *out);

/* One page ordered by id: while (user_next(&q, &v)) … db_end(&q). */
struct query user_list(struct db *db, int64_t after_id, int64_t limit);
bool user_next(struct query *q, struct user *out);

#endif
