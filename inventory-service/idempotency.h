/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The first answer to a keyed POST, given again for 30 days (contract http.md §1). A key belongs to one user,
 * method and path. Answers are kept sealed under secret.key: some hold what is shown once (an enrolment, a
 * token).
 */
#ifndef NAVETTE_IDEMPOTENCY_H
#define NAVETTE_IDEMPOTENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/secret.h"

#define IDEMPOTENCY_KEEP_S ((int64_t)30 * 86400)
#define IDEMPOTENCY_KEY_SIZE 65
#define IDEMPOTENCY_ROUTE_SIZE 160

struct idempotency {
	int64_t user_id;
	char key[IDEMPOTENCY_KEY_SIZE];
	char route[IDEMPOTENCY_ROUTE_SIZE]; /* "POST /items/7/retire" */
	uint8_t body_hash[32];
};

struct idempotent_answer {
	int status;
	char location[128];
	char *body; /* allocated; the caller frees */
	size_t body_len;
};

/* False where key, method and path do not fit: 1 to 64 printable signs of ASCII. */
MUST_CHECK bool idempotency_make(struct idempotency *out, int64_t user_id, const char *key,
				 const char *method, const char *path, const void *body, size_t body_len);
/* *found: *answer is what was answered first. ERR_IDEMPOTENCY: the key was used with another body. */
MUST_CHECK enum err idempotency_find(struct db *db, const struct secret *secret, const struct idempotency *i,
				     int64_t now_s, bool *found, struct idempotent_answer *answer);
/* Remembers an answer, and forgets some that are past their time. */
MUST_CHECK enum err idempotency_store(struct db *db, const struct secret *secret, const struct idempotency *i,
				      int64_t now_s, const struct idempotent_answer *answer);

#endif
