/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/* The pure rules of evidence: replay, hours between two readings, presence, the place of a boot in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "inventory-service/domain/evidence/placing_rules.h"
#include "inventory-service/domain/evidence/presence_rules.h"
#include "inventory-service/domain/evidence/replay_rules.h"
#include "inventory-service/domain/evidence/usage_rules.h"

#define H 3600000LL

/* ---- replay ---- */

static const struct replay_facts epoch = {.known_epoch = true, .counter_max = 100, .counter_max_ms = 1000000};

static void a_higher_counter_is_newer(void **state)
{
	(void)state;
	assert_int_equal(replay_judge(&epoch, 101, 2000000), REPLAY_NEWER);
	assert_int_equal(replay_judge(&epoch, 4294967295, 0), REPLAY_NEWER);
}

static void the_first_frame_of_an_epoch_is_newer_whatever_its_counter(void **state)
{
	struct replay_facts fresh = {0};

	(void)state;
	assert_int_equal(replay_judge(&fresh, 0, 5), REPLAY_NEWER);
}

static void a_lower_counter_heard_before_is_late_and_after_is_suspect(void **state)
{
	(void)state;
	assert_int_equal(replay_judge(&epoch, 99, 900000), REPLAY_OLDER);
	assert_int_equal(replay_judge(&epoch, 99, 1120000), REPLAY_OLDER); /* 120 s of tolerance */
	assert_int_equal(replay_judge(&epoch, 99, 1120001), REPLAY_SUSPECT);
	assert_int_equal(replay_judge(&epoch, 0, 90000000),
			 REPLAY_SUSPECT); /* no "counter below 100" reset */
	assert_int_equal(replay_judge(&epoch, 100, 90000000), REPLAY_SAME);
}

static void a_past_epoch_heard_after_the_next_began_is_suspect(void **state)
{
	struct replay_facts past = epoch;

	(void)state;
	past.has_later_epoch = true;
	past.later_epoch_ms = 2000000;
	assert_int_equal(replay_judge(&past, 101, 1900000), REPLAY_NEWER);
	assert_int_equal(replay_judge(&past, 101, 2120001), REPLAY_SUSPECT);
}

static void growth_beyond_time_is_bounded_as_the_contract_says(void **state)
{
	(void)state;
	assert_int_equal(replay_growth_limit_s(3600000, 60), 3600 + 180 + 120 + 120);
	assert_int_equal(replay_growth_limit_s(-5, 60), 240);
}

/* ---- hours ---- */

struct hours {
	int n;
	int64_t hour[50], active[50], bounded[50];
};

static void collect(void *context, int64_t hour_s, int64_t active_s, int64_t bounded_s)
{
	struct hours *h = context;

	h->hour[h->n] = hour_s;
	h->active[h->n] = active_s;
	h->bounded[h->n++] = bounded_s;
}

static void use_within_one_hour_is_known(void **state)
{
	struct hours h = {0};

	(void)state;
	usage_split(10 * H + 1000, 10 * H + 1800000, 60, collect, &h);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.hour[0], 36000);
	assert_int_equal(h.active[0], 60);
	assert_int_equal(h.bounded[0], 0);
}

static void use_without_a_pause_over_the_hour_is_known_in_both(void **state)
{
	struct hours h = {0};

	(void)state;
	usage_split(10 * H + 3000000, 11 * H + 1200000, 1800, collect, &h);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.active[0], 600);
	assert_int_equal(h.active[1], 1200);
	assert_int_equal(h.bounded[0] + h.bounded[1], 0);
}

static void use_in_a_silence_is_certain_in_number_and_bounded_in_hour(void **state)
{
	struct hours h = {0};
	int64_t sum = 0;

	(void)state;
	usage_split(10 * H, 20 * H, 1001, collect, &h);
	for (int i = 0; i < h.n; i++) {
		sum += h.active[i];
		assert_int_equal(h.active[i], h.bounded[i]);
	}
	assert_int_equal(sum, 1001);
	assert_int_equal(h.n, 10);
}

static void readings_of_two_clocks_the_wrong_way_round_still_count(void **state)
{
	struct hours h = {0};

	(void)state;
	usage_split(11 * H + 500, 11 * H - 500, 7, collect, &h);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.active[0], 7);
}

/* ---- presence ---- */

static bool heard(struct presence *p, int64_t place, int64_t rssi, int64_t at_s)
{
	struct sighting s = {.place_id = place, .rssi_dbm = rssi, .heard_ms = at_s * 1000};

	return presence_heard(p, &s, 1, 600000);
}

