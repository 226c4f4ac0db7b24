/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One thread. It waits for a message, takes what else is there, and gives all of it to ingest as one
 * transaction; what came meanwhile is the next group, so that load makes groups larger and commits no more
 * frequent. The acknowledgements go out after the commit and outside the lock. When nothing waits it runs the
 * tick. A group that finds the disk full is kept and tried again: so it goes on by itself within a second of
 * there being room, while gateways, which nobody answers, are less and less patient (up to 5 minutes).
 */
#include "inventory-service/mqtt_door.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/mqtt.h"
#include "inventory-service/domain/evidence/attention.h"
#include "inventory-service/domain/evidence/horizon.h"
#include "inventory-service/lend_tick.h"
#include "inventory-service/outbox/broker_admin.h"
#include "inventory-service/outbox/displays.h"
#include "inventory-service/outbox/gateway_cfg.h"
#include "inventory-service/upkeep.h"

#define GROUP_MESSAGES 256
#define WAIT_MS 200
#define AGAIN_MS 500 /* after a failure */
#define TICK_MS 1000
#define UPKEEP_MS 60000
#define KNOCK_MS 60000 /* somebody who is refused is told of so often */
#define PURGE_PACE 60  /* what is a day old is thrown away in 24 minutes, not sooner */
#define DAY_MS (int64_t)86400000
#define SETTLE_PORTIONS 8 /* between two looks at what has come */
#define QUEUE_MESSAGES 20000
#define QUEUE_BYTES ((size_t)24 * 1024 * 1024)

struct mqtt_door {
	struct service *service;
	struct ingest *ingest;
	struct mqtt *mqtt;
	uint64_t n_refused; /* by the broker, as told */
	int64_t refused_told_ms;
	struct broker_admin *admin;
	struct displays *displays;
	struct gateway_cfg *cfg;
	pthread_t thread;
	atomic_bool stopping;
	pthread_mutex_t counters_lock;
	struct ingest_counters counters;
	/* the group in hand */
	struct mqtt_message messages[GROUP_MESSAGES];
	struct ingest_message input[GROUP_MESSAGES];
	size_t n;
	enum err last_err; /* a failure is logged when it begins and when it ends */
	int64_t ticked_ms;
	int64_t kept_up_ms;
	bool is_settling; /* it goes on as soon as nothing waits */
	struct purge purge;
	int64_t purged_mono_ms;
	bool is_purging; /* so does it */
};

static void publish(struct mqtt_door *d, struct ingest_ack *acks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct mqtt_outgoing out = {.topic = acks[i].topic,
					    .payload = acks[i].payload.bytes,
					    .len = acks[i].payload.len,
					    .qos = 1,
					    .mac = acks[i].mac,
					    .expiry_s = acks[i].expiry_s};

		(void)mqtt_publish(d->mqtt, &out); /* lost: the gateway sends again, and is answered again */
	}
	ingest_free_acks(acks, n);
}

static void say(struct mqtt_door *d, enum err err)
{
	if (err && err != d->last_err)
		log_err("ingest: nothing is stored and nothing is acknowledged: %s", err_code(err));
	if (!err && d->last_err)
		log_info("ingest: storing again");
	d->last_err = err;
}

static void apply_group(struct mqtt_door *d)
{
	struct ingest_ack *acks;
	size_t n_acks;
	enum err err;

	if (!d->n)
		return;
	for (size_t i = 0; i < d->n; i++)
		d->input[i] = (struct ingest_message){.topic = d->messages[i].topic,
						      .payload = d->messages[i].payload,
						      .len = d->messages[i].len,
						      .mac = d->messages[i].mac,
						      .retained = d->messages[i].retained,
						      .received_ms = d->messages[i].received_ms};
	err = ingest_messages(d->ingest, d->input, d->n, &acks, &n_acks);
	say(d, err);
	if (!err)
		publish(d, acks, n_acks);
	if (err == ERR_STORAGE_FULL)
		return; /* and nothing else is taken: what comes waits in the queue, which is bounded */
	for (size_t i = 0; i < d->n; i++)
		mqtt_message_free(&d->messages[i]);
	d->n = 0;
	pthread_mutex_lock(&d->counters_lock);
	ingest_counters(d->ingest, &d->counters);
	pthread_mutex_unlock(&d->counters_lock);
}

