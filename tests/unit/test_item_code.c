/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service */
/* The code on a label: made, read as it is typed, and refused where a sign is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/domain/stock/item_rules.h"

static void the_check_sign_is_the_weighted_sum(void **state)
{
	char code[ITEM_CODE_SIZE];

	(void)state;
	item_code_make(0, code);
	assert_string_equal(code, "0000000");
	item_code_make(1, code); /* the sixth sign is 1: 1 × 6 */
	assert_string_equal(code, "0000016");
	item_code_make(0x3fffffff, code); /* 31 × 21 = 651 = 20 × 32 + 11 */
	assert_string_equal(code, "ZZZZZZB");
	item_code_make(UINT32_MAX, code);
	assert_string_equal(code, "ZZZZZZB");
}

static void what_was_made_is_read_back_however_it_is_typed(void **state)
{
	char code[ITEM_CODE_SIZE], read[ITEM_CODE_SIZE], typed[32];

	(void)state;
	for (uint32_t bits = 7; bits < 0x3fffffff - 104729; bits += 104729) {
		size_t n = 0;

		item_code_make(bits, code);
		assert_int_equal(strspn(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 7);
		for (size_t i = 0; i < 7; i++) {
			typed[n++] = code[i] >= 'A' ? (char)(code[i] + 32) : code[i];
			typed[n++] = i % 2 ? '-' : ' ';
		}
		typed[n] = '\0';
		assert_int_equal(item_code_read(typed, read), ITEM_CODE_OK);
		assert_string_equal(read, code);
	}
}

static void signs_that_look_alike_are_read_as_crockford_has_it(void **state)
{
	char read[ITEM_CODE_SIZE];

	(void)state;
	assert_int_equal(item_code_read("oOooOl6", read), ITEM_CODE_OK);
	assert_string_equal(read, "0000016");
	assert_int_equal(item_code_read("00000i6", read), ITEM_CODE_OK);
}

static void a_wrong_sign_or_length_is_no_code(void **state)
{
	static const char *const unreadable[] = {"", "000001", "00000166", "00000U6", "0000 1é", "000001*"};
	static const char signs[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char code[ITEM_CODE_SIZE], wrong[ITEM_CODE_SIZE], read[ITEM_CODE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++)
		assert_int_equal(item_code_read(unreadable[i], read), ITEM_CODE_UNREADABLE);
	item_code_make(0x12345678, code);
	for (int at = 0; at < 7;
	     at += 2) /* positions 1, 3, 5 are odd: coprime to 32; the check sign itself */
		for (int i = 0; i < 32; i++) {
			memcpy(wrong, code, sizeof wrong);
			wrong[at] = signs[i];
			assert_int_equal(item_code_read(wrong, read),
					 signs[i] == code[at] ? ITEM_CODE_OK : ITEM_CODE_CHECKSUM);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_check_sign_is_the_weighted_sum),
		cmocka_unit_test(what_was_made_is_read_back_however_it_is_typed),
		cmocka_unit_test(signs_that_look_alike_are_read_as_crockford_has_it),
		cmocka_unit_test(a_wrong_sign_or_length_is_no_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
