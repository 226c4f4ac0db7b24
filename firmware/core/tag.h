/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The tag: one step senses, accumulates, maybe speaks, and says when it wants to be woken. A board's main
 * loop is
 *
 *   for (t = tag_step(&tag);; t = tag_step(&tag)) sleep until t or until the sensor wakes us;
 *
 * A tag whose flash keeps no counter any more must not seal: it then sends a clear frame "problem" at its
 * heartbeat.
 */
#ifndef NAVETTE_CORE_TAG_H
#define NAVETTE_CORE_TAG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/usage_meter.h"
#include "firmware/board.h"
#include "firmware/core/duty.h"
#include "firmware/core/identity.h"
#include "firmware/core/journal.h"

struct tag_settings {
	struct nvt_usage_profile profile;
	struct duty_settings duty;
	uint32_t sample_ms; /* longest sleep; at most profile.max_gap_ms */
	uint8_t firmware[3];
};

/* The last reading (not the last frame) that was sealed and sent. */
struct tag_sent {
	bool is_set;
	uint32_t counter;
	uint32_t active_s;
};

struct tag {
	struct board *board;
	struct tag_settings settings;
	struct identity identity;
	struct journal journal;
	struct nvt_usage_meter meter;
	struct duty duty;
	struct tag_sent sent;
	bool was_active; /* as the last new frame said */
	uint8_t packet_id;
	uint8_t ad[BOARD_AD_MAX]; /* the last frame, for repeats */
	uint8_t ad_len;
};

/* After power-up. False: the board has no identity. tag holds no memory of its own; nothing to free. */
bool tag_start(struct tag *t, struct board *b, const struct tag_settings *settings);
/* Returns the time (board_mono_ms) of the next wake-up; call earlier whenever the sensor changed. */
int64_t tag_step(struct tag *t);
/* A step that speaks whatever the duty says. */
int64_t tag_report(struct tag *t);
/* Saves the seconds to the millisecond: before an orderly power-down. False: the flash does not keep it. */
bool tag_save(struct tag *t);

#endif
