/* SPDX-License-Identifier: EUPL-1.2 */
/* The gateway's configuration file, as values. The table in setting.c is its documentation. */
#ifndef NAVETTE_SETTING_H
#define NAVETTE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/daemon/clock.h"
#include "common/daemon/uplink.h"
#include "gateway/sieve.h"

#define SETTING_MAX_RADIOS 8
#define SETTING_MAX_METERS 64
#define SETTING_PATH_SIZE 256

struct radio_setting {
	char name[UPLINK_NAME_SIZE];
	char hci[128]; /* "unix:PATH" or "tcp:HOST:PORT" */
};

/* Thresholds of use: on_mw ≤ P: on; active_mw ≤ P: in use (usage_meter.h). */
struct profile_setting {
	int64_t on_mw, active_mw, hysteresis_mw; /* hysteresis_mw -1: a tenth of active_mw */
	int64_t on_delay_s, off_delay_s;
};

struct meter_setting {
	char name[UPLINK_NAME_SIZE];
	char host[96];
	char port[8];
	int64_t unit;
	char map[32]; /* meters/<map>.ini */
	struct profile_setting profile;
};

struct setting {
	char state_dir[SETTING_PATH_SIZE];
	char clock_quality[8]; /* auto, none, rtc, ntp, gps */
	struct clock_setting clock;
	int64_t spool_mib, keep_days;
	char allow[160];
	struct sieve_list list;
	int64_t repeat_s;
	int64_t poll_ms, report_active_s, report_idle_s;
	char maps[SETTING_PATH_SIZE]; /* empty: beside the program, or its share folder */
	struct radio_setting radios[SETTING_MAX_RADIOS];
	size_t n_radios;
	struct meter_setting meters[SETTING_MAX_METERS];
	size_t n_meters;
};

/* False: why is one line that names the file, the line and what is wrong. */
bool setting_load(const char *path, struct setting *out, char *why, size_t why_size);
void setting_print_example(FILE *out);
/* A file in the state directory. */
bool setting_path(const struct setting *s, const char *name, char *out, size_t size);

#endif
