/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Tags and meters that a gateway hears and nobody has registered: what a person picks from when pairing. At
 * most STRANGERS_MAX tags and as many meters of each gateway, the longest unheard forgotten first, so that
 * somebody who sends random addresses fills his gateway's list and nothing else.
 */
#ifndef NAVETTE_STRANGER_H
#define NAVETTE_STRANGER_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/device.h"

#define STRANGERS_MAX 100
#define STRANGER_KEPT_S (7 * 86400)

/* name: 12 hex digits, or a meter's name. rssi_dbm 0: not said. */
MUST_CHECK enum err stranger_heard(struct db *db, int64_t gateway_id, enum device_kind kind, const char *name,
				   int64_t heard_ms, int64_t rssi_dbm);
/* It was registered: by whichever gateway a tag is heard, a meter in its own. */
MUST_CHECK enum err stranger_registered(struct db *db, const struct device *v);
/* One row for each gateway that hears it, ordered by row. The device has id and version 0, its kind, address
 * or name, and who heard it when; place_id and hub_id are the gateway's. */
struct query stranger_list(struct db *db, int64_t after_row, bool meters, int64_t limit);
bool stranger_next(struct query *q, int64_t *row, struct device *out);

#endif
