/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/sieve.h"

static struct sieve sieve;

static int reset(void **state)
{
	struct sieve_list list;

	(void)state;
	if (!sieve_list_parse("fcd2, company:0499", &list))
		return -1;
	sieve_init(&sieve, &list, 30000);
	return 0;
}

static struct hci_advert advert_of(uint8_t last, const char *data)
{
	return (struct hci_advert){.address = {0xc0, 0x98, 0xe5, 0x12, 0x34, last},
				   .id = 0xfcd2,
				   .data = (const uint8_t *)data,
				   .len = (uint8_t)strlen(data)};
}

static void the_same_bytes_from_one_address_pass_once_in_30_s(void **state)
{
	struct hci_advert a = advert_of(1, "abc");

	(void)state;
	assert_int_equal(sieve_judge(&sieve, 1000, &a), SIEVE_PASS);
	assert_int_equal(sieve_judge(&sieve, 1000, &a), SIEVE_REPEAT);
	assert_int_equal(sieve_judge(&sieve, 30999, &a), SIEVE_REPEAT);
	assert_int_equal(sieve_judge(&sieve, 31000, &a), SIEVE_PASS);
	assert_int_equal(sieve_judge(&sieve, 31001, &a), SIEVE_REPEAT);
}

static void other_bytes_another_address_or_another_kind_pass(void **state)
{
	struct hci_advert a = advert_of(1, "abc"), b = advert_of(1, "abd"), c = advert_of(2, "abc"),
			  d = advert_of(1, "abc");

	(void)state;
	d.is_company = true;
	d.id = 0x0499;
	assert_int_equal(sieve_judge(&sieve, 0, &a), SIEVE_PASS);
	assert_int_equal(sieve_judge(&sieve, 1, &b), SIEVE_PASS);
	assert_int_equal(sieve_judge(&sieve, 2, &c), SIEVE_PASS);
	assert_int_equal(sieve_judge(&sieve, 3, &d), SIEVE_PASS);
	assert_int_equal(sieve_judge(&sieve, 4, &a), SIEVE_REPEAT);
	assert_int_equal(sieve_judge(&sieve, 4, &b), SIEVE_REPEAT);
}

static void what_is_on_no_list_is_kept_back(void **state)
{
	struct hci_advert a = advert_of(1, "abc");

	(void)state;
	a.id = 0xfe9f;
	assert_int_equal(sieve_judge(&sieve, 0, &a), SIEVE_NOT_LISTED);
	a.id = 0xfcd2;
	a.is_company = true;
	assert_int_equal(sieve_judge(&sieve, 0, &a), SIEVE_NOT_LISTED);
}

static void a_crowd_of_tags_only_makes_repeats_pass_never_new_frames_stop(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 20000; i++) {
			struct hci_advert a = advert_of((uint8_t)i, "x");
			char data[8] = {(char)('a' + round), (char)(1 + i % 250), (char)(1 + i / 250 % 250),
					0};

			a.data = (const uint8_t *)data;
			a.len = 3;
			a.address[4] = (uint8_t)(i >> 8);
			assert_int_equal(sieve_judge(&sieve, round * 1000, &a), SIEVE_PASS);
		}
	}
}

static void a_list_is_four_hex_digits_each_and_nothing_else(void **state)
{
	struct sieve_list list;

	(void)state;
	assert_true(sieve_list_parse("", &list));
	assert_int_equal(list.n, 0);
	assert_true(sieve_list_parse("  FCD2,company:0499 181a ", &list));
	assert_int_equal(list.n, 3);
	assert_true(list.allowed[1].is_company);
	assert_int_equal(list.allowed[2].id, 0x181a);
	assert_false(sieve_list_parse("fcd", &list));
	assert_false(sieve_list_parse("fcd22", &list));
	assert_false(sieve_list_parse("fcd2;0499", &list));
	assert_false(sieve_list_parse("vendor:0499", &list));
	assert_false(sieve_list_parse(
		"1111 1111 1111 1111 1111 1111 1111 1111 1111 1111 1111 1111 1111 1111 1111 1111 1111",
		&list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_same_bytes_from_one_address_pass_once_in_30_s, reset),
		cmocka_unit_test_setup(other_bytes_another_address_or_another_kind_pass, reset),
		cmocka_unit_test_setup(what_is_on_no_list_is_kept_back, reset),
		cmocka_unit_test_setup(a_crowd_of_tags_only_makes_repeats_pass_never_new_frames_stop, reset),
		cmocka_unit_test(a_list_is_four_hex_digits_each_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
