/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Items (exemplaires): one physical unit, with what its tag and meter say of it now, and what is derived of
 * its bookings and loans: state, custodian, declared place.
 */
#ifndef NAVETTE_ITEM_H
#define NAVETTE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/live_rules.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/domain/stock/edit.h"
#include "inventory-service/domain/stock/item_rules.h"
#include "inventory-service/domain/stock/model.h"
#include "inventory-service/domain/stock/place.h"

struct item {
	int64_t id;
	int64_t version;
	int64_t model_id;
	char inventory_no[41];
	char serial[81];
	int64_t owner_place_id;
	int64_t home_place_id;
	char lend_to[9];
	char approver[7];
	int64_t cost_cents;   /* -1: unknown */
	int64_t in_service_s; /* local midnight */
	char code[ITEM_CODE_SIZE];
	int64_t retired_s; /* 0: no */
	/* read only, from its neighbours */
	char model_name[MODEL_NAME_SIZE];
	char family[MODEL_FAMILY_SIZE];
	char home_place_name[PLACE_NAME_SIZE];
	int64_t home_hub_id; /* 0: none */
	char state[16]; /* "available", "reserved", "in_transit", "awaiting_pickup", "on_loan", "inspection",
			 * "out_of_service", "missing", "retired" */
	int64_t custodian_id; /* the place that answers for it */
	int64_t place_id;     /* where it is declared to be; 0: on its way */
	int64_t line_id;      /* of its loan; 0: none */
	int64_t tag_id;       /* 0: none */
	int64_t meter_id;     /* 0: none */
	struct live live;
};

/* When it is looked at; live: after silent_s without a word a device's state is unknown. */
struct item_now {
	int64_t now_ms;
	int64_t silent_s;
};

/* Takes the writable fields and code; fills id. ERR_REQUIRED, ERR_RANGE, ERR_REFERENCE, ERR_EXISTS
 * (inventory_no of its owner, or code: make another) with e->field. */
MUST_CHECK enum err item_create(struct db *db, const struct actor *who, int64_t now_s, struct item *v,
				struct edit *e);
/* v->id names it; code and retired_s are not changed. ERR_NOT_FOUND, ERR_STALE, and the above. */
MUST_CHECK enum err item_change(struct db *db, const struct actor *who, int64_t now_s, struct item *v,
				struct edit *e);
struct item_retirement {
	int64_t item_id;
	int64_t since_s; /* not after now */
	const char *reason;
};
/* For good: what was bound to it is free again from now on. Retiring what is retired changes nothing. */
MUST_CHECK enum err item_retire(struct db *db, const struct actor *who, int64_t now_ms,
				const struct item_retirement *r, struct edit *e);
MUST_CHECK enum err item_find(struct db *db, int64_t id, const struct item_now *now, struct item *out);

struct item_filter {
	int64_t after_id;
	int64_t limit;
	int64_t model_id, place_id, hub_id; /* 0: all; of its home */
	const char *family;                 /* "" : all */
	const char *state;                  /* "" : all */
	const char *code;                   /* "" : all; as stored */
	const char *q; /* "" : all; in model, family, inventory number, serial, home place */
};
/* A page, ordered by id, in one query: while (item_next(&q, now, &v)) … db_end(&q). pattern lives until then.
 */
struct query item_list(struct db *db, const struct item_filter *f, const struct item_now *now,
		       char pattern[200]);
bool item_next(struct query *q, const struct item_now *now, struct item *out);

#endif
