/* SPDX-License-Identifier: EUPL-1.2 */
#include "gateway/setting.h"

#include <string.h>

#include "common/daemon/conf.h"
#include "common/daemon/text.h"
#include "gateway/explain.h"

#define ROW(section, key, type, target, min, max, initial, doc)                                    \
	{                                                                                          \
		section, key, type, &loading.target, sizeof loading.target, min, max, initial, doc \
	}
#define NAMED(section, key, type, size, min, max, initial, doc)        \
	{                                                              \
		section, key, type, NULL, size, min, max, initial, doc \
	}
#define MAX_MW 100000000 /* 100 kW */

static struct setting loading; /* start-up and one thread: the table's targets need one address */

static const struct conf_row rows[] = {
	ROW("gateway", "state_dir", CONF_TEXT, state_dir, 0, 0, "/var/lib/navette-gateway",
	    "Where the enrolment, the spool and the counters live."),
	ROW("gateway", "clock_quality", CONF_TEXT, clock_quality, 0, 0, "auto",
	    "What the time of day is worth: auto asks the kernel; or none, rtc, ntp, gps."),
	ROW("clock", "origin_ms", CONF_INT, clock.origin_ms, 0, INT64_MAX, "0",
	    "Real Unix time in ms where virtual time begins; 0: real time."),
	ROW("clock", "rate", CONF_INT, clock.rate, 1, 100000, "1", "Virtual seconds in a real second."),
	ROW("clock", "offset_ms", CONF_INT, clock.offset_ms, INT64_MIN, INT64_MAX, "0",
	    "Error of this machine's time of day, for tests."),
	ROW("spool", "max_mib", CONF_INT, spool_mib, 1, 4096, "64",
	    "Bound of the spool; when it is reached, plain sightings go first, counters never."),
	ROW("spool", "keep_days", CONF_INT, keep_days, 0, 365, "7",
	    "Running days that acknowledged batches are kept for, where there is room."),
	ROW("sieve", "allow", CONF_TEXT, allow, 0, 0, "fcd2 company:0499",
	    "Adverts that are forwarded: 16-bit service UUIDs, and company identifiers, in hex."),
	ROW("sieve", "repeat_s", CONF_INT, repeat_s, 0, 3600, "30",
	    "The same bytes from the same address are forwarded once in that time."),
	ROW("modbus", "poll_ms", CONF_INT, poll_ms, 100, 60000, "1000",
	    "Time between two readings of a meter's power."),
	ROW("modbus", "report_active_s", CONF_INT, report_active_s, 1, 3600, "10",
	    "Time between reports while in use."),
	ROW("modbus", "report_idle_s", CONF_INT, report_idle_s, 1, 3600, "60",
	    "Time between reports otherwise."),
	ROW("modbus", "maps", CONF_TEXT, maps, 0, 0, "",
	    "Folder of register maps (sdm120.ini …); empty: those that came with the program."),
	NAMED("source *", "hci", CONF_TEXT, sizeof loading.radios[0].hci, 0, 0, NULL,
	      "A Bluetooth controller that speaks H4: unix:PATH or tcp:HOST:PORT."),
	NAMED("meter *", "address", CONF_TEXT, sizeof loading.meters[0].host, 0, 0, NULL,
	      "An energy meter on Modbus TCP: HOST:PORT. The section's name is the meter's."),
	NAMED("meter *", "unit", CONF_INT, 0, 1, 247, "1", "Its Modbus unit."),
	NAMED("meter *", "map", CONF_TEXT, sizeof loading.meters[0].map, 0, 0, "sdm120", "Its register map."),
	NAMED("meter *", "on_mw", CONF_INT, 0, 1, MAX_MW, "5000",
	      "On from that power; like the following, until the service has sent the model's thresholds."),
	NAMED("meter *", "active_mw", CONF_INT, 0, 2, MAX_MW, "30000", "In use from that power."),
	NAMED("meter *", "hysteresis_mw", CONF_INT, 0, -1, MAX_MW, "-1",
	      "Use ends below active_mw less this; -1: a tenth of active_mw."),
	NAMED("meter *", "on_delay_s", CONF_INT, 0, 0, 3600, "5", "Use begins when it lasted that long."),
	NAMED("meter *", "off_delay_s", CONF_INT, 0, 0, 3600, "30", "Use ends when it paused that long."),
};

static bool is_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strlen(name) < UPLINK_NAME_SIZE &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] ==
		       '\0';
}

static const char *begin_radio(const char *name)
{
	struct radio_setting *r = &loading.radios[loading.n_radios];

	if (loading.n_radios == SETTING_MAX_RADIOS)
		return "more than 8 [source] sections";
	for (size_t i = 0; i < loading.n_radios; i++) {
		if (strcmp(loading.radios[i].name, name) == 0)
			return "the name is taken";
	}
	*r = (struct radio_setting){.hci = ""};
	if (!str_copy(r->name, sizeof r->name, name))
		return "too long";
	loading.n_radios++;
	return NULL;
}

/* Of the section that was begun last; so is a meter's key. */
static const char *take_radio(const char *value)
{
	struct radio_setting *r = &loading.radios[loading.n_radios - 1];

	if (strncmp(value, "unix:/", 6) != 0 && strncmp(value, "tcp:", 4) != 0)
		return "hci is unix:PATH (absolute) or tcp:HOST:PORT";
	return str_copy(r->hci, sizeof r->hci, value) ? NULL : "too long";
}

