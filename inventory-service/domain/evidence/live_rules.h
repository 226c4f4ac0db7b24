/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What an item is doing now, from what its tag and its meter last said. Pure. The one heard last speaks; a
 * device not heard for silent_s says nothing any more: "unknown", which is not "off".
 */
#ifndef NAVETTE_LIVE_RULES_H
#define NAVETTE_LIVE_RULES_H

#include <stdbool.h>
#include <stdint.h>

struct live_device {
	bool is_bound;
	char state[8];       /* unknown, off, idle, active: as last said */
	int64_t heard_ms;    /* 0: never */
	int64_t battery_pct; /* -1: unknown */
	int64_t seen_place_id;
	int64_t seen_since_ms;
	int64_t active_s; /* counted for the item by all devices of this kind it had */
};

struct live {
	bool is_known;     /* false: the item has neither tag nor meter */
	const char *state; /* active, idle, off, unknown */
	int64_t active_s;  /* the meter's where it has one (class A), else the tag's: classes are never added
			    */
	int64_t battery_pct;   /* the tag's; -1: unknown */
	int64_t heard_ms;      /* 0: never */
	int64_t seen_place_id; /* 0: nowhere yet */
	int64_t seen_since_ms;
};

struct live live_of(const struct live_device *tag, const struct live_device *meter, int64_t now_ms,
		    int64_t silent_s);

#endif
