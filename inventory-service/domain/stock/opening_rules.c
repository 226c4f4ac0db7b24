/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/opening_rules.h"

#include <string.h>

#define DAY_MIN 1440

/* ---- the text ------------------------------------------------------------------------------------------ */

struct reader {
	const char *start, *s;
	bool failed;
};

static bool take(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (r->failed || strncmp(r->s, word, len) != 0)
		return false;
	r->s += len;
	return true;
}

static void spaces(struct reader *r)
{
	while (*r->s == ' ')
		r->s++;
}

static int take_weekday(struct reader *r)
{
	static const char names[7][3] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

	for (int i = 0; i < 7; i++)
		if (take(r, names[i]))
			return i;
	r->failed = true;
	return 0;
}

/* "Fr-Mo" goes round the end of the week. */
static unsigned take_weekdays(struct reader *r)
{
	unsigned days = 0;

	do {
		int from = take_weekday(r), until = from;

		if (take(r, "-"))
			until = take_weekday(r);
		for (int d = from;; d = (d + 1) % 7) {
			days |= 1u << d;
			if (d == until)
				break;
		}
	} while (!r->failed && take(r, ","));
	return days;
}

static int take_two_digits(struct reader *r)
{
	int n = 0;

	for (int i = 0; i < 2; i++) {
		if (r->failed || *r->s < '0' || *r->s > '9') {
			r->failed = true;
			return 0;
		}
		n = n * 10 + (*r->s++ - '0');
	}
	return n;
}

static int take_minute(struct reader *r)
{
	int hour = take_two_digits(r), minute;

	r->failed |= !take(r, ":");
	minute = take_two_digits(r);
	r->failed |= minute > 59 || hour * 60 + minute > DAY_MIN;
	return hour * 60 + minute;
}

static void take_span(struct reader *r, unsigned days, struct opening_week *w)
{
	int from = take_minute(r), until;

	r->failed |= !take(r, "-");
	until = take_minute(r);
	r->failed |= from >= until;
	for (int d = 0; d < 7 && !r->failed; d++) {
		if (!(days & 1u << d))
			continue;
		r->failed |=
			w->n[d] == OPENING_SPANS || (w->n[d] && w->spans[d][w->n[d] - 1].until_min >= from);
		if (r->failed)
			return;
		w->spans[d][w->n[d]].from_min = from;
		w->spans[d][w->n[d]++].until_min = until;
	}
}

static void take_rule(struct reader *r, struct opening_week *w)
{
	unsigned days = 0x7f;

	if (!(*r->s >= '0' && *r->s <= '9'))
		days = take_weekdays(r);
	spaces(r);
	for (int d = 0; d < 7; d++)
		if (days & 1u << d)
			w->n[d] = 0;
	if (take(r, "off") || take(r, "closed"))
		return;
	do
		take_span(r, days, w);
	while (!r->failed && take(r, ","));
}

bool opening_parse(const char *text, struct opening_week *out, size_t *at)
{
	struct reader r = {.start = text, .s = text};

	*out = (struct opening_week){.is_always = !*text || strcmp(text, "24/7") == 0};
	while (!out->is_always && !r.failed && *r.s) {
		take_rule(&r, out);
		spaces(&r);
		if (*r.s && !take(&r, ";"))
			r.failed = true;
		spaces(&r);
	}
	*at = (size_t)(r.s - r.start);
	return !r.failed;
}

/* ---- the time ------------------------------------------------------------------------------------------ */

static bool is_before(struct calendar_date a, struct calendar_date b)
{
	return a.year != b.year ? a.year < b.year : a.month != b.month ? a.month < b.month : a.day < b.day;
}

static bool is_closed_on(const struct openings *o, struct calendar_date date)
{
	for (size_t i = 0; i < o->n_closures; i++)
		if (!is_before(date, o->closures[i].from) && !is_before(o->closures[i].until, date))
			return true;
	return false;
}

static bool is_blocked_at(const struct openings *o, int64_t t_s)
{
	for (size_t i = 0; i < o->n_blocks; i++)
		if (o->blocks[i].from_s <= t_s && t_s < o->blocks[i].until_s)
			return true;
	return false;
}

/* 1970-01-01 was a Thursday: 3 from Monday. */
static int weekday_of(int64_t local_s)
{
	int64_t days = local_s >= 0 ? local_s / 86400 : (local_s - 86399) / 86400;

	return (int)(((days + 3) % 7 + 7) % 7);
}

