/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One pass over the text, without a tree and without recursion. It refuses what cJSON 1.7 accepts although
 * RFC 8259 does not (control characters, invalid UTF-8, 01, 1., a byte order mark) and what it accepts and
 * then cannot represent (an escaped NUL, a number that rounds silently). Everything it passes may still be
 * no JSON.
 */
#include "common/daemon/json_scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/daemon/text.h"

#define MAX_DEPTH 16
#define MAX_NUMBER_LEN 63 /* cJSON cuts longer ones */

struct scan {
	const char *at;
	const char *end;
	int depth;
	const char *why;
};

static void refuse(struct scan *s, const char *why)
{
	if (s->why == NULL)
		s->why = why;
	s->at = s->end;
}

/* Four hex digits behind "\u"; -1 where they are not. */
static int32_t escaped_unit(const char *at, const char *end)
{
	uint8_t unit[2];

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u' || !hex_decode(at + 2, 4, unit, 2))
		return -1;
	return unit[0] << 8 | unit[1];
}

static bool is_high_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static void scan_unit(struct scan *s)
{
	const int32_t unit = escaped_unit(s->at, s->end);

	if (unit < 0 || is_low_surrogate(unit)) {
		refuse(s, "an escape of no character");
		return;
	}
	if (unit == 0) {
		refuse(s, "an escaped NUL");
		return;
	}
	s->at += 6;
	if (!is_high_surrogate(unit))
		return;
	if (is_low_surrogate(escaped_unit(s->at, s->end)))
		s->at += 6;
	else
		refuse(s, "half a surrogate pair");
}

static void scan_escape(struct scan *s)
{
	if (s->end - s->at < 2)
		refuse(s, "a text without end");
	else if (s->at[1] == 'u')
		scan_unit(s);
	else if (s->at[1] == '\0' || strchr("\"\\/bfnrt", s->at[1]) == NULL)
		refuse(s, "an unknown escape");
	else
		s->at += 2;
}

static void scan_multibyte(struct scan *s)
{
	const size_t len = utf8_char_len(s->at, (size_t)(s->end - s->at));

	if (len == 0)
		refuse(s, "a text that is not UTF-8");
	s->at += len;
}

static void scan_text(struct scan *s)
{
	s->at++; /* the opening quote */
	while (s->at < s->end && *s->at != '"') {
		const unsigned char c = (unsigned char)*s->at;

		if (c == '\\')
			scan_escape(s);
		else if (c >= 0x80)
			scan_multibyte(s);
		else if (c < 0x20)
			refuse(s, "a control character in a text");
		else
			s->at++;
	}
	if (s->at < s->end)
		s->at++;
	else
		refuse(s, "a text without end");
}

static bool is_digit_at(const struct scan *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static void skip_digits(struct scan *s)
{
	if (!is_digit_at(s))
		refuse(s, "a malformed number");
	while (is_digit_at(s))
		s->at++;
}

static bool skip_one_of(struct scan *s, const char *signs)
{
	if (s->at >= s->end || *s->at == '\0' || strchr(signs, *s->at) == NULL)
		return false;
	s->at++;
	return true;
}

/* The one integer that a double takes for 2^53, which is allowed. */
static bool rounds_silently(const char *digits, size_t len)
{
	static const char culprit[] = "9007199254740993";

	return len == sizeof culprit - 1 && memcmp(digits, culprit, len) == 0;
}

/* RFC 8259 §6. */
static void scan_number(struct scan *s)
{
	const char *start = s->at, *digits;
	bool is_integer = true;

	skip_one_of(s, "-");
	digits = s->at;
	if (!skip_one_of(s, "0"))
		skip_digits(s);
	if (skip_one_of(s, ".")) {
		skip_digits(s);
		is_integer = false;
	}
	if (skip_one_of(s, "eE")) {
		skip_one_of(s, "+-");
		skip_digits(s);
		is_integer = false;
	}
	if (s->why != NULL)
		return;
	if (s->at - start > MAX_NUMBER_LEN)
		refuse(s, "a number too long");
	else if (s->at < s->end && strchr(" \t\r\n,]}", *s->at) == NULL)
		refuse(s, "a malformed number");
	else if (is_integer && rounds_silently(digits, (size_t)(s->at - digits)))
		refuse(s, "an integer beyond 2^53");
}

static void scan_bracket(struct scan *s)
{
	const char c = *s->at++;

	s->depth += c == '{' || c == '[' ? 1 : -1;
	if (s->depth > MAX_DEPTH)
		refuse(s, "more than 16 levels");
	else if (s->depth < 0)
		refuse(s, "a bracket too many");
}

/* Space, commas, colons, and the letters of true, false and null. */
static bool is_between(char c)
{
	return c == ',' || c == ':' || c == ' ' || (c >= 'a' && c <= 'z') || c == '\n' || c == '\t' ||
	       c == '\r';
}

const char *json_scan(const char *bytes, size_t len)
{
	struct scan s = {.at = bytes, .end = bytes + len};

	while (s.at < s.end) {
		const char c = *s.at;

		if (c == '"')
			scan_text(&s);
		else if (c == '-' || (c >= '0' && c <= '9'))
			scan_number(&s);
		else if (c == '{' || c == '[' || c == '}' || c == ']')
			scan_bracket(&s);
		else if (is_between(c))
			s.at++;
		else
			refuse(&s, "a sign outside of a text");
	}
	return s.why;
}
