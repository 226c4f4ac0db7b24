/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
/*
 * The spool dies, or the disk refuses, at its Nth call that changes a file, for every N until a run is clean.
 * The calls of this program are its own: libc's are shadowed here. Whatever N: what was said to be sealed is
 * there.
 */
#include "tests/fault/spool_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

enum fault { NONE, DIE_HALFWAY, DIE_AFTER, NO_ROOM, INPUT_OUTPUT_ERROR };

static enum fault fault;
static int calls_left; /* to the fault */
static bool was_struck;

static bool struck(void)
{
	if (fault == NONE || --calls_left > 0 || was_struck)
		return false;
	was_struck = true;
	return true;
}

static int refused(void)
{
	errno = fault == NO_ROOM ? ENOSPC : EIO;
	return -1;
}

static bool is_refusal(void)
{
	return fault == NO_ROOM || fault == INPUT_OUTPUT_ERROR;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	long n;

	if (!struck())
		return syscall(SYS_write, fd, bytes, len);
	n = syscall(SYS_write, fd, bytes, fault == DIE_AFTER ? len : len / 2);
	if (is_refusal())
		return refused();
	_exit(n >= 0 ? 77 : 78);
}

/* The calls without a half: done, then dead; or refused. */
static int change(long result_after, bool is_struck)
{
	if (is_struck && !is_refusal())
		_exit(77);
	return (int)result_after;
}

#define SHADOW(call, number, declared, ...)                             \
	int call declared                                               \
	{                                                               \
		bool is_struck = struck();                              \
                                                                        \
		if (is_struck && is_refusal())                          \
			return refused();                               \
		return change(syscall(number, __VA_ARGS__), is_struck); \
	}

SHADOW(fsync, SYS_fsync, (int fd), fd)
static int n_syncs;
static bool struck_at_sync;

int fdatasync(int fd)
{
	bool is_struck = struck();

	n_syncs++;
	struck_at_sync |= is_struck;
	if (is_struck && is_refusal())
		return refused();
	return change(syscall(SYS_fdatasync, fd), is_struck);
}

SHADOW(ftruncate, SYS_ftruncate, (int fd, off_t len), fd, len)
SHADOW(rename, SYS_rename, (const char *from, const char *to), from, to)
SHADOW(unlink, SYS_unlink, (const char *path), path)

/* --- The story --- */

struct said {
	uint32_t counter; /* of the frame in the batch that was sealed */
	uint32_t acked;
};

enum story { PLAIN, EVICTING, RECOVERING };

#define N_BATCHES 40u

static int64_t bound_of(enum story story)
{
	return story == EVICTING ? 64 * 1024 : 1024 * 1024;
}

static void offer_filling(struct spool *s, uint32_t i)
{
	for (uint8_t n = 0; n < 20; n++) {
		struct uplink_report r = scene_frame((uint8_t)(i % 3), i);

		r.u.ble.data[3] = n;
		(void)spool_offer(s, 1, &r, false);
	}
}

/* Seals N_BATCHES; tells the pipe of each that was sealed. Ends the process. */
static void tell_story(enum story story, int pipe_fd)
{
	char why[256];
	struct spool *s = scene_open_as("gw-1", bound_of(story), why, sizeof why);
	uint32_t acked = 0;

	for (uint32_t i = 1; s != NULL && i <= N_BATCHES * (story == EVICTING ? 2 : 1); i++) {
		struct uplink_report r = scene_frame((uint8_t)(i % 3), 100 + i);
		enum spool_result result = SPOOL_FULL;
		struct said said = {.counter = 100 + i};

		if (story == EVICTING)
			offer_filling(s, 100 + i);
		(void)spool_offer(s, 1, &r, false);
		for (int tries = 0; tries < 3 && result == SPOOL_FULL; tries++)
			result = scene_seal(s, i);
		if (result == SPOOL_BROKEN)
			_exit(fault == NO_ROOM && !struck_at_sync ? 81 : 79);
		if (result == SPOOL_FULL)
			_exit(80); /* one refusal must not last */
		if (story == PLAIN && i % 8 == 0) {
			acked = i - 4;
			spool_ack(s, acked);
			spool_tick(s, i * 10000);
		}
		said.acked = acked;
		if (syscall(SYS_write, pipe_fd, &said, sizeof said) != (long)sizeof said)
			_exit(81);
	}
	spool_close(s);
	_exit(s == NULL ? 75 : was_struck ? 76 : 0);
}

/* What the child was told is sealed, by counter. */
static size_t listen_to(enum story story, enum fault with, int n, struct said said[], int *status)
{
	int fds[2];
	size_t count = 0;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		close(fds[0]);
		freopen("/dev/null", "w", stderr);
		fault = with;
		calls_left = n;
		tell_story(story, fds[1]);
	}
	close(fds[1]);
	while (read(fds[0], &said[count], sizeof *said) == (ssize_t)sizeof *said)
		count++;
	close(fds[0]);
	assert_int_equal(waitpid(child, status, 0), child);
	assert_true(WIFEXITED(*status));
	return count;
}

