/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
#include "common/daemon/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof(a)[0])

static struct json_doc *parse(const char *text)
{
	return json_parse(text, strlen(text), JSON_LIMIT, NULL);
}

static const char *refusal_of(const char *bytes, size_t len)
{
	const char *why = NULL;
	/* in a block of exactly that size, for the address sanitizer */
	char *copy = malloc(len > 0 ? len : 1);
	struct json_doc *doc;

	memcpy(copy, bytes, len);
	doc = json_parse(copy, len, JSON_LIMIT, &why);
	free(copy);
	json_free(doc);
	return doc != NULL ? NULL : why;
}

static void expect_refusal(const char *text, const char *why)
{
	const char *got = refusal_of(text, strlen(text));

	if (got == NULL || strcmp(got, why) != 0)
		fail_msg("%.60s: %s, not: %s", text, got != NULL ? got : "accepted", why);
}

static void expect_accepted(const char *text)
{
	const char *got = refusal_of(text, strlen(text));

	if (got != NULL)
		fail_msg("%.60s: %s", text, got);
}

/* --- what is no JSON, and what we do not take --- */

static void malformed_numbers_are_refused(void **state)
{
	static const char *const bad[] = {"01", "-",   "-01", "1.",     "1.e1",  ".5",  "+1",
					  "1e", "1e+", "0x1", "1_0",    "1.5.2", "--1", "1-2",
					  "00", "-.1", "1a",  "1\"a\"", "0e"};
	static const char *const good[] = {"0",    "-0",   "10",  "-1.50", "1e3",
					   "1E-3", "1e+3", "0.0", "0e0",   "1e308"};
	char text[64];

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		snprintf(text, sizeof text, "{\"a\":%s}", bad[i]);
		expect_refusal(text, bad[i][0] == '.' || bad[i][0] == '+' ? "a sign outside of a text"
									  : "a malformed number");
		snprintf(text, sizeof text, "[1,%s,2]", bad[i]);
		assert_non_null(refusal_of(text, strlen(text)));
	}
	for (size_t i = 0; i < N_OF(good); i++)
		expect_accepted(good[i]);
	expect_refusal("1e400", "a number too large");
	expect_refusal("[-1e400]", "a number too large");
	expect_refusal("1000000000000000000000000000000000000000000000000000000000000000",
		       "a number too long");
	expect_accepted("100000000000000000000000000000000000000000000000000000000000000");
	expect_refusal("{\"a\":9007199254740993}", "an integer beyond 2^53");
	expect_refusal("-9007199254740993", "an integer beyond 2^53");
	expect_accepted("9007199254740992");
}

static void texts_are_utf_8_without_control_characters(void **state)
{
	(void)state;
	expect_refusal("\"a\nb\"", "a control character in a text");
	expect_refusal("\"a\x1f\"", "a control character in a text");
	expect_refusal("\"\xff\"", "a text that is not UTF-8");
	expect_refusal("\"\xc0\x80\"", "a text that is not UTF-8");
	expect_refusal("\"\xed\xa0\x80\"", "a text that is not UTF-8");
	expect_refusal("\"\xe2\x82", "a text that is not UTF-8");
	expect_refusal("\"abc", "a text without end");
	expect_refusal("\"abc\\", "a text without end");
	expect_refusal("\"a\\x\"", "an unknown escape");
	expect_refusal("\"a\\'\"", "an unknown escape");
	expect_refusal("\"\\u12\"", "an escape of no character");
	expect_refusal("\"\\u12g4\"", "an escape of no character");
	expect_refusal("\"\\u0000\"", "an escaped NUL");
	expect_refusal("{\"a\\u0000b\":1}", "an escaped NUL");
	expect_refusal("\"\\ud800\"", "half a surrogate pair");
	expect_refusal("\"\\ud800\\ud800\"", "half a surrogate pair");
	expect_refusal("\"\\ud800a\"", "half a surrogate pair");
	expect_refusal("\"\\udc00\"", "an escape of no character");
	assert_string_equal(refusal_of("\"a\0b\"", 5), "a control character in a text");
	expect_accepted("\"\\ud83d\\ude00 \xc3\xa9 \\u00e9 \\\" \\\\ \\/ \\b\\f\\n\\r\\t\"");
}

