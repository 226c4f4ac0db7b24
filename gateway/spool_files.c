/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Plain appends and fdatasync. Nothing is indexed in memory but one line per segment: the window reads
 * forward, and a jump walks the headers of one segment (256 KiB at most).
 */
#include "gateway/spool_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"

#define MAX_DAMAGED_KEPT 8

static bool segment_path(const char *dir, const struct segment *g, char out[FILES_PATH_SIZE])
{
	return str_format(out, FILES_PATH_SIZE, "%s/%s-%016" PRId64 ".seg", dir, g->epoch, g->first_seq);
}

static bool segment_name_parse(const char *name, struct segment *out)
{
	char seq[17];

	if (strlen(name) != 16 + 1 + 16 + 4 || name[16] != '-' || strcmp(name + 33, ".seg") != 0)
		return false;
	memcpy(out->epoch, name, 16);
	out->epoch[16] = '\0';
	memcpy(seq, name + 17, 16);
	seq[16] = '\0';
	if (strspn(seq, "0123456789") != 16 || !uplink_epoch_valid(out->epoch))
		return false;
	out->first_seq = strtoll(seq, NULL, 10);
	return true;
}

static bool dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

void files_init(struct files *f, const char *dir, int64_t segment_max)
{
	*f = (struct files){.segment_max = segment_max, .fd = -1, .read_fd = -1};
	if (!str_copy(f->dir, sizeof f->dir, dir))
		fatal("spool: the folder's path is too long: %s", dir);
	f->buffer = xcalloc(1, RECORD_MAX_LEN);
}

static void close_read(struct files *f)
{
	if (f->read_fd >= 0)
		close(f->read_fd);
	f->read_fd = -1;
}

