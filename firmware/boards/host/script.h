/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The script of navette-tag-sim: which tags there are, and when their machines run. Text, one statement a
 * line, "#" begins a comment; times are seconds from the simulator's start, or from the zero that is named,
 * with up to three decimals:
 *
 *   tag ADDR KEYHEX [heartbeat S] [rssi DBM] [hci INDEX...]
 *   use ADDR START END [POWER_MW]
 *   cycle ADDR ON OFF PHASE [POWER_MW]     running while (t + PHASE) mod (ON + OFF) < ON
 *   hours ADDR FROM UNTIL                  at rest outside them, whatever else is said, in each day of time
 *   zero UNIX_S                            what times count from: so that a restart goes on with the day
 *
 * With a key for all (script_key), KEYHEX may be "-", and a tag that is only used needs no statement of its
 * own. A machine that several statements speak of draws the highest power any of them says.
 */
#ifndef NAVETTE_HOST_SCRIPT_H
#define NAVETTE_HOST_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_POWER_MW 120000
#define SCRIPT_HEARTBEAT_S 60
#define SCRIPT_RSSI_DBM (-60)
#define SCRIPT_MAX_TAGS 20000

struct script_use {
	int64_t start_ms;
	int64_t end_ms;   /* cycle: start_ms is ON, end_ms is ON + OFF */
	int64_t phase_ms; /* cycles only */
	int32_t power_mw;
	bool is_cycle;
	struct script_use *next;
};

struct script_tag {
	uint8_t address[6];
	uint8_t key[16];
	int64_t heartbeat_s;
	int8_t rssi_dbm;
	uint32_t listeners;
	struct script_use *uses;
	int64_t from_ms, until_ms; /* of each day; both 0: always */
};

struct script {
	struct script_tag *tags;
	size_t n_tags;
	uint8_t key[16];
	bool has_key;
	int64_t zero_ms; /* Unix; 0: the simulator's start */
};

/* The key of the tags that have none of their own. False: not 32 hex digits. */
bool script_key(struct script *s, const char *hex);

/* False: logged the line and why. The caller frees with script_free either way. */
bool script_read(struct script *s, const char *path);
/* One statement; where names it in messages. */
bool script_take(struct script *s, const char *line, const char *where);
void script_free(struct script *s);

/* What the machine draws at t_ms, and when that may next change (INT64_MAX: never). */
int32_t script_power_mw(const struct script_tag *t, int64_t t_ms);
int64_t script_next_ms(const struct script_tag *t, int64_t t_ms);

#endif
