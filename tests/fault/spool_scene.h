/* SPDX-License-Identifier: EUPL-1.2 */
/* What the tests of the spool share: a folder, reports, and what must hold of whatever a spool holds.
 * Included by one .c of each test program. */
#ifndef NAVETTE_TEST_SPOOL_SCENE_H
#define NAVETTE_TEST_SPOOL_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/daemon/uplink.h"
#include "gateway/spool.h"

#define SCENE_UNUSED __attribute__((unused))

static char scene_dir[64];

__attribute__((unused, format(printf, 1, 2))) static void scene_run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("%s", command);
}

SCENE_UNUSED static int scene_new(void **state)
{
	(void)state;
	/* where it can be, in memory: thousands of syncs are not what is tested */
	snprintf(scene_dir, sizeof scene_dir, "%s/navette-spool-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(scene_dir) == NULL;
}

SCENE_UNUSED static int scene_end(void **state)
{
	(void)state;
	scene_run("rm -rf '%s' '%s.kept'", scene_dir, scene_dir);
	return 0;
}

SCENE_UNUSED static struct spool *scene_open_as(const char *owner, int64_t max_bytes, char *why,
						size_t why_size)
{
	struct spool_setting setting = {
		.dir = scene_dir, .owner = owner, .max_bytes = max_bytes, .keep_s = 3600};

	return spool_open(&setting, why, why_size);
}

SCENE_UNUSED static struct spool *scene_open(int64_t max_bytes)
{
	char why[512] = "";
	struct spool *s = scene_open_as("gw-1", max_bytes, why, sizeof why);

	if (s == NULL)
		fail_msg("%s", why);
	return s;
}

/* A sealed frame of tag number tag: the frame counter stands where BTHome has it. */
SCENE_UNUSED static struct uplink_report scene_frame(uint8_t tag, uint32_t counter)
{
	struct uplink_report r = {.kind = UPLINK_BLE, .mono_ms = 1000 + (int64_t)counter};
	struct uplink_ble *b = &r.u.ble;

	memcpy(b->address, (const uint8_t[]){0xc0, 0x98, 0xe5, 0x12, 0x34, tag}, 6);
	b->id = 0xfcd2;
	b->rssi_dbm = -60;
	b->data_len = 23;
	b->data[0] = 0x41;
	for (int i = 0; i < 4; i++)
		b->data[15 + i] = (uint8_t)(counter >> 8 * i);
	return r;
}

SCENE_UNUSED static struct uplink_report scene_meter(const char *name, int64_t epoch, int64_t active_s)
{
	struct uplink_report r = {.kind = UPLINK_METER, .mono_ms = active_s * 1000};

	snprintf(r.u.meter.name, sizeof r.u.meter.name, "%s", name);
	r.u.meter.counter_epoch = epoch;
	r.u.meter.active_s = active_s;
	r.u.meter.on_s = r.u.meter.energy_wh = -1;
	r.u.meter.power_mw = 5000;
	r.u.meter.state = UPLINK_METER_ACTIVE;
	return r;
}

SCENE_UNUSED static enum spool_result scene_seal(struct spool *s, int64_t mono_ms)
{
	struct spool_stamp stamp = {
		.boot = 7, .mono_ms = mono_ms, .sent_ms = 1795000000000 + mono_ms, .clock = UPLINK_CLOCK_NTP};

	return spool_seal(s, &stamp);
}

/* One report in one batch. */
SCENE_UNUSED static void scene_keep(struct spool *s, struct uplink_report r)
{
	assert_true(spool_offer(s, 1, &r, false));
	assert_int_equal(scene_seal(s, r.mono_ms), SPOOL_OK);
}

static struct uplink_batch scene_batch;

/* Reads and decodes; checks that the envelope says what the record says. */
SCENE_UNUSED static const struct uplink_batch *scene_read(struct spool *s, int64_t seq)
{
	const char *code = "";
	struct record r;

	if (!spool_read(s, seq, &r))
		return NULL;
	if (!uplink_decode_batch((const char *)r.payload, r.payload_len, &scene_batch, &code))
		fail_msg("seq %d: %s: %.*s", (int)seq, code, (int)r.payload_len, (const char *)r.payload);
	assert_string_equal(scene_batch.epoch, spool_epoch(s));
	assert_int_equal(scene_batch.seq, seq);
	assert_int_equal(scene_batch.n_reports, r.n_reports);
	assert_true(scene_batch.oldest <= seq);
	for (size_t i = 0; i < scene_batch.n_reports; i++)
		assert_true(scene_batch.reports[i].kind == UPLINK_BLE ||
			    scene_batch.reports[i].kind == UPLINK_METER);
	return &scene_batch;
}

#endif
