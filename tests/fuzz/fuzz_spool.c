/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
/* The bytes of a spool segment: whatever they are, the walk ends, reads nothing beyond them, and what it
 * finds is whole. The first byte chooses: as they are, or with the checksums of a record made right. */
#include <stdlib.h>
#include <string.h>

#include "gateway/record.h"
#include "gateway/shrink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const uint8_t *bytes, size_t len)
{
	struct record_walk w = {.bytes = bytes, .len = len};
	struct record_segment segment;
	struct record r;

	if (record_take_segment(bytes, len, &segment))
		w.at = RECORD_SEGMENT_HEADER_LEN;
	while (record_next(&w, &r)) {
		const char *joined = (const char *)r.payload + r.reports_at;
		size_t left = r.reports_len, one;

		if (r.payload + r.payload_len > bytes + len || r.seq < 1)
			abort();
		while ((one = shrink_report_len(joined, left)) > 0) {
			if (one > left)
				abort();
			joined += one;
			left -= one;
		}
	}
}

/* A record that is whole, around the fuzzer's payload and numbers. */
static void make_whole(const uint8_t *data, size_t size, uint8_t *out, size_t *len)
{
	struct record r = {.seq = 1, .oldest = 1, .payload = data, .payload_len = (uint32_t)size};

	r.reports_at = size > 0 ? data[0] % (uint32_t)size : 0;
	r.reports_len = (uint32_t)size - r.reports_at;
	memcpy(out + RECORD_HEADER_LEN, data, size);
	record_put_header(&r, out);
	*len = RECORD_HEADER_LEN + size;
	if (!record_take(out, *len, &r))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes;
	size_t len;

	if (size < 1 || size > 8192)
		return 0;
	len = size - 1;
	bytes = malloc(len + RECORD_HEADER_LEN);
	if (bytes == NULL)
		return 0;
	if (data[0] & 1)
		make_whole(data + 1, size - 1, bytes, &len);
	else
		memcpy(bytes, data + 1, len);
	walk(bytes, len);
	free(bytes);
	return 0;
}
