/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_tag_world navette_meter_cycle */
/* What the demo's simulators are told: a day that a place would believe, minute by minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/daemon/text.h"
#include "firmware/boards/host/script.h"
#include "inventory-service/demo/kit.h"
#include "tests/sim/meter_cycle.h"

#define DAY_S 86400
#define ACTIVE_MW 30000 /* a tag's; a meter's is in its line */

static char folder[] = "/tmp/navette-kit-XXXXXX";
static struct script script;
static struct meter_cycle cycles[DEMO_DEVICES];
static int64_t active_mw[DEMO_DEVICES];
static int n_meters;
static int64_t midnight_s;

static const char *file_of(const char *name)
{
	static char path[128];

	assert_true(str_format(path, sizeof path, "%s/%s", folder, name));
	return path;
}

static void take_meter(char *line)
{
	char *field[6], *save = NULL;
	int n = 0;

	for (char *s = strtok_r(line, "|\n", &save); s && n < 6; s = strtok_r(NULL, "|\n", &save))
		field[n++] = s;
	assert_int_equal(n, 6);
	active_mw[n_meters] = atoll(field[4]);
	cycles[n_meters].start_s = midnight_s;
	assert_true(meter_cycle_parse(&cycles[n_meters], field[5]));
	assert_int_equal(cycles[n_meters].length_s, DAY_S);
	n_meters++;
}

static void read_kit(void)
{
	char line[512];
	FILE *f = fopen(file_of("midnight"), "re");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	midnight_s = atoll(line);
	fclose(f);
	assert_non_null(f = fopen(file_of("meters"), "re"));
	while (fgets(line, sizeof line, f))
		take_meter(line);
	fclose(f);
	assert_true(script_read(&script, file_of("tags.script")));
}

static int set_up(void **state)
{
	struct demo_world *w = demo_world_make(1, (struct calendar_date){2026, 11, 24});
	static struct demo_loaded loaded;

	(void)state;
	for (int i = 0; i < DEMO_GATEWAYS; i++)
		snprintf(loaded.enrolments[i].gateway, sizeof loaded.enrolments[i].gateway, "gw-000%d",
			 i + 1);
	if (!mkdtemp(folder) || !demo_kit_write(w, &loaded, folder))
		return 1;
	assert_int_equal(w->until_s, calendar_day_start_s((struct calendar_date){2026, 11, 25}));
	read_kit();
	assert_int_equal(midnight_s, w->until_s);
	demo_world_free(w);
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	script_free(&script);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static int in_use_at(int64_t t_s)
{
	int n = 0;

	for (int i = 0; i < n_meters; i++)
		n += meter_cycle_power_mw(&cycles[i], t_s * 1000) >= active_mw[i];
	for (size_t i = 0; i < script.n_tags; i++)
		n += script_power_mw(&script.tags[i], (t_s * 1000) - script.zero_ms) >= ACTIVE_MW;
	return n;
}

static void nights_are_quiet_days_are_busy_and_something_always_runs(void **state)
{
	int64_t busy = 0, minutes = 0;

	(void)state;
	assert_int_equal(n_meters + (int)script.n_tags, DEMO_DEVICES);
	assert_int_equal(script.zero_ms, midnight_s * 1000);
	for (int64_t minute = 3 * 1440; minute < 4 * 1440; minute++) {
		int hour = (int)(minute % 1440 / 60), n = in_use_at(midnight_s + 60 * minute);

		assert_true(n >= 1); /* who opens the page at night sees it live */
		assert_true(n <= DEMO_DEVICES * 3 / 4);
		if (hour < 9 || hour >= 19)
			assert_true(n <= 2);
		if (hour < 10 || hour >= 17)
			continue;
		busy += n;
		minutes++;
	}
	print_message("by day %.1f of %d in use\n", (double)busy / (double)minutes, DEMO_DEVICES);
	assert_in_range(busy / minutes, DEMO_DEVICES / 5, DEMO_DEVICES / 2);
}

static void a_tag_changes_when_its_script_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < script.n_tags; i++) {
		const struct script_tag *t = &script.tags[i];
		int64_t at_ms = 0;
		int changes = 0;

		while (at_ms < 2 * DAY_S * (int64_t)1000) {
			int64_t next_ms = script_next_ms(t, at_ms);

			assert_true(next_ms > at_ms);
			for (int64_t ms = at_ms; ms < next_ms; ms += 1000)
				assert_int_equal(script_power_mw(t, ms), script_power_mw(t, at_ms));
			changes += script_power_mw(t, next_ms) != script_power_mw(t, at_ms);
			at_ms = next_ms;
		}
		assert_true(changes > 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nights_are_quiet_days_are_busy_and_something_always_runs),
		cmocka_unit_test(a_tag_changes_when_its_script_says),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