static void what_stands_around_is_refused(void **state)
{
	(void)state;
	expect_refusal("", "empty");
	expect_refusal("\xef\xbb\xbf{}", "a sign outside of a text");
	expect_refusal("{} x", "more behind the end");
	expect_refusal("{}{}", "more behind the end");
	expect_refusal("{},", "more behind the end");
	expect_refusal("1 2", "more behind the end");
	expect_refusal("{}}", "a bracket too many");
	expect_refusal("{\"a\":\x01 1}", "a sign outside of a text");
	expect_refusal("{\"a\":\v1}", "a sign outside of a text");
	expect_refusal("// x\n{}", "a sign outside of a text");
	expect_refusal("{'a':1}", "a sign outside of a text");
	expect_refusal("NaN", "a sign outside of a text");
	expect_refusal("nul", "not JSON");
	expect_refusal("truex", "more behind the end");
	expect_refusal("[1,]", "not JSON");
	expect_refusal("[,1]", "not JSON");
	expect_refusal("{\"a\":1,}", "not JSON");
	expect_refusal("{\"a\" 1}", "not JSON");
	expect_refusal("{a:1}", "not JSON");
	expect_refusal("{1:1}", "a malformed number");
	expect_refusal("[1", "not JSON");
	expect_refusal("[1}", "not JSON");
	expect_refusal("   ", "not JSON");
	expect_accepted(" \t\r\n{ } \n");
	assert_string_equal(refusal_of("{}\0", 3), "a sign outside of a text");
}

static void depth_is_at_most_16(void **state)
{
	char text[64];

	(void)state;
	memset(text, '[', 16);
	memset(text + 16, ']', 16);
	text[32] = '\0';
	expect_accepted(text);
	memset(text, '[', 17);
	memset(text + 17, ']', 17);
	text[34] = '\0';
	expect_refusal(text, "more than 16 levels");
	/* brackets inside of texts are no levels */
	expect_accepted("\"[[[[[[[[[[[[[[[[[[[[{{{{{{\"");
}

static void names_stand_once(void **state)
{
	(void)state;
	expect_refusal("{\"role\":\"a\",\"role\":\"b\"}", "a name given twice");
	expect_refusal("{\"x\":[{\"a\":1,\"b\":2,\"a\":3}]}", "a name given twice");
	expect_refusal("{\"ab\":1,\"\\u0061b\":2}", "a name given twice");
	expect_refusal("{\"\":1,\"\":2}", "a name given twice");
	expect_accepted("{\"role\":1,\"Role\":2}");
	expect_accepted("[{\"a\":1},{\"a\":2}]");
}

static char *object_of(int n_names)
{
	struct json_out o = {0};
	char name[16];

	json_open_object(&o, NULL);
	for (int i = 0; i < n_names; i++) {
		snprintf(name, sizeof name, "n%d", i);
		json_put_i64(&o, name, i);
	}
	json_close_object(&o);
	return o.bytes;
}

static void names_are_at_most_256(void **state)
{
	char *most = object_of(256), *more = object_of(257);
	struct json_doc *doc = parse(most);
	struct json_in in = json_in(doc);
	int64_t v;

	(void)state;
	expect_refusal(more, "an object of more than 256 names");
	json_take_i64(&in, "n255", 0, 999, &v);
	assert_int_equal(v, 255);
	assert_int_equal(json_end(&in), JSON_UNKNOWN);
	assert_string_equal(in.field, "n0");
	json_free(doc);
	free(most);
	free(more);
}

static void length_is_the_caller_s_limit(void **state)
{
	const char *why;
	struct json_doc *doc;

	(void)state;
	assert_null(json_parse("[1,2]", 5, 4, &why));
	assert_string_equal(why, "too long");
	doc = json_parse("[1,2]", 5, 5, &why);
	assert_non_null(doc);
	json_free(doc);
	json_free(NULL);
}

/* --- the cursor --- */

#define EXAMPLE                                                                   \
	"{\"id\":7,\"note\":\"h\\u00e9\",\"ok\":true,\"snr\":5.25,\"none\":null," \
	"\"inner\":{\"x\":1,\"y\":2},\"list\":[1,\"two\",{\"three\":3},4]}"

static void members_are_taken_in_any_order(void **state)
{
	struct json_doc *doc = parse(EXAMPLE);
	struct json_in in = json_in(doc);
	double snr = 0;
	int64_t id = 0;
	bool ok = false;
	char note[4];

	(void)state;
	json_take_f64(&in, "snr", -100, 100, &snr);
	json_take_i64(&in, "id", 1, 9, &id);
	json_take_text(&in, "note", note, sizeof note);
	json_take_bool(&in, "ok", &ok);
	assert_int_equal(json_end_lax(&in), JSON_OK);
	assert_int_equal(id, 7);
	assert_true(ok && snr == 5.25);
	assert_string_equal(note, "h\xc3\xa9");
	assert_int_equal(json_end(&in), JSON_UNKNOWN);
	assert_string_equal(in.field, "none");
	json_free(doc);
}

