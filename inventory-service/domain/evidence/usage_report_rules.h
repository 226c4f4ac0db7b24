/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From a day's evidence of one item to the hours that are retained (domain.md §5). Pure.
 *
 * Class A is a meter's, class B a motion tag's. A counts where the day's custody is covered by two valid
 * readings of one epoch for at least four fifths; below that the larger of what is known counts. B takes A's
 * part only for models whose policy says that motion is use. Classes are never added. What no class tells is
 * not known, which is not 0.
 */
#ifndef NAVETTE_USAGE_REPORT_RULES_H
#define NAVETTE_USAGE_REPORT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum usage_class { USAGE_A, USAGE_B, USAGE_CLASSES };

struct usage_measure {
	bool is_known; /* a device of this class was bound in that time */
	int64_t measured_s;
	int64_t bounded_s; /* of them: certain in number, estimated in hour */
	int64_t covered_s; /* of the custody */
};

struct usage_day {
	int64_t custody_s;
	struct usage_measure by[USAGE_CLASSES];
	bool motion_is_use;
};

struct usage_retained {
	bool is_known;
	int64_t retained_s;
	int64_t bounded_s; /* of the class that is retained, else of the best class that measured */
};

struct usage_retained usage_retain(const struct usage_day *day);

/* Time between two valid readings of one epoch, while its device was bound to the item. */
struct usage_span {
	int64_t from_ms;
	int64_t until_ms;
	enum usage_class by;
};

/* Milliseconds of [from_ms, until_ms) inside at least one of the spans of the classes (bit 1 << class). The
 * spans are ordered by from_ms. */
int64_t usage_covered_ms(const struct usage_span *spans, size_t n, unsigned classes, int64_t from_ms,
			 int64_t until_ms);

#endif
