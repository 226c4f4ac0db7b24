/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/btsnoop.h"

static const uint8_t header[BTSNOOP_HEADER_LEN] = {'b', 't', 's', 'n', 'o', 'o', 'p',  0,
						   0,   0,   0,   1,   0,   0,   0x03, 0xea};

static void the_header_of_an_h4_capture_is_taken_and_any_other_refused_with_its_reason(void **state)
{
	uint8_t other[BTSNOOP_HEADER_LEN];

	(void)state;
	assert_null(btsnoop_header_fault(header));
	for (size_t i = 0; i < sizeof header; i++) {
		memcpy(other, header, sizeof header);
		other[i] ^= 1;
		assert_non_null(btsnoop_header_fault(other));
	}
	memcpy(other, header, sizeof header);
	other[15] = 0xe9; /* 1001: H1 */
	assert_string_equal(btsnoop_header_fault(other), "a data link other than 1002 (H4)");
}

/* As Wireshark documents it: µs since the year 0; 2026-11-25T08:55:00Z. */
static void a_record_gives_length_direction_and_unix_time(void **state)
{
	uint8_t bytes[BTSNOOP_RECORD_LEN] = {0, 0, 0, 30, 0, 0, 0, 30, 0, 0, 0, 3, 0, 0, 0, 0};
	uint64_t since_0 = 0x00dcddb30f2f8000ULL + 1795596900ULL * 1000000u;
	struct btsnoop_record r;

	(void)state;
	for (int i = 0; i < 8; i++)
		bytes[16 + i] = (uint8_t)(since_0 >> (56 - 8 * i));
	assert_true(btsnoop_record(bytes, &r));
	assert_int_equal(r.len, 30);
	assert_false(r.is_cut);
	assert_true(r.is_received);
	assert_int_equal(r.unix_us, 1795596900000000);
	bytes[3] = 200;
	assert_true(btsnoop_record(bytes, &r));
	assert_true(r.is_cut);
}

static void an_impossible_length_is_refused(void **state)
{
	uint8_t huge[BTSNOOP_RECORD_LEN], more[BTSNOOP_RECORD_LEN] = {0, 0, 0, 4, 0, 0, 0, 5};
	struct btsnoop_record r;

	(void)state;
	memset(huge, 0xff, sizeof huge);
	assert_false(btsnoop_record(huge, &r));
	assert_false(btsnoop_record(more, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_of_an_h4_capture_is_taken_and_any_other_refused_with_its_reason),
		cmocka_unit_test(a_record_gives_length_direction_and_unix_time),
		cmocka_unit_test(an_impossible_length_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
