/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Every take and every put goes through one function that looks at the bounds; the rest is arithmetic on what
 * it returned. After a failure a reader stays where it is and yields zeros, so a parser needs no branch per
 * field.
 */
#include "common/wire/bytes.h"

#include <string.h>

struct nvt_reader nvt_read(const void *bytes, size_t len)
{
	/* A view of nothing is still a view: never NULL, so that NULL means failure. */
	return (struct nvt_reader){.bytes = bytes ? bytes : "", .len = bytes ? len : 0};
}

const uint8_t *nvt_take_view(struct nvt_reader *r, size_t len)
{
	const uint8_t *at = r->bytes + r->at;

	if (r->failed || len > r->len - r->at) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	return at;
}

uint64_t nvt_take_uint_le(struct nvt_reader *r, size_t len)
{
	const uint8_t *at = nvt_take_view(r, len);
	uint64_t v = 0;

	for (size_t i = at ? len : 0; i > 0; i--)
		v = v << 8 | at[i - 1];
	return v;
}

static uint64_t take_uint_be(struct nvt_reader *r, size_t len)
{
	const uint8_t *at = nvt_take_view(r, len);
	uint64_t v = 0;

	for (size_t i = 0; at && i < len; i++)
		v = v << 8 | at[i];
	return v;
}

uint8_t nvt_take_u8(struct nvt_reader *r)
{
	return (uint8_t)nvt_take_uint_le(r, 1);
}

uint16_t nvt_take_u16le(struct nvt_reader *r)
{
	return (uint16_t)nvt_take_uint_le(r, 2);
}

uint32_t nvt_take_u24le(struct nvt_reader *r)
{
	return (uint32_t)nvt_take_uint_le(r, 3);
}

uint32_t nvt_take_u32le(struct nvt_reader *r)
{
	return (uint32_t)nvt_take_uint_le(r, 4);
}

uint64_t nvt_take_u64le(struct nvt_reader *r)
{
	return nvt_take_uint_le(r, 8);
}

uint16_t nvt_take_u16be(struct nvt_reader *r)
{
	return (uint16_t)take_uint_be(r, 2);
}

uint32_t nvt_take_u32be(struct nvt_reader *r)
{
	return (uint32_t)take_uint_be(r, 4);
}

uint64_t nvt_take_u64be(struct nvt_reader *r)
{
	return take_uint_be(r, 8);
}

void nvt_take_bytes(struct nvt_reader *r, void *out, size_t len)
{
	const uint8_t *at = nvt_take_view(r, len);

	if (!len)
		return;
	if (at)
		memcpy(out, at, len);
	else
		memset(out, 0, len);
}

size_t nvt_read_left(const struct nvt_reader *r)
{
	return r->len - r->at;
}

bool nvt_read_ok(const struct nvt_reader *r)
{
	return !r->failed;
}

bool nvt_read_end(const struct nvt_reader *r)
{
	return !r->failed && r->at == r->len;
}

struct nvt_writer nvt_write(void *bytes, size_t cap)
{
	return (struct nvt_writer){.bytes = bytes, .cap = bytes ? cap : 0};
}

static uint8_t *room(struct nvt_writer *w, size_t len)
{
	uint8_t *at;

	if (w->failed || len > w->cap - w->len) {
		w->failed = true;
		return NULL;
	}
	at = w->bytes + w->len;
	w->len += len;
	return at;
}

static void put_uint_le(struct nvt_writer *w, uint64_t v, size_t len)
{
	uint8_t *at = room(w, len);

	for (size_t i = 0; at && i < len; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

static void put_uint_be(struct nvt_writer *w, uint64_t v, size_t len)
{
	uint8_t *at = room(w, len);

	for (size_t i = 0; at && i < len; i++)
		at[i] = (uint8_t)(v >> 8 * (len - 1 - i));
}

void nvt_put_u8(struct nvt_writer *w, uint8_t v)
{
	put_uint_le(w, v, 1);
}

void nvt_put_u16le(struct nvt_writer *w, uint16_t v)
{
	put_uint_le(w, v, 2);
}

void nvt_put_u32le(struct nvt_writer *w, uint32_t v)
{
	put_uint_le(w, v, 4);
}

void nvt_put_u64le(struct nvt_writer *w, uint64_t v)
{
	put_uint_le(w, v, 8);
}

void nvt_put_u16be(struct nvt_writer *w, uint16_t v)
{
	put_uint_be(w, v, 2);
}

void nvt_put_u32be(struct nvt_writer *w, uint32_t v)
{
	put_uint_be(w, v, 4);
}

void nvt_put_u64be(struct nvt_writer *w, uint64_t v)
{
	put_uint_be(w, v, 8);
}

void nvt_put_bytes(struct nvt_writer *w, const void *bytes, size_t len)
{
	uint8_t *at = room(w, len);

	if (at && len)
		memcpy(at, bytes, len);
}

bool nvt_write_end(const struct nvt_writer *w)
{
	return !w->failed;
}
