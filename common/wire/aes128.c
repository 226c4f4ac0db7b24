/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Chooses. A tag has the portable code only; a hosted x86-64 build asks the processor at each call, which
 * costs one predictable branch and keeps the module without state.
 */
#include "common/wire/aes128.h"

#include <stddef.h>

#include "common/wire/aes128_impl.h"

void nvt_aes128_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY])
{
#ifdef NVT_AES_X86
	if (nvt_aes128_x86_present()) {
		nvt_aes128_x86_init(aes, key);
		return;
	}
#endif
	nvt_aes128_portable_init(aes, key);
}

void nvt_aes128_encrypt(const struct nvt_aes128 *aes, const uint8_t in[NVT_AES_BLOCK],
			uint8_t out[NVT_AES_BLOCK])
{
#ifdef NVT_AES_X86
	if (nvt_aes128_x86_present()) {
		nvt_aes128_x86_encrypt(aes, in, out);
		return;
	}
#endif
	nvt_aes128_portable_encrypt(aes, in, out);
}

void nvt_aes128_fini(struct nvt_aes128 *aes)
{
	volatile uint32_t *word = aes ? aes->round_key : NULL; /* volatile: a dead store would be removed */

	for (size_t i = 0; word && i < sizeof aes->round_key / sizeof aes->round_key[0]; i++)
		word[i] = 0;
}
