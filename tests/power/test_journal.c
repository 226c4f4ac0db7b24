/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_tag */
/*
 * The power goes after every flash operation. A life is one tag through all its boots: its flash, what the
 * world knows of its machine (the truth) and what was heard of it. Lives are values: a copy is a parallel
 * world in which the power goes at another word. NAVETTE_SEED repeats a run.
 *
 * Always: a counter is heard once (repeats are the same bytes), the epoch stays while the flash does, what is
 * heard and what is restored is at most the truth, and a cut costs 60 s of use at most.
 */
#include "firmware/core/tag.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/wire/bthome.h"
#include "firmware/boards/host/host_board.h"

#define CUT_COST_MS 60000
#define N_CUTS 10000
#define MAX_HEARD 4000000u

static const uint8_t key[16] = {0xa1, 2, 3}, address[6] = {0xc0, 0x98, 0xe5, 1, 2, 3};
static const struct tag_settings settings = {
	.profile = {.on_mw = 2000, .active_mw = 30000, .max_gap_ms = 60000},
	.duty = {.active_report_s = 10, .idle_report_s = 20, .repeat_ms = 500, .n_repeats = 2},
	.sample_ms = 10000,
};

struct life {
	struct board board;
	uint8_t flash[HOST_FLASH_LEN];
	struct tag tag;
	int64_t wake_ms;
	uint64_t truth_ms; /* of use in the present epoch */
	uint64_t lost_ms;  /* truth less what the tag may know at most, so far */
	bool may_lose_epoch;
	bool has_spoken;
	uint16_t epoch;
	uint32_t counter;
	uint8_t ad[BOARD_AD_MAX];
	uint32_t n_sealed, n_problems, n_boots, n_epochs;
};

static uint64_t seed;
static struct nvt_aes128 aes;
static uint32_t *heard; /* every counter of the life at hand, for the whole-life check */
static size_t n_heard;
static bool is_listing;

static uint32_t draw(uint32_t below)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) % below);
}

static void hear_sealed(struct life *l, const struct nvt_bthome_frame *f)
{
	const struct nvt_bthome_object *active = nvt_bthome_find(f, 0x3e);
	const uint16_t epoch = (uint16_t)nvt_bthome_find(f, 0x3d)->raw;

	if (l->has_spoken && epoch == l->epoch)
		assert_true(f->counter > l->counter);
	if (l->has_spoken && epoch != l->epoch)
		assert_true(l->may_lose_epoch);
	if (active)
		assert_true((uint64_t)active->raw * 1000 <= l->truth_ms);
	l->has_spoken = true;
	l->epoch = epoch;
	l->counter = f->counter;
	l->n_sealed++;
	if (is_listing) {
		assert_true(n_heard < MAX_HEARD);
		heard[n_heard++] = f->counter;
	}
}

static void on_air(void *owner, const uint8_t from[6], const uint8_t *ad, uint8_t len)
{
	struct life *l = owner;
	struct nvt_bthome_frame f;
	enum nvt_bthome_status status;

	assert_memory_equal(from, address, 6);
	assert_true(len >= 7 && ad[3] == len - 4);
	if (!memcmp(l->ad, ad, len))
		return; /* a repeat */
	memcpy(l->ad, ad, len);
	status = nvt_bthome_decode(ad + 7, len - 7u, address, &aes, &f);
	if (status == NVT_BTHOME_DOWNGRADE) {
		assert_int_equal(nvt_bthome_find(&f, 0x26)->raw, 1);
		assert_int_equal(f.n_objects, 1);
		l->n_problems++;
		return;
	}
	assert_int_equal(status, NVT_BTHOME_OK);
	hear_sealed(l, &f);
}

/* After a copy: the pointers are the copy's. */
static void settle(struct life *l)
{
	l->board.flash = l->flash;
	l->board.owner = l;
	l->tag.board = l->tag.journal.board = &l->board;
}

/* Power up, with a cut to come; what the flash gave back is held against the truth. */
static void boot(struct life *l, uint64_t cut_at)
{
	const uint16_t epoch = l->tag.journal.epoch;
	const bool was_open = l->n_boots && l->tag.journal.is_open;

	host_board_boot(&l->board, cut_at);
	assert_true(tag_start(&l->tag, &l->board, &settings));
	l->wake_ms = l->board.now_ms;
	l->n_boots++;
	if (!l->tag.journal.is_open)
		return; /* the cut came before the first record, or there is no flash any more */
	if (l->tag.journal.epoch != epoch || !was_open) {
		assert_true(!l->has_spoken || l->may_lose_epoch || l->tag.journal.epoch == l->epoch);
		if (!l->has_spoken || l->tag.journal.epoch != l->epoch) {
			l->n_epochs++;
			l->truth_ms = l->lost_ms = 0;
			assert_int_equal(l->tag.journal.active_ms, 0);
			return;
		}
	}
	assert_true(l->tag.journal.active_ms <= l->truth_ms);
	if (was_open || !l->may_lose_epoch) /* a page that is gone keeps nothing */
		assert_true(l->truth_ms - l->tag.journal.active_ms <= l->lost_ms + CUT_COST_MS);
	l->lost_ms = l->truth_ms - l->tag.journal.active_ms;
}

