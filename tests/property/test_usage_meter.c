/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire */
/*
 * The usage meter against a plain model that knows the whole curve: any curve, any profile. The model looks
 * at each millisecond's value in turn; the meter sees samples. NAVETTE_SEED repeats a run.
 */
#include "common/wire/usage_meter.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define N_SAMPLES 400

struct sample {
	int64_t t_ms;
	int32_t mw;
};

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) % below);
}

static struct nvt_usage_profile any_profile(void)
{
	struct nvt_usage_profile p = {.on_mw = 1000 + (int32_t)draw(2000)};

	p.active_mw = p.on_mw + 1000 + (int32_t)draw(20000);
	p.hysteresis_mw = (int32_t)draw(1000);
	p.on_delay_ms = draw(3) ? draw(8000) : 0;
	p.off_delay_ms = draw(3) ? draw(8000) : 0;
	p.max_gap_ms = 20000 + draw(20000);
	return p;
}

static void any_curve(const struct nvt_usage_profile *p, struct sample *s, bool with_gaps)
{
	const int32_t levels[] = {0,
				  p->on_mw,
				  p->active_mw - p->hysteresis_mw - 1,
				  p->active_mw - p->hysteresis_mw,
				  p->active_mw - 1,
				  p->active_mw,
				  10 * p->active_mw};
	int64_t t = draw(1000);

	for (int i = 0; i < N_SAMPLES; i++) {
		s[i] = (struct sample){t, levels[draw(sizeof levels / sizeof *levels)]};
		t += with_gaps && !draw(20) ? 20000 + draw(100000) : 1 + draw(5000);
	}
}

static bool is_against(const struct nvt_usage_profile *p, bool is_active, int32_t mw)
{
	return is_active ? mw < p->active_mw - p->hysteresis_mw : mw >= p->active_mw;
}

/*
 * The model: spans of equal verdict (beyond the threshold that counts or not) over the whole curve, without
 * gaps. A span shorter than its delay is taken back; the walk decides with hindsight. Claims that are open at
 * the end count for nothing.
 */
static uint64_t model_active_ms(const struct nvt_usage_profile *p, const struct sample *s)
{
	bool is_active = false;
	int64_t claim_ms = -1;
	uint64_t sum = 0, claimed = 0;

	for (int i = 0; i + 1 < N_SAMPLES; i++) {
		bool speaks_against = is_against(p, is_active, s[i].mw);
		uint64_t d = (uint64_t)(s[i + 1].t_ms - s[i].t_ms);
		int64_t delay = is_active ? p->off_delay_ms : p->on_delay_ms;

		if (!speaks_against) {
			sum += is_active ? claimed + d : 0;
			claim_ms = -1;
			claimed = 0;
			continue;
		}
		claim_ms = claim_ms < 0 ? s[i].t_ms : claim_ms;
		claimed += d;
		if (s[i + 1].t_ms - claim_ms < delay)
			continue;
		sum += is_active ? 0 : claimed;
		is_active = !is_active;
		claim_ms = -1;
		claimed = 0;
	}
	/* The last value has no time of its own, but it may say that a dip has ended. */
	return is_active && !is_against(p, is_active, s[N_SAMPLES - 1].mw) ? sum + claimed : sum;
}

static void run(struct nvt_usage_meter *m, const struct nvt_usage_profile *p, const struct sample *s)
{
	uint64_t active = 0, on = 0;

	nvt_usage_init(m, p, 0, 0);
	for (int i = 0; i < N_SAMPLES; i++) {
		(void)nvt_usage_sample(m, s[i].t_ms, s[i].mw);
		assert_true(m->active_ms >= active && m->on_ms >= on);
		active = m->active_ms;
		on = m->on_ms;
		assert_true(active <= (uint64_t)(s[i].t_ms - s[0].t_ms));
		assert_true(active <= on);
	}
}

static void the_meter_agrees_with_the_model(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++) {
		const uint64_t begun = seed;
		struct nvt_usage_profile p = any_profile();
		struct sample s[N_SAMPLES];
		struct nvt_usage_meter m;

		any_curve(&p, s, false);
		run(&m, &p, s);
		if (m.active_ms != model_active_ms(&p, s))
			fail_msg("NAVETTE_SEED=%" PRIu64 ": %" PRIu64 " ms, the model says %" PRIu64, begun,
				 m.active_ms, model_active_ms(&p, s));
	}
}

static void samples_between_change_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		const uint64_t begun = seed;
		struct nvt_usage_profile p = any_profile();
		struct sample s[N_SAMPLES];
		struct nvt_usage_meter m, often;

		any_curve(&p, s, false);
		run(&m, &p, s);
		nvt_usage_init(&often, &p, 0, 0);
		for (int k = 0; k < N_SAMPLES; k++) {
			(void)nvt_usage_sample(&often, s[k].t_ms, s[k].mw);
			for (int64_t t = s[k].t_ms + 700; k + 1 < N_SAMPLES && t < s[k + 1].t_ms; t += 700)
				(void)nvt_usage_sample(&often, t, s[k].mw);
		}
		if (m.state != often.state || m.active_ms != often.active_ms || m.on_ms != often.on_ms)
			fail_msg("NAVETTE_SEED=%" PRIu64 ": %" PRIu64 " and %" PRIu64 " ms", begun,
				 m.active_ms, often.active_ms);
	}
}

static void silence_never_adds_more_than_its_bound(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct nvt_usage_profile p = any_profile();
		struct sample s[N_SAMPLES];
		struct nvt_usage_meter m;
		uint64_t bound = 0;

		any_curve(&p, s, true);
		run(&m, &p, s);
		for (int k = 0; k + 1 < N_SAMPLES; k++) {
			uint64_t d = (uint64_t)(s[k + 1].t_ms - s[k].t_ms);

			bound += d < p.max_gap_ms ? d : p.max_gap_ms;
		}
		assert_true(m.active_ms <= bound && m.on_ms <= bound);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_meter_agrees_with_the_model),
		cmocka_unit_test(samples_between_change_nothing),
		cmocka_unit_test(silence_never_adds_more_than_its_bound),
	};
	const char *given = getenv("NAVETTE_SEED");

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000003u;
	printf("NAVETTE_SEED=%" PRIu64 "\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
