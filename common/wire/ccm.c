/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * RFC 3610 read top to bottom: B0, the additional data with its 2-byte length, the message, each padded with
 * zeros to whole blocks, through CBC-MAC; counter blocks A0 for the tag and A1 … for the text. Decrypted text
 * is authenticated in the same pass and wiped where it lied.
 */
#include "common/wire/ccm.h"

#include <string.h>

struct mac {
	const struct nvt_aes128 *aes;
	uint8_t x[NVT_AES_BLOCK];
	size_t at; /* bytes of the present block */
};

static void mac_add(struct mac *m, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		m->x[m->at++] ^= bytes[i];
		if (m->at == NVT_AES_BLOCK) {
			nvt_aes128_encrypt(m->aes, m->x, m->x);
			m->at = 0;
		}
	}
}

static void mac_pad(struct mac *m)
{
	if (m->at)
		nvt_aes128_encrypt(m->aes, m->x, m->x);
	m->at = 0;
}

/* Whether p can say a message of len bytes: the length field has 15 - nonce_len bytes, two at least. */
static bool is_sayable(const struct nvt_ccm *p, size_t len)
{
	size_t size_len = 15 - p->nonce_len;

	if (p->nonce_len < 7 || p->nonce_len > 13 || p->tag_len < 4 || p->tag_len > 16 || p->tag_len % 2)
		return false;
	if (p->aad_len >= 0xff00)
		return false;
	return size_len >= sizeof len || len >> 8 * size_len == 0;
}

/* B0 or, with flags = length of the length - 1 alone, the counter block A_n. */
static void block_with(const struct nvt_ccm *p, uint8_t flags, uint64_t n, uint8_t out[NVT_AES_BLOCK])
{
	memset(out, 0, NVT_AES_BLOCK);
	out[0] = flags;
	memcpy(out + 1, p->nonce, p->nonce_len);
	for (size_t i = 15; i > p->nonce_len; i--, n >>= 8)
		out[i] = (uint8_t)n;
}

static void mac_begin(struct mac *m, const struct nvt_aes128 *aes, const struct nvt_ccm *p, size_t len)
{
	uint8_t b0[NVT_AES_BLOCK];
	uint8_t aad_len[2] = {(uint8_t)(p->aad_len >> 8), (uint8_t)p->aad_len};
	unsigned flags = (p->aad_len ? 0x40u : 0u) | (unsigned)(p->tag_len - 2) / 2 << 3 |
			 (unsigned)(14 - p->nonce_len);

	*m = (struct mac){.aes = aes};
	block_with(p, (uint8_t)flags, len, b0);
	mac_add(m, b0, sizeof b0);
	if (p->aad_len) {
		mac_add(m, aad_len, sizeof aad_len);
		mac_add(m, p->aad, p->aad_len);
		mac_pad(m);
	}
}

static void key_stream(const struct nvt_aes128 *aes, const struct nvt_ccm *p, uint64_t n,
		       uint8_t out[NVT_AES_BLOCK])
{
	block_with(p, (uint8_t)(14 - p->nonce_len), n, out);
	nvt_aes128_encrypt(aes, out, out);
}

static void wipe(void *bytes, size_t len)
{
	volatile uint8_t *at = bytes; /* volatile: a dead store would be removed */

	while (len--)
		*at++ = 0;
}

/* The message both ways: text is what the MAC covers, whichever side it is on. Writes the whole tag. */
static void run(const struct nvt_aes128 *aes, const struct nvt_ccm *p, const uint8_t *in, size_t len,
		uint8_t *out, bool is_opening, uint8_t tag[NVT_AES_BLOCK])
{
	struct mac m;
	uint8_t stream[NVT_AES_BLOCK];

	mac_begin(&m, aes, p, len);
	for (size_t at = 0; at < len; at += NVT_AES_BLOCK) {
		size_t n = len - at < NVT_AES_BLOCK ? len - at : NVT_AES_BLOCK;

		key_stream(aes, p, at / NVT_AES_BLOCK + 1, stream);
		if (!is_opening)
			mac_add(&m, in + at, n);
		for (size_t i = 0; i < n; i++)
			out[at + i] = in[at + i] ^ stream[i];
		if (is_opening)
			mac_add(&m, out + at, n);
	}
	mac_pad(&m);
	key_stream(aes, p, 0, stream);
	for (size_t i = 0; i < NVT_AES_BLOCK; i++)
		tag[i] = m.x[i] ^ stream[i];
	wipe(stream, sizeof stream);
	wipe(&m, sizeof m);
}

bool nvt_ccm_seal(const struct nvt_aes128 *aes, const struct nvt_ccm *p, const uint8_t *in, size_t len,
		  uint8_t *out, uint8_t *tag)
{
	uint8_t whole[NVT_AES_BLOCK];

	if (!is_sayable(p, len))
		return false;
	run(aes, p, in, len, out, false, whole);
	memcpy(tag, whole, p->tag_len);
	return true;
}

bool nvt_ccm_open(const struct nvt_aes128 *aes, const struct nvt_ccm *p, const uint8_t *in, size_t len,
		  const uint8_t *tag, uint8_t *out)
{
	uint8_t whole[NVT_AES_BLOCK], differs = 0;

	if (!is_sayable(p, len)) {
		wipe(out, len);
		return false;
	}
	run(aes, p, in, len, out, true, whole);
	for (size_t i = 0; i < p->tag_len; i++)
		differs |= whole[i] ^ tag[i];
	wipe(whole, sizeof whole);
	if (differs)
		wipe(out, len);
	return !differs;
}
