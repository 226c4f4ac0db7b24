/* SPDX-License-Identifier: EUPL-1.2 */
/* Gateways (boîtiers): identity, enrolment, rotation, revocation (contract mqtt.md §7). */
#ifndef NAVETTE_GATEWAY_H
#define NAVETTE_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/enrolment.h"
#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/domain/stock/edit.h"
#include "inventory-service/secret.h"

struct gateway {
	int64_t id;
	int64_t version;
	char gw[UPLINK_GATEWAY_SIZE];
	char name[121];
	int64_t place_id;
	int64_t generation;
	int64_t provisioned_generation;
	char state[8];    /* unknown, ready, lost */
	int64_t state_ms; /* 0: never */
	int64_t heard_ms; /* 0: never */
	char software[25];
	int64_t spool_depth; /* -1: not known */
	int64_t revoked_s;   /* 0: live */
	int64_t old_until_s; /* a rotation is running until then; 0: none */
};

/* Fills id, gw ("gw-0017" from the id), version. The enrolment is the only time the keys leave: wipe it. */
MUST_CHECK enum err gateway_create(struct db *db, const struct secret *secret, const struct actor *who,
				   int64_t now_s, const char *broker_url, const char *ca, struct gateway *v,
				   struct enrolment *out);
MUST_CHECK enum err gateway_find(struct db *db, int64_t id, struct gateway *out);
/* Its name and its place, from now on: what it heard before keeps the place it was heard at. ERR_STALE as the
 * edit expects; ERR_STATE where it is revoked. */
MUST_CHECK enum err gateway_change(struct db *db, const struct actor *who, int64_t now_s,
				   const struct gateway *v, struct edit *e);
/* Rotation: a second user "<gw>.<generation>" bound to the same client id, and a new mac key; the old ones go
 * after 24 h or with the first batch under the new key. Rotated again before that, what works now stays and
 * only what nobody used is replaced. ERR_STATE where it is revoked. */
MUST_CHECK enum err gateway_rotate(struct db *db, const struct secret *secret, const struct actor *who,
				   int64_t now_s, int64_t id, const char *broker_url, const char *ca,
				   struct enrolment *out);
/* Its users and its role go from the broker, its batches are no longer read. Again: nothing happens. */
MUST_CHECK enum err gateway_revoke(struct db *db, const struct actor *who, int64_t now_s, int64_t id);

/* One page of a list, ordered by id; a cursor: while (gateway_next(&q, &v)) … db_end(&q). place_id 0: all. */
struct query gateway_list(struct db *db, int64_t after_id, int64_t place_id, int64_t limit);
bool gateway_next(struct query *q, struct gateway *out);

/* What the broker should know, gateway by gateway, ordered by id; revoked ones are among them. A generation
 * stands for a user: gateway_username. */
struct gateway_access {
	int64_t id;
	int64_t version;
	char gw[UPLINK_GATEWAY_SIZE];
	int64_t generation;             /* 0: revoked, no user at all */
	int64_t old_generation;         /* accepted beside it while a rotation runs; 0: none */
	int64_t old_until_s;            /* 0: none; not after now: gateway_expire has work */
	int64_t provisioned_generation; /* what the broker was last seen to hold; 0: nothing */
};
struct query gateway_access_list(struct db *db, int64_t now_s);
bool gateway_access_next(struct query *q, struct gateway_access *out);

#define GATEWAY_USERNAME_SIZE 48
/* "gw-0017" for the first generation, "gw-0017.2" for the second. */
void gateway_username(const char *gw, int64_t generation, char out[GATEWAY_USERNAME_SIZE]);
/* The broker was seen to hold this generation (0: nothing of it). No row where that changes nothing. */
MUST_CHECK enum err gateway_provisioned(struct db *db, int64_t id, int64_t generation);
/* Rotations whose day is over: the old key is forgotten. *n: how many there were. */
MUST_CHECK enum err gateway_expire(struct db *db, const struct actor *who, int64_t now_s, int64_t *n);

#endif
