/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where a gateway's monotonic clock stands in time (contract mqtt.md §3). Pure.
 *
 * The offset of a boot is the smallest (receive time − mono) seen: the batch that travelled fastest tells it
 * best. A boot that was never heard live (spooled, then rebooted) gives an offset that is too late; it
 * betrays itself by ending after the next boot began. Then the gateway's own clock is used where it had one,
 * clamped between the boots before and after; without one the boot is moved to end where the next began. Both
 * are marked bounded.
 */
#ifndef NAVETTE_PLACING_RULES_H
#define NAVETTE_PLACING_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define PLACING_TOLERANCE_MS 2000
#define PLACING_CLOCK_ALERT_MS 120000 /* the gateway's own clock is off by more: attention */

struct placing_boot {
	int64_t offset_ms; /* smallest (receive − mono) */
	int64_t first_mono_ms;
	int64_t last_mono_ms;
	bool has_clock;
	int64_t clock_offset_ms; /* t − mono */
};

struct placing {
	int64_t offset_ms;
	bool is_bounded;
};

/* before and after: the neighbouring boots as they are placed, NULL where there is none. */
struct placing placing_of(const struct placing_boot *boot, const struct placing_boot *before,
			  const struct placing_boot *after);

#endif
