/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bearer tokens for scripts: one role each, which its owner must have when it is made and whenever it is
 * used. Shown once ("nvt_" and 43 signs), stored hashed, revocable.
 */
#ifndef NAVETTE_TOKEN_H
#define NAVETTE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"

#define TOKEN_PREFIX "nvt_"
#define TOKEN_LABEL_SIZE 81

struct token {
	int64_t id;
	int64_t user_id;
	char label[TOKEN_LABEL_SIZE];
	struct grant_of_role role;
	int64_t created_s;
	int64_t revoked_s; /* 0: live */
};

/* Does one of the actor's roles include this one, over at least its scope? A place within a hub is within it.
 */
MUST_CHECK enum err token_role_held(struct db *db, const struct actor *who,
				    const struct grant_of_role *wanted, bool *held);
/* ERR_FORBIDDEN: the owner does not have that role. hash: what session_hash makes of the secret. */
MUST_CHECK enum err token_add(struct db *db, const struct actor *who, int64_t now_s, struct token *v,
			      const uint8_t hash[32]);
MUST_CHECK enum err token_find(struct db *db, int64_t id, struct token *out);
/* ERR_STATE where it is revoked already. */
MUST_CHECK enum err token_revoke(struct db *db, const struct actor *who, int64_t now_s, struct token *v);
/* The owner, reduced to the token's role. ERR_NOT_FOUND: unknown, revoked, owner closed or without that role.
 */
MUST_CHECK enum err token_actor(struct db *db, const uint8_t hash[32], int64_t now_s, struct actor *out);
/* Those of one user, ordered by id. */
struct query token_list(struct db *db, int64_t user_id, int64_t after_id, int64_t limit);
bool token_next(struct query *q, struct token *out);

#endif
