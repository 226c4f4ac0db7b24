/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The only door to hardware, chosen at link time. struct board is the board's own; a real board has one, the
 * host board as many as a program wants. No function blocks but the flash operations; none is called from an
 * interrupt.
 *
 * Flash is NOR: an erase sets every bit of a page, a write clears bits. Power may go at any instant: a word
 * being written may keep any of its old bits, a page being erased may hold anything.
 */
#ifndef NAVETTE_BOARD_H
#define NAVETTE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_PAGE_LEN 4096u
#define BOARD_WORD_LEN 4u
#define BOARD_AD_MAX 31u /* legacy advertising, Core Specification vol. 6 part B §2.3.1 */

struct board;

enum board_page { BOARD_PAGE_JOURNAL_A, BOARD_PAGE_JOURNAL_B, BOARD_PAGE_IDENTITY, BOARD_N_PAGES };

/* Milliseconds since power-up; never goes back. */
int64_t board_mono_ms(const struct board *b);
/* What the sensor says that the machine draws, in mW. A board that wakes the tag when this changes makes use
 * exact; one that does not makes it as fine as tag_settings.sample_ms. */
int32_t board_power_mw(struct board *b);
uint16_t board_battery_mv(struct board *b);
/* 32 unpredictable bits. */
uint32_t board_random(struct board *b);

/* offset + len <= BOARD_PAGE_LEN, else nothing happens (read: zeros; write: false). */
void board_flash_read(const struct board *b, enum board_page page, uint32_t offset, void *out, uint32_t len);
/* offset and len are whole words; words are written in order. False: not all was written; what stands there
 * is not known. Never trust true either: read back. */
bool board_flash_write(struct board *b, enum board_page page, uint32_t offset, const void *bytes,
		       uint32_t len);
bool board_flash_erase(struct board *b, enum board_page page);

/* One advertising event on the three channels, non-connectable; len <= BOARD_AD_MAX. address in display
 * order. */
void board_advertise(struct board *b, const uint8_t address[6], const uint8_t *ad, uint8_t len);

void board_watchdog_feed(struct board *b);

#endif
