/* SPDX-License-Identifier: EUPL-1.2 */
/* The encodings are written out here: each is a dozen lines, and none of glibc's is bounded the way we
 * need. */
#include "common/daemon/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	if (p == NULL)
		fatal("text: out of memory: n=%zu size=%zu", n, size);
	return p;
}

void *xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size > 0 ? size : 1);

	if (q == NULL)
		fatal("text: out of memory: size=%zu", size);
	return q;
}

char *xstrdup(const char *s)
{
	const size_t size = strlen(s) + 1;

	return memcpy(xcalloc(1, size), s, size);
}

bool str_is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool str_copy(char *out, size_t size, const char *s)
{
	const size_t len = strnlen(s, size);

	if (size == 0)
		return false;
	if (len == size) {
		out[0] = '\0';
		return false;
	}
	memmove(out, s, len + 1);
	return true;
}

bool str_format(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(out, size, format, args);
	va_end(args);
	if (wanted >= 0 && (size_t)wanted < size)
		return true;
	if (size > 0)
		out[0] = '\0';
	return false;
}

/* The length of a multi-byte character (RFC 3629 §4) at s, 0 where it is none. */
static size_t utf8_multibyte(const uint8_t *s, size_t left)
{
	const uint8_t lead = s[0];
	size_t len;
	uint8_t low = 0x80, high = 0xbf; /* of the second byte */

	if (lead >= 0xc2 && lead <= 0xdf)
		len = 2;
	else if (lead >= 0xe0 && lead <= 0xef)
		len = 3;
	else if (lead >= 0xf0 && lead <= 0xf4)
		len = 4;
	else
		return 0;
	if (lead == 0xe0)
		low = 0xa0; /* overlong */
	else if (lead == 0xed)
		high = 0x9f; /* surrogates */
	else if (lead == 0xf0)
		low = 0x90; /* overlong */
	else if (lead == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (left < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

size_t utf8_char_len(const char *s, size_t left)
{
	if (left == 0 || s[0] == '\0')
		return 0;
	return (uint8_t)s[0] < 0x80 ? 1 : utf8_multibyte((const uint8_t *)s, left);
}

bool utf8_valid(const char *s, size_t len)
{
	size_t at = 0, step;

	for (; at < len; at += step)
		if ((step = utf8_char_len(s + at, len - at)) == 0)
			return false;
	return true;
}

void hex_encode(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

/* The value of a hex digit; 16 and more where it is none. */
static unsigned hex_digit(char c)
{
	const unsigned digit = (unsigned char)c - (unsigned)'0',
		       letter = ((unsigned char)c | 0x20u) - (unsigned)'a';

	return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

bool hex_decode(const char *hex, size_t hex_len, uint8_t *out, size_t len)
{
	unsigned seen = 0;

	if (hex_len % 2 != 0 || hex_len / 2 != len)
		return false;
	for (size_t i = 0; i < hex_len; i++)
		seen |= hex_digit(hex[i]);
	if (seen > 15)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return true;
}

bool base64url_encode(const uint8_t *bytes, size_t len, char *out, size_t size)
{
	static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const size_t out_len = len / 3 * 4 + (len % 3 != 0 ? len % 3 + 1 : 0);
	uint32_t held = 0;
	unsigned n_bits = 0;

	if (size <= out_len) {
		if (size > 0)
			out[0] = '\0';
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		held = held << 8 | bytes[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			*out++ = signs[held >> (n_bits - 6) & 63];
	}
	if (n_bits > 0)
		*out++ = signs[held << (6 - n_bits) & 63];
	*out = '\0';
	return true;
}

static int base64url_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

bool base64url_decode(const char *s, uint8_t *out, size_t len)
{
	const size_t n_signs = len / 3 * 4 + (len % 3 != 0 ? len % 3 + 1 : 0);
	uint32_t held = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	if (strlen(s) != n_signs)
		return false;
	for (size_t i = 0; i < n_signs; i++)
		if (base64url_digit(s[i]) < 0)
			return false;
	/* one spelling for each value: the bits left over are zero (RFC 4648 §3.5) */
	if (len % 3 != 0 && (base64url_digit(s[n_signs - 1]) & (len % 3 == 1 ? 15 : 3)) != 0)
		return false;
	for (size_t i = 0; i < n_signs; i++) {
		held = held << 6 | (uint32_t)base64url_digit(s[i]);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		out[n++] = (uint8_t)(held >> n_bits & 255);
	}
	return true;
}

bool address_parse(const char *s, uint8_t out[6])
{
	uint8_t address[6];

	if (strlen(s) != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		if (i < 5 && s[3 * i + 2] != ':')
			return false;
		if (!hex_decode(s + 3 * i, 2, &address[i], 1))
			return false;
	}
	memcpy(out, address, sizeof address);
	return true;
}

void address_format(const uint8_t address[6], char out[18])
{
	for (size_t i = 0; i < 6; i++) {
		hex_encode(&address[i], 1, out + 3 * i);
		out[3 * i + 2] = ':';
	}
	out[17] = '\0';
}

bool int64_parse(const char *s, int64_t *out)
{
	const bool is_negative = s[0] == '-';
	int64_t v = 0;

	s += is_negative;
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		/* downwards: INT64_MIN has no positive twin */
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, *s - '0', &v))
			return false;
	}
	if (!is_negative && v == INT64_MIN)
		return false;
	*out = is_negative ? v : -v;
	return true;
}