static void connected(struct mqtt_door *d)
{
	struct ingest_ack *acks;
	size_t n_acks;

	log_info("mqtt: connected to the broker");
	broker_admin_connected(d->admin);
	displays_connected(d->displays);
	gateway_cfg_connected(d->cfg);
	if (!ingest_current_acks(d->ingest, &acks, &n_acks))
		publish(d, acks, n_acks);
}

/* One event; true where it was a message that joined the group. */
static bool take_one(struct mqtt_door *d, int wait_ms, bool *more)
{
	struct mqtt_message *m = &d->messages[d->n];
	enum mqtt_event event = mqtt_take(d->mqtt, m, wait_ms);

	*more = event != MQTT_NOTHING;
	switch (event) {
	case MQTT_NOTHING:
		return false;
	case MQTT_CONNECTED:
		apply_group(d);
		connected(d);
		return false;
	case MQTT_LOST:
		log_warn("mqtt: the broker is away: gateways keep what they hear");
		return false;
	case MQTT_MESSAGE:
		break;
	}
	if (broker_admin_message(d->admin, m)) {
		mqtt_message_free(m);
		return false;
	}
	d->n++;
	return true;
}

static enum err run_upkeep(struct db *db, void *context)
{
	return upkeep(db, clock_now_s(), context);
}

static enum err find_old(struct db *db, void *context)
{
	struct mqtt_door *d = context;
	int64_t limit_ms = clock_now_ms() - service_setting(d->service)->report_days * DAY_MS;
	int64_t now_ms = clock_mono_ms();
	int64_t stride_ms = d->is_purging ? 0 : PURGE_PACE * (now_ms - d->purged_mono_ms);

	d->purged_mono_ms = now_ms;
	return purge_find(db, limit_ms, stride_ms, &d->purge);
}

static enum err purge_old(struct db *db, void *context)
{
	return purge_portion(db, context);
}

/* One portion of old reports; true where there may be more. */
static bool purge(struct mqtt_door *d)
{
	if (!service_setting(d->service)->report_days || service_read(d->service, find_old, d) ||
	    !d->purge.found_id)
		return false;
	return !service_write_apart(d->service, "upkeep", purge_old, &d->purge);
}

static void keep_up(struct mqtt_door *d, int64_t real_ms)
{
	bool left = false;

	if (real_ms - d->kept_up_ms < UPKEEP_MS)
		return;
	if (!d->is_purging && !service_write(d->service, "upkeep", run_upkeep, &left) && left)
		return;
	if (!(d->is_purging = purge(d)))
		d->kept_up_ms = real_ms;
}

static enum err tell_refused(struct db *db, void *context)
{
	(void)context;
	return attention_raise(
		db, clock_now_ms(), "broker.refused", "broker", 1,
		"the broker refused somebody: a wrong name, password or client id; its log says when");
}

/* Only the broker sees who knocks with somebody else's name; it tells that it refused, not whom. */
static void look_for_refused(struct mqtt_door *d, int64_t real_ms)
{
	uint64_t n = mqtt_counted(d->mqtt);

	if (n == d->n_refused || (d->refused_told_ms && real_ms - d->refused_told_ms < KNOCK_MS))
		return;
	if (service_write_apart(d->service, "refused", tell_refused, d))
		return;
	d->n_refused = n;
	d->refused_told_ms = real_ms;
}

