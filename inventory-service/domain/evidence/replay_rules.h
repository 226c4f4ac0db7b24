/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Is this frame new, known, late, or wrong? Pure. The rule of contract mqtt.md §4: a counter below the
 * highest is a late copy when it was heard before the highest was (with 120 s of tolerance between two
 * gateways' clocks); heard later than that it is a clone or a delayed replay. Whether a lower counter was
 * seen before is the caller's to know.
 */
#ifndef NAVETTE_REPLAY_RULES_H
#define NAVETTE_REPLAY_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_TOLERANCE_MS 120000
#define REPLAY_LOST_S 120 /* a tag loses at most a minute of use in a power cut; two between two frames */
#define REPLAY_SUSPECT_WINDOW_MS 3600000 /* two suspicious frames within it: quarantine */

enum replay {
	REPLAY_NEWER,   /* above every counter of its epoch */
	REPLAY_SAME,    /* the highest again */
	REPLAY_OLDER,   /* below it, heard before it: late */
	REPLAY_SUSPECT, /* below it, or of a past epoch, and heard too late to be true */
};

struct replay_facts {
	bool known_epoch;       /* false: the first frame of its epoch */
	int64_t counter_max;    /* of the epoch */
	int64_t counter_max_ms; /* when that was first heard */
	bool has_later_epoch;   /* another epoch began after this one */
	int64_t later_epoch_ms; /* when its first frame was heard */
};

enum replay replay_judge(const struct replay_facts *facts, int64_t counter, int64_t heard_ms);

/* The most a counter may honestly have grown in elapsed_ms (contract mqtt.md §4), in seconds. */
int64_t replay_growth_limit_s(int64_t elapsed_ms, int64_t report_interval_s);

#endif
