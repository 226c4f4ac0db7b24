/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/window.h"

static struct window w;

static int reset(void **state)
{
	(void)state;
	window_init(&w, 0, false);
	window_connected(&w, 0);
	return 0;
}

/* Sends all that may be sent at once; returns how many, *first the first seq. */
static int64_t send_all(int64_t now_ms, struct window_spool spool, int64_t *first)
{
	int64_t n = 0, seq;

	while ((seq = window_next(&w, now_ms, &spool)) != 0) {
		if (n++ == 0)
			*first = seq;
		window_sent(&w, now_ms, seq, &spool);
		assert_true(n <= 100);
	}
	return n;
}

static void at_most_32_are_in_flight_and_an_ack_lets_as_many_follow(void **state)
{
	struct window_spool spool = {.oldest = 1, .last = 100};
	int64_t first = 0;

	(void)state;
	assert_int_equal(send_all(0, spool, &first), 32);
	assert_int_equal(first, 1);
	assert_int_equal(window_acked(&w, 10, 5, 100), WINDOW_PROGRESS);
	assert_int_equal(send_all(10, spool, &first), 5);
	assert_int_equal(first, 33);
}

static void nothing_is_sent_while_disconnected_and_all_in_flight_again_after_a_connection(void **state)
{
	struct window_spool spool = {.oldest = 1, .last = 3};
	int64_t first = 0;

	(void)state;
	assert_int_equal(send_all(0, spool, &first), 3);
	window_lost(&w);
	assert_int_equal(send_all(100000, spool, &first), 0);
	window_connected(&w, 100000);
	assert_int_equal(send_all(100000, spool, &first), 3);
	assert_int_equal(first, 1);
}

static void without_an_ack_the_flight_goes_again_after_30_s_then_60_up_to_5_minutes(void **state)
{
	struct window_spool spool = {.oldest = 1, .last = 2};
	static const int64_t gaps[] = {30000, 60000, 120000, 240000, 300000, 300000};
	int64_t first = 0, now_ms = 0;

	(void)state;
	assert_int_equal(send_all(now_ms, spool, &first), 2);
	for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
		assert_int_equal(send_all(now_ms + gaps[i] - 1, spool, &first), 0);
		now_ms += gaps[i];
		assert_int_equal(send_all(now_ms, spool, &first), 2);
		assert_int_equal(first, 1);
	}
	assert_int_equal(window_acked(&w, now_ms, 0, 2), WINDOW_REPEATED);
	assert_int_equal(w.resend_ms, WINDOW_RESEND_MS); /* any valid ack ends the back-off */
}

static void a_lower_ack_is_ignored_and_only_resend_goes_back(void **state)
{
	struct window_spool spool = {.oldest = 1, .last = 10};
	int64_t first = 0;

	(void)state;
	send_all(0, spool, &first);
	assert_int_equal(window_acked(&w, 1, 10, 10), WINDOW_PROGRESS);
	assert_int_equal(window_acked(&w, 2, 4, 10), WINDOW_LOWER);
	assert_int_equal(w.acked, 10);
	assert_int_equal(send_all(3, spool, &first), 0);
	window_resend(&w, 4, 3);
	assert_int_equal(send_all(4, spool, &first), 8);
	assert_int_equal(first, 3);
}

static void a_repeated_ack_sends_the_flight_again_but_not_within_two_seconds(void **state)
{
	struct window_spool spool = {.oldest = 1, .last = 10};
	int64_t first = 0;

	(void)state;
	send_all(0, spool, &first);
	assert_int_equal(window_acked(&w, 1000, 4, 10), WINDOW_PROGRESS);
	assert_int_equal(window_acked(&w, 1999, 4, 10), WINDOW_REPEATED);
	assert_int_equal(send_all(1999, spool, &first), 0);
	assert_int_equal(window_acked(&w, 2000, 4, 10), WINDOW_REPEATED);
	assert_int_equal(send_all(2000, spool, &first), 6);
	assert_int_equal(first, 5);
}

