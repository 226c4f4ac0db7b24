/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_meter_cycle */
/* The simulated meters: power, energy and uses are one function of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/meter_cycle.h"

static struct meter_cycle cycle_of(const char *steps)
{
	struct meter_cycle c = {.start_s = 1000};

	assert_true(meter_cycle_parse(&c, steps));
	return c;
}

static void a_step_holds_until_the_next_and_the_cycle_repeats(void **state)
{
	struct meter_cycle c = cycle_of("120x900 4x300 0x60");

	(void)state;
	assert_int_equal(meter_cycle_power_mw(&c, 999999), 0);
	assert_int_equal(meter_cycle_power_mw(&c, 1000000), 120000);
	assert_int_equal(meter_cycle_power_mw(&c, 1899999), 120000);
	assert_int_equal(meter_cycle_power_mw(&c, 1900000), 4000);
	assert_int_equal(meter_cycle_power_mw(&c, 2200000), 0);
	assert_int_equal(meter_cycle_power_mw(&c, 2260000), 120000);
}

static void energy_is_the_sum_of_power_over_time(void **state)
{
	struct meter_cycle c = cycle_of("7x13 0x5 250x2");
	int64_t sum_mws = 0;

	(void)state;
	for (int64_t s = 990; s < 1200; s++) {
		assert_int_equal(meter_cycle_energy_mws(&c, s * 1000), sum_mws);
		sum_mws += meter_cycle_power_mw(&c, s * 1000);
	}
}

static void uses_are_the_spans_at_or_above_the_threshold(void **state)
{
	struct meter_cycle c = cycle_of("50x100 60x20 1x30");
	int64_t from, until;

	(void)state;
	assert_true(meter_cycle_next_use(&c, 50000, 1000, &from, &until));
	assert_int_equal(from, 1000);
	assert_int_equal(until, 1120); /* two steps that touch are one use */
	assert_true(meter_cycle_next_use(&c, 50000, until, &from, &until));
	assert_int_equal(from, 1150);
	assert_int_equal(until, 1270);
	assert_true(meter_cycle_next_use(&c, 60000, 1000 + 150 * 1000 + 50, &from, &until));
	assert_int_equal(from, 1000 + 150 * 1000 + 100);
	assert_false(meter_cycle_next_use(&c, 60001, 1000, &from, &until));
}

static void a_group_stands_as_often_as_it_says(void **state)
{
	struct meter_cycle grouped = cycle_of("0x10 (5x3 0x2)*3 7x1"),
			   plain = cycle_of("0x10 5x3 0x2 5x3 0x2 5x3 0x2 7x1");

	(void)state;
	assert_int_equal(grouped.n_steps, plain.n_steps);
	assert_int_equal(grouped.length_s, plain.length_s);
	assert_memory_equal(grouped.steps, plain.steps, sizeof plain.steps);
}

static void what_is_no_cycle_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "x",
					  "120",
					  "120x",
					  "-1x5",
					  "120x0",
					  "120x5;",
					  "1x1 y",
					  "999999999x1",
					  "(1x1",
					  "1x1)*2",
					  "(1x1)",
					  "(1x1)*0",
					  "()*2",
					  "(1x1 (2x2)*2)*2",
					  "(1x1)*2x",
					  "(1x1 2x2)*500"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct meter_cycle c = {0};

		if (meter_cycle_parse(&c, bad[i]))
			fail_msg("accepted: %s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_holds_until_the_next_and_the_cycle_repeats),
		cmocka_unit_test(energy_is_the_sum_of_power_over_time),
		cmocka_unit_test(uses_are_the_spans_at_or_above_the_threshold),
		cmocka_unit_test(a_group_stands_as_often_as_it_says),
		cmocka_unit_test(what_is_no_cycle_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