static void everything_taken_is_no_fault(void **state)
{
	struct json_doc *doc = parse(EXAMPLE);
	struct json_in in = json_in(doc), inner;
	struct json_array list;
	int64_t v;

	(void)state;
	json_take_i64(&in, "id", 1, 9, &v);
	json_skip(&in, "note");
	json_skip(&in, "ok");
	json_skip(&in, "absent");
	json_skip(&in, "snr");
	assert_false(json_maybe_i64(&in, "none", 0, 9, &v));
	inner = json_take_object(&in, "inner");
	json_take_i64(&inner, "x", 0, 9, &v);
	assert_int_equal(json_end(&inner), JSON_UNKNOWN);
	assert_string_equal(inner.field, "y");
	list = json_take_array(&in, "list", 4);
	assert_int_equal(list.n, 4);
	assert_int_equal(json_end(&in), JSON_OK);
	json_free(doc);
}

static struct json_in fault_in(struct json_doc *doc, void (*take)(struct json_in *in))
{
	struct json_in in = json_in(doc);

	take(&in);
	return in;
}

static int64_t untouched = 42;
static char untouched_text[4] = "old";

static void take_missing(struct json_in *in)
{
	json_take_i64(in, "absent", 0, 9, &untouched);
}

static void take_null(struct json_in *in)
{
	json_take_i64(in, "none", 0, 9, &untouched);
}

static void take_other_case(struct json_in *in)
{
	json_take_i64(in, "Id", 0, 9, &untouched);
}

static void take_wrong_type(struct json_in *in)
{
	json_take_i64(in, "note", 0, 9, &untouched);
}

static void take_fraction(struct json_in *in)
{
	json_take_i64(in, "snr", 0, 9, &untouched);
}

static void take_out_of_range(struct json_in *in)
{
	json_take_i64(in, "id", 8, 9, &untouched);
}

static void take_long(struct json_in *in)
{
	json_take_text(in, "note", untouched_text, 3);
}

static void take_text_of_number(struct json_in *in)
{
	json_take_text(in, "id", untouched_text, 3);
}

static void take_bool_of_null(struct json_in *in)
{
	bool b = true;

	json_take_bool(in, "none", &b);
}

static void take_f64_of_text(struct json_in *in)
{
	double d;

	json_take_f64(in, "note", 0, 1, &d);
}

static void take_f64_too_big(struct json_in *in)
{
	double d;

	json_take_f64(in, "snr", 0, 1, &d);
}

static void take_object_of_number(struct json_in *in)
{
	struct json_in inner = json_take_object(in, "id");

	json_take_i64(&inner, "x", 0, 9, &untouched);
	assert_int_equal(json_end(&inner), JSON_TYPE);
}

static void take_absent_object(struct json_in *in)
{
	struct json_in inner = json_take_object(in, "absent");

	json_take_i64(&inner, "x", 0, 9, &untouched);
	assert_int_equal(json_end(&inner), JSON_MISSING);
}

static void take_array_of_number(struct json_in *in)
{
	struct json_array a = json_take_array(in, "id", 9);

	assert_false(json_next(&a));
	assert_int_equal(a.fault, JSON_TYPE);
}

static void take_absent_array(struct json_in *in)
{
	struct json_array a = json_take_array(in, "none", 9);

	assert_false(json_next(&a));
}

static void take_array_too_long(struct json_in *in)
{
	struct json_array a = json_take_array(in, "list", 3);

	assert_false(json_next(&a));
	assert_int_equal(a.n, 0);
}

