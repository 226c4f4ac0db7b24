/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A gateway's clock is known: what was placed before is placed anew, and what waited is judged. In portions,
 * each a transaction of its own, so that everybody else's writes get in between:
 *
 *   the list of devices that must move, and the new offset      (read without the lock, then written)
 *   one device: its reports of that boot move, its hours are made anew
 *   some of the reports that waited are judged
 *   the boot is settled; the one before it is looked at again
 *
 * What is left is in the database: a crash between two portions resumes with the next.
 */
#ifndef NAVETTE_SETTLE_H
#define NAVETTE_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/boot.h"
#include "inventory-service/domain/evidence/stream.h"
#include "inventory-service/feed.h"

struct settling {
	struct streams *streams;
	struct feeds *feeds;
	streams_changed *changed;
	void *context; /* of changed */
	int64_t now_ms;
	int64_t after_id; /* boots up to it were looked at */
	/* the next portion */
	struct boot boot; /* id 0: nothing left */
	size_t n_devices; /* that must move */
	int64_t *devices;
};

/* On a reading connection: what is next. Boots whose offset has moved within the last two seconds wait. */
MUST_CHECK enum err settle_find(struct db *db, struct settling *s);
/* One portion of what was found, to be committed. */
MUST_CHECK enum err settle_portion(struct db *db, struct settling *s);

#endif
