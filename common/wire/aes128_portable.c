/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bit-sliced AES: the block as eight planes of 16 bits, plane b holding bit b of each byte (byte i = 4 ×
 * column + row at bit i). SubBytes is then a circuit of and/xor on planes, ShiftRows and MixColumns are
 * rotations of planes. No secret ever is an address or a condition. T-tables would be several times as fast
 * and leak the key through the cache; what needs speed has AES instructions (aes128_x86.c), and a tag seals
 * one frame a second.
 *
 * The S-box circuit: J. Boyar, R. Peralta, "A small depth-16 circuit for the AES S-box" (IACR ePrint
 * 2011/332).
 */
#include "common/wire/aes128_impl.h"

#include <string.h>

#define ROUNDS 10

/* A round key's eight planes take the four words that its sixteen bytes would. */
_Static_assert(sizeof(((struct nvt_aes128 *)0)->round_key) == (ROUNDS + 1) * 8 * sizeof(uint16_t),
	       "planes fit");

/* The 8 × 8 bit matrix transposed (H. S. Warren, Hacker's Delight, 2nd ed., §7-3). */
static uint64_t transpose(uint64_t x)
{
	uint64_t t;

	t = (x ^ x >> 7) & 0x00aa00aa00aa00aau;
	x ^= t ^ t << 7;
	t = (x ^ x >> 14) & 0x0000cccc0000ccccu;
	x ^= t ^ t << 14;
	t = (x ^ x >> 28) & 0x00000000f0f0f0f0u;
	return x ^ t ^ t << 28;
}

static void to_planes(const uint8_t block[NVT_AES_BLOCK], uint16_t q[8])
{
	uint64_t low = 0, high = 0;

	for (int i = 7; i >= 0; i--) {
		low = low << 8 | block[i];
		high = high << 8 | block[8 + i];
	}
	low = transpose(low);
	high = transpose(high);
	for (int b = 0; b < 8; b++)
		q[b] = (uint16_t)((low >> 8 * b & 0xff) | (high >> 8 * b & 0xff) << 8);
}

static void from_planes(const uint16_t q[8], uint8_t block[NVT_AES_BLOCK])
{
	uint64_t low = 0, high = 0;

	for (int b = 7; b >= 0; b--) {
		low = low << 8 | (q[b] & 0xff);
		high = high << 8 | q[b] >> 8;
	}
	low = transpose(low);
	high = transpose(high);
	for (int i = 0; i < 8; i++) {
		block[i] = (uint8_t)(low >> 8 * i);
		block[8 + i] = (uint8_t)(high >> 8 * i);
	}
}

typedef uint32_t plane; /* 16 bits used: without the promotions to int that uint16_t drags along */

/* x[0] is the highest bit, as in the paper. */
static void sbox_top(const plane x[8], plane y[22])
{
	plane t0 = x[1] ^ x[2], t1;

	y[14] = x[3] ^ x[5];
	y[13] = x[0] ^ x[6];
	y[9] = x[0] ^ x[3];
	y[8] = x[0] ^ x[5];
	y[1] = t0 ^ x[7];
	y[4] = y[1] ^ x[3];
	y[12] = y[13] ^ y[14];
	y[2] = y[1] ^ x[0];
	y[5] = y[1] ^ x[6];
	y[3] = y[5] ^ y[8];
	t1 = x[4] ^ y[12];
	y[15] = t1 ^ x[5];
	y[20] = t1 ^ x[1];
	y[6] = y[15] ^ x[7];
	y[10] = y[15] ^ t0;
	y[11] = y[20] ^ y[9];
	y[7] = x[7] ^ y[11];
	y[17] = y[10] ^ y[11];
	y[19] = y[10] ^ y[8];
	y[16] = t0 ^ y[11];
	y[21] = y[13] ^ y[16];
	y[18] = x[0] ^ y[16];
}

