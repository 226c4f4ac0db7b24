/* SPDX-License-Identifier: EUPL-1.2 */
/* What a place or hub sees of a time: its things and who has them when; and what its counter has to do on a
 * day. */
#ifndef NAVETTE_PLANNING_H
#define NAVETTE_PLANNING_H

#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/lending/lending.h"
#include "inventory-service/domain/stock/item.h"

#define PLANNING_ITEMS 50 /* a page */

struct planning_filter {
	int64_t skip, limit;
	int64_t place_id, hub_id; /* 0: all; things at home there, or asked for by that place in the window */
	const char *family;       /* "": all */
	int64_t from_s, until_s;
};

struct planning_item {
	int64_t id, model_id, home_id;
	char model_name[MODEL_NAME_SIZE], family[MODEL_FAMILY_SIZE], inventory_no[41],
		home_name[PLACE_NAME_SIZE];
};

/* Ordered by hub, model and number; *total: of all pages. rows holds limit. */
MUST_CHECK enum err planning_items(struct db *db, const struct planning_filter *f, struct planning_item *rows,
				   size_t *n, int64_t *total);

struct planning_bar {
	int64_t line_id, block_id, booking_id; /* 0: not that */
	char state[12];                        /* of the booking; "blocked" */
	char line_state[12];                   /* "" for a block */
	int64_t place_id;                      /* who has it */
	char place_name[PLACE_NAME_SIZE];
	int64_t from_s, until_s, blocked_from_s, blocked_until_s;
};
/* In order of time; a late loan is there for as long as it is awaited, wherever it was due. */
struct query planning_bars(const struct lending *l, int64_t item_id, int64_t from_s, int64_t until_s);
bool planning_next(struct query *q, struct planning_bar *out);

/* The lines a place's counter has to do with until until_s: ids of lines and of their bookings. */
enum agenda_list { AGENDA_HAND_OVER, AGENDA_TAKE_BACK, AGENDA_OVERDUE };
struct query agenda_lines(const struct lending *l, enum agenda_list which, int64_t place_id, int64_t until_s);
bool agenda_next(struct query *q, int64_t *line_id, int64_t *booking_id);
/* Of the next thing to hand over after that day; 0: none planned. */
MUST_CHECK enum err agenda_next_hand_over(const struct lending *l, int64_t place_id, int64_t after_s,
					  int64_t *at_s);

#endif
