/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A cycle is looked up by (time − start) modulo its length. Times before the start draw nothing: history
 * belongs to whoever made it.
 */
#include "tests/sim/meter_cycle.h"

#include <stdlib.h>
#include <string.h>

static bool add_step(struct meter_cycle *c, const struct meter_step *step)
{
	if (c->n_steps == METER_CYCLE_MAX_STEPS)
		return false;
	c->steps[c->n_steps++] = *step;
	c->length_s += step->for_s;
	return true;
}

/* "120x900" at *s, which moves behind it. */
static bool take_step(struct meter_cycle *c, const char **s)
{
	char *end;
	long long watts = strtoll(*s, &end, 10), seconds;

	if (end == *s || *end != 'x' || watts < 0 || watts > 100000)
		return false;
	*s = end + 1;
	seconds = strtoll(*s, &end, 10);
	if (end == *s || seconds < 1 || seconds > 10000000)
		return false;
	*s = end;
	return add_step(c, &(struct meter_step){.power_mw = watts * 1000, .for_s = seconds});
}

/* ")*12" at *s: the steps from first on stand 12 times. */
static bool take_repeat(struct meter_cycle *c, int first, const char **s)
{
	int until = c->n_steps;
	char *end;
	long long times;

	if (first < 0 || first == until || strncmp(*s, ")*", 2) != 0)
		return false;
	times = strtoll(*s + 2, &end, 10);
	if (end == *s + 2 || times < 1 || times > METER_CYCLE_MAX_STEPS)
		return false;
	for (*s = end; times > 1; times--)
		for (int i = first; i < until; i++)
			if (!add_step(c, &c->steps[i]))
				return false;
	return true;
}

bool meter_cycle_parse(struct meter_cycle *c, const char *text)
{
	int group = -1; /* the first step of the one that is open */

	for (const char *s = text; *s; s += strspn(s, " ")) {
		if (*s == '(' && group < 0) {
			group = c->n_steps;
			s++;
		}
		if (!take_step(c, &s))
			return false;
		if (*s == ')') {
			if (!take_repeat(c, group, &s))
				return false;
			group = -1;
		}
		if (*s && *s != ' ')
			return false;
	}
	return c->n_steps > 0 && group < 0;
}

int64_t meter_cycle_power_mw(const struct meter_cycle *c, int64_t now_ms)
{
	int64_t in_ms = now_ms - c->start_s * 1000;

	if (in_ms < 0 || !c->length_s)
		return 0;
	in_ms %= c->length_s * 1000;
	for (int i = 0; i < c->n_steps; i++) {
		if (in_ms < c->steps[i].for_s * 1000)
			return c->steps[i].power_mw;
		in_ms -= c->steps[i].for_s * 1000;
	}
	return 0;
}

/* The energy of the first in_ms milliseconds of one cycle, in mW × ms. */
static int64_t energy_within(const struct meter_cycle *c, int64_t in_ms)
{
	int64_t mw_ms = 0;

	for (int i = 0; i < c->n_steps && in_ms > 0; i++) {
		int64_t step_ms = c->steps[i].for_s * 1000;
		int64_t ms = in_ms < step_ms ? in_ms : step_ms;

		mw_ms += c->steps[i].power_mw * ms;
		in_ms -= ms;
	}
	return mw_ms;
}

int64_t meter_cycle_energy_mws(const struct meter_cycle *c, int64_t now_ms)
{
	int64_t in_ms = now_ms - c->start_s * 1000, length_ms = c->length_s * 1000;

	if (in_ms < 0 || !length_ms)
		return 0;
	return in_ms / length_ms * (energy_within(c, length_ms) / 1000) +
	       energy_within(c, in_ms % length_ms) / 1000;
}

bool meter_cycle_next_use(const struct meter_cycle *c, int64_t threshold_mw, int64_t after_s, int64_t *from_s,
			  int64_t *until_s)
{
	int64_t at = c->start_s;
	bool open = false;

	if (!c->length_s)
		return false;
	/* a whole cycle earlier, so that a span that is running at after_s is seen from its beginning */
	if (after_s - c->start_s > c->length_s)
		at += ((after_s - c->start_s) / c->length_s - 1) * c->length_s;
	for (int i = 0; i < 4 * c->n_steps; i++) {
		const struct meter_step *step = &c->steps[i % c->n_steps];
		bool in_use = step->power_mw >= threshold_mw;

		if (in_use && !open)
			*from_s = at;
		if (!in_use && open && at > after_s) {
			*until_s = at;
			return true;
		}
		open = in_use;
		at += step->for_s;
	}
	if (!open)
		return false;
	*until_s = at;
	return true;
}
