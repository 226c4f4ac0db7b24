/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who answers for an item: exactly one place at every instant. Rows of one item follow each other without
 * gap; before the first one it is its home that answers.
 */
#ifndef NAVETTE_CUSTODY_H
#define NAVETTE_CUSTODY_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"

struct custody {
	int64_t place_id;    /* the custodian */
	int64_t at_place_id; /* where it is declared to be; 0: on its way */
	int64_t line_id;     /* of a loan; 0: none */
	int64_t from_s;      /* 0: since ever */
};

MUST_CHECK enum err custody_now(struct db *db, int64_t item_id, struct custody *out);
/* From c->from_s on it is as c says. ERR_STATE where that is before the last change. */
MUST_CHECK enum err custody_pass(struct db *db, int64_t item_id, const struct custody *c);
/* Takes the last change back: what was before goes on. */
MUST_CHECK enum err custody_undo(struct db *db, int64_t item_id);

#endif
