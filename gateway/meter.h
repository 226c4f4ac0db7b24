/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A power meter's counter: samples in, cumulative seconds of use out (common/wire/usage_meter.h), kept on
 * disk so that it only ever grows within its counter epoch. See meter.c. One thread per meter.
 */
#ifndef NAVETTE_METER_H
#define NAVETTE_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/uplink.h"
#include "common/wire/usage_meter.h"
#include "gateway/setting.h"

struct meter {
	char name[UPLINK_NAME_SIZE];
	char path[SETTING_PATH_SIZE + UPLINK_NAME_SIZE + 16];
	struct profile_setting profile;
	int64_t max_gap_ms;
	int64_t counter_epoch;
	struct nvt_usage_meter usage;
	uint64_t saved_ms, saved_on_ms; /* what the file holds */
	bool is_saved;
	bool is_sampled; /* a good sample since the last report */
	int64_t power_mw;
	int64_t energy_wh;   /* -1: not known */
	int64_t reported_ms; /* mono of the last report; INT64_MIN: never */
	bool was_refused;    /* a failed write was said already */
};

/* Restores the counter; a lost or unreadable file, or other thresholds, begin a new epoch. */
void meter_open(struct meter *m, const struct setting *s, const char *name,
		const struct profile_setting *profile, int64_t max_gap_ms);
/* New thresholds: a new epoch from 0. The caller reports the old one first. */
void meter_set_profile(struct meter *m, const struct profile_setting *profile);
bool meter_has_profile(const struct meter *m, const struct profile_setting *profile);

/* One good sample at a monotonic time. True where the state changed: to be reported at once. */
bool meter_sample(struct meter *m, int64_t mono_ms, int64_t power_mw);
/* Is a report due? Never without a good sample since the last one: silence says nothing. */
bool meter_is_due(const struct meter *m, const struct setting *s, int64_t mono_ms);
/* Makes the counter durable, then fills the report (not its times). False: it could not be made durable; try
 * again. */
bool meter_report(struct meter *m, int64_t mono_ms, struct uplink_report *out);

#endif
