/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Finding a route: the table is walked, its patterns compared piece by piece. A hundred rows cost about a
 * microsecond, and there is no second structure to keep true.
 */
#include "inventory-service/routes.h"

#include <string.h>

#include "common/daemon/text.h"
#include "inventory-service/api/api.h"

#define CSV "[.csv]"

static const struct route_row rows[N_ROUTES] = {
#define X(name, method, path, mode) [ROUTE_##name] = {#name, HTTP_##method, path, mode, api_##name},
	ROUTE_LIST(X)
#undef X
};

static route_prepare *const prepares[N_ROUTES] = {
#define X(name) [ROUTE_##name] = api_##name##_prepare,
	PREPARE_LIST(X)
#undef X
};

const struct route_row *route_row(enum route route)
{
	return &rows[route];
}

route_prepare *route_prepare_of(enum route route)
{
	return prepares[route];
}

/* Takes one piece of the path, up to the next '/' or the end. */
static size_t piece_len(const char *s)
{
	return strcspn(s, "/");
}

static bool take_id(const char *piece, size_t len, int64_t *out)
{
	char digits[20];

	if (len == 0 || len >= sizeof digits || piece[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++)
		if (piece[i] < '0' || piece[i] > '9')
			return false;
	memcpy(digits, piece, len);
	digits[len] = '\0';
	return int64_parse(digits, out);
}

static bool take_word(const char *piece, size_t len, struct route_match *m)
{
	if (len == 0 || len >= sizeof m->word)
		return false;
	memcpy(m->word, piece, len);
	m->word[len] = '\0';
	return true;
}

static bool take_piece(const char *pattern, size_t pattern_len, const char *piece, size_t len, int *n_ids,
		       struct route_match *m)
{
	if (pattern_len == 4 && memcmp(pattern, "{id}", 4) == 0)
		return *n_ids < 2 && take_id(piece, len, &m->ids[(*n_ids)++]);
	if (pattern_len == 6 && memcmp(pattern, "{word}", 6) == 0)
		return take_word(piece, len, m);
	return pattern_len == len && memcmp(pattern, piece, len) == 0;
}

/* Both begin with '/'. */
static bool matches(const char *pattern, size_t pattern_len, const char *path, size_t path_len,
		    struct route_match *m)
{
	const char *pattern_end = pattern + pattern_len, *path_end = path + path_len;
	int n_ids = 0;

	while (pattern < pattern_end && path < path_end && *path == '/') {
		size_t a, b;

		pattern++, path++;
		a = piece_len(pattern), b = piece_len(path);
		if (a > (size_t)(pattern_end - pattern))
			a = (size_t)(pattern_end - pattern);
		if (b > (size_t)(path_end - path))
			b = (size_t)(path_end - path);
		if (!take_piece(pattern, a, path, b, &n_ids, m))
			return false;
		pattern += a, path += b;
	}
	return pattern == pattern_end && path == path_end;
}

static bool row_matches(const char *pattern, const char *path, struct route_match *m)
{
	const char *csv = strstr(pattern, CSV);
	size_t pattern_len = csv ? (size_t)(csv - pattern) : strlen(pattern);
	size_t path_len = strlen(path);

	if (matches(pattern, pattern_len, path, path_len, m))
		return true;
	if (!csv || path_len < 4 || strcmp(path + path_len - 4, ".csv") != 0)
		return false;
	m->wants_csv = matches(pattern, pattern_len, path, path_len - 4, m);
	return m->wants_csv;
}

struct route_match route_find(enum http_method method, const char *path)
{
	struct route_match found = {.route = N_ROUTES};
	unsigned allowed = 0;

	for (enum route i = 0; i < N_ROUTES; i++) {
		struct route_match m = {.route = i};

		if (!row_matches(rows[i].path, path, &m))
			continue;
		allowed |= 1u << rows[i].method;
		if (rows[i].method == method)
			found = m;
	}
	found.allowed = allowed;
	return found;
}
