/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * Ingest beside its limits, all measured in one run on one machine: bare SQLite appends, the broker alone,
 * and the µs a message of each part; then the whole, with everything switched on: sealed frames from a loader
 * process through a real broker with dynamic security into the real door, stored with synchronous=FULL and
 * acknowledged.
 *
 *   bench_ingest FOLDER PORT BROKER_PID      (FOLDER made by broker-config/prepare; run by ./navette bench
 * ingest) bench_ingest --load PLAN                 (the loader: started by the first)
 */
#include <fcntl.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/mac.h"
#include "common/daemon/mqtt.h"
#include "common/daemon/uplink.h"
#include "common/wire/bthome.h"
#include "inventory-service/domain/evidence/gateway.h"
#include "inventory-service/mqtt_door.h"
#include "inventory-service/secret.h"

#define GATEWAYS 4
#define TAGS 1000 /* heard in turn */
#define WINDOW 32
#define CORES 2

extern char **environ;

struct tag {
	uint8_t address[6], key[16];
};

struct plan {
	char url[64];
	int64_t per_batch, n_batches; /* of each gateway */
	int64_t start_counter, start_seq;
	struct enrolment gateways[GATEWAYS];
	struct tag tags[TAGS];
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_of_self(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double cpu_of(const char *pid)
{
	unsigned long user = 0, sys = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
		fatal("bench: no process %s", pid);
	fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- the loader
 * ---------------------------------------------------------------------------------------------- */

struct sealed {
	char *payload;
	size_t len;
	char mac[MAC_TEXT_SIZE];
};

struct source {
	struct mqtt *mqtt;
	char topic[MQTT_MAX_TOPIC];
	struct sealed *batches;
	int64_t sent, acked;
};

static void seal_frame(const struct tag *t, uint32_t counter, struct uplink_report *r)
{
	struct nvt_tag_reading v = {.packet_id = (uint8_t)counter,
				    .running = counter & 64,
				    .battery_pct = 80,
				    .counter_epoch = 7,
				    .active_s = counter / 16};
	struct nvt_aes128 aes;
	uint8_t objects[16];
	size_t n = nvt_tag_reading_put(&v, objects, sizeof objects);

	nvt_aes128_init(&aes, t->key);
	memset(r, 0, sizeof *r);
	memcpy(r->u.ble.address, t->address, 6);
	r->u.ble.rssi_dbm = -70;
	r->u.ble.id = NVT_BTHOME_UUID;
	r->u.ble.data_len = (uint8_t)nvt_bthome_seal(&aes, t->address, counter, objects, n, r->u.ble.data,
						     sizeof r->u.ble.data);
}

static void seal_batch(const struct plan *p, int g, int64_t i, const char *topic, struct sealed *out)
{
	int64_t mono_ms = 1000000 + p->start_seq + i;
	struct uplink_batch envelope = {.epoch = "00112233445566aa",
					.seq = p->start_seq + i + 1,
					.oldest = 1,
					.boot = 1,
					.mono_ms = mono_ms};
	struct json_out reports = {0}, o = {0};

	for (int64_t j = 0; j < p->per_batch; j++) {
		int64_t nth = i * p->per_batch + j, mine = TAGS / GATEWAYS;
		struct uplink_report r;

		seal_frame(&p->tags[g * mine + nth % mine], (uint32_t)(p->start_counter + nth / mine), &r);
		r.kind = UPLINK_BLE;
		r.mono_ms = mono_ms;
		uplink_put_report(&reports, &r);
	}
	uplink_encode_batch(&o, &envelope, reports.bytes);
	json_out_free(&reports);
	out->payload = o.bytes;
	out->len = o.len;
	mac_compute(p->gateways[g].mac_key, topic, o.bytes, o.len, out->mac);
}

static void open_source(const struct plan *p, int g, struct source *s)
{
	const struct enrolment *e = &p->gateways[g];
	char ack[MQTT_MAX_TOPIC];
	struct mqtt_setting setting = {.url = p->url,
				       .client_id = e->client_id,
				       .username = e->username,
				       .password = e->password,
				       .subscriptions = {ack},
				       .queue_max = 10000,
				       .queue_max_bytes = 1 << 24};
	const char *why;

	if (!uplink_topic_make(e->gateway, "up", s->topic, sizeof s->topic) ||
	    !uplink_topic_make(e->gateway, "ack", ack, sizeof ack))
		fatal("bench: topics");
	s->batches = xcalloc((size_t)p->n_batches, sizeof *s->batches);
	for (int64_t i = 0; i < p->n_batches; i++)
		seal_batch(p, g, i, s->topic, &s->batches[i]);
	s->mqtt = mqtt_open(&setting, &why);
	if (!s->mqtt)
		fatal("bench: %s", why);
}

static void push(const struct plan *p, struct source *s)
{
	while (s->sent < p->n_batches && s->sent - s->acked < WINDOW) {
		struct sealed *b = &s->batches[s->sent];
		struct mqtt_outgoing out = {
			.topic = s->topic, .payload = b->payload, .len = b->len, .qos = 1, .mac = b->mac};

		if (!mqtt_publish(s->mqtt, &out))
			return;
		s->sent++;
	}
}

static void take_acks(const struct plan *p, struct source *s, int wait_ms)
{
	struct mqtt_message m;
	struct uplink_ack ack;

	while (mqtt_take(s->mqtt, &m, wait_ms) != MQTT_NOTHING) {
		if (m.event == MQTT_LOST)
			fatal("bench: the broker closed a gateway's connection");
		if (m.event == MQTT_MESSAGE && uplink_decode_ack(m.payload, m.len, &ack) &&
		    ack.seq - p->start_seq > s->acked)
			s->acked = ack.seq - p->start_seq;
		if (m.event == MQTT_MESSAGE)
			mqtt_message_free(&m);
		wait_ms = 0;
	}
}

static int load(const char *path)
{
	static struct plan p;
	struct source sources[GATEWAYS] = {0};
	FILE *f = fopen(path, "r");
	int done;
	double from;

	if (!f || fread(&p, sizeof p, 1, f) != 1)
		fatal("bench: no plan in %s", path);
	fclose(f);
	for (int g = 0; g < GATEWAYS; g++)
		open_source(&p, g, &sources[g]);
	for (int g = 0; g < GATEWAYS; g++)
		while (!mqtt_is_connected(sources[g].mqtt))
			take_acks(&p, &sources[g], 100);
	from = now_s();
	do {
		done = 0;
		for (int g = 0; g < GATEWAYS; g++) {
			push(&p, &sources[g]);
			take_acks(&p, &sources[g], g == 0 ? 1 : 0);
			done += sources[g].acked >= p.n_batches;
		}
	} while (done < GATEWAYS);
	printf("%.6f\n", now_s() - from);
	for (int g = 0; g < GATEWAYS; g++)
		mqtt_close(sources[g].mqtt);
	return 0;
}

/* ---- the parts, each alone
 * ----------------------------------------------------------------------------------- */

static double bare_appends(const char *folder, int64_t rows, int64_t per_commit)
{
	char path[300];
	struct db *db;
	double from;
	uint8_t data[23] = {1};

	snprintf(path, sizeof path, "%s/bare.db", folder);
	if (db_open(path, DB_WRITER, &db) ||
	    db_script(
		    db,
		    "CREATE TABLE bare (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER, d INTEGER, "
		    "e INTEGER, f INTEGER, g INTEGER, h BLOB) STRICT"))
		fatal("bench: %s", path);
	from = now_s();
	for (int64_t i = 0; i < rows; i++) {
		struct query q;

		if (i % per_commit == 0 && db_begin(db))
			fatal("bench: begin");
		q = db_query(
			db,
			"INSERT INTO bare (a, b, c, d, e, f, g, h) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
		for (int c = 0; c < 7; c++)
			put_i64(&q, i + c);
		put_blob(&q, data, sizeof data);
		if (db_run(&q))
			fatal("bench: insert");
		if ((i + 1) % per_commit == 0 && db_commit(db))
			fatal("bench: commit");
	}
	from = now_s() - from;
	db_close(db);
	return (double)rows / from;
}

struct part_costs {
	double mac_us, parse_us, open_us;
};

/* One message of per_batch reports, over and over. */
static struct part_costs part_costs(const struct plan *p, int n)
{
	struct uplink_batch *batch = xcalloc(1, sizeof *batch);
	struct part_costs c;
	struct nvt_bthome_frame frame;
	struct nvt_aes128 aes;
	char topic[MQTT_MAX_TOPIC];
	struct sealed s;
	const char *why;
	double from;

	if (!uplink_topic_make(p->gateways[0].gateway, "up", topic, sizeof topic))
		fatal("bench: topic");
	seal_batch(p, 0, 0, topic, &s);
	nvt_aes128_init(&aes, p->tags[0].key);
	from = now_s();
	for (int i = 0; i < n; i++)
		if (!mac_verify(p->gateways[0].mac_key, topic, s.payload, s.len, s.mac))
			fatal("bench: mac");
	c.mac_us = (now_s() - from) * 1e6 / n;
	from = now_s();
	for (int i = 0; i < n; i++)
		if (!uplink_decode_batch(s.payload, s.len, batch, &why))
			fatal("bench: %s", why);
	c.parse_us = (now_s() - from) * 1e6 / n;
	from = now_s();
	for (int i = 0; i < n; i++)
		if (nvt_bthome_decode(batch->reports[0].u.ble.data, batch->reports[0].u.ble.data_len,
				      p->tags[0].address, &aes, &frame))
			fatal("bench: frame");
	c.open_us = (now_s() - from) * 1e6 / n;
	free(s.payload);
	free(batch);
	return c;
}

struct pipe_costs {
	double rate, broker_us, paho_us;
};

static struct mqtt *connect_as(const struct plan *p, const char *client, const char *user,
			       const char *password, const char *topic)
{
	struct mqtt_setting setting = {.url = p->url,
				       .client_id = client,
				       .username = user,
				       .password = password,
				       .subscriptions = {topic},
				       .queue_max = 100000,
				       .queue_max_bytes = 1 << 28};
	struct mqtt_message m;
	const char *why;
	struct mqtt *mqtt = mqtt_open(&setting, &why);

	if (!mqtt)
		fatal("bench: %s", why);
	while (mqtt_take(mqtt, &m, 100) != MQTT_CONNECTED)
		;
	return mqtt;
}

/* The broker alone: a gateway's messages to the service's subscription, both ends in this process. */
static struct pipe_costs broker_alone(const struct plan *p, const char *password, const char *broker_pid,
				      int64_t n)
{
	const struct enrolment *e = &p->gateways[0];
	char payload[400], topic[MQTT_MAX_TOPIC];
	struct mqtt_outgoing out = {.topic = topic,
				    .payload = payload,
				    .len = 300,
				    .qos = 1,
				    .mac = "7AvIDClTXKOMGcZEmVZ9pmAoA5OByiD_cjQdalYwj9I"};
	struct mqtt *from_mqtt, *to_mqtt;
	struct mqtt_message m;
	struct pipe_costs c;
	int64_t sent = 0, got = 0;
	double from, broker, self;

	if (!uplink_topic_make(e->gateway, "up", topic, sizeof topic))
		fatal("bench: topic");
	memset(payload, 'x', sizeof payload);
	to_mqtt = connect_as(p, "navette-service", "navette-service", password, "navette/v1/gw/+/up");
	from_mqtt = connect_as(p, e->client_id, e->username, e->password, NULL);
	from = now_s();
	broker = cpu_of(broker_pid);
	self = cpu_of_self();
	while (got < n) {
		while (sent < n && sent - got < 500 && mqtt_publish(from_mqtt, &out))
			sent++;
		while (mqtt_take(to_mqtt, &m, 1) == MQTT_MESSAGE) {
			mqtt_message_free(&m);
			got++;
		}
	}
	c.rate = (double)n / (now_s() - from);
	c.broker_us = (cpu_of(broker_pid) - broker) * 1e6 / (double)n;
	c.paho_us = (cpu_of_self() - self) * 1e6 / (double)n;
	mqtt_close(from_mqtt);
	mqtt_close(to_mqtt);
	return c;
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------ */

struct building {
	struct service *service;
	struct plan *plan;
};

static enum err insert_tag(struct db *db, const struct secret *secret, const struct tag *t, int64_t id)
{
	uint8_t sealed[SECRET_SEALED_LEN(16)];
	char hex[13], text[16];
	struct query q =
		db_query(db, "INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, "
			     "in_service_s, code, created_s) VALUES ($1, 1, $2, 1, 1, 0, $3, 0)");
	enum err err;

	snprintf(text, sizeof text, "B%06lld", (long long)id);
	put_i64(&q, id);
	put_text(&q, text);
	put_text(&q, text);
	if ((err = db_run(&q)))
		return err;
	hex_encode(t->address, 6, hex);
	secret_seal(secret, "device.key", t->key, 16, sealed);
	q = db_query(db,
		     "INSERT INTO device (id, kind, address, key, created_s) VALUES ($1, 'ble', $2, $3, 0)");
	put_i64(&q, id);
	put_text(&q, hex);
	put_blob(&q, sealed, sizeof sealed);
	if ((err = db_run(&q)))
		return err;
	q = db_query(db, "INSERT INTO binding (device_id, item_id, is_meter, from_ms) VALUES ($1, $2, 0, 0)");
	put_i64(&q, id);
	put_i64(&q, id);
	return db_run(&q);
}

static enum err build(struct db *db, void *context)
{
	struct building *b = context;
	const struct secret *secret = service_secret(b->service);
	struct actor nobody = {.channel = "bench"};
	enum err err = db_script(
		db, "INSERT INTO place (id,name,created_s) VALUES (1,'p',0);"
		    "INSERT INTO model (id,name,family,transport_class,created_s) VALUES (1,'m','f','T1',0)");

	for (int g = 0; g < GATEWAYS && !err; g++) {
		struct gateway v = {.name = "bench", .place_id = 1};

		err = gateway_create(db, secret, &nobody, clock_now_s(), b->plan->url, "", &v,
				     &b->plan->gateways[g]);
	}
	for (int i = 0; i < TAGS && !err; i++) {
		struct tag *t = &b->plan->tags[i];

		randombytes_buf(t, sizeof *t);
		t->address[0] |= 0xc0;
		err = insert_tag(db, secret, t, i + 1);
	}
	return err;
}

static double run_loader(const char *self, const char *plan_path, const struct plan *p)
{
	char *argv[] = {(char *)self, (char *)"--load", (char *)plan_path, NULL};
	posix_spawn_file_actions_t actions;
	int fds[2], status;
	double elapsed = 0;
	char text[64];
	ssize_t n;
	pid_t pid;
	FILE *f = fopen(plan_path, "w");

	if (!f || fwrite(p, sizeof *p, 1, f) != 1 || fclose(f) || pipe(fds))
		fatal("bench: cannot write %s", plan_path);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	if (posix_spawn(&pid, self, &actions, NULL, argv, environ))
		fatal("bench: no loader");
	close(fds[1]);
	n = read(fds[0], text, sizeof text - 1);
	close(fds[0]);
	posix_spawn_file_actions_destroy(&actions);
	waitpid(pid, &status, 0);
	text[n > 0 ? n : 0] = '\0';
	elapsed = strtod(text, NULL);
	if (status || elapsed <= 0)
		fatal("bench: the loader failed");
	return elapsed;
}

static double whole(const char *self, const char *folder, struct plan *p, int64_t per_batch,
		    int64_t n_batches)
{
	char path[300];
	double rate;

	snprintf(path, sizeof path, "%s/plan", folder);
	p->per_batch = per_batch;
	p->n_batches = n_batches;
	rate = (double)(GATEWAYS * per_batch * n_batches) / run_loader(self, path, p);
	p->start_seq += n_batches;
	p->start_counter += n_batches * per_batch / (TAGS / GATEWAYS) + 1;
	return rate;
}

int main(int argc, char **argv)
{
	static struct plan plan;
	struct service_setting setting = {
		.presence_hold_s = 600, .silent_s = 900, .broker_user = "navette-service"};
	struct building b = {.plan = &plan};
	struct part_costs costs;
	struct pipe_costs alone;
	struct mqtt_door *door;
	char password[128];
	double bare, batched, single, single_limit, batched_aim;
	size_t len;

	if (argc == 3 && strcmp(argv[1], "--load") == 0)
		return load(argv[2]);
	if (argc != 4)
		fatal("usage: bench_ingest FOLDER PORT BROKER_PID");
	if (!str_format(setting.database, sizeof setting.database, "%s/bench.db", argv[1]) ||
	    !str_format(setting.secret_file, sizeof setting.secret_file, "%s/secret.key", argv[1]) ||
	    !str_format(setting.broker_password_file, sizeof setting.broker_password_file,
			"%s/service.password", argv[1]) ||
	    !str_format(setting.broker_url, sizeof setting.broker_url, "mqtt://127.0.0.1:%s", argv[2]) ||
	    !str_copy(plan.url, sizeof plan.url, setting.broker_url) ||
	    !file_read(setting.broker_password_file, password, sizeof password, &len))
		fatal("bench: no broker folder in %s", argv[1]);
	password[strcspn(password, "\n")] = '\0';
	b.service = service_open(&setting);
	if (service_write(b.service, "bench", build, &b))
		fatal("bench: no world");

	bare = bare_appends(argv[1], 400000, 2000);
	plan.per_batch = 1;
	costs = part_costs(&plan, 20000);
	door = mqtt_door_start(b.service);
	sleep(3); /* users and roles reach the broker */
	mqtt_door_stop(door);
	alone = broker_alone(&plan, password, argv[3], 60000);
	door = mqtt_door_start(b.service);
	sleep(1);
	batched = whole(argv[0], argv[1], &plan, 50, 2000);
	single = whole(argv[0], argv[1], &plan, 1, 20000);
	mqtt_door_stop(door);
	service_close(b.service);

	batched_aim = bare / 2 < 60000 ? bare / 2 : 60000;
	single_limit = CORES * 1e6 /
		       (alone.broker_us + alone.paho_us + costs.mac_us + costs.parse_us + costs.open_us +
			1e6 / bare);
	printf("ingest, parts alone in this run\n");
	printf("  SQLite appends, FULL, 2 000 a commit      %9.0f rows/s\n", bare);
	printf("  broker alone, QoS 1, both clients         %9.0f messages/s\n", alone.rate);
	printf("  a message costs: broker %.1f us, Paho (both ends) %.1f us, mac %.1f us, parse %.1f us, "
	       "frame %.1f us, row %.1f us\n",
	       alone.broker_us, alone.paho_us, costs.mac_us, costs.parse_us, costs.open_us, 1e6 / bare);
	printf("ingest, the whole: sealed frames of %d tags, %d gateways, stored FULL and acknowledged\n",
	       TAGS, GATEWAYS);
	printf("  50 reports a message                      %9.0f reports/s   %.2f of the aim (%.0f)\n",
	       batched, batched / batched_aim, batched_aim);
	printf("  one report a message                      %9.0f reports/s   %.2f of the parts' limit "
	       "(%.0f), aim 0.70\n",
	       single, single / single_limit, single_limit);
	return 0;
}
