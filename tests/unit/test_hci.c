/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/hci.h"

/* Core Specification vol. 4 part E §7.7.65.2; the payload is BTHome's published example of a clear frame. */
static const uint8_t legacy[] = {0x04, 0x3e, 0x1b, 0x02, 0x01, 0x00, 0x01, 0x56, 0x34, 0x12,
				 0xe5, 0x98, 0xc0, 0x0f, 0x02, 0x01, 0x06, 0x0b, 0x16, 0xd2,
				 0xfc, 0x40, 0x02, 0xca, 0x09, 0x03, 0xbf, 0x13, 0x00, 0xb9};

static void a_legacy_report_gives_address_in_display_order_rssi_and_service_data(void **state)
{
	uint8_t packet[sizeof legacy];
	struct hci_walk w;
	struct hci_advert a;

	(void)state;
	memcpy(packet, legacy, sizeof legacy);
	packet[13] = 15; /* data length */
	w = hci_walk(packet, sizeof packet);
	assert_true(hci_walk_next(&w, &a));
	assert_memory_equal(a.address, "\xc0\x98\xe5\x12\x34\x56", 6);
	assert_false(a.is_company);
	assert_int_equal(a.id, 0xfcd2);
	assert_int_equal(a.len, 8);
	assert_memory_equal(a.data, "\x40\x02\xca\x09\x03\xbf\x13\x00", 8);
	assert_int_equal(a.rssi_dbm, -71);
	assert_false(hci_walk_next(&w, &a));
	assert_int_equal(w.n_adverts, 1);
	assert_int_equal(w.n_bad, 0);
}

static size_t put_extended(uint8_t *out, uint16_t type, uint8_t address_type, int8_t rssi)
{
	static const uint8_t rest[] = {0xf6, 0xe5, 0xd4, 0xc3, 0xb2, 0xa1, 0x01, 0x00, 0xff, 0x7f};
	static const uint8_t tail[] = {0x00, 0x00, 0x00, 0,    0,    0,    0,    0,
				       0,    0x06, 0x05, 0xff, 0x99, 0x04, 0x05, 0x12};
	size_t n = 0;

	out[n++] = (uint8_t)type;
	out[n++] = (uint8_t)(type >> 8);
	out[n++] = address_type;
	memcpy(out + n, rest, sizeof rest);
	n += sizeof rest;
	out[n++] = (uint8_t)rssi;
	memcpy(out + n, tail, sizeof tail);
	return n + sizeof tail;
}

static void extended_reports_give_manufacturer_data_and_pass_over_fragments_and_the_anonymous(void **state)
{
	uint8_t packet[160] = {0x04, 0x3e, 0, 0x0d, 4};
	size_t len = 5;
	struct hci_walk w;
	struct hci_advert a;

	(void)state;
	len += put_extended(packet + len, 0x0013, 1, -40);
	len += put_extended(packet + len, 0x0020, 1, -41); /* incomplete */
	len += put_extended(packet + len, 0x0000, 0xff, -42);
	len += put_extended(packet + len, 0x0000, 0, 127); /* no RSSI */
	packet[2] = (uint8_t)(len - 3);
	w = hci_walk(packet, len);
	assert_true(hci_walk_next(&w, &a));
	assert_memory_equal(a.address, "\xa1\xb2\xc3\xd4\xe5\xf6", 6);
	assert_true(a.is_company);
	assert_int_equal(a.id, 0x0499);
	assert_int_equal(a.len, 2);
	assert_int_equal(a.rssi_dbm, -40);
	assert_true(hci_walk_next(&w, &a));
	assert_int_equal(a.rssi_dbm, HCI_RSSI_UNKNOWN);
	assert_false(hci_walk_next(&w, &a));
	assert_int_equal(w.n_adverts, 4);
	assert_int_equal(w.n_bad, 0);
}

static void a_structure_longer_than_its_advertisement_is_counted_and_the_next_report_still_heard(void **state)
{
	static const uint8_t packet[] = {
		0x04, 0x3e, 0x1f, 0x02, 0x02, 0x00, 0x00, 1, 2,    3,    4,    5,    6,    0x03, 0x1f, 0x16,
		0xd2, 0xc4, /* AD of 31 bytes in 3 */
		0x00, 0x00, 6,    5,    4,    3,    2,    1, 0x06, 0x05, 0x16, 0xd2, 0xfc, 0x40, 0x01, 0xc4,
	};
	struct hci_walk w = hci_walk(packet, sizeof packet);
	struct hci_advert a;

	(void)state;
	assert_int_equal(packet[2], sizeof packet - 3);
	assert_true(hci_walk_next(&w, &a));
	assert_memory_equal(a.address, "\x01\x02\x03\x04\x05\x06", 6);
	assert_false(hci_walk_next(&w, &a));
	assert_int_equal(w.n_adverts, 2);
	assert_int_equal(w.n_bad, 1);
}

