/* SPDX-License-Identifier: EUPL-1.2 */
/* RFC 3339 by arithmetic on days: timegm and strptime know offsets, locales and years that we do not want. */
#include <string.h>

#include "common/daemon/text.h"

#define S_PER_DAY 86400
#define LAST_S 253402300799 /* 9999-12-31T23:59:59Z */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years are counted from March, in
 * eras of 400 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	const int64_t y = month <= 2 ? year - 1 : year;
	const int64_t year_of_era = y % 400;
	const int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return y / 400 * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
	       719468;
}

static void put_digits(char *out, int64_t v, size_t n)
{
	for (; n > 0; n--, v /= 10)
		out[n - 1] = (char)('0' + v % 10);
}

void rfc3339_format(int64_t t_s, char out[21])
{
	const int64_t t = t_s < 0 ? 0 : t_s > LAST_S ? LAST_S : t_s;
	const int64_t days = t / S_PER_DAY + 719468, s = t % S_PER_DAY;
	const int64_t day_of_era = days % 146097;
	const int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const int64_t month_from_march = (5 * day_of_year + 2) / 153;
	const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

	memcpy(out, "YYYY-MM-DDThh:mm:ssZ", 21);
	put_digits(out, year_of_era + days / 146097 * 400 + (month <= 2), 4);
	put_digits(out + 5, month, 2);
	put_digits(out + 8, day_of_year - (153 * month_from_march + 2) / 5 + 1, 2);
	put_digits(out + 11, s / 3600, 2);
	put_digits(out + 14, s / 60 % 60, 2);
	put_digits(out + 17, s % 60, 2);
}

/* Exactly n digits at *s, within min … max; moves *s behind them. -1 where they are not. */
static int64_t take_number(const char **s, size_t n, int64_t min, int64_t max)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		const char c = (*s)[i];

		if (c < '0' || c > '9')
			return -1;
		v = v * 10 + (c - '0');
	}
	*s += n;
	return v >= min && v <= max ? v : -1;
}

static bool take_sign(const char **s, const char *either)
{
	if (**s == '\0' || strchr(either, **s) == NULL)
		return false;
	++*s;
	return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
	const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month == 2)
		return is_leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool take_date(const char **s, int64_t *days)
{
	int64_t year, month, day;

	if ((year = take_number(s, 4, 1, 9999)) < 0 || !take_sign(s, "-"))
		return false;
	if ((month = take_number(s, 2, 1, 12)) < 0 || !take_sign(s, "-"))
		return false;
	if ((day = take_number(s, 2, 1, days_in_month(year, month))) < 0)
		return false;
	*days = days_of(year, month, day);
	return true;
}

static bool take_time(const char **s, int64_t *second)
{
	int64_t h, m, sec;

	if ((h = take_number(s, 2, 0, 23)) < 0 || !take_sign(s, ":"))
		return false;
	if ((m = take_number(s, 2, 0, 59)) < 0 || !take_sign(s, ":"))
		return false;
	if ((sec = take_number(s, 2, 0, 59)) < 0)
		return false;
	*second = h * 3600 + m * 60 + sec;
	if (**s != '.')
		return true;
	++*s;
	if (**s < '0' || **s > '9')
		return false;
	*s += strspn(*s, "0123456789");
	return true;
}

static bool take_offset(const char **s, int64_t *offset_s)
{
	const bool is_west = **s == '-';
	int64_t h, m;

	*offset_s = 0;
	if (take_sign(s, "Zz"))
		return true;
	if (!take_sign(s, "+-") || (h = take_number(s, 2, 0, 23)) < 0)
		return false;
	if (!take_sign(s, ":") || (m = take_number(s, 2, 0, 59)) < 0)
		return false;
	*offset_s = (h * 3600 + m * 60) * (is_west ? -1 : 1);
	return true;
}

bool rfc3339_parse(const char *s, int64_t *t_s)
{
	int64_t days, second, offset_s, t;

	if (!take_date(&s, &days) || !take_sign(&s, "Tt") || !take_time(&s, &second))
		return false;
	if (!take_offset(&s, &offset_s) || *s != '\0')
		return false;
	t = days * S_PER_DAY + second - offset_s;
	if (t < 0 || t > LAST_S)
		return false;
	*t_s = t;
	return true;
}
