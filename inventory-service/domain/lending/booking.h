/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bookings (réservations) and their lines: made, decided, moved, ended. What a line goes through in the hands
 * of people is loan.h. States are the contract's spelling (domain.md §3).
 */
#ifndef NAVETTE_BOOKING_H
#define NAVETTE_BOOKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/domain/lending/lending.h"
#include "inventory-service/domain/lending/wish.h"
#include "inventory-service/domain/stock/edit.h"
#include "inventory-service/domain/stock/item.h"

struct booking_line {
	int64_t id, booking_id;
	int64_t item_id; /* 0: a draft's "any of this model" */
	int64_t model_id;
	bool is_any, on_site;
	char state[12]; /* stored; "ready" is derived: is_ready */
	enum approval approval;
	int64_t approved_by, approved_s; /* 0: not yet */
	int64_t due_s;
	int64_t handed_over_s, taken_back_s, ended_s; /* 0: not yet */
	/* read only, from its neighbours */
	char model_name[MODEL_NAME_SIZE], inventory_no[41], home_place_name[PLACE_NAME_SIZE];
	int64_t home_place_id, owner_place_id;
	int64_t prepare_s, inspect_s;
	int64_t at_place_id;       /* where the item is declared to be; 0: on its way */
	struct stay_block blocked; /* both 0: blocks nothing */
	bool is_ready;             /* reserved, and the item is where it is used */
	bool is_overdue, is_at_risk;
};

struct booking {
	int64_t id, version;
	int64_t place_id;
	char place_name[PLACE_NAME_SIZE];
	char state[12];
	int64_t starts_s, ends_s;
	char theme[81], audience[81], note[1001];
	int64_t expires_s; /* 0: does not */
	int64_t requested_by, decided_by, decided_s;
	char requested_name[121];
	char reason[621];
	int64_t created_s;
	size_t n;
	struct booking_line lines[BOOKING_LINES];
};

/* Derived, pure: agreed is confirmed or active; pending is a line that waits for somebody's agreement. */
bool booking_is_agreed(const struct booking *v);
bool booking_line_is_pending(const struct booking_line *line);
/* Where it is used, and since when it is or will be out: earlier than booked where it was handed over early.
 */
int64_t booking_line_place(const struct booking *v, const struct booking_line *line);
int64_t booking_line_starts_s(const struct booking *v, const struct booking_line *line);
/* Its item, in whose way its own stay does not stand. */
struct hold_item booking_line_item(const struct lending *l, const struct booking_line *line);

/* ERR_NOT_FOUND. */
MUST_CHECK enum err booking_find(const struct lending *l, int64_t id, struct booking *out);
MUST_CHECK enum err booking_of_line(const struct lending *l, int64_t line_id, int64_t *booking_id);

/* Submissions whose time is over end. Every operation that writes does it first, so that what is expired at
 * now_s is in nobody's way. */
MUST_CHECK enum err booking_expire(const struct lending *l);
/* The same, before an act upon was: ERR_STATE where its own time is over. */
MUST_CHECK enum err booking_begin(const struct lending *l, const struct booking *was);
/* One of them, for the tick, which tells the pages; *id 0: there is none. */
MUST_CHECK enum err booking_expire_one(const struct lending *l, int64_t *id);
MUST_CHECK enum err booking_next_expired(const struct lending *l, int64_t *id);

/* Stores a wish: a draft, a submission, or confirmed where nobody has to agree. ERR_REFERENCE, and what j
 * says refuses it (j->refusal); nothing is stored then. *id on OK. */
MUST_CHECK enum err booking_create(const struct lending *l, const struct wish *w, struct judgement *j,
				   int64_t *id, struct edit *e);
/* A draft becomes a submission: as booking_create. */
MUST_CHECK enum err booking_submit(const struct lending *l, const struct booking *was, struct judgement *j,
				   struct edit *e);

/* Which lines the actor may agree to (by index), and whether it speaks for the booking's place. */
struct booking_rights {
	bool may_approve[BOOKING_LINES];
	bool is_requester_side;
};
/* Agrees to what the actor may; confirmed once nothing is missing. ERR_STATE; ERR_FORBIDDEN: nothing here is
 * for this actor to agree to, or it asked for it itself and somebody else can (e->field "requested_by"). */
MUST_CHECK enum err booking_confirm(const struct lending *l, const struct booking *was,
				    const struct booking_rights *r, struct edit *e);
MUST_CHECK enum err booking_reject(const struct lending *l, const struct booking *was,
				   const struct booking_rights *r, const char *reason, struct edit *e);
/* ERR_STATE where something is out. What is on its way stays on its way until it is received. */
MUST_CHECK enum err booking_cancel(const struct lending *l, const struct booking *was, const char *reason,
				   struct edit *e);
/* A later end: ERR_RANGE (ends_at is not later), ERR_STATE, or what j says. */
MUST_CHECK enum err booking_extend(const struct lending *l, const struct booking *was, int64_t ends_s,
				   struct judgement *j, struct edit *e);
/* Other times and another purpose, before anything left: as w says, whose lines are those of was. Lines that
 * need somebody's agreement need it anew, unless the actor may give it. */
MUST_CHECK enum err booking_move(const struct lending *l, const struct booking *was, const struct wish *w,
				 const struct booking_rights *r, struct judgement *j, struct edit *e);
MUST_CHECK enum err booking_no_show(const struct lending *l, const struct booking *was, struct edit *e);

/* The wish that a stored booking is. */
void booking_wish(const struct booking *v, struct wish *out);
/* Completes an active booking whose lines have all ended. */
MUST_CHECK enum err booking_complete(const struct lending *l, int64_t id);
MUST_CHECK enum err booking_set_line_ended(const struct lending *l, int64_t line_id, const char *state);
/* Ends a line: its stay is over, what was planned for it is cancelled. */
MUST_CHECK enum err booking_end_line(const struct lending *l, const struct booking_line *line,
				     const char *state);
/* One change more; state NULL: the same as before. */
MUST_CHECK enum err booking_touch(const struct lending *l, int64_t id, const char *state);

struct booking_filter {
	int64_t after_id, limit;
	int64_t place_id, hub_id, item_id; /* 0: all; asked for by, or things of, that place */
	const char *state;                 /* "": all */
	bool pending_only;                 /* something waits for an agreement */
};
/* Ids of a page, ascending. *n ≤ limit ≤ 501. */
MUST_CHECK enum err booking_list(const struct lending *l, const struct booking_filter *f, int64_t *ids,
				 size_t *n);

#endif
