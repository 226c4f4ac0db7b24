/* SPDX-License-Identifier: EUPL-1.2 */
/* When one item could be had, told as changes over time and as starts. Pure. */
#ifndef NAVETTE_AVAILABILITY_RULES_H
#define NAVETTE_AVAILABILITY_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "inventory-service/domain/lending/booking_rules.h"

#define AVAILABILITY_STAYS 400
#define AVAILABILITY_CHANGES 400
#define AVAILABILITY_STARTS 20

struct availability_question {
	struct booking_terms terms; /* starts_s and ends_s are the window asked about */
	int64_t duration_s;
	bool on_site;
	int64_t live_lines; /* what the asker would then hold at this counter */
	struct stay_ways ways;
	const struct stay *stays; /* in order of time; an overdue one last */
	size_t n_stays;
};

struct availability_change {
	int64_t at_s;
	const char *reason; /* NULL: free from here on */
};

struct availability {
	size_t n_changes, n_starts;
	struct availability_change changes[AVAILABILITY_CHANGES]; /* the first is at the window's start */
	int64_t starts[AVAILABILITY_STARTS];
};

void availability_tell(const struct availability_question *a, const struct thing *v,
		       struct availability *out);

#endif
