/* SPDX-License-Identifier: EUPL-1.2 */
/* The verdict on each report: what the service made of it. Stored with the report; numbers never change
 * meaning. */
#ifndef NAVETTE_READING_H
#define NAVETTE_READING_H

enum verdict {
	VERDICT_COUNTED = 1,  /* newest of its counter: counts */
	VERDICT_LATE = 2,     /* an older frame not seen before: placement and coverage */
	VERDICT_COPY = 3,     /* the same frame again, by this or another gateway: presence only */
	VERDICT_SIGHTING = 4, /* authentic, or from a tag without key; no counter in it */
	VERDICT_UNKNOWN = 5,  /* no such device */
	VERDICT_BAD_MIC = 6,
	VERDICT_DOWNGRADE = 7,    /* clear although a key is registered */
	VERDICT_UNREADABLE = 8,   /* the report or its frame could not be read */
	VERDICT_CLONE = 9,        /* below the highest, heard long after it: clone or delayed replay */
	VERDICT_RESTARTED = 10,   /* the counter restarted without a new authenticated epoch */
	VERDICT_IMPLAUSIBLE = 11, /* grew faster than time */
	VERDICT_QUARANTINED = 12, /* the device is in quarantine */
	VERDICT_UNSUPPORTED = 13, /* lora, lorawan, third-party formats to come: kept raw */
	VERDICT_PENDING = 14, /* looks wrong, but its gateway's clock is not known yet: judged when it is */
};

#endif
