/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The stored reports of a boot, moved in time a portion at a time. A row of boot_move says that one device's
 * reports still stand where the clock was thought to be; what is applied meanwhile is placed right already.
 * The rows are written with the new offset, and each goes with its portion: a crash resumes.
 */
#ifndef NAVETTE_BOOT_MOVE_H
#define NAVETTE_BOOT_MOVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/boot.h"

#define BOOT_MOVE_IDS 20000 /* ids of report looked through in one portion of strangers */

struct boot_move {
	int64_t boot_id; /* 0: none */
	int64_t device_id; /* 0: all that nobody knows */
	int64_t from_id, until_id; /* of report, [from, until] */
	int64_t delta_ms;
};

/* What devices b has reports of, 0 for strangers. Long: for a reading connection. *ids: the caller frees. */
MUST_CHECK enum err boot_move_devices(struct db *db, const struct boot *b, int64_t **ids, size_t *n);
/* Places b at its offset: from now on for new reports, by rows of boot_move for the stored ones. */
MUST_CHECK enum err boot_move_begin(struct db *db, struct boot *b, const int64_t *ids, size_t n);
MUST_CHECK enum err boot_move_next(struct db *db, int64_t boot_id, struct boot_move *out);
/* Moves all reports of one device, or a portion of the strangers', and takes note. */
MUST_CHECK enum err boot_move_do(struct db *db, const struct boot_move *m);

#endif
