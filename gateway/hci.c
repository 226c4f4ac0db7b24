/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Every length on the wire is somebody else's claim: packets are read with the sticky cursor, an AD structure
 * that runs over its advertisement ends that advertisement and is counted, and the next report of the event
 * is found from the event's own lengths. Several reports in one event stand one after the other, as Linux and
 * every controller read vol. 4 part E §7.7.65.2.
 */
#include "gateway/hci.h"

#include <string.h>

#include "common/wire/bytes.h"

enum { H4_COMMAND = 1, H4_ACL = 2, H4_SCO = 3, H4_EVENT = 4, H4_ISO = 5 };
enum {
	EVENT_COMMAND_COMPLETE = 0x0e,
	EVENT_COMMAND_STATUS = 0x0f,
	EVENT_HARDWARE_ERROR = 0x10,
	EVENT_LE_META = 0x3e
};
enum { LE_ADVERTISING_REPORT = 0x02, LE_EXTENDED_ADVERTISING_REPORT = 0x0d };
enum { AD_SERVICE_DATA_16 = 0x16, AD_MANUFACTURER = 0xff };
enum { ADDRESS_ANONYMOUS = 0xff, EXTENDED_DATA_STATUS = 0x60 };

int32_t hci_packet_len(const uint8_t *bytes, size_t len)
{
	struct nvt_reader r = nvt_read(bytes, len);
	int32_t total = 0;

	if (len == 0)
		return 0;
	switch (nvt_take_u8(&r)) {
	case H4_COMMAND:
		(void)nvt_take_u16le(&r);
		total = 4 + nvt_take_u8(&r);
		break;
	case H4_ACL:
		(void)nvt_take_u16le(&r);
		total = 5 + nvt_take_u16le(&r);
		break;
	case H4_SCO:
		(void)nvt_take_u16le(&r);
		total = 4 + nvt_take_u8(&r);
		break;
	case H4_EVENT:
		(void)nvt_take_u8(&r);
		total = 3 + nvt_take_u8(&r);
		break;
	case H4_ISO:
		(void)nvt_take_u16le(&r);
		total = 5 + (nvt_take_u16le(&r) & 0x3fff);
		break;
	default:
		return -1;
	}
	return nvt_read_ok(&r) ? total : 0;
}

enum hci_event hci_event_kind(const uint8_t *packet, size_t len, uint16_t *opcode, uint8_t *status)
{
	struct nvt_reader r = nvt_read(packet, len);
	uint8_t type = nvt_take_u8(&r), code = 0, body = 0, first = 0;

	if (nvt_read_ok(&r) && type != H4_EVENT)
		return HCI_OTHER;
	code = nvt_take_u8(&r);
	body = nvt_take_u8(&r);
	if (!nvt_read_ok(&r) || nvt_read_left(&r) != body)
		return HCI_MALFORMED;
	switch (code) {
	case EVENT_COMMAND_COMPLETE:
		(void)nvt_take_u8(&r); /* commands the controller has room for */
		*opcode = nvt_take_u16le(&r);
		/* The opcode 0 only gives room and has no status. */
		*status = nvt_read_left(&r) > 0 ? nvt_take_u8(&r) : 0;
		return nvt_read_ok(&r) ? HCI_COMMAND_COMPLETE : HCI_MALFORMED;
	case EVENT_COMMAND_STATUS:
		*status = nvt_take_u8(&r);
		(void)nvt_take_u8(&r);
		*opcode = nvt_take_u16le(&r);
		return nvt_read_ok(&r) ? HCI_COMMAND_STATUS : HCI_MALFORMED;
	case EVENT_HARDWARE_ERROR:
		return HCI_HARDWARE_ERROR;
	case EVENT_LE_META:
		first = nvt_take_u8(&r);
		if (!nvt_read_ok(&r))
			return HCI_MALFORMED;
		return first == LE_ADVERTISING_REPORT || first == LE_EXTENDED_ADVERTISING_REPORT
			       ? HCI_ADVERTISING
			       : HCI_OTHER;
	default:
		return HCI_OTHER;
	}
}

struct hci_walk hci_walk(const uint8_t *packet, size_t len)
{
	struct hci_walk w = {.bytes = packet, .len = len};
	struct nvt_reader r = nvt_read(packet, len);
	uint16_t opcode;
	uint8_t status;

	if (hci_event_kind(packet, len, &opcode, &status) != HCI_ADVERTISING)
		return w;
	(void)nvt_take_view(&r, 3);
	w.extended = nvt_take_u8(&r) == LE_EXTENDED_ADVERTISING_REPORT;
	w.n_left = nvt_take_u8(&r);
	if (!nvt_read_ok(&r)) {
		w.n_left = 0;
		w.n_bad = 1;
	}
	w.at = r.at;
	return w;
}

