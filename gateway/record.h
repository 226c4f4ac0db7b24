/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The bytes of a spool segment: a header, then records of one sealed batch each, every one with its length
 * and its checksum (CRC-32, IEEE 802.3). Pure; little-endian.
 */
#ifndef NAVETTE_RECORD_H
#define NAVETTE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/uplink.h"

#define RECORD_SEGMENT_HEADER_LEN 52u
#define RECORD_HEADER_LEN 60u
#define RECORD_MAX_LEN (RECORD_HEADER_LEN + UPLINK_MAX_BYTES)

struct record_segment {
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t first_seq;
	int64_t run_s;  /* the spool's running time when it was begun: its age, whatever the clocks did */
	bool is_shrunk; /* plain sightings were already taken out */
};

struct record {
	int64_t seq;
	int64_t boot;
	int64_t mono_ms; /* sealing */
	int64_t sent_ms;
	int64_t oldest;
	enum uplink_clock clock;
	uint32_t n_dropped;
	uint32_t n_reports;
	/* Where in payload the joined reports stand. */
	uint32_t reports_at;
	uint32_t reports_len;
	const uint8_t *payload; /* the batch as it is published; points into the buffer that was read */
	uint32_t payload_len;   /* ≤ UPLINK_MAX_BYTES */
};

void record_put_segment(const struct record_segment *s, uint8_t out[RECORD_SEGMENT_HEADER_LEN]);
bool record_take_segment(const uint8_t *bytes, size_t len, struct record_segment *out);

/* The header of a record whose payload is at r->payload; the two together are written in one piece. */
void record_put_header(const struct record *r, uint8_t out[RECORD_HEADER_LEN]);

/* Walks records; at starts at RECORD_SEGMENT_HEADER_LEN. Damaged bytes are stepped over up to the next whole
 * record and counted in n_bad. False at the end. */
struct record_walk {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	size_t n_bad;
};
bool record_next(struct record_walk *w, struct record *out);
/* One record at the start of bytes. */
bool record_take(const uint8_t *bytes, size_t len, struct record *out);

#endif
