/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/*
 * Whatever is put, moved, taken away and expires on one item: what the check lets pass never trips the
 * trigger, what it refuses does not fit, and after each step every margin is what all rows together say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/hold_scene.h"

#define STEPS 20000
#define WINDOW_S (5 * 86400)
#define GRID_S 900

static uint64_t rng;

static int64_t pick(int64_t below)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (int64_t)((z ^ (z >> 31)) % (uint64_t)below);
}

static struct {
	int64_t now_s;
	int put, moved, taken, expired, refused;
} run;

static bool is_same(const struct stay *a, const struct stay *b)
{
	return a->line_id == b->line_id && a->block_id == b->block_id;
}

static bool is_held(const struct stay *s, struct stay *found)
{
	struct held rows[SCENE_LINES + SCENE_BLOCKS];
	size_t n = held_rows(rows);

	for (size_t i = 0; i < n; i++)
		if (is_same(&rows[i].stay, s)) {
			*found = rows[i].stay;
			return true;
		}
	return false;
}

/* Against every other row, not only the nearest. */
static bool fits(const struct stay *s)
{
	struct held rows[SCENE_LINES + SCENE_BLOCKS];
	size_t n = held_rows(rows);

	for (size_t i = 0; i < n; i++) {
		const struct stay *a = &rows[i].stay, *b = s;

		if (is_same(a, s))
			continue;
		if (a->starts_s >= s->starts_s) {
			a = s;
			b = &rows[i].stay;
		}
		if (b->starts_s - a->ends_s < a->inspect_s + way_s(a->place_id, b->place_id) + b->prepare_s)
			return false;
	}
	return true;
}

static struct stay anything(void)
{
	int64_t starts_s = SCENE_NOW + pick(WINDOW_S / GRID_S) * GRID_S;
	int64_t ends_s = starts_s + (1 + pick(pick(8) ? 12 : 200)) * GRID_S;

	return pick(5) ? line_stay(1 + pick(SCENE_LINES), starts_s, ends_s)
		       : block_stay(1 + pick(SCENE_BLOCKS), starts_s, ends_s);
}

static bool passes(struct hold_item *item, const struct stay *s)
{
	struct hold_conflicts c;
	enum err err;

	item->except_line_id = s->line_id;
	err = hold_check(db, item, s, &c);
	assert_int_equal(err == OK, fits(s));
	assert_true(err == OK || (c.n && (err == ERR_OVERLAP || err == ERR_NO_TRAVEL_TIME)));
	run.refused += err != OK;
	return err == OK;
}

static void put_or_move(void)
{
	struct hold_item item = scene_item(run.now_s);
	struct stay s = anything(), was;

	if (!is_held(&s, &was)) {
		if (!passes(&item, &s))
			return;
		assert_int_equal(
			hold_put(db, &item, &s, s.line_id && pick(4) == 0 ? run.now_s + 1 + pick(600) : 0),
			OK);
		run.put++;
	} else if (s.line_id && passes(&item, &s)) {
		assert_int_equal(hold_move(db, &item, &s), OK);
		run.moved++;
	}
}

/* An early end, as of a take-back or of a block that is lifted. */
static void shorten(void)
{
	struct hold_item item = scene_item(run.now_s);
	struct stay any = anything(), s;

	if (!is_held(&any, &s) || s.ends_s - s.starts_s <= GRID_S)
		return;
	s.ends_s = s.starts_s + 1 + pick(s.ends_s - s.starts_s - 1);
	assert_int_equal(hold_move(db, &item, &s), OK);
	run.moved++;
}

static void take(void)
{
	struct hold_item item = scene_item(run.now_s);
	struct stay any = anything(), s;

	run.taken += is_held(&any, &s);
	assert_int_equal(hold_take(db, &item, any.line_id, any.block_id), OK);
}

/* Before anything else is written, all that is over leaves, one after the other. */
static void expire(void)
{
	struct held rows[SCENE_LINES + SCENE_BLOCKS];
	struct hold_item item;
	size_t n = held_rows(rows), first = (size_t)pick((int64_t)n + 1);

	run.now_s += pick(10) ? 0 : pick(300); /* several at once */
	item = scene_item(run.now_s);
	for (size_t k = 0; k < n; k++) {
		const struct held *h = &rows[(first + k) % n];

		if (!h->expires_s || h->expires_s > run.now_s)
			continue;
		assert_int_equal(hold_take(db, &item, h->stay.line_id, 0), OK);
		assert_derived();
		run.expired++;
	}
}

static void margins_are_those_of_all_rows(void **state)
{
	(void)state;
	run.now_s = SCENE_NOW;
	for (int i = 0; i < STEPS; i++) {
		expire();
		switch (pick(8)) {
		case 0:
			take();
			break;
		case 1:
			shorten();
			break;
		default:
			put_or_move();
		}
		assert_derived();
	}
	printf("# put %d, moved %d, taken %d, expired %d, refused %d\n", run.put, run.moved, run.taken,
	       run.expired, run.refused);
	assert_true(run.put > 500 && run.moved > 500 && run.taken > 100 && run.expired > 100 &&
		    run.refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(margins_are_those_of_all_rows, scene_open, scene_close)};
	const char *given = getenv("SEED");

	rng = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("# SEED=%llu\n", (unsigned long long)rng);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
