/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The stored stays of items. A change of one writes the margins of its two neighbours again; the triggers of
 * the table refuse what this file should have refused (ERR_STATE: a bug).
 */
#ifndef NAVETTE_HOLD_H
#define NAVETTE_HOLD_H

#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/lending/booking_rules.h"

#define HOLD_CONFLICTS 8 /* as many are named */

struct hold_conflicts {
	size_t n;
	struct stay stays[HOLD_CONFLICTS]; /* in order of time */
	struct stay_block blocked;         /* where it fits: what it would block */
};

/* One item at one moment. */
struct hold_item {
	int64_t item_id;
	struct stay_ways ways;
	int64_t now_s;
	const struct lending_policy *policy;
	int64_t except_line_id; /* its own stay does not stand in its way; 0: none */
};
struct hold_item hold_item_of(const struct thing *v, int64_t now_s, const struct lending_policy *policy);

/* What does not leave room for s: ERR_OVERLAP, ERR_NO_TRAVEL_TIME with *out filled; OK: it fits. */
MUST_CHECK enum err hold_check(struct db *db, const struct hold_item *i, const struct stay *s,
			       struct hold_conflicts *out);
/* The start from which none of the conflicts is in the way of s any more. */
int64_t hold_next_start(const struct hold_item *i, const struct hold_conflicts *c, const struct stay *s);

/* Stores s, which fits: line_id or block_id is set. expires_s 0: for good. *out: what it blocks, may be NULL.
 */
MUST_CHECK enum err hold_put(struct db *db, const struct hold_item *i, const struct stay *s,
			     int64_t expires_s);
/* Removes the stay of a line (or of a block); none there is OK. */
MUST_CHECK enum err hold_take(struct db *db, const struct hold_item *i, int64_t line_id, int64_t block_id);
/* Another start or end for the stay of a line or block, which fits. */
MUST_CHECK enum err hold_move(struct db *db, const struct hold_item *i, const struct stay *s);
/* A decided line holds for good. */
MUST_CHECK enum err hold_settle(struct db *db, int64_t line_id);
/* The live stays of an item that touch [from_s, until_s), and one at each side of it, in order; *n ≤ max. An
 * overdue loan comes last, with is_overdue. */
MUST_CHECK enum err hold_list(struct db *db, const struct hold_item *i, int64_t from_s, int64_t until_s,
			      struct stay *out, size_t max, size_t *n);

/* Does an overdue loan of the item push against s? */
MUST_CHECK enum err hold_is_at_risk(struct db *db, const struct hold_item *i, const struct stay *s,
				    bool *at_risk);

#endif