static void take_address(struct nvt_reader *r, uint8_t out[6])
{
	uint8_t wire[6];

	nvt_take_bytes(r, wire, sizeof wire);
	for (size_t i = 0; i < sizeof wire; i++)
		out[i] = wire[5 - i];
}

static int8_t rssi(uint8_t raw)
{
	return raw == 127 ? HCI_RSSI_UNKNOWN : (int8_t)raw;
}

/* Takes the next advertisement's frame into the walk; false where it is cut (and the event with it). */
static bool next_advertisement(struct hci_walk *w)
{
	struct nvt_reader r = nvt_read(w->bytes + w->at, w->len - w->at);
	bool is_passed_over = false;

	w->ad_len = 0;
	if (w->extended) {
		is_passed_over = (nvt_take_u16le(&r) & EXTENDED_DATA_STATUS) != 0;
		is_passed_over |= nvt_take_u8(&r) == ADDRESS_ANONYMOUS;
		take_address(&r, w->address);
		(void)nvt_take_view(&r, 4); /* primary and secondary PHY, SID, TX power */
		w->rssi_dbm = rssi(nvt_take_u8(&r));
		(void)nvt_take_view(&r, 9); /* periodic interval, direct address and its type */
		w->ad_len = nvt_take_u8(&r);
		w->ad = nvt_take_view(&r, w->ad_len);
	} else {
		(void)nvt_take_view(&r, 2); /* event and address type */
		take_address(&r, w->address);
		w->ad_len = nvt_take_u8(&r);
		w->ad = nvt_take_view(&r, w->ad_len);
		w->rssi_dbm = rssi(nvt_take_u8(&r));
	}
	if (!nvt_read_ok(&r)) {
		w->n_bad++;
		w->n_left = 0;
		w->ad_len = 0;
		return false;
	}
	w->n_left--;
	w->n_adverts++;
	w->at += r.at;
	if (is_passed_over)
		w->ad_len = 0;
	return true;
}

/* Takes the next AD structure; false where it is not one of ours (the walk goes on). */
static bool next_structure(struct hci_walk *w, struct hci_advert *out)
{
	struct nvt_reader r = nvt_read(w->ad, w->ad_len);
	uint8_t len = nvt_take_u8(&r), type;
	const uint8_t *body;

	if (len == 0) { /* vol. 3 part C §11: zeros end the data early */
		w->ad_len = 0;
		return false;
	}
	type = nvt_take_u8(&r);
	body = nvt_take_view(&r, len - 1u);
	if (!nvt_read_ok(&r)) {
		w->n_bad++;
		w->ad_len = 0;
		return false;
	}
	w->ad += r.at;
	w->ad_len -= r.at;
	if (type != AD_SERVICE_DATA_16 && type != AD_MANUFACTURER)
		return false;
	if (len < 3) {
		w->n_bad++;
		return false;
	}
	memcpy(out->address, w->address, sizeof out->address);
	out->rssi_dbm = w->rssi_dbm;
	out->is_company = type == AD_MANUFACTURER;
	out->id = (uint16_t)(body[0] | (uint16_t)(body[1] << 8));
	out->data = body + 2;
	out->len = (uint8_t)(len - 3);
	return true;
}

bool hci_walk_next(struct hci_walk *w, struct hci_advert *out)
{
	while (w->ad_len > 0 || w->n_left > 0) {
		if (w->ad_len == 0 && !next_advertisement(w))
			return false;
		if (w->ad_len > 0 && next_structure(w, out))
			return true;
	}
	return false;
}

const struct hci_command *hci_scan_command(size_t i)
{
	static const struct hci_command commands[HCI_N_SCAN_COMMANDS] = {
		{"Reset", 0x0c03, 4, {1, 0x03, 0x0c, 0}},
		/* The default mask and LE Meta (bit 61). */
		{"Set Event Mask",
		 0x0c01,
		 12,
		 {1, 0x01, 0x0c, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x00, 0x20}},
		/* Advertising Report (bit 1) and Extended Advertising Report (bit 12). */
		{"LE Set Event Mask", 0x2001, 12, {1, 0x01, 0x20, 8, 0x02, 0x10}},
		/* Passive; interval = window = 60 ms: always listening; public address; every advertiser. */
		{"LE Set Scan Parameters", 0x200b, 11, {1, 0x0b, 0x20, 7, 0, 0x60, 0x00, 0x60, 0x00, 0, 0}},
		{"LE Set Scan Enable", 0x200c, 6, {1, 0x0c, 0x20, 2, 1, 0}},
	};

	return i < HCI_N_SCAN_COMMANDS ? &commands[i] : NULL;
}
