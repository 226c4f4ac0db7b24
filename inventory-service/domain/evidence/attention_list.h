/* SPDX-License-Identifier: EUPL-1.2 */
/* What is open and needs a person, with the place it concerns. */
#ifndef NAVETTE_ATTENTION_LIST_H
#define NAVETTE_ATTENTION_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"

struct attention {
	int64_t id;
	char code[40];   /* attention.h */
	char object[16]; /* gateway, tag, meter, item */
	int64_t object_id;
	char label[161];  /* the object's own name; "" : it has none */
	char detail[201]; /* English, for support */
	int64_t n;
	int64_t first_ms, last_ms;
	int64_t item_id;  /* 0: none */
	int64_t place_id; /* the gateway's, or the home of the item; 0: none */
	int64_t hub_id;   /* that place's now; 0: none */
};

/* Ordered by id. place_id, hub_id 0: all. while (attention_next(&q, &v)) … db_end(&q) */
struct query attention_list(struct db *db, int64_t after_id, int64_t place_id, int64_t hub_id, int64_t limit);
bool attention_next(struct query *q, struct attention *out);

#endif
