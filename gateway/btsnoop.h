/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Capture files in the btsnoop format, version 1, as btmon -w, hcidump and Android write them (RFC 1761 with
 * Bluetooth data links). Pure: the reader hands over bytes, replay reads the file.
 */
#ifndef NAVETTE_BTSNOOP_H
#define NAVETTE_BTSNOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTSNOOP_HEADER_LEN 16u
#define BTSNOOP_RECORD_LEN 24u
#define BTSNOOP_MAX_PACKET 65541u

struct btsnoop_record {
	uint32_t len;     /* bytes that follow in the file, ≤ BTSNOOP_MAX_PACKET */
	bool is_cut;      /* the capture kept less than the packet was */
	bool is_received; /* from the controller */
	int64_t unix_us;
};

/* NULL: a btsnoop file of version 1 with H4 packets (data link 1002). Else what is wrong, a static sentence.
 */
const char *btsnoop_header_fault(const uint8_t bytes[BTSNOOP_HEADER_LEN]);
/* False where the record's length is impossible: nothing behind it can be found. */
bool btsnoop_record(const uint8_t bytes[BTSNOOP_RECORD_LEN], struct btsnoop_record *out);

#endif