static void each_fault_has_its_name(void **state)
{
	static const struct {
		void (*take)(struct json_in *in);
		enum json_fault fault;
		const char *field;
	} faults[] = {
		{take_missing, JSON_MISSING, "absent"},
		{take_null, JSON_MISSING, "none"},
		{take_other_case, JSON_MISSING, "Id"},
		{take_wrong_type, JSON_TYPE, "note"},
		{take_fraction, JSON_TYPE, "snr"},
		{take_out_of_range, JSON_RANGE, "id"},
		{take_long, JSON_LENGTH, "note"},
		{take_text_of_number, JSON_TYPE, "id"},
		{take_bool_of_null, JSON_MISSING, "none"},
		{take_f64_of_text, JSON_TYPE, "note"},
		{take_f64_too_big, JSON_RANGE, "snr"},
		{take_object_of_number, JSON_TYPE, "id"},
		{take_absent_object, JSON_MISSING, "absent"},
		{take_array_of_number, JSON_TYPE, "id"},
		{take_absent_array, JSON_MISSING, "none"},
		{take_array_too_long, JSON_LENGTH, "list"},
	};
	struct json_doc *doc = parse(EXAMPLE);

	(void)state;
	for (size_t i = 0; i < N_OF(faults); i++) {
		struct json_in in = fault_in(doc, faults[i].take);

		assert_int_equal(in.fault, faults[i].fault);
		assert_string_equal(in.field, faults[i].field);
		/* sticky: nothing is read afterwards, and the first fault stays */
		json_take_i64(&in, "id", 0, 9, &untouched);
		json_take_i64(&in, "other", 0, 9, &untouched);
		assert_int_equal(json_end(&in), faults[i].fault);
		assert_string_equal(in.field, faults[i].field);
	}
	assert_int_equal(untouched, 42);
	assert_string_equal(untouched_text, "old");
	json_free(doc);
}

static void integers_end_at_2_to_53(void **state)
{
	struct json_doc *doc = parse("{\"a\":9007199254740992,\"b\":-9007199254740992,\"c\":9007199254740994,"
				     "\"d\":1e300,\"e\":-9007199254740994,\"f\":3000000000}");
	int64_t v = 0;

	(void)state;
	for (const char *name = "a"; name != NULL; name = *name == 'a' ? "b" : *name == 'b' ? "f" : NULL) {
		struct json_in in = json_in(doc);

		json_take_i64(&in, name, INT64_MIN, INT64_MAX, &v);
		assert_int_equal(json_end_lax(&in), JSON_OK);
		assert_int_equal(v, *name == 'a' ? JSON_MAX_INT : *name == 'b' ? -JSON_MAX_INT : 3000000000);
	}
	for (const char *name = "c"; name != NULL; name = *name == 'c' ? "d" : *name == 'd' ? "e" : NULL) {
		struct json_in in = json_in(doc);

		json_take_i64(&in, name, INT64_MIN, INT64_MAX, &v);
		assert_int_equal(json_end_lax(&in), JSON_RANGE);
	}
	json_free(doc);
}

static void a_list_is_walked_once(void **state)
{
	struct json_doc *doc = parse(EXAMPLE);
	struct json_in in = json_in(doc), inner;
	struct json_array a = json_take_array(&in, "list", 4);
	int64_t v = 0;
	char text[8] = "";

	(void)state;
	assert_true(json_next(&a));
	assert_true(json_element_i64(&a, 0, 9, &v));
	assert_int_equal(v, 1);
	assert_false(json_element_i64(&a, 2, 9, &v));
	assert_false(json_element_text(&a, text, sizeof text));
	assert_true(json_next(&a));
	assert_true(json_element_text(&a, text, sizeof text));
	assert_string_equal(text, "two");
	assert_false(json_element_text(&a, text, 3));
	assert_true(json_next(&a));
	inner = json_element_object(&a);
	json_take_i64(&inner, "three", 0, 9, &v);
	assert_int_equal(json_end(&inner), JSON_OK);
	assert_int_equal(v, 3);
	json_element_print(&a, text, sizeof text);
	assert_string_equal(text, "{\"three");
	assert_true(json_next(&a));
	inner = json_element_object(&a);
	assert_int_equal(json_end(&inner), JSON_TYPE);
	assert_false(json_next(&a));
	json_free(doc);
}

static void optional_members_may_be_absent(void **state)
{
	struct json_doc *doc = parse(EXAMPLE);
	struct json_in in = json_in(doc), none;
	struct json_array a;
	bool b = true;

	(void)state;
	none = json_maybe_object(&in, "absent");
	assert_null(none.node);
	assert_int_equal(json_end(&none), JSON_OK);
	a = json_maybe_array(&in, "none", 3);
	assert_false(json_next(&a));
	assert_int_equal(a.fault, JSON_OK);
	assert_false(json_maybe_bool(&in, "none", &b));
	assert_true(b);
	assert_true(json_has(&in, "none") && json_is_null(&in, "none"));
	assert_false(json_has(&in, "absent") || json_is_null(&in, "absent") || json_is_null(&in, "id"));
	assert_int_equal(json_end_lax(&in), JSON_OK);
	assert_false(json_maybe_bool(&in, "id", &b));
	assert_int_equal(json_end_lax(&in), JSON_TYPE);
	none = json_maybe_object(&in, "inner");
	assert_int_equal(json_end(&none), JSON_TYPE);
	json_free(doc);
}

