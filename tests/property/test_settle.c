/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * A gateway drains what it gathered for a day, hours late: all of it stands in the wrong hours until its
 * clock is known. Settling moves it a device at a time, each in a transaction of its own. Killed between any
 * two of them, and then told more, it comes to the hours of a twin who heard everything at once.
 */
#include "tests/property/meter_hours.h"

#include <signal.h>
#include <sys/wait.h>

#define BATCHES 96 /* one each quarter of an hour */
#define LATE_MS (START_MS + BATCHES * STEP_MS + 5 * 3600000LL) /* the day is over */

static enum err count_moves(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT count(*) FROM boot_move");

	while (db_next(&q))
		*(int *)context = (int)get_i64(&q);
	return db_end(&q);
}

static int moves_left(struct world *w)
{
	int n = 0;

	assert_int_equal(service_read(w->service, count_moves, &n), OK);
	return n;
}

static enum err count_misplaced(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT count(*) FROM report WHERE heard_ms <> mono_ms + $1");

	put_i64(&q, BOOTED_MS);
	while (db_next(&q))
		*(int *)context = (int)get_i64(&q);
	return db_end(&q);
}

static int misplaced(struct world *w)
{
	int n = 0;

	assert_int_equal(service_read(w->service, count_misplaced, &n), OK);
	return n;
}

static bool one_portion(struct world *w)
{
	bool left;

	assert_int_equal(ingest_settle(w->ingest, LATE_MS, 1, &left), OK);
	return left;
}

/* Returns how many portions there were. */
static int settle(struct world *w)
{
	int n = 0;

	while (one_portion(w))
		assert_in_range(++n, 1, 2 * METERS + 10);
	return n;
}

/* A day's, all received hours after it was sealed; then one that is live. */
static void drain(struct world *w)
{
	for (int k = 0; k < BATCHES; k++)
		tell(w, k, LATE_MS);
	tell(w, BATCHES, START_MS + BATCHES * STEP_MS);
	rest(w);
}

#define TOLD (BATCHES + 1)

/* ---- the tests ---- */

static enum err write_little(struct db *db, void *context)
{
	struct query q = db_query(db, "INSERT INTO setting (key, value) VALUES ('test', 1) "
				      "ON CONFLICT (key) DO UPDATE SET value = value + 1");

	(void)context;
	return db_run(&q);
}

static void one_device_a_transaction_and_others_in_between(void **state)
{
	struct world w;
	int before, after, portions = 0;

	(void)state;
	make_world(&w);
	drain(&w);
	assert_true(misplaced(&w) > 0);
	assert_true(digest_of(&w) != truth_of(TOLD));
	assert_true(one_portion(&w)); /* the list */
	assert_int_equal(before = moves_left(&w), METERS + 1);
	do { /* the next one is one device's, whoever wrote meanwhile */
		int stood = misplaced(&w), moved;

		assert_int_equal(service_write(w.service, "test", write_little, NULL), OK);
		assert_true(one_portion(&w));
		portions++;
		after = moves_left(&w);
		moved = stood - misplaced(&w);
		assert_int_equal(before - after, 1);
		assert_in_range(moved, 1, TOLD); /* of one device only */
		before = after;
	} while (after > 0);
	assert_int_equal(portions, METERS + 1);
	(void)settle(&w);
	assert_int_equal(misplaced(&w), 0);
	assert_true(digest_of(&w) == truth_of(TOLD));
	remove_world(&w);
}

/* Returns how many portions there were before the end. */
static int crash_after(int portions, uint64_t should)
{
	struct world w;
	int done = 0, status;
	pid_t child;
	bool left = true;

	assert_true(str_copy(w.folder, sizeof w.folder, "/tmp/navette-settle-XXXXXX"));
	assert_non_null(mkdtemp(w.folder));
	child = fork();
	if (child == 0) {
		open_world(&w);
		if (service_write(w.service, "test", build, (void *)service_secret(w.service)))
			_exit(1);
		drain(&w);
		while (left && done++ < portions)
			left = one_portion(&w);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	open_world(&w);
	tell(&w, TOLD, START_MS + TOLD * STEP_MS); /* half of it moved: still it is placed right */
	rest(&w);
	done = settle(&w);
	assert_int_equal(misplaced(&w), 0);
	assert_int_equal(moves_left(&w), 0);
	assert_true(digest_of(&w) == should);
	remove_world(&w);
	return done;
}

static void killed_between_any_two_it_comes_to_the_same_hours(void **state)
{
	uint64_t should = truth_of(TOLD + 1);
	int done, k = 0;

	(void)state;
	do {
		done = crash_after(k, should);
	} while (++k < METERS + 4 && done > 0);
	printf("killed after each of %d portions\n", k - 1);
	assert_true(k >= METERS + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_device_a_transaction_and_others_in_between),
		cmocka_unit_test(killed_between_any_two_it_comes_to_the_same_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