/* The inversion in GF(2^4)^2. */
static void sbox_middle(const plane x[8], const plane y[22], plane z[18])
{
	plane t2 = y[12] & y[15], t3 = y[3] & y[6], t4 = t3 ^ t2, t5 = y[4] & x[7], t6 = t5 ^ t2;
	plane t7 = y[13] & y[16], t8 = y[5] & y[1], t9 = t8 ^ t7, t10 = y[2] & y[7], t11 = t10 ^ t7;
	plane t12 = y[9] & y[11], t13 = y[14] & y[17], t14 = t13 ^ t12, t15 = y[8] & y[10], t16 = t15 ^ t12;
	plane t21 = t4 ^ t14 ^ y[20], t22 = t6 ^ t16 ^ y[19], t23 = t9 ^ t14 ^ y[21], t24 = t11 ^ t16 ^ y[18];
	plane t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26, t28 = t25 & t27, t29 = t28 ^ t22;
	plane t30 = t23 ^ t24, t31 = t22 ^ t26, t32 = t31 & t30, t33 = t32 ^ t24, t34 = t23 ^ t33;
	plane t35 = t27 ^ t33, t36 = t24 & t35, t37 = t36 ^ t34, t38 = t27 ^ t36, t39 = t29 & t38,
	      t40 = t25 ^ t39;
	plane t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37, t45 = t42 ^ t41;

	z[0] = t44 & y[15];
	z[1] = t37 & y[6];
	z[2] = t33 & x[7];
	z[3] = t43 & y[16];
	z[4] = t40 & y[1];
	z[5] = t29 & y[7];
	z[6] = t42 & y[11];
	z[7] = t45 & y[17];
	z[8] = t41 & y[10];
	z[9] = t44 & y[12];
	z[10] = t37 & y[3];
	z[11] = t33 & y[4];
	z[12] = t43 & y[13];
	z[13] = t40 & y[5];
	z[14] = t29 & y[2];
	z[15] = t42 & y[9];
	z[16] = t45 & y[14];
	z[17] = t41 & y[8];
}

static void sbox_bottom(const plane z[18], plane s[8])
{
	plane t46 = z[15] ^ z[16], t47 = z[10] ^ z[11], t48 = z[5] ^ z[13], t49 = z[9] ^ z[10];
	plane t50 = z[2] ^ z[12], t51 = z[2] ^ z[5], t52 = z[7] ^ z[8], t53 = z[0] ^ z[3];
	plane t54 = z[6] ^ z[7], t55 = z[16] ^ z[17], t56 = z[12] ^ t48, t57 = t50 ^ t53;
	plane t58 = z[4] ^ t46, t59 = z[3] ^ t54, t60 = t46 ^ t57, t61 = z[14] ^ t57;
	plane t62 = t52 ^ t58, t63 = t49 ^ t58, t64 = z[4] ^ t59, t65 = t61 ^ t62, t66 = z[1] ^ t63;
	plane t67 = t64 ^ t65;

	s[0] = t59 ^ t63;
	s[6] = t56 ^ ~t62;
	s[7] = t48 ^ ~t60;
	s[3] = t53 ^ t66;
	s[4] = t51 ^ t66;
	s[5] = t47 ^ t65;
	s[1] = t64 ^ ~s[3];
	s[2] = t55 ^ ~t67;
}

static void sub_bytes(uint16_t q[8])
{
	plane x[8], y[22], z[18], s[8];

	for (int b = 0; b < 8; b++)
		x[b] = q[7 - b];
	sbox_top(x, y);
	sbox_middle(x, y, z);
	sbox_bottom(z, s);
	for (int b = 0; b < 8; b++)
		q[b] = (uint16_t)s[7 - b];
}

/* Row r of every column moves r columns: row r is every fourth bit, a column is four bits. */
static void shift_rows(uint16_t q[8])
{
	for (int b = 0; b < 8; b++) {
		plane p = q[b] | (plane)q[b] << 16;

		q[b] = (uint16_t)((p & 0x1111) | (p >> 4 & 0x2222) | (p >> 8 & 0x4444) | (p >> 12 & 0x8888));
	}
}