static void close_append(struct files *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void files_fini(struct files *f)
{
	close_read(f);
	close_append(f);
	free(f->list);
	free(f->buffer);
	*f = (struct files){.fd = -1, .read_fd = -1};
}

uint8_t *files_segment_bytes(const char *dir, const struct segment *g, size_t *len)
{
	char path[FILES_PATH_SIZE];
	uint8_t *bytes = NULL;
	struct stat st;
	ssize_t got;
	int fd;

	if (!segment_path(dir, g, path) || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return NULL;
	*len = 0;
	if (fstat(fd, &st) == 0 && st.st_size >= 0 && st.st_size <= (off_t)64 * 1024 * 1024) {
		bytes = xcalloc(1, (size_t)st.st_size + 1);
		while (*len < (size_t)st.st_size &&
		       (got = read(fd, bytes + *len, (size_t)st.st_size - *len)) > 0)
			*len += (size_t)got;
	}
	close(fd);
	return bytes;
}

/* Reads the segment through: is it whole, and are its numbers one after the other? */
static size_t segment_check(const char *dir, struct segment *g)
{
	struct record_segment header;
	struct record r;
	size_t len = 0;
	uint8_t *bytes = files_segment_bytes(dir, g, &len);
	struct record_walk w = {.bytes = bytes, .len = len, .at = RECORD_SEGMENT_HEADER_LEN};
	size_t n_bad = 0;

	g->last_seq = g->first_seq - 1;
	g->bytes = (int64_t)len;
	if (bytes == NULL || !record_take_segment(bytes, len, &header) ||
	    strcmp(header.epoch, g->epoch) != 0 || header.first_seq != g->first_seq) {
		n_bad++;
		w.at = 0;
	} else {
		g->run_s = header.run_s;
		g->is_shrunk = header.is_shrunk;
	}
	while (bytes != NULL && record_next(&w, &r)) {
		n_bad += r.seq != g->last_seq + 1;
		g->last_seq = r.seq;
	}
	n_bad += w.n_bad;
	g->is_damaged = n_bad > 0;
	free(bytes);
	return n_bad;
}

static int segment_order(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;
	int by_epoch = strcmp(x->epoch, y->epoch);

	if (by_epoch != 0)
		return by_epoch;
	return (x->first_seq > y->first_seq) - (x->first_seq < y->first_seq);
}

struct segment *files_scan(const char *dir, bool is_owner, size_t *n, size_t *n_bad)
{
	DIR *d = opendir(dir);
	struct segment *list = NULL, g;
	struct dirent *entry;
	char path[FILES_PATH_SIZE];

	*n = *n_bad = 0;
	while (d != NULL && (entry = readdir(d)) != NULL) {
		size_t len = strlen(entry->d_name);

		memset(&g, 0, sizeof g);
		if (segment_name_parse(entry->d_name, &g) && *n < FILES_MAX_SEGMENTS) {
			*n_bad += segment_check(dir, &g);
			list = xrealloc(list, (*n + 1) * sizeof *list);
			list[(*n)++] = g;
		} else if (is_owner && len > 8 && strcmp(entry->d_name + len - 8, ".seg.tmp") == 0 &&
			   str_format(path, sizeof path, "%s/%s", dir, entry->d_name)) {
			(void)unlink(path); /* a beginning that a crash ended: nothing was in it */
		}
	}
	if (d != NULL)
		closedir(d);
	if (*n > 0)
		qsort(list, *n, sizeof *list, segment_order);
	return list;
}

static bool is_no_room(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG || error == EROFS || error == EMFILE ||
	       error == ENFILE || error == ENOMEM;
}

static enum spool_result result_of(int error)
{
	return is_no_room(error) ? SPOOL_FULL : SPOOL_BROKEN;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* A file under its final name only once it is whole and durable. Returns an fd open for appending, -1 and
 * errno. */
static int file_place(const char *dir, const struct segment *g, const uint8_t *bytes, size_t len)
{
	char path[FILES_PATH_SIZE], temporary[FILES_PATH_SIZE];
	int fd, error;

	if (!segment_path(dir, g, path) || !str_format(temporary, sizeof temporary, "%s.tmp", path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (write_all(fd, bytes, len) && fsync(fd) == 0 && rename(temporary, path) == 0 && dir_sync(dir))
		return fd;
	error = errno;
	(void)unlink(temporary);
	close(fd);
	errno = error;
	return -1;
}

static enum spool_result segment_begin(struct files *f, const char *epoch, int64_t run_s, int64_t first_seq)
{
	struct record_segment header = {.first_seq = first_seq, .run_s = run_s};
	struct segment g = {.first_seq = first_seq,
			    .last_seq = first_seq - 1,
			    .bytes = RECORD_SEGMENT_HEADER_LEN,
			    .run_s = run_s};
	uint8_t bytes[RECORD_SEGMENT_HEADER_LEN];
	int fd;

	memcpy(header.epoch, epoch, UPLINK_EPOCH_SIZE);
	memcpy(g.epoch, epoch, UPLINK_EPOCH_SIZE);
	record_put_segment(&header, bytes);
	if (files_sync(f) != SPOOL_OK) /* later syncs are of the new segment's file only */
		return SPOOL_BROKEN;
	if ((fd = file_place(f->dir, &g, bytes, sizeof bytes)) < 0)
		return result_of(errno);
	close_append(f);
	f->fd = fd;
	f->list = xrealloc(f->list, (f->n + 1) * sizeof *f->list);
	f->list[f->n++] = g;
	f->bytes += g.bytes;
	return SPOOL_OK;
}

/* The last segment, open for appending, with room; begins one where there is none. */
static enum spool_result segment_ready(struct files *f, const char *epoch, int64_t run_s,
				       const struct record *r)
{
	struct segment *last = f->n > 0 ? &f->list[f->n - 1] : NULL;
	char path[FILES_PATH_SIZE];
	int64_t len = (int64_t)RECORD_HEADER_LEN + r->payload_len;

	if (last == NULL || last->is_shrunk ||
	    (last->last_seq >= last->first_seq && last->bytes + len > f->segment_max))
		return segment_begin(f, epoch, run_s, r->seq);
	if (f->fd >= 0)
		return SPOOL_OK;
	if (!segment_path(f->dir, last, path) || (f->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)) < 0)
		return result_of(errno);
	return SPOOL_OK;
}

/* A write that failed half way is taken back, so that the next one stands at a whole record's end. */
static enum spool_result take_back(struct files *f, int64_t bytes, int error)
{
	if (!is_no_room(error) || ftruncate(f->fd, bytes) != 0) {
		log_err("spool: the disk does not keep what it is given: %s", strerror(error));
		return SPOOL_BROKEN;
	}
	return SPOOL_FULL;
}

enum spool_result files_append(struct files *f, const char *epoch, int64_t run_s, const struct record *r,
			       bool is_synced)
{
	enum spool_result result = segment_ready(f, epoch, run_s, r);
	size_t len = RECORD_HEADER_LEN + r->payload_len;
	struct segment *g;

	if (result != SPOOL_OK)
		return result;
	g = &f->list[f->n - 1];
	memmove(f->buffer + RECORD_HEADER_LEN, r->payload, r->payload_len);
	record_put_header(r, f->buffer);
	if (!write_all(f->fd, f->buffer, len) || (is_synced && fdatasync(f->fd) != 0))
		return take_back(f, g->bytes, errno);
	f->is_unsynced = !is_synced;
	g->bytes += (int64_t)len;
	g->last_seq = r->seq;
	f->bytes += (int64_t)len;
	return SPOOL_OK;
}

enum spool_result files_sync(struct files *f)
{
	/* Whatever the reason: what was written before may be gone, and a second sync would say yes to it. */
	if (f->fd >= 0 && f->is_unsynced && fdatasync(f->fd) != 0)
		return SPOOL_BROKEN;
	f->is_unsynced = false;
	return SPOOL_OK;
}

static const struct segment *segment_of(const struct files *f, int64_t seq)
{
	for (size_t i = f->n; i-- > 0;) {
		if (seq >= f->list[i].first_seq)
			return seq <= f->list[i].last_seq ? &f->list[i] : NULL;
	}
	return NULL;
}

/* Puts the read position on seq: forward from where it is, or from the segment's start. */
static bool seek(struct files *f, const struct segment *g, int64_t seq)
{
	char path[FILES_PATH_SIZE];
	uint8_t head[16];

	if (f->read_fd < 0 || f->read_first != g->first_seq) {
		close_read(f);
		if (!segment_path(f->dir, g, path) || (f->read_fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
			return false;
		f->read_first = g->first_seq;
		f->read_seq = INT64_MAX;
	}
	if (seq < f->read_seq) {
		f->read_seq = g->first_seq;
		f->read_at = RECORD_SEGMENT_HEADER_LEN;
	}
	while (f->read_seq < seq) {
		uint32_t len;

		if (pread(f->read_fd, head, sizeof head, f->read_at) != (ssize_t)sizeof head)
			return false;
		len = (uint32_t)head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 |
		      (uint32_t)head[7] << 24;
		if (len > UPLINK_MAX_BYTES)
			return false;
		f->read_at += (int64_t)RECORD_HEADER_LEN + len;
		f->read_seq++;
	}
	return true;
}

bool files_read(struct files *f, int64_t seq, struct record *out)
{
	const struct segment *g = segment_of(f, seq);
	ssize_t len;

	if (g == NULL || !seek(f, g, seq))
		return false;
	len = pread(f->read_fd, f->buffer, RECORD_MAX_LEN, f->read_at);
	return len > 0 && record_take(f->buffer, (size_t)len, out) && out->seq == seq;
}

bool files_replace(struct files *f, size_t i, const uint8_t *bytes, size_t len)
{
	struct segment *g = &f->list[i];
	int fd;

	close_read(f);
	if (i + 1 == f->n)
		close_append(f);
	if ((fd = file_place(f->dir, g, bytes, len)) < 0)
		return false;
	close(fd);
	f->bytes += (int64_t)len - g->bytes;
	g->bytes = (int64_t)len;
	g->is_shrunk = true;
	return true;
}

void files_drop_first(struct files *f)
{
	char path[FILES_PATH_SIZE];

	if (f->n == 0)
		return;
	close_read(f);
	if (f->n == 1)
		close_append(f);
	if (segment_path(f->dir, &f->list[0], path) && unlink(path) != 0)
		log_warn("spool: cannot remove %s: %s", path, strerror(errno));
	(void)dir_sync(f->dir); /* or a crash might bring it back without its follower: a hole */
	f->bytes -= f->list[0].bytes;
	memmove(f->list, f->list + 1, --f->n * sizeof *f->list);
}

/* Keeps damaged/ to a few files: it is there for a curious person, not for recovery. */
static void trim_damaged(const char *dir)
{
	struct dirent **entries = NULL;
	char path[FILES_PATH_SIZE];
	int n = scandir(dir, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		bool is_old = i < n - MAX_DAMAGED_KEPT && entries[i]->d_name[0] != '.';

		if (is_old && str_format(path, sizeof path, "%s/%s", dir, entries[i]->d_name))
			(void)unlink(path);
		free(entries[i]);
	}
	free(entries);
}

void files_discard(const char *dir, const struct segment *g)
{
	char path[FILES_PATH_SIZE], aside[FILES_PATH_SIZE], folder[FILES_PATH_SIZE];

	if (!segment_path(dir, g, path) || !str_format(folder, sizeof folder, "%s/damaged", dir))
		return;
	if (!g->is_damaged) {
		(void)unlink(path);
		return;
	}
	(void)mkdir(folder, 0700);
	if (!str_format(aside, sizeof aside, "%s/%s-%016" PRId64 ".seg", folder, g->epoch, g->first_seq) ||
	    rename(path, aside) != 0) {
		log_err("spool: cannot put the damaged %s aside: %s", path, strerror(errno));
		return;
	}
	log_err("spool: damaged segment put aside: its whole records are sealed again file=%s", aside);
	trim_damaged(folder);
}
