/* SPDX-License-Identifier: EUPL-1.2 */
/* Who a tag is: its address and its key, written once into a flash page of their own when the tag is made. */
#ifndef NAVETTE_CORE_IDENTITY_H
#define NAVETTE_CORE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/aes128.h"
#include "firmware/board.h"

struct identity {
	uint8_t address[6]; /* display order; a static random one begins with two set bits */
	struct nvt_aes128 aes;
};

/* False: the page holds none, or a damaged one. */
bool identity_load(const struct board *b, struct identity *out);
/* Replaces what is there; for the maker's bench. False where the flash does not keep it. */
bool identity_store(struct board *b, const uint8_t address[6], const uint8_t key[NVT_AES_KEY]);

#endif
