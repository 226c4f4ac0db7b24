/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* What a handler reads: the query, the body, versions; and the texts of HTTP that are read by hand. */
#include "inventory-service/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/http_text.h"

static struct call asked(const char *query)
{
	return (struct call){.query = query};
}

static void numbers_of_the_query_are_whole_and_within_bounds(void **state)
{
	struct call c = asked("limit=20&x=007");
	int64_t v = 0;

	(void)state;
	assert_int_equal(call_query_i64(&c, "limit", 1, 500, 50, &v), OK);
	assert_int_equal(v, 20);
	assert_int_equal(call_query_i64(&c, "absent", 1, 500, 50, &v), OK);
	assert_int_equal(v, 50);
	assert_int_equal(call_query_i64(&c, "limit", 30, 500, 50, &v), ERR_RANGE);
	assert_string_equal(c.field, "limit");
	c = asked("limit=1.5&page=&big=99999999999999999999");
	assert_int_equal(call_query_i64(&c, "limit", 1, 500, 50, &v), ERR_TYPE);
	assert_int_equal(call_query_i64(&c, "page", 1, 500, 50, &v), ERR_TYPE);
	assert_int_equal(call_query_i64(&c, "big", 1, INT64_MAX, 50, &v), ERR_TYPE);
}

static void texts_of_the_query_are_decoded_once(void **state)
{
	static const struct {
		const char *query;
		enum err err;
		const char *text;
	} cases[] = {
		{"q=caf%C3%A9+cr%C3%A8me", OK, "café crème"},
		{"q=a%2526b", OK, "a%26b"},
		{"q", OK, ""},
		{"", OK, ""},
		{"q=a=b", OK, "a=b"},
		{"Q=other", OK, ""},
		{"q=%", ERR_MALFORMED, NULL},
		{"q=%4", ERR_MALFORMED, NULL},
		{"q=%4g", ERR_MALFORMED, NULL},
		{"q=%00", ERR_MALFORMED, NULL},
		{"q=%ff", ERR_MALFORMED, NULL},
		{"q=%C3", ERR_MALFORMED, NULL},
		{"q=a&q=a", ERR_RANGE, NULL},
		{"q=12345678901234567890", ERR_LENGTH, NULL},
	};
	char text[20];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct call c = asked(cases[i].query);

		assert_int_equal(call_query_text(&c, "q", text, sizeof text), cases[i].err);
		if (!cases[i].err)
			assert_string_equal(text, cases[i].text);
	}
}

static void times_of_the_query_may_leave_their_plus_alone(void **state)
{
	struct call c = asked("from=2026-11-25T09:55:00+01:00&to=2026-11-25T08:55:00Z&bad=yesterday");
	int64_t from = 0, to = 0, other = 0;
	bool given = false;

	(void)state;
	assert_int_equal(call_query_time(&c, "from", &from, &given), OK);
	assert_true(given);
	assert_int_equal(call_query_time(&c, "to", &to, &given), OK);
	assert_int_equal(from, to);
	assert_int_equal(call_query_time(&c, "bad", &other, &given), ERR_TIME);
	assert_string_equal(c.field, "bad");
	assert_int_equal(call_query_time(&c, "absent", &other, &given), OK);
	assert_false(given);
}

static void parameters_nobody_asked_for_are_refused(void **state)
{
	struct call c = asked("limit=5&colour=red");
	int64_t v;
	char long_query[200] = "";

	(void)state;
	assert_int_equal(call_query_i64(&c, "limit", 1, 500, 50, &v), OK);
	assert_int_equal(call_query_end(&c), ERR_UNKNOWN_FIELD);
	assert_string_equal(c.field, "colour");
	c = asked("limit=5&&");
	assert_int_equal(call_query_i64(&c, "limit", 1, 500, 50, &v), OK);
	assert_int_equal(call_query_end(&c), OK);
	for (int i = 0; i < 40; i++)
		memcpy(long_query + (size_t)i * 4, "a=1&", 5);
	c = asked(long_query);
	assert_int_equal(call_query_end(&c), ERR_UNKNOWN_FIELD);
	assert_int_equal(call_query_i64(&c, "b", 0, 1, 0, &v), ERR_MALFORMED);
}

static void a_body_is_read_twice_and_ends_with_its_fault(void **state)
{
	struct call c = {.query = "", .body = "{\"a\":1,\"b\":2}", .body_len = 13};
	struct json_in in;
	int64_t a = 0, b = 0;

	(void)state;
	assert_int_equal(call_body(&c, &in), OK);
	json_take_i64(&in, "a", 0, 9, &a);
	assert_int_equal(call_body_end(&c, &in), ERR_UNKNOWN_FIELD);
	assert_string_equal(c.field, "b");
	assert_int_equal(call_body(&c, &in), OK);
	json_take_i64(&in, "a", 0, 9, &a);
	json_take_i64(&in, "b", 3, 9, &b);
	assert_int_equal(call_body_end(&c, &in), ERR_RANGE);
	json_free(c.doc);
}

