/* SPDX-License-Identifier: EUPL-1.2 */
/* Gateways (boîtiers): identity, enrolment, rotation, revocation (contract mqtt.md §7). */
#ifndef NAVETTE_GATEWAY_H
#define NAVETTE_GATEWAY_H

#include <stdint.h>

#include "common/daemon/enrolment.h"
#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/secret.h"

struct gateway {
	int64_t id;
	int64_t version;
	char gw[UPLINK_GATEWAY_SIZE];
	char name[121];
	int64_t place_id;
	int64_t generation;
	int64_t provisioned_generation;
	char state[8];         /* unknown, ready, lost */
	int64_t state_ms;      /* 0: never */
	int64_t heard_ms;      /* 0: never */
	char software[25];
	int64_t spool_depth;   /* -1: not known */
	int64_t revoked_s;     /* 0: live */
	int64_t old_until_s;   /* a rotation is running until then; 0: none */
};

/* Fills id, gw ("gw-0017" from the id), version. The enrolment is the only time the keys leave: wipe it. */
MUST_CHECK enum err gateway_create(struct db *db, const struct secret *secret, const struct actor *who, int64_t now_s,
				   const char *broker_url, const char *ca, struct gateway *v, struct enrolment *out);
MUST_CHECK enum err gateway_find(struct db *db, int64_t id, struct gateway *out);
/* Rotation: a second user "<gw>.<generation>" bound to the same client id, and a new mac key; the old ones go after
 * 24 h or with the first batch under the new key. ERR_STATE where it is revoked. */
MUST_CHECK enum err gateway_rotate(struct db *db, const struct secret *secret, const struct actor *who, int64_t now_s,
				   int64_t id, const char *broker_url, const char *ca, struct enrolment *out);
MUST_CHECK enum err gateway_revoke(struct db *db, const struct actor *who, int64_t now_s, int64_t id);

/* One page of a list, ordered by id; a cursor: while (gateway_next(&q, &v)) … db_end(&q). place_id 0: all. */
struct query gateway_list(struct db *db, int64_t after_id, int64_t place_id, int64_t limit);
bool gateway_next(struct query *q, struct gateway *out);

#endif
