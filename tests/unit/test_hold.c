/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Stored stays: SQLite itself refuses an overlap, whoever writes it and how; and a change of one stay writes
 * its neighbours' margins again. */
#include "hold_scene.h"

#define HOUR 3600
#define T0 (SCENE_NOW + 86400)

/* ---- the database's own lock --------------------------------------------------------------------------- */

static enum err row(int64_t item_id, int64_t line_id, int64_t from_s, int64_t until_s)
{
	struct query q =
		db_query(db, "INSERT INTO hold (id, item_id, from_s, until_s, starts_s, ends_s, place_id, "
			     "line_id) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)");

	put_i64(&q, line_id);
	put_i64(&q, item_id);
	put_i64(&q, from_s);
	put_i64(&q, until_s);
	put_i64(&q, from_s + 10);
	put_i64(&q, until_s - 10);
	put_i64(&q, line_id);
	return db_run(&q);
}

static enum err rewrite(int64_t line_id, int64_t item_id, int64_t from_s, int64_t until_s)
{
	struct query q = db_query(db, "UPDATE hold SET item_id = $1, from_s = $2, until_s = $3, "
				      "starts_s = $4, ends_s = $5 WHERE line_id = $6");

	put_i64(&q, item_id);
	put_i64(&q, from_s);
	put_i64(&q, until_s);
	put_i64(&q, from_s + 10);
	put_i64(&q, until_s - 10);
	put_i64(&q, line_id);
	return db_run(&q);
}

static void an_insert_that_overlaps_is_refused(void **state)
{
	(void)state;
	assert_int_equal(row(1, 1, 1000, 2000), OK);
	assert_int_equal(row(1, 2, 500, 1001), ERR_STATE);
	assert_int_equal(row(1, 2, 1999, 3000), ERR_STATE);
	assert_int_equal(row(1, 2, 1200, 1300), ERR_STATE);
	assert_int_equal(row(1, 2, 995, 2500), ERR_STATE);
	assert_int_equal(row(1, 2, 500, 3000), ERR_STATE);
	assert_int_equal(row(1, 2, 1000, 2000), ERR_STATE);
	assert_int_equal(row(2, 2, 1000, 2000), OK); /* another item */
	assert_int_equal(row(1, 3, 500, 1000), OK);  /* they touch */
	assert_int_equal(row(1, 4, 2000, 2500), OK);
	assert_int_equal(row(1, 5, 400, 2600), ERR_STATE);
}

static void an_update_that_overlaps_is_refused(void **state)
{
	(void)state;
	assert_int_equal(row(1, 1, 1000, 2000), OK);
	assert_int_equal(row(1, 2, 2000, 3000), OK);
	assert_int_equal(row(1, 3, 4000, 5000), OK);
	assert_int_equal(row(2, 4, 1500, 1600), OK);
	assert_int_equal(rewrite(1, 1, 1000, 2001), ERR_STATE);
	assert_int_equal(rewrite(3, 1, 2999, 5000), ERR_STATE);
	assert_int_equal(rewrite(3, 1, 1500, 1600), ERR_STATE);
	assert_int_equal(rewrite(1, 1, 4500, 6000), ERR_STATE);
	assert_int_equal(rewrite(1, 1, 3500, 6000), ERR_STATE);
	assert_int_equal(rewrite(4, 1, 1500, 1600), ERR_STATE); /* to another item */
	assert_int_equal(rewrite(2, 1, 2000, 4000), OK);
	assert_int_equal(rewrite(1, 1, 5000, 6000), OK);
	assert_int_equal(rewrite(4, 1, 1500, 1600), OK);
}

/* ---- neighbours ---------------------------------------------------------------------------------------- */

static void held(int64_t line_id, int64_t from_s, int64_t until_s)
{
	struct held rows[SCENE_LINES + SCENE_BLOCKS];
	size_t n = held_rows(rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i].stay.line_id == line_id) {
			assert_int_equal(rows[i].blocked.from_s - T0, from_s);
			assert_int_equal(rows[i].blocked.until_s - T0, until_s);
			return;
		}
	fail_msg("line %d has no hold", (int)line_id);
}

static void put(struct stay s)
{
	struct hold_item item = scene_item(SCENE_NOW);
	struct hold_conflicts c;

	assert_int_equal(hold_check(db, &item, &s, &c), OK);
	assert_int_equal(hold_put(db, &item, &s, 0), OK);
}

