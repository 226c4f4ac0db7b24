/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A stay: an item for [starts_s, ends_s) at one place, of a booking's line or of a block. Pure: whether two
 * stays that follow each other fit, what they keep blocked around them, and where the next try may begin.
 * docs/decisions/0007 says why it is two neighbours and no more.
 */
#ifndef NAVETTE_STAY_RULES_H
#define NAVETTE_STAY_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define STAY_FOR_EVER ((int64_t)253402300800) /* 10000-01-01: the end of what has none */

struct stay_block {
	int64_t from_s, until_s;
};

struct stay {
	int64_t starts_s, ends_s;
	int64_t place_id;  /* where it is used */
	int64_t prepare_s; /* in front, and */
	int64_t inspect_s; /* behind: 0 for a block */
	int64_t id;        /* of its hold; 0: not stored */
	int64_t line_id, block_id;
	int64_t booking_place_id;  /* of a line */
	bool is_overdue;           /* ends_s is a guess of when it will be back */
	struct stay_block blocked; /* as stored */
};

/* What an item's ways cost. */
struct stay_ways {
	int64_t home_id;
	int64_t lead_s; /* between two different places */
};

enum stay_fit { STAY_FITS, STAY_OVERLAPS, STAY_TOO_TIGHT };

/* b begins when or after a began. */
enum stay_fit stay_fit(const struct stay_ways *w, const struct stay *a, const struct stay *b);
/* Seconds that must lie between the end of a and the start of b. */
int64_t stay_gap_s(const struct stay_ways *w, const struct stay *a, const struct stay *b);

/* What s keeps blocked between its neighbours (NULL: none): by way of home where both ways fit, else
 * directly. */
struct stay_block stay_blocked(const struct stay_ways *w, const struct stay *before, const struct stay *s,
			       const struct stay *after);

#endif
