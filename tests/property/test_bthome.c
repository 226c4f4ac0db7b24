/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire */
/*
 * BTHome under random readings, keys and damage: what was sealed comes back, what was changed does not, and
 * no bytes make the decoder say more than they hold. NAVETTE_SEED repeats a run.
 */
#include "common/wire/bthome.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return below ? (uint32_t)((z ^ z >> 31) % below) : (uint32_t)(z ^ z >> 31);
}

static void fill(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)draw(256);
}

static size_t any_reading(struct nvt_tag_reading *v, uint8_t *objects, size_t cap)
{
	*v = (struct nvt_tag_reading){.packet_id = (uint8_t)draw(256),
				      .running = draw(2),
				      .battery_pct = (uint8_t)draw(101),
				      .counter_epoch = (uint16_t)draw(65536),
				      .active_s = draw(0)};
	return nvt_tag_reading_put(v, objects, cap);
}

static void every_reading_comes_back_and_no_other(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint8_t key[16], address[6], objects[15], data[24];
		uint32_t counter = draw(0);
		struct nvt_tag_reading v;
		struct nvt_aes128 aes;
		struct nvt_bthome_frame f;
		size_t len = any_reading(&v, objects, sizeof objects);

		fill(key, sizeof key);
		fill(address, sizeof address);
		nvt_aes128_init(&aes, key);
		len = nvt_bthome_seal(&aes, address, counter, objects, len, data, sizeof data);
		assert_int_equal(nvt_bthome_decode(data, len, address, &aes, &f), NVT_BTHOME_OK);
		assert_int_equal(f.counter, counter);
		assert_int_equal(nvt_bthome_find(&f, 0x27)->raw, v.running);
		assert_int_equal(nvt_bthome_find(&f, 0x3d)->raw, v.counter_epoch);
		assert_int_equal(nvt_bthome_find(&f, 0x3e)->raw, v.active_s);
		assert_false(f.truncated);
		/* One bit of anything but the information byte: a 4-byte MIC lets one in 2^32 pass. */
		data[1 + draw((uint32_t)len - 1)] ^= (uint8_t)(1u << draw(8));
		assert_int_equal(nvt_bthome_decode(data, len, address, &aes, &f), NVT_BTHOME_BAD_MIC);
		assert_int_equal(f.n_objects, 0);
		assert_int_equal(f.clear_len, 0);
	}
}

static void no_bytes_say_more_than_they_hold(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t len = draw(40), used = 0;
		uint8_t *data = malloc(len ? len : 1); /* exactly: a read past the end is seen */
		struct nvt_bthome_frame f;
		enum nvt_bthome_status status;

		assert_non_null(data);
		fill(data, len);
		if (len && draw(8))
			data[0] = 0x40;
		status = nvt_bthome_decode(data, len, (const uint8_t[6]){0}, NULL, &f);
		free(data);
		if (status != NVT_BTHOME_OK) {
			assert_int_equal(f.n_objects, 0);
			continue;
		}
		for (size_t k = 0; k < f.n_objects; k++) {
			const struct nvt_bthome_object *o = &f.objects[k];

			assert_true(o->bytes >= f.clear && o->bytes + o->len <= f.clear + f.clear_len);
			used += 1u + o->len + (nvt_bthome_kind(o->id)->len < 0 ? 1u : 0u);
		}
		assert_true(used <= f.clear_len);
		assert_int_equal(f.truncated, used != f.clear_len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reading_comes_back_and_no_other),
		cmocka_unit_test(no_bytes_say_more_than_they_hold),
	};
	const char *given = getenv("NAVETTE_SEED");

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000003u;
	printf("NAVETTE_SEED=%" PRIu64 "\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
