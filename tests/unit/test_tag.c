/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_tag */
/* The tag on the host board: when it speaks, what it says, what it saves. */
#include "firmware/core/tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/bthome.h"
#include "firmware/boards/host/host_board.h"
#include "firmware/core/advertiser.h"
#include "firmware/core/crc32.h"

static const uint8_t key[16] = {9, 8, 7}, address[6] = {0xc0, 0x98, 0xe5, 1, 2, 3};
static const struct tag_settings settings = {
	.profile = {.on_mw = 2000, .active_mw = 30000, .on_delay_ms = 3000, .max_gap_ms = 5000},
	.duty = {.active_report_s = 30, .idle_report_s = 60, .repeat_ms = 500, .n_repeats = 2},
	.sample_ms = 1000,
	.firmware = {0, 1, 2},
};

static struct board board;
static uint8_t flash[HOST_FLASH_LEN];
static struct tag tag;
static struct nvt_aes128 aes;

static struct {
	int64_t t_ms;
	uint8_t ad[BOARD_AD_MAX];
	uint8_t len;
} heard[200];
static size_t n_heard;

static void on_air(void *owner, const uint8_t from[6], const uint8_t *ad, uint8_t len)
{
	(void)owner;
	assert_memory_equal(from, address, 6);
	assert_true(n_heard < sizeof heard / sizeof *heard);
	heard[n_heard].t_ms = board.now_ms;
	heard[n_heard].len = len;
	memcpy(heard[n_heard++].ad, ad, len);
}

static int make_tag(void **state)
{
	(void)state;
	memset(flash, 0xff, sizeof flash);
	board = (struct board){.now_ms = 1000,
			       .battery_mv = 2500,
			       .flash = flash,
			       .random_state = 1,
			       .is_predictable = true,
			       .radio = on_air};
	n_heard = 0;
	nvt_aes128_init(&aes, key);
	return identity_store(&board, address, key) && tag_start(&tag, &board, &settings) ? 0 : -1;
}

/* Sleeps and steps as the tag wishes, with that power, until the time. */
static void live(int64_t until_ms, int32_t power_mw)
{
	board.power_mw = power_mw;
	for (int64_t next = tag_step(&tag); next <= until_ms; next = tag_step(&tag)) {
		assert_true(next > board.now_ms && next <= board.now_ms + settings.sample_ms);
		board.now_ms = next;
	}
	board.now_ms = until_ms;
}

static struct nvt_bthome_frame frame(size_t i)
{
	struct nvt_bthome_frame f;

	assert_true(i < n_heard);
	assert_int_equal(nvt_bthome_decode(heard[i].ad + 7, heard[i].len - 7u, address, &aes, &f),
			 NVT_BTHOME_OK);
	return f;
}

static int64_t said(size_t i, uint8_t id)
{
	struct nvt_bthome_frame f = frame(i);
	const struct nvt_bthome_object *o = nvt_bthome_find(&f, id);

	assert_non_null(o);
	return o->raw;
}

static void the_first_frame_is_a_reading_at_once(void **state)
{
	const uint8_t head[] = {2, 0x01, 0x06, 26, 0x16, 0xd2, 0xfc, 0x41};

	(void)state;
	live(1000, 0);
	assert_int_equal(n_heard, 1);
	assert_int_equal(heard[0].len, 30);
	assert_memory_equal(heard[0].ad, head, sizeof head);
	assert_int_equal(said(0, 0x27), 0);
	assert_int_equal(said(0, 0x01), 50);
	assert_int_equal(said(0, 0x3d), tag.journal.epoch);
	assert_int_equal(said(0, 0x3e), 0);
}

static void a_change_is_said_at_once_and_twice_more(void **state)
{
	(void)state;
	live(10000, 0);
	n_heard = 0;
	live(14200, 120000);
	assert_int_equal(n_heard, 3);
	assert_int_equal(heard[0].t_ms, 13000); /* the delay has confirmed it */
	assert_true(heard[1].t_ms >= 13500 && heard[2].t_ms >= heard[1].t_ms + 500);
	assert_memory_equal(heard[0].ad, heard[1].ad, heard[0].len);
	assert_memory_equal(heard[0].ad, heard[2].ad, heard[0].len);
	assert_int_equal(said(0, 0x27), 1);
	assert_int_equal(said(0, 0x3e), 3); /* counted from where it was first seen */
	live(20000, 120000);
	n_heard = 0;
	live(20400, 0);
	assert_int_equal(n_heard, 1);
	assert_int_equal(said(0, 0x27), 0);
	assert_int_equal(said(0, 0x3e), 10);
}

