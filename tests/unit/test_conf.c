/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_daemon */
#include "common/daemon/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	char database[16];
	int64_t port;
	bool open;
	char named[128];
	size_t longest;
} got;

static const struct conf_row rows[] = {
	{"service", "database", CONF_TEXT, got.database, sizeof got.database, 0, 0, NULL,
	 "The database file."},
	{"service", "port", CONF_INT, &got.port, 0, 1, 65535, "8080", "The port."},
	{"service", "open", CONF_BOOL, &got.open, 0, 0, 0, "no", "Open to all."},
	{"meter *", "unit", CONF_INT, NULL, 0, 1, 247, "1", "The Modbus address."},
	{"meter *", "model", CONF_TEXT, NULL, 8, 0, 0, "sdm120", "The model."},
};

/* "source" sections are known to the callback only. */
static const char *on_named(void *context, const char *word, const char *name, const char *key,
			    const char *value)
{
	const size_t at = strlen(got.named);

	(void)context;
	if (key == NULL) {
		snprintf(got.named + at, sizeof got.named - at, "%s %s: ", word, name);
		return strcmp(word, "sauce") == 0 ? "no such section" : NULL;
	}
	if (strlen(value) > got.longest)
		got.longest = strlen(value);
	if (strcmp(key, "bad") == 0)
		return "no such source";
	snprintf(got.named + at, sizeof got.named - at, "%s.%s.%s=%s;", word, name, key, value);
	return NULL;
}

static const struct conf_table table = {rows, sizeof rows / sizeof rows[0], on_named, NULL};
static char path[64];

static int make_path(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof path, "/tmp/navette-conf-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static bool load_bytes(const struct conf_table *t, const char *text, size_t len, char *why, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	memset(&got, 0, sizeof got);
	why[0] = '\0';
	return conf_load(t, path, why, size);
}

static void expect_refusal(const char *text, int line, const char *what)
{
	char why[256], want[256];

	assert_false(load_bytes(&table, text, strlen(text), why, sizeof why));
	snprintf(want, sizeof want, "%s:%d: %s", path, line, what);
	assert_string_equal(why, want);
}

static void expect_loaded(const char *text)
{
	char why[256];

	if (!load_bytes(&table, text, strlen(text), why, sizeof why))
		fail_msg("%s", why);
}

static void the_file_wins_over_the_defaults(void **state)
{
	(void)state;
	expect_loaded("# a comment\n; another\n\n[service]\ndatabase = /tmp/x ; y\n");
	assert_string_equal(got.database, "/tmp/x ; y");
	assert_int_equal(got.port, 8080);
	assert_false(got.open);
	expect_loaded("[service]\r\n  database=d\r\n  open = yes\r\nport=65535");
	assert_string_equal(got.database, "d");
	assert_int_equal(got.port, 65535);
	assert_true(got.open);
}

static void named_sections_are_handed_on(void **state)
{
	(void)state;
	expect_loaded("[service]\ndatabase=d\n[meter prusa-1]\nunit=2\nmodel=em112\n[source ble 1]\nx=y\n");
	assert_string_equal(got.named, "meter prusa-1: meter.prusa-1.unit=2;meter.prusa-1.model=em112;"
				       "source ble 1: source.ble 1.x=y;");
	expect_loaded("[service]\ndatabase=d\n[meter a]\n[meter b]\nunit=2\n[meter c]\nunit=3\n");
	assert_string_equal(got.named, "meter a: meter b: meter.b.unit=2;meter c: meter.c.unit=3;");
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	(void)state;
	expect_refusal("[service]\n\nport = x\n", 3, "[service] port: not an integer: x");
	expect_refusal("[service]\nport = 0\n", 2, "[service] port: 0 is not within 1 and 65535");
	expect_refusal("[service]\nport = 65536\n", 2, "[service] port: 65536 is not within 1 and 65535");
	expect_refusal("[service]\nopen = maybe\n", 2, "[service] open: neither yes nor no: maybe");
	expect_refusal("[service]\ndatabase = 0123456789abcdef\n", 2,
		       "[service] database: longer than 15 bytes");
	expect_refusal("[service]\ndatabase =\n", 2, "[service] database is empty");
	expect_refusal("[service]\nprot = 1\n", 2, "unknown key prot in [service]");
	expect_refusal("[service]\nPort = 1\n", 2, "unknown key Port in [service]");
	expect_refusal("[service]\nport = 1\nport = 2\n", 3, "[service] port is given twice");
	expect_refusal("[service]\nport = 1\n# end\n", 3, "[service] database is missing");
	expect_refusal("port = 1\n", 1, "port stands before any [section]");
	expect_refusal("[web]\n", 1, "unknown section [web]");
	expect_refusal("[meter]\n", 1, "unknown section [meter]");
	expect_refusal("[meter ]\n", 1, "unknown section [meter ]");
	expect_refusal("[service] x\n", 1, "more behind [service]");
	expect_refusal("[meter a]\nunit = 248\n", 2, "[meter *] unit: 248 is not within 1 and 247");
	expect_refusal("[meter a]\nmodel = 12345678\n", 2, "[meter *] model: longer than 7 bytes");
	expect_refusal("[meter a]\ncolour = red\n", 2, "unknown key colour in [meter a]");
	expect_refusal("[meter a]\nunit = 2\nunit = 3\n", 3, "[meter a] unit is given twice");
	expect_refusal("[sauce a]\n", 1, "[sauce a]: no such section");
	expect_refusal("[source a]\nbad = 1\n", 2, "[source a] bad: no such source");
	expect_refusal("[service]\nport\n", 2, "neither [section] nor key = value nor # comment");
	expect_refusal("[service\n", 1, "neither [section] nor key = value nor # comment");
	expect_refusal("[service]\ndatabase = caf\xe9\n", 2, "not UTF-8 text");
	expect_refusal("[service]\nport = 1 ; the port\n", 2, "[service] port: not an integer: 1 ; the port");
	/* the first fault is the one that is told */
	expect_refusal("[service]\nport = x\nprot = 1\n", 2, "[service] port: not an integer: x");
}