static void the_declared_place_is_confirmed_at_once_another_after_it_held(void **state)
{
	struct presence p = {0};

	(void)state;
	assert_true(heard(&p, 1, -60, 10));
	assert_int_equal(p.seen_place_id, 1);
	assert_false(heard(&p, 2, -60, 200)); /* 1 fell silent: 2 is only a candidate */
	assert_false(heard(&p, 2, -60, 799));
	assert_true(heard(&p, 2, -60, 800));
	assert_int_equal(p.seen_place_id, 2);
	assert_int_equal(p.seen_since_ms, 200000);
}

static void two_gateways_that_hear_alike_do_not_flap(void **state)
{
	struct presence p = {0};

	(void)state;
	assert_true(heard(&p, 1, -60, 0));
	for (int t = 1; t < 3000; t++)
		assert_false(heard(&p, 1 + t % 2, t % 2 ? -58 : -60, t * 10));
	assert_int_equal(p.seen_place_id, 1);
}

static void silence_never_makes_a_thing_absent(void **state)
{
	struct presence p = {0};

	(void)state;
	assert_true(heard(&p, 1, -60, 0));
	assert_false(heard(&p, 1, -90, 900000));
	assert_int_equal(p.seen_place_id, 1);
	assert_int_equal(p.seen_since_ms, 0);
}

/* ---- placing ---- */

static void a_boot_heard_live_keeps_its_offset(void **state)
{
	struct placing_boot a = {.offset_ms = 1000, .first_mono_ms = 0, .last_mono_ms = 5000};
	struct placing_boot b = {.offset_ms = 9000, .first_mono_ms = 0, .last_mono_ms = 100};
	struct placing p = placing_of(&a, NULL, &b);

	(void)state;
	assert_int_equal(p.offset_ms, 1000);
	assert_false(p.is_bounded);
}

static void a_boot_that_ends_after_the_next_began_is_placed_by_its_own_clock(void **state)
{
	struct placing_boot a = {.offset_ms = 100 * H,
				 .first_mono_ms = 0,
				 .last_mono_ms = H,
				 .has_clock = true,
				 .clock_offset_ms = 50 * H};
	struct placing_boot b = {.offset_ms = 90 * H, .first_mono_ms = 0, .last_mono_ms = H};
	struct placing p = placing_of(&a, NULL, &b);

	(void)state;
	assert_int_equal(p.offset_ms, 50 * H);
	assert_true(p.is_bounded);
}

static void its_own_clock_is_clamped_between_the_neighbours(void **state)
{
	struct placing_boot before = {.offset_ms = 60 * H, .first_mono_ms = 0, .last_mono_ms = 5 * H};
	struct placing_boot a = {.offset_ms = 100 * H,
				 .first_mono_ms = 0,
				 .last_mono_ms = H,
				 .has_clock = true,
				 .clock_offset_ms = 2 * H};
	struct placing_boot b = {.offset_ms = 90 * H, .first_mono_ms = 0, .last_mono_ms = H};

	(void)state;
	assert_int_equal(placing_of(&a, &before, &b).offset_ms,
			 65 * H); /* a day behind: not before the boot before */
	a.clock_offset_ms = 200 * H;
	assert_int_equal(placing_of(&a, &before, &b).offset_ms,
			 89 * H); /* a day ahead: ends where the next begins */
	a.has_clock = false;
	assert_int_equal(placing_of(&a, &before, &b).offset_ms, 89 * H);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_higher_counter_is_newer),
		cmocka_unit_test(the_first_frame_of_an_epoch_is_newer_whatever_its_counter),
		cmocka_unit_test(a_lower_counter_heard_before_is_late_and_after_is_suspect),
		cmocka_unit_test(a_past_epoch_heard_after_the_next_began_is_suspect),
		cmocka_unit_test(growth_beyond_time_is_bounded_as_the_contract_says),
		cmocka_unit_test(use_within_one_hour_is_known),
		cmocka_unit_test(use_without_a_pause_over_the_hour_is_known_in_both),
		cmocka_unit_test(use_in_a_silence_is_certain_in_number_and_bounded_in_hour),
		cmocka_unit_test(readings_of_two_clocks_the_wrong_way_round_still_count),
		cmocka_unit_test(the_declared_place_is_confirmed_at_once_another_after_it_held),
		cmocka_unit_test(two_gateways_that_hear_alike_do_not_flap),
		cmocka_unit_test(silence_never_makes_a_thing_absent),
		cmocka_unit_test(a_boot_heard_live_keeps_its_offset),
		cmocka_unit_test(a_boot_that_ends_after_the_next_began_is_placed_by_its_own_clock),
		cmocka_unit_test(its_own_clock_is_clamped_between_the_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
