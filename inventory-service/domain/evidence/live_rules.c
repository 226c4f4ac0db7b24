/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/live_rules.h"

#include <stddef.h>
#include <string.h>

/* The text is the caller's; what is answered is ours, so that the answer outlives the question. */
static const char *state_of(const char *said)
{
	static const char *const states[] = {"active", "idle", "off"};

	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(said, states[i]) == 0)
			return states[i];
	return "unknown";
}

struct live live_of(const struct live_device *tag, const struct live_device *meter, int64_t now_ms,
		    int64_t silent_s)
{
	const struct live_device *last = tag->is_bound ? tag : meter;
	const struct live_device *seen = tag->is_bound && tag->seen_place_id ? tag : meter;
	struct live v = {.is_known = tag->is_bound || meter->is_bound, .state = "unknown", .battery_pct = -1};

	if (!v.is_known)
		return v;
	if (tag->is_bound && meter->is_bound && meter->heard_ms > tag->heard_ms)
		last = meter;
	if (last->heard_ms && now_ms - last->heard_ms <= silent_s * 1000)
		v.state = state_of(last->state);
	v.heard_ms = last->heard_ms;
	v.active_s = meter->is_bound ? meter->active_s : tag->active_s;
	v.battery_pct = tag->is_bound ? tag->battery_pct : -1;
	if (seen->is_bound && seen->seen_place_id) {
		v.seen_place_id = seen->seen_place_id;
		v.seen_since_ms = seen->seen_since_ms;
	}
	return v;
}
