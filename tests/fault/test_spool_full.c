/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
/* A disk that is full for a while: a file size limit stands in for it (a partial write, then EFBIG), so that
 * no privilege is needed. */
#include "tests/fault/spool_scene.h"

#include <signal.h>
#include <sys/resource.h>

static void limit(rlim_t bytes)
{
	struct rlimit r = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void while_the_disk_is_full_nothing_is_sealed_and_afterwards_all_that_found_room_is(void **state)
{
	struct spool *s = scene_open(1024 * 1024);
	struct uplink_report r = scene_frame(1, 1);
	struct spool_stat v;
	int64_t n_sealed = 0, n_offered = 0, n_reports = 0;
	enum spool_result result = SPOOL_OK;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	limit(8000);
	while (result == SPOOL_OK) {
		assert_true(spool_offer(s, 1, &r, false));
		n_offered++;
		result = scene_seal(s, n_offered);
		n_sealed += result == SPOOL_OK;
		assert_true(n_offered < 100);
	}
	assert_int_equal(result, SPOOL_FULL);
	assert_int_equal(spool_span(s).last, n_sealed);
	while (spool_offer(s, 1, &r, false)) { /* memory is bounded, too */
		n_offered++;
		if (n_offered % 100 == 0)
			assert_int_equal(scene_seal(s, n_offered), SPOOL_FULL);
	}
	spool_stat(s, &v);
	assert_true(v.is_full);
	assert_int_equal(v.n_not_kept, 1);
	spool_tick(s, 10000);
	limit(RLIM_INFINITY);
	while (spool_gathered(s).n_reports > 0)
		assert_int_equal(scene_seal(s, 20000), SPOOL_OK);
	spool_stat(s, &v);
	assert_false(v.is_full);
	spool_close(s);
	s = scene_open(1024 * 1024);
	for (int64_t seq = 1; seq <= spool_span(s).last; seq++) {
		assert_non_null(scene_read(s, seq));
		n_reports += (int64_t)scene_batch.n_reports;
	}
	assert_int_equal(n_reports, n_offered);
	spool_stat(s, &v);
	assert_int_equal(v.n_damaged, 0); /* the half-written record was taken back */
	spool_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			while_the_disk_is_full_nothing_is_sealed_and_afterwards_all_that_found_room_is,
			scene_new, scene_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
