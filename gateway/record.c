/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The checksum covers the record's header and its payload. A walk that meets damage searches the next magic
 * number whose record is whole: a flipped byte costs one record, never the rest of the segment.
 */
#include "gateway/record.h"

#include <string.h>

#include "common/wire/bytes.h"

#define MAGIC_RECORD 0x4c4f5053u /* "SPOL" */
static const char magic_segment[8] = "NVTSPL1";

static const uint32_t *crc_table(void)
{
	static uint32_t table[256];
	static bool is_ready; /* idempotent: two threads would write the same values */

	if (is_ready)
		return table;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = (c & 1) != 0 ? 0xedb88320u ^ c >> 1 : c >> 1;
		table[i] = c;
	}
	is_ready = true;
	return table;
}

static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t len)
{
	const uint32_t *table = crc_table();

	crc = ~crc;
	for (size_t i = 0; i < len; i++)
		crc = table[(crc ^ bytes[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}

void record_put_segment(const struct record_segment *s, uint8_t out[RECORD_SEGMENT_HEADER_LEN])
{
	struct nvt_writer w = nvt_write(out, RECORD_SEGMENT_HEADER_LEN);

	memset(out, 0, RECORD_SEGMENT_HEADER_LEN);
	nvt_put_bytes(&w, magic_segment, 8);
	nvt_put_bytes(&w, s->epoch, UPLINK_EPOCH_SIZE - 1);
	nvt_put_u64le(&w, (uint64_t)s->first_seq);
	nvt_put_u64le(&w, (uint64_t)s->run_s);
	nvt_put_u64le(&w, s->is_shrunk);
	nvt_put_u32le(&w, crc32(0, out, RECORD_SEGMENT_HEADER_LEN - 4));
}

bool record_take_segment(const uint8_t *bytes, size_t len, struct record_segment *out)
{
	struct nvt_reader r = nvt_read(bytes, len);
	const uint8_t *magic = nvt_take_view(&r, 8);
	struct record_segment s = {.first_seq = 0};

	nvt_take_bytes(&r, s.epoch, UPLINK_EPOCH_SIZE - 1);
	s.first_seq = (int64_t)nvt_take_u64le(&r);
	s.run_s = (int64_t)nvt_take_u64le(&r);
	s.is_shrunk = nvt_take_u64le(&r) != 0;
	if (nvt_take_u32le(&r) !=
	    crc32(0, bytes, len < RECORD_SEGMENT_HEADER_LEN ? 0 : RECORD_SEGMENT_HEADER_LEN - 4))
		return false;
	if (!nvt_read_ok(&r) || memcmp(magic, magic_segment, 8) != 0 || !uplink_epoch_valid(s.epoch))
		return false;
	if (s.first_seq < 1 || s.first_seq > JSON_MAX_INT || s.run_s < 0)
		return false;
	*out = s;
	return true;
}

/* Everything but the checksum, RECORD_HEADER_LEN - 4 bytes. */
static void put_fields(const struct record *r, uint8_t *out)
{
	struct nvt_writer w = nvt_write(out, RECORD_HEADER_LEN - 4);

	nvt_put_u32le(&w, MAGIC_RECORD);
	nvt_put_u32le(&w, r->payload_len);
	nvt_put_u64le(&w, (uint64_t)r->seq);
	nvt_put_u64le(&w, (uint64_t)r->boot);
	nvt_put_u64le(&w, (uint64_t)r->mono_ms);
	nvt_put_u64le(&w, (uint64_t)r->sent_ms);
	/* oldest ≤ seq: what it lacks to seq, 32 bits are a spool's whole life */
	nvt_put_u32le(&w, (uint32_t)(r->seq - r->oldest > UINT32_MAX ? UINT32_MAX : r->seq - r->oldest));
	nvt_put_u32le(&w, r->n_dropped);
	nvt_put_u16le(&w, (uint16_t)r->n_reports);
	nvt_put_u16le(&w, (uint16_t)r->reports_at);
	nvt_put_u16le(&w, (uint16_t)r->reports_len);
	nvt_put_u8(&w, (uint8_t)r->clock);
	nvt_put_u8(&w, 0);
}

_Static_assert(UPLINK_MAX_BYTES <= UINT16_MAX, "reports_at and reports_len are 16 bits in the file");

void record_put_header(const struct record *r, uint8_t out[RECORD_HEADER_LEN])
{
	struct nvt_writer w = nvt_write(out + RECORD_HEADER_LEN - 4, 4);

	put_fields(r, out);
	nvt_put_u32le(&w, crc32(crc32(0, out, RECORD_HEADER_LEN - 4), r->payload, r->payload_len));
}

static bool are_plausible(const struct record *r)
{
	return r->seq >= 1 && r->seq <= JSON_MAX_INT && r->oldest >= 1 && r->clock <= UPLINK_CLOCK_GPS &&
	       (uint64_t)r->reports_at + r->reports_len <= r->payload_len &&
	       r->n_reports <= UPLINK_MAX_REPORTS;
}

bool record_take(const uint8_t *bytes, size_t len, struct record *out)
{
	struct nvt_reader r = nvt_read(bytes, len);
	struct record v = {.seq = 0};
	uint32_t magic = nvt_take_u32le(&r), crc;

	v.payload_len = nvt_take_u32le(&r);
	v.seq = (int64_t)nvt_take_u64le(&r);
	v.boot = (int64_t)nvt_take_u64le(&r);
	v.mono_ms = (int64_t)nvt_take_u64le(&r);
	v.sent_ms = (int64_t)nvt_take_u64le(&r);
	v.oldest = (int64_t)((uint64_t)v.seq - nvt_take_u32le(&r));
	v.n_dropped = nvt_take_u32le(&r);
	v.n_reports = nvt_take_u16le(&r);
	v.reports_at = nvt_take_u16le(&r);
	v.reports_len = nvt_take_u16le(&r);
	v.clock = (enum uplink_clock)nvt_take_u8(&r);
	(void)nvt_take_u8(&r);
	crc = nvt_take_u32le(&r);
	if (!nvt_read_ok(&r) || magic != MAGIC_RECORD || v.payload_len > UPLINK_MAX_BYTES)
		return false;
	v.payload = nvt_take_view(&r, v.payload_len);
	if (!nvt_read_ok(&r) ||
	    crc != crc32(crc32(0, bytes, RECORD_HEADER_LEN - 4), v.payload, v.payload_len))
		return false;
	if (!are_plausible(&v))
		return false;
	*out = v;
	return true;
}

bool record_next(struct record_walk *w, struct record *out)
{
	bool is_damaged = false;

	while (w->at < w->len) {
		if (record_take(w->bytes + w->at, w->len - w->at, out)) {
			w->at += RECORD_HEADER_LEN + out->payload_len;
			return true;
		}
		if (!is_damaged)
			w->n_bad++;
		is_damaged = true;
		w->at++;
		while (w->len - w->at >= 4 && memcmp(w->bytes + w->at, "SPOL", 4) != 0)
			w->at++;
		if (w->len - w->at < RECORD_HEADER_LEN)
			w->at = w->len;
	}
	return false;
}
