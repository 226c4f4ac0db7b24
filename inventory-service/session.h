/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How a caller proves who it is: the cookie of a signed-in browser, or a script's bearer token. Both are 32
 * random bytes as base64url, stored as BLAKE2b-256 only. A session ends after idle_s without use, after max_s
 * in any case, at sign-out, and when its user's password, roles or account change.
 *
 * Sessions live in real time (real_s), not on the service's clock: a demo that runs 600 times faster must not
 * sign people out after a minute.
 */
#ifndef NAVETTE_SESSION_H
#define NAVETTE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"

#define SESSION_TOKEN_SIZE 44 /* 43 signs and a NUL */
#define SESSION_HASH_LEN 32
#define SESSION_TOUCH_S 60 /* last use is stored to the minute */

struct session_limits {
	int64_t idle_s;
	int64_t max_s;
};
/* 0: 12 hours, 30 days. */
struct session_limits session_limits_of(int64_t idle_s, int64_t max_s);

struct credential {
	bool is_token;
	uint8_t hash[SESSION_HASH_LEN];
	/* filled by session_check */
	int64_t user_id;
	char csrf[SESSION_TOKEN_SIZE]; /* "" for a token */
	int64_t seen_s;
};

/* The credential named by a Cookie or Authorization header; false where there is none. Proves nothing yet. */
bool session_of_cookie(const char *cookie, bool is_tls, struct credential *out);
bool session_of_bearer(const char *authorization, struct credential *out);
/* Set-Cookie for a token; "-" takes the cookie away. */
void session_cookie(const char *token, bool is_tls, int64_t max_s, char out[192]);

/* OK: *who holds the roles valid now. ERR_AUTH_REQUIRED: unknown, ended, or its user's account is closed. */
MUST_CHECK enum err session_check(struct db *db, const struct session_limits *limits,
				  struct credential *credential, int64_t real_s, int64_t now_s,
				  struct actor *who);
MUST_CHECK enum err session_touch(struct db *db, const struct credential *credential, int64_t real_s);
/* A new session; token leaves only here. Sessions past max_s are swept on the way. */
MUST_CHECK enum err session_start(struct db *db, const struct session_limits *limits, int64_t user_id,
				  int64_t real_s, char token[SESSION_TOKEN_SIZE],
				  char csrf[SESSION_TOKEN_SIZE]);
MUST_CHECK enum err session_end(struct db *db, const struct credential *credential);
/* All sessions of a user. */
MUST_CHECK enum err session_end_all(struct db *db, int64_t user_id);

/* 32 random bytes as text, and the hash under which they are stored. */
void session_new_secret(char text[SESSION_TOKEN_SIZE]);
bool session_hash(const char *text, uint8_t hash[SESSION_HASH_LEN]);
/* Constant time. */
bool session_csrf_holds(const struct credential *credential, const char *given);

int64_t session_count(struct db *db);

#endif
