/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Virtual time is scaled in two parts, whole seconds and the rest in nanoseconds, so that a high rate still
 * moves in steps of one virtual millisecond where the machine's clock can, and nothing overflows within
 * three centuries of real time at the highest rate. Without an origin there is no common zero: the rate is
 * then 1.
 */
#include "common/daemon/clock.h"

#include <time.h>

#define MS_PER_S 1000
#define NS_PER_MS 1000000

static struct clock_setting clock_in_use = {.origin_ms = 0, .rate = 1, .offset_ms = 0};

void clock_set(const struct clock_setting *setting)
{
	clock_in_use = *setting;
	if (clock_in_use.origin_ms == 0 || clock_in_use.rate < 1)
		clock_in_use.rate = 1;
}

static int64_t scaled_ms(int64_t s, int64_t ns, int64_t rate)
{
	return s * MS_PER_S * rate + ns * rate / NS_PER_MS;
}

static int64_t boottime_ms(int64_t rate)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return scaled_ms(t.tv_sec, t.tv_nsec, rate);
}

int64_t clock_now_ms(void)
{
	const struct clock_setting *c = &clock_in_use;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (c->origin_ms == 0)
		return scaled_ms(t.tv_sec, t.tv_nsec, 1) + c->offset_ms;
	/* origin + (real - origin) x rate, the milliseconds of the origin apart */
	return c->origin_ms + scaled_ms(t.tv_sec - c->origin_ms / MS_PER_S, t.tv_nsec, c->rate) -
	       c->origin_ms % MS_PER_S * c->rate + c->offset_ms;
}

int64_t clock_now_s(void)
{
	const int64_t now_ms = clock_now_ms();

	return now_ms / MS_PER_S - (now_ms % MS_PER_S < 0);
}

int64_t clock_mono_ms(void)
{
	return boottime_ms(clock_in_use.rate);
}

int64_t clock_real_mono_ms(void)
{
	return boottime_ms(1);
}
