/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "inventory-service/domain/stock/calendar_rules.h"

static void summer_time_begins_and_ends_on_the_known_sundays(void **state)
{
	static const struct {
		int64_t change_s; /* date -u -d '2026-03-29 01:00' +%s … */
		int64_t before_s, after_s;
	} known[] = {
		{1774746000, 3600, 7200}, /* 2026-03-29 */
		{1792890000, 7200, 3600}, /* 2026-10-25 */
		{1806195600, 3600, 7200}, /* 2027-03-28 */
		{1824944400, 7200, 3600}, /* 2027-10-31 */
		{1837645200, 3600, 7200}, /* 2028-03-26 */
		{1856394000, 7200, 3600}, /* 2028-10-29 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		assert_int_equal(calendar_offset_s(known[i].change_s - 1), known[i].before_s);
		assert_int_equal(calendar_offset_s(known[i].change_s), known[i].after_s);
	}
}

static void a_day_has_23_hours_in_march_and_25_in_october(void **state)
{
	int64_t march = calendar_day_start_s((struct calendar_date){2027, 3, 28});
	int64_t october = calendar_day_start_s((struct calendar_date){2027, 10, 31});
	int64_t leap = calendar_day_start_s((struct calendar_date){2028, 2, 29});

	(void)state;
	assert_int_equal(calendar_next_day_s(march) - march, 23 * 3600);
	assert_int_equal(calendar_next_day_s(october) - october, 25 * 3600);
	assert_int_equal(calendar_next_day_s(leap) - leap, 24 * 3600);
	assert_int_equal(calendar_date_of(calendar_next_day_s(leap)).month, 3);
}

static void every_hour_from_1996_to_2060_agrees_with_the_libc(void **state)
{
	int64_t from = 820454400 /* 1996-01-01 */, until = 2840140800 /* 2060-01-01 */;

	(void)state;
	/* A machine without the zone's data still knows the rule by its POSIX name. */
	setenv("TZ",
	       access("/usr/share/zoneinfo/Europe/Paris", R_OK) ? "CET-1CEST,M3.5.0,M10.5.0/3"
								: "Europe/Paris",
	       1);
	tzset();
	for (int64_t t = from; t < until; t += 3600) {
		struct calendar_date d = calendar_date_of(t);
		time_t clock = (time_t)t;
		struct tm tm;

		localtime_r(&clock, &tm);
		assert_int_equal(calendar_offset_s(t), tm.tm_gmtoff);
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
		assert_true(calendar_day_start_s(d) <= t && t < calendar_next_day_s(t));
		if (tm.tm_hour == 0)
			assert_int_equal(calendar_day_start_s(d), t);
	}
}

static void only_days_that_exist_are_dates(void **state)
{
	static const char *const bad[] = {"",           "2026-02-29", "2026-13-01", "2026-00-10",
					  "2026-04-31", "2026-4-01",  "2026-04-1",  "2026-04-01 ",
					  "1995-12-31", "2200-01-01", "20260401",   "+026-01-01",
					  "2026-01-00"};
	struct calendar_date d;
	char text[CALENDAR_DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(calendar_date_parse(bad[i], &d));
	assert_true(calendar_date_parse("2028-02-29", &d));
	calendar_date_format(d, text);
	assert_string_equal(text, "2028-02-29");
	calendar_month_format(d, text);
	assert_string_equal(text, "2028-02");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summer_time_begins_and_ends_on_the_known_sundays),
		cmocka_unit_test(a_day_has_23_hours_in_march_and_25_in_october),
		cmocka_unit_test(every_hour_from_1996_to_2060_agrees_with_the_libc),
		cmocka_unit_test(only_days_that_exist_are_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
