/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/http_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/daemon/text.h"

static int hex(char sign)
{
	if (sign >= '0' && sign <= '9')
		return sign - '0';
	if (sign >= 'a' && sign <= 'f')
		return sign - 'a' + 10;
	return sign >= 'A' && sign <= 'F' ? sign - 'A' + 10 : -1;
}

/* One sign of the path; *at moves behind it. -1: not acceptable. */
static int take_sign(const char **at)
{
	const char *s = *at;
	int high, low, sign;

	if (*s != '%') {
		*at = s + 1;
		return (unsigned char)*s;
	}
	high = hex(s[1]);
	low = high < 0 ? -1 : hex(s[2]);
	if (low < 0)
		return -1;
	*at = s + 3;
	sign = high * 16 + low;
	return sign == '/' || sign == '\\' ? -1 : sign;
}

bool http_split_uri(const char *uri, char *path, size_t size, const char **query)
{
	size_t n = 0;

	if (uri[0] != '/')
		return false;
	while (*uri && *uri != '?') {
		int sign = take_sign(&uri);

		if (sign < ' ' || sign == 0x7f || n + 1 >= size)
			return false;
		path[n++] = (char)sign;
	}
	path[n] = '\0';
	*query = *uri == '?' ? uri + 1 : uri;
	return utf8_valid(path, n);
}

bool http_accepts(const char *accept_encoding, const char *coding)
{
	size_t coding_len = strlen(coding);
	const char *s = accept_encoding;

	while (s && *s) {
		size_t len = strcspn(s, ",");
		size_t name_len;
		const char *q;

		while (len && (*s == ' ' || *s == '\t'))
			s++, len--;
		name_len = strcspn(s, ",; \t");
		q = memmem(s, len, "q=", 2);
		if (name_len == coding_len && strncasecmp(s, coding, name_len) == 0)
			return !q || strtod(q + 2, NULL) > 0;
		s += len;
		s += *s == ',';
	}
	return false;
}

bool http_last_element(const char *list, char *out, size_t size)
{
	const char *comma = strrchr(list, ',');
	const char *s = comma ? comma + 1 : list;
	size_t len;

	s += strspn(s, " \t");
	len = strcspn(s, " \t");
	if (len == 0 || len >= size)
		return false;
	memcpy(out, s, len);
	out[len] = '\0';
	return true;
}

bool http_path_is_plain(const char *path)
{
	for (const char *s = path; *s; s++) {
		bool is_fine = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			       (*s >= '0' && *s <= '9') || *s == '-' || *s == '_' || *s == '.' || *s == '/';

		if (!is_fine || (*s == '/' && (s[1] == '.' || s[1] == '/')))
			return false;
	}
	return path[0] == '/';
}

bool http_path_has_extension(const char *path)
{
	return strchr(strrchr(path, '/') ? strrchr(path, '/') : path, '.') != NULL;
}

/* esbuild's names: "-" and eight signs of base32 before the extension. */
bool http_path_is_hashed(const char *path)
{
	const char *dash = strrchr(path, '-');
	size_t n = dash ? strspn(dash + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") : 0;

	return n == 8 && dash[9] == '.';
}
