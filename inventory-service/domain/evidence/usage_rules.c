/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/usage_rules.h"

#include <stdbool.h>

#define HOUR_MS ((int64_t)USAGE_HOUR_S * 1000)
#define ROUNDING_MS 2000 /* two whole-second counters may each be a second short */

static int64_t hour_of(int64_t t_ms)
{
	int64_t hour = t_ms / HOUR_MS;

	return t_ms % HOUR_MS < 0 ? hour - 1 : hour;
}

void usage_split(int64_t from_ms, int64_t until_ms, int64_t growth_s, usage_share *share, void *context)
{
	int64_t elapsed_ms = until_ms - from_ms, given = 0;
	bool is_known = growth_s * 1000 >= elapsed_ms - ROUNDING_MS;

	if (growth_s <= 0)
		return;
	/* The end itself belongs to the hour before it: [from, until). */
	if (elapsed_ms <= 0 || hour_of(from_ms) == hour_of(until_ms - 1)) {
		share(context, hour_of(elapsed_ms <= 0 ? until_ms : from_ms) * USAGE_HOUR_S, growth_s, 0);
		return;
	}
	/* Shares by the running total, rounded down: they add up whatever the lengths are. */
	for (int64_t hour = hour_of(from_ms); given < growth_s; hour++) {
		int64_t end_ms = (hour + 1) * HOUR_MS < until_ms ? (hour + 1) * HOUR_MS : until_ms;
		int64_t total = end_ms == until_ms ?
					growth_s :
					(int64_t)((__int128)growth_s * (end_ms - from_ms) / elapsed_ms);

		if (total > given)
			share(context, hour * USAGE_HOUR_S, total - given, is_known ? 0 : total - given);
		given = total;
	}
}
