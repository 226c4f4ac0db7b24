/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * BTHome v2. Decoding goes from outside in: information byte, address, seal, object list. Objects are walked
 * with the sticky reader; the first one that is unknown or cut ends the list, because its length is unknown,
 * and the ones before it stand, as every receiver reads it.
 */
#include "common/wire/bthome.h"

#include <string.h>

#include "common/wire/bytes.h"
#include "common/wire/ccm.h"

enum { INFO_ENCRYPTED = 0x01, INFO_ADDRESS = 0x02, INFO_TRIGGER = 0x04, INFO_VERSION_SHIFT = 5, VERSION = 2 };
enum { NONCE = 13, COUNTER = 4, SEAL = COUNTER + NVT_BTHOME_MIC };

/* https://bthome.io/encryption/: address ‖ UUID ‖ information byte ‖ counter. */
static void nonce_of(const uint8_t address[6], uint8_t info, uint32_t counter, uint8_t out[NONCE])
{
	struct nvt_writer w = nvt_write(out, NONCE);

	nvt_put_bytes(&w, address, 6);
	nvt_put_u16le(&w, NVT_BTHOME_UUID);
	nvt_put_u8(&w, info);
	nvt_put_u32le(&w, counter);
}

static bool is_same_text(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* Receivers number what a person would read as the same quantity: 0C after 4A is the second voltage. */
static uint8_t index_of(const struct nvt_bthome_frame *f, const struct nvt_bthome_kind *kind)
{
	uint8_t index = 1;

	for (size_t i = 0; i < f->n_objects; i++) {
		const struct nvt_bthome_kind *k = nvt_bthome_kind(f->objects[i].id);

		if (k == kind || (k->class == kind->class && is_same_text(k->name, kind->name)))
			index++;
	}
	return index;
}

static int64_t raw_of(const struct nvt_bthome_kind *kind, const uint8_t *bytes)
{
	struct nvt_reader r = nvt_read(bytes, (size_t)kind->len);
	int64_t raw = (int64_t)nvt_take_uint_le(&r, (size_t)kind->len);

	if (kind->is_signed && bytes[kind->len - 1] & 0x80)
		raw -= (int64_t)1 << 8 * kind->len;
	return raw;
}

/* Takes one object; false where the list ends early. */
static bool take_object(struct nvt_reader *r, struct nvt_bthome_frame *f)
{
	struct nvt_bthome_object *o = &f->objects[f->n_objects];
	const struct nvt_bthome_kind *kind = nvt_bthome_kind(nvt_take_u8(r));
	size_t len;

	if (!kind || f->n_objects == NVT_BTHOME_MAX_OBJECTS)
		return false;
	len = kind->len < 0 ? nvt_take_u8(r) : (size_t)kind->len;
	o->bytes = nvt_take_view(r, len);
	if (!nvt_read_ok(r))
		return false;
	o->id = kind->id;
	o->index = index_of(f, kind);
	o->len = (uint8_t)len;
	o->raw = kind->len < 0 ? 0 : raw_of(kind, o->bytes);
	f->n_objects++;
	return true;
}

static void take_objects(struct nvt_bthome_frame *f)
{
	struct nvt_reader r = nvt_read(f->clear, f->clear_len);

	while (!f->truncated && nvt_read_left(&r))
		f->truncated = !take_object(&r, f);
}

/* The rest of r is ciphertext ‖ counter ‖ MIC. */
static enum nvt_bthome_status open_seal(struct nvt_reader *r, uint8_t info, const uint8_t address[6],
					const struct nvt_aes128 *aes, struct nvt_bthome_frame *f)
{
	uint8_t nonce[NONCE];
	const struct nvt_ccm p = {.nonce = nonce, .nonce_len = NONCE, .tag_len = NVT_BTHOME_MIC};
	size_t len = nvt_read_left(r) < SEAL ? 0 : nvt_read_left(r) - SEAL;
	const uint8_t *sealed = nvt_take_view(r, len), *mic;

	f->counter = nvt_take_u32le(r);
	mic = nvt_take_view(r, NVT_BTHOME_MIC);
	if (!nvt_read_end(r)) {
		f->counter = 0;
		return NVT_BTHOME_TOO_SHORT;
	}
	if (!aes)
		return NVT_BTHOME_NEED_KEY;
	nonce_of(f->has_address ? f->address : address, info, f->counter, nonce);
	if (!nvt_ccm_open(aes, &p, sealed, len, mic, f->clear))
		return NVT_BTHOME_BAD_MIC;
	f->clear_len = len;
	return NVT_BTHOME_OK;
}

static enum nvt_bthome_status open_frame(const uint8_t *data, size_t len, const uint8_t address[6],
					 const struct nvt_aes128 *aes, struct nvt_bthome_frame *f)
{
	struct nvt_reader r = nvt_read(data, len);
	uint8_t info = nvt_take_u8(&r);

	if (!nvt_read_ok(&r) || len > NVT_BTHOME_MAX_DATA)
		return NVT_BTHOME_TOO_SHORT;
	f->encrypted = info & INFO_ENCRYPTED;
	f->trigger_based = info & INFO_TRIGGER;
	if (info >> INFO_VERSION_SHIFT != VERSION)
		return NVT_BTHOME_BAD_VERSION;
	if (info & INFO_ADDRESS) {
		f->has_address = true;
		for (int i = 5; i >= 0; i--)
			f->address[i] = nvt_take_u8(&r);
	}
	if (!nvt_read_ok(&r))
		return NVT_BTHOME_TOO_SHORT;
	if (f->encrypted)
		return open_seal(&r, info, address, aes, f);
	f->clear_len = nvt_read_left(&r);
	nvt_take_bytes(&r, f->clear, f->clear_len);
	return aes ? NVT_BTHOME_DOWNGRADE : NVT_BTHOME_OK;
}

enum nvt_bthome_status nvt_bthome_decode(const uint8_t *data, size_t len, const uint8_t address[6],
					 const struct nvt_aes128 *aes, struct nvt_bthome_frame *out)
{
	enum nvt_bthome_status status;

	memset(out, 0, sizeof *out);
	status = open_frame(data, len, address, aes, out);
	if (status == NVT_BTHOME_OK || status == NVT_BTHOME_DOWNGRADE)
		take_objects(out);
	return status;
}

const struct nvt_bthome_object *nvt_bthome_find(const struct nvt_bthome_frame *f, uint8_t id)
{
	for (size_t i = 0; i < f->n_objects; i++)
		if (f->objects[i].id == id)
			return &f->objects[i];
	return NULL;
}

size_t nvt_bthome_seal(const struct nvt_aes128 *aes, const uint8_t address[6], uint32_t counter,
		       const uint8_t *objects, size_t len, uint8_t *out, size_t cap)
{
	const uint8_t info = NVT_BTHOME_INFO_CLEAR | INFO_ENCRYPTED;
	uint8_t nonce[NONCE], mic[NVT_BTHOME_MIC];
	const struct nvt_ccm p = {.nonce = nonce, .nonce_len = NONCE, .tag_len = sizeof mic};
	struct nvt_writer w;

	if (len > NVT_BTHOME_MAX_DATA - 1 - SEAL || cap < 1 + len + SEAL)
		return 0;
	nonce_of(address, info, counter, nonce);
	if (!nvt_ccm_seal(aes, &p, objects, len, out + 1, mic))
		return 0;
	out[0] = info;
	w = nvt_write(out + 1 + len, cap - 1 - len);
	nvt_put_u32le(&w, counter);
	nvt_put_bytes(&w, mic, sizeof mic);
	return 1 + len + SEAL;
}

size_t nvt_tag_reading_put(const struct nvt_tag_reading *v, uint8_t *out, size_t cap)
{
	struct nvt_writer w = nvt_write(out, cap);

	nvt_put_u8(&w, 0x00);
	nvt_put_u8(&w, v->packet_id);
	nvt_put_u8(&w, 0x01);
	nvt_put_u8(&w, v->battery_pct);
	nvt_put_u8(&w, 0x27);
	nvt_put_u8(&w, v->running);
	nvt_put_u8(&w, 0x3d);
	nvt_put_u16le(&w, v->counter_epoch);
	nvt_put_u8(&w, 0x3e);
	nvt_put_u32le(&w, v->active_s);
	return nvt_write_end(&w) ? w.len : 0;
}

size_t nvt_tag_about_put(const struct nvt_tag_reading *v, uint8_t *out, size_t cap)
{
	struct nvt_writer w = nvt_write(out, cap);

	nvt_put_u8(&w, 0x00);
	nvt_put_u8(&w, v->packet_id);
	nvt_put_u8(&w, 0x0c);
	nvt_put_u16le(&w, v->voltage_mv);
	nvt_put_u8(&w, 0x3d);
	nvt_put_u16le(&w, v->counter_epoch);
	nvt_put_u8(&w, 0xf2);
	for (int i = 2; i >= 0; i--)
		nvt_put_u8(&w, v->firmware[i]);
	return nvt_write_end(&w) ? w.len : 0;
}
