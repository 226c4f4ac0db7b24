/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * AES-128, encryption direction only (FIPS 197). CCM, CTR and CMAC need no other, and the nRF52 ECB block
 * offers no other. Portable; no data-dependent branch, and no key-dependent table on targets with a cache.
 */
#ifndef NAVETTE_WIRE_AES128_H
#define NAVETTE_WIRE_AES128_H

#include <stdint.h>

#define NVT_AES_BLOCK 16u
#define NVT_AES_KEY 16u

struct nvt_aes128 {
	uint32_t round_key[44]; /* FIPS 197 §5.2; a secret: wipe with nvt_aes128_fini */
};

void nvt_aes128_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY]);
void nvt_aes128_fini(struct nvt_aes128 *aes);
/* in and out may be the same block. */
void nvt_aes128_encrypt(const struct nvt_aes128 *aes, const uint8_t in[NVT_AES_BLOCK], uint8_t out[NVT_AES_BLOCK]);

#endif
