/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One call of deflate for the whole body: answers are bounded (a page of a list) and in memory already, and a
 * stream would need a state for each connection. Level 4: JSON lists shrink to within a few per cent of level
 * 9 in a third of its time.
 */
#include "inventory-service/gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define LEVEL 4
#define WINDOW_OF_GZIP (15 + 16) /* zlib.h: 16 more writes a gzip header and trailer */

bool gzip_pack(char **bytes, size_t *len)
{
	z_stream z = {0};
	size_t size;
	char *packed;
	bool ok;

	if (*len > INT_MAX ||
	    deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_OF_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	size = *len; /* a result as long as the body is of no use */
	packed = malloc(size);
	z.next_in = (Bytef *)*bytes;
	z.avail_in = (uInt)*len;
	z.next_out = (Bytef *)packed;
	z.avail_out = (uInt)size;
	ok = packed && deflate(&z, Z_FINISH) == Z_STREAM_END;
	size -= z.avail_out;
	deflateEnd(&z);
	if (!ok) {
		free(packed);
		return false;
	}
	free(*bytes);
	*bytes = packed;
	*len = size;
	return true;
}