static void an_ack_beyond_the_end_is_impossible(void **state)
{
	(void)state;
	assert_int_equal(window_acked(&w, 0, 11, 10), WINDOW_IMPOSSIBLE);
	assert_int_equal(w.acked, 0);
}

static void where_the_service_waits_for_what_is_gone_the_newest_goes_first_once_a_flight(void **state)
{
	struct window_spool spool = {.oldest = 50, .last = 60};
	int64_t first = 0;

	(void)state;
	assert_int_equal(send_all(0, spool, &first), 1);
	assert_int_equal(first, 60);
	assert_int_equal(send_all(29999, spool, &first), 0);
	assert_int_equal(send_all(30000, spool, &first), 1);
	assert_int_equal(window_acked(&w, 30001, 49, 60), WINDOW_PROGRESS);
	assert_int_equal(send_all(30001, spool, &first), 11);
	assert_int_equal(first, 50);
}

static void an_old_spool_waits_for_the_greeting_or_five_seconds_once(void **state)
{
	struct window_spool spool = {.oldest = 1, .last = 9};
	int64_t first = 0;

	(void)state;
	window_init(&w, 3, true);
	window_connected(&w, 1000);
	assert_int_equal(send_all(5999, spool, &first), 0);
	assert_int_equal(send_all(6000, spool, &first), 6);
	window_init(&w, 3, true);
	window_connected(&w, 1000);
	assert_int_equal(window_acked(&w, 1100, 5, 9), WINDOW_PROGRESS);
	assert_int_equal(send_all(1100, spool, &first), 4);
	assert_int_equal(first, 6);
	window_connected(&w, 2000);
	assert_int_equal(send_all(2000, spool, &first), 4);
}

static void an_empty_spool_sends_nothing(void **state)
{
	struct window_spool spool = {.oldest = 1, .last = 0};
	int64_t first = 0;

	(void)state;
	assert_int_equal(send_all(0, spool, &first), 0);
	assert_int_equal(window_wait_ms(&w, 0), 60000);
}

static void batches_are_sealed_within_200_ms_of_a_first_report_and_once_a_second_after(void **state)
{
	struct window_gathered g = {.n_reports = 1, .first_ms = 10000};

	(void)state;
	assert_int_equal(window_seal_ms(&g, 5000), 10200);
	assert_int_equal(window_seal_ms(&g, 9900), 10900);
	g.is_urgent = true;
	assert_int_equal(window_seal_ms(&g, 9900), 10000);
	g = (struct window_gathered){.n_reports = 200, .first_ms = 10000, .is_full = true};
	assert_int_equal(window_seal_ms(&g, 9999), 10000);
	g.n_reports = 0;
	assert_true(window_seal_ms(&g, 0) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(at_most_32_are_in_flight_and_an_ack_lets_as_many_follow, reset),
		cmocka_unit_test_setup(
			nothing_is_sent_while_disconnected_and_all_in_flight_again_after_a_connection, reset),
		cmocka_unit_test_setup(
			without_an_ack_the_flight_goes_again_after_30_s_then_60_up_to_5_minutes, reset),
		cmocka_unit_test_setup(a_lower_ack_is_ignored_and_only_resend_goes_back, reset),
		cmocka_unit_test_setup(a_repeated_ack_sends_the_flight_again_but_not_within_two_seconds,
				       reset),
		cmocka_unit_test_setup(an_ack_beyond_the_end_is_impossible, reset),
		cmocka_unit_test_setup(
			where_the_service_waits_for_what_is_gone_the_newest_goes_first_once_a_flight, reset),
		cmocka_unit_test_setup(an_old_spool_waits_for_the_greeting_or_five_seconds_once, reset),
		cmocka_unit_test_setup(an_empty_spool_sends_nothing, reset),
		cmocka_unit_test(batches_are_sealed_within_200_ms_of_a_first_report_and_once_a_second_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
