/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Records are appended; each carries the whole state, a rising serial and a CRC, so the newest readable one
 * is the state and a torn one was never written. A full page is left standing while the other is erased and
 * takes the next record: at each instant one page holds a good record.
 *
 * Counters are reserved ahead in blocks: a record says "up to here". After a cut the whole block counts as
 * used. A torn record may read differently from boot to boot; that is harmless, because what it says (the
 * same limit that the record after it says) was never handed out before a record could be read back.
 *
 * Rejected: two counters in words of their own (a torn word is not told from a written one); a page header
 * (one more thing that can tear).
 */
#include "firmware/core/journal.h"

#include <string.h>

#include "common/wire/bytes.h"
#include "firmware/core/crc32.h"

#define RECORD_LEN 20u /* serial, counter limit, active s, active ms, epoch, CRC */
#define SLOTS (BOARD_PAGE_LEN / RECORD_LEN)
#define TRIES_PER_PAGE 4

struct record {
	uint32_t serial;
	uint32_t counter_limit;
	uint64_t active_ms;
	uint16_t epoch;
};

static void encode(const struct record *rec, uint8_t out[RECORD_LEN])
{
	struct nvt_writer w = nvt_write(out, RECORD_LEN);

	nvt_put_u32le(&w, rec->serial);
	nvt_put_u32le(&w, rec->counter_limit);
	nvt_put_u32le(&w, (uint32_t)(rec->active_ms / 1000));
	nvt_put_u16le(&w, (uint16_t)(rec->active_ms % 1000));
	nvt_put_u16le(&w, rec->epoch);
	nvt_put_u32le(&w, crc32_of(out, RECORD_LEN - 4));
}

static bool decode(const uint8_t bytes[RECORD_LEN], struct record *out)
{
	struct nvt_reader r = nvt_read(bytes, RECORD_LEN);

	out->serial = nvt_take_u32le(&r);
	out->counter_limit = nvt_take_u32le(&r);
	out->active_ms = (uint64_t)nvt_take_u32le(&r) * 1000;
	out->active_ms += nvt_take_u16le(&r);
	out->epoch = nvt_take_u16le(&r);
	return nvt_take_u32le(&r) == crc32_of(bytes, RECORD_LEN - 4);
}

static void read_slot(const struct journal *j, unsigned page, unsigned slot, uint8_t out[RECORD_LEN])
{
	board_flash_read(j->board, (enum board_page)(BOARD_PAGE_JOURNAL_A + page), slot * RECORD_LEN, out,
			 RECORD_LEN);
}

static bool is_blank(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0xff)
			return false;
	return true;
}

static bool is_page_blank(const struct journal *j, unsigned page)
{
	uint8_t bytes[RECORD_LEN];

	for (unsigned slot = 0; slot < SLOTS; slot++) {
		read_slot(j, page, slot, bytes);
		if (!is_blank(bytes, sizeof bytes))
			return false;
	}
	return true;
}

static bool clear_page(struct journal *j, unsigned page)
{
	if (!board_flash_erase(j->board, (enum board_page)(BOARD_PAGE_JOURNAL_A + page)) ||
	    !is_page_blank(j, page))
		j->is_bad[page] = true;
	return !j->is_bad[page];
}

/* The newest readable record of a page into *best; the slot after the last that is not blank into *slot. */
static bool scan_page(const struct journal *j, unsigned page, struct record *best, uint16_t *slot)
{
	uint8_t bytes[RECORD_LEN];
	struct record rec;
	bool is_found = false;

	*slot = 0;
	for (unsigned i = 0; i < SLOTS; i++) {
		read_slot(j, page, i, bytes);
		if (is_blank(bytes, sizeof bytes))
			continue;
		*slot = (uint16_t)(i + 1);
		if (!decode(bytes, &rec) || (is_found && rec.serial < best->serial))
			continue;
		*best = rec;
		is_found = true;
	}
	return is_found;
}

/* To the other page. Where that is bad, over again in this one: a cut between its erase and the next record
 * then costs the epoch, never a counter. Not so where the bad page still holds a record: with this one erased
 * it would be the newest, and its counters would be handed out again. */
