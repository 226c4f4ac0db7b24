/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bluetooth HCI packets (Core Specification vol. 4 part A and E) as far as a passive listener needs them: the
 * H4 framing, the commands that start a scan, and the two advertising events. Pure: the sockets, the serial
 * port and the capture files all end in these functions.
 */
#ifndef NAVETTE_HCI_H
#define NAVETTE_HCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HCI_MAX_PACKET 65541u /* 1 + 4 + 65536: the largest frame H4 can announce (ACL) */
#define HCI_MAX_COMMAND 12u
#define HCI_RSSI_UNKNOWN (-127) /* HCI says 127 */

/* The length of the H4 packet that bytes start with, its type byte included; 0 where more bytes are needed to
 * tell, -1 where the first byte is no H4 packet type: the stream is out of step. */
int32_t hci_packet_len(const uint8_t *bytes, size_t len);

enum hci_event {
	HCI_OTHER,
	HCI_COMMAND_COMPLETE,
	HCI_COMMAND_STATUS,
	HCI_ADVERTISING,
	HCI_HARDWARE_ERROR,
	HCI_MALFORMED
};

/* What a whole packet (type byte included) is. COMPLETE and STATUS: *opcode and *status are set. */
enum hci_event hci_event_kind(const uint8_t *packet, size_t len, uint16_t *opcode, uint8_t *status);

/* One AD structure of one advertisement that may mean something: service data with a 16-bit UUID (AD type
 * 0x16) or manufacturer data (0xFF). data points into the packet. */
struct hci_advert {
	uint8_t address[6]; /* display order: the reverse of the wire */
	int8_t rssi_dbm;    /* HCI_RSSI_UNKNOWN where the controller has none */
	bool is_company;
	uint16_t id;
	const uint8_t *data;
	uint8_t len;
};

/* Walks the AD structures of an advertising event:
 *
 *   struct hci_walk w = hci_walk(packet, len);
 *   while (hci_walk_next(&w, &advert)) …
 *   bad += w.n_bad;       // cut reports, and AD structures longer than their advertisement
 *
 * n_adverts counts the advertisements. Extended reports that are fragments, and anonymous ones, are passed
 * over. */
struct hci_walk {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	bool extended;
	unsigned n_left;
	unsigned n_adverts;
	unsigned n_bad;
	const uint8_t *ad; /* the rest of the present advertisement */
	size_t ad_len;
	uint8_t address[6];
	int8_t rssi_dbm;
};
struct hci_walk hci_walk(const uint8_t *packet, size_t len);
bool hci_walk_next(struct hci_walk *w, struct hci_advert *out);

/* The commands that make a controller scan passively, duplicates not filtered, in order: Reset, Set Event
 * Mask, LE Set Event Mask, LE Set Scan Parameters, LE Set Scan Enable. Each is answered by Command Complete.
 */
#define HCI_N_SCAN_COMMANDS 5u
struct hci_command {
	const char *name;
	uint16_t opcode;
	uint8_t len;
	uint8_t bytes[HCI_MAX_COMMAND]; /* H4, ready to send */
};
const struct hci_command *hci_scan_command(size_t i); /* NULL from HCI_N_SCAN_COMMANDS on */

#endif
