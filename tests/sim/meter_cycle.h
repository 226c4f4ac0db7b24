/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a simulated machine draws: a list of steps (power, seconds) that repeats for ever. Everything is a
 * pure function of time, so that a simulator that restarts goes on as if it had never stopped, and so that a
 * test can compute the truth without it.
 */
#ifndef NAVETTE_SIM_METER_CYCLE_H
#define NAVETTE_SIM_METER_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

#define METER_CYCLE_MAX_STEPS 512

struct meter_step {
	int64_t power_mw; /* 0 … 100 000 000 */
	int64_t for_s;    /* 1 … 10 000 000 */
};

struct meter_cycle {
	int64_t start_s;  /* the first step began then (Unix time); before it the power is 0 */
	int64_t length_s; /* of all steps */
	int n_steps;
	struct meter_step steps[METER_CYCLE_MAX_STEPS];
};

/* Adds the steps of "0x3600 (120x900 4x300)*12 0x60": watts x seconds, separated by spaces; a group stands as
 * often as it says. False: not of that form, or full. */
bool meter_cycle_parse(struct meter_cycle *c, const char *text);
int64_t meter_cycle_power_mw(const struct meter_cycle *c, int64_t now_ms);
/* Since start_s, in milliwatt-seconds. */
int64_t meter_cycle_energy_mws(const struct meter_cycle *c, int64_t now_ms);
/* The next span at or above threshold_mw that ends after after_s, as [*from_s, *until_s); steps that touch
 * are one span. Where the cycle never goes below the threshold *until_s is some time after after_s. False: no
 * step reaches it. */
bool meter_cycle_next_use(const struct meter_cycle *c, int64_t threshold_mw, int64_t after_s, int64_t *from_s,
			  int64_t *until_s);

#endif
