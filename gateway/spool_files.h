/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The segments of a spool on disk. Belongs to spool.c: nobody else includes it. One thread.
 *
 * A segment is "<epoch>-<first seq, 16 digits>.seg", appended to until it is full, then closed. It is begun
 * under a temporary name, so that a segment without a whole header is always damage and never a crash.
 */
#ifndef NAVETTE_SPOOL_FILES_H
#define NAVETTE_SPOOL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/record.h"
#include "gateway/spool.h"

#define FILES_PATH_SIZE 320
#define FILES_MAX_SEGMENTS 65536

struct segment {
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t first_seq;
	int64_t last_seq; /* first_seq - 1: empty */
	int64_t bytes;
	int64_t run_s;
	bool is_shrunk;
	bool is_damaged;
};

struct files {
	char dir[256];
	int64_t segment_max;
	struct segment *list; /* of the present epoch, by first_seq */
	size_t n;
	int64_t bytes;
	int fd;             /* the last segment, for appending; -1: none */
	bool is_unsynced;   /* something was appended to it since its last sync */
	int read_fd;        /* where files_read was last, -1: nowhere */
	int64_t read_first; /* its segment */
	int64_t read_seq;   /* the record at read_at */
	int64_t read_at;
	uint8_t *buffer; /* RECORD_MAX_LEN */
};

void files_init(struct files *f, const char *dir, int64_t segment_max);
void files_fini(struct files *f);

/* All segments of the folder, any epoch, by (epoch, first_seq), checked record by record; the caller frees.
 * n_bad: places with damage. is_owner: removes temporary files that a crash left. */
struct segment *files_scan(const char *dir, bool is_owner, size_t *n, size_t *n_bad);
/* The bytes of a segment; the caller frees; NULL where it cannot be read. */
uint8_t *files_segment_bytes(const char *dir, const struct segment *g, size_t *len);

/* Appends r (its payload is copied), beginning a segment of that epoch where needed. is_synced: fdatasync. */
enum spool_result files_append(struct files *f, const char *epoch, int64_t run_s, const struct record *r,
			       bool is_synced);
enum spool_result files_sync(struct files *f);
bool files_read(struct files *f, int64_t seq, struct record *out);
/* Replaces the segment at i by bytes, at once or not at all. */
bool files_replace(struct files *f, size_t i, const uint8_t *bytes, size_t len);
/* Removes the first segment. */
void files_drop_first(struct files *f);
/* A segment that is not in the list: removed, or put aside in "damaged/" (the newest few are kept). */
void files_discard(const char *dir, const struct segment *g);

#endif
