/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * Ingest beside its limits, all measured in one run on one machine. Run by ./navette bench ingest.
 *
 * The whole: sealed frames of a thousand tags from sixteen gateways (a process of their own, each with as
 * many batches in flight as a gateway may have) through a real broker with dynamic security into the real
 * door, stored with synchronous=FULL; a report is counted when its acknowledgement is back. The median of
 * three passes, with everything switched on (displays are told, too).
 *
 * The limits. Every report needs its message carried and read and its row written, so no ingest that is made
 * of these parts passes
 *
 *     cores / (CPU s of (broker + Paho at both ends + mac + parse) / reports a message + CPU s of a row)
 *
 * Each term is the CPU time of its part alone, user and system, of every thread: while one part waits for a
 * disk or a peer another can use the core. A row is an append into a bare table of the same columns without
 * an index, 2 000 a commit. Left out, so that the limit is the highest there is: opening the frame, judging
 * it, its index, what is kept of its tag, the acknowledgement. What those need is the distance that the ratio
 * shows. The acknowledgement is cumulative, one for each gateway and commit: how many there were is printed,
 * and the limit that remains when they are paid for as messages.
 *
 * Batched, the aim is not that limit but 60 000 reports/s or half of bare appends (by the clock, commits
 * included), whichever is lower.
 *
 * Rates are by the clock, and on a machine that others use they say little; so what others took is printed,
 * and the parts' share of the CPU time that a report really took: the ratio that there is when no core ever
 * waits.
 *
 *   bench_ingest FOLDER PORT BROKER_PID      FOLDER made by broker-config/prepare
 *   bench_ingest --load PLAN                 the gateways; started by the first
 */
#include <fcntl.h>
#include <pthread.h>
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

#define GATEWAYS 16
#define TAGS 1000 /* heard in turn */
#define WINDOW 32
#define PASSES 3
#define BATCH 50
#define AIM_BATCHED 60000.0

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

