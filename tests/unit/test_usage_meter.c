/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire */
/* Samples into seconds of use: thresholds, hysteresis, delays counted back, silence. */
#include "common/wire/usage_meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct nvt_usage_profile profile = {.on_mw = 2000,
						 .active_mw = 30000,
						 .hysteresis_mw = 5000,
						 .on_delay_ms = 5000,
						 .off_delay_ms = 10000,
						 .max_gap_ms = 60000};

/* Samples each second from *t on, until end. */
static void draw(struct nvt_usage_meter *m, int64_t *t, int64_t end_ms, int32_t mw)
{
	for (; *t < end_ms; *t += 1000)
		(void)nvt_usage_sample(m, *t, mw);
}

static void use_is_counted_from_where_it_was_first_seen(void **state)
{
	struct nvt_usage_meter m;
	int64_t t = 0;

	(void)state;
	nvt_usage_init(&m, &profile, 7000, 9000);
	draw(&m, &t, 10000, 3000);
	assert_int_equal(m.state, NVT_USE_IDLE);
	draw(&m, &t, 15000, 120000);
	assert_int_equal(m.state, NVT_USE_IDLE); /* 4 s: not yet believed */
	assert_int_equal(m.active_ms, 7000);
	draw(&m, &t, 16000, 120000);
	assert_int_equal(m.state, NVT_USE_ACTIVE);
	assert_int_equal(m.state_since_ms, 10000);
	assert_int_equal(m.active_ms, 7000 + 5000);
	draw(&m, &t, 70000, 120000);
	draw(&m, &t, 90000, 100);
	assert_int_equal(m.state, NVT_USE_OFF);
	assert_int_equal(m.state_since_ms, 70000);
	assert_int_equal(nvt_usage_active_s(&m), 67);
	assert_int_equal(m.on_ms, 9000 + 70000);
}

static void a_short_peak_is_nothing_and_a_short_dip_is_use(void **state)
{
	struct nvt_usage_meter m;
	int64_t t = 0;

	(void)state;
	nvt_usage_init(&m, &profile, 0, 0);
	draw(&m, &t, 10000, 0);
	draw(&m, &t, 14000, 120000);
	draw(&m, &t, 20000, 0);
	assert_int_equal(m.active_ms, 0);
	draw(&m, &t, 40000, 120000);
	draw(&m, &t, 49000, 0);
	assert_int_equal(m.state, NVT_USE_ACTIVE);
	draw(&m, &t, 60000, 120000);
	assert_int_equal(m.active_ms, 39000);
	assert_int_equal(m.on_ms, 4000 + 39000);
}

static void between_the_thresholds_nothing_changes(void **state)
{
	struct nvt_usage_meter m;
	int64_t t = 0;

	(void)state;
	nvt_usage_init(&m, &profile, 0, 0);
	draw(&m, &t, 60000, 29999);
	assert_int_equal(m.state, NVT_USE_IDLE);
	draw(&m, &t, 120000, 30000);
	assert_int_equal(m.state, NVT_USE_ACTIVE);
	draw(&m, &t, 180000, 25000);
	assert_int_equal(m.state, NVT_USE_ACTIVE);
	draw(&m, &t, 200000, 24999);
	assert_int_equal(m.state, NVT_USE_IDLE);
	assert_int_equal(m.active_ms, 120000);
}

static void a_silent_sensor_earns_the_gap_and_no_more(void **state)
{
	struct nvt_usage_meter m;
	int64_t t = 0;

	(void)state;
	nvt_usage_init(&m, &profile, 0, 0);
	draw(&m, &t, 11000, 120000);
	assert_int_equal(m.active_ms, 10000);
	assert_true(nvt_usage_sample(&m, 1000000, 0));
	assert_int_equal(m.active_ms, 70000);
	assert_int_equal(m.state, NVT_USE_OFF);
	assert_int_equal(m.state_since_ms, 1000000);
}

static void a_claim_cut_by_silence_is_dropped(void **state)
{
	struct nvt_usage_meter m;

	(void)state;
	nvt_usage_init(&m, &profile, 0, 0);
	m.profile.on_delay_ms = 100000;
	(void)nvt_usage_sample(&m, 0, 120000);
	(void)nvt_usage_sample(&m, 90000, 120000);
	assert_int_equal(m.active_ms, 0);
	(void)nvt_usage_sample(&m, 150000, 120000);
	assert_int_equal(m.state, NVT_USE_IDLE); /* begun anew at 90 s */
	(void)nvt_usage_sample(&m, 190000, 120000);
	assert_int_equal(m.state, NVT_USE_ACTIVE);
	assert_int_equal(m.active_ms, 100000);
}

static void without_delays_every_millisecond_counts(void **state)
{
	const struct nvt_usage_profile sharp = {.on_mw = 2000, .active_mw = 30000, .max_gap_ms = 60000};
	struct nvt_usage_meter m;

	(void)state;
	nvt_usage_init(&m, &sharp, 0, 0);
	assert_true(nvt_usage_sample(&m, 0, 0));
	assert_true(nvt_usage_sample(&m, 101, 30000));
	assert_false(nvt_usage_sample(&m, 5000, 90000));
	assert_true(nvt_usage_sample(&m, 7102, 0));
	assert_int_equal(m.active_ms, 7001);
	assert_int_equal(nvt_usage_active_s(&m), 7);
}

static void a_clock_that_goes_back_is_ignored(void **state)
{
	struct nvt_usage_meter m;
	int64_t t = 0;

	(void)state;
	nvt_usage_init(&m, &profile, 0, 0);
	draw(&m, &t, 31000, 120000);
	assert_false(nvt_usage_sample(&m, 5, 0));
	assert_int_equal(m.active_ms, 30000);
	(void)nvt_usage_sample(&m, 31000, 120000);
	assert_int_equal(m.active_ms, 31000);
}

static void seconds_saturate(void **state)
{
	struct nvt_usage_meter m;

	(void)state;
	nvt_usage_init(&m, &profile, UINT64_MAX / 2, 0);
	assert_int_equal(nvt_usage_active_s(&m), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(use_is_counted_from_where_it_was_first_seen),
		cmocka_unit_test(a_short_peak_is_nothing_and_a_short_dip_is_use),
		cmocka_unit_test(between_the_thresholds_nothing_changes),
		cmocka_unit_test(a_silent_sensor_earns_the_gap_and_no_more),
		cmocka_unit_test(a_claim_cut_by_silence_is_dropped),
		cmocka_unit_test(without_delays_every_millisecond_counts),
		cmocka_unit_test(a_clock_that_goes_back_is_ignored),
		cmocka_unit_test(seconds_saturate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
