/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
#include "common/daemon/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/daemon/log.h"

#define N_OF(a) (sizeof(a) / sizeof(a)[0])

static void a_copy_that_does_not_fit_is_empty(void **state)
{
	char out[4] = "old";

	(void)state;
	assert_true(str_copy(out, sizeof out, "abc"));
	assert_string_equal(out, "abc");
	assert_false(str_copy(out, sizeof out, "abcd"));
	assert_string_equal(out, "");
	assert_false(str_copy(out, 0, ""));
	assert_true(str_format(out, sizeof out, "%d", 123));
	assert_string_equal(out, "123");
	assert_false(str_format(out, sizeof out, "%d", 1234));
	assert_string_equal(out, "");
}

static void utf8_is_judged_as_rfc_3629_says(void **state)
{
	static const char *const good[] = {"",
					   "a",
					   "\x7f",
					   "\xc2\x80",
					   "\xdf\xbf",
					   "\xe0\xa0\x80",
					   "\xed\x9f\xbf",
					   "\xee\x80\x80",
					   "\xef\xbf\xbf",
					   "\xf0\x90\x80\x80",
					   "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80",
					  "\xbf",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xc2",
					  "\xc2\x41",
					  "\xe0\x9f\xbf",
					  "\xe2\x82",
					  "\xe2\x82\x41",
					  "\xed\xa0\x80",
					  "\xed\xbf\xbf",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xff",
					  "a\xfe"};

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_false(utf8_valid("a\0b", 3));
}

static void hex_goes_there_and_back(void **state)
{
	const uint8_t bytes[3] = {0x00, 0xa5, 0xff};
	uint8_t back[3] = {9, 9, 9};
	char hex[7];

	(void)state;
	hex_encode(bytes, 3, hex);
	assert_string_equal(hex, "00a5ff");
	assert_true(hex_decode("00A5fF", 6, back, 3));
	assert_memory_equal(back, bytes, 3);
	memset(back, 9, 3);
	assert_false(hex_decode("00a5f", 5, back, 3));
	assert_false(hex_decode("00a5fff", 7, back, 3));
	assert_false(hex_decode("00a5fg", 6, back, 3));
	assert_false(hex_decode("00a5", 4, back, 3));
	assert_int_equal(back[0], 9);
	assert_true(hex_decode("", 0, back, 0));
}

/* RFC 4648 §10, in the alphabet of §5 and without padding. */
static void base64url_agrees_with_rfc_4648(void **state)
{
	static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
	static const char *const coded[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
	const uint8_t high[] = {0xfb, 0xff, 0xfe};
	uint8_t back[8];
	char out[16];

	(void)state;
	for (size_t i = 0; i < N_OF(plain); i++) {
		assert_true(base64url_encode((const uint8_t *)plain[i], i, out, strlen(coded[i]) + 1));
		assert_string_equal(out, coded[i]);
		assert_false(base64url_encode((const uint8_t *)plain[i], i, out, strlen(coded[i])));
		assert_true(base64url_decode(coded[i], back, i));
		assert_memory_equal(back, plain[i], i);
		assert_false(base64url_decode(coded[i], back, i + 1));
	}
	assert_true(base64url_encode(high, 3, out, sizeof out));
	assert_string_equal(out, "-__-");
}

static void base64url_has_one_spelling(void **state)
{
	uint8_t back[3];

	(void)state;
	assert_false(base64url_decode("Zh", back, 1)); /* bits left over */
	assert_false(base64url_decode("Zm9", back, 2));
	assert_false(base64url_decode("Zg==", back, 1));
	assert_false(base64url_decode("Zm+v", back, 3));
	assert_false(base64url_decode("Zm/v", back, 3));
	assert_false(base64url_decode("Zm v", back, 3));
}

static void addresses_stand_in_display_order(void **state)
{
	static const char *const bad[] = {"",
					  "c0:98:e5:12:34:5",
					  "c0:98:e5:12:34:567",
					  "c0-98-e5-12-34-56",
					  "c0:98:e5:12:34:5g",
					  "c098e5123456"};
	const uint8_t want[6] = {0xc0, 0x98, 0xe5, 0x12, 0x34, 0x56};
	uint8_t address[6];
	char text[18];

	(void)state;
	assert_true(address_parse("C0:98:e5:12:34:56", address));
	assert_memory_equal(address, want, 6);
	address_format(address, text);
	assert_string_equal(text, "c0:98:e5:12:34:56");
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(address_parse(bad[i], address));
}

static void integers_are_whole(void **state)
{
	static const char *const bad[] = {"",
					  "-",
					  "+1",
					  " 1",
					  "1 ",
					  "1x",
					  "0x10",
					  "1.0",
					  "9223372036854775808",
					  "-9223372036854775809",
					  "--1"};
	int64_t v = 7;

	(void)state;
	assert_true(int64_parse("9223372036854775807", &v));
	assert_int_equal(v, INT64_MAX);
	assert_true(int64_parse("-9223372036854775808", &v));
	assert_true(v == INT64_MIN);
	assert_true(int64_parse("-0", &v));
	assert_int_equal(v, 0);
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(int64_parse(bad[i], &v));
	assert_int_equal(v, 0);
}

static void expect_time(const char *text, int64_t want)
{
	int64_t t = -1;

	assert_true(rfc3339_parse(text, &t));
	assert_int_equal(t, want);
}

static void times_are_read_with_any_offset(void **state)
{
	(void)state;
	expect_time("1970-01-01T00:00:00Z", 0);
	expect_time("2026-11-25T08:55:00Z", 1795596900);
	expect_time("2026-11-25T09:55:00+01:00", 1795596900);
	expect_time("2026-11-24T23:25:00-09:30", 1795596900);
	expect_time("2026-11-25t08:55:00.999999999z", 1795596900);
	expect_time("2000-02-29T12:00:00Z", 951825600);
	expect_time("9999-12-31T23:59:59Z", 253402300799);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "2026-11-25",
					  "2026-11-25T08:55:00",
					  "2026-11-25 08:55:00Z",
					  "2026-13-01T00:00:00Z",
					  "2026-00-01T00:00:00Z",
					  "2026-02-29T00:00:00Z",
					  "2100-02-29T00:00:00Z",
					  "2026-04-31T00:00:00Z",
					  "2026-11-25T24:00:00Z",
					  "2026-11-25T08:60:00Z",
					  "2026-11-25T08:55:61Z",
					  "2026-11-25T08:55:00.Z",
					  "2026-11-25T08:55:00+24:00",
					  "2026-11-25T08:55:00+01",
					  "2026-11-25T08:55:00+0100",
					  "2026-11-25T08:55:00Zz",
					  "1969-12-31T23:59:59Z",
					  "1970-01-01T00:00:00+00:01",
					  "9999-12-31T23:59:59-00:01",
					  "202-11-25T08:55:00Z",
					  "+2026-11-25T08:55:00Z"};
	int64_t t = 5;

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(rfc3339_parse(bad[i], &t));
	assert_int_equal(t, 5);
}

