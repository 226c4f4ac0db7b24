/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a tag must not forget, on two flash pages: the frame counter and the seconds of use.
 *
 * Promises, whenever the power goes and whatever a torn write leaves:
 * - a frame counter is handed out once in the life of a key: a repeated nonce opens the encryption;
 * - the restored seconds are never above what was saved, and at most JOURNAL_SAVE_MS (and what the owner lets
 * pass before it saves) below;
 * - the counter epoch stays, unless the flash lost everything: then a new random epoch begins with a random
 *   31-bit counter and no seconds.
 *
 * A page that wears out is done without where that is safe; else the journal is closed for good and says so.
 */
#ifndef NAVETTE_CORE_JOURNAL_H
#define NAVETTE_CORE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/board.h"

#define JOURNAL_BLOCK 256u /* counters reserved by one flash record */
/* Of use, after which the owner saves: with its wake-up's delay less than 60 s. */
#define JOURNAL_SAVE_MS 50000u

struct journal {
	struct board *board;
	uint32_t serial;        /* of the newest record */
	uint32_t counter;       /* the next to hand out */
	uint32_t counter_limit; /* reserved up to, exclusive */
	uint64_t active_ms;     /* as saved */
	uint16_t epoch;
	uint16_t slot; /* the next in page */
	uint8_t page;  /* the one being filled: JOURNAL_A or _B */
	bool is_bad[2];
	bool is_open;
};

/* Finds the newest record or begins a new epoch. Writes nothing where a record is found: a tag that never
 * transmits never wears. False: no page keeps a record. */
bool journal_open(struct journal *j, struct board *b);
/* Hands out the next frame counter; every JOURNAL_BLOCK of them a record is written first, with active_ms
 * saved along. False: the flash does not keep it, or 2^32 counters are used up; nothing may be sealed any
 * more. */
bool journal_take_counter(struct journal *j, uint64_t active_ms, uint32_t *out);
/* active_ms: cumulative in this epoch; less than what is saved is an error of the caller and refused. */
bool journal_save(struct journal *j, uint64_t active_ms);

#endif
