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

/* dir_fd: the folder; -1: there is none. False: no such file. */
bool web_file_open(int dir_fd, const char *path, const char *accept_encoding, struct web_file *out);

#endif
