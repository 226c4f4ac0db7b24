/* SPDX-License-Identifier: EUPL-1.2 */
/* libsodium chooses its fastest BLAKE2b in sodium_init, which is wanted once and before the first hash. */
#include "common/daemon/mac.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"

#define HASH_LEN 32u

static void start_sodium(void)
{
	if (sodium_init() < 0)
		fatal("mac: libsodium does not start");
}

void mac_compute(const uint8_t key[MAC_KEY_LEN], const char *topic, const void *payload, size_t len,
		 char out[MAC_TEXT_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	crypto_generichash_state state;
	uint8_t hash[HASH_LEN];

	pthread_once(&once, start_sodium);
	crypto_generichash_init(&state, key, MAC_KEY_LEN, HASH_LEN);
	/* with its NUL: the contract's 0x00 between topic and payload */
	crypto_generichash_update(&state, (const uint8_t *)topic, strlen(topic) + 1);
	if (len > 0)
		crypto_generichash_update(&state, payload, len);
	crypto_generichash_final(&state, hash, HASH_LEN);
	if (!base64url_encode(hash, HASH_LEN, out, MAC_TEXT_SIZE))
		fatal("mac: 32 bytes do not fit in 43 signs");
	sodium_memzero(&state, sizeof state);
}

bool mac_verify(const uint8_t key[MAC_KEY_LEN], const char *topic, const void *payload, size_t len,
		const char *mac)
{
	char expected[MAC_TEXT_SIZE];

	if (mac == NULL || strlen(mac) != MAC_TEXT_SIZE - 1)
		return false;
	mac_compute(key, topic, payload, len, expected);
	return sodium_memcmp(expected, mac, MAC_TEXT_SIZE - 1) == 0;
}
