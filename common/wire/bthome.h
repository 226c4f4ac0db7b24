/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * BTHome v2 service data (UUID 0xFCD2), https://bthome.io/format/ and /encryption/.
 *
 * Service data here never includes the two UUID bytes: the first byte is the device information byte.
 * Addresses are six bytes in display order (c0:98:… → c0 98 …), the order the nonce uses.
 * Decoding does not judge replay: it says what the bytes say; the service decides (replay_rules.h).
 */
#ifndef NAVETTE_WIRE_BTHOME_H
#define NAVETTE_WIRE_BTHOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/aes128.h"

#define NVT_BTHOME_UUID 0xfcd2u
#define NVT_BTHOME_MAX_OBJECTS 32u
#define NVT_BTHOME_MAX_DATA 255u
#define NVT_BTHOME_MIC 4u

enum nvt_bthome_status {
	NVT_BTHOME_OK,
	NVT_BTHOME_NEED_KEY, /* encrypted, and no key was given */
	NVT_BTHOME_BAD_MIC,
	NVT_BTHOME_DOWNGRADE,   /* clear although a key is registered; objects are decoded all the same */
	NVT_BTHOME_BAD_VERSION, /* the version bits are not 2 */
	NVT_BTHOME_TOO_SHORT,   /* shorter than its own parts, or longer than NVT_BTHOME_MAX_DATA */
};

enum nvt_bthome_class {
	NVT_BTHOME_SENSOR,
	NVT_BTHOME_BINARY,
	NVT_BTHOME_EVENT, /* 3A button: a code; 3C dimmer: a code and the steps */
	NVT_BTHOME_TEXT,  /* any bytes: whether they are UTF-8 is the reader's to ask */
	NVT_BTHOME_RAW,
	NVT_BTHOME_ABOUT, /* the device itself: type, firmware version (bytes, most significant last) */
};

/* The object table is data (id, length, signedness, factor); names are for people and for sniff. */
struct nvt_bthome_kind {
	uint8_t id;
	enum nvt_bthome_class class;
	int8_t len; /* bytes; -1: a length byte follows (0x53 text, 0x54 raw) */
	bool is_signed;
	int8_t factor_exp10; /* value = raw × factor_mul × 10^factor_exp10 */
	uint16_t factor_mul;
	const char *name;
	const char *unit;
};

/* NULL for an id this table does not know: a receiver stops there. */
const struct nvt_bthome_kind *nvt_bthome_kind(uint8_t id);

struct nvt_bthome_object {
	uint8_t id;
	uint8_t index;        /* 1, 2 … for repeated objects of one class and name, whatever their id */
	int64_t raw;          /* sign-extended; 0 for text and raw */
	const uint8_t *bytes; /* the object's bytes, inside frame.clear */
	uint8_t len;
};

struct nvt_bthome_frame {
	bool encrypted;
	bool trigger_based;
	bool has_address;   /* information bit 1: six address bytes follow, as deployed receivers read it */
	uint8_t address[6]; /* only where has_address; display order */
	uint32_t counter;   /* only where encrypted */
	uint8_t clear[NVT_BTHOME_MAX_DATA]; /* the object list */
	size_t clear_len;
	struct nvt_bthome_object objects[NVT_BTHOME_MAX_OBJECTS];
	size_t n_objects;
	bool truncated; /* an unknown id or a cut object ended the list early */
};

/* aes: the tag's key schedule, NULL where no key is registered. On anything but OK and DOWNGRADE no object is
 * set. out is always written; its pointers point into out itself. data may be freed afterwards. */
enum nvt_bthome_status nvt_bthome_decode(const uint8_t *data, size_t len, const uint8_t address[6],
					 const struct nvt_aes128 *aes, struct nvt_bthome_frame *out);

/* The first object of that id, NULL where absent. */
const struct nvt_bthome_object *nvt_bthome_find(const struct nvt_bthome_frame *f, uint8_t id);

/* A clear frame's information byte: version 2, nothing else. */
#define NVT_BTHOME_INFO_CLEAR 0x40u

/* Seals an object list of len bytes as encrypted service data: info ‖ ciphertext ‖ counter ‖ MIC, len + 9
 * bytes. Returns the length, 0 where cap is too small. The caller never uses a counter twice with one key. */
size_t nvt_bthome_seal(const struct nvt_aes128 *aes, const uint8_t address[6], uint32_t counter,
		       const uint8_t *objects, size_t len, uint8_t *out, size_t cap);

/* What a Navette tag says (mqtt.md §5). */
struct nvt_tag_reading {
	uint8_t packet_id;
	bool running;
	uint8_t battery_pct; /* 0 … 100 */
	uint16_t counter_epoch;
	uint32_t active_s;
	uint16_t voltage_mv;
	uint8_t firmware[3]; /* major, minor, patch */
};

/* The frequent shape: 00 01 27 3D 3E, 14 bytes. Returns the length, 0 where cap is too small. */
size_t nvt_tag_reading_put(const struct nvt_tag_reading *v, uint8_t *out, size_t cap);
/* Every tenth: 00 0C 3D F2. */
size_t nvt_tag_about_put(const struct nvt_tag_reading *v, uint8_t *out, size_t cap);

#endif
