/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
/* Readings are compared with readings of the same clock before and after: no duration is judged. */
#include "common/daemon/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static int64_t real_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void set(int64_t origin_ms, int64_t rate, int64_t offset_ms)
{
	const struct clock_setting s = {.origin_ms = origin_ms, .rate = rate, .offset_ms = offset_ms};

	clock_set(&s);
}

static void without_an_origin_it_is_real_time(void **state)
{
	const int64_t before = real_ms(CLOCK_REALTIME), mono_before = real_ms(CLOCK_BOOTTIME);

	(void)state;
	set(0, 1000, 0);
	assert_in_range(clock_now_ms(), before, real_ms(CLOCK_REALTIME));
	assert_in_range(clock_mono_ms(), mono_before, real_ms(CLOCK_BOOTTIME));
	assert_in_range(clock_real_mono_ms(), mono_before, real_ms(CLOCK_BOOTTIME));
}

static void the_offset_makes_one_machine_wrong(void **state)
{
	const int64_t day_ms = 86400000, before = real_ms(CLOCK_REALTIME);

	(void)state;
	set(0, 1, -day_ms);
	assert_in_range(clock_now_ms(), before - day_ms, real_ms(CLOCK_REALTIME) - day_ms);
	assert_in_range(clock_now_s(), (before - day_ms) / 1000, (real_ms(CLOCK_REALTIME) - day_ms) / 1000);
}

static void time_runs_from_the_origin_at_the_rate(void **state)
{
	const int64_t origin = real_ms(CLOCK_REALTIME) - 5123, rate = 3600, offset = 77;
	const int64_t before = real_ms(CLOCK_REALTIME), mono_before = real_ms(CLOCK_BOOTTIME);
	int64_t now, mono;

	(void)state;
	set(origin, rate, offset);
	now = clock_now_ms();
	mono = clock_mono_ms();
	assert_in_range(now, origin + (before - origin) * rate + offset,
			origin + (real_ms(CLOCK_REALTIME) + 1 - origin) * rate + offset);
	assert_in_range(mono, mono_before * rate, (real_ms(CLOCK_BOOTTIME) + 1) * rate);
	assert_in_range(clock_real_mono_ms(), mono_before, real_ms(CLOCK_BOOTTIME));
}

static void the_highest_rate_does_not_overflow(void **state)
{
	(void)state;
	set(1, 100000, 0);
	assert_true(clock_now_ms() > (int64_t)100000 * 1000 * 1700000000);
	assert_true(clock_mono_ms() > 0);
}

static void seconds_round_down_before_1970_too(void **state)
{
	(void)state;
	set(0, 1, -real_ms(CLOCK_REALTIME) - 3600500);
	assert_in_range(clock_now_s() + 4000, 4000 - 3601, 4000 - 3500);
}

static void it_never_goes_back(void **state)
{
	int64_t last = 0, last_now = 0;

	(void)state;
	set(real_ms(CLOCK_REALTIME), 997, 0);
	for (int i = 0; i < 100000; i++) {
		const int64_t mono = clock_mono_ms();

		assert_true(mono >= last);
		last = mono;
	}
	last_now = clock_now_ms();
	assert_true(clock_now_ms() >= last_now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_origin_it_is_real_time),
		cmocka_unit_test(the_offset_makes_one_machine_wrong),
		cmocka_unit_test(time_runs_from_the_origin_at_the_rate),
		cmocka_unit_test(the_highest_rate_does_not_overflow),
		cmocka_unit_test(seconds_round_down_before_1970_too),
		cmocka_unit_test(it_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
