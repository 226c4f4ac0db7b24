/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service */
/* Opening hours: what the text may say, and when a counter is open, through closures, blocks and both changes
 * of the clocks. Times are counted from a local midnight. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/domain/stock/opening_rules.h"

#define HOUR 3600
#define DAY 86400
#define MONDAY 1812924000  /* 2027-06-14 */
#define MARCH 1806188400   /* 2027-03-28, a Sunday of 23 hours: the clocks go from 02:00 to 03:00 */
#define OCTOBER 1824933600 /* 2027-10-31, a Sunday of 25 hours: from 03:00 to 02:00 */
#define NEVER (-1)

static struct openings hours(const char *text)
{
	struct openings o = {0};
	size_t at;

	assert_true(opening_parse(text, &o.week, &at));
	assert_true(o.week.is_always || at == strlen(text));
	return o;
}

static void closed_on(struct openings *o, struct calendar_date from, struct calendar_date until)
{
	o->closures[o->n_closures++] = (struct opening_closure){.from = from, .until = until};
}

static int64_t next(const struct openings *o, int64_t t_s)
{
	int64_t at_s;

	return opening_next(o, t_s, &at_s) ? at_s : NEVER;
}

/* ---- the text ------------------------------------------------------------------------------------------ */

static void wrong_texts_say_where_they_stop_making_sense(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} wrong[] = {
		{"Lu 09:00-12:00", 0},
		{"Mo", 2},
		{"Mo-", 3},
		{"Mo-Xx 09:00-12:00", 3},
		{"Mo 9:00-12:00", 4},
		{"Mo 09:00", 8},
		{"Mo 09:60-12:00", 8},
		{"Mo 09:00-24:01", 14},
		{"Mo 12:00-09:00", 14},
		{"Mo 09:00-09:00", 14},
		{"Mo 09:00-12:00,11:00-13:00", 26},
		{"Mo 09:00-12:00,12:00-13:00", 26},
		{"Mo 01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00", 62},
		{"Mo 09:00-12:00 Tu 09:00-12:00", 15},
		{"24/7; Mo off", 2},
		{"Mo 09:00-12:00;; Tu off", 15},
		{"PH off", 0},
		{"mo off", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct opening_week w;
		size_t at = 99;

		if (opening_parse(wrong[i].text, &w, &at))
			fail_msg("%s is not refused", wrong[i].text);
		if (at != wrong[i].at)
			fail_msg("%s stops at %zu", wrong[i].text, at);
	}
}

static void a_later_rule_replaces_an_earlier_one_for_its_days(void **state)
{
	struct openings o = hours("08:00-20:00; Fr-Mo,We 09:00-12:00,14:00-18:00; Sa closed; Su off");
	static const int n[7] = {2, 1, 2, 1, 2, 0, 0};

	(void)state;
	for (int d = 0; d < 7; d++)
		assert_int_equal(o.week.n[d], n[d]);
	assert_int_equal(o.week.spans[0][1].from_min, 14 * 60);
	assert_int_equal(o.week.spans[0][1].until_min, 18 * 60);
	assert_true(hours("").week.is_always);
	assert_true(hours("24/7").week.is_always);
}

/* ---- a plain week -------------------------------------------------------------------------------------- */

static void both_ends_are_open(void **state)
{
	struct openings o = hours("Mo 09:30-12:30");
	const int64_t from_s = MONDAY + 9 * HOUR + 1800, until_s = from_s + 3 * HOUR;

	(void)state;
	assert_false(opening_is_open(&o, from_s - 1));
	assert_true(opening_is_open(&o, from_s));
	assert_true(opening_is_open(&o, until_s));
	assert_false(opening_is_open(&o, until_s + 1));
	assert_false(opening_is_open(&o, from_s + DAY));
	assert_true(opening_is_open(&o, from_s + 7 * DAY));
	assert_int_equal(next(&o, from_s - 1), from_s);
	assert_int_equal(next(&o, until_s), until_s);
	assert_int_equal(next(&o, until_s + 1), from_s + 7 * DAY);
	assert_int_equal(opening_seconds(&o, MONDAY, MONDAY + 7 * DAY), 3 * HOUR);
	assert_int_equal(opening_seconds(&o, from_s + 60, from_s + 100), 40);
	assert_int_equal(opening_seconds(&o, from_s + 100, from_s + 60), 0);
}

static void what_is_never_open_has_no_next_opening(void **state)
{
	struct openings o = hours("Mo-Su off"), always = hours("");

	(void)state;
	assert_int_equal(next(&o, MONDAY), NEVER);
	assert_int_equal(next(&always, MONDAY + 17), MONDAY + 17);
	closed_on(&always, (struct calendar_date){2027, 1, 1}, (struct calendar_date){2029, 1, 1});
	assert_int_equal(next(&always, MONDAY), NEVER);
}

