/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/people/actor.h"

#include <string.h>

static const char *const role_names[] = {
	[ROLE_NONE] = "",
	[ROLE_ANIMATOR] = "animator",
	[ROLE_MANAGER] = "manager",
	[ROLE_COORDINATOR] = "coordinator",
	[ROLE_REGION_OFFICER] = "region_officer",
	[ROLE_TECHNICIAN] = "technician",
	[ROLE_AUDITOR] = "auditor",
};

static const char *const scope_names[] = {
	[SCOPE_PLACE] = "place",
	[SCOPE_HUB] = "hub",
	[SCOPE_REGION] = "region",
};

const char *actor_role_text(enum role role)
{
	return role_names[role];
}

const char *actor_scope_text(enum scope scope)
{
	return scope_names[scope];
}

bool actor_role_parse(const char *text, enum role *out)
{
	for (enum role r = ROLE_ANIMATOR; r <= ROLE_AUDITOR; r++)
		if (strcmp(text, role_names[r]) == 0) {
			*out = r;
			return true;
		}
	return false;
}

bool actor_scope_parse(const char *text, enum scope *out)
{
	for (enum scope s = SCOPE_PLACE; s <= SCOPE_REGION; s++)
		if (strcmp(text, scope_names[s]) == 0) {
			*out = s;
			return true;
		}
	return false;
}

static bool get_role(struct query *q, struct grant_of_role *out)
{
	char role[16], scope[8];

	get_text(q, role, sizeof role);
	get_text(q, scope, sizeof scope);
	out->scope_id = get_id(q);
	return actor_role_parse(role, &out->role) && actor_scope_parse(scope, &out->scope);
}

static enum err load_roles(struct db *db, int64_t now_s, struct actor *a)
{
	struct query q =
		db_query(db, "SELECT role, scope, scope_id FROM role "
			     "WHERE user_id = $1 AND from_s <= $2 AND (until_s IS NULL OR until_s > $3) "
			     "ORDER BY id");

	put_i64(&q, a->user_id);
	put_i64(&q, now_s);
	put_i64(&q, now_s);
	while (a->n_roles < ACTOR_MAX_ROLES && db_next(&q))
		if (get_role(&q, &a->roles[a->n_roles]))
			a->n_roles++;
	return db_end(&q);
}

enum err actor_load(struct db *db, int64_t user_id, int64_t now_s, struct actor *out)
{
	struct query q = db_query(db, "SELECT id FROM user WHERE id = $1 AND disabled_s IS NULL");
	struct actor a = {0};
	enum err err;

	put_i64(&q, user_id);
	while (db_next(&q))
		a.user_id = get_i64(&q);
	if ((err = db_end(&q)))
		return err;
	if (!a.user_id)
		return ERR_NOT_FOUND;
	if ((err = load_roles(db, now_s, &a)))
		return err;
	*out = a;
	return OK;
}
