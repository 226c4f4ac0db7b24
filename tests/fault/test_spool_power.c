/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
/*
 * A power cut drops what was written and not synced. So nothing may be removed while its successor is not
 * safe: this program's own calls (libc's are shadowed here) remember which files were written since their
 * last sync, closed or not, and each unlink looks.
 */
#include "tests/fault/spool_scene.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define MAX_FILES 4096

static ino_t unsynced[MAX_FILES];
static size_t n_unsynced, n_unlinked, n_unsafe;
static int write_error, sync_error; /* errno of every such call from now on; 0: it works */

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_ino : 0;
}

static void forget(ino_t inode)
{
	for (size_t i = 0; i < n_unsynced; i++)
		if (unsynced[i] == inode)
			unsynced[i--] = unsynced[--n_unsynced];
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	ino_t inode = inode_of(fd);

	if (inode != 0 && write_error != 0) {
		errno = write_error;
		return -1;
	}
	forget(inode);
	if (inode != 0 && n_unsynced < MAX_FILES)
		unsynced[n_unsynced++] = inode;
	return syscall(SYS_write, fd, bytes, len);
}

int fsync(int fd)
{
	forget(inode_of(fd));
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	if (sync_error != 0) {
		errno = sync_error;
		return -1;
	}
	forget(inode_of(fd));
	return (int)syscall(SYS_fdatasync, fd);
}

int unlink(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		forget(st.st_ino); /* its own bytes are wanted no more */
	n_unlinked++;
	n_unsafe += n_unsynced > 0;
	return (int)syscall(SYS_unlink, path);
}

static int start_anew(void **state)
{
	n_unsynced = n_unlinked = n_unsafe = 0;
	write_error = sync_error = 0;
	return scene_new(state);
}

/* Segments of 4 KiB: what is sealed again needs many of them. */
#define SMALL ((int64_t)64 * 1024)

static void an_old_epoch_goes_when_all_of_it_is_safe_under_the_new_one(void **state)
{
	struct spool *s = scene_open(SMALL);

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		scene_keep(s, scene_frame((uint8_t)i, i));
	spool_close(s);
	scene_run("rm '%s/state'", scene_dir);
	n_unlinked = 0;
	s = scene_open(SMALL);
	assert_int_equal(spool_span(s).last, 100);
	assert_true(n_unlinked > 4);
	assert_int_equal(n_unsafe, 0);
	spool_close(s);
}

static void a_segment_is_evicted_when_its_counters_are_safe_at_the_end(void **state)
{
	struct spool *s = scene_open(SMALL);
	struct spool_stat v;

	(void)state;
	for (uint32_t i = 1; i <= 400; i++) { /* each tag once: all of them are newest counters */
		struct uplink_report r = scene_frame((uint8_t)i, i);

		r.u.ble.address[4] = (uint8_t)(i >> 8);
		r.u.ble.data_len = 200;
		scene_keep(s, r);
	}
	spool_stat(s, &v);
	assert_true(v.n_evicted > 0 && n_unlinked > 4);
	assert_int_equal(n_unsafe, 0);
	spool_close(s);
}

/* The disk is full at the start; when it has room again it does not keep what it is given. */
static void a_sync_that_fails_while_a_renewal_is_resumed_ends_the_process(void **state)
{
	struct spool *s = scene_open(SMALL);

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		scene_keep(s, scene_frame((uint8_t)i, i));
	spool_close(s);
	scene_run("rm '%s/state'", scene_dir);
	write_error = ENOSPC;
	s = scene_open(SMALL);
	assert_int_equal(spool_tick(s, 100000), SPOOL_OK);
	write_error = 0;
	sync_error = EIO;
	assert_int_equal(spool_tick(s, 200000), SPOOL_BROKEN);
	sync_error = 0;
	spool_close(s);
	s = scene_open(SMALL); /* the next start has all of it */
	assert_true(spool_span(s).last >= 100);
	spool_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_old_epoch_goes_when_all_of_it_is_safe_under_the_new_one,
						start_anew, scene_end),
		cmocka_unit_test_setup_teardown(a_segment_is_evicted_when_its_counters_are_safe_at_the_end,
						start_anew, scene_end),
		cmocka_unit_test_setup_teardown(a_sync_that_fails_while_a_renewal_is_resumed_ends_the_process,
						start_anew, scene_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