/* Lines 1, 4, 7 are of place 2; 2, 5 of place 3; 3 of place 1, its home. A way takes 2 h. */
static void a_stay_between_two_makes_both_go_onward(void **state)
{
	struct hold_item item = scene_item(SCENE_NOW);

	(void)state;
	put(line_stay(1, T0, T0 + HOUR));
	held(1, -600 - 7200, HOUR + 900 + 7200);
	put(line_stay(4, T0 + 24 * HOUR, T0 + 25 * HOUR));
	held(1, -600 - 7200, HOUR + 900 + 7200); /* home in between */
	put(line_stay(7, T0 + 2 * HOUR, T0 + 23 * HOUR));
	held(1, -600 - 7200, HOUR + 900); /* it stays where it is */
	held(7, 2 * HOUR - 600, 23 * HOUR + 900);
	held(4, 24 * HOUR - 600, 25 * HOUR + 900 + 7200);
	assert_int_equal(hold_take(db, &item, 7, 0), OK);
	held(1, -600 - 7200, HOUR + 900 + 7200);
	held(4, 24 * HOUR - 600 - 7200, 25 * HOUR + 900 + 7200);
}

static void an_onward_way_is_counted_once(void **state)
{
	struct stay s;
	struct hold_item item = scene_item(SCENE_NOW);
	struct hold_conflicts c;

	(void)state;
	put(line_stay(1, T0, T0 + HOUR));
	s = line_stay(2, T0 + HOUR + 900 + 7200 + 600 - 1, T0 + 5 * HOUR);
	assert_int_equal(hold_check(db, &item, &s, &c), ERR_NO_TRAVEL_TIME);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.stays[0].line_id, 1);
	assert_int_equal(hold_next_start(&item, &c, &s), s.starts_s + 1);
	s.starts_s++;
	put(s);
	held(1, -600 - 7200, HOUR + 900);
	held(2, HOUR + 900, 5 * HOUR + 900 + 7200);
}

static void a_move_frees_what_it_leaves_and_joins_where_it_comes(void **state)
{
	struct hold_item item = scene_item(SCENE_NOW);
	struct stay s = line_stay(7, T0 + 50 * HOUR, T0 + 51 * HOUR);

	(void)state;
	put(line_stay(1, T0, T0 + HOUR));
	put(line_stay(7, T0 + 2 * HOUR, T0 + 3 * HOUR));
	put(line_stay(4, T0 + 48 * HOUR, T0 + 49 * HOUR));
	held(1, -600 - 7200, HOUR + 900);
	assert_int_equal(hold_move(db, &item, &s), OK);
	held(1, -600 - 7200, HOUR + 900 + 7200);
	held(4, 48 * HOUR - 600 - 7200, 49 * HOUR + 900);
	held(7, 50 * HOUR - 600, 51 * HOUR + 900 + 7200);
	s.ends_s = T0 + 52 * HOUR; /* into itself */
	assert_int_equal(hold_move(db, &item, &s), OK);
	held(7, 50 * HOUR - 600, 52 * HOUR + 900 + 7200);
}

static void back_to_back_at_home_is_free_after_a_block(void **state)
{
	struct hold_item item = scene_item(SCENE_NOW);
	struct stay block = block_stay(1, T0, T0 + HOUR), s = line_stay(3, T0 + HOUR + 599, T0 + 2 * HOUR);
	struct hold_conflicts c;

	(void)state;
	put(block);
	assert_int_equal(hold_check(db, &item, &s, &c), ERR_NO_TRAVEL_TIME);
	s.starts_s++;
	put(s);
	held(3, HOUR, 2 * HOUR + 900);
}

/* Several submissions whose time is over leave one after the other, in whatever order: those that are still
 * stored count until they have left. */
static void expired_neighbours_leave_one_after_the_other(void **state)
{
	struct hold_item item = scene_item(SCENE_NOW), later = scene_item(SCENE_NOW + 7200);
	struct stay option[] = {line_stay(4, T0 + 2 * HOUR, T0 + 2 * HOUR + 1800),
				line_stay(7, T0 + 3 * HOUR, T0 + 5 * HOUR)};

	(void)state;
	put(line_stay(1, T0, T0 + HOUR));
	for (int i = 0; i < 2; i++)
		assert_int_equal(hold_put(db, &item, &option[i], SCENE_NOW + 3600), OK);
	assert_int_equal(hold_take(db, &later, 4, 0), OK);
	assert_derived();
	assert_int_equal(hold_take(db, &later, 7, 0), OK);
	held(1, -600 - 7200, HOUR + 900 + 7200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)
		TEST(an_insert_that_overlaps_is_refused),
		TEST(an_update_that_overlaps_is_refused),
		TEST(a_stay_between_two_makes_both_go_onward),
		TEST(an_onward_way_is_counted_once),
		TEST(a_move_frees_what_it_leaves_and_joins_where_it_comes),
		TEST(back_to_back_at_home_is_free_after_a_block),
		TEST(expired_neighbours_leave_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
