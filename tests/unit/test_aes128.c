/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire navette_daemon */
/* AES-128 against FIPS 197 and NIST (vectors/crypto.json), and the implementations against each other. */
#include "common/wire/aes128.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/daemon/json.h"
#include "common/daemon/text.h"
#include "common/wire/aes128_impl.h"

#define VECTORS "tests/vectors/crypto.json"

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

static void take_block(struct json_in *in, const char *name, uint8_t out[16])
{
	char hex[33];

	json_take_text(in, name, hex, sizeof hex);
	assert_true(hex_decode(hex, strlen(hex), out, 16));
}

static void check_each(const uint8_t key[16], const uint8_t plain[16], const uint8_t sealed[16])
{
	struct nvt_aes128 aes;
	uint8_t out[16];

	nvt_aes128_init(&aes, key);
	nvt_aes128_encrypt(&aes, plain, out);
	assert_memory_equal(out, sealed, 16);
	nvt_aes128_portable_init(&aes, key);
	memcpy(out, plain, 16);
	nvt_aes128_portable_encrypt(&aes, out, out); /* in place */
	assert_memory_equal(out, sealed, 16);
}

static void published_vectors_hold(void **state)
{
	struct json_in top = json_in(doc);
	struct json_array vectors = json_take_array(&top, "aes128_ecb", 100);
	int n = 0;

	(void)state;
	while (json_next(&vectors)) {
		struct json_in in = json_element_object(&vectors);
		uint8_t key[16], plain[16], sealed[16];

		take_block(&in, "key", key);
		take_block(&in, "plaintext", plain);
		take_block(&in, "ciphertext", sealed);
		check_each(key, plain, sealed);
		n++;
	}
	assert_int_equal(json_end_lax(&top), JSON_OK);
	assert_true(n >= 3);
}

/* The key schedule of FIPS 197 appendix A.1, its last round key. */
static void the_key_schedule_is_that_of_the_standard(void **state)
{
	static const uint8_t key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
					0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
	static const uint8_t last[16] = {0xd0, 0x14, 0xf9, 0xa8, 0xc9, 0xee, 0x25, 0x89,
					 0xe1, 0x3f, 0x0c, 0xc8, 0xb6, 0x63, 0x0c, 0xa6};
	uint8_t keys[176];

	(void)state;
	nvt_aes128_expand(key, keys);
	assert_memory_equal(keys, key, 16);
	assert_memory_equal(keys + 160, last, 16);
}

static void the_implementations_agree(void **state)
{
	struct nvt_aes128 a;
	uint8_t key[16] = {0}, x[16] = {0}, y[16];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		nvt_aes128_portable_init(&a, key);
		nvt_aes128_portable_encrypt(&a, x, y);
#ifdef NVT_AES_X86
		if (nvt_aes128_x86_present()) {
			struct nvt_aes128 b;
			uint8_t z[16];

			nvt_aes128_x86_init(&b, key);
			nvt_aes128_x86_encrypt(&b, x, z);
			assert_memory_equal(y, z, 16);
		}
#endif
		memcpy(key, x, 16); /* the next round of the walk */
		memcpy(x, y, 16);
	}
}

static void a_finished_schedule_is_wiped(void **state)
{
	static const uint8_t key[16] = {1};
	struct nvt_aes128 aes, zero = {{0}};

	(void)state;
	nvt_aes128_init(&aes, key);
	nvt_aes128_fini(&aes);
	assert_memory_equal(&aes, &zero, sizeof aes);
	nvt_aes128_fini(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_hold),
		cmocka_unit_test(the_key_schedule_is_that_of_the_standard),
		cmocka_unit_test(the_implementations_agree),
		cmocka_unit_test(a_finished_schedule_is_wiped),
	};

	return cmocka_run_group_tests(tests, read_vectors, drop_vectors);
}
