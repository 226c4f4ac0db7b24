/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/metrics.h"

#include <sys/stat.h>

#include "inventory-service/door_http.h"
#include "inventory-service/session.h"

static enum err count_sessions(struct db *db, void *context)
{
	*(int64_t *)context = session_count(db);
	return OK;
}

bool metrics_is_ready(struct service *s)
{
	int64_t n = 0;

	return service_read(s, count_sessions, &n) == OK;
}

static void put(FILE *out, const char *type, const char *name, int64_t value)
{
	fprintf(out, "# TYPE navette_%s %s\nnavette_%s %lld\n", name, type, name, (long long)value);
}

static int64_t size_of(const char *path, const char *suffix)
{
	char name[300];
	struct stat st;

	if (!str_format(name, sizeof name, "%s%s", path, suffix) || stat(name, &st) != 0)
		return 0;
	return st.st_size;
}

static void put_ingest(FILE *out, struct mqtt_door *door)
{
	struct ingest_counters n;
	uint64_t dropped;

	if (!door)
		return;
	mqtt_door_counters(door, &n, &dropped);
	put(out, "gauge", "broker_connected", mqtt_door_connected(door));
	put(out, "counter", "ingest_batches_total", (int64_t)n.batches);
	put(out, "counter", "ingest_reports_total", (int64_t)n.reports);
	put(out, "counter", "ingest_bad_mac_total", (int64_t)n.bad_mac);
	put(out, "counter", "ingest_bad_envelope_total", (int64_t)n.bad_envelope);
	put(out, "counter", "ingest_bad_reports_total", (int64_t)n.bad_reports);
	put(out, "counter", "ingest_unknown_gateway_total", (int64_t)n.unknown_gateway);
	put(out, "counter", "ingest_repeated_total", (int64_t)n.repeated);
	put(out, "counter", "ingest_out_of_order_total", (int64_t)n.out_of_order);
	put(out, "counter", "ingest_lost_total", (int64_t)n.lost);
	put(out, "counter", "mqtt_dropped_total", (int64_t)dropped);
}

void metrics_write(FILE *out, struct service *s, struct mqtt_door *door, struct sse *sse)
{
	const char *database = service_setting(s)->database;
	int64_t sessions = 0;

	service_call_metrics(out);
	put_ingest(out, door);
	put(out, "gauge", "database_bytes", size_of(database, ""));
	put(out, "gauge", "database_wal_bytes", size_of(database, "-wal"));
	if (service_read(s, count_sessions, &sessions) == OK)
		put(out, "gauge", "sessions", sessions);
	put(out, "gauge", "sse_clients", sse_count(sse));
}
