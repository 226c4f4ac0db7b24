/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A sample does two things, in this order: the time since the last one is booked under what the last one
 * said, then the new value is looked at. A crossing is a claim: the time since it began is kept aside
 * (pending) until its delay has confirmed or its end has refuted it, and is then booked on the right side as
 * a whole. So a total never has to be corrected downwards, and at any moment it is at most the truth.
 */
#include "common/wire/usage_meter.h"

void nvt_usage_init(struct nvt_usage_meter *m, const struct nvt_usage_profile *profile, uint64_t active_ms,
		    uint64_t on_ms)
{
	*m = (struct nvt_usage_meter){
		.profile = *profile, .state = NVT_USE_UNKNOWN, .active_ms = active_ms, .on_ms = on_ms};
}

static bool is_on(const struct nvt_usage_meter *m)
{
	return m->last_mw >= m->profile.on_mw;
}

/* Whether the last value speaks against the confirmed state. */
static bool is_beyond(const struct nvt_usage_meter *m)
{
	int64_t threshold = m->profile.active_mw;

	if (m->state == NVT_USE_ACTIVE)
		return m->last_mw < threshold - m->profile.hysteresis_mw;
	return m->last_mw >= threshold;
}

static void enter(struct nvt_usage_meter *m, enum nvt_use_state state, int64_t since_ms)
{
	if (m->state == state)
		return;
	m->state = state;
	m->state_since_ms = since_ms;
}

static void drop_crossing(struct nvt_usage_meter *m)
{
	m->crossing = false;
	m->pending_ms = m->pending_off_ms = 0;
}

/* The crossing was true: what was kept aside belongs to the new state. */
static void confirm(struct nvt_usage_meter *m)
{
	if (m->state == NVT_USE_ACTIVE) {
		enter(m, is_on(m) ? NVT_USE_IDLE : NVT_USE_OFF, m->crossed_ms);
	} else {
		m->active_ms += m->pending_ms;
		enter(m, NVT_USE_ACTIVE, m->crossed_ms);
	}
	drop_crossing(m);
}

/* It was not: a dip in use is use, and a peak out of use is nothing. */
static void refute(struct nvt_usage_meter *m)
{
	if (m->state == NVT_USE_ACTIVE) {
		m->active_ms += m->pending_ms;
		m->on_ms += m->pending_off_ms;
	}
	drop_crossing(m);
}

static void confirm_if_held(struct nvt_usage_meter *m, int64_t now_ms)
{
	uint32_t delay = m->state == NVT_USE_ACTIVE ? m->profile.off_delay_ms : m->profile.on_delay_ms;

	if (m->crossing && (uint64_t)now_ms - (uint64_t)m->crossed_ms >= delay)
		confirm(m);
}

/* Books the time since the last sample under what it said. False where it was silent for too long. */
static bool book(struct nvt_usage_meter *m, int64_t now_ms)
{
	uint64_t elapsed = (uint64_t)now_ms - (uint64_t)m->last_ms;
	bool is_whole = elapsed <= m->profile.max_gap_ms;
	uint64_t d = is_whole ? elapsed : m->profile.max_gap_ms;

	if (is_on(m))
		m->on_ms += d;
	if (m->crossing) {
		m->pending_ms += d;
		m->pending_off_ms += is_on(m) ? 0 : d;
	} else if (m->state == NVT_USE_ACTIVE) {
		m->active_ms += d;
	}
	m->last_ms += (int64_t)d;
	confirm_if_held(m, m->last_ms);
	return is_whole;
}

static void look_at(struct nvt_usage_meter *m, int64_t now_ms, int32_t power_mw)
{
	m->last_ms = now_ms;
	m->last_mw = power_mw;
	if (!is_beyond(m)) {
		refute(m);
	} else if (!m->crossing) {
		m->crossing = true;
		m->crossed_ms = now_ms;
	}
	confirm_if_held(m, now_ms);
	if (m->state != NVT_USE_ACTIVE)
		enter(m, is_on(m) ? NVT_USE_IDLE : NVT_USE_OFF, now_ms);
}

bool nvt_usage_sample(struct nvt_usage_meter *m, int64_t now_ms, int32_t power_mw)
{
	enum nvt_use_state before = m->state;

	if (m->has_sample && now_ms < m->last_ms)
		return false;
	if (m->has_sample && !book(m, now_ms)) {
		drop_crossing(m);
		enter(m, NVT_USE_UNKNOWN, m->last_ms);
	}
	m->has_sample = true;
	look_at(m, now_ms, power_mw);
	return m->state != before;
}

uint32_t nvt_usage_active_s(const struct nvt_usage_meter *m)
{
	uint64_t s = m->active_ms / 1000;

	return s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}
