/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/daemon/log.h"
#include "inventory-service/demo/world.h"
#include "inventory-service/domain/stock/opening_rules.h"

int demo_openings(const char *hours, int weekday, struct demo_opening *out, int max)
{
	struct opening_week week;
	size_t at;
	int n = 0;

	if (!opening_parse(hours, &week, &at))
		fatal("demo: opening hours: nothing makes sense from \"%s\" on", hours + at);
	for (; n < week.n[weekday] && n < max; n++)
		out[n] = (struct demo_opening){week.spans[weekday][n].from_min,
					       week.spans[weekday][n].until_min};
	return n;
}
