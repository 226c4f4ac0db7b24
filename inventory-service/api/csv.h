/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * CSV as French spreadsheets open it: UTF-8 with a byte order mark, ";" between fields, decimal comma, CRLF
 * (RFC 4180). A text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a carriage
 * return) is led by an apostrophe, so that it is shown as it is.
 */
#ifndef NAVETTE_CSV_H
#define NAVETTE_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/json.h"

#define CSV_CONTENT_TYPE "text/csv; charset=utf-8"

struct csv {
	struct json_out *out; /* the reply's bytes */
	bool in_row;
};

/* The mark and the row of titles, which end with NULL. */
void csv_begin(struct csv *csv, struct json_out *out, const char *const *titles);
void csv_text(struct csv *csv, const char *v);
void csv_i64(struct csv *csv, int64_t v);
void csv_id(struct csv *csv, int64_t id);             /* 0: empty */
void csv_opt(struct csv *csv, bool known, int64_t v); /* unknown: empty */
/* v / 10^decimals with a comma: csv_decimal(csv, 123450, 2) puts 1234,50. decimals: 0 to 9. */
void csv_decimal(struct csv *csv, int64_t v, int decimals);
/* Seconds as hours to a hundredth, rounded half up: 5400 puts 1,50. */
void csv_hours(struct csv *csv, bool known, int64_t s);
void csv_time(struct csv *csv, int64_t t_s); /* RFC 3339 UTC; 0: empty */
void csv_end_row(struct csv *csv);

#endif
