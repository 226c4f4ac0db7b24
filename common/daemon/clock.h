/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The one clock of a process. Real time by default; the [clock] section of every daemon's configuration makes
 * it virtual, the same for all processes that share it:
 *
 *   now  = origin_ms + (real − origin_ms) × rate + offset_ms       (origin_ms: a real Unix time in ms)
 *   mono = CLOCK_BOOTTIME × rate
 *
 * offset_ms is the error of one machine's clock: tests set a gateway wrong by a day with it. Time-outs,
 * resend timers and sockets use clock_real_mono_ms(), which no setting touches. Read by doors and sources
 * only.
 */
#ifndef NAVETTE_DAEMON_CLOCK_H
#define NAVETTE_DAEMON_CLOCK_H

#include <stdint.h>

struct conf_row;

struct clock_setting {
	int64_t origin_ms; /* 0: real time */
	int64_t rate;      /* 1 … 100 000 */
	int64_t offset_ms;
};

/* Once, before threads start. */
void clock_set(const struct clock_setting *setting);
int64_t clock_now_ms(void); /* Unix time, UTC */
int64_t clock_now_s(void);
int64_t clock_mono_ms(void); /* since the machine's boot; never goes back */
int64_t clock_real_mono_ms(void);

#endif