static struct life *new_life(void)
{
	struct life *l = calloc(1, sizeof *l);

	assert_non_null(l);
	memset(l->flash, 0xff, sizeof l->flash);
	l->board = (struct board){.battery_mv = 2900, .radio = on_air, .is_predictable = true};
	l->board.random_state = seed ^ draw(UINT32_MAX);
	settle(l);
	assert_true(identity_store(&l->board, address, key));
	return l;
}

/* Time passes until the tag wakes (or the machine changes); then it steps. Still on afterwards? */
static bool step(struct life *l, int64_t most_ms, int32_t power_mw)
{
	int64_t until = l->wake_ms < l->board.now_ms + most_ms ? l->wake_ms : l->board.now_ms + most_ms;

	if (l->board.power_mw >= settings.profile.active_mw && l->tag.meter.state == NVT_USE_ACTIVE)
		l->truth_ms += (uint64_t)(until - l->board.now_ms);
	l->board.now_ms = until;
	l->board.power_mw = power_mw;
	l->wake_ms = tag_step(&l->tag);
	return !l->board.is_off;
}

/* A while in peace; the counters and seconds go on. */
static void live_on(struct life *l, int n_steps)
{
	for (int i = 0; i < n_steps; i++)
		assert_true(step(l, 60000, i % 4 ? 90000 : 0));
}

/* From this instant, one world for each flash operation of the next step, in which the power goes at it. */
static uint32_t cut_at_each(const struct life *before, int32_t power_mw)
{
	static struct life l;
	uint32_t n = 0;

	for (uint64_t at = 1;; at++) {
		l = *before;
		settle(&l);
		l.board.n_operations = 0;
		l.board.cut_at = at;
		if (step(&l, 60000, power_mw))
			return n;
		n++;
		boot(&l, 0);
		assert_true(l.tag.journal.is_open);
		live_on(&l, 12);
	}
}

static void a_cut_at_every_operation_of_a_life(void **state)
{
	struct life *l = new_life();
	uint32_t n_cuts = 0, n_pages = 0;
	uint8_t page = 0;

	(void)state;
	boot(l, 0);
	while (n_pages < 5) { /* each page erased and filled again, twice */
		int32_t power_mw = draw(20) ? 90000 : 0;

		n_cuts += cut_at_each(l, power_mw);
		assert_true(step(l, 60000, power_mw));
		n_pages += l->tag.journal.page != page;
		page = l->tag.journal.page;
	}
	printf("cuts: %" PRIu32 "\n", n_cuts);
	assert_true(n_cuts > 4 * 1000);
	free(l);
}

static void a_cut_at_every_operation_of_the_first_boot(void **state)
{
	uint64_t at = 1;
	bool is_done = false;

	(void)state;
	for (; !is_done; at++) {
		struct life *l = new_life();

		boot(l, at);
		is_done = !l->board.is_off;
		boot(l, 0);
		assert_true(l->tag.journal.is_open);
		live_on(l, 40);
		assert_true(l->n_sealed > 10);
		free(l);
	}
	assert_true(at > 7); /* two erases and a record */
}

