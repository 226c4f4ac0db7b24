/* SPDX-License-Identifier: EUPL-1.2 */
/* The part of OpenStreetMap's opening_hours that places.csv uses: "Tu-Fr,Su 09:30-12:30,13:30-18:00; Sa
 * 10:00-12:30". */
#include <string.h>

#include "common/daemon/log.h"
#include "inventory-service/demo/world.h"

static int take_weekday(const char **s)
{
	static const char names[7][3] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

	for (int i = 0; i < 7; i++) {
		if (!strncmp(*s, names[i], 2)) {
			*s += 2;
			return i;
		}
	}
	fatal("demo: opening hours: no weekday at \"%s\"", *s);
}

/* "Tu-Fr,Su ": is weekday among them? */
static bool take_weekdays(const char **s, int weekday)
{
	bool found = false;

	for (;;) {
		int from = take_weekday(s), until = from;

		if (**s == '-') {
			++*s;
			until = take_weekday(s);
		}
		found |= from <= weekday && weekday <= until;
		if (**s != ',')
			return found;
		++*s;
	}
}

static int take_number(const char **s)
{
	int n = 0;

	while (**s >= '0' && **s <= '9')
		n = n * 10 + *(*s)++ - '0';
	return n;
}

/* "09:30-" or "12:30" with the sign after it */
static int take_minutes(const char **s, const char *after)
{
	int minutes = 60 * take_number(s);

	if (*(*s)++ != ':')
		fatal("demo: opening hours: no time at \"%s\"", *s - 1);
	minutes += take_number(s);
	if (**s && strchr(after, **s))
		++*s;
	return minutes;
}

int demo_openings(const char *hours, int weekday, struct demo_opening *out, int max)
{
	const char *s = hours;
	int n = 0;

	while (*s) {
		bool applies = take_weekdays(&s, weekday);

		while (*s == ' ')
			s++;
		while (*s >= '0' && *s <= '9') {
			int from = take_minutes(&s, "-"), until = take_minutes(&s, ",");

			if (applies && n < max)
				out[n++] = (struct demo_opening){from, until};
		}
		while (*s == ';' || *s == ' ')
			s++;
	}
	return n;
}