static void nothing_is_cut_silently(void **state)
{
	char text[2048], why[256];
	const char zero[] = "[service]\nport = 1\0 2\n";

	(void)state;
	snprintf(text, sizeof text, "[service]\ndatabase = %01500d\n", 0);
	expect_refusal(text, 2, "a line longer than 1020 bytes");
	snprintf(text, sizeof text, "[meter %060d]\n", 0);
	expect_refusal(text, 1, "a section name longer than 49 bytes");
	snprintf(text, sizeof text, "[service]\ndatabase = d\n[source a]\nx = %01000d\n", 0);
	expect_loaded(text);
	assert_int_equal(got.longest, 1000);
	assert_false(load_bytes(&table, zero, sizeof zero - 1, why, sizeof why));
	assert_non_null(strstr(why, ":2: not UTF-8 text"));
	/* no continuation lines: an indented line stands for itself */
	expect_refusal("[service]\ndatabase = a\n  b\n", 3,
		       "neither [section] nor key = value nor # comment");
}

static void without_a_callback_named_sections_are_unknown(void **state)
{
	const struct conf_table bare = {rows, 3, NULL, NULL};
	const char *text = "[service]\ndatabase=d\n[meter a]\nunit=1\n";
	char why[256];

	(void)state;
	assert_false(load_bytes(&bare, text, strlen(text), why, sizeof why));
	assert_non_null(strstr(why, ":3: unknown section [meter a]"));
}

static void a_file_that_is_not_there_says_so(void **state)
{
	char why[128], tiny[8];

	(void)state;
	assert_false(conf_load(&table, "/nonexistent/x", why, sizeof why));
	assert_string_equal(why, "/nonexistent/x:0: No such file or directory");
	assert_false(conf_load(&table, "/nonexistent/x", tiny, sizeof tiny));
	assert_string_equal(tiny, "line 0");
	assert_false(conf_load(&table, "/tmp", why, sizeof why));
	assert_string_equal(why, "/tmp:0: cannot be read");
}

static void the_example_is_the_table(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	char why[256];

	(void)state;
	conf_print_example(&table, f);
	fclose(f);
	assert_string_equal(text, "[service]\n"
				  "# The database file. Required.\n"
				  "database = \n"
				  "# The port. (1 to 65535)\n"
				  "#port = 8080\n"
				  "# Open to all. (yes or no)\n"
				  "#open = no\n"
				  "\n"
				  "#[meter *]\n"
				  "# The Modbus address. (1 to 247)\n"
				  "#unit = 1\n"
				  "# The model.\n"
				  "#model = sdm120\n");
	assert_false(load_bytes(&table, text, len, why, sizeof why));
	assert_non_null(strstr(why, ":3: [service] database is empty"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_wins_over_the_defaults),
		cmocka_unit_test(named_sections_are_handed_on),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(nothing_is_cut_silently),
		cmocka_unit_test(without_a_callback_named_sections_are_unknown),
		cmocka_unit_test(a_file_that_is_not_there_says_so),
		cmocka_unit_test(the_example_is_the_table),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