static void tick(struct mqtt_door *d)
{
	int64_t real_ms = clock_real_mono_ms();

	broker_admin_poll(d->admin, clock_now_ms());
	displays_poll(d->displays, clock_now_ms());
	gateway_cfg_poll(d->cfg);
	if (real_ms - d->ticked_ms >= TICK_MS) {
		d->ticked_ms = real_ms;
		lend_tick(d->service, clock_now_s());
		look_for_refused(d, real_ms);
	} else if (!d->is_settling && !d->is_purging) {
		return;
	}
	if (ingest_settle(d->ingest, clock_now_ms(), SETTLE_PORTIONS, &d->is_settling))
		log_debug("ingest: settling waits");
	keep_up(d, real_ms);
}

static void take_group(struct mqtt_door *d)
{
	bool more;

	if (d->n > 0)
		return; /* one that waits for room */
	(void)take_one(d, d->is_settling || d->is_purging ? 0 : WAIT_MS, &more);
	while (more && d->n < GROUP_MESSAGES)
		(void)take_one(d, 0, &more);
}

static void *run(void *context)
{
	struct mqtt_door *d = context;

	while (!atomic_load(&d->stopping)) {
		take_group(d);
		apply_group(d);
		tick(d);
		if (d->last_err)
			usleep(AGAIN_MS * 1000); /* a full disk is not helped by haste */
	}
	for (size_t i = 0; i < d->n; i++)
		mqtt_message_free(&d->messages[i]);
	return NULL;
}

static void read_password(const char *path, char *out, size_t size)
{
	size_t len;

	out[0] = '\0';
	if (!path[0])
		return;
	if (!file_read(path, out, size, &len))
		fatal("mqtt: cannot read the broker password from %s: broker-config/prepare writes it", path);
	out[strcspn(out, "\r\n")] = '\0';
}

struct mqtt_door *mqtt_door_start(struct service *s)
{
	const struct service_setting *setting = service_setting(s);
	struct mqtt_door *d = xcalloc(1, sizeof *d);
	char password[128];
	const char *why;
	struct mqtt_setting m = {.url = setting->broker_url,
				 .ca_file = setting->broker_ca,
				 .client_id = setting->broker_user,
				 .username = setting->broker_user,
				 .password = password,
				 .subscriptions = {"navette/v1/gw/+/up", "navette/v1/gw/+/status",
						   "navette/v1/gw/+/stat", BROKER_ADMIN_ANSWERS, BROKER_LOG},
				 .counted_topic = BROKER_LOG,
				 .counted_word = "not authorised",
				 .queue_max = QUEUE_MESSAGES,
				 .queue_max_bytes = QUEUE_BYTES};

	read_password(setting->broker_password_file, password, sizeof password);
	d->service = s;
	d->purged_mono_ms = clock_mono_ms() - UPKEEP_MS;
	d->ingest = ingest_open(s);
	pthread_mutex_init(&d->counters_lock, NULL);
	if (!(d->mqtt = mqtt_open(&m, &why)))
		fatal("mqtt: %s", why);
	d->admin = broker_admin_open(s, d->mqtt);
	d->displays = displays_open(s, d->mqtt);
	d->cfg = gateway_cfg_open(s, d->mqtt);
	if (pthread_create(&d->thread, NULL, run, d))
		fatal("mqtt: no thread");
	return d;
}

void mqtt_door_stop(struct mqtt_door *d)
{
	if (!d)
		return;
	atomic_store(&d->stopping, true);
	mqtt_wake(d->mqtt);
	pthread_join(d->thread, NULL);
	broker_admin_close(d->admin);
	displays_close(d->displays);
	gateway_cfg_close(d->cfg);
	mqtt_close(d->mqtt);
	ingest_close(d->ingest);
	pthread_mutex_destroy(&d->counters_lock);
	free(d);
}

bool mqtt_door_connected(struct mqtt_door *d)
{
	return mqtt_is_connected(d->mqtt);
}

void mqtt_door_counters(struct mqtt_door *d, struct ingest_counters *out, uint64_t *dropped)
{
	pthread_mutex_lock(&d->counters_lock);
	*out = d->counters;
	pthread_mutex_unlock(&d->counters_lock);
	*dropped = mqtt_dropped(d->mqtt);
}
