/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_wire */
/* The sticky cursors: what fits is right to the byte, what does not marks them for good and touches nothing.
 */
#include "common/wire/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t ramp[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void takes_every_width_in_both_orders(void **state)
{
	struct nvt_reader r = nvt_read(ramp, sizeof ramp);

	(void)state;
	assert_int_equal(nvt_take_u8(&r), 0x01);
	assert_int_equal(nvt_take_u16le(&r), 0x0302);
	assert_int_equal(nvt_take_u24le(&r), 0x060504);
	assert_int_equal(nvt_take_u32le(&r), 0x0a090807);
	assert_int_equal(nvt_take_u16be(&r), 0x0b0c);
	assert_int_equal(nvt_take_u32be(&r), 0x0d0e0f10);
	assert_true(nvt_read_end(&r));
	r = nvt_read(ramp, sizeof ramp);
	assert_int_equal(nvt_take_u64le(&r), 0x0807060504030201);
	assert_int_equal(nvt_take_u64be(&r), 0x090a0b0c0d0e0f10);
	r = nvt_read(ramp, sizeof ramp);
	assert_int_equal(nvt_take_uint_le(&r, 5), 0x0504030201);
}

static void a_take_past_the_end_fails_for_good(void **state)
{
	struct nvt_reader r = nvt_read(ramp, 3);
	uint8_t out[2] = {9, 9};

	(void)state;
	(void)nvt_take_u16le(&r);
	assert_int_equal(nvt_take_u16le(&r), 0);
	assert_false(nvt_read_ok(&r));
	assert_int_equal(nvt_take_u8(&r), 0); /* although one byte is left */
	nvt_take_bytes(&r, out, sizeof out);
	assert_int_equal(out[0] | out[1], 0);
	assert_null(nvt_take_view(&r, 0));
	assert_false(nvt_read_end(&r));
	r = nvt_read(ramp, 3);
	assert_null(nvt_take_view(&r, SIZE_MAX));
}

static void an_empty_view_is_a_view(void **state)
{
	struct nvt_reader r = nvt_read(NULL, 0);

	(void)state;
	assert_non_null(nvt_take_view(&r, 0));
	assert_true(nvt_read_end(&r));
	assert_int_equal(nvt_take_u8(&r), 0);
	assert_false(nvt_read_ok(&r));
}

static void left_over_bytes_are_not_the_end(void **state)
{
	struct nvt_reader r = nvt_read(ramp, 2);

	(void)state;
	(void)nvt_take_u8(&r);
	assert_int_equal(nvt_read_left(&r), 1);
	assert_true(nvt_read_ok(&r));
	assert_false(nvt_read_end(&r));
}

static void puts_what_takes_take(void **state)
{
	uint8_t out[29];
	struct nvt_writer w = nvt_write(out, sizeof out);
	const uint8_t expected[29] = {1,    2,    3,    4,    5,    6,    7,    8,    9,    10,
				      11,   12,   13,   14,   15,   0x0e, 0x0f, 0x10, 0x11, 0x12,
				      0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b};

	(void)state;
	nvt_put_u8(&w, 1);
	nvt_put_u16le(&w, 0x0302);
	nvt_put_u32le(&w, 0x07060504);
	nvt_put_u64le(&w, 0x0f0e0d0c0b0a0908);
	nvt_put_u16be(&w, 0x0e0f);
	nvt_put_u32be(&w, 0x10111213);
	nvt_put_u64be(&w, 0x1415161718191a1b);
	assert_true(nvt_write_end(&w));
	assert_int_equal(w.len, sizeof out);
	assert_memory_equal(out, expected, sizeof out);
}

static void a_put_past_the_end_writes_nothing(void **state)
{
	uint8_t out[4] = {0xee, 0xee, 0xee, 0xee};
	struct nvt_writer w = nvt_write(out, 3);

	(void)state;
	nvt_put_u8(&w, 1);
	nvt_put_u32le(&w, 0);
	nvt_put_u8(&w, 2);
	assert_false(nvt_write_end(&w));
	assert_int_equal(w.len, 1);
	assert_memory_equal(out, "\x01\xee\xee\xee", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_width_in_both_orders),
		cmocka_unit_test(a_take_past_the_end_fails_for_good),
		cmocka_unit_test(an_empty_view_is_a_view),
		cmocka_unit_test(left_over_bytes_are_not_the_end),
		cmocka_unit_test(puts_what_takes_take),
		cmocka_unit_test(a_put_past_the_end_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
