/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * AES-NI for hosted x86-64 builds: the service opens tens of thousands of frames a second. Round keys are the eleven
 * 16-byte blocks of FIPS 197 §5.2 as the instructions want them.
 */
#include "common/wire/aes128_impl.h"

#include <cpuid.h>
#include <string.h>
#include <wmmintrin.h>

#define WITH_AES __attribute__((target("aes,sse2")))

bool nvt_aes128_x86_present(void)
{
	static int known; /* 0: not asked, 1: yes, 2: no; a race writes the same answer twice */
	int state = __atomic_load_n(&known, __ATOMIC_RELAXED);
	unsigned a, b, c, d;

	if (!state) {
		state = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_AES) ? 1 : 2;
		__atomic_store_n(&known, state, __ATOMIC_RELAXED);
	}
	return state == 1;
}

static WITH_AES __m128i next_key(__m128i key, __m128i assist)
{
	assist = _mm_shuffle_epi32(assist, 0xff);
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
	return _mm_xor_si128(key, assist);
}

WITH_AES void nvt_aes128_x86_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY])
{
	__m128i k[11];

	k[0] = _mm_loadu_si128((const __m128i *)(const void *)key);
	/* The round constant is part of the instruction: no loop. */
	k[1] = next_key(k[0], _mm_aeskeygenassist_si128(k[0], 0x01));
	k[2] = next_key(k[1], _mm_aeskeygenassist_si128(k[1], 0x02));
	k[3] = next_key(k[2], _mm_aeskeygenassist_si128(k[2], 0x04));
	k[4] = next_key(k[3], _mm_aeskeygenassist_si128(k[3], 0x08));
	k[5] = next_key(k[4], _mm_aeskeygenassist_si128(k[4], 0x10));
	k[6] = next_key(k[5], _mm_aeskeygenassist_si128(k[5], 0x20));
	k[7] = next_key(k[6], _mm_aeskeygenassist_si128(k[6], 0x40));
	k[8] = next_key(k[7], _mm_aeskeygenassist_si128(k[7], 0x80));
	k[9] = next_key(k[8], _mm_aeskeygenassist_si128(k[8], 0x1b));
	k[10] = next_key(k[9], _mm_aeskeygenassist_si128(k[9], 0x36));
	memcpy(aes->round_key, k, sizeof k);
}

WITH_AES void nvt_aes128_x86_encrypt(const struct nvt_aes128 *aes, const uint8_t in[NVT_AES_BLOCK],
				     uint8_t out[NVT_AES_BLOCK])
{
	const __m128i *k = (const __m128i *)(const void *)aes->round_key;
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)in);

	x = _mm_xor_si128(x, _mm_loadu_si128(k));
	for (int i = 1; i < 10; i++)
		x = _mm_aesenc_si128(x, _mm_loadu_si128(k + i));
	x = _mm_aesenclast_si128(x, _mm_loadu_si128(k + 10));
	_mm_storeu_si128((__m128i *)(void *)out, x);
}
