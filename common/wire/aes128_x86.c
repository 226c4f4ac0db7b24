/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * AES-NI for hosted x86-64 builds: the service opens tens of thousands of frames a second. Written with the
 * compiler's builtins (gcc and clang have the same): no header of the processor's.
 */
#include "common/wire/aes128_impl.h"

#include <string.h>

typedef long long block __attribute__((vector_size(16)));

bool nvt_aes128_x86_present(void)
{
	return __builtin_cpu_supports("aes");
}

void nvt_aes128_x86_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY])
{
	nvt_aes128_expand(key, (uint8_t *)aes->round_key);
}

static inline block load(const void *bytes)
{
	block x;

	memcpy(&x, bytes, sizeof x);
	return x;
}

__attribute__((target("aes,sse2"))) void nvt_aes128_x86_encrypt(const struct nvt_aes128 *aes,
								const uint8_t in[NVT_AES_BLOCK],
								uint8_t out[NVT_AES_BLOCK])
{
	block x = load(in) ^ load(aes->round_key);

	for (int round = 1; round < 10; round++)
		x = __builtin_ia32_aesenc128(x, load(aes->round_key + 4 * round));
	x = __builtin_ia32_aesenclast128(x, load(aes->round_key + 40));
	memcpy(out, &x, sizeof x);
}
