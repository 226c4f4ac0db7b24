/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/item_rules.h"

#include <stddef.h>
#include <string.h>

static const char signs[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int value_of(char sign)
{
	const char *at;

	if (sign >= 'a' && sign <= 'z')
		sign = (char)(sign - 32);
	if (sign == 'I' || sign == 'L')
		return 1;
	if (sign == 'O')
		return 0;
	at = sign ? strchr(signs, sign) : NULL;
	return at ? (int)(at - signs) : -1;
}

static char check_sign(const char code[ITEM_CODE_SIZE])
{
	int sum = 0;

	for (int i = 0; i < 6; i++)
		sum += value_of(code[i]) * (i + 1);
	return signs[sum % 32];
}

void item_code_make(uint32_t bits, char out[ITEM_CODE_SIZE])
{
	for (int i = 0; i < 6; i++)
		out[i] = signs[bits >> (25 - 5 * i) & 31];
	out[6] = check_sign(out);
	out[7] = '\0';
}

enum item_code_fault item_code_read(const char *typed, char out[ITEM_CODE_SIZE])
{
	size_t n = 0;

	for (; *typed; typed++) {
		int value = value_of(*typed);

		if (*typed == ' ' || *typed == '-')
			continue;
		if (value < 0 || n == ITEM_CODE_SIZE - 1)
			return ITEM_CODE_UNREADABLE;
		out[n++] = signs[value];
	}
	if (n != ITEM_CODE_SIZE - 1)
		return ITEM_CODE_UNREADABLE;
	out[n] = '\0';
	return out[6] == check_sign(out) ? ITEM_CODE_OK : ITEM_CODE_CHECKSUM;
}

bool item_lend_to_valid(const char *text)
{
	return strcmp(text, "nobody") == 0 || strcmp(text, "hub") == 0 || strcmp(text, "everyone") == 0;
}

bool item_approver_valid(const char *text)
{
	return strcmp(text, "nobody") == 0 || strcmp(text, "owner") == 0 || strcmp(text, "hub") == 0;
}
