/* SPDX-License-Identifier: EUPL-1.2 */
/* Items in service by model or family, nearest to a place first. */
#ifndef NAVETTE_FINDER_H
#define NAVETTE_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/stock/model.h"
#include "inventory-service/domain/stock/place.h"

#define FINDER_MAX 200

struct finder_filter {
	int64_t item_id, model_id; /* 0: all */
	const char *family;        /* "": all */
	int64_t near_id;           /* 0: by id */
};

struct found {
	int64_t item_id, model_id, home_id;
	char model_name[MODEL_NAME_SIZE], family[MODEL_FAMILY_SIZE], inventory_no[41],
		home_name[PLACE_NAME_SIZE];
	bool has_km;
	double km;
};

/* At most FINDER_MAX, owned: finder_free. */
MUST_CHECK enum err finder_list(struct db *db, const struct finder_filter *f, struct found **out, size_t *n);
void finder_free(struct found *rows);

#endif
