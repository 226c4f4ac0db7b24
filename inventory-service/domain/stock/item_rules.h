/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The code on an item's label, and words with a fixed choice. Pure.
 *
 * A code is 7 signs of Crockford base32 (no I L O U): six of 30 random bits, the seventh their check sign,
 * Σ (value × position) mod 32 with positions 1 to 6. It finds every single wrong sign at an odd position, and
 * every swap of two neighbours that are not 16 apart; it is there for typed codes, not against forgers.
 */
#ifndef NAVETTE_ITEM_RULES_H
#define NAVETTE_ITEM_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define ITEM_CODE_SIZE 8 /* with the NUL */

/* bits: the lower 30 are used. */
void item_code_make(uint32_t bits, char out[ITEM_CODE_SIZE]);
enum item_code_fault { ITEM_CODE_OK, ITEM_CODE_UNREADABLE, ITEM_CODE_CHECKSUM };
/* As typed: case, spaces and dashes are ignored; I and L are read as 1, O as 0, as Crockford has it. */
enum item_code_fault item_code_read(const char *typed, char out[ITEM_CODE_SIZE]);

bool item_lend_to_valid(const char *text);  /* nobody, hub, everyone */
bool item_approver_valid(const char *text); /* nobody, owner, hub */

#endif
