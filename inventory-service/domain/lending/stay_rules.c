/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/stay_rules.h"

#include <stddef.h>

static int64_t travel_s(const struct stay_ways *w, int64_t from_place_id, int64_t to_place_id)
{
	return from_place_id == to_place_id ? 0 : w->lead_s;
}

int64_t stay_gap_s(const struct stay_ways *w, const struct stay *a, const struct stay *b)
{
	return a->inspect_s + travel_s(w, a->place_id, b->place_id) + b->prepare_s;
}

enum stay_fit stay_fit(const struct stay_ways *w, const struct stay *a, const struct stay *b)
{
	if (a->ends_s > b->starts_s)
		return STAY_OVERLAPS;
	return b->starts_s - a->ends_s >= stay_gap_s(w, a, b) ? STAY_FITS : STAY_TOO_TIGHT;
}

static bool goes_home_between(const struct stay_ways *w, const struct stay *a, const struct stay *b)
{
	return b->starts_s - a->ends_s >= a->inspect_s + travel_s(w, a->place_id, w->home_id) +
						  travel_s(w, w->home_id, b->place_id) + b->prepare_s;
}

/* Onward ways are counted before the stay they lead to. */
struct stay_block stay_blocked(const struct stay_ways *w, const struct stay *before, const struct stay *s,
			       const struct stay *after)
{
	bool from_home = !before || goes_home_between(w, before, s);
	bool to_home = !after || goes_home_between(w, s, after);

	return (struct stay_block){
		.from_s = s->starts_s - s->prepare_s -
			  travel_s(w, from_home ? w->home_id : before->place_id, s->place_id),
		.until_s = s->ends_s + s->inspect_s + (to_home ? travel_s(w, s->place_id, w->home_id) : 0),
	};
}