static void a_document_that_is_no_object_fails(void **state)
{
	struct json_doc *doc = parse("[1]");
	struct json_in in = json_in(doc), none = json_in(NULL);

	(void)state;
	assert_int_equal(json_end(&in), JSON_TYPE);
	assert_int_equal(json_end(&none), JSON_TYPE);
	assert_false(json_has(&in, "a"));
	json_free(doc);
}

/* --- writing --- */

static void what_is_written_is_json(void **state)
{
	struct json_out o = {0};

	(void)state;
	json_open_object(&o, NULL);
	json_put_text(&o, "text", "a\"\\\b\f\n\r\t\x01/\xc3\xa9\xf0\x9f\x98\x80\x7f");
	json_put_text(&o, "none", NULL);
	json_open_array(&o, "list");
	json_put_i64(&o, NULL, INT64_MIN);
	json_put_i64(&o, NULL, 0);
	json_put_i64(&o, NULL, INT64_MAX);
	json_open_object(&o, NULL);
	json_close_object(&o);
	json_open_array(&o, NULL);
	json_close_array(&o);
	json_close_array(&o);
	json_put_bool(&o, "yes", true);
	json_put_time(&o, "at", 1795596900);
	json_put_raw(&o, "raw", "{\"x\":1}");
	json_close_object(&o);
	assert_string_equal(o.bytes,
			    "{\"text\":\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\xc3\xa9\xf0\x9f\x98\x80\x7f\","
			    "\"none\":null,\"list\":[-9223372036854775808,0,9223372036854775807,{},[]],"
			    "\"yes\":true,\"at\":\"2026-11-25T08:55:00Z\",\"raw\":{\"x\":1}}");
	assert_int_equal(o.len, strlen(o.bytes));
	json_out_reset(&o);
	json_put_bool(&o, NULL, false);
	assert_string_equal(o.bytes, "false");
	json_out_free(&o);
	json_out_free(&o);
}

static void expect_f64(double v, const char *want)
{
	struct json_out o = {0};

	json_put_f64(&o, NULL, v);
	assert_string_equal(o.bytes, want);
	json_out_free(&o);
}

static void fractions_have_at_most_six_decimals(void **state)
{
	(void)state;
	expect_f64(5.25, "5.25");
	expect_f64(3, "3");
	expect_f64(100, "100");
	expect_f64(-0.0, "0");
	expect_f64(-0.0000001, "0");
	expect_f64(0.1 + 0.2, "0.3");
	expect_f64(1e20, "1e+20");
	expect_f64(-1e300, "-1e+300");
	expect_f64(NAN, "null");
	expect_f64(INFINITY, "null");
}

static void text_that_is_no_utf_8_is_written_as_such(void **state)
{
	struct json_out o = {0};

	(void)state;
	json_put_text(&o, NULL, "a\xff\xc3(\xe2\x82");
	assert_string_equal(o.bytes, "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
	json_out_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_numbers_are_refused),
		cmocka_unit_test(texts_are_utf_8_without_control_characters),
		cmocka_unit_test(what_stands_around_is_refused),
		cmocka_unit_test(depth_is_at_most_16),
		cmocka_unit_test(names_stand_once),
		cmocka_unit_test(names_are_at_most_256),
		cmocka_unit_test(length_is_the_caller_s_limit),
		cmocka_unit_test(members_are_taken_in_any_order),
		cmocka_unit_test(everything_taken_is_no_fault),
		cmocka_unit_test(each_fault_has_its_name),
		cmocka_unit_test(integers_end_at_2_to_53),
		cmocka_unit_test(a_list_is_walked_once),
		cmocka_unit_test(optional_members_may_be_absent),
		cmocka_unit_test(a_document_that_is_no_object_fails),
		cmocka_unit_test(what_is_written_is_json),
		cmocka_unit_test(fractions_have_at_most_six_decimals),
		cmocka_unit_test(text_that_is_no_utf_8_is_written_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
