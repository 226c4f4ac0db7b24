/* SPDX-License-Identifier: EUPL-1.2 */
/* The packets themselves go through hci.c: a capture and a radio are read by one parser. */
#include "gateway/btsnoop.h"

#include <string.h>

#include "common/wire/bytes.h"

#define DATALINK_H4 1002u
#define UNIX_BASE_US 0x00dcddb30f2f8000LL /* 1970-01-01 in µs since the year 0 */

const char *btsnoop_header_fault(const uint8_t bytes[BTSNOOP_HEADER_LEN])
{
	struct nvt_reader r = nvt_read(bytes, BTSNOOP_HEADER_LEN);
	const uint8_t *magic = nvt_take_view(&r, 8);
	uint32_t version = nvt_take_u32be(&r), link = nvt_take_u32be(&r);

	if (memcmp(magic, "btsnoop\0", 8) != 0)
		return "not a btsnoop file (record one with btmon -w FILE)";
	if (version != 1)
		return "a btsnoop version other than 1";
	if (link != DATALINK_H4)
		return "a data link other than 1002 (H4)";
	return NULL;
}

bool btsnoop_record(const uint8_t bytes[BTSNOOP_RECORD_LEN], struct btsnoop_record *out)
{
	struct nvt_reader r = nvt_read(bytes, BTSNOOP_RECORD_LEN);
	uint32_t original = nvt_take_u32be(&r), included = nvt_take_u32be(&r), flags = nvt_take_u32be(&r);
	uint64_t since_0;

	(void)nvt_take_u32be(&r); /* packets lost before this one */
	since_0 = nvt_take_u64be(&r);
	if (included > BTSNOOP_MAX_PACKET || included > original)
		return false;
	out->len = included;
	out->is_cut = included < original;
	out->is_received = (flags & 1u) != 0;
	/* Within the year 9999; a nonsense time only stops the pacing. */
	out->unix_us = since_0 < 0x0470000000000000ULL ? (int64_t)since_0 - UNIX_BASE_US : 0;
	return true;
}
