/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bounds-checked reading and writing of byte strings.
 *
 * Both are sticky cursors: a take past the end yields zero and marks the reader failed for good; a put past
 * the end writes nothing and marks the writer failed. Ask once, at the end. Neither owns its buffer.
 */
#ifndef NAVETTE_WIRE_BYTES_H
#define NAVETTE_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nvt_reader {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	bool failed;
};

struct nvt_writer {
	uint8_t *bytes;
	size_t cap;
	size_t len;
	bool failed;
};

struct nvt_reader nvt_read(const void *bytes, size_t len);
uint8_t nvt_take_u8(struct nvt_reader *r);
uint16_t nvt_take_u16le(struct nvt_reader *r);
uint32_t nvt_take_u24le(struct nvt_reader *r);
uint32_t nvt_take_u32le(struct nvt_reader *r);
uint64_t nvt_take_u64le(struct nvt_reader *r);
uint16_t nvt_take_u16be(struct nvt_reader *r);
uint32_t nvt_take_u32be(struct nvt_reader *r);
uint64_t nvt_take_u64be(struct nvt_reader *r);
/* Unsigned little-endian of len bytes, 1 to 8. */
uint64_t nvt_take_uint_le(struct nvt_reader *r, size_t len);
/* A view of the next len bytes; NULL (and failed) where fewer are left. len 0 yields a non-NULL view. */
const uint8_t *nvt_take_view(struct nvt_reader *r, size_t len);
/* Copies the next len bytes to out; zeroes out where fewer are left. */
void nvt_take_bytes(struct nvt_reader *r, void *out, size_t len);
size_t nvt_read_left(const struct nvt_reader *r);
/* True where every take succeeded; whether bytes are left over is the caller's to ask. */
bool nvt_read_ok(const struct nvt_reader *r);
/* True where every take succeeded and nothing is left. */
bool nvt_read_end(const struct nvt_reader *r);

struct nvt_writer nvt_write(void *bytes, size_t cap);
void nvt_put_u8(struct nvt_writer *w, uint8_t v);
void nvt_put_u16le(struct nvt_writer *w, uint16_t v);
void nvt_put_u32le(struct nvt_writer *w, uint32_t v);
void nvt_put_u64le(struct nvt_writer *w, uint64_t v);
void nvt_put_u16be(struct nvt_writer *w, uint16_t v);
void nvt_put_u32be(struct nvt_writer *w, uint32_t v);
void nvt_put_u64be(struct nvt_writer *w, uint64_t v);
void nvt_put_bytes(struct nvt_writer *w, const void *bytes, size_t len);
/* True where every put fitted; then w->len bytes are valid. */
bool nvt_write_end(const struct nvt_writer *w);

#endif
