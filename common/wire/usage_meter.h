/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Samples → debounced cumulative seconds of use. Used by a tag (its own samples) and by the gateway's meter
 * sources (power). Pure: the caller gives a monotonic time with each sample and persists the totals.
 *
 * Three states. Power at or above active_mw for on_delay_ms makes ACTIVE; below active_mw less the hysteresis
 * for off_delay_ms ends it. The delays are counted back: once confirmed, use begins (and ends) where the
 * crossing was first seen, so that debouncing never steals or adds a second. Between two samples the state of
 * the earlier one holds, for at most max_gap_ms: a silent sensor earns nothing beyond, an unconfirmed
 * crossing is dropped there, and the state is UNKNOWN until the next sample.
 */
#ifndef NAVETTE_WIRE_USAGE_METER_H
#define NAVETTE_WIRE_USAGE_METER_H

#include <stdbool.h>
#include <stdint.h>

enum nvt_use_state { NVT_USE_UNKNOWN, NVT_USE_OFF, NVT_USE_IDLE, NVT_USE_ACTIVE };

struct nvt_usage_profile {
	int32_t on_mw;         /* at or above: the thing is on (idle) */
	int32_t active_mw;     /* at or above: in use; > on_mw */
	int32_t hysteresis_mw; /* ACTIVE ends below active_mw - hysteresis_mw */
	uint32_t on_delay_ms;
	uint32_t off_delay_ms;
	uint32_t max_gap_ms;
};

struct nvt_usage_meter {
	struct nvt_usage_profile profile;
	enum nvt_use_state state;
	uint64_t active_ms; /* cumulative, confirmed */
	uint64_t on_ms;     /* cumulative ON time (idle + active) */
	int64_t state_since_ms;
	/* internal: the unconfirmed crossing */
	bool has_sample;
	bool crossing;
	int64_t last_ms;
	int64_t crossed_ms;
	uint64_t pending_ms;     /* since the crossing, as far as samples hold */
	uint64_t pending_off_ms; /* of these below on_mw */
	int32_t last_mw;
};

/* Starts from totals restored from storage; state is UNKNOWN until the first sample. */
void nvt_usage_init(struct nvt_usage_meter *m, const struct nvt_usage_profile *profile, uint64_t active_ms,
		    uint64_t on_ms);
/* One sample at a monotonic time; a time that goes back is ignored. True where the confirmed state
 * changed. */
bool nvt_usage_sample(struct nvt_usage_meter *m, int64_t now_ms, int32_t power_mw);
/* Whole seconds of confirmed use; never decreases. */
uint32_t nvt_usage_active_s(const struct nvt_usage_meter *m);

#endif
