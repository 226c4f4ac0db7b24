/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Simulated tags in simulated time: each is the firmware on a board of its own, woken when its script changes
 * the machine's power and when it asked to be. Events happen at their own time, one after the other, however
 * late the process gets to them, so that a busy machine bends no second. The truth is written from the
 * script's side of the sensor, not from the tag's:
 *
 *   use,ADDR,START_MS,END_MS                     a span of use that has ended, Unix time of the virtual clock
 *   total,ADDR,EPOCH,ACTIVE_S,COUNTER,UNIX_MS    the last reading the tag has sent
 */
#ifndef NAVETTE_HOST_WORLD_H
#define NAVETTE_HOST_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "firmware/boards/host/radio.h"
#include "firmware/boards/host/script.h"

struct world;

struct world_settings {
	const struct script *script;
	struct radio *radio;
	int64_t start_ms;      /* Unix; time 0 of a script that names none */
	const char *state_dir; /* each tag's flash in a file; NULL: new flash, gone at the end */
	FILE *truth;           /* NULL: none */
	bool is_driven; /* no heartbeats: tags report when world_report says, and when use begins or ends */
};

/* NULL: logged why. settings' pointers must live as long. */
struct world *world_open(const struct world_settings *settings);
/* Lets happen what is due at now_ms, at most a bounded number of events. Returns when the next is due. */
int64_t world_run(struct world *w, int64_t now_ms);
/* The next n tags in turn report at now_ms; those that nobody hears are passed over. Returns how many did. */
size_t world_report(struct world *w, int64_t now_ms, size_t n);
/* A "total" line for each tag whose last reading is new since the last call; flushes the truth. */
void world_tell(struct world *w, int64_t now_ms);
/* Power-down in good order: open spans end here, each tag that is heard sends one last reading (never lost),
 * seconds are saved, totals told. */
void world_close(struct world *w, int64_t now_ms);

#endif