/* Row r takes 2 a[r] + 3 a[r+1] + a[r+2] + a[r+3] = 2 (a[r] + a[r+1]) + a[r+1] + (a[r+2] + a[r+3]). */
static void mix_columns(uint16_t q[8])
{
	plane next[8], sum[8], far[8];

	for (int b = 0; b < 8; b++) {
		plane p = q[b];

		next[b] = (p >> 1 & 0x7777u) | (p << 3 & 0x8888u);
		sum[b] = p ^ next[b];
		far[b] = (sum[b] >> 2 & 0x3333u) | (sum[b] << 2 & 0xccccu);
	}
	for (int b = 0; b < 8; b++) {
		plane twice = b ? sum[b - 1] : sum[7];

		if (b == 1 || b == 3 || b == 4)
			twice ^= sum[7]; /* the polynomial x^8 + x^4 + x^3 + x + 1 */
		q[b] = (uint16_t)(twice ^ next[b] ^ far[b]);
	}
}

static void add_round_key(uint16_t q[8], const struct nvt_aes128 *aes, int round)
{
	const uint32_t *word = aes->round_key + 4 * round;

	for (int i = 0; i < 4; i++) {
		q[2 * i] = (uint16_t)(q[2 * i] ^ (word[i] & 0xffff));
		q[2 * i + 1] = (uint16_t)(q[2 * i + 1] ^ word[i] >> 16);
	}
}

/* The last column through the S-box, rotated by one byte, as the next round key begins with it. */
static void sub_word(const uint8_t key[NVT_AES_KEY], uint8_t out[4])
{
	uint8_t block[NVT_AES_BLOCK] = {key[13], key[14], key[15], key[12]};
	uint16_t q[8];

	to_planes(block, q);
	sub_bytes(q);
	from_planes(q, block);
	memcpy(out, block, 4);
}

void nvt_aes128_expand(const uint8_t key[NVT_AES_KEY], uint8_t round_keys[176])
{
	uint8_t word[4], constant = 1;

	memcpy(round_keys, key, NVT_AES_KEY);
	for (uint8_t *k = round_keys + NVT_AES_KEY; k < round_keys + 176; k += NVT_AES_KEY) {
		sub_word(k - NVT_AES_KEY, word);
		word[0] ^= constant;
		constant = (uint8_t)(constant << 1 ^ (constant >> 7) * 0x1b);
		for (int i = 0; i < 4; i++)
			k[i] = k[i - 16] ^ word[i];
		for (int i = 4; i < 16; i++)
			k[i] = k[i - 16] ^ k[i - 4];
	}
}

void nvt_aes128_portable_init(struct nvt_aes128 *aes, const uint8_t key[NVT_AES_KEY])
{
	uint8_t keys[176];
	volatile uint8_t *wiped = keys; /* volatile: a dead store would be removed */
	uint16_t q[8];

	nvt_aes128_expand(key, keys);
	for (int round = 0; round <= ROUNDS; round++) {
		to_planes(keys + 16 * round, q);
		for (int i = 0; i < 4; i++)
			aes->round_key[4 * round + i] = q[2 * i] | (uint32_t)q[2 * i + 1] << 16;
	}
	for (size_t i = 0; i < sizeof keys; i++)
		wiped[i] = 0;
}

void nvt_aes128_portable_encrypt(const struct nvt_aes128 *aes, const uint8_t in[NVT_AES_BLOCK],
				 uint8_t out[NVT_AES_BLOCK])
{
	uint16_t q[8];

	to_planes(in, q);
	add_round_key(q, aes, 0);
	for (int round = 1; round < ROUNDS; round++) {
		sub_bytes(q);
		shift_rows(q);
		mix_columns(q);
		add_round_key(q, aes, round);
	}
	sub_bytes(q);
	shift_rows(q);
	add_round_key(q, aes, ROUNDS);
	from_planes(q, out);
}
