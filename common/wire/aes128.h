/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * AES-128, encryption direction only (FIPS 197). CCM, CTR and CMAC need no other, and the nRF52 ECB block
 * offers no other. No branch and no table depends on a key or a block, on any target: a bit-sliced S-box
 * circuit in portable C, or the processor's own AES instructions where the build has them and the processor
 * too.
 */
#ifndef NAVETTE_WIRE_AES128_H
#define NAVETTE_WIRE_AES128_H

#include <stdint.h>

#define NVT_AES_BLOCK 16u
#define NVT_AES_KEY 16u

struct nvt_aes128 {
	/* FIPS 197 §5.2, in the form that this process's implementation wants: never stored, never sent. A
	 * secret: wipe with nvt_aes128_fini. */
	uint32_t round_key[44];
};

void nvt_aes128_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY]);
void nvt_aes128_fini(struct nvt_aes128 *aes);
/* in and out may be the same block. */
void nvt_aes128_encrypt(const struct nvt_aes128 *aes, const uint8_t in[NVT_AES_BLOCK],
			uint8_t out[NVT_AES_BLOCK]);

#endif
