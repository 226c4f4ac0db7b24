/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/calendar_rules.h"

#include <string.h>

#define DAY_S 86400
#define STANDARD_S 3600
#define SUMMER_S 7200

/* Days since 1970-01-01 of a proleptic Gregorian date, and back: H. Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms"; the year begins in March so that the leap day ends it. */
static int64_t days_of(struct calendar_date d)
{
	int64_t y = d.month <= 2 ? d.year - 1 : d.year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static struct calendar_date date_of(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;
	int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);

	return (struct calendar_date){.year = (int)(year_of_era + era * 400 + (month <= 2)),
				      .month = month,
				      .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

static int64_t floor_days(int64_t s)
{
	return (s >= 0 ? s : s - (DAY_S - 1)) / DAY_S;
}

/* 01:00 UTC on the last Sunday of a month of 31 days. 1970-01-01 was a Thursday. */
static int64_t last_sunday_s(int year, int month)
{
	int64_t last = days_of((struct calendar_date){year, month, 31});
	int64_t days_after_sunday = (last + 4) % 7;

	return (last - days_after_sunday) * DAY_S + CALENDAR_HOUR_S;
}

int64_t calendar_offset_s(int64_t utc_s)
{
	int year = date_of(floor_days(utc_s)).year;

	return utc_s >= last_sunday_s(year, 3) && utc_s < last_sunday_s(year, 10) ? SUMMER_S : STANDARD_S;
}

struct calendar_date calendar_date_of(int64_t utc_s)
{
	return date_of(floor_days(utc_s + calendar_offset_s(utc_s)));
}

int64_t calendar_day_start_s(struct calendar_date date)
{
	int64_t local_s = days_of(date) * DAY_S;

	/* The clocks change at 02:00 or 03:00 local, so the offset at local midnight is that of an hour
	 * before or after. */
	return local_s - calendar_offset_s(local_s - STANDARD_S);
}

int64_t calendar_next_day_s(int64_t utc_s)
{
	struct calendar_date date = calendar_date_of(utc_s);

	date.day++;
	return calendar_day_start_s(date);
}

static bool digits(const char *text, int n, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (text[i] - '0');
	}
	return true;
}

bool calendar_date_parse(const char *text, struct calendar_date *out)
{
	struct calendar_date d, back;

	if (strlen(text) != CALENDAR_DATE_SIZE - 1 || text[4] != '-' || text[7] != '-' ||
	    !digits(text, 4, &d.year) || !digits(text + 5, 2, &d.month) || !digits(text + 8, 2, &d.day))
		return false;
	if (d.year < CALENDAR_FIRST_YEAR || d.year > CALENDAR_LAST_YEAR || d.month < 1 || d.month > 12 ||
	    d.day < 1)
		return false;
	back = date_of(days_of(d));
	if (back.month != d.month || back.day != d.day)
		return false;
	*out = d;
	return true;
}

static bool take_clock(const char *text, int64_t *of_day_s)
{
	int hour, minute, second = 0;
	size_t len = strlen(text);

	if ((len != 5 && len != 8) || !digits(text, 2, &hour) || text[2] != ':' ||
	    !digits(text + 3, 2, &minute))
		return false;
	if (len == 8 && (text[5] != ':' || !digits(text + 6, 2, &second)))
		return false;
	*of_day_s = hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second < 60;
}

enum calendar_local calendar_local_parse(const char *text, int64_t *utc_s)
{
	char day[CALENDAR_DATE_SIZE];
	struct calendar_date date;
	int64_t of_day_s, local_s;

	if (strlen(text) < 16 || text[10] != 'T' || !take_clock(text + 11, &of_day_s))
		return CALENDAR_NO_LOCAL;
	memcpy(day, text, 10);
	day[10] = '\0';
	if (!calendar_date_parse(day, &date))
		return CALENDAR_NO_LOCAL;
	local_s = days_of(date) * DAY_S + of_day_s;
	*utc_s = local_s - SUMMER_S;
	if (calendar_offset_s(*utc_s) == SUMMER_S)
		return CALENDAR_LOCAL_OK;
	*utc_s = local_s - STANDARD_S;
	return calendar_offset_s(*utc_s) == STANDARD_S ? CALENDAR_LOCAL_OK : CALENDAR_NO_SUCH_TIME;
}

static char *put_digits(char *at, int v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		at[i] = (char)('0' + v % 10);
	return at + n;
}

void calendar_month_format(struct calendar_date date, char out[CALENDAR_MONTH_SIZE])
{
	char *at = put_digits(out, date.year, 4);

	*at++ = '-';
	at = put_digits(at, date.month, 2);
	*at = '\0';
}

void calendar_date_format(struct calendar_date date, char out[CALENDAR_DATE_SIZE])
{
	char *at;

	calendar_month_format(date, out);
	at = out + CALENDAR_MONTH_SIZE - 1;
	*at++ = '-';
	at = put_digits(at, date.day, 2);
	*at = '\0';
}
