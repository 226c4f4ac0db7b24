/* SPDX-License-Identifier: EUPL-1.2 */
/* An item as lending sees it (struct thing), loaded. */
#ifndef NAVETTE_THING_H
#define NAVETTE_THING_H

#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/lending/booking_rules.h"

/* Opening hours that were stored before they were checked count as always open. ERR_NOT_FOUND. */
MUST_CHECK enum err thing_load(struct db *db, int64_t item_id, int64_t now_s, struct thing *out);
/* The same, where like (NULL: none) was loaded at the same now: the counter of one home is loaded once. */
MUST_CHECK enum err thing_load_like(struct db *db, int64_t item_id, int64_t now_s, const struct thing *like,
				    struct thing *out);
/* Kilometres between two points of the earth. Pure. */
double thing_distance_km(double lat_a, double lon_a, double lat_b, double lon_b);

const char *approval_text(enum approval a); /* "nobody", "owner", "hub" */
enum approval approval_of(const char *text);

#endif
