/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * When a tag speaks. Pure: at once when use begins or ends, repeated a few times because radio loses frames,
 * and otherwise at an interval of its own for use and for rest. Counters are cumulative, so a longer interval
 * costs resolution in time, never seconds.
 */
#ifndef NAVETTE_CORE_DUTY_H
#define NAVETTE_CORE_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#define DUTY_ABOUT_EVERY 10u /* frames */

struct duty_settings {
	uint32_t active_report_s; /* at least one reading in that time; 0: none by itself */
	uint32_t idle_report_s;
	uint32_t repeat_ms; /* between copies of a state change */
	uint8_t n_repeats;  /* copies after the first, byte for byte the same */
};

struct duty {
	bool has_spoken;
	uint8_t repeats_left;
	uint32_t n_frames; /* since the last ABOUT */
	int64_t spoke_ms;  /* the last new frame */
	int64_t repeat_at_ms;
	uint32_t early_ms; /* by how much the next one comes before its interval ends */
};

enum duty_say { DUTY_NOTHING, DUTY_REPEAT, DUTY_READING, DUTY_ABOUT };

/* has_changed: use began or ended since the last new frame. */
enum duty_say duty_due(const struct duty *d, const struct duty_settings *s, int64_t now_ms, bool is_active,
		       bool has_changed);
/* After saying it. jitter: any number; two tags that once spoke together drift apart by it. */
void duty_said(struct duty *d, const struct duty_settings *s, int64_t now_ms, enum duty_say what,
	       bool is_active, bool had_changed, uint32_t jitter);
/* When duty_due may first say something, if nothing changes; INT64_MAX: never. */
int64_t duty_next_ms(const struct duty *d, const struct duty_settings *s, bool is_active);

#endif
