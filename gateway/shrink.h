/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a full spool keeps of a segment: counters and epochs always, plain sightings not.
 *
 * A meter's report is a counter. A tag's frame is one too, but sealed: this side cannot read it, so the last
 * frame of each tag stands for all before it, the counters being cumulative. Frames before a break of a tag's
 * frame counter (it went back, or leapt: the tag lost its flash and began a new counter epoch) are kept as
 * well, for they may be the last of their epoch. No I/O.
 */
#ifndef NAVETTE_SHRINK_H
#define NAVETTE_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/uplink.h"

struct shrink {
	bool last_of_meters; /* keep only the last report of each meter's counter epoch, too */
	size_t n_noted;
	size_t n, cap;
	struct shrink_entry *entries;
};

/* First pass: every report of the segment, in order. */
void shrink_note(struct shrink *s, const struct uplink_report *r);
/* Second pass: is the report that was noted at that position (from 0) kept? */
bool shrink_keeps(const struct shrink *s, size_t position);
void shrink_fini(struct shrink *s);

/* The length of the first report in a joined list ("{…},{…}"), 0 where there is none. */
size_t shrink_report_len(const char *joined, size_t len);

#endif
