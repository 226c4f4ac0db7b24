/* SPDX-License-Identifier: EUPL-1.2 */
/* Hours of use, asked for: what /usage answers, and every account after it. */
#ifndef NAVETTE_USAGE_H
#define NAVETTE_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"

#define USAGE_MAX_S ((int64_t)14 * 31 * 86400) /* of one question */
#define USAGE_MAX_ROWS 50000
#define USAGE_MAX_ITEM_DAYS 4000000 /* what one question may cost: 10 000 items over 400 days */

/* What the rows are told apart by; a bit mask. Grants and themes have no source yet: their key is null. */
enum usage_group {
	USAGE_BY_ITEM = 1,
	USAGE_BY_MODEL = 2,
	USAGE_BY_PLACE = 4, /* the holding place; of what is booked, who booked */
	USAGE_BY_HUB = 8,   /* the hub the place was in that day */
	USAGE_BY_GRANT = 16,
	USAGE_BY_THEME = 32,
	USAGE_BY_MONTH = 64, /* Europe/Paris */
	USAGE_BY_DAY = 128,
};

struct usage_query {
	int64_t from_s, until_s; /* full UTC hours, from < until, at most USAGE_MAX_S apart */
	int64_t now_s;           /* nothing is held in the future */
	unsigned groups;
	int64_t item_id, model_id, place_id, hub_id; /* 0: all */
};

/* 0 where it is not grouped by it; hub_id also 0 where the place is in no hub. */
struct usage_key {
	int64_t item_id, model_id, place_id, hub_id;
	int32_t month; /* 202611 */
	int32_t day;   /* 20261125 */
};

struct usage_row {
	struct usage_key key;
	int64_t custody_s; /* in service, up to now */
	int64_t booked_s;  /* of agreed bookings, those to come within the period too */
	bool has_open;     /* its home says when it is open */
	int64_t open_s;    /* of custody_s, while its home was open */
	int64_t covered_s; /* of it, by any class */
	bool has_a, has_b; /* something of that class was bound in that time: else null, not 0 */
	int64_t measured_a_s, measured_b_s;
	int64_t bounded_s;
	bool is_retained;
	int64_t retained_s;
	int64_t on_site_s; /* of them, outside any booking */
};

struct usage_report {
	struct usage_row *rows; /* ordered by key; owned: usage_free */
	size_t n;
};

/* ERR_RANGE where the answer or the work would exceed the limits above. out is written on OK only. */
MUST_CHECK enum err usage_report(struct db *db, const struct usage_query *query, struct usage_report *out);
void usage_free(struct usage_report *r); /* accepts zeroed */

#endif
