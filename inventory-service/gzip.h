/* SPDX-License-Identifier: EUPL-1.2 */
/* Answers made smaller for slow networks: gzip (RFC 1952) of a whole body. The only file with zlib. */
#ifndef NAVETTE_GZIP_H
#define NAVETTE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

/* What fits one packet gains nothing from being smaller. */
#define GZIP_WORTH ((size_t)1400)

/* Replaces *bytes (malloc'ed, *len bytes) by its gzip form. False: it stays as it was, because it would not
 * have become smaller. */
bool gzip_pack(char **bytes, size_t *len);

#endif
