/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Passwords: argon2id (RFC 9106) by libsodium, 19 MiB and 2 passes, about 30 ms and 19 MiB each: called on
 * one thread only (http.c's slow one, or a console command), never under the writer lock.
 */
#ifndef NAVETTE_PASSWORD_H
#define NAVETTE_PASSWORD_H

#include <stdbool.h>

#include "common/daemon/text.h"
#include "inventory-service/domain/people/user.h"

/* False where there is no memory for it: answer 503. */
MUST_CHECK bool password_hash(const char *password, char out[USER_HASH_SIZE]);
/* hash "": nobody; takes as long and is false. */
MUST_CHECK bool password_verify(const char *hash, const char *password);

#endif
