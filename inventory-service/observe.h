/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A gateway's report → an observation: the tag's frame is opened under its key, its objects are given their
 * meaning. Meaning is given here and nowhere else. Runs outside the writer lock; db is any connection.
 */
#ifndef NAVETTE_OBSERVE_H
#define NAVETTE_OBSERVE_H

#include "common/daemon/uplink.h"
#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/observation.h"
#include "inventory-service/domain/evidence/stream.h"

/* Bytes that live as long as a group of messages. */
struct arena {
	uint8_t *bytes;
	size_t len;
	size_t cap; /* never exceeded: what a report keeps is shorter than its JSON */
};

MUST_CHECK enum err observe_report(struct streams *streams, struct db *db, int64_t gateway_id,
				   const struct uplink_report *r, struct arena *arena,
				   struct observation *out);
/* A stored sealed frame again, under the key the device has now. data must outlive out. */
void observe_frame(const struct stream *st, uint64_t address, const uint8_t *data, size_t len,
		   struct observation *out);
/* A stored meter report (its numbers as observe_report packed them). False: not one. */
bool observe_meter(const uint8_t *data, size_t len, struct observation *out);

#endif
