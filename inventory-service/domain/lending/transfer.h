/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Transfers (trajets): one move of an item between two places. The borrower carries: custody passes to it
 * when the thing leaves for it, and from it when the thing is received again.
 */
#ifndef NAVETTE_TRANSFER_H
#define NAVETTE_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "inventory-service/domain/lending/booking.h"

struct transfer {
	int64_t id, version;
	int64_t item_id, from_place_id, to_place_id;
	char reason[16]; /* "booking_out", "booking_return", "direct_onward", "repair", "return_home" */
	char state[12];  /* "planned", "dispatched", "received", "cancelled", "refused", "lost" */
	int64_t line_id; /* 0: none */
	int64_t planned_s, dispatched_s, received_s; /* 0: not yet */
	/* read only */
	int64_t booking_id, booking_place_id; /* 0: none */
	char model_name[MODEL_NAME_SIZE], inventory_no[41];
	char from_name[PLACE_NAME_SIZE], to_name[PLACE_NAME_SIZE];
};

/* What carries a confirmed line's item to where it is used, and back home. A line that needs none gets none.
 */
MUST_CHECK enum err transfer_plan_out(const struct lending *l, const struct booking *b,
				      const struct booking_line *line);
MUST_CHECK enum err transfer_plan_return(const struct lending *l, const struct booking_line *line,
					 int64_t from_place_id);
/* A line that ended while its item was not at home: somebody has to bring it. Nothing where it is, or is
 * under way, or where that is planned already. */
MUST_CHECK enum err transfer_plan_home(const struct lending *l, const struct booking_line *line);
MUST_CHECK enum err transfer_cancel_planned(const struct lending *l, int64_t line_id);

/* ERR_STATE: not planned, or the item is on loan, on its way, or not at a place it could leave from. */
MUST_CHECK enum err transfer_dispatch(const struct lending *l, const struct transfer *was,
				      int64_t effective_s, struct edit *e);
/* ERR_STATE: not dispatched. place_id 0: where it was sent. A return that is received at home closes its line
 * where nothing has to be inspected. */
MUST_CHECK enum err transfer_receive(const struct lending *l, const struct transfer *was, int64_t place_id,
				     int64_t effective_s, struct edit *e);
/* ERR_DISPATCHED: it left. */
MUST_CHECK enum err transfer_cancel(const struct lending *l, const struct transfer *was, struct edit *e);
MUST_CHECK enum err transfer_find(struct db *db, int64_t id, struct transfer *out);

struct transfer_filter {
	int64_t after_id, limit;
	int64_t place_id, item_id, line_id; /* 0: all; from or to that place */
	const char *state;                  /* "": all */
	bool open_only;                     /* planned or dispatched */
};
struct query transfer_list(struct db *db, const struct transfer_filter *f);
bool transfer_next(struct query *q, struct transfer *out);

#endif
