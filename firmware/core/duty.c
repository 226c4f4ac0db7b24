/* SPDX-License-Identifier: EUPL-1.2 */
#include "firmware/core/duty.h"

static int64_t interval_ms(const struct duty_settings *s, bool is_active)
{
	return (int64_t)(is_active ? s->active_report_s : s->idle_report_s) * 1000;
}

static int64_t next_frame_ms(const struct duty *d, const struct duty_settings *s, bool is_active)
{
	int64_t interval = interval_ms(s, is_active);

	if (!interval)
		return INT64_MAX;
	return d->has_spoken ? d->spoke_ms + interval - (d->early_ms < interval ? d->early_ms : 0)
			     : INT64_MIN;
}

int64_t duty_next_ms(const struct duty *d, const struct duty_settings *s, bool is_active)
{
	int64_t next_ms = next_frame_ms(d, s, is_active);

	return d->repeats_left && d->repeat_at_ms < next_ms ? d->repeat_at_ms : next_ms;
}

enum duty_say duty_due(const struct duty *d, const struct duty_settings *s, int64_t now_ms, bool is_active,
		       bool has_changed)
{
	if (has_changed)
		return DUTY_READING;
	if (now_ms >= next_frame_ms(d, s, is_active))
		return d->n_frames + 1 >= DUTY_ABOUT_EVERY ? DUTY_ABOUT : DUTY_READING;
	return d->repeats_left && now_ms >= d->repeat_at_ms ? DUTY_REPEAT : DUTY_NOTHING;
}

void duty_said(struct duty *d, const struct duty_settings *s, int64_t now_ms, enum duty_say what,
	       bool is_active, bool had_changed, uint32_t jitter)
{
	if (what == DUTY_NOTHING)
		return;
	if (what == DUTY_REPEAT) {
		d->repeats_left--;
	} else {
		/* Up to an eighth early: "at least every" holds. */
		uint32_t eighth = (uint32_t)(interval_ms(s, is_active) / 8);

		d->has_spoken = true;
		d->spoke_ms = now_ms;
		d->early_ms = eighth ? jitter % eighth : 0;
		d->n_frames = what == DUTY_ABOUT ? 0 : d->n_frames + 1;
		d->repeats_left = had_changed ? s->n_repeats : 0;
	}
	d->repeat_at_ms = now_ms + s->repeat_ms;
}