bool opening_is_open(const struct openings *o, int64_t t_s)
{
	int64_t local_s = t_s + calendar_offset_s(t_s), of_day;
	int d = weekday_of(local_s);

	if (is_blocked_at(o, t_s) || is_closed_on(o, calendar_date_of(t_s)))
		return false;
	if (o->week.is_always)
		return true;
	of_day = ((local_s % 86400) + 86400) % 86400;
	for (int i = 0; i < o->week.n[d]; i++)
		if (o->week.spans[d][i].from_min * 60 <= of_day &&
		    of_day <= o->week.spans[d][i].until_min * 60)
			return true;
	return false;
}

/* A local day has one offset, or two: the second holds from the change on. */
struct wall_part {
	int64_t from_s, until_s;
	int64_t midnight_s; /* UTC, were this offset the whole day's */
};

static void wall_parts(int64_t day_s, int64_t next_s, struct wall_part parts[2])
{
	int64_t before_s = calendar_offset_s(day_s), after_s = calendar_offset_s(next_s - 1);
	int64_t change_s = day_s;

	while (before_s != after_s && calendar_offset_s(change_s) == before_s)
		change_s += CALENDAR_HOUR_S;
	parts[0] = (struct wall_part){day_s, change_s, day_s};
	parts[1] = (struct wall_part){change_s, next_s, day_s + before_s - after_s};
}

/* When the wall shows a minute of the day; the nearest end where it never does. */
static int64_t minute_s(const struct wall_part *p, int minute)
{
	int64_t at_s = p->midnight_s + (int64_t)minute * 60;

	return at_s < p->from_s ? p->from_s : at_s > p->until_s ? p->until_s : at_s;
}

static void consider(const struct openings *o, int64_t at_s, int64_t t_s, int64_t *best_s)
{
	if (at_s >= t_s && at_s < *best_s && opening_is_open(o, at_s))
		*best_s = at_s;
}

static void consider_day(const struct openings *o, int64_t day_s, int64_t next_s, int64_t t_s,
			 int64_t *best_s)
{
	struct wall_part parts[2];
	int d = weekday_of(day_s + calendar_offset_s(day_s));

	if (o->week.is_always)
		consider(o, day_s, t_s, best_s);
	wall_parts(day_s, next_s, parts);
	for (int i = 0; i < 2 * o->week.n[d]; i++)
		consider(o, minute_s(&parts[i % 2], o->week.spans[d][i / 2].from_min), t_s, best_s);
}

/* It opens where an opening begins, where a block ends, where the wall's time goes into an opening, or,
 * always open, at the end of a closure. */
bool opening_next(const struct openings *o, int64_t t_s, int64_t *out_s)
{
	int64_t best_s = INT64_MAX, day_s = calendar_day_start_s(calendar_date_of(t_s)), next_s;

	consider(o, t_s, t_s, &best_s);
	for (size_t i = 0; i < o->n_blocks; i++)
		consider(o, o->blocks[i].until_s, t_s, &best_s);
	for (int n = 0; n < OPENING_SEARCH_DAYS && best_s > day_s; n++, day_s = next_s) {
		next_s = calendar_next_day_s(day_s);
		consider_day(o, day_s, next_s, t_s, &best_s);
	}
	*out_s = best_s;
	return best_s != INT64_MAX;
}

static int64_t overlap_s(int64_t a, int64_t b, int64_t from_s, int64_t until_s)
{
	int64_t lo = a > from_s ? a : from_s, hi = b < until_s ? b : until_s;

	return hi > lo ? hi - lo : 0;
}

static int64_t day_seconds(const struct openings *o, int64_t day_s, int64_t next_s, int64_t from_s,
			   int64_t until_s)
{
	struct wall_part parts[2];
	int d = weekday_of(day_s + calendar_offset_s(day_s));
	int64_t sum = 0;

	if (o->week.is_always)
		return overlap_s(day_s, next_s, from_s, until_s);
	wall_parts(day_s, next_s, parts);
	for (int i = 0; i < 2 * o->week.n[d]; i++)
		sum += overlap_s(minute_s(&parts[i % 2], o->week.spans[d][i / 2].from_min),
				 minute_s(&parts[i % 2], o->week.spans[d][i / 2].until_min), from_s, until_s);
	return sum;
}

int64_t opening_seconds(const struct openings *o, int64_t from_s, int64_t until_s)
{
	int64_t sum = 0, day_s = calendar_day_start_s(calendar_date_of(from_s));

	for (int64_t next_s; from_s < until_s && day_s < until_s; day_s = next_s) {
		next_s = calendar_next_day_s(day_s);
		if (!is_closed_on(o, calendar_date_of(day_s)))
			sum += day_seconds(o, day_s, next_s, from_s, until_s);
	}
	return sum;
}
