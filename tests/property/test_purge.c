/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * Old reports are thrown away, and no hour changes: neither then, nor when everything is counted again, nor
 * when something still older comes late. A clock that jumps throws nothing away before somebody can have
 * seen it.
 */
#define STEP_MS 10800000LL
#define EPOCH_STEPS 90 /* the first is thrown away whole, of the second a part */
#include "tests/property/meter_hours.h"

#include "inventory-service/domain/evidence/horizon.h"

#define DAYS 75
#define BATCHES (DAYS * 8)
#define DAY_MS 86400000LL
#define KEEP_MS (60 * DAY_MS)
#define END_MS (START_MS + BATCHES * STEP_MS)

static struct world w;
static struct purge walk;
static int64_t limit_ms, stride_ms;

static enum err find(struct db *db, void *context)
{
	(void)context;
	return purge_find(db, limit_ms, stride_ms, &walk);
}

static enum err portion(struct db *db, void *context)
{
	(void)context;
	return purge_portion(db, &walk);
}

static enum err count_reports(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT count(*) FROM report WHERE heard_ms < $1 "
				      "AND device_id IS NOT NULL");

	put_i64(&q, limit_ms);
	while (db_next(&q))
		*(int *)context = (int)get_i64(&q);
	return db_end(&q);
}

static int old_reports(void)
{
	int n = 0;

	assert_int_equal(service_read(w.service, count_reports, &n), OK);
	return n;
}

/* Whole turns of the walk, until one finds nothing. Returns how many portions there were. */
static int purge(int64_t now_ms, int64_t pace_ms)
{
	int n = 0;

	limit_ms = now_ms - KEEP_MS;
	stride_ms = pace_ms;
	for (int empty = 0; empty < 2;) {
		int before = old_reports();

		assert_int_equal(service_read(w.service, find, NULL), OK);
		stride_ms = 0;
		if (!walk.found_id) {
			empty++;
			continue;
		}
		assert_int_equal(service_write(w.service, "test", portion, NULL), OK);
		assert_in_range(before - old_reports(), 0, 1000);
		n++;
	}
	return n;
}

static void count_again(void)
{
	uint64_t before = digest_of(&w);
	int64_t devices, changed;

	assert_int_equal(ingest_rebuild(w.ingest, false, &devices, &changed), OK);
	assert_int_equal(devices, METERS);
	assert_int_equal(changed, 0);
	assert_true(digest_of(&w) == before);
}

static void settle(void)
{
	bool left;

	rest(&w);
	assert_int_equal(ingest_settle(w.ingest, END_MS, 1000, &left), OK);
	assert_false(left);
}

static int setup(void **state)
{
	(void)state;
	make_world(&w);
	for (int k = 0; k < BATCHES; k++)
		if (k != 100) /* which stays in the spool until the very end */
			tell_as(&w, k, k < 100 ? k + 1 : k, START_MS + k * STEP_MS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove_world(&w);
	return 0;
}

static void nothing_goes_before_its_clock_is_settled(void **state)
{
	(void)state;
	limit_ms = END_MS;
	assert_int_equal(old_reports(), METERS * (BATCHES - 1));
	(void)purge(END_MS + KEEP_MS, 200 * DAY_MS);
	assert_int_equal(old_reports(), METERS * (BATCHES - 1));
	settle();
	memset(&walk, 0, sizeof walk);
}

static void a_clock_that_jumps_throws_away_an_hour_not_ten_years(void **state)
{
	int before;

	(void)state;
	memset(&walk, 0, sizeof walk);
	limit_ms = END_MS;
	before = old_reports();
	(void)purge(END_MS + 3650 * DAY_MS, 10 * STEP_MS);
	limit_ms = END_MS;
	assert_in_range(before - old_reports(), 1, METERS * 11);
}

static void the_hours_stay_and_can_be_counted_again(void **state)
{
	uint64_t before = digest_of(&w);

	(void)state;
	assert_true(purge(END_MS, 200 * DAY_MS) > 1);
	assert_int_equal(old_reports(), 0);
	limit_ms = END_MS;
	assert_in_range(old_reports(), METERS * 60 * 8 - METERS, METERS * 60 * 8);
	assert_true(digest_of(&w) == before);
	count_again();
}

static void what_is_older_and_comes_late_counts_once_and_goes_too(void **state)
{
	(void)state;
	tell_as(&w, 100, BATCHES, END_MS);
	settle();
	count_again();
	(void)purge(END_MS, 0);
	assert_int_equal(old_reports(), 1); /* the newest row keeps the ids rising */
	count_again();
}

static void when_all_is_old_the_hours_are_still_there(void **state)
{
	uint64_t before = digest_of(&w);

	(void)state;
	(void)purge(END_MS + 100 * DAY_MS, 300 * DAY_MS);
	assert_int_equal(old_reports(), 1);
	assert_true(digest_of(&w) == before);
	count_again();
	tell_as(&w, BATCHES, BATCHES + 1, START_MS + BATCHES * STEP_MS);
	count_again();
	assert_true(digest_of(&w) == truth_of(BATCHES + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_goes_before_its_clock_is_settled),
		cmocka_unit_test(a_clock_that_jumps_throws_away_an_hour_not_ten_years),
		cmocka_unit_test(the_hours_stay_and_can_be_counted_again),
		cmocka_unit_test(what_is_older_and_comes_late_counts_once_and_goes_too),
		cmocka_unit_test(when_all_is_old_the_hours_are_still_there),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