static void a_cut_report_ends_its_event_and_is_counted_at_every_length(void **state)
{
	uint8_t packet[sizeof legacy];
	struct hci_advert a;

	(void)state;
	for (size_t len = 5; len < sizeof legacy; len++) {
		struct hci_walk w;

		memcpy(packet, legacy, sizeof legacy);
		packet[2] = (uint8_t)(len - 3);
		w = hci_walk(packet, len);
		assert_false(hci_walk_next(&w, &a));
		assert_int_equal(w.n_bad, 1);
	}
}

static void an_event_whose_length_disagrees_with_its_packet_is_malformed(void **state)
{
	uint16_t opcode;
	uint8_t status;

	(void)state;
	for (size_t len = 0; len < sizeof legacy; len++)
		assert_int_equal(hci_event_kind(legacy, len, &opcode, &status), HCI_MALFORMED);
	assert_int_equal(hci_event_kind(legacy, sizeof legacy, &opcode, &status), HCI_ADVERTISING);
}

static void framing_tells_each_packet_type_its_length_and_refuses_other_bytes(void **state)
{
	static const uint8_t command[] = {1, 3, 12, 0}, acl[] = {2, 0, 0, 0xff, 0xff}, sco[] = {3, 0, 0, 9},
			     iso[] = {5, 0, 0, 1, 0x40};

	(void)state;
	assert_int_equal(hci_packet_len(command, 4), 4);
	assert_int_equal(hci_packet_len(acl, 5), 5 + 65535);
	assert_int_equal(hci_packet_len(sco, 4), 13);
	assert_int_equal(hci_packet_len(iso, 5), 6);
	assert_int_equal(hci_packet_len(legacy, 3), (int)sizeof legacy);
	for (size_t len = 0; len < 3; len++)
		assert_int_equal(hci_packet_len(legacy, len), 0);
	for (unsigned type = 0; type < 256; type++) {
		uint8_t first = (uint8_t)type;

		assert_int_equal(hci_packet_len(&first, 1), type >= 1 && type <= 5 ? 0 : -1);
	}
}

static void command_complete_and_status_name_their_command(void **state)
{
	static const uint8_t complete[] = {4, 0x0e, 4, 1, 0x0c, 0x20, 0x0c},
			     status_event[] = {4, 0x0f, 4, 1, 1, 0x0b, 0x20};
	uint16_t opcode = 0;
	uint8_t status = 0;

	(void)state;
	assert_int_equal(hci_event_kind(complete, sizeof complete, &opcode, &status), HCI_COMMAND_COMPLETE);
	assert_int_equal(opcode, 0x200c);
	assert_int_equal(status, 0x0c);
	assert_int_equal(hci_event_kind(status_event, sizeof status_event, &opcode, &status),
			 HCI_COMMAND_STATUS);
	assert_int_equal(opcode, 0x200b);
	assert_int_equal(status, 1);
}

static void the_scan_commands_are_whole_h4_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < HCI_N_SCAN_COMMANDS; i++) {
		const struct hci_command *c = hci_scan_command(i);

		assert_int_equal(hci_packet_len(c->bytes, c->len), c->len);
		assert_int_equal(c->bytes[1] | c->bytes[2] << 8, c->opcode);
	}
	assert_null(hci_scan_command(HCI_N_SCAN_COMMANDS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_legacy_report_gives_address_in_display_order_rssi_and_service_data),
		cmocka_unit_test(
			extended_reports_give_manufacturer_data_and_pass_over_fragments_and_the_anonymous),
		cmocka_unit_test(
			a_structure_longer_than_its_advertisement_is_counted_and_the_next_report_still_heard),
		cmocka_unit_test(a_cut_report_ends_its_event_and_is_counted_at_every_length),
		cmocka_unit_test(an_event_whose_length_disagrees_with_its_packet_is_malformed),
		cmocka_unit_test(framing_tells_each_packet_type_its_length_and_refuses_other_bytes),
		cmocka_unit_test(command_complete_and_status_name_their_command),
		cmocka_unit_test(the_scan_commands_are_whole_h4_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
