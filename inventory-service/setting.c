/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/setting.h"

#include <arpa/inet.h>

#include "common/daemon/conf.h"

static struct setting loading; /* start-up and one thread: the table's targets need one address */

#define TEXT(section, key, member, initial, doc)                                                   \
	{                                                                                          \
		section, key, CONF_TEXT, loading.member, sizeof loading.member, 0, 0, initial, doc \
	}
#define INT(section, key, member, min, max, initial, doc)                          \
	{                                                                          \
		section, key, CONF_INT, &loading.member, 0, min, max, initial, doc \
	}
#define DAY_S 86400

static const struct conf_row rows[] = {
	TEXT("service", "database", service.database, "/var/lib/navette/navette.db", "The database file."),
	TEXT("service", "secret_file", service.secret_file, "/var/lib/navette/secret.key",
	     "32 bytes under which keys are sealed; made at the first start. Keep a copy apart from the "
	     "backups."),
	TEXT("service", "web_dir", service.web_dir, "/usr/share/navette/web",
	     "The files of the web UI; empty: none are served."),
	TEXT("http", "bind", service.http_bind, "127.0.0.1",
	     "Address to listen on. Anything but loopback belongs behind a proxy that speaks TLS."),
	INT("http", "port", service.http_port, 0, 65535, "8080",
	    "Port to listen on; 0: any free one, see the log."),
	INT("http", "session_idle_s", service.session_idle_s, 1, 365 * DAY_S, "43200",
	    "A session that is not used for so long ends."),
	INT("http", "session_max_s", service.session_max_s, 1, 365 * DAY_S, "2592000",
	    "A session ends after this time."),
	TEXT("broker", "url", service.broker_url, "mqtt://127.0.0.1:1883",
	     "mqtt:// and ws:// on loopback only, mqtts:// and wss:// elsewhere."),
	TEXT("broker", "ca", service.broker_ca, "",
	     "Certificate of the broker's authority; empty: the system's."),
	TEXT("broker", "user", service.broker_user, "navette-service",
	     "The broker's administrator, as which we connect."),
	TEXT("broker", "password_file", service.broker_password_file, "/etc/navette/broker.password",
	     "A file with its password in the first line."),
	TEXT("broker", "public_url", service.broker_public_url, "",
	     "What enrolment files tell gateways; empty: the url above."),
	INT("clock", "origin_ms", clock.origin_ms, 0, INT64_MAX, "0",
	    "Real Unix time in ms where virtual time begins; 0: real time."),
	INT("clock", "rate", clock.rate, 1, 100000, "1", "Virtual seconds in a real second."),
	INT("clock", "offset_ms", clock.offset_ms, INT64_MIN, INT64_MAX, "0",
	    "Error of this machine's time of day, for tests."),
	INT("evidence", "report_days", service.report_days, 0, 36500, "60",
	    "Raw reports are kept so many days; 0: for ever. Hours and the readings they come from stay."),
	INT("live", "silent_s", service.silent_s, 60, 30 * DAY_S, "900",
	    "Not heard for so long: the live state of an item is unknown."),
	INT("live", "presence_hold_s", service.presence_hold_s, 0, DAY_S, "600",
	    "So long a sighting elsewhere must hold before it is proposed."),
	INT("lending", "fetch_lead_s", service.lending.fetch_lead_s, 0, 7 * DAY_S, "7200",
	    "What a way between two places takes, fetching included."),
	INT("lending", "option_s", service.lending.option_s, 60, 60 * DAY_S, "172800",
	    "A submission nobody has decided holds the thing for so long."),
	INT("lending", "grace_s", service.lending.grace_s, 0, DAY_S, "900",
	    "A loan is overdue so long after it was due."),
	INT("lending", "recovery_s", service.lending.recovery_s, 0, 90 * DAY_S, "604800",
	    "An overdue thing is awaited for so long: new requests begin after it."),
};

static const struct conf_table table = {.rows = rows, .n_rows = sizeof rows / sizeof rows[0]};

static bool is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

bool setting_load(struct setting *out, const char *path, char *why, size_t why_size)
{
	loading = (struct setting){0};
	if (!conf_load(&table, path, why, why_size))
		return false;
	if (!is_address(loading.service.http_bind)) {
		snprintf(why, why_size, "%s: [http] bind is a numeric address, such as 127.0.0.1", path);
		return false;
	}
	*out = loading;
	return true;
}

void setting_print_example(FILE *out)
{
	conf_print_example(&table, out);
}
