/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/csv.h"

#include <stdio.h>
#include <string.h>

#include "common/daemon/text.h"

/* The reply's buffer takes bytes as they are; its commas are JSON's, not ours. */
static void put(struct csv *csv, const char *bytes)
{
	csv->out->comma = false;
	json_put_raw(csv->out, NULL, bytes);
	csv->out->comma = false;
}

static void begin_field(struct csv *csv)
{
	if (csv->in_row)
		put(csv, ";");
	csv->in_row = true;
}

/* Quoted in portions: a text has no bound here. */
static void put_quoted(struct csv *csv, const char *v)
{
	char portion[128];
	size_t len = 0;

	put(csv, "\"");
	for (; *v; v++) {
		if (*v == '"')
			portion[len++] = '"';
		portion[len++] = *v;
		if (len < sizeof portion - 2)
			continue;
		portion[len] = '\0';
		put(csv, portion);
		len = 0;
	}
	portion[len] = '\0';
	put(csv, portion);
	put(csv, "\"");
}

static bool is_formula(const char *v)
{
	return v[0] && strchr("=+-@\t\r", v[0]);
}

void csv_text(struct csv *csv, const char *v)
{
	begin_field(csv);
	if (is_formula(v)) {
		char led[2048];

		/* Longer than that it is no cell; the lead alone already disarms it. */
		snprintf(led, sizeof led, "'%s", v);
		put_quoted(csv, led);
	} else if (v[strcspn(v, ";\"\r\n")]) {
		put_quoted(csv, v);
	} else {
		put(csv, v);
	}
}

void csv_i64(struct csv *csv, int64_t v)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)v);
	begin_field(csv);
	put(csv, text);
}

void csv_opt(struct csv *csv, bool known, int64_t v)
{
	if (known)
		csv_i64(csv, v);
	else
		csv_text(csv, "");
}

void csv_id(struct csv *csv, int64_t id)
{
	csv_opt(csv, id != 0, id);
}

void csv_decimal(struct csv *csv, int64_t v, int decimals)
{
	int64_t unit = 1, rest;
	char text[48];

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	rest = v % unit;
	snprintf(text, sizeof text, decimals ? "%s%lld,%0*lld" : "%s%lld", v < 0 && v > -unit ? "-" : "",
		 (long long)(v / unit), decimals, (long long)(rest < 0 ? -rest : rest));
	begin_field(csv);
	put(csv, text);
}

void csv_hours(struct csv *csv, bool known, int64_t s)
{
	if (known)
		csv_decimal(csv, (s + 18) / 36, 2);
	else
		csv_text(csv, "");
}

void csv_time(struct csv *csv, int64_t t_s)
{
	char text[21] = "";

	if (t_s)
		rfc3339_format(t_s, text);
	csv_text(csv, text);
}

void csv_end_row(struct csv *csv)
{
	put(csv, "\r\n");
	csv->in_row = false;
}

void csv_begin(struct csv *csv, struct json_out *out, const char *const *titles)
{
	*csv = (struct csv){.out = out};
	put(csv, "\xef\xbb\xbf");
	for (; *titles; titles++)
		csv_text(csv, *titles);
	csv_end_row(csv);
}
