/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/* Whatever the two readings are: the shares add up, stay within their hours' length, and lie between the
 * ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "inventory-service/domain/evidence/usage_rules.h"

static uint64_t rng;

static int64_t pick(int64_t below)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (int64_t)((z ^ (z >> 31)) % (uint64_t)below);
}

struct sum {
	int64_t from_ms, until_ms, growth_s, active_s, last_hour;
};

static void check(void *context, int64_t hour_s, int64_t active_s, int64_t bounded_s)
{
	struct sum *s = context;

	assert_true(active_s > 0 && bounded_s >= 0 && bounded_s <= active_s);
	assert_int_equal(hour_s % 3600, 0);
	assert_true(hour_s > s->last_hour);
	assert_true((hour_s + 3600) * 1000 > s->from_ms && hour_s * 1000 < s->until_ms);
	s->last_hour = hour_s;
	s->active_s += active_s;
}

static void shares_add_up(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct sum s = {.from_ms = 1700000000000 + pick(100000000), .last_hour = INT64_MIN};
		int64_t elapsed_ms = 1 + pick(i % 3 ? 20000000 : 4000000000);

		s.until_ms = s.from_ms + elapsed_ms;
		s.growth_s = 1 + pick(elapsed_ms / 1000 + 3);
		usage_split(s.from_ms, s.until_ms, s.growth_s, check, &s);
		assert_int_equal(s.active_s, s.growth_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(shares_add_up)};
	const char *given = getenv("SEED");

	rng = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("seed %llu (SEED=… repeats)\n", (unsigned long long)rng);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
