/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * secret.key: 32 random bytes, mode 0600, outside database and backup (contract mqtt.md §7). Gateway
 * passwords are derived from it; tag and mac keys are sealed under it. A restored database plus this file
 * rebuilds the broker.
 */
#ifndef NAVETTE_SECRET_H
#define NAVETTE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/text.h"

struct secret {
	uint8_t key[32];
};

#define SECRET_SEALED_LEN(n) ((n) + 24 + 16) /* nonce, tag: crypto_secretbox */
#define SECRET_PASSWORD_SIZE 44

/* Reads the file; makes it (0600) where absent. False: why says what to do. Refuses a file others can read.
 */
MUST_CHECK bool secret_open(struct secret *s, const char *path, char *why, size_t why_size);
void secret_wipe(struct secret *s);
/* out holds SECRET_SEALED_LEN(len). context ("gateway.mac", "device.key") is bound in: a sealed value opens
 * only under the context it was sealed for. */
void secret_seal(const struct secret *s, const char *context, const uint8_t *plain, size_t len, uint8_t *out);
MUST_CHECK bool secret_unseal(const struct secret *s, const char *context, const uint8_t *sealed,
			      size_t sealed_len, uint8_t *plain, size_t len);
/* The MQTT password of a gateway's generation: keyed BLAKE2b over "gateway", its name and the generation. */
void secret_gateway_password(const struct secret *s, const char *gw, int64_t generation,
			     char out[SECRET_PASSWORD_SIZE]);

#endif
