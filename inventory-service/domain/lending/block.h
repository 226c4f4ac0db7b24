/* SPDX-License-Identifier: EUPL-1.2 */
/* Blocks (indisponibilités): maintenance of an item, or a counter that is closed for a while. */
#ifndef NAVETTE_BLOCK_H
#define NAVETTE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/domain/lending/hold.h"
#include "inventory-service/domain/lending/lending.h"
#include "inventory-service/domain/stock/edit.h"

struct block {
	int64_t id, version;
	int64_t item_id, place_id; /* one of the two */
	char reason[301];
	int64_t starts_s, ends_s; /* ends 0: until somebody ends it */
	int64_t ended_s;          /* 0: not before its time */
	int64_t created_s;
};

/* ERR_TIME; ERR_REFERENCE; ERR_STATE: the place has too many to come; ERR_OVERLAP with *c where an item's
 * stays are in the way. Fills id. */
MUST_CHECK enum err block_create(const struct lending *l, struct block *v, struct hold_conflicts *c,
				 struct edit *e);
/* From now on. Ending what is over changes nothing. */
MUST_CHECK enum err block_end(const struct lending *l, const struct block *was, struct edit *e);
MUST_CHECK enum err block_find(struct db *db, int64_t id, struct block *out);

struct block_filter {
	int64_t after_id, limit, item_id, place_id; /* 0: all */
};
struct query block_list(struct db *db, const struct block_filter *f);
bool block_next(struct query *q, struct block *out);

#endif
