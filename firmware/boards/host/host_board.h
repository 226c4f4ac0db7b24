/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A board in memory, as many as a program wants: the clock and the power are what their owner sets, the flash
 * is NOR in a buffer, the radio is a function. Power can be cut at the Nth flash operation (each word written
 * and each erase is one): that word keeps a random part of its old bits, that page becomes a random mix, and
 * from then on the board is off: it writes nothing and is silent until host_board_boot.
 */
#ifndef NAVETTE_HOST_BOARD_H
#define NAVETTE_HOST_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/board.h"

#define HOST_FLASH_LEN (BOARD_N_PAGES * BOARD_PAGE_LEN)

typedef void host_radio(void *owner, const uint8_t address[6], const uint8_t *ad, uint8_t len);

struct board {
	int64_t now_ms;
	int32_t power_mw;
	uint16_t battery_mv;
	uint8_t *flash;             /* HOST_FLASH_LEN bytes, the owner's; all 0xff when new */
	bool is_bad[BOARD_N_PAGES]; /* erases and writes of the page fail */
	bool is_worn;               /* now and then a bit is not cleared, and the write claims that it was */
	uint64_t n_operations;      /* so far */
	uint64_t cut_at;            /* the power goes in this one; 0: never */
	bool is_off;
	uint64_t random_state;
	bool is_predictable; /* board_random from random_state, not from the system */
	host_radio *radio;   /* NULL: nobody hears */
	void *owner;
};

/* Powers up; the flash stays as it is. cut_at counts from here; 0: never. */
void host_board_boot(struct board *b, uint64_t cut_at);

#endif
