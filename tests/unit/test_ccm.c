/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire navette_daemon */
/* AES-CCM against RFC 3610, SP 800-38C and BTHome (vectors/crypto.json), and what must be refused. */
#include "common/wire/ccm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/daemon/json.h"
#include "common/daemon/text.h"

#define VECTORS "tests/vectors/crypto.json"
#define MAX 256

struct vector {
	uint8_t nonce[16], aad[MAX], plain[MAX], sealed[MAX], tag[16];
	size_t len;
	struct nvt_ccm p;
	struct nvt_aes128 aes;
};

static char text[128 * 1024];
static struct json_doc *doc;

static int read_vectors(void **state)
{
	size_t len;

	(void)state;
	if (!file_read(VECTORS, text, sizeof text, &len))
		return -1;
	doc = json_parse(text, len, sizeof text, NULL);
	return doc ? 0 : -1;
}

static int drop_vectors(void **state)
{
	(void)state;
	json_free(doc);
	return 0;
}

static size_t take_bytes(struct json_in *in, const char *name, uint8_t *out, size_t cap)
{
	char hex[2 * MAX + 1] = "";
	size_t len;

	json_maybe_text(in, name, hex, sizeof hex);
	len = strlen(hex) / 2;
	assert_true(len <= cap && hex_decode(hex, 2 * len, out, len));
	return len;
}

static void take_vector(const struct json_array *a, struct vector *v)
{
	struct json_in in = json_element_object(a);
	uint8_t key[16];

	memset(v, 0, sizeof *v);
	assert_int_equal(take_bytes(&in, "key", key, sizeof key), 16);
	nvt_aes128_init(&v->aes, key);
	v->p = (struct nvt_ccm){.nonce = v->nonce, .aad = v->aad};
	v->p.nonce_len = take_bytes(&in, "nonce", v->nonce, sizeof v->nonce);
	v->p.aad_len = take_bytes(&in, "aad", v->aad, MAX);
	(void)take_bytes(&in, "plaintext", v->plain, MAX);
	v->len = take_bytes(&in, "ciphertext", v->sealed, MAX);
	v->p.tag_len = take_bytes(&in, "tag", v->tag, sizeof v->tag);
	assert_int_equal(json_end_lax(&in), JSON_OK);
}

static void published_vectors_seal_and_open(void **state)
{
	struct json_in top = json_in(doc);
	struct json_array vectors = json_take_array(&top, "aes_ccm", 1000);
	int n = 0;

	(void)state;
	for (; json_next(&vectors); n++) {
		struct vector v;
		uint8_t out[MAX], tag[16];

		take_vector(&vectors, &v);
		assert_true(nvt_ccm_seal(&v.aes, &v.p, v.plain, v.len, out, tag));
		assert_memory_equal(out, v.sealed, v.len);
		assert_memory_equal(tag, v.tag, v.p.tag_len);
		memcpy(out, v.sealed, v.len);
		assert_true(nvt_ccm_open(&v.aes, &v.p, out, v.len, v.tag, out)); /* in place */
		assert_memory_equal(out, v.plain, v.len);
	}
	assert_int_equal(n, 30);
}

static void forgeries_are_refused_and_wiped(void **state)
{
	static const uint8_t zero[MAX];
	struct json_in top = json_in(doc);
	struct json_array vectors = json_take_array(&top, "aes_ccm_negative", 1000);
	int n = 0;

	(void)state;
	for (; json_next(&vectors); n++) {
		struct vector v;
		uint8_t out[MAX];

		take_vector(&vectors, &v);
		memset(out, 0xee, sizeof out);
		assert_false(nvt_ccm_open(&v.aes, &v.p, v.sealed, v.len, v.tag, out));
		assert_memory_equal(out, zero, v.len);
	}
	assert_int_equal(n, 11);
}

static void every_flipped_bit_is_noticed(void **state)
{
	static const uint8_t key[16] = {7}, nonce[13] = {1}, aad[5] = {2}, plain[20] = {3};
	struct nvt_ccm p = {.nonce = nonce, .nonce_len = 13, .aad = aad, .aad_len = 5, .tag_len = 8};
	struct nvt_aes128 aes;
	uint8_t sealed[28], out[20];

	(void)state;
	nvt_aes128_init(&aes, key);
	assert_true(nvt_ccm_seal(&aes, &p, plain, 20, sealed, sealed + 20));
	for (unsigned bit = 0; bit < 8 * sizeof sealed; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(nvt_ccm_open(&aes, &p, sealed, 20, sealed + 20, out));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(nvt_ccm_open(&aes, &p, sealed, 20, sealed + 20, out));
	p.aad_len = 4;
	assert_false(nvt_ccm_open(&aes, &p, sealed, 20, sealed + 20, out));
}

static void lengths_outside_the_standard_are_refused(void **state)
{
	static const struct {
		size_t nonce_len, aad_len, tag_len, len;
	} bad[] = {{6, 0, 4, 1},   {14, 0, 4, 1},      {13, 0, 2, 1},    {13, 0, 5, 1},
		   {13, 0, 18, 1}, {13, 0xff00, 4, 1}, {13, 0, 4, 65536}};
	static uint8_t in[65536], out[65536], nonce[16], tag[16];
	struct nvt_aes128 aes;

	(void)state;
	nvt_aes128_init(&aes, nonce);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct nvt_ccm p = {.nonce = nonce,
				    .nonce_len = bad[i].nonce_len,
				    .aad = in,
				    .aad_len = bad[i].aad_len,
				    .tag_len = bad[i].tag_len};

		assert_false(nvt_ccm_seal(&aes, &p, in, bad[i].len, out, tag));
		assert_false(nvt_ccm_open(&aes, &p, in, bad[i].len, tag, out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_seal_and_open),
		cmocka_unit_test(forgeries_are_refused_and_wiped),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(lengths_outside_the_standard_are_refused),
	};

	return cmocka_run_group_tests(tests, read_vectors, drop_vectors);
}
