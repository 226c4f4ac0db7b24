/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/usage_report_rules.h"

static bool is_covered(const struct usage_day *day, const struct usage_measure *m)
{
	return m->is_known && day->custody_s > 0 && m->covered_s * 10 >= day->custody_s * 8;
}

static struct usage_retained retain(const struct usage_measure *m)
{
	return (struct usage_retained){
		.is_known = true, .retained_s = m->measured_s, .bounded_s = m->bounded_s};
}

struct usage_retained usage_retain(const struct usage_day *day)
{
	const struct usage_measure *a = &day->by[USAGE_A], *b = &day->by[USAGE_B];
	bool b_counts = day->motion_is_use && b->is_known;

	if (is_covered(day, a))
		return retain(a);
	if (b_counts && (is_covered(day, b) || !a->is_known || b->measured_s > a->measured_s))
		return retain(b);
	if (a->is_known)
		return retain(a);
	return (struct usage_retained){.bounded_s = b->bounded_s};
}

int64_t usage_covered_ms(const struct usage_span *spans, size_t n, unsigned classes, int64_t from_ms,
			 int64_t until_ms)
{
	int64_t covered_ms = 0, reached_ms = from_ms;

	for (size_t i = 0; i < n && spans[i].from_ms < until_ms; i++) {
		int64_t low = spans[i].from_ms > reached_ms ? spans[i].from_ms : reached_ms;
		int64_t high = spans[i].until_ms < until_ms ? spans[i].until_ms : until_ms;

		if (!(classes & 1u << spans[i].by) || high <= low)
			continue;
		covered_ms += high - low;
		reached_ms = high;
	}
	return covered_ms;
}
