/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* The demo world is the same wherever and whenever it is made; the committed checksum is of world 1, 24
 * November 2026. After a wanted change: navette-inventory demo-data --print --seed 1 --last-day 2026-11-24 |
 * sha256sum */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/daemon/text.h"
#include "inventory-service/demo/world.h"

static const struct calendar_date last_day = {2026, 11, 24};

static char *print(uint64_t seed, struct calendar_date day, size_t *len)
{
	struct demo_world *w = demo_world_make(seed, day);
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	assert_non_null(out);
	demo_world_print(w, out);
	fclose(out);
	demo_world_free(w);
	return text;
}

static void same_seed_and_day_give_the_same_bytes(void **state)
{
	size_t len, again_len;
	char *text = print(7, last_day, &len), *again = print(7, last_day, &again_len);

	(void)state;
	assert_int_equal(len, again_len);
	assert_memory_equal(text, again, len);
	free(text);
	free(again);
}

static void another_seed_gives_another_world(void **state)
{
	size_t len, other_len;
	char *text = print(1, last_day, &len), *other = print(2, last_day, &other_len);

	(void)state;
	assert_true(len != other_len || memcmp(text, other, len) != 0);
	free(text);
	free(other);
}

static void the_bytes_are_those_of_the_committed_checksum(void **state)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof hash + 1], committed[128];
	size_t len, committed_len;
	char *text = print(1, last_day, &len);

	(void)state;
	crypto_hash_sha256(hash, (const unsigned char *)text, len);
	hex_encode(hash, sizeof hash, hex);
	assert_true(file_read("tests/demo-data/world-1-2026-11-24.sha256", committed, sizeof committed,
			      &committed_len));
	committed[strcspn(committed, " \n")] = '\0';
	assert_string_equal(hex, committed);
	free(text);
}

static void uses_are_in_order_apart_and_within_the_history(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct demo_world *w = demo_world_make(seed, last_day);

		print_message("seed %llu: %d uses\n", (unsigned long long)seed, w->n_uses);
		assert_true(w->n_uses > 300);
		for (int i = 0; i < w->n_uses; i++) {
			const struct demo_use *use = &w->uses[i], *before = i ? use - 1 : NULL;

			assert_true(use->start_s >= w->from_s && use->until_s < w->until_s);
			assert_true(use->until_s - use->start_s >= 120);
			if (before && before->device == use->device)
				assert_true(use->start_s >= before->until_s + 300);
		}
		demo_world_free(w);
	}
}

static void a_third_of_the_items_report(void **state)
{
	struct demo_world *w = demo_world_make(1, last_day);
	int reporting = 0, at_la_passerelle = 0;

	(void)state;
	for (int i = 0; i < DEMO_ITEMS; i++)
		reporting += w->items[i].device >= 0;
	for (int i = 0; i < DEMO_DEVICES; i++)
		at_la_passerelle += w->gateways[w->devices[i].gateway].place == 0;
	assert_int_equal(reporting, DEMO_ITEMS / 3);
	assert_true(at_la_passerelle >= 4);
	assert_string_equal(demo_column(w, 0, "nom"), "EPN La Passerelle");
	demo_world_free(w);
}

static void sixty_days_are_sixty_local_days_across_the_change_of_clocks(void **state)
{
	struct demo_world *w = demo_world_make(1, last_day); /* winter time began on 25 October */

	(void)state;
	assert_int_equal(w->until_s - w->from_s, DEMO_DAYS * 86400 + 3600);
	demo_world_free(w);
}

static void opening_hours_are_read_by_weekday(void **state)
{
	static const char hours[] = "We 10:00-12:00,14:00-18:00; Tu,Th,Fr 14:00-18:00; Sa 10:00-12:30";
	struct demo_opening open[4];

	(void)state;
	assert_int_equal(demo_openings(hours, 0, open, 4), 0);
	assert_int_equal(demo_openings(hours, 2, open, 4), 2);
	assert_int_equal(open[1].from_min, 14 * 60);
	assert_int_equal(open[1].until_min, 18 * 60);
	assert_int_equal(demo_openings(hours, 4, open, 4), 1);
	assert_int_equal(demo_openings(hours, 5, open, 4), 1);
	assert_int_equal(open[0].until_min, 12 * 60 + 30);
	assert_int_equal(demo_openings("Tu-Sa 10:00-12:30", 5, open, 4), 1);
	assert_int_equal(demo_openings("Tu-Sa 10:00-12:30", 6, open, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_and_day_give_the_same_bytes),
		cmocka_unit_test(another_seed_gives_another_world),
		cmocka_unit_test(the_bytes_are_those_of_the_committed_checksum),
		cmocka_unit_test(uses_are_in_order_apart_and_within_the_history),
		cmocka_unit_test(a_third_of_the_items_report),
		cmocka_unit_test(sixty_days_are_sixty_local_days_across_the_change_of_clocks),
		cmocka_unit_test(opening_hours_are_read_by_weekday),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
