/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/password.h"

#include <sodium.h>
#include <string.h>

#define OPS 2
#define MEMORY ((size_t)19 * 1024 * 1024)

_Static_assert(USER_HASH_SIZE == crypto_pwhash_STRBYTES, "libsodium's string");

bool password_hash(const char *password, char out[USER_HASH_SIZE])
{
	return crypto_pwhash_str_alg(out, password, strlen(password), OPS, MEMORY,
				     crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* Of nobody's password: what an unknown address is compared with, so that it costs the same time. The
 * parameters are those above; a test holds them to it. */
static const char nobody[USER_HASH_SIZE] =
	"$argon2id$v=19$m=19456,t=2,p=1$"
	"AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool password_verify(const char *hash, const char *password)
{
	bool is_known = hash[0] != '\0';
	bool holds = crypto_pwhash_str_verify(is_known ? hash : nobody, password, strlen(password)) == 0;

	return holds && is_known;
}
