/* SPDX-License-Identifier: EUPL-1.2 */
/* The texts of HTTP that are read by hand: paths, encodings, addresses. Pure. */
#ifndef NAVETTE_HTTP_TEXT_H
#define NAVETTE_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_MAX_URI 8192

/* "/a%20b?x=1" → path "/a b" (its own memory of size bytes), query "x=1" (points into uri). False where the
 * path does not begin with "/", is too long, has a broken escape, an escaped "/", "\" or NUL, a control sign,
 * or is no UTF-8. */
bool http_split_uri(const char *uri, char *path, size_t size, const char **query);

/* Does an Accept-Encoding accept this coding (RFC 9110 §12.5.3)? q=0 refuses; "*" does not count. */
bool http_accepts(const char *accept_encoding, const char *coding);

/* The last element of a list header ("a, b" → "b"); false where it does not fit or is empty. */
bool http_last_element(const char *list, char *out, size_t size);

/* May this path name a file below a folder? Only letters, digits, ".", "-", "_" and "/"; no part begins with
 * ".". */
bool http_path_is_plain(const char *path);
/* Has the last part of the path an extension? */
bool http_path_has_extension(const char *path);
/* Does its name carry a hash of its content ("app-1A2B3C4D.js")? */
bool http_path_is_hashed(const char *path);

#endif
