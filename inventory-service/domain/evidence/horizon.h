/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Raw reports are thrown away when they are old. The horizon is the time from which on they are whole: a
 * report heard before it may be gone, one heard after it is not. Readings, epochs and hours are kept; a
 * rebuild takes from before the horizon the readings, and from after it the reports.
 */
#ifndef NAVETTE_HORIZON_H
#define NAVETTE_HORIZON_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"

MUST_CHECK enum err horizon_read(struct db *db, int64_t *horizon_ms); /* 0: nothing was thrown away */

/* A walk through all reports, which stand in the order of their arrival, not of their time. Begins zeroed. */
struct purge {
	int64_t before_ms; /* older ones go */
	int64_t after_id;  /* looked through up to here */
	int64_t found_id;  /* where the next portion begins; 0: none among those just looked through */
};
/* On a reading connection: looks through the next reports, beginning anew at their end. before_ms goes
 * forward by stride_ms at most, and never beyond limit_ms: a clock that jumps by ten years throws nothing
 * away before somebody has seen it. */
MUST_CHECK enum err purge_find(struct db *db, int64_t limit_ms, int64_t stride_ms, struct purge *p);
/* Throws away what is old of the next reports from found_id on, a bounded number. Those of a boot that is not
 * settled stay, and the newest one, so that ids only rise. */
MUST_CHECK enum err purge_portion(struct db *db, struct purge *p);

#endif