static void an_absent_body_is_an_empty_one_for_commands_only(void **state)
{
	struct call c = {.query = "", .body = ""};
	struct json_in in;
	bool given = true;

	(void)state;
	assert_int_equal(call_body(&c, &in), ERR_MALFORMED);
	assert_int_equal(call_body_maybe(&c, &in, &given), OK);
	assert_false(given);
	assert_int_equal(call_body_end(&c, &in), OK);
	json_free(c.doc);
}

static void versions_are_compared_where_one_was_asked_for(void **state)
{
	struct call c = {.if_match = 0};

	(void)state;
	assert_int_equal(call_check_version(&c, 7), OK);
	c.if_match = 7;
	assert_int_equal(call_check_version(&c, 7), OK);
	assert_int_equal(call_check_version(&c, 8), ERR_STALE);
}

static void a_ninth_change_is_not_told(void **state)
{
	struct call c = {.n_changes = 0};

	(void)state;
	for (int i = 0; i < 12; i++)
		call_changed(&c, "item", i, 1, "model_id");
	assert_int_equal(c.n_changes, 8);
	assert_string_equal(c.changes[7].kind, "item");
}

/* ---- http_text.h -------------------------------------------------------------------------------------- */

static void addresses_are_decoded_or_refused(void **state)
{
	static const struct {
		const char *uri, *path, *query;
	} cases[] = {
		{"/", "/", ""},
		{"/a%20b?x=%31&y", "/a b", "x=%31&y"},
		{"/caf%C3%A9", "/café", ""},
		{"/a?b?c", "/a", "b?c"},
		{"/a%00", NULL, NULL},
		{"/a%2Fb", NULL, NULL},
		{"/a%5Cb", NULL, NULL},
		{"/a%", NULL, NULL},
		{"/a%2", NULL, NULL},
		{"/%C3%28", NULL, NULL},
		{"/a\nb", NULL, NULL},
		{"/%7f", NULL, NULL},
		{"a", NULL, NULL},
		{"", NULL, NULL},
		{"http://x/", NULL, NULL},
		{"/12345678901234567890", NULL, NULL},
	};
	char path[20];
	const char *query;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool fine = http_split_uri(cases[i].uri, path, sizeof path, &query);

		assert_int_equal(fine, cases[i].path != NULL);
		if (!fine)
			continue;
		assert_string_equal(path, cases[i].path);
		assert_string_equal(query, cases[i].query);
	}
}

static void codings_are_taken_as_they_are_weighed(void **state)
{
	(void)state;
	assert_true(http_accepts("gzip, deflate, br", "br"));
	assert_true(http_accepts("GZIP;q=0.5", "gzip"));
	assert_true(http_accepts("gzip;q=0, br", "br"));
	assert_false(http_accepts("gzip;q=0, br", "gzip"));
	assert_false(http_accepts("br;q=0.000", "br"));
	assert_false(http_accepts("brotli", "br"));
	assert_false(http_accepts("*", "br"));
	assert_false(http_accepts("", "br"));
	assert_false(http_accepts(NULL, "br"));
}

static void the_nearest_proxys_word_is_the_last(void **state)
{
	char out[16];

	(void)state;
	assert_true(http_last_element("192.0.2.1", out, sizeof out));
	assert_string_equal(out, "192.0.2.1");
	assert_true(http_last_element("forged, 192.0.2.1 ", out, sizeof out));
	assert_string_equal(out, "192.0.2.1");
	assert_false(http_last_element("a,", out, sizeof out));
	assert_false(http_last_element("1234567890123456", out, sizeof out));
}

static void paths_of_files_are_plain(void **state)
{
	(void)state;
	assert_true(http_path_is_plain("/assets/app-ABCDEFG2.js"));
	assert_false(http_path_is_plain("/../x"));
	assert_false(http_path_is_plain("/a/../x"));
	assert_false(http_path_is_plain("/a//x"));
	assert_false(http_path_is_plain("/.x"));
	assert_false(http_path_is_plain("/a\\b"));
	assert_false(http_path_is_plain("/a b"));
	assert_false(http_path_is_plain("a"));
	assert_true(http_path_has_extension("/a/b.js"));
	assert_false(http_path_has_extension("/a.b/c"));
	assert_true(http_path_is_hashed("assets/app-MWK6IQ63.js"));
	assert_false(http_path_is_hashed("assets/app-MWK6IQ6.js"));
	assert_false(http_path_is_hashed("assets/app-mwk6iq63.js"));
	assert_false(http_path_is_hashed("index.html"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_the_query_are_whole_and_within_bounds),
		cmocka_unit_test(texts_of_the_query_are_decoded_once),
		cmocka_unit_test(times_of_the_query_may_leave_their_plus_alone),
		cmocka_unit_test(parameters_nobody_asked_for_are_refused),
		cmocka_unit_test(a_body_is_read_twice_and_ends_with_its_fault),
		cmocka_unit_test(an_absent_body_is_an_empty_one_for_commands_only),
		cmocka_unit_test(versions_are_compared_where_one_was_asked_for),
		cmocka_unit_test(a_ninth_change_is_not_told),
		cmocka_unit_test(addresses_are_decoded_or_refused),
		cmocka_unit_test(codings_are_taken_as_they_are_weighed),
		cmocka_unit_test(the_nearest_proxys_word_is_the_last),
		cmocka_unit_test(paths_of_files_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
