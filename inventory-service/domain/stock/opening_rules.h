/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * When a place is open: its weekly hours in local time, its closures by local date, and the blocks of its
 * counter. Pure. The text is the part of OpenStreetMap's opening_hours that weekly hours need
 * (wiki.openstreetmap.org/wiki/Key:opening_hours/specification):
 *
 *   "Tu-Fr,Su 09:30-12:30,13:30-18:00; Sa 10:00-12:30; Mo off"      "24/7"      "" is always open
 *
 * A later rule replaces an earlier one for the days it names. Hours lie within one day, 00:00 to 24:00. An
 * opening includes both its ends: a thing may come back at the minute of closing.
 */
#ifndef NAVETTE_OPENING_RULES_H
#define NAVETTE_OPENING_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/domain/stock/calendar_rules.h"

#define OPENING_SPANS 4 /* of one day */
#define OPENING_CLOSURES 40
#define OPENING_BLOCKS 200 /* to come, of one place */
#define OPENING_SEARCH_DAYS 400

struct opening_week {
	bool is_always;
	int n[7]; /* from Monday */
	struct {
		int from_min, until_min; /* of the local day, from < until ≤ 1440 */
	} spans[7][OPENING_SPANS];
};

struct opening_closure {
	struct calendar_date from, until; /* both included */
};

struct opening_block {
	int64_t from_s, until_s;
};

struct openings {
	struct opening_week week;
	size_t n_closures;
	struct opening_closure closures[OPENING_CLOSURES];
	size_t n_blocks;
	struct opening_block blocks[OPENING_BLOCKS];
};

/* False: not of the form above; *at is where it stops making sense. */
bool opening_parse(const char *text, struct opening_week *out, size_t *at);
bool opening_is_open(const struct openings *o, int64_t t_s);
/* The first instant ≥ t_s at which it is open; false where there is none within OPENING_SEARCH_DAYS. */
bool opening_next(const struct openings *o, int64_t t_s, int64_t *out_s);
/* Seconds of [from_s, until_s) within its hours and outside its closures; blocks do not count. */
int64_t opening_seconds(const struct openings *o, int64_t from_s, int64_t until_s);

#endif
