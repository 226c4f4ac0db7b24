/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_gateway */
/* Words and values: derived from the register map of volkszaehler/mbmd meters/rs485/sdm120.go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/modbus_map.h"

static void load(struct modbus_map *map)
{
	char why[512] = "";

	if (!modbus_map_load("gateway/meters/sdm120.ini", map, why, sizeof why))
		fail_msg("%s", why);
}

static void the_sdm120_map_reads_power_and_energy_at_their_addresses(void **state)
{
	struct modbus_map map;
	int64_t v = 0;

	(void)state;
	load(&map);
	assert_int_equal(map.function, 4);
	assert_int_equal(map.power.address, 12);
	assert_int_equal(map.energy.address, 72);
	assert_true(modbus_decode(&map.power, (const uint16_t[]){0x449a, 0x5000}, &v));
	assert_int_equal(v, 1234500);
	assert_true(modbus_decode(&map.energy, (const uint16_t[]){0x458e, 0xbf1f}, &v));
	assert_int_equal(v, 4567890);
	assert_true(modbus_decode(&map.power, (const uint16_t[]){0xc120, 0x0000}, &v)); /* -10 W: it feeds */
	assert_int_equal(v, -10000);
}

static void the_low_word_may_come_first(void **state)
{
	struct modbus_map map;
	int64_t v = 0;

	(void)state;
	load(&map);
	map.power.is_lsw_first = true;
	assert_true(modbus_decode(&map.power, (const uint16_t[]){0x5000, 0x449a}, &v));
	assert_int_equal(v, 1234500);
}

static void what_cannot_be_is_no_value(void **state)
{
	static const uint16_t nonsense[][2] = {{0x7fc0, 0},      {0xffff, 0xffff},
					       {0x7f80, 0},      {0xff80, 0},
					       {0x7f7f, 0xffff}, {0x46ea, 0x6200} /* 30001 */,
					       {0xc6ea, 0x6200}, {0x7f80, 1}};
	struct modbus_map map;
	int64_t v = 77;

	(void)state;
	load(&map);
	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++)
		assert_false(modbus_decode(&map.power, nonsense[i], &v));
	assert_false(modbus_decode(&map.energy, (const uint16_t[]){0xbf80, 0}, &v)); /* -1 kWh */
	assert_int_equal(v, 77);
}

static void refuse(const char *text, const char *reason)
{
	char path[] = "/tmp/navette-map-XXXXXX", why[512] = "";
	int fd = mkstemp(path);
	struct modbus_map map;

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	assert_false(modbus_map_load(path, &map, why, sizeof why));
	unlink(path);
	if (strstr(why, reason) == NULL)
		fail_msg("%s", why);
}

static void a_map_that_is_not_understood_is_refused_with_its_reason(void **state)
{
	char text[1024], full[2048], *at;
	FILE *f = fopen("gateway/meters/sdm120.ini", "r");
	size_t len = f != NULL ? fread(full, 1, sizeof full - 1, f) : 0;

	(void)state;
	assert_non_null(f);
	fclose(f);
	full[len] = '\0';
	assert_true(len < sizeof text);
	memcpy(text, full, len + 1);
	at = strstr(text, "type = float32");
	memcpy(at, "type = float16", 14);
	refuse(text, "type is float32");
	memcpy(text, full, len + 1);
	at = strstr(text, "msw_first");
	memcpy(at, "xsw_first", 9);
	refuse(text, "word_order");
	memcpy(text, full, len + 1);
	at = strstr(text, "unit = kWh");
	memcpy(at, "unit = VAh", 10);
	refuse(text, "unit");
	memcpy(text, full, len + 1);
	at = strstr(text, "max = ");
	(void)snprintf(at, sizeof text - (size_t)(at - text), "max = 2000001%s",
		       strstr(full + (at - text), "\n"));
	refuse(text, "within 2 MW"); /* what does not fit a sample would count as a negative power */
	refuse("[power]\naddress = 99999\n", ":2:");
}

static void a_kind_without_a_map_says_what_to_set(void **state)
{
	struct modbus_map map;
	char why[512] = "";

	(void)state;
	assert_false(modbus_map_find("", "nonesuch", &map, why, sizeof why));
	assert_non_null(strstr(why, "[modbus] maps"));
	assert_true(modbus_map_find("gateway/meters", "sdm120", &map, why, sizeof why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sdm120_map_reads_power_and_energy_at_their_addresses),
		cmocka_unit_test(the_low_word_may_come_first),
		cmocka_unit_test(what_cannot_be_is_no_value),
		cmocka_unit_test(a_map_that_is_not_understood_is_refused_with_its_reason),
		cmocka_unit_test(a_kind_without_a_map_says_what_to_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