static int by_value(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void check_heard_once(void)
{
	qsort(heard, n_heard, sizeof *heard, by_value);
	for (size_t i = 1; i < n_heard; i++)
		assert_int_not_equal(heard[i - 1], heard[i]);
}

/* Until the next cut, with an idle and restless machine. */
static void live_until_cut(struct life *l)
{
	int32_t power_mw = 0;

	do
		power_mw = draw(6) ? power_mw : (int32_t)(draw(2) * 90000);
	while (step(l, 1 + draw(20000), power_mw));
}

static uint64_t next_cut(void)
{
	return draw(50) ? 1 + draw(40) : 1 + draw(2500);
}

static void ten_thousand_cuts_in_one_life(void **state)
{
	struct life *l = new_life();

	(void)state;
	is_listing = true;
	n_heard = 0;
	boot(l, 0);
	live_on(l, 4);
	for (int i = 0; i < N_CUTS; i++) {
		boot(l, next_cut());
		live_until_cut(l);
	}
	boot(l, 0);
	live_on(l, 100);
	is_listing = false;
	printf("cuts: %d, frames: %zu, use: %" PRIu64 " h, lost: %" PRIu64 " h\n", N_CUTS, n_heard,
	       l->truth_ms / 3600000, l->lost_ms / 3600000);
	assert_int_equal(l->n_epochs, 1);
	check_heard_once();
	free(l);
}

/* One page is gone from some day on: a cut may then cost the epoch, or the journal, but no counter. */
static struct life *with_bad_page(int bad, int from_boot, bool is_worn)
{
	struct life *l = new_life();

	l->board.is_worn = is_worn;
	is_listing = true;
	n_heard = 0;
	l->may_lose_epoch = true;
	for (int i = 0; i < 1500; i++) {
		l->board.is_bad[bad] = i >= from_boot;
		boot(l, next_cut());
		for (int k = 0; k < 2000 && step(l, 1 + draw(20000), draw(6) ? l->board.power_mw : 90000);
		     k++)
			;
	}
	boot(l, 0);
	live_on(l, 1000);
	is_listing = false;
	check_heard_once();
	return l;
}

static void a_page_bad_from_the_start_is_done_without(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		struct life *l = with_bad_page(bad, 0, false);

		assert_true(l->n_sealed > 1000 && !l->n_problems && l->tag.journal.is_open);
		free(l);
	}
}

/* Its old records can neither be erased nor may they come back as the newest. */
static void a_page_that_dies_full_of_old_records_costs_no_counter(void **state)
{
	(void)state;
	for (int day = 697; day < 701; day++) {
		struct life *l = with_bad_page(day % 2, day, false);

		assert_true(l->n_problems && !l->tag.journal.is_open);
		free(l);
	}
}

static void a_worn_flash_that_lies_is_found_out(void **state)
{
	struct life *l = with_bad_page(0, INT32_MAX, true);

	(void)state;
	assert_true(l->n_sealed > 1000);
	free(l);
}

static void without_flash_nothing_is_sealed_and_a_problem_is_said(void **state)
{
	struct life *l = new_life();
	uint32_t n_sealed;

	(void)state;
	boot(l, 0);
	live_on(l, 10);
	l->board.is_bad[0] = l->board.is_bad[1] = true;
	while (!l->n_problems)
		(void)step(l, 60000, 90000);
	n_sealed = l->n_sealed;
	l->ad[0] = 0;
	live_on(l, 100);
	assert_int_equal(l->n_sealed, n_sealed);
	assert_true(l->n_problems > 1);
	assert_false(tag_save(&l->tag));
	free(l);
}

static void counters_end_rather_than_begin_again(void **state)
{
	struct life *l = new_life();
	uint32_t counter;

	(void)state;
	boot(l, 0);
	l->tag.journal.counter = l->tag.journal.counter_limit = UINT32_MAX - JOURNAL_BLOCK - 1;
	for (uint32_t i = 0; i < JOURNAL_BLOCK; i++)
		assert_true(journal_take_counter(&l->tag.journal, 0, &counter));
	assert_int_equal(counter, UINT32_MAX - 2);
	assert_false(journal_take_counter(&l->tag.journal, 0, &counter));
	assert_false(l->tag.journal.is_open);
	free(l);
}

static void seconds_never_go_back(void **state)
{
	struct life *l = new_life();

	(void)state;
	boot(l, 0);
	assert_true(journal_save(&l->tag.journal, 5432));
	assert_false(journal_save(&l->tag.journal, 5431));
	l->truth_ms = 5432;
	l->has_spoken = true;
	l->epoch = l->tag.journal.epoch;
	boot(l, 0);
	assert_int_equal(l->tag.journal.active_ms, 5432);
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_at_every_operation_of_a_life),
		cmocka_unit_test(a_cut_at_every_operation_of_the_first_boot),
		cmocka_unit_test(ten_thousand_cuts_in_one_life),
		cmocka_unit_test(a_page_bad_from_the_start_is_done_without),
		cmocka_unit_test(a_page_that_dies_full_of_old_records_costs_no_counter),
		cmocka_unit_test(a_worn_flash_that_lies_is_found_out),
		cmocka_unit_test(without_flash_nothing_is_sealed_and_a_problem_is_said),
		cmocka_unit_test(counters_end_rather_than_begin_again),
		cmocka_unit_test(seconds_never_go_back),
	};
	const char *given = getenv("NAVETTE_SEED");
	int failed;

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000003u;
	printf("NAVETTE_SEED=%" PRIu64 "\n", seed);
	heard = malloc(MAX_HEARD * sizeof *heard);
	nvt_aes128_init(&aes, key);
	failed = heard ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
	free(heard);
	return failed;
}
