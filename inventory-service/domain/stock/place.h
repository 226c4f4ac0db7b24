/* SPDX-License-Identifier: EUPL-1.2 */
/* Places (lieux), with the national standard's columns; which hub each is in, and was. */
#ifndef NAVETTE_PLACE_H
#define NAVETTE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/domain/stock/edit.h"

#define PLACE_NAME_SIZE 161
#define PLACE_NATIONAL_SIZE 16001

struct place {
	int64_t id;
	int64_t version;
	char name[PLACE_NAME_SIZE];
	int64_t hub_id;    /* now; 0: none */
	int64_t parent_id; /* 0: none */
	char commune[121];
	char insee[6];
	bool has_latitude, has_longitude;
	double latitude, longitude;
	char opening_hours[401];
	char national[PLACE_NATIONAL_SIZE]; /* a JSON object, as the writer made it */
	/* of its counter, for bookings from elsewhere (docs/decisions/0007) */
	int64_t notice_s, horizon_s, max_stay_s;
	int64_t quota; /* -1: none */
};
#define PLACE_NOTICE_MAX_S 2592000
#define PLACE_SPAN_MIN_S 3600 /* of horizon and stay */
#define PLACE_SPAN_MAX_S 63072000
#define PLACE_SPAN_S 31536000 /* unless said */
#define PLACE_QUOTA_MAX 1000
/* What a new place has unless it says otherwise: struct place v = {PLACE_DEFAULTS, .name …}; */
#define PLACE_DEFAULTS .national = "{}", .horizon_s = PLACE_SPAN_S, .max_stay_s = PLACE_SPAN_S, .quota = -1

/* ERR_REQUIRED, ERR_RANGE, ERR_REFERENCE, ERR_EXISTS (name and insee together) with e->field; on OK v is as
 * stored. */
MUST_CHECK enum err place_create(struct db *db, const struct actor *who, int64_t now_s, struct place *v,
				 struct edit *e);
/* v->id names it. ERR_NOT_FOUND, ERR_STALE, and the above. */
MUST_CHECK enum err place_change(struct db *db, const struct actor *who, int64_t now_s, struct place *v,
				 struct edit *e);
MUST_CHECK enum err place_find(struct db *db, int64_t id, struct place *out);
MUST_CHECK enum err place_name(struct db *db, int64_t id, char out[PLACE_NAME_SIZE]);
/* The hub it is in now, 0: none; ERR_NOT_FOUND where there is no such place. */
MUST_CHECK enum err place_hub(struct db *db, int64_t id, int64_t *hub_id);

struct place_filter {
	int64_t after_id;
	int64_t limit;
	int64_t hub_id; /* 0: all */
	const char *q;  /* "" : all; in name or commune, without regard to case */
};
struct query place_list(struct db *db, const struct place_filter *f, char pattern[200]);
bool place_next(struct query *q, struct place *out);

/* "abc" → "%abc%" with the signs of LIKE escaped by a backslash, lower case (ASCII); "" → "%". */
void stock_like(const char *q, char *pattern, size_t size);

#endif
