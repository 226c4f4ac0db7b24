/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Opening hours as a person types them. What is taken for a week is one, and three ways of asking it agree:
 * minute by minute, by the next opening, and by the sum of its seconds; on days of 23, 24 and 25 hours. */
#include <stdlib.h>
#include <string.h>

#include "inventory-service/domain/stock/opening_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DAY_S 86400
#define MARCH_S 1806188400   /* local midnight of 2027-03-28 */
#define OCTOBER_S 1824933600 /* local midnight of 2027-10-31 */

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void is_a_week(const struct opening_week *w)
{
	for (int d = 0; d < 7; d++) {
		demand(w->n[d] >= 0 && w->n[d] <= OPENING_SPANS);
		for (int i = 0; i < w->n[d]; i++) {
			demand(w->spans[d][i].from_min < w->spans[d][i].until_min);
			demand(w->spans[d][i].until_min <= 1440);
			demand(i == 0 || w->spans[d][i - 1].until_min < w->spans[d][i].from_min);
		}
	}
}

/* Two days from a midnight: half minutes are within an opening or outside, never at an end. */
static void three_ways_agree(const struct openings *o, int64_t midnight_s)
{
	int64_t next_s = 0, open_s = 0, until_s = midnight_s + 2 * DAY_S;

	for (int64_t t_s = midnight_s + 30; t_s < until_s; t_s += 60) {
		if (t_s > next_s && !opening_next(o, t_s, &next_s))
			next_s = INT64_MAX;
		demand(opening_is_open(o, t_s) == (next_s <= t_s));
		open_s += opening_is_open(o, t_s) ? 60 : 0;
	}
	demand(opening_seconds(o, midnight_s, until_s) == open_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct openings o = {0};
	char text[401];
	size_t at = SIZE_MAX;

	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!opening_parse(text, &o.week, &at)) {
		demand(at <= strlen(text));
		return 0;
	}
	if (o.week.is_always)
		return 0;
	is_a_week(&o.week);
	three_ways_agree(&o, MARCH_S);
	three_ways_agree(&o, OCTOBER_S);
	three_ways_agree(&o, OCTOBER_S + 3 * DAY_S);
	return 0;
}
