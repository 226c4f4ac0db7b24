/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Persist before report. The counter's file is written (temporary file, fsync, rename) before a report
 * carries a value that the file does not hold, so a value the service may have seen is never above the file.
 * After a crash the counter goes on from the file: at most one report interval of use is missing, never
 * invented, and never a lower value under the same epoch than one reported. While nothing grows nothing is
 * written; in use it is one small write per report (10 s), beside the spool's own one per second. Writing
 * less often would mean reporting old values, which jump by half a minute at a time, or a new epoch after
 * every unclean stop.
 */
#include "gateway/meter.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"

#define PLAUSIBLE_S 1704067200 /* 2024: before that the clock was never set */

static struct nvt_usage_profile to_usage(const struct meter *m)
{
	const struct profile_setting *p = &m->profile;

	return (struct nvt_usage_profile){
		.on_mw = (int32_t)p->on_mw,
		.active_mw = (int32_t)p->active_mw,
		.hysteresis_mw = (int32_t)(p->hysteresis_mw < 0 ? p->active_mw / 10 : p->hysteresis_mw),
		.on_delay_ms = (uint32_t)p->on_delay_s * 1000u,
		.off_delay_ms = (uint32_t)p->off_delay_s * 1000u,
		.max_gap_ms = (uint32_t)m->max_gap_ms,
	};
}

static void start_from(struct meter *m, uint64_t active_ms, uint64_t on_ms)
{
	struct nvt_usage_profile profile = to_usage(m);

	nvt_usage_init(&m->usage, &profile, active_ms, on_ms);
	m->saved_ms = active_ms;
	m->saved_on_ms = on_ms;
	m->is_sampled = false;
	m->reported_ms = INT64_MIN;
}

/* Rises with time where there is a clock, so that epochs sort as they came; never repeats. */
static void epoch_take_new(struct meter *m, const char *reason)
{
	int64_t now_s = clock_now_s();

	if (now_s < PLAUSIBLE_S)
		now_s = 1 + randombytes_uniform(1u << 30);
	m->counter_epoch = now_s > m->counter_epoch ? now_s : m->counter_epoch + 1;
	m->is_saved = false;
	start_from(m, 0, 0);
	log_info("meter %s: new counter epoch: %s counter_epoch=%" PRId64, m->name, reason, m->counter_epoch);
}

bool meter_has_profile(const struct meter *m, const struct profile_setting *p)
{
	const struct profile_setting *q = &m->profile;

	return p->on_mw == q->on_mw && p->active_mw == q->active_mw && p->hysteresis_mw == q->hysteresis_mw &&
	       p->on_delay_s == q->on_delay_s && p->off_delay_s == q->off_delay_s;
}

static bool decode(const char *bytes, size_t len, struct profile_setting *p, int64_t *epoch, int64_t ms[2])
{
	struct json_doc *doc = json_parse(bytes, len, JSON_LIMIT, NULL);
	struct json_in in = json_in(doc);
	bool ok;

	json_take_i64(&in, "counter_epoch", 1, JSON_MAX_INT, epoch);
	json_take_i64(&in, "active_ms", 0, JSON_MAX_INT, &ms[0]);
	json_take_i64(&in, "on_ms", 0, JSON_MAX_INT, &ms[1]);
	json_take_i64(&in, "on_mw", 1, INT32_MAX, &p->on_mw);
	json_take_i64(&in, "active_mw", 1, INT32_MAX, &p->active_mw);
	json_take_i64(&in, "hysteresis_mw", -1, INT32_MAX, &p->hysteresis_mw);
	json_take_i64(&in, "on_delay_s", 0, 3600, &p->on_delay_s);
	json_take_i64(&in, "off_delay_s", 0, 3600, &p->off_delay_s);
	ok = json_end_lax(&in) == JSON_OK;
	json_free(doc);
	return ok;
}

