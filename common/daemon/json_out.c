/* SPDX-License-Identifier: EUPL-1.2 */
/* Writing: a stream into a buffer that doubles. What is written is always valid JSON: bytes that are no
 * UTF-8 become U+FFFD, and what is no number becomes null. Nesting is the caller's to keep right. */
#include "common/daemon/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/text.h"

#define FIRST_CAP 256u

void json_out_free(struct json_out *o)
{
	free(o->bytes);
	*o = (struct json_out){0};
}

void json_out_reset(struct json_out *o)
{
	o->len = 0;
	o->comma = false;
	if (o->bytes != NULL)
		o->bytes[0] = '\0';
}

/* Room for len more bytes and the NUL. */
static char *room(struct json_out *o, size_t len)
{
	if (o->cap - o->len <= len) {
		size_t cap = o->cap > 0 ? o->cap : FIRST_CAP;

		while (cap - o->len <= len)
			cap *= 2;
		o->bytes = xrealloc(o->bytes, cap);
		o->cap = cap;
	}
	return o->bytes + o->len;
}

static void put(struct json_out *o, const char *bytes, size_t len)
{
	memcpy(room(o, len), bytes, len);
	o->len += len;
	o->bytes[o->len] = '\0';
}

static void put_char(struct json_out *o, char c)
{
	put(o, &c, 1);
}

/* Bytes at s that stand for themselves inside quotes. */
static size_t plain_len(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= 0x20 && (unsigned char)s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/* One character that plain_len stopped at; returns its bytes. */
static size_t put_special(struct json_out *o, const char *s)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* sign, letter */
	const size_t len = utf8_char_len(s, strnlen(s, 4));
	char escape[8];

	if (len == 0) {
		put(o, "\xef\xbf\xbd", 3);
		return 1;
	}
	if (len > 1 || *s == 0x7f) {
		put(o, s, len);
		return len;
	}
	for (size_t i = 0; i + 1 < sizeof letters; i += 2)
		if (letters[i] == *s) {
			put(o, (const char[]){'\\', letters[i + 1]}, 2);
			return 1;
		}
	snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)*s);
	put(o, escape, 6);
	return 1;
}

static void put_quoted(struct json_out *o, const char *s)
{
	put_char(o, '"');
	while (*s != '\0') {
		const size_t n = plain_len(s);

		put(o, s, n);
		s += n;
		if (*s != '\0')
			s += put_special(o, s);
	}
	put_char(o, '"');
}

/* The comma and the name in front of a value. */
static void begin(struct json_out *o, const char *name)
{
	if (o->comma)
		put_char(o, ',');
	o->comma = true;
	if (name == NULL)
		return;
	put_quoted(o, name);
	put_char(o, ':');
}

static void open_with(struct json_out *o, const char *name, char bracket)
{
	begin(o, name);
	put_char(o, bracket);
	o->comma = false;
}

static void close_with(struct json_out *o, char bracket)
{
	put_char(o, bracket);
	o->comma = true;
}

void json_open_object(struct json_out *o, const char *name)
{
	open_with(o, name, '{');
}

void json_close_object(struct json_out *o)
{
	close_with(o, '}');
}

void json_open_array(struct json_out *o, const char *name)
{
	open_with(o, name, '[');
}

void json_close_array(struct json_out *o)
{
	close_with(o, ']');
}

void json_put_raw(struct json_out *o, const char *name, const char *v)
{
	begin(o, name);
	put(o, v, strlen(v));
}

void json_put_i64(struct json_out *o, const char *name, int64_t v)
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[24];
	size_t at = sizeof digits - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		digits[--at] = '-';
	json_put_raw(o, name, digits + at);
}

void json_put_f64(struct json_out *o, const char *name, double v)
{
	char digits[48];
	int len;

	if (!isfinite(v)) {
		json_put_null(o, name);
		return;
	}
	if (fabs(v) >= 1e15) {
		snprintf(digits, sizeof digits, "%.15g", v);
	} else {
		len = snprintf(digits, sizeof digits, "%.6f", v);
		while (digits[len - 1] == '0')
			digits[--len] = '\0';
		if (digits[len - 1] == '.')
			digits[--len] = '\0';
		if (strcmp(digits, "-0") == 0)
			memcpy(digits, "0", 2);
	}
	json_put_raw(o, name, digits);
}

void json_put_bool(struct json_out *o, const char *name, bool v)
{
	json_put_raw(o, name, v ? "true" : "false");
}

void json_put_null(struct json_out *o, const char *name)
{
	json_put_raw(o, name, "null");
}

void json_put_text(struct json_out *o, const char *name, const char *v)
{
	if (v == NULL) {
		json_put_null(o, name);
		return;
	}
	begin(o, name);
	put_quoted(o, v);
}

void json_put_time(struct json_out *o, const char *name, int64_t t_s)
{
	char text[21];

	rfc3339_format(t_s, text);
	json_put_text(o, name, text);
}
