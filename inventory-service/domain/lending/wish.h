/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A wish is a booking before it is stored. Judging it binds "any of this model" to items, says of each line
 * what refuses it, and finds the earliest start at which nothing would. It writes nothing: preview and
 * submission ask the same question.
 */
#ifndef NAVETTE_WISH_H
#define NAVETTE_WISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/domain/lending/hold.h"
#include "inventory-service/domain/lending/lending.h"

#define BOOKING_LINES 40

struct wish_line {
	int64_t item_id;  /* 0: any of model_id */
	int64_t model_id; /* 0: that of the item */
	bool on_site;
	size_t asked; /* which line of the request it comes from: a quantity is several here */
};

struct wish {
	int64_t place_id;
	int64_t starts_s, ends_s;
	bool is_option, is_draft;
	char theme[81], audience[81], note[1001];
	size_t n; /* 1 … BOOKING_LINES */
	struct wish_line lines[BOOKING_LINES];
	int64_t moved_booking_id; /* its own stays do not stand in its way; 0: a new one */
	int64_t moved_line_ids[BOOKING_LINES];
};

struct judged_line {
	int64_t item_id; /* the bound one; of a refused line the nearest that was tried; 0: the model has none
			  */
	int64_t model_id;
	enum approval approval;
	struct stay stay; /* where err is OK, or an overlap */
	struct hold_item item;
	struct stay_block blocked;
	enum err err;
	struct hold_conflicts conflicts;
	size_t asked;   /* as wished */
	int64_t next_s; /* refused, or bound to another thing, until then at least; INT64_MAX: for ever */
};

struct judgement {
	size_t n;
	struct judged_line lines[BOOKING_LINES];
	enum err refusal; /* the first line's that has one; or of the terms: then field is set, and n is 0 */
	size_t refused;   /* that line */
	const char *field;
	int64_t earliest_s; /* of wish_search, where refused: the earliest start that passes, 0: none within a
			     * year; -1: not looked for */
};

/* OK although it is refused: that is its answer. ERR_REFERENCE: no such item or model, refused is its line.
 */
MUST_CHECK enum err wish_judge(const struct lending *l, const struct wish *w, struct judgement *out);
/* The same, and the earliest start where it is refused, which may take hundreds of questions: not under the
 * writer's lock. */
MUST_CHECK enum err wish_search(const struct lending *l, const struct wish *w, struct judgement *out);
/* Live lines of a place on things whose home is that counter; those of except_booking_id (0: none) aside. */
MUST_CHECK enum err wish_live_lines(const struct lending *l, int64_t place_id, int64_t home_id,
				    int64_t except_booking_id, int64_t *n);

#endif
