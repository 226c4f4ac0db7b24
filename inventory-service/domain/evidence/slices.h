/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What one transaction changes in usage_slice, gathered and written once. Shares are added or taken back;
 * what is stored is always the sum over a binding's pairs of readings, so that a rebuild gives the same rows.
 */
#ifndef NAVETTE_SLICES_H
#define NAVETTE_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"

struct slice_change {
	int64_t binding_id; /* 0: an empty place */
	int64_t hour_s;
	int64_t active_s;
	int64_t bounded_s;
};

struct slices {
	struct slice_change *changes; /* open addressing; size is a power of two */
	size_t size;
	size_t n;
	uint64_t n_added; /* shares so far: tells whether a reading moved any second */
};

void slices_fini(struct slices *s); /* accepts zeroed */
void slices_forget(struct slices *s);
/* Negative shares take back. */
void slices_add(struct slices *s, int64_t binding_id, int64_t hour_s, int64_t active_s, int64_t bounded_s);
MUST_CHECK enum err slices_flush(struct slices *s, struct db *db);

#endif
