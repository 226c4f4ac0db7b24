/* SPDX-License-Identifier: EUPL-1.2 */
/* Who acts: the signed-in user with the roles that are valid now. A value; made by the session, read by
 * rules. */
#ifndef NAVETTE_ACTOR_H
#define NAVETTE_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"

enum role {
	ROLE_NONE,
	ROLE_ANIMATOR,
	ROLE_MANAGER,
	ROLE_COORDINATOR,
	ROLE_REGION_OFFICER,
	ROLE_TECHNICIAN,
	ROLE_AUDITOR,
};

enum scope { SCOPE_PLACE, SCOPE_HUB, SCOPE_REGION };

struct grant_of_role {
	enum role role;
	enum scope scope;
	int64_t scope_id; /* 0 for region */
};

#define ACTOR_MAX_ROLES 16

struct actor {
	int64_t user_id; /* 0: nobody, or the system itself */
	char channel[8]; /* "web", "api", "console", "mqtt", "tick" */
	int n_roles;
	struct grant_of_role roles[ACTOR_MAX_ROLES];
};

/* The user with the roles valid at now_s. ERR_NOT_FOUND: no such user, or the account is closed. Roles beyond
 * ACTOR_MAX_ROLES are refused when they are given (user.h). */
MUST_CHECK enum err actor_load(struct db *db, int64_t user_id, int64_t now_s, struct actor *out);

const char *actor_role_text(enum role role); /* "" for ROLE_NONE */
const char *actor_scope_text(enum scope scope);
bool actor_role_parse(const char *text, enum role *out);
bool actor_scope_parse(const char *text, enum scope *out);

#endif
