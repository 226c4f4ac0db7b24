/* SPDX-License-Identifier: EUPL-1.2 */
/* What needs a person: one open row for each (code, object), counted, closed with a reason. */
#ifndef NAVETTE_ATTENTION_H
#define NAVETTE_ATTENTION_H

#include <stdint.h>

#include "inventory-service/db.h"

/* Codes: broker.refused (object "broker" 1: a wrong name, password or client id), gateway.mac,
 * gateway.envelope, gateway.forged (what the gateway itself refused of its broker), gateway.lost,
 * gateway.clock, gateway.batch_lost, gateway.refused, tag.clone, tag.bad_mic, tag.downgrade, tag.problem,
 * tag.counter_restarted, tag.implausible, meter.implausible … detail is English, for support. */
MUST_CHECK enum err attention_raise(struct db *db, int64_t now_ms, const char *code, const char *object,
				    int64_t object_id, const char *detail);
MUST_CHECK enum err attention_close(struct db *db, int64_t now_s, const char *code, const char *object,
				    int64_t object_id, const char *reason);

#endif
