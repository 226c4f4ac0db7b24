/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The files of the web UI. A path without an extension is a page of the one app and gets index.html; a path
 * with one is a file below the folder or nothing. Precompressed twins (.br, .gz) are chosen by
 * Accept-Encoding.
 */
#ifndef NAVETTE_WEB_FILES_H
#define NAVETTE_WEB_FILES_H

#include <stdbool.h>
#include <stdint.h>

struct web_file {
	int fd; /* the caller closes */
	uint64_t size;
	const char *content_type;
	const char *encoding; /* NULL: as it is */
	bool is_immutable;    /* its name changes with its content */
	char etag[48];
};

/* False, with errno: the folder cannot be opened. */
bool web_dir_is_there(const char *dir);
/* dir: the folder, as it is now. False: no such folder or file. */
bool web_file_open(const char *dir, const char *path, const char *accept_encoding, struct web_file *out);

#endif
