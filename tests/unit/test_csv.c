/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* CSV as French spreadsheets open it, and as nobody can make them run it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/api/csv.h"

static const char *const titles[] = {"N°", "Nom", NULL};
static struct json_out out;
static struct csv csv;

static int begin(void **state)
{
	(void)state;
	csv_begin(&csv, &out, titles);
	assert_string_equal(out.bytes, "\xef\xbb\xbfN°;Nom\r\n");
	json_out_reset(&out);
	return 0;
}

static int end(void **state)
{
	(void)state;
	json_out_free(&out);
	return 0;
}

static void is_row(const char *expected)
{
	csv_end_row(&csv);
	assert_string_equal(out.bytes, expected);
	json_out_reset(&out);
}

static void fields_are_parted_by_semicolons_and_quoted_where_needed(void **state)
{
	(void)state;
	csv_i64(&csv, 7);
	csv_text(&csv, "Imprimante 3D, bleue");
	csv_text(&csv, "a;b");
	csv_text(&csv, "dite « \"Prusa\" »");
	csv_text(&csv, "deux\nlignes");
	csv_text(&csv, "");
	is_row("7;Imprimante 3D, bleue;\"a;b\";\"dite « \"\"Prusa\"\" »\";\"deux\nlignes\";\r\n");
}

static void a_formula_is_led_by_an_apostrophe(void **state)
{
	(void)state;
	csv_text(&csv, "=HYPERLINK(\"http://x\")");
	csv_text(&csv, "+33");
	csv_text(&csv, "-1");
	csv_text(&csv, "@SUM(A1)");
	csv_text(&csv, "\tx");
	csv_text(&csv, "a=b");
	is_row("\"'=HYPERLINK(\"\"http://x\"\")\";\"'+33\";\"'-1\";\"'@SUM(A1)\";\"'\tx\";a=b\r\n");
}

static void numbers_have_a_comma_and_no_apostrophe(void **state)
{
	(void)state;
	csv_decimal(&csv, 123450, 2);
	csv_decimal(&csv, -5, 2);
	csv_decimal(&csv, -105, 2);
	csv_decimal(&csv, 49115500, 6);
	csv_decimal(&csv, 3, 0);
	csv_i64(&csv, -4);
	is_row("1234,50;-0,05;-1,05;49,115500;3;-4\r\n");
}

static void hours_are_rounded_to_a_hundredth_and_unknown_is_empty(void **state)
{
	(void)state;
	csv_hours(&csv, true, 5400);
	csv_hours(&csv, true, 0);
	csv_hours(&csv, true, 17);
	csv_hours(&csv, true, 18);
	csv_hours(&csv, false, 18);
	csv_id(&csv, 0);
	csv_time(&csv, 0);
	csv_time(&csv, 1795596900);
	is_row("1,50;0,00;0,00;0,01;;;;2026-11-25T08:55:00Z\r\n");
}

static void a_long_text_is_whole(void **state)
{
	char text[1001];

	(void)state;
	memset(text, '"', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	csv_text(&csv, text);
	csv_end_row(&csv);
	assert_int_equal(out.len, 2 * 1000 + 2 + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fields_are_parted_by_semicolons_and_quoted_where_needed,
						begin, end),
		cmocka_unit_test_setup_teardown(a_formula_is_led_by_an_apostrophe, begin, end),
		cmocka_unit_test_setup_teardown(numbers_have_a_comma_and_no_apostrophe, begin, end),
		cmocka_unit_test_setup_teardown(hours_are_rounded_to_a_hundredth_and_unknown_is_empty, begin,
						end),
		cmocka_unit_test_setup_teardown(a_long_text_is_whole, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
