/* SPDX-License-Identifier: EUPL-1.2 */
#include "firmware/boards/host/host_board.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WORN_ONE_IN 20 /* words */

void host_board_boot(struct board *b, uint64_t cut_at)
{
	b->n_operations = 0;
	b->cut_at = cut_at;
	b->is_off = false;
}

int64_t board_mono_ms(const struct board *b)
{
	return b->now_ms;
}

int32_t board_power_mw(struct board *b)
{
	return b->power_mw;
}

uint16_t board_battery_mv(struct board *b)
{
	return b->battery_mv;
}

/* splitmix64 (S. Vigna): tests want the same world again. */
static uint64_t next_random(struct board *b)
{
	uint64_t z = b->random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t board_random(struct board *b)
{
	uint32_t v;

	if (b->is_predictable)
		return (uint32_t)next_random(b);
	if (getrandom(&v, sizeof v, 0) != sizeof v)
		abort(); /* cannot happen for so few bytes once the system is up */
	return v;
}

void board_watchdog_feed(struct board *b)
{
	(void)b;
}

void board_advertise(struct board *b, const uint8_t address[6], const uint8_t *ad, uint8_t len)
{
	if (!b->is_off && b->radio && len <= BOARD_AD_MAX)
		b->radio(b->owner, address, ad, len);
}

static bool is_inside(enum board_page page, uint32_t offset, uint32_t len)
{
	return page < BOARD_N_PAGES && offset <= BOARD_PAGE_LEN && len <= BOARD_PAGE_LEN - offset;
}

static uint8_t *at(const struct board *b, enum board_page page, uint32_t offset)
{
	return b->flash + (uint32_t)page * BOARD_PAGE_LEN + offset;
}

void board_flash_read(const struct board *b, enum board_page page, uint32_t offset, void *out, uint32_t len)
{
	if (is_inside(page, offset, len))
		memcpy(out, at(b, page, offset), len);
	else
		memset(out, 0, len);
}

/* True where the power goes in this operation. */
static bool is_cut(struct board *b)
{
	b->is_off = ++b->n_operations == b->cut_at;
	return b->is_off;
}

static bool write_word(struct board *b, uint8_t *word, const uint8_t *bytes)
{
	bool is_torn = is_cut(b), is_stuck = b->is_worn && next_random(b) % WORN_ONE_IN == 0;

	for (uint32_t i = 0; i < BOARD_WORD_LEN; i++) {
		uint8_t kept = is_torn ? (uint8_t)next_random(b) : is_stuck ? 0x10 : 0;

		word[i] &= bytes[i] | kept; /* NOR: a write clears bits, a torn one some of them */
	}
	return !is_torn;
}

bool board_flash_write(struct board *b, enum board_page page, uint32_t offset, const void *bytes,
		       uint32_t len)
{
	const uint8_t *from = bytes;

	if (!is_inside(page, offset, len) || offset % BOARD_WORD_LEN || len % BOARD_WORD_LEN ||
	    b->is_bad[page])
		return false;
	for (uint32_t i = 0; i < len; i += BOARD_WORD_LEN)
		if (b->is_off || !write_word(b, at(b, page, offset + i), from + i))
			return false;
	return true;
}

bool board_flash_erase(struct board *b, enum board_page page)
{
	uint8_t *byte;

	if (page >= BOARD_N_PAGES || b->is_off || b->is_bad[page])
		return false;
	if (!is_cut(b)) {
		memset(at(b, page, 0), 0xff, BOARD_PAGE_LEN);
		return true;
	}
	byte = at(b, page, 0);
	for (uint32_t i = 0; i < BOARD_PAGE_LEN; i++)
		byte[i] |= (uint8_t)next_random(b);
	return false;
}
