/* SPDX-License-Identifier: EUPL-1.2 */
/* Closures (fermetures) of a place: local days, both ends included, on which its counter is closed. */
#ifndef NAVETTE_CLOSURE_H
#define NAVETTE_CLOSURE_H

#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/stock/calendar_rules.h"

#define CLOSURES_MAX 40 /* of one place */

struct closure {
	char from[CALENDAR_DATE_SIZE], until[CALENDAR_DATE_SIZE];
	char label[81];
};

/* rows holds CLOSURES_MAX; in order of time. */
MUST_CHECK enum err closure_list(struct db *db, int64_t place_id, struct closure *rows, size_t *n);
/* These instead of those there were; each from ≤ until. */
MUST_CHECK enum err closure_replace(struct db *db, int64_t place_id, const struct closure *rows, size_t n);

#endif
