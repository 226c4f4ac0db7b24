/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The chain of a device's readings, ordered by (counter epoch, active_s, placed time), and the seconds
 * between neighbours as slices of the item the device was bound to. Inserting a reading anywhere gives the
 * slices that a rebuild from all readings would give.
 */
#ifndef NAVETTE_CHAIN_H
#define NAVETTE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/slices.h"

#define CHAIN_MAX_BINDINGS 32

struct chain_binding {
	int64_t id;
	int64_t item_id;
	int64_t home_place_id;
	int64_t from_ms;
	int64_t until_ms; /* INT64_MAX: still */
};

/* One value of the counter and the times it was heard. */
struct chain_reading {
	int64_t epoch_no; /* 0: none */
	int64_t active_s;
	int64_t first_ms;
	int64_t last_ms;
};

struct chain {
	int64_t device_id;
	int n_bindings; /* the newest ones, oldest first */
	struct chain_binding bindings[CHAIN_MAX_BINDINGS];
	struct chain_reading tail; /* the highest of the newest epoch: what nearly every reading follows */
	bool tail_dirty;
};

MUST_CHECK enum err chain_load(struct db *db, int64_t device_id, int64_t newest_epoch_no, struct chain *out);
/* The highest reading of an epoch that is written; epoch_no 0: none. */
MUST_CHECK enum err chain_highest(struct db *db, int64_t device_id, int64_t epoch_no,
				  struct chain_reading *out);
/* What the device reports for now; NULL: nothing. */
const struct chain_binding *chain_bound_now(const struct chain *c);
/* One accepted reading. The epoch's span in counter_epoch is the caller's to keep. */
MUST_CHECK enum err chain_add(struct db *db, struct chain *c, struct slices *slices, int64_t epoch_no,
			      int64_t active_s, int64_t heard_ms);
/* Writes the tail. */
MUST_CHECK enum err chain_flush(struct db *db, struct chain *c);
/* Makes readings and slices anew from the stored reports (verdicts COUNTED and LATE), and from the readings
 * of before the horizon (horizon.h). slices: flushed by the caller. */
MUST_CHECK enum err chain_rebuild(struct db *db, struct chain *c, struct slices *slices);

#endif
