/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Loans: a line in the hands of people. reserved → on_loan → taken_back → closed; or lost, released. Each act
 * passes custody, keeps the condition that was seen, and can be undone for 15 minutes.
 */
#ifndef NAVETTE_LOAN_H
#define NAVETTE_LOAN_H

#include <stdint.h>

#include "inventory-service/domain/lending/booking.h"

#define LOAN_UNDO_S 900

struct loan_act {
	int64_t item_id;       /* what lies on the counter; 0: not said */
	const char *condition; /* "good", "worn", "damaged", "incomplete", "broken" */
	const char *note;      /* "" : none */
	const char *name;      /* who was there; "" : not said */
	int64_t effective_s;   /* not after now */
};

/* ERR_STATE; ERR_WRONG_ITEM; ERR_LINE_NOT_READY: the item is not where it is used; ERR_OVERLAP and
 * ERR_NO_TRAVEL_TIME with *c: it is early, and somebody else's. */
MUST_CHECK enum err loan_hand_over(const struct lending *l, const struct booking *b,
				   const struct booking_line *line, const struct loan_act *act,
				   struct hold_conflicts *c, struct edit *e);
/* The stay ends now where it is early. Where the thing is not at home its return is planned; where nothing is
 * to be inspected and nothing travels the line is closed. */
MUST_CHECK enum err loan_take_back(const struct lending *l, const struct booking *b,
				   const struct booking_line *line, const struct loan_act *act,
				   struct edit *e);
/* After inspection, at home. */
MUST_CHECK enum err loan_close(const struct lending *l, const struct booking *b,
			       const struct booking_line *line, struct edit *e);
/* ERR_STATE: nothing to undo, too late, or something happened since; ERR_OVERLAP …: the time given back was
 * taken. */
MUST_CHECK enum err loan_undo(const struct lending *l, const struct booking *b,
			      const struct booking_line *line, struct hold_conflicts *c, struct edit *e);
MUST_CHECK enum err loan_release(const struct lending *l, const struct booking *b,
				 const struct booking_line *line, struct edit *e);
/* The item is missing until it is found; who had it goes on answering for it. */
MUST_CHECK enum err loan_declare_lost(const struct lending *l, const struct booking *b,
				      const struct booking_line *line, const char *reason, struct edit *e);
MUST_CHECK enum err loan_found(const struct lending *l, int64_t item_id, struct edit *e);
/* What was sent out for a line arrived; where the line had ended meanwhile it has to go home. */
MUST_CHECK enum err loan_arrived(const struct lending *l, int64_t line_id);
/* The return transfer of a line was received at home. */
MUST_CHECK enum err loan_back_home(const struct lending *l, int64_t line_id);

#endif