static double cpu_in(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

static double cpu_of_self(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return cpu_in(&u);
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

/* Of the whole machine, all its cores together. */
static double cpu_of_machine(void)
{
	unsigned long long user, nice, sys, irq, soft, steal;
	FILE *f = fopen("/proc/stat", "r");

	if (!f || fscanf(f, "cpu %llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &sys, &irq, &soft,
			 &steal) != 6)
		fatal("bench: no /proc/stat");
	fclose(f);
	return (double)(user + nice + sys + irq + soft + steal) / (double)sysconf(_SC_CLK_TCK);
}

static double cores(void)
{
	return (double)sysconf(_SC_NPROCESSORS_ONLN);
}

/* ---- the loader -------------------------------------------------------------------------------- */

struct sealed {
	char *payload;
	size_t len;
	char mac[MAC_TEXT_SIZE];
};

struct source {
	const struct plan *plan;
	pthread_t thread;
	struct mqtt *mqtt;
	char topic[MQTT_MAX_TOPIC];
	struct sealed *batches;
	int64_t sent, acked, n_acks;
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
	s->plan = p;
	s->batches = xcalloc((size_t)p->n_batches, sizeof *s->batches);
	for (int64_t i = 0; i < p->n_batches; i++)
		seal_batch(p, g, i, s->topic, &s->batches[i]);
	s->mqtt = mqtt_open(&setting, &why);
	if (!s->mqtt)
		fatal("bench: %s", why);
}

static void push(struct source *s)
{
	while (s->sent < s->plan->n_batches && s->sent - s->acked < WINDOW) {
		struct sealed *b = &s->batches[s->sent];
		struct mqtt_outgoing out = {
			.topic = s->topic, .payload = b->payload, .len = b->len, .qos = 1, .mac = b->mac};

		if (!mqtt_publish(s->mqtt, &out))
			return;
		s->sent++;
	}
}

static void take_acks(struct source *s, int wait_ms)
{
	struct mqtt_message m;
	struct uplink_ack ack;

	while (mqtt_take(s->mqtt, &m, wait_ms) != MQTT_NOTHING) {
		if (m.event == MQTT_LOST)
			fatal("bench: the broker closed a gateway's connection");
		if (m.event == MQTT_MESSAGE) {
			s->n_acks++;
			if (uplink_decode_ack(m.payload, m.len, &ack) &&
			    ack.seq - s->plan->start_seq > s->acked)
				s->acked = ack.seq - s->plan->start_seq;
			mqtt_message_free(&m);
		}
		wait_ms = 0;
	}
}

/* One gateway: sends while it may, waits for acknowledgements, until its last batch is acknowledged. */
static void *drain(void *context)
{
	struct source *s = context;

	while (s->acked < s->plan->n_batches) {
		push(s);
		take_acks(s, 100);
	}
	return NULL;
}

static int load(const char *path)
{
	static struct plan p;
	struct source sources[GATEWAYS] = {0};
	int64_t n_acks = 0;
	double from, cpu;
	FILE *f = fopen(path, "r");

	if (!f || fread(&p, sizeof p, 1, f) != 1)
		fatal("bench: no plan in %s", path);
	fclose(f);
	for (int g = 0; g < GATEWAYS; g++)
		open_source(&p, g, &sources[g]);
	for (int g = 0; g < GATEWAYS; g++)
		while (!mqtt_is_connected(sources[g].mqtt))
			take_acks(&sources[g], 100);
	cpu = cpu_of_self();
	from = now_s();
	for (int g = 0; g < GATEWAYS; g++)
		if (pthread_create(&sources[g].thread, NULL, drain, &sources[g]))
			fatal("bench: no thread");
	for (int g = 0; g < GATEWAYS; g++)
		pthread_join(sources[g].thread, NULL);
	from = now_s() - from;
	cpu = cpu_of_self() - cpu;
	for (int g = 0; g < GATEWAYS; g++) {
		n_acks += sources[g].n_acks;
		mqtt_close(sources[g].mqtt);
	}
	printf("%.6f %.6f %lld\n", from, cpu, (long long)n_acks);
	return 0;
}

/* ---- the parts, each alone --------------------------------------------------------------------- */

static void append(struct db *db, int64_t i)
{
	static const uint8_t data[23] = {1};
	struct query q = db_query(db, "INSERT INTO bare (a, b, c, d, e, f, g, h, i, j, k, l) "
				      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");

	for (int c = 0; c < 11; c++)
		put_i64(&q, i + c);
	put_blob(&q, data, sizeof data);
	if (db_run(&q))
		fatal("bench: insert");
}

struct append_costs {
	double rate, row_us;
};

/* Into a table with the columns of report, and no index. */
static struct append_costs bare_appends(const char *folder, int64_t rows, int64_t per_commit)
{
	struct append_costs c;
	char path[300];
	struct db *db;
	double from, cpu;

	snprintf(path, sizeof path, "%s/bare.db", folder);
	if (db_open(path, DB_WRITER, &db) ||
	    db_script(db, "CREATE TABLE bare (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER, "
			  "d INTEGER, e INTEGER, f INTEGER, g INTEGER, h INTEGER, i INTEGER, j INTEGER, "
			  "k INTEGER, l BLOB) STRICT"))
		fatal("bench: %s", path);
	from = now_s();
	cpu = cpu_of_self();
	for (int64_t i = 0; i < rows; i++) {
		if (i % per_commit == 0 && db_begin(db))
			fatal("bench: begin");
		append(db, i);
		if ((i + 1) % per_commit == 0 && db_commit(db))
			fatal("bench: commit");
	}
	c.rate = (double)rows / (now_s() - from);
	c.row_us = (cpu_of_self() - cpu) * 1e6 / (double)rows;
	db_close(db);
	return c;
}

/* CPU µs of one message of plan.per_batch reports. */
struct message_costs {
	double broker_us, paho_us, mac_us, parse_us;
	double rate; /* of the pipe alone, messages/s by the clock */
};

static void read_alone(const struct plan *p, const struct sealed *s, const char *topic,
		       struct message_costs *c)
{
	struct uplink_batch *batch = xcalloc(1, sizeof *batch);
	const int n = 20000;
	const char *why;
	double cpu = cpu_of_self();

	for (int i = 0; i < n; i++)
		if (!mac_verify(p->gateways[0].mac_key, topic, s->payload, s->len, s->mac))
			fatal("bench: mac");
	c->mac_us = (cpu_of_self() - cpu) * 1e6 / n;
	cpu = cpu_of_self();
	for (int i = 0; i < n; i++)
		if (!uplink_decode_batch(s->payload, s->len, batch, &why))
			fatal("bench: %s", why);
	c->parse_us = (cpu_of_self() - cpu) * 1e6 / n;
	free(batch);
}

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

/* A gateway's messages to the service's subscription, both ends in this process; nobody reads them. */
static void carry_alone(struct mqtt *from_mqtt, struct mqtt *to_mqtt, const struct mqtt_outgoing *out,
			const char *broker_pid, struct message_costs *c)
{
	const int64_t n = out->len < 1000 ? 60000 : 30000;
	struct mqtt_message m;
	int64_t sent = 0, got = 0;
	double from = now_s(), broker = cpu_of(broker_pid), self = cpu_of_self();

	while (got < n) {
		while (sent < n && sent - got < GATEWAYS * WINDOW && mqtt_publish(from_mqtt, out))
			sent++;
		while (mqtt_take(to_mqtt, &m, sent - got < GATEWAYS * WINDOW ? 0 : 1) == MQTT_MESSAGE) {
			mqtt_message_free(&m);
			got++;
		}
	}
	c->rate = (double)n / (now_s() - from);
	c->broker_us = (cpu_of(broker_pid) - broker) * 1e6 / (double)n;
	c->paho_us = (cpu_of_self() - self) * 1e6 / (double)n;
}

static struct message_costs message_costs(const struct plan *p, const char *password, const char *broker_pid)
{
	const struct enrolment *e = &p->gateways[0];
	struct mqtt *from_mqtt, *to_mqtt;
	char topic[MQTT_MAX_TOPIC];
	struct message_costs c;
	struct sealed s;
	struct mqtt_outgoing out = {.topic = topic, .qos = 1, .mac = s.mac};

	if (!uplink_topic_make(e->gateway, "up", topic, sizeof topic))
		fatal("bench: topic");
	seal_batch(p, 0, 0, topic, &s);
	read_alone(p, &s, topic, &c);
	out.payload = s.payload;
	out.len = s.len;
	to_mqtt = connect_as(p, "navette-service", "navette-service", password, "navette/v1/gw/+/up");
	from_mqtt = connect_as(p, e->client_id, e->username, e->password, NULL);
	carry_alone(from_mqtt, to_mqtt, &out, broker_pid, &c);
	mqtt_close(from_mqtt);
	mqtt_close(to_mqtt);
	free(s.payload);
	return c;
}

/* ---- the whole --------------------------------------------------------------------------------- */

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

/* What the loader measured, from its first batch to its last acknowledgement; and of its whole life. */
struct load {
	double elapsed_s, cpu_s;
	long long n_acks;
	double all_s, all_cpu_s;
};

static struct load run_loader(const char *self, const char *plan_path, const struct plan *p)
{
	char *argv[] = {(char *)self, (char *)"--load", (char *)plan_path, NULL};
	posix_spawn_file_actions_t actions;
	int fds[2], status;
	struct load load = {.all_s = now_s()};
	struct rusage used;
	char text[80];
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
	wait4(pid, &status, 0, &used);
	load.all_s = now_s() - load.all_s;
	load.all_cpu_s = cpu_in(&used);
	text[n > 0 ? n : 0] = '\0';
	if (status || sscanf(text, "%lf %lf %lld", &load.elapsed_s, &load.cpu_s, &load.n_acks) != 3)
		fatal("bench: the gateways failed");
	return load;
}

/* A pass of the whole: CPU µs and acknowledgements of a report; the share of the machine that others took. */
struct pass {
	double rate, service_us, broker_us, gateways_us, acks, others;
};

static struct pass pass(const char *self, const char *folder, const char *broker_pid, struct plan *p)
{
	double n = (double)(GATEWAYS * p->per_batch * p->n_batches);
	double service = cpu_of_self(), broker = cpu_of(broker_pid), machine = cpu_of_machine();
	struct pass v;
	struct load load;
	char path[300];

	snprintf(path, sizeof path, "%s/plan", folder);
	load = run_loader(self, path, p);
	service = cpu_of_self() - service;
	broker = cpu_of(broker_pid) - broker;
	/* sealing, before the first batch went out, counts as the gateways', too */
	machine = cpu_of_machine() - machine - service - broker - load.all_cpu_s;
	p->start_seq += p->n_batches;
	p->start_counter += p->n_batches * p->per_batch / (TAGS / GATEWAYS) + 1;
	v = (struct pass){.rate = n / load.elapsed_s,
			  .service_us = service * 1e6 / n,
			  .broker_us = broker * 1e6 / n,
			  .gateways_us = load.cpu_s * 1e6 / n,
			  .acks = (double)load.n_acks / n,
			  .others = machine / (cores() * load.all_s)};
	if (v.others < 0)
		v.others = 0; /* the kernel counts in ticks */
	return v;
}

static int by_rate(const void *a, const void *b)
{
	const struct pass *x = a, *y = b;

	return (x->rate > y->rate) - (x->rate < y->rate);
}

static struct pass whole(const char *self, const char *folder, const char *broker_pid, struct plan *p,
			 int64_t n_batches)
{
	struct pass passes[PASSES];

	p->n_batches = n_batches;
	for (int i = 0; i < PASSES; i++)
		passes[i] = pass(self, folder, broker_pid, p);
	qsort(passes, PASSES, sizeof passes[0], by_rate);
	return passes[PASSES / 2];
}

/* ---- the figures ------------------------------------------------------------------------------- */

static double sum_us(const struct message_costs *c)
{
	return c->broker_us + c->paho_us + c->mac_us + c->parse_us;
}

/* Reports/s; acks: 0, or how many messages more for each report, each as dear as one report's. */
static double limit(const struct message_costs *c, int64_t per_batch, double row_us, double acks,
		    const struct message_costs *ack)
{
	double ack_us = ack->broker_us + ack->paho_us + ack->mac_us;

	return cores() * 1e6 / (sum_us(c) / (double)per_batch + row_us + acks * ack_us);
}

static void print_message(const struct message_costs *c, int per_batch)
{
	printf("  a message of %2d        broker %.1f, Paho %.1f, mac %.1f, parse %.1f CPU us; carried "
	       "%.0f/s\n",
	       per_batch, c->broker_us, c->paho_us, c->mac_us, c->parse_us, c->rate);
}

static void print_parts(const struct message_costs *one, const struct message_costs *many,
			const struct append_costs *bare)
{
	printf("ingest: the parts alone, on %.0f cores\n", cores());
	printf("  SQLite appends, FULL   %.0f rows/s, %.2f CPU us a row\n", bare->rate, bare->row_us);
	print_message(one, 1);
	print_message(many, BATCH);
}

/* parts_us: what the limit counts. */
static void print_spent(const struct pass *v, double parts_us, double with_acks)
{
	double spent_us = v->service_us + v->broker_us + v->gateways_us;

	printf("      CPU us a report: service %.1f, broker %.1f, gateways %.1f; the parts' share of it "
	       "%.2f\n",
	       v->service_us, v->broker_us, v->gateways_us, parts_us / spent_us);
	printf("      others took %.0f %% of the machine\n", 100 * v->others);
	printf("      acknowledgements a report %.3f: paid for as messages, they leave a limit of %.0f, "
	       "ratio "
	       "%.2f\n",
	       v->acks, with_acks, v->rate / with_acks);
}

static void print_whole(const struct pass *single, const struct pass *batched,
			const struct message_costs *one, const struct message_costs *many,
			const struct append_costs *bare)
{
	double aim = bare->rate / 2 < AIM_BATCHED ? bare->rate / 2 : AIM_BATCHED;
	double top = limit(one, 1, bare->row_us, 0, one);
	double top_batched = limit(many, BATCH, bare->row_us, 0, one);

	printf("ingest: the whole, %d gateways, stored FULL and acknowledged, median of %d\n", GATEWAYS,
	       PASSES);
	printf("  %d reports a message   %7.0f reports/s   limit %6.0f   ratio %.2f   aim %.0f reports/s: "
	       "%.2f of "
	       "it\n",
	       BATCH, batched->rate, top_batched, batched->rate / top_batched, aim, batched->rate / aim);
	print_spent(batched, cores() * 1e6 / top_batched,
		    limit(many, BATCH, bare->row_us, batched->acks, one));
	printf("  one report a message   %7.0f reports/s   limit %6.0f   ratio %.2f   aim 0.70\n",
	       single->rate, top, single->rate / top);
	print_spent(single, cores() * 1e6 / top, limit(one, 1, bare->row_us, single->acks, one));
}

static void take_setting(const char *folder, const char *port, struct service_setting *s, char *password,
			 size_t size)
{
	size_t len;

	if (!str_format(s->database, sizeof s->database, "%s/bench.db", folder) ||
	    !str_format(s->secret_file, sizeof s->secret_file, "%s/secret.key", folder) ||
	    !str_format(s->broker_password_file, sizeof s->broker_password_file, "%s/service.password",
			folder) ||
	    !str_format(s->broker_url, sizeof s->broker_url, "mqtt://127.0.0.1:%s", port) ||
	    !file_read(s->broker_password_file, password, size, &len))
		fatal("bench: no broker folder in %s", folder);
	password[strcspn(password, "\n")] = '\0';
}

int main(int argc, char **argv)
{
	static struct plan plan;
	struct service_setting setting = {
		.presence_hold_s = 600, .silent_s = 900, .broker_user = "navette-service"};
	struct building b = {.plan = &plan};
	struct message_costs one, many;
	struct append_costs bare;
	struct pass batched, single;
	struct mqtt_door *door;
	char password[128];

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* each line when it is known, also in a file */
	if (argc == 3 && strcmp(argv[1], "--load") == 0)
		return load(argv[2]);
	if (argc != 4)
		fatal("usage: bench_ingest FOLDER PORT BROKER_PID");
	take_setting(argv[1], argv[2], &setting, password, sizeof password);
	if (!str_copy(plan.url, sizeof plan.url, setting.broker_url))
		fatal("bench: port %s", argv[2]);
	b.service = service_open(&setting);
	if (service_write(b.service, "bench", build, &b))
		fatal("bench: no world");
	bare = bare_appends(argv[1], 400000, 2000);
	door = mqtt_door_start(b.service);
	sleep(3); /* users and roles reach the broker */
	mqtt_door_stop(door);

	plan.per_batch = 1;
	one = message_costs(&plan, password, argv[3]);
	plan.per_batch = BATCH;
	many = message_costs(&plan, password, argv[3]);
	print_parts(&one, &many, &bare);

	door = mqtt_door_start(b.service);
	sleep(1);
	batched = whole(argv[0], argv[1], argv[3], &plan, 500);
	plan.per_batch = 1;
	single = whole(argv[0], argv[1], argv[3], &plan, 5000);
	mqtt_door_stop(door);
	service_close(b.service);
	print_whole(&single, &batched, &one, &many, &bare);
	return 0;
}