/* Every day of the calendar against the C library, and back. */
static void every_day_goes_there_and_back(void **state)
{
	char text[21], want[21];

	(void)state;
	for (int64_t t = 43200; t < 253402300800; t += 86400) {
		const time_t c_time = (time_t)t;
		struct tm tm;

		gmtime_r(&c_time, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
		rfc3339_format(t, text);
		if (strcmp(text, want) != 0)
			fail_msg("%s is not %s", text, want);
		expect_time(text, t);
	}
	rfc3339_format(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	rfc3339_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void files_are_replaced_whole(void **state)
{
	char folder[] = "/tmp/navette-text-XXXXXX", path[64], temporary[80], out[16];
	struct stat st;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(temporary, sizeof temporary, "%s.tmp", path);
	assert_true(file_write_durable(path, "first", 5, 0644));
	/* a crash left its temporary file, open to all */
	assert_true(file_write_durable(temporary, "left over", 9, 0666));
	assert_true(file_write_durable(path, "second", 6, 0600));
	assert_true(file_read(path, out, sizeof out, &len));
	assert_int_equal(len, 6);
	assert_string_equal(out, "second");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_not_equal(stat(temporary, &st), 0);
	assert_true(file_read(path, out, 7, &len));
	assert_false(file_read(path, out, 6, &len));
	assert_int_equal(errno, EFBIG);
	unlink(path);
	assert_false(file_read(path, out, sizeof out, &len));
	assert_int_equal(errno, ENOENT);
	rmdir(folder);
	assert_false(file_write_durable(path, "x", 1, 0600));
	assert_int_equal(errno, ENOENT);
}

static size_t read_log(void (*say)(void), char *out, size_t size)
{
	const int saved = dup(STDERR_FILENO);
	int ends[2];
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	say();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	len = read(ends[0], out, size - 1);
	close(ends[0]);
	assert_true(len > 0);
	out[len] = '\0';
	return (size_t)len;
}

static void say_two_lines(void)
{
	log_warn("test: forged: name=%s", "a\n<3>b\x1b[0m");
}

static void say_too_much(void)
{
	log_info("%2000s", "x");
}

static void a_log_event_is_one_line(void **state)
{
	char out[4096];
	size_t len;

	(void)state;
	read_log(say_two_lines, out, sizeof out);
	assert_string_equal(out, "<4>test: forged: name=a <3>b [0m\n");
	len = read_log(say_too_much, out, sizeof out);
	assert_int_equal(out[len - 1], '\n');
	assert_non_null(strstr(out, " ...\n"));
	assert_true(len <= 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_that_does_not_fit_is_empty),
		cmocka_unit_test(utf8_is_judged_as_rfc_3629_says),
		cmocka_unit_test(hex_goes_there_and_back),
		cmocka_unit_test(base64url_agrees_with_rfc_4648),
		cmocka_unit_test(base64url_has_one_spelling),
		cmocka_unit_test(addresses_stand_in_display_order),
		cmocka_unit_test(integers_are_whole),
		cmocka_unit_test(times_are_read_with_any_offset),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(every_day_goes_there_and_back),
		cmocka_unit_test(files_are_replaced_whole),
		cmocka_unit_test(a_log_event_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
