/* SPDX-License-Identifier: EUPL-1.2 */
/* What the collections about lending share: times as people write them, problems that say who is in the way,
 * who stands on which side of a booking, and bookings as JSON. */
#ifndef NAVETTE_API_LEND_H
#define NAVETTE_API_LEND_H

#include "inventory-service/call.h"
#include "inventory-service/domain/lending/booking.h"

struct lending lend_of(const struct call *c);

/* RFC 3339 with any offset, or local time of Europe/Paris without one. "" with required false: *out
 * untouched. ERR_TIME, ERR_NO_SUCH_TIME with the field. */
enum err lend_time(struct call *c, const char *field, const char *text, bool required, int64_t *out_s);

/* The name of a place that is there, for a sentence; "" where the database fails. */
void lend_place_name(struct call *c, int64_t place_id, char out[PLACE_NAME_SIZE]);
/* Fills the problem from what the judge said; returns err. */
enum err lend_refuse(struct call *c, enum err err, const struct judgement *j);
enum err lend_refuse_conflicts(struct call *c, enum err err, const struct hold_conflicts *conflicts);
/* Adds the earliest start (0: none) that the refusal of a wish can offer. */
void lend_offer(struct call *c, enum err err, const struct judgement *j);
void lend_put_conflicts(struct call *c, struct json_out *o, const char *name, const struct hold_conflicts *v);

/* Who the caller is to a booking. */
struct lend_sides {
	bool sees;
	bool is_requester; /* acts for the booking's place */
	bool is_lender;    /* looks after all of its things */
	struct booking_rights rights;
	bool may_handle[BOOKING_LINES]; /* stands at one of the line's counters */
};
enum err lend_sides(struct call *c, const struct booking *v, struct lend_sides *out);
/* ERR_NOT_FOUND where the caller may not see it. */
enum err lend_find(struct call *c, int64_t booking_id, struct booking *out, struct lend_sides *sides);

enum err lend_booking_json(struct call *c, const struct booking *v, const struct lend_sides *sides);
/* After a command: the booking again, as what the command answers. */
enum err lend_show(struct call *c, int64_t booking_id);
/* Announces the booking and the items of its lines. */
void lend_changed(struct call *c, const struct booking *was, const char *fields);

/* "mercredi 25 novembre à 9 h 30", local time. */
void lend_moment(int64_t t_s, char out[48]);
const char *lend_line_state(const struct booking_line *v); /* with "ready" */
const char *lend_booking_word(const char *state); /* "en cours"; of no state there is: state itself */

#endif
