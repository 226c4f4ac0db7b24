/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sessions and bearer tokens as rows. Every call is checked against the database anew: a disabled user is out
 * with the next request, and there is no second list of sessions to keep true. The last use is written once a
 * minute.
 */
#include "inventory-service/session.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/domain/people/token.h"

#define COOKIE_PLAIN "navette"
#define COOKIE_TLS "__Host-navette" /* RFC 6265bis §4.1.3.2: Secure, Path=/, no Domain */

struct session_limits session_limits_of(int64_t idle_s, int64_t max_s)
{
	return (struct session_limits){.idle_s = idle_s ? idle_s : 12 * 3600,
				       .max_s = max_s ? max_s : (int64_t)30 * 86400};
}

bool session_hash(const char *text, uint8_t hash[SESSION_HASH_LEN])
{
	uint8_t secret[32];

	if (!base64url_decode(text, secret, sizeof secret))
		return false;
	crypto_generichash(hash, SESSION_HASH_LEN, secret, sizeof secret, NULL, 0);
	sodium_memzero(secret, sizeof secret);
	return true;
}

void session_new_secret(char text[SESSION_TOKEN_SIZE])
{
	uint8_t secret[32];

	randombytes_buf(secret, sizeof secret);
	if (!base64url_encode(secret, sizeof secret, text, SESSION_TOKEN_SIZE))
		fatal("session: 32 bytes are 43 signs");
	sodium_memzero(secret, sizeof secret);
}

/* ---- headers ------------------------------------------------------------------------------------------ */

bool session_of_cookie(const char *cookie, bool is_tls, struct credential *out)
{
	const char *name = is_tls ? COOKIE_TLS : COOKIE_PLAIN;
	size_t name_len = strlen(name);
	char token[SESSION_TOKEN_SIZE];

	while (cookie && *cookie) {
		size_t len;

		cookie += strspn(cookie, "; ");
		len = strcspn(cookie, ";");
		if (len == name_len + 1 + SESSION_TOKEN_SIZE - 1 && strncmp(cookie, name, name_len) == 0 &&
		    cookie[name_len] == '=') {
			memcpy(token, cookie + name_len + 1, SESSION_TOKEN_SIZE - 1);
			token[SESSION_TOKEN_SIZE - 1] = '\0';
			out->is_token = false;
			return session_hash(token, out->hash);
		}
		cookie += len;
	}
	return false;
}

bool session_of_bearer(const char *authorization, struct credential *out)
{
	static const char scheme[] = "Bearer " TOKEN_PREFIX;

	if (!authorization || strncmp(authorization, scheme, sizeof scheme - 1) != 0)
		return false;
	out->is_token = true;
	return session_hash(authorization + sizeof scheme - 1, out->hash);
}

void session_cookie(const char *token, bool is_tls, int64_t max_s, char out[192])
{
	bool gone = strcmp(token, "-") == 0;

	snprintf(out, 192, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s; Max-Age=%lld",
		 is_tls ? COOKIE_TLS : COOKIE_PLAIN, gone ? "" : token, is_tls ? "; Secure" : "",
		 (long long)(gone ? 0 : max_s));
}

bool session_csrf_holds(const struct credential *credential, const char *given)
{
	return given && strlen(given) == SESSION_TOKEN_SIZE - 1 &&
	       strlen(credential->csrf) == SESSION_TOKEN_SIZE - 1 &&
	       sodium_memcmp(credential->csrf, given, SESSION_TOKEN_SIZE - 1) == 0;
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static enum err check_session(struct db *db, const struct session_limits *limits, struct credential *c,
			      int64_t real_s)
{
	struct query q = db_query(db, "SELECT user_id, csrf, seen_s FROM session "
				      "WHERE token_hash = $1 AND seen_s > $2 AND created_s > $3");
	bool found = false;
	enum err err;

	put_blob(&q, c->hash, sizeof c->hash);
	put_i64(&q, real_s - limits->idle_s);
	put_i64(&q, real_s - limits->max_s);
	while (db_next(&q)) {
		c->user_id = get_i64(&q);
		get_text(&q, c->csrf, sizeof c->csrf);
		c->seen_s = get_i64(&q);
		found = true;
	}
	if ((err = db_end(&q)))
		return err;
	return found ? OK : ERR_AUTH_REQUIRED;
}

enum err session_check(struct db *db, const struct session_limits *limits, struct credential *credential,
		       int64_t real_s, int64_t now_s, struct actor *who)
{
	struct actor actor = {0};
	enum err err;

	if (credential->is_token) {
		credential->seen_s = real_s;
		err = token_actor(db, credential->hash, now_s, &actor);
		credential->user_id = actor.user_id;
	} else if (!(err = check_session(db, limits, credential, real_s))) {
		err = actor_load(db, credential->user_id, now_s, &actor);
	}
	if (err == ERR_NOT_FOUND)
		return ERR_AUTH_REQUIRED;
	if (err)
		return err;
	memcpy(actor.channel, credential->is_token ? "api" : "web", sizeof "api");
	*who = actor;
	return OK;
}

enum err session_touch(struct db *db, const struct credential *credential, int64_t real_s)
{
	struct query q = db_query(db, "UPDATE session SET seen_s = $1 WHERE token_hash = $2");

	put_i64(&q, real_s);
	put_blob(&q, credential->hash, sizeof credential->hash);
	return db_run(&q);
}

static enum err sweep(struct db *db, int64_t before_s)
{
	struct query q = db_query(db, "DELETE FROM session WHERE created_s < $1");

	put_i64(&q, before_s);
	return db_run(&q);
}

enum err session_start(struct db *db, const struct session_limits *limits, int64_t user_id, int64_t real_s,
		       char token[SESSION_TOKEN_SIZE], char csrf[SESSION_TOKEN_SIZE])
{
	uint8_t hash[SESSION_HASH_LEN];
	struct query q;
	enum err err;

	if ((err = sweep(db, real_s - limits->max_s)))
		return err;
	session_new_secret(token);
	session_new_secret(csrf);
	if (!session_hash(token, hash))
		return ERR_INTERNAL;
	q = db_query(db, "INSERT INTO session (token_hash, user_id, csrf, created_s, seen_s) "
			 "VALUES ($1, $2, $3, $4, $5)");
	put_blob(&q, hash, sizeof hash);
	put_i64(&q, user_id);
	put_text(&q, csrf);
	put_i64(&q, real_s);
	put_i64(&q, real_s);
	return db_run(&q);
}

enum err session_end(struct db *db, const struct credential *credential)
{
	struct query q = db_query(db, "DELETE FROM session WHERE token_hash = $1");

	put_blob(&q, credential->hash, sizeof credential->hash);
	return db_run(&q);
}

enum err session_end_all(struct db *db, int64_t user_id)
{
	struct query q = db_query(db, "DELETE FROM session WHERE user_id = $1");

	put_i64(&q, user_id);
	return db_run(&q);
}

int64_t session_count(struct db *db)
{
	struct query q = db_query(db, "SELECT count(*) FROM session");
	int64_t n = 0;

	while (db_next(&q))
		n = get_i64(&q);
	return db_end(&q) ? 0 : n;
}
