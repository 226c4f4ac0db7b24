/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The audit journal: one row for each change, append-only, chained by hash (each row's hash covers its
 * content and the hash before). Names of people are never in it: ids only.
 */
#ifndef NAVETTE_AUDIT_H
#define NAVETTE_AUDIT_H

#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"

/* action: "item.create", "gateway.revoke" …; before and after: JSON objects without names, or NULL. */
MUST_CHECK enum err audit_add(struct db *db, const struct actor *who, int64_t now_s, const char *action,
			      const char *object, int64_t object_id, const char *before, const char *after);
/* Walks the chain. *bad is the id of the first row that does not hold, 0 where all do; *rows is their number.
 */
MUST_CHECK enum err audit_verify(struct db *db, int64_t *rows, int64_t *bad);

#endif
