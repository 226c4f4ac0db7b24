/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The implementations behind aes128.h, for aes128.c and for the tests that compare them. A schedule made by
 * one means nothing to the other.
 */
#ifndef NAVETTE_WIRE_AES128_IMPL_H
#define NAVETTE_WIRE_AES128_IMPL_H

#include <stdbool.h>

#include "common/wire/aes128.h"

void nvt_aes128_portable_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY]);
void nvt_aes128_portable_encrypt(const struct nvt_aes128 *aes, const uint8_t in[NVT_AES_BLOCK],
				 uint8_t out[NVT_AES_BLOCK]);

/* The eleven round keys of FIPS 197 §5.2, one after the other. */
void nvt_aes128_expand(const uint8_t key[NVT_AES_KEY], uint8_t round_keys[176]);

/* x86-64 builds only (NVT_AES_X86): AES-NI. The others only where _present says so. */
bool nvt_aes128_x86_present(void);
void nvt_aes128_x86_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY]);
void nvt_aes128_x86_encrypt(const struct nvt_aes128 *aes, const uint8_t in[NVT_AES_BLOCK],
			    uint8_t out[NVT_AES_BLOCK]);

#endif