static const char *begin_meter(const char *name)
{
	struct meter_setting *m = &loading.meters[loading.n_meters];

	if (loading.n_meters == SETTING_MAX_METERS)
		return "more than 64 [meter] sections";
	for (size_t i = 0; i < loading.n_meters; i++) {
		if (strcmp(loading.meters[i].name, name) == 0)
			return "the name is taken";
	}
	*m = (struct meter_setting){.unit = 1,
				    .map = "sdm120",
				    .profile = {.on_mw = 5000,
						.active_mw = 30000,
						.hysteresis_mw = -1,
						.on_delay_s = 5,
						.off_delay_s = 30}};
	if (!str_copy(m->name, sizeof m->name, name))
		return "too long";
	loading.n_meters++;
	return NULL;
}

static const char *take_address(struct meter_setting *m, const char *value)
{
	const char *colon = strrchr(value, ':');
	int64_t port;
	size_t len = colon != NULL ? (size_t)(colon - value) : 0;

	if (len == 0 || len >= sizeof m->host || !int64_parse(colon + 1, &port) || port < 1 || port > 65535 ||
	    !str_copy(m->port, sizeof m->port, colon + 1))
		return "address is HOST:PORT";
	memcpy(m->host, value, len);
	m->host[len] = '\0';
	return NULL;
}

static const char *take_meter(const char *key, const char *value)
{
	struct meter_setting *m = &loading.meters[loading.n_meters - 1];
	const struct {
		const char *key;
		int64_t *target;
	} numbers[] = {{"unit", &m->unit},
		       {"on_mw", &m->profile.on_mw},
		       {"active_mw", &m->profile.active_mw},
		       {"hysteresis_mw", &m->profile.hysteresis_mw},
		       {"on_delay_s", &m->profile.on_delay_s},
		       {"off_delay_s", &m->profile.off_delay_s}};

	if (strcmp(key, "address") == 0)
		return take_address(m, value);
	if (strcmp(key, "map") == 0)
		return is_name(value) && str_copy(m->map, sizeof m->map, value) ? NULL
										: "map is the name of a file";
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (strcmp(key, numbers[i].key) == 0)
			return int64_parse(value, numbers[i].target) ? NULL : "not a whole number";
	}
	return "unknown key";
}

static const char *take_named(void *context, const char *word, const char *name, const char *key,
			      const char *value)
{
	(void)context;
	if (!is_name(name))
		return "a name has letters, digits, - _ and . only";
	if (strcmp(word, "meter") == 0)
		return key == NULL ? begin_meter(name) : take_meter(key, value);
	if (strcmp(word, "source") == 0)
		return key == NULL ? begin_radio(name) : take_radio(value);
	return "unknown section";
}

/* What no single row can say. */
static bool check(const char *path, char *why, size_t why_size)
{
	static const char qualities[][5] = {"auto", "none", "rtc", "ntp", "gps"};
	bool is_known = false;

	for (size_t i = 0; i < sizeof qualities / sizeof qualities[0]; i++)
		is_known |= strcmp(loading.clock_quality, qualities[i]) == 0;
	if (!is_known) {
		return explain(why, why_size, "%s: [gateway] clock_quality is auto, none, rtc, ntp or gps",
			       path);
	}
	if (!sieve_list_parse(loading.allow, &loading.list)) {
		return explain(why, why_size, "%s: [sieve] allow: write it as: fcd2 company:0499", path);
	}
	for (size_t i = 0; i < loading.n_radios; i++) {
		if (loading.radios[i].hci[0] == '\0')
			return explain(why, why_size,
				       "%s: [source %s] needs hci = unix:PATH or tcp:HOST:PORT", path,
				       loading.radios[i].name);
	}
	for (size_t i = 0; i < loading.n_meters; i++) {
		const struct meter_setting *m = &loading.meters[i];
		bool is_ordered = m->profile.on_mw < m->profile.active_mw;

		if (m->host[0] != '\0' && is_ordered && m->profile.hysteresis_mw <= m->profile.active_mw)
			continue;
		return explain(why, why_size, "%s: [meter %s] %s", path, m->name,
			       m->host[0] == '\0' ? "needs address = HOST:PORT"
			       : is_ordered       ? "hysteresis_mw is more than active_mw"
						  : "on_mw must be below active_mw");
	}
	return true;
}

bool setting_load(const char *path, struct setting *out, char *why, size_t why_size)
{
	const struct conf_table table = {
		.rows = rows, .n_rows = sizeof rows / sizeof rows[0], .named = take_named};

	loading = (struct setting){.n_radios = 0};
	if (!conf_load(&table, path, why, why_size) || !check(path, why, why_size))
		return false;
	*out = loading;
	return true;
}

void setting_print_example(FILE *out)
{
	const struct conf_table table = {.rows = rows, .n_rows = sizeof rows / sizeof rows[0]};

	conf_print_example(&table, out);
}

bool setting_path(const struct setting *s, const char *name, char *out, size_t size)
{
	return str_format(out, size, "%s/%s", s->state_dir, name);
}
