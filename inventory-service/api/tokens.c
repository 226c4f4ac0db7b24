/* SPDX-License-Identifier: EUPL-1.2 */
/* Bearer tokens for scripts: everyone's own. The secret is in the answer to its POST and nowhere else. */
#include <stdio.h>

#include <sodium.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/people.h"
#include "inventory-service/domain/people/token.h"
#include "inventory-service/session.h"

static void put_token(struct call *c, const struct token *v, const char *secret)
{
	json_open_object(&c->out, NULL);
	json_put_i64(&c->out, "id", v->id);
	json_put_text(&c->out, "label", v->label);
	json_put_text(&c->out, "role", actor_role_text(v->role.role));
	json_put_text(&c->out, "scope", actor_scope_text(v->role.scope));
	if (v->role.scope_id)
		json_put_i64(&c->out, "scope_id", v->role.scope_id);
	else
		json_put_null(&c->out, "scope_id");
	json_put_time(&c->out, "created_at", v->created_s);
	if (v->revoked_s)
		json_put_time(&c->out, "revoked_at", v->revoked_s);
	else
		json_put_null(&c->out, "revoked_at");
	if (secret)
		json_put_text(&c->out, "token", secret);
	json_close_object(&c->out);
}

enum err api_tokens_list(struct call *c)
{
	int64_t after_id, limit, last_id = 0, n = 0;
	struct token v;
	struct query q;
	enum err err;

	if ((err = call_query_page(c, &after_id, &limit)) || (err = call_query_end(c)))
		return err;
	json_open_object(&c->out, NULL);
	json_open_array(&c->out, "items");
	q = token_list(c->db, c->who->user_id, after_id, limit);
	while (token_next(&q, &v)) {
		put_token(c, &v, NULL);
		last_id = v.id;
		n++;
	}
	if ((err = db_end(&q)))
		return err;
	call_page_end(c, n == limit ? last_id : 0);
	return OK;
}

static enum err take_body(struct call *c, struct token *v)
{
	struct json_in in;
	enum err err;

	if ((err = call_body(c, &in)))
		return err;
	json_take_text(&in, "label", v->label, sizeof v->label);
	if ((err = people_take_role(c, &in, &v->role)) || (err = call_body_end(c, &in)))
		return err;
	return v->label[0] ? OK : call_refuse(c, ERR_REQUIRED, "label", NULL);
}

enum err api_tokens_add(struct call *c)
{
	char secret[SESSION_TOKEN_SIZE], shown[sizeof TOKEN_PREFIX + SESSION_TOKEN_SIZE];
	uint8_t hash[SESSION_HASH_LEN];
	struct token v = {0};
	enum err err;

	if ((err = take_body(c, &v)))
		return err;
	session_new_secret(secret);
	if (!session_hash(secret, hash))
		return ERR_INTERNAL;
	if ((err = token_add(c->db, c->who, c->now_s, &v, hash)))
		return err == ERR_FORBIDDEN ? call_refuse(c, err, "role",
							  "Un jeton ne peut pas dépasser vos propres rôles.")
					    : err;
	snprintf(shown, sizeof shown, "%s%s", TOKEN_PREFIX, secret);
	call_created(c, "/tokens", v.id);
	put_token(c, &v, shown);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(shown, sizeof shown);
	return OK;
}

/* Somebody else's token is answered like none. */
enum err api_token_revoke(struct call *c)
{
	struct json_in in;
	struct token v;
	bool given;
	enum err err;

	if ((err = call_body_maybe(c, &in, &given)) || (err = call_body_end(c, &in)) ||
	    (err = token_find(c->db, c->ids[0], &v)))
		return err;
	if (v.user_id != c->who->user_id)
		return ERR_NOT_FOUND;
	if ((err = token_revoke(c->db, c->who, c->now_s, &v)))
		return err == ERR_STATE ? call_refuse(c, err, NULL, "Ce jeton est déjà révoqué.") : err;
	put_token(c, &v, NULL);
	return OK;
}
