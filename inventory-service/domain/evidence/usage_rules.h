/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two readings of one counter → seconds of use in each UTC hour between them. Pure, exact, and a function of
 * the two readings only: a late reading x between p and n replaces (p, n) by (p, x) and (x, n), whenever it
 * comes.
 */
#ifndef NAVETTE_USAGE_RULES_H
#define NAVETTE_USAGE_RULES_H

#include <stdint.h>

#define USAGE_HOUR_S 3600

/* One share; called for hours in rising order, only where active_s > 0. bounded_s ≤ active_s. */
typedef void usage_share(void *context, int64_t hour_s, int64_t active_s, int64_t bounded_s);

/*
 * growth_s seconds between from_ms (the last time the lower value was heard) and until_ms (the first time the
 * higher one was). The shares always add up to growth_s. Where the counter ran all the time, or both ends lie
 * in one hour, the hours are known; else they are estimated (spread evenly) and said to be bounded. until_ms
 * ≤ from_ms (two gateways' clocks disagree by a little): all in the hour of until_ms.
 */
void usage_split(int64_t from_ms, int64_t until_ms, int64_t growth_s, usage_share *share, void *context);

#endif
