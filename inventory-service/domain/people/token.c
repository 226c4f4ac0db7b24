/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/people/token.h"

#include <string.h>

#include "inventory-service/audit.h"
#include "inventory-service/rights.h"

#define TOKEN_COLUMNS "id, user_id, label, role, scope, scope_id, created_s, revoked_s"

bool token_next(struct query *q, struct token *out)
{
	char role[16], scope[8];

	if (!db_next(q))
		return false;
	*out = (struct token){.id = get_i64(q)};
	out->user_id = get_i64(q);
	get_text(q, out->label, sizeof out->label);
	get_text(q, role, sizeof role);
	get_text(q, scope, sizeof scope);
	out->role.scope_id = get_id(q);
	out->created_s = get_i64(q);
	out->revoked_s = get_i64(q);
	if (!actor_role_parse(role, &out->role.role) || !actor_scope_parse(scope, &out->role.scope))
		out->role = (struct grant_of_role){.role = ROLE_NONE, .scope = SCOPE_PLACE};
	return true;
}

static enum err one(struct query *q, struct token *out)
{
	struct token v;
	bool found = false;
	enum err err;

	while (token_next(q, &v))
		found = true;
	if ((err = db_end(q)))
		return err;
	if (!found)
		return ERR_NOT_FOUND;
	*out = v;
	return OK;
}

enum err token_find(struct db *db, int64_t id, struct token *out)
{
	struct query q = db_query(db, "SELECT " TOKEN_COLUMNS " FROM token WHERE id = $1");

	put_i64(&q, id);
	return one(&q, out);
}

struct query token_list(struct db *db, int64_t user_id, int64_t after_id, int64_t limit)
{
	struct query q = db_query(db, "SELECT " TOKEN_COLUMNS " FROM token WHERE user_id = $1 AND id > $2 "
				      "ORDER BY id LIMIT $3");

	put_i64(&q, user_id);
	put_i64(&q, after_id);
	put_i64(&q, limit);
	return q;
}

static enum err hub_of(struct db *db, int64_t place_id, int64_t *hub_id)
{
	struct query q =
		db_query(db, "SELECT hub_id FROM hub_member WHERE place_id = $1 AND until_s IS NULL");

	*hub_id = 0;
	put_i64(&q, place_id);
	while (db_next(&q))
		*hub_id = get_i64(&q);
	return db_end(&q);
}

enum err token_role_held(struct db *db, const struct actor *who, const struct grant_of_role *wanted,
			 bool *held)
{
	int64_t hub_id = wanted->scope == SCOPE_HUB ? wanted->scope_id : 0;
	enum err err;

	*held = false;
	if (wanted->scope == SCOPE_PLACE && (err = hub_of(db, wanted->scope_id, &hub_id)))
		return err;
	for (int i = 0; i < who->n_roles; i++) {
		const struct grant_of_role *g = &who->roles[i];
		bool within =
			g->scope == SCOPE_REGION ||
			(g->scope == wanted->scope && g->scope_id == wanted->scope_id) ||
			(g->scope == SCOPE_HUB && wanted->scope == SCOPE_PLACE && g->scope_id == hub_id);

		if (within && rights_role_includes(g->role, wanted->role))
			*held = true;
	}
	return OK;
}

enum err token_add(struct db *db, const struct actor *who, int64_t now_s, struct token *v,
		   const uint8_t hash[32])
{
	struct query q;
	bool held;
	enum err err;

	if ((err = token_role_held(db, who, &v->role, &held)))
		return err;
	if (!held)
		return ERR_FORBIDDEN;
	q = db_query(db, "INSERT INTO token (token_hash, user_id, label, role, scope, scope_id, created_s) "
			 "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id");
	put_blob(&q, hash, 32);
	put_i64(&q, who->user_id);
	put_text(&q, v->label);
	put_text(&q, actor_role_text(v->role.role));
	put_text(&q, actor_scope_text(v->role.scope));
	put_id(&q, v->role.scope_id);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	if ((err = db_end(&q)))
		return err;
	v->user_id = who->user_id;
	v->created_s = now_s;
	v->revoked_s = 0;
	return audit_add(db, who, now_s, "token.add", "token", v->id, NULL, NULL);
}

enum err token_revoke(struct db *db, const struct actor *who, int64_t now_s, struct token *v)
{
	struct query q;
	enum err err;

	if (v->revoked_s)
		return ERR_STATE;
	q = db_query(db, "UPDATE token SET revoked_s = $1 WHERE id = $2");
	put_i64(&q, now_s);
	put_i64(&q, v->id);
	if ((err = db_run(&q)))
		return err;
	v->revoked_s = now_s;
	return audit_add(db, who, now_s, "token.revoke", "token", v->id, NULL, NULL);
}

enum err token_actor(struct db *db, const uint8_t hash[32], int64_t now_s, struct actor *out)
{
	struct query q = db_query(db, "SELECT " TOKEN_COLUMNS " FROM token "
				      "WHERE token_hash = $1 AND revoked_s IS NULL");
	struct actor owner;
	struct token v;
	bool held;
	enum err err;

	put_blob(&q, hash, 32);
	if ((err = one(&q, &v)) || (err = actor_load(db, v.user_id, now_s, &owner)) ||
	    (err = token_role_held(db, &owner, &v.role, &held)))
		return err;
	if (!held)
		return ERR_NOT_FOUND;
	owner.n_roles = 1;
	owner.roles[0] = v.role;
	*out = owner;
	return OK;
}