static void a_closure_covers_both_its_days(void **state)
{
	struct openings o = hours("Mo-Fr 09:00-17:00"), always = hours("");

	(void)state;
	closed_on(&o, (struct calendar_date){2027, 6, 15}, (struct calendar_date){2027, 6, 17});
	assert_true(opening_is_open(&o, MONDAY + 17 * HOUR));
	assert_int_equal(next(&o, MONDAY + 17 * HOUR + 1), MONDAY + 4 * DAY + 9 * HOUR); /* Friday */
	closed_on(&o, (struct calendar_date){2027, 6, 18}, (struct calendar_date){2027, 6, 18});
	assert_int_equal(next(&o, MONDAY + 18 * HOUR), MONDAY + 7 * DAY + 9 * HOUR);
	assert_int_equal(opening_seconds(&o, MONDAY, MONDAY + 7 * DAY), 8 * HOUR);
	closed_on(&always, (struct calendar_date){2027, 6, 14}, (struct calendar_date){2027, 6, 14});
	assert_false(opening_is_open(&always, MONDAY));
	assert_true(opening_is_open(&always, MONDAY - 1));
	assert_int_equal(next(&always, MONDAY + 5), MONDAY + DAY);
	assert_int_equal(opening_seconds(&always, MONDAY - HOUR, MONDAY + DAY + HOUR), 2 * HOUR);
}

static void a_block_is_half_open_and_opening_goes_on_at_its_end(void **state)
{
	struct openings o = hours("Mo-Fr 09:00-17:00");

	(void)state;
	o.blocks[0] = (struct opening_block){MONDAY + 10 * HOUR, MONDAY + 11 * HOUR};
	o.blocks[1] = (struct opening_block){MONDAY + 11 * HOUR, MONDAY + 33 * HOUR + 1}; /* Tuesday 9 */
	o.n_blocks = 2;
	assert_true(opening_is_open(&o, MONDAY + 10 * HOUR - 1));
	assert_false(opening_is_open(&o, MONDAY + 10 * HOUR));
	assert_int_equal(next(&o, MONDAY + 10 * HOUR), MONDAY + 33 * HOUR + 1);
	o.n_blocks = 1;
	assert_int_equal(next(&o, MONDAY + 10 * HOUR), MONDAY + 11 * HOUR);
	o.blocks[0].until_s = INT64_MAX;
	assert_int_equal(next(&o, MONDAY + 10 * HOUR), NEVER);
}

/* ---- the clocks change --------------------------------------------------------------------------------- */

static void the_hours_of_the_wall_hold_on_both_days(void **state)
{
	struct openings o = hours("Su 09:00-12:00");

	(void)state;
	assert_int_equal(next(&o, MARCH), MARCH + 8 * HOUR);
	assert_int_equal(next(&o, OCTOBER), OCTOBER + 10 * HOUR);
	assert_true(opening_is_open(&o, MARCH + 11 * HOUR));
	assert_false(opening_is_open(&o, MARCH + 11 * HOUR + 1));
	assert_int_equal(opening_seconds(&o, MARCH, MARCH + DAY), 3 * HOUR);
	assert_int_equal(opening_seconds(&o, OCTOBER, OCTOBER + DAY), 3 * HOUR);
	assert_int_equal(next(&o, MARCH + 12 * HOUR), MARCH + 7 * DAY - HOUR + 9 * HOUR);
}

static void the_hour_that_is_skipped_opens_at_the_change(void **state)
{
	struct openings within = hours("Su 02:30-05:00"), gone = hours("Su 02:15-02:45");

	(void)state;
	assert_int_equal(next(&within, MARCH), MARCH + 2 * HOUR); /* 03:00 */
	assert_false(opening_is_open(&within, MARCH + 2 * HOUR - 1));
	assert_int_equal(opening_seconds(&within, MARCH, MARCH + DAY), 2 * HOUR);
	assert_int_equal(opening_seconds(&gone, MARCH, MARCH + DAY), 0);
	assert_int_equal(next(&gone, MARCH), MARCH + 7 * DAY - HOUR + 2 * HOUR + 900);
}

static void the_hour_that_is_repeated_is_open_twice(void **state)
{
	struct openings o = hours("Su 02:30-02:45"), across = hours("Su 01:00-04:00"),
			until = hours("Su 01:00-02:30");

	(void)state;
	assert_int_equal(next(&o, OCTOBER), OCTOBER + 2 * HOUR + 1800);
	assert_int_equal(next(&o, OCTOBER + 3 * HOUR), OCTOBER + 3 * HOUR + 1800);
	assert_true(opening_is_open(&o, OCTOBER + 3 * HOUR + 2700));
	assert_int_equal(opening_seconds(&across, OCTOBER, OCTOBER + DAY), 4 * HOUR);
	assert_int_equal(next(&until, OCTOBER + 2 * HOUR + 1801), OCTOBER + 3 * HOUR); /* 02:00 again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_texts_say_where_they_stop_making_sense),
		cmocka_unit_test(a_later_rule_replaces_an_earlier_one_for_its_days),
		cmocka_unit_test(both_ends_are_open),
		cmocka_unit_test(what_is_never_open_has_no_next_opening),
		cmocka_unit_test(a_closure_covers_both_its_days),
		cmocka_unit_test(a_block_is_half_open_and_opening_goes_on_at_its_end),
		cmocka_unit_test(the_hours_of_the_wall_hold_on_both_days),
		cmocka_unit_test(the_hour_that_is_skipped_opens_at_the_change),
		cmocka_unit_test(the_hour_that_is_repeated_is_open_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
