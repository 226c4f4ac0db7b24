/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway navette_daemon navette_wire */
/* The gateway's configuration: what is written wrongly is named, and nothing of it is taken for something
 * else. */
#include "gateway/setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/navette-setting-XXXXXX";
static struct setting setting;

static bool load(const char *text, char *why, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return setting_load(path, &setting, why, size);
}

static void refused(const char *text, const char *what)
{
	char why[640] = "";

	assert_false(load(text, why, sizeof why));
	if (strstr(why, what) == NULL)
		fail_msg("%s: expected: %s", why, what);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void what_is_written_is_taken(void **state)
{
	char why[640];

	(void)state;
	if (!load("[source ble-1]\nhci = unix:/run/hci\n[meter prusa-1]\naddress = 10.0.0.7:502\nunit = 3\n"
		  "[meter laser]\naddress = 10.0.0.7:502\nactive_mw = 90000\n",
		  why, sizeof why))
		fail_msg("%s", why);
	assert_int_equal(setting.n_radios, 1);
	assert_string_equal(setting.radios[0].hci, "unix:/run/hci");
	assert_int_equal(setting.n_meters, 2);
	assert_int_equal(setting.meters[0].unit, 3);
	assert_int_equal(setting.meters[0].profile.active_mw, 30000);
	assert_string_equal(setting.meters[1].host, "10.0.0.7");
	assert_int_equal(setting.meters[1].unit, 1);
	assert_int_equal(setting.meters[1].profile.active_mw, 90000);
}

static void a_section_with_a_slip_is_no_meter(void **state)
{
	(void)state;
	refused("[metr prusa-1]\naddress = 10.0.0.7:502\n", ":1: [metr prusa-1]: unknown section");
	refused("[metr prusa-1]\n", ":1: [metr prusa-1]: unknown section");
	refused("[source ble-1]\nhci = serial:/dev/ttyS0\n", ":2: [source ble-1] hci: hci is unix:PATH");
	refused("[meter a/b]\naddress = h:1\n", "a name has letters");
}

static void a_section_that_says_nothing_is_named(void **state)
{
	(void)state;
	refused("[source ble-1]\n# hci = unix:/run/hci\n", "[source ble-1] needs hci");
	refused("[meter prusa-1]\nunit = 2\n", "[meter prusa-1] needs address");
	refused("[meter prusa-1]\n", "[meter prusa-1] needs address");
}

static void nothing_is_given_twice(void **state)
{
	(void)state;
	refused("[meter a]\naddress = h:1\n[meter a]\naddress = h:2\n", ":3: [meter a]: the name is taken");
	refused("[source a]\nhci = unix:/x\n[source a]\nhci = unix:/y\n",
		":3: [source a]: the name is taken");
	refused("[meter a]\naddress = h:1\nunit = 1\nunit = 2\n", ":4: [meter a] unit is given twice");
}

static void numbers_are_within_their_bounds(void **state)
{
	(void)state;
	refused("[meter a]\naddress = h:1\nunit = 0\n", "0 is not within 1 and 247");
	refused("[meter a]\naddress = h:1\non_delay_s = 3601\n", "3601 is not within 0 and 3600");
	refused("[meter a]\naddress = h:0\n", "address is HOST:PORT");
	refused("[meter a]\naddress = h:1\non_mw = 30000\n", "on_mw must be below active_mw");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_taken),
		cmocka_unit_test(a_section_with_a_slip_is_no_meter),
		cmocka_unit_test(a_section_that_says_nothing_is_named),
		cmocka_unit_test(nothing_is_given_twice),
		cmocka_unit_test(numbers_are_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
