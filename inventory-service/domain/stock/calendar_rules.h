/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Local days and months of Europe/Paris. Pure. Valid from 1996 on, since when the European Union's rule holds
 * (directive 2000/84/EC and its forerunner): summer time, UTC+2, from 01:00 UTC on the last Sunday of March
 * to 01:00 UTC on the last Sunday of October; else UTC+1. A change of that law is a change of this file,
 * whatever time zone data the machine has: the same evidence gives the same days everywhere.
 */
#ifndef NAVETTE_CALENDAR_RULES_H
#define NAVETTE_CALENDAR_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_HOUR_S 3600
#define CALENDAR_DATE_SIZE 11 /* "2026-11-25" and a NUL */
#define CALENDAR_MONTH_SIZE 8 /* "2026-11" and a NUL */
#define CALENDAR_FIRST_YEAR 1996
#define CALENDAR_LAST_YEAR 2199

struct calendar_date {
	int year;
	int month; /* 1 … 12 */
	int day;   /* 1 … 31 */
};

/* Local time minus UTC at that instant: 3600 or 7200. */
int64_t calendar_offset_s(int64_t utc_s);
struct calendar_date calendar_date_of(int64_t utc_s);
/* Local midnight as UTC seconds: it always exists and is never ambiguous here. A day may be past the end of
 * its month. */
int64_t calendar_day_start_s(struct calendar_date date);
/* The local midnight after the one at or before utc_s: 23, 24 or 25 hours later. */
int64_t calendar_next_day_s(int64_t utc_s);
/* "2026-11-25", within CALENDAR_FIRST_YEAR … CALENDAR_LAST_YEAR, a day that exists; false otherwise. */
bool calendar_date_parse(const char *text, struct calendar_date *out);
/* "2027-03-28T02:30" or "2027-03-28T02:30:00", Europe/Paris without an offset: of two moments with this name
 * the first; CALENDAR_NO_SUCH_TIME where the clocks skip it. */
enum calendar_local { CALENDAR_LOCAL_OK, CALENDAR_NO_LOCAL, CALENDAR_NO_SUCH_TIME };
enum calendar_local calendar_local_parse(const char *text, int64_t *utc_s);
void calendar_date_format(struct calendar_date date, char out[CALENDAR_DATE_SIZE]);
void calendar_month_format(struct calendar_date date, char out[CALENDAR_MONTH_SIZE]);

#endif
