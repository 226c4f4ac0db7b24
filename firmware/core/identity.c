/* SPDX-License-Identifier: EUPL-1.2 */
/* The record: magic, address, two bytes of padding, key, CRC-32 of all before it; 32 bytes, little-endian. */
#include "firmware/core/identity.h"

#include <string.h>

#include "common/wire/bytes.h"
#include "firmware/core/crc32.h"

#define RECORD_LEN 32u
#define MAGIC 0x3154564eu /* "NVT1" */

static void wipe(uint8_t *bytes, size_t len)
{
	volatile uint8_t *at = bytes; /* volatile: a dead store would be removed */

	while (len--)
		*at++ = 0;
}

bool identity_load(const struct board *b, struct identity *out)
{
	uint8_t record[RECORD_LEN] = {0};
	struct nvt_reader r = nvt_read(record, sizeof record);
	const uint8_t *address, *key;
	bool is_whole;

	board_flash_read(b, BOARD_PAGE_IDENTITY, 0, record, sizeof record);
	is_whole = nvt_take_u32le(&r) == MAGIC;
	address = nvt_take_view(&r, 6);
	(void)nvt_take_u16le(&r);
	key = nvt_take_view(&r, NVT_AES_KEY);
	is_whole = is_whole && nvt_take_u32le(&r) == crc32_of(record, RECORD_LEN - 4);
	if (is_whole && nvt_read_end(&r)) {
		memcpy(out->address, address, 6);
		nvt_aes128_init(&out->aes, key);
	}
	wipe(record, sizeof record);
	return is_whole;
}

bool identity_store(struct board *b, const uint8_t address[6], const uint8_t key[NVT_AES_KEY])
{
	uint8_t record[RECORD_LEN] = {0}, back[RECORD_LEN];
	struct nvt_writer w = nvt_write(record, sizeof record);
	bool is_kept;

	nvt_put_u32le(&w, MAGIC);
	nvt_put_bytes(&w, address, 6);
	nvt_put_u16le(&w, 0);
	nvt_put_bytes(&w, key, NVT_AES_KEY);
	nvt_put_u32le(&w, crc32_of(record, RECORD_LEN - 4));
	is_kept = nvt_write_end(&w) && board_flash_erase(b, BOARD_PAGE_IDENTITY) &&
		  board_flash_write(b, BOARD_PAGE_IDENTITY, 0, record, sizeof record);
	board_flash_read(b, BOARD_PAGE_IDENTITY, 0, back, sizeof back);
	is_kept = is_kept && memcmp(record, back, sizeof record) == 0;
	wipe(record, sizeof record);
	wipe(back, sizeof back);
	return is_kept;
}