void meter_open(struct meter *m, const struct setting *s, const char *name,
		const struct profile_setting *profile, int64_t max_gap_ms)
{
	struct profile_setting old;
	char bytes[512];
	size_t len;
	int64_t epoch, ms[2];

	*m = (struct meter){.profile = *profile, .max_gap_ms = max_gap_ms, .energy_wh = -1};
	if (!str_copy(m->name, sizeof m->name, name) ||
	    !str_format(m->path, sizeof m->path, "%s/meter-%s.json", s->state_dir, name))
		fatal("meter %s: the path of its counter is too long", name);
	if (!file_read(m->path, bytes, sizeof bytes, &len)) {
		epoch_take_new(m, errno == ENOENT ? "first use" : "its counter file cannot be read");
		return;
	}
	if (!decode(bytes, len, &old, &epoch, ms)) {
		epoch_take_new(m, "its counter file is damaged");
		return;
	}
	m->counter_epoch = epoch;
	if (!meter_has_profile(m, &old)) {
		epoch_take_new(m, "other thresholds");
		return;
	}
	start_from(m, (uint64_t)ms[0], (uint64_t)ms[1]);
	m->is_saved = true;
}

void meter_set_profile(struct meter *m, const struct profile_setting *profile)
{
	m->profile = *profile;
	epoch_take_new(m, "other thresholds");
}

bool meter_sample(struct meter *m, int64_t mono_ms, int64_t power_mw)
{
	bool is_first = m->reported_ms == INT64_MIN && !m->is_sampled;

	m->power_mw = power_mw;
	m->is_sampled = true;
	return nvt_usage_sample(&m->usage, mono_ms, (int32_t)power_mw) || is_first;
}

bool meter_is_due(const struct meter *m, const struct setting *s, int64_t mono_ms)
{
	int64_t interval_s = m->usage.state == NVT_USE_ACTIVE ? s->report_active_s : s->report_idle_s;

	if (!m->is_sampled)
		return false;
	return m->reported_ms == INT64_MIN || mono_ms - m->reported_ms >= interval_s * 1000;
}

static bool save(struct meter *m)
{
	struct json_out o = {.len = 0};
	bool ok;

	json_open_object(&o, NULL);
	json_put_i64(&o, "counter_epoch", m->counter_epoch);
	json_put_i64(&o, "active_ms", (int64_t)m->usage.active_ms);
	json_put_i64(&o, "on_ms", (int64_t)m->usage.on_ms);
	json_put_i64(&o, "on_mw", m->profile.on_mw);
	json_put_i64(&o, "active_mw", m->profile.active_mw);
	json_put_i64(&o, "hysteresis_mw", m->profile.hysteresis_mw);
	json_put_i64(&o, "on_delay_s", m->profile.on_delay_s);
	json_put_i64(&o, "off_delay_s", m->profile.off_delay_s);
	json_close_object(&o);
	ok = file_write_durable(m->path, o.bytes, o.len, 0600);
	json_out_free(&o);
	if (!ok && !m->was_refused)
		log_err("meter %s: its counter cannot be kept: %s file=%s", m->name, strerror(errno),
			m->path);
	m->was_refused = !ok;
	if (ok) {
		m->saved_ms = m->usage.active_ms;
		m->saved_on_ms = m->usage.on_ms;
		m->is_saved = true;
	}
	return ok;
}

static enum uplink_meter_state state_of(enum nvt_use_state state)
{
	switch (state) {
	case NVT_USE_OFF:
		return UPLINK_METER_OFF;
	case NVT_USE_IDLE:
		return UPLINK_METER_IDLE;
	case NVT_USE_ACTIVE:
		return UPLINK_METER_ACTIVE;
	case NVT_USE_UNKNOWN:
		break;
	}
	return UPLINK_METER_UNKNOWN;
}

bool meter_report(struct meter *m, int64_t mono_ms, struct uplink_report *out)
{
	struct uplink_meter *v = &out->u.meter;
	bool has_grown = m->usage.active_ms != m->saved_ms || m->usage.on_ms != m->saved_on_ms;

	if ((has_grown || !m->is_saved) && !save(m))
		return false;
	*out = (struct uplink_report){.kind = UPLINK_METER};
	memcpy(v->name, m->name, sizeof v->name);
	v->counter_epoch = m->counter_epoch;
	v->active_s = (int64_t)nvt_usage_active_s(&m->usage);
	v->on_s = (int64_t)(m->usage.on_ms / 1000);
	v->energy_wh = m->energy_wh;
	v->power_mw = m->power_mw;
	v->state = state_of(m->usage.state);
	v->since_s = m->usage.state_since_ms <= mono_ms ? (mono_ms - m->usage.state_since_ms) / 1000 : 0;
	m->reported_ms = mono_ms;
	m->is_sampled = false;
	return true;
}