static void at_least_a_frame_each_interval(void **state)
{
	int64_t interval = 60000;

	(void)state;
	for (int round = 0; round < 2; round++, interval = 30000) {
		live(board.now_ms + 10000, round ? 120000 : 0);
		n_heard = 0;
		live(board.now_ms + 20 * interval, round ? 120000 : 0);
		assert_true(n_heard >= 20 && n_heard <= 24);
		for (size_t i = 1; i < n_heard; i++) {
			assert_true(heard[i].t_ms - heard[i - 1].t_ms <= interval);
			assert_true(heard[i].t_ms - heard[i - 1].t_ms >= interval * 7 / 8 - 1000);
			assert_int_equal(frame(i).counter, frame(i - 1).counter + 1);
		}
	}
}

static void every_tenth_frame_tells_of_the_tag_itself(void **state)
{
	(void)state;
	live(1000 + 60000 * 32, 0);
	for (size_t i = 0; i < 30; i++) {
		struct nvt_bthome_frame f = frame(i);

		assert_int_equal(nvt_bthome_find(&f, 0x3e) == NULL, i % 10 == 9);
	}
	assert_int_equal(said(9, 0x0c), 2500);
	assert_int_equal(said(9, 0xf2), 0x000102);
	assert_int_equal(said(9, 0x3d), tag.journal.epoch);
}

static void a_forced_report_is_a_new_reading(void **state)
{
	(void)state;
	live(5000, 0);
	n_heard = 0;
	(void)tag_report(&tag);
	(void)tag_report(&tag);
	assert_int_equal(n_heard, 2);
	assert_int_equal(frame(1).counter, frame(0).counter + 1);
	assert_int_equal(tag.sent.counter, frame(1).counter);
	assert_int_equal(said(1, 0x3e), tag.sent.active_s);
}

static void seconds_are_saved_within_a_minute_and_go_on(void **state)
{
	struct journal journal;

	(void)state;
	live(1000 + 200000, 120000);
	assert_true(journal_open(&journal, &board));
	assert_true(200000 - journal.active_ms <= 60000);
	assert_true(tag_save(&tag));
	assert_true(tag_start(&tag, &board, &settings));
	n_heard = 0;
	live(board.now_ms + 100, 0);
	assert_int_equal(said(0, 0x3e), 200);
	assert_true(frame(0).counter % JOURNAL_BLOCK == tag.journal.counter_limit % JOURNAL_BLOCK);
}

static void without_an_identity_there_is_no_tag(void **state)
{
	(void)state;
	flash[BOARD_PAGE_IDENTITY * BOARD_PAGE_LEN + 9] ^= 1;
	assert_false(tag_start(&tag, &board, &settings));
	memset(flash, 0xff, sizeof flash);
	assert_false(tag_start(&tag, &board, &settings));
}

static void without_a_journal_it_says_problem_in_clear(void **state)
{
	const uint8_t problem[] = {2, 0x01, 0x06, 6, 0x16, 0xd2, 0xfc, 0x40, 0x26, 0x01};

	(void)state;
	board.is_bad[0] = board.is_bad[1] = true;
	assert_true(tag_start(&tag, &board, &settings));
	live(1000 + 180000, 0);
	assert_true(n_heard >= 3);
	for (size_t i = 0; i < n_heard; i++) {
		assert_int_equal(heard[i].len, sizeof problem);
		assert_memory_equal(heard[i].ad, problem, sizeof problem);
	}
}

static void what_does_not_fit_is_not_advertised(void **state)
{
	uint8_t data[ADVERTISER_DATA_MAX + 1] = {0}, ad[BOARD_AD_MAX];

	(void)state;
	assert_int_equal(advertiser_build(data, ADVERTISER_DATA_MAX, ad), BOARD_AD_MAX);
	assert_int_equal(advertiser_build(data, ADVERTISER_DATA_MAX + 1, ad), 0);
}

static void the_checksum_is_that_of_the_standard(void **state)
{
	(void)state;
	assert_int_equal(crc32_of((const uint8_t *)"123456789", 9), 0xcbf43926);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_first_frame_is_a_reading_at_once, make_tag),
		cmocka_unit_test_setup(a_change_is_said_at_once_and_twice_more, make_tag),
		cmocka_unit_test_setup(at_least_a_frame_each_interval, make_tag),
		cmocka_unit_test_setup(every_tenth_frame_tells_of_the_tag_itself, make_tag),
		cmocka_unit_test_setup(a_forced_report_is_a_new_reading, make_tag),
		cmocka_unit_test_setup(seconds_are_saved_within_a_minute_and_go_on, make_tag),
		cmocka_unit_test_setup(without_an_identity_there_is_no_tag, make_tag),
		cmocka_unit_test_setup(without_a_journal_it_says_problem_in_clear, make_tag),
		cmocka_unit_test(what_does_not_fit_is_not_advertised),
		cmocka_unit_test(the_checksum_is_that_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
