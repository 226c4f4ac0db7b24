/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Speaking comes before saving: a reading on air is worth more than one in flash, and a cut between the two
 * costs what the journal promises at most. The counter of a frame is taken (and so reserved in flash) before
 * it is sealed.
 */
#include "firmware/core/tag.h"

#include "common/wire/bthome.h"
#include "firmware/core/advertiser.h"

enum { BATTERY_EMPTY_MV = 2000, BATTERY_FULL_MV = 3000 }; /* a lithium primary cell of 3 V under load */

static bool is_active(const struct tag *t)
{
	return t->meter.state == NVT_USE_ACTIVE;
}

static uint8_t battery_pct(uint16_t mv)
{
	if (mv <= BATTERY_EMPTY_MV)
		return 0;
	if (mv >= BATTERY_FULL_MV)
		return 100;
	return (uint8_t)((mv - BATTERY_EMPTY_MV) * 100 / (BATTERY_FULL_MV - BATTERY_EMPTY_MV));
}

bool tag_start(struct tag *t, struct board *b, const struct tag_settings *settings)
{
	*t = (struct tag){.board = b, .settings = *settings};
	if (!identity_load(b, &t->identity))
		return false;
	(void)journal_open(&t->journal, b); /* closed: the tag says "problem" */
	nvt_usage_init(&t->meter, &settings->profile, t->journal.active_ms, 0);
	return true;
}

/* Nothing may be sealed: object 26 (problem) = 1 in clear; from a tag with a key it counts for nothing but
 * attention. */
static uint8_t problem_frame(struct tag *t)
{
	const uint8_t data[] = {NVT_BTHOME_INFO_CLEAR, 0x26, 1};

	t->sent.is_set = false;
	return advertiser_build(data, sizeof data, t->ad);
}

static uint8_t sealed_frame(struct tag *t, enum duty_say what)
{
	const uint16_t mv = board_battery_mv(t->board);
	struct nvt_tag_reading reading = {
		.packet_id = ++t->packet_id,
		.running = is_active(t),
		.battery_pct = battery_pct(mv),
		.counter_epoch = t->journal.epoch,
		.active_s = nvt_usage_active_s(&t->meter),
		.voltage_mv = mv,
		.firmware = {t->settings.firmware[0], t->settings.firmware[1], t->settings.firmware[2]}};
	uint8_t objects[ADVERTISER_DATA_MAX], data[ADVERTISER_DATA_MAX];
	uint32_t counter;
	size_t len;

	if (!journal_take_counter(&t->journal, t->meter.active_ms, &counter))
		return problem_frame(t);
	len = what == DUTY_ABOUT ? nvt_tag_about_put(&reading, objects, sizeof objects)
				 : nvt_tag_reading_put(&reading, objects, sizeof objects);
	len = nvt_bthome_seal(&t->identity.aes, t->identity.address, counter, objects, len, data,
			      sizeof data);
	if (what == DUTY_READING)
		t->sent = (struct tag_sent){.is_set = true, .counter = counter, .active_s = reading.active_s};
	return advertiser_build(data, len, t->ad);
}

static void speak(struct tag *t, int64_t now_ms, enum duty_say what, bool has_changed)
{
	if (what == DUTY_NOTHING)
		return;
	if (what != DUTY_REPEAT) {
		t->ad_len = t->journal.is_open ? sealed_frame(t, what) : problem_frame(t);
		t->was_active = is_active(t);
	}
	board_advertise(t->board, t->identity.address, t->ad, t->ad_len);
	duty_said(&t->duty, &t->settings.duty, now_ms, what, is_active(t), has_changed,
		  board_random(t->board));
}

static uint64_t unsaved_ms(const struct tag *t)
{
	return t->meter.active_ms - t->journal.active_ms;
}

bool tag_save(struct tag *t)
{
	return t->journal.is_open && (!unsaved_ms(t) || journal_save(&t->journal, t->meter.active_ms));
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_wake_ms(const struct tag *t, int64_t now_ms)
{
	int64_t next_ms = sooner(now_ms + t->settings.sample_ms,
				 duty_next_ms(&t->duty, &t->settings.duty, is_active(t)));
	uint64_t unsaved = unsaved_ms(t);

	if (is_active(t) && t->journal.is_open && unsaved < JOURNAL_SAVE_MS)
		next_ms = sooner(next_ms, now_ms + (int64_t)(JOURNAL_SAVE_MS - unsaved));
	return next_ms > now_ms ? next_ms : now_ms + 1;
}

static int64_t step(struct tag *t, bool is_forced)
{
	const int64_t now_ms = board_mono_ms(t->board);
	enum duty_say what;
	bool has_changed;

	(void)nvt_usage_sample(&t->meter, now_ms, board_power_mw(t->board)); /* was_active tells the same */
	has_changed = is_active(t) != t->was_active;
	what = duty_due(&t->duty, &t->settings.duty, now_ms, is_active(t), has_changed);
	speak(t, now_ms, is_forced ? DUTY_READING : what, has_changed);
	if (unsaved_ms(t) >= JOURNAL_SAVE_MS)
		(void)tag_save(t); /* a journal that fails here is closed; the next frame says so */
	board_watchdog_feed(t->board);
	return next_wake_ms(t, now_ms);
}

int64_t tag_step(struct tag *t)
{
	return step(t, false);
}

int64_t tag_report(struct tag *t)
{
	return step(t, true);
}
