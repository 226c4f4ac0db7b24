/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The gateway's memory between a source and the service: durable, bounded, and never stalling (contract
 * mqtt.md §1 and §3). See spool.c for the design.
 *
 * Sources offer reports from any thread; everything else is called by one thread, which owns the files.
 */
#ifndef NAVETTE_SPOOL_H
#define NAVETTE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/uplink.h"
#include "gateway/record.h"
#include "gateway/window.h"

struct spool;

struct spool_setting {
	const char *dir;   /* made where it is missing, mode 0700 */
	const char *owner; /* the gateway's name: another one begins a new epoch */
	int64_t max_bytes; /* of all segments, ≥ 64 KiB */
	int64_t keep_s;    /* acknowledged batches are kept for this running time, where there is room */
	void (*wake)(void *context); /* may be NULL; called by spool_offer where there is something to seal */
	void *wake_context;
};

/* Recovers what the folder holds. NULL: why says what a person must do (another process holds it, no
 * permission). */
struct spool *spool_open(const struct spool_setting *setting, char *why, size_t why_size);
/* What was offered and not sealed is gone; what is acknowledged is noted. Accepts NULL. */
void spool_close(struct spool *s);

/* Any thread. Encodes the report into the open batch. False: no room, because nothing could be written for a
 * while; counted. is_urgent: to be sealed at once. now_ms: real monotonic time. */
bool spool_offer(struct spool *s, int64_t now_ms, const struct uplink_report *r, bool is_urgent);
struct window_gathered spool_gathered(struct spool *s);

struct spool_stamp {
	int64_t boot;
	int64_t mono_ms;
	int64_t sent_ms; /* 0: the clock is not known well enough to say */
	enum uplink_clock clock;
};
enum spool_result {
	SPOOL_OK,
	SPOOL_FULL,   /* the disk is full: what was gathered stays gathered; try again in a second */
	SPOOL_BROKEN, /* the disk does not keep what it is given: end the process, nothing more can be
			 promised */
};
/* Seals the oldest gathered batch under the next seq, durably (fdatasync), evicting where the bound asks for
 * it. An empty batch is sealed where nothing is gathered: it shows the service the present oldest. */
enum spool_result spool_seal(struct spool *s, const struct spool_stamp *stamp);

/* The sealed batch; payload is valid until the next call. False: it is not held, or its record has rotted. */
bool spool_read(struct spool *s, int64_t seq, struct record *out);
/* Batch seq is published though it is not among the next 32: it will never be rewritten. */
void spool_announced(struct spool *s, int64_t seq);
/* Everything up to seq is done with. Noted on disk some seconds later: after a crash a few are offered twice.
 */
void spool_ack(struct spool *s, int64_t seq);
/* The service knows of batches that this spool has lost: a new epoch, into which everything sealed since the
 * process began (and everything unacknowledged) is sealed again. */
enum spool_result spool_renew(struct spool *s, const char *reason);
/* Housekeeping, about once a second: notes acks, drops what is acknowledged and old, resumes an interrupted
 * renewal. SPOOL_OK or SPOOL_BROKEN. */
enum spool_result spool_tick(struct spool *s, int64_t now_ms);

struct spool_stat {
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t oldest, acked, last; /* seqs */
	int64_t bytes, max_bytes;
	int64_t unacked_boot, unacked_mono_ms; /* of the oldest batch not acknowledged; 0: none */
	int64_t n_dropped;                     /* reports taken out of full segments */
	int64_t n_evicted;                     /* batches stepped over */
	int64_t n_not_kept;                    /* reports that found no room at all */
	int64_t n_damaged;                     /* bad places found at start */
	bool is_full;                          /* the disk refuses */
};
void spool_stat(struct spool *s, struct spool_stat *out);
const char *spool_epoch(const struct spool *s);
struct window_spool spool_span(const struct spool *s);
int64_t spool_acked(const struct spool *s);
/* The oldest that the newest sealed batch shows. */
int64_t spool_shown_oldest(const struct spool *s);

/* Reads a spool that another process may be using, without touching it: every whole record in order of epoch
 * and seq. False: the folder cannot be read. */
bool spool_inspect(const char *dir, void (*each)(void *context, const char *epoch, const struct record *r),
		   void *context, size_t *n_bad);

#endif
