/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
/* HCI packets and captures: the input is a stream of H4 packets, or, where it begins like one, a btsnoop
 * file. */
#include <stdlib.h>
#include <string.h>

#include "gateway/btsnoop.h"
#include "gateway/hci.h"
#include "gateway/sieve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sieve sieve;

static void one_packet(const uint8_t *data, size_t len)
{
	uint8_t *packet = malloc(len > 0 ? len : 1); /* its own block: a read beyond it is caught */
	struct hci_walk w;
	struct hci_advert a;
	uint16_t opcode;
	uint8_t status;
	unsigned sum = 0;

	memcpy(packet, data, len);
	(void)hci_event_kind(packet, len, &opcode, &status);
	w = hci_walk(packet, len);
	while (hci_walk_next(&w, &a)) {
		for (size_t i = 0; i < a.len; i++)
			sum += a.data[i];
		(void)sieve_judge(&sieve, sum, &a);
	}
	free(packet);
}

static void capture(const uint8_t *data, size_t size)
{
	struct btsnoop_record r;

	for (size_t at = BTSNOOP_HEADER_LEN; size - at >= BTSNOOP_RECORD_LEN;) {
		if (!btsnoop_record(data + at, &r))
			return;
		at += BTSNOOP_RECORD_LEN;
		if (r.len > size - at)
			return;
		if (hci_packet_len(data + at, r.len) == (int32_t)r.len)
			one_packet(data + at, r.len);
		at += r.len;
	}
}

static void stream(const uint8_t *data, size_t size)
{
	while (size > 0) {
		int32_t len = hci_packet_len(data, size);

		if (len > 0 && (size_t)len <= size)
			one_packet(data, (size_t)len);
		if (len <= 0 || (size_t)len > size) {
			one_packet(data, size > 300 ? 300 : size);
			len = 1;
		}
		data += len;
		size -= (size_t)len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sieve_list list;

	if (size > 4096)
		return 0;
	if (sieve.list.n == 0 && sieve_list_parse("fcd2 company:0499", &list))
		sieve_init(&sieve, &list, 30000);
	if (size >= BTSNOOP_HEADER_LEN && btsnoop_header_fault(data) == NULL)
		capture(data, size);
	else
		stream(data, size);
	return 0;
}
