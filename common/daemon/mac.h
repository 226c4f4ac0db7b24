/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Message authentication between gateway and service (contract mqtt.md §2): keyed BLAKE2b-256 (RFC 7693,
 * libsodium crypto_generichash, 32-byte key) over topic ‖ 0x00 ‖ payload, as base64url without padding.
 */
#ifndef NAVETTE_DAEMON_MAC_H
#define NAVETTE_DAEMON_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_KEY_LEN 32u
#define MAC_TEXT_SIZE 44u /* 43 signs and a NUL */

void mac_compute(const uint8_t key[MAC_KEY_LEN], const char *topic, const void *payload, size_t len,
		 char out[MAC_TEXT_SIZE]);
/* Constant time in the mac. mac may be NULL: false. */
bool mac_verify(const uint8_t key[MAC_KEY_LEN], const char *topic, const void *payload, size_t len,
		const char *mac);

#endif
