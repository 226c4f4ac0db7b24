/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * AES-CCM (RFC 3610, NIST SP 800-38C), nonce of 7 to 13 bytes, tag of 4 to 16 bytes (even).
 */
#ifndef NAVETTE_WIRE_CCM_H
#define NAVETTE_WIRE_CCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/aes128.h"

struct nvt_ccm {
	const uint8_t *nonce;
	size_t nonce_len;   /* 7 … 13 */
	const uint8_t *aad; /* may be NULL where aad_len is 0 */
	size_t aad_len;     /* < 0xFF00 */
	size_t tag_len;     /* 4, 6 … 16 */
};

/* Encrypts len bytes of in to out (may be the same) and writes the tag. False: a length outside the limits,
 * nothing written. */
bool nvt_ccm_seal(const struct nvt_aes128 *aes, const struct nvt_ccm *p, const uint8_t *in, size_t len,
		  uint8_t *out, uint8_t *tag);
/* Decrypts and verifies in constant time. False: wrong tag or lengths; out is then zeroed. */
bool nvt_ccm_open(const struct nvt_aes128 *aes, const struct nvt_ccm *p, const uint8_t *in, size_t len,
		  const uint8_t *tag, uint8_t *out);

#endif