/* Every counter sealed and not acknowledged, or a later one of its tag where the spool was full. */
static void check(enum story story, const struct said said[], size_t count, uint32_t before)
{
	struct spool *s = scene_open(bound_of(story));
	struct window_spool span = spool_span(s);
	uint32_t newest[3] = {0};
	bool seen[512] = {false};

	for (int64_t seq = span.oldest; seq <= span.last; seq++) {
		assert_non_null(scene_read(s, seq));
		for (size_t i = 0; i < scene_batch.n_reports; i++) {
			uint32_t counter = (uint32_t)(scene_batch.reports[i].mono_ms - 1000);
			uint8_t tag = scene_batch.reports[i].u.ble.address[5];

			seen[counter] = true;
			newest[tag] = counter > newest[tag] ? counter : newest[tag];
		}
	}
	for (size_t i = 0; i < count; i++) {
		bool is_there = story == EVICTING ? newest[said[i].counter % 3] >= said[i].counter
						  : seen[said[i].counter];

		if (!is_there && said[i].counter > 100 + said[count - 1].acked)
			fail_msg("counter %u was sealed and is gone", said[i].counter);
	}
	for (uint32_t i = 1; i <= before; i++)
		assert_true(seen[i]);
	scene_keep(s, scene_frame(1, 500)); /* and it goes on */
	spool_close(s);
}

static void for_every_n(enum story story, enum fault with)
{
	struct said said[2 * N_BATCHES];
	/* Evicting makes many alike calls: every one in the long suite, every seventh in the gate. */
	int status = 77 << 8, n = 0, stride = story == EVICTING && getenv("NAVETTE_LONG") == NULL ? 7 : 1;
	uint32_t before = story == RECOVERING ? 30 : 0;
	char spoil[200];

	while (WEXITSTATUS(status) != 0) {
		size_t count;

		scene_run("rm -rf '%s' && mkdir '%s'", scene_dir, scene_dir);
		if (story == RECOVERING) {
			struct spool *s = scene_open(bound_of(story));

			for (uint32_t i = 1; i <= before; i++)
				scene_keep(s, scene_frame(1, i));
			spool_close(s);
			snprintf(spoil, sizeof spoil, "rm '%s/state'", scene_dir);
			scene_run("%s", spoil);
		}
		n += stride;
		count = listen_to(story, with, n, said, &status);
		/* 79: called broken. A full disk is not (81), unless it was a sync that failed: that is
		 * fatal. */
		if (WEXITSTATUS(status) > 79)
			fail_msg("N = %d: exit %d", n, WEXITSTATUS(status));
		check(story, said, count, before);
		assert_true(n < 2000);
	}
	printf("           %d calls\n", n - stride);
	assert_true(n > 40);
}

static void no_batch_is_said_to_be_sealed_before_it_is_synced(void **state)
{
	struct spool *s = scene_open(1024 * 1024);

	(void)state;
	for (uint32_t i = 1; i <= 20; i++) {
		int before = n_syncs;

		scene_keep(s, scene_frame(1, i));
		assert_true(n_syncs > before);
	}
	spool_close(s);
}

#define EVERY(name, story, fault)          \
	static void name(void **state)     \
	{                                  \
		(void)state;               \
		for_every_n(story, fault); \
	}

EVERY(killed_halfway_through_its_nth_write_it_has_what_it_sealed, PLAIN, DIE_HALFWAY)
EVERY(killed_after_its_nth_change_it_has_what_it_sealed, PLAIN, DIE_AFTER)
EVERY(killed_while_evicting_it_has_the_newest_counters, EVICTING, DIE_HALFWAY)
EVERY(killed_while_recovering_it_recovers_the_next_time, RECOVERING, DIE_HALFWAY)
EVERY(without_room_for_its_nth_change_it_goes_on_and_keeps_what_it_sealed, PLAIN, NO_ROOM)
EVERY(without_room_while_evicting_it_goes_on, EVICTING, NO_ROOM)
EVERY(a_disk_error_at_its_nth_change_ends_it_with_what_it_sealed, PLAIN, INPUT_OUTPUT_ERROR)

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_new, scene_end)
	const struct CMUnitTest tests[] = {
		TEST(no_batch_is_said_to_be_sealed_before_it_is_synced),
		TEST(killed_halfway_through_its_nth_write_it_has_what_it_sealed),
		TEST(killed_after_its_nth_change_it_has_what_it_sealed),
		TEST(killed_while_evicting_it_has_the_newest_counters),
		TEST(killed_while_recovering_it_recovers_the_next_time),
		TEST(without_room_for_its_nth_change_it_goes_on_and_keeps_what_it_sealed),
		TEST(without_room_while_evicting_it_goes_on),
		TEST(a_disk_error_at_its_nth_change_ends_it_with_what_it_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
