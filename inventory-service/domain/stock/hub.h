/* SPDX-License-Identifier: EUPL-1.2 */
/* Hubs (pôles de proximité). Which places they have, and had, is the places' to say. */
#ifndef NAVETTE_HUB_H
#define NAVETTE_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/domain/stock/edit.h"

#define HUB_NAME_SIZE 121

struct hub {
	int64_t id;
	int64_t version;
	char name[HUB_NAME_SIZE];
	int64_t n_places; /* members now; read only */
};

/* ERR_REQUIRED: no name; ERR_EXISTS: the name is taken. e->field says which member. */
MUST_CHECK enum err hub_create(struct db *db, const struct actor *who, int64_t now_s, struct hub *v,
			       struct edit *e);
/* v->id names it. On OK v is as stored. ERR_NOT_FOUND, ERR_STALE, and the above. */
MUST_CHECK enum err hub_change(struct db *db, const struct actor *who, int64_t now_s, struct hub *v,
			       struct edit *e);
MUST_CHECK enum err hub_find(struct db *db, int64_t id, struct hub *out);
/* A page, ordered by id: while (hub_next(&q, &v)) … db_end(&q). */
struct query hub_list(struct db *db, int64_t after_id, int64_t limit);
bool hub_next(struct query *q, struct hub *out);

#endif