static bool turn_page(struct journal *j)
{
	const unsigned other = j->page ^ 1u;
	struct record stale;
	uint16_t slot;

	if (!j->is_bad[other] && clear_page(j, other)) {
		j->page = (uint8_t)other;
	} else if (scan_page(j, other, &stale, &slot) || j->is_bad[j->page] || !clear_page(j, j->page)) {
		return false;
	}
	j->slot = 0;
	return true;
}

static bool write_slot(struct journal *j, const uint8_t bytes[RECORD_LEN])
{
	uint8_t back[RECORD_LEN];
	unsigned slot = j->slot++; /* a slot that failed is not tried again: it has cleared bits */

	if (!board_flash_write(j->board, (enum board_page)(BOARD_PAGE_JOURNAL_A + j->page), slot * RECORD_LEN,
			       bytes, RECORD_LEN))
		return false;
	read_slot(j, j->page, slot, back);
	return memcmp(bytes, back, sizeof back) == 0;
}

/* Writes the record where it holds; the journal then is what the record says. */
static bool append(struct journal *j, const struct record *rec)
{
	uint8_t bytes[RECORD_LEN];
	int n_failed = 0;

	encode(rec, bytes);
	while (j->is_open) {
		if (j->is_bad[j->page] || j->slot == SLOTS) {
			j->is_open = turn_page(j);
			continue;
		}
		if (write_slot(j, bytes)) {
			j->serial = rec->serial;
			j->counter_limit = rec->counter_limit;
			j->active_ms = rec->active_ms;
			j->epoch = rec->epoch;
			return true;
		}
		if (++n_failed % TRIES_PER_PAGE == 0)
			j->is_bad[j->page] = true;
	}
	return false;
}

static bool find_newest(struct journal *j, struct record *best)
{
	struct record rec;
	bool is_found = false;
	uint16_t slot;

	for (unsigned page = 0; page < 2; page++) {
		if (!scan_page(j, page, &rec, &slot) || (is_found && rec.serial < best->serial))
			continue;
		*best = rec;
		j->page = (uint8_t)page;
		j->slot = slot;
		is_found = true;
	}
	return is_found;
}

/* Both pages are cleared, so that no leftover can be taken for newer one day. */
static bool begin_epoch(struct journal *j, struct record *first)
{
	*first = (struct record){.counter_limit = board_random(j->board) >> 1,
				 .epoch = (uint16_t)board_random(j->board)};
	(void)clear_page(j, 1); /* a bad page is remembered as such */
	j->page = 1;
	j->is_open = turn_page(j);
	return j->is_open && append(j, first);
}

bool journal_open(struct journal *j, struct board *b)
{
	struct record rec;

	*j = (struct journal){.board = b};
	if (!find_newest(j, &rec) && !begin_epoch(j, &rec))
		return false;
	j->is_open = true;
	j->serial = rec.serial;
	j->epoch = rec.epoch;
	j->active_ms = rec.active_ms;
	j->counter = j->counter_limit = rec.counter_limit;
	return true;
}

bool journal_take_counter(struct journal *j, uint64_t active_ms, uint32_t *out)
{
	const struct record rec = {.serial = j->serial + 1,
				   .counter_limit = j->counter_limit + JOURNAL_BLOCK,
				   .active_ms = active_ms > j->active_ms ? active_ms : j->active_ms,
				   .epoch = j->epoch};

	if (j->counter == j->counter_limit) {
		if (rec.counter_limit < JOURNAL_BLOCK)
			j->is_open = false; /* used up */
		if (!append(j, &rec))
			return false;
	}
	*out = j->counter++;
	return true;
}

bool journal_save(struct journal *j, uint64_t active_ms)
{
	const struct record rec = {.serial = j->serial + 1,
				   .counter_limit = j->counter_limit,
				   .active_ms = active_ms,
				   .epoch = j->epoch};

	return active_ms >= j->active_ms && append(j, &rec);
}
