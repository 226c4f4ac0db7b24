/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One client handle for the whole life, one thread of ours (the keeper) that connects, subscribes, renews
 * and waits. Paho calls back with its own lock held, so that its lock comes first and ours second, always:
 * nothing here calls Paho while holding ours. Callbacks only move the link's state, queue, and wake
 * somebody; the first of a connection also makes its socket send at once.
 *
 *   DOWN --keeper, when due--> CONNECTING --CONNACK--> OPEN --keeper--> SUBSCRIBING --SUBACK--> UP
 *   every state but DOWN --failure, loss--> DOWN;  LEAVING is a disconnection that we asked for
 *
 * Paho's own automatic reconnect is not used: it restores no subscriptions, its jitter is none, and losses
 * around it are reported (#1210). Session expiry is 0: whatever was in flight is lost with the connection,
 * and the spool offers it again.
 */
#include "common/daemon/mqtt.h"

#include <MQTTAsync.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/mqtt_queue.h"
#include "common/daemon/text.h"

#define QOS 1
#define MAX_UNACKED 1000
#define KEEP_ALIVE_S 30
#define CONNECT_TIMEOUT_S 10
/* Paho answers every call in the end; what follows is for the day it does not. */
#define CONNECT_PATIENCE_MS 60000
#define SUBSCRIBE_PATIENCE_MS 30000
#define LEAVE_PATIENCE_MS 10000
#define CLOSE_TIMEOUT_MS 2000
#define FIRST_WAIT_MS 1000
#define LONGEST_WAIT_MS 300000

enum link { LINK_DOWN, LINK_CONNECTING, LINK_OPEN, LINK_SUBSCRIBING, LINK_UP, LINK_LEAVING };

/* Why the last attempt failed, told by the keeper outside of all locks, and only when it changes. */
struct failure {
	int code, reason;
	char text[64];
};

struct mqtt {
	MQTTAsync client;
	bool is_tls;
	char *url, *paho_url, *ca_file, *client_id, *will_topic;
	char *subscriptions[MQTT_MAX_SUBSCRIPTIONS];
	int n_subscriptions;
	char *counted_topic, *counted_word; /* NULL: none */
	atomic_uint_fast64_t n_counted;

	pthread_t keeper;
	pthread_mutex_t lock;   /* guards what follows, up to the atomics */
	pthread_cond_t changed; /* for the keeper and mqtt_close */
	pthread_cond_t arrived; /* for mqtt_take */
	enum link link;
	int64_t due_ms; /* DOWN: the next attempt; elsewhere: patience with Paho ends */
	unsigned n_failures;
	bool has_failure;
	struct failure failure;
	bool is_stopping, is_renewing, is_refused, is_woken;
	char *username, *password, *will_payload;
	struct mqtt_queue queue;

	int n_unacked;

	atomic_bool is_up; /* link == LINK_UP, for readers without the lock */
	atomic_uint_fast64_t n_dropped;
};

/* --- the link's state; all of it with the lock held --- */

static int64_t backoff_ms(unsigned n_failures)
{
	int64_t window_ms = FIRST_WAIT_MS;

	for (unsigned i = 1; i < n_failures && window_ms < LONGEST_WAIT_MS; i++)
		window_ms *= 2;
	if (window_ms > LONGEST_WAIT_MS)
		window_ms = LONGEST_WAIT_MS;
	return window_ms / 2 + (int64_t)randombytes_uniform((uint32_t)(window_ms / 2));
}

static void put_event(struct mqtt *m, enum mqtt_event event)
{
	const struct mqtt_message msg = {.event = event, .received_ms = clock_now_ms()};

	mqtt_queue_put(&m->queue, &msg);
	pthread_cond_broadcast(&m->arrived);
}

static void link_set(struct mqtt *m, enum link link)
{
	if (m->link == LINK_UP && link != LINK_UP)
		put_event(m, MQTT_LOST);
	m->link = link;
	atomic_store(&m->is_up, link == LINK_UP);
	pthread_cond_broadcast(&m->changed);
}

static void link_is_up(struct mqtt *m)
{
	m->n_failures = 0;
	m->has_failure = false;
	link_set(m, LINK_UP);
	put_event(m, MQTT_CONNECTED);
}

static void note_failure(struct mqtt *m, int code, int reason, const char *text)
{
	m->failure = (struct failure){.code = code, .reason = reason};
	for (size_t i = 0; text != NULL && text[i] != '\0' && i < sizeof m->failure.text - 1; i++)
		m->failure.text[i] = text[i];
	m->has_failure = true;
	m->n_failures++;
}

static void link_failed(struct mqtt *m, int code, int reason, const char *text)
{
	if (m->link == LINK_DOWN)
		return;
	note_failure(m, code, reason, text);
	m->due_ms = clock_real_mono_ms() + backoff_ms(m->n_failures);
	/* a callback that never came must not count for ever; one that comes late is clamped */
	m->n_unacked = 0;
	link_set(m, LINK_DOWN);
}

/* At once again, unless it was a failure that made us leave. */
static void link_left(struct mqtt *m)
{
	if (m->link != LINK_LEAVING)
		return;
	m->due_ms = clock_real_mono_ms() + (m->n_failures > 0 ? backoff_ms(m->n_failures) : 0);
	m->n_unacked = 0;
	link_set(m, LINK_DOWN);
}

static void subscription_refused(struct mqtt *m, int code, int reason)
{
	if (m->link != LINK_SUBSCRIBING)
		return;
	note_failure(m, code, reason, "subscription refused");
	m->is_refused = true;
	pthread_cond_broadcast(&m->changed);
}

/* --- Paho's callbacks: on its threads, its lock held --- */

/*
 * Paho leaves Nagle's algorithm on (RFC 896) and hands out no socket. A small packet behind one that is not
 * yet acknowledged then waits for the peer's delayed acknowledgement, 40 ms on Linux: with one report a
 * message that made 1 600 messages a second of what can be 10 000 and more. So all TCP sockets of the process
 * are told; none of them gains by waiting.
 */
static void send_at_once(void)
{
	DIR *fds = opendir("/proc/self/fd");
	const struct dirent *entry;
	const int on = 1;

	if (fds == NULL)
		return;                        /* slower, not wrong */
	while ((entry = readdir(fds)) != NULL) /* what is no TCP socket refuses */
		(void)setsockopt(atoi(entry->d_name), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	closedir(fds);
}

static void on_connected(void *context, MQTTAsync_successData5 *data)
{
	struct mqtt *m = context;

	(void)data;
	send_at_once();
	pthread_mutex_lock(&m->lock);
	/* DOWN: it took longer than our patience */
	if (m->link == LINK_CONNECTING || m->link == LINK_DOWN)
		link_set(m, LINK_OPEN);
	pthread_mutex_unlock(&m->lock);
}

/* Of a connect or a subscribe. */
static void on_failed(void *context, MQTTAsync_failureData5 *data)
{
	struct mqtt *m = context;

	pthread_mutex_lock(&m->lock);
	if (m->link == LINK_CONNECTING)
		link_failed(m, data->code, (int)data->reasonCode, data->message);
	else
		subscription_refused(m, data->code, (int)data->reasonCode);
	pthread_mutex_unlock(&m->lock);
}

static void on_subscribed(void *context, MQTTAsync_successData5 *data)
{
	struct mqtt *m = context;
	int refusal = 0;

	/* for a single subscription the list is not set, and a refusal is a failure */
	for (int i = 0; m->n_subscriptions > 1 && i < data->alt.sub.reasonCodeCount; i++)
		if ((int)data->alt.sub.reasonCodes[i] > QOS)
			refusal = (int)data->alt.sub.reasonCodes[i];
	pthread_mutex_lock(&m->lock);
	if (refusal != 0)
		subscription_refused(m, 0, refusal);
	else if (m->link == LINK_SUBSCRIBING)
		link_is_up(m);
	pthread_mutex_unlock(&m->lock);
}

static void on_lost(void *context, char *cause)
{
	struct mqtt *m = context;

	(void)cause; /* NULL in this version */
	pthread_mutex_lock(&m->lock);
	link_failed(m, 0, 0, "connection lost");
	pthread_mutex_unlock(&m->lock);
}

/* A DISCONNECT of the broker's (MQTT 5 §3.14): after some of them Paho forgets to report the loss. */
static void on_dismissed(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
	struct mqtt *m = context;

	(void)properties;
	pthread_mutex_lock(&m->lock);
	link_failed(m, 0, (int)reason, "dismissed by the broker");
	pthread_mutex_unlock(&m->lock);
}

static void left(struct mqtt *m)
{
	pthread_mutex_lock(&m->lock);
	link_left(m);
	pthread_mutex_unlock(&m->lock);
}

static void on_left(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	left(context);
}

static void on_not_left(void *context, MQTTAsync_failureData5 *data)
{
	(void)data;
	left(context);
}

static void acknowledged(struct mqtt *m)
{
	pthread_mutex_lock(&m->lock);
	if (m->n_unacked > 0)
		m->n_unacked--;
	pthread_mutex_unlock(&m->lock);
}

static void on_published(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	acknowledged(context);
}

static void on_not_published(void *context, MQTTAsync_failureData5 *data)
{
	(void)data;
	acknowledged(context);
}

/* The one user property "mac"; several are as good as none. */
static void copy_mac(MQTTProperties *properties, char *out, size_t size)
{
	int n_macs = 0;

	out[0] = '\0';
	for (int i = 0; i < properties->count; i++) {
		const MQTTProperty *p = &properties->array[i];
		const MQTTLenString *v = &p->value.value;

		if (p->identifier != MQTTPROPERTY_CODE_USER_PROPERTY || p->value.data.len != 3 ||
		    memcmp(p->value.data.data, "mac", 3) != 0)
			continue;
		n_macs++;
		if (v->len > 0 && (size_t)v->len < size) {
			memcpy(out, v->data, (size_t)v->len);
			out[v->len] = '\0';
		}
	}
	if (n_macs != 1)
		out[0] = '\0';
}

/* False where the topic is none of ours: with a NUL (topic_len tells), or too long. */
static bool copy_topic(char out[MQTT_MAX_TOPIC], const char *topic, int topic_len)
{
	const size_t len = strnlen(topic, MQTT_MAX_TOPIC);

	if (len == MQTT_MAX_TOPIC || (topic_len > 0 && (size_t)topic_len != len))
		return false;
	memcpy(out, topic, len + 1);
	return true;
}

static void enqueue(struct mqtt *m, struct mqtt_message *msg, const void *payload)
{
	pthread_mutex_lock(&m->lock);
	if (mqtt_queue_has_room(&m->queue, msg->len)) {
		msg->payload = xcalloc(1, msg->len + 1);
		if (msg->len > 0)
			memcpy(msg->payload, payload, msg->len);
		mqtt_queue_put(&m->queue, msg);
		pthread_cond_signal(&m->arrived);
	} else {
		atomic_fetch_add(&m->n_dropped, 1);
	}
	pthread_mutex_unlock(&m->lock);
}

/* The payload has no NUL of its own: it is looked through as bytes. */
static bool count(struct mqtt *m, const char *topic, const MQTTAsync_message *in)
{
	if (m->counted_topic == NULL || strcmp(topic, m->counted_topic) != 0)
		return false;
	if (in->payloadlen > 0 &&
	    memmem(in->payload, (size_t)in->payloadlen, m->counted_word, strlen(m->counted_word)))
		atomic_fetch_add(&m->n_counted, 1);
	return true;
}

static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *in)
{
	struct mqtt *m = context;
	struct mqtt_message msg = {.event = MQTT_MESSAGE, .retained = in->retained != 0};

	msg.received_ms = clock_now_ms();
	msg.len = in->payloadlen > 0 ? (size_t)in->payloadlen : 0;
	copy_mac(&in->properties, msg.mac, sizeof msg.mac);
	if (!copy_topic(msg.topic, topic, topic_len))
		atomic_fetch_add(&m->n_dropped, 1);
	else if (!count(m, msg.topic, in))
		enqueue(m, &msg, in->payload);
	MQTTAsync_freeMessage(&in);
	MQTTAsync_free(topic);
	return 1; /* anything else delivers it again, and again */
}

/* --- the keeper: calls Paho without the lock --- */

static void wipe_free(char *s)
{
	if (s != NULL)
		sodium_memzero(s, strlen(s));
	free(s);
}

static char *maybe_strdup(const char *s)
{
	return s != NULL && s[0] != '\0' ? xstrdup(s) : NULL;
}

struct credentials {
	char *username, *password, *will_payload;
};

static int call_connect(struct mqtt *m, const struct credentials *c)
{
	MQTTAsync_connectOptions o = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;

	/* the initializers carry the library's highest struct_version: lower ones lose verify and MQTT 5 */
	o.keepAliveInterval = KEEP_ALIVE_S;
	o.connectTimeout = CONNECT_TIMEOUT_S;
	o.cleanstart = 1;
	o.username = c->username;
	o.password = c->password;
	o.context = m;
	o.onSuccess5 = on_connected;
	o.onFailure5 = on_failed;
	if (m->will_topic != NULL) {
		will.topicName = m->will_topic;
		will.message = c->will_payload != NULL ? c->will_payload : "";
		will.qos = QOS;
		will.retained = 1;
		o.will = &will;
	}
	if (m->is_tls) {
		tls.trustStore = m->ca_file;
		tls.verify = 1;
		tls.enableServerCertAuth = 1;
		o.ssl = &tls;
	}
	return MQTTAsync_connect(m->client, &o);
}

static void keeper_connect(struct mqtt *m)
{
	struct credentials c = {
		.username = maybe_strdup(m->username),
		.password = maybe_strdup(m->password),
		.will_payload = maybe_strdup(m->will_payload),
	};
	int rc;

	m->is_renewing = false;
	m->due_ms = clock_real_mono_ms() + CONNECT_PATIENCE_MS;
	link_set(m, LINK_CONNECTING);
	pthread_mutex_unlock(&m->lock);
	rc = call_connect(m, &c);
	free(c.username);
	wipe_free(c.password);
	free(c.will_payload);
	pthread_mutex_lock(&m->lock);
	if (rc != MQTTASYNC_SUCCESS && m->link == LINK_CONNECTING)
		link_failed(m, rc, 0, MQTTAsync_strerror(rc));
}

static void keeper_subscribe(struct mqtt *m)
{
	MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;
	int qos[MQTT_MAX_SUBSCRIPTIONS];
	int rc;

	if (m->n_subscriptions == 0) {
		link_is_up(m);
		return;
	}
	for (int i = 0; i < m->n_subscriptions; i++)
		qos[i] = QOS;
	o.context = m;
	o.onSuccess5 = on_subscribed;
	o.onFailure5 = on_failed;
	m->is_refused = false;
	m->due_ms = clock_real_mono_ms() + SUBSCRIBE_PATIENCE_MS;
	link_set(m, LINK_SUBSCRIBING);
	pthread_mutex_unlock(&m->lock);
	rc = MQTTAsync_subscribeMany(m->client, m->n_subscriptions, m->subscriptions, qos, &o);
	pthread_mutex_lock(&m->lock);
	if (rc != MQTTASYNC_SUCCESS)
		subscription_refused(m, rc, 0);
}

/* Disconnects; the callback, or the loss of the connection, makes it DOWN. */
static void keeper_leave(struct mqtt *m)
{
	MQTTAsync_disconnectOptions o = MQTTAsync_disconnectOptions_initializer5;
	int rc;

	m->is_renewing = false;
	m->due_ms = clock_real_mono_ms() + LEAVE_PATIENCE_MS;
	link_set(m, LINK_LEAVING);
	o.context = m;
	o.onSuccess5 = on_left;
	o.onFailure5 = on_not_left;
	pthread_mutex_unlock(&m->lock);
	rc = MQTTAsync_disconnect(m->client, &o);
	pthread_mutex_lock(&m->lock);
	if (rc != MQTTASYNC_SUCCESS)
		link_left(m);
}

static void wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t real_mono_ms)
{
	struct timespec t;
	const int64_t left_ms = real_mono_ms - clock_real_mono_ms();

	/* the condition's clock stops while the machine sleeps, ours does not: ask anew from here */
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (left_ms > 0 ? left_ms : 0) / 1000;
	t.tv_nsec += (left_ms > 0 ? left_ms : 0) % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(cond, lock, &t);
}

/* What was last told of the link, so that a repeated failure is told once. */
struct told {
	struct failure failure;
	bool is_up;
};

/* True where there was something to tell; the lock was let go of meanwhile. */
static bool log_change(struct mqtt *m, struct told *told)
{
	const struct failure f = m->failure;
	const bool is_up = m->link == LINK_UP;
	if (is_up ? told->is_up : !m->has_failure || memcmp(&f, &told->failure, sizeof f) == 0)
		return false;
	told->is_up = is_up;
	told->failure = is_up ? (struct failure){0} : f;
	pthread_mutex_unlock(&m->lock);
	if (is_up)
		log_info("mqtt: connected: url=%s client=%s", m->url, m->client_id);
	else
		log_warn("mqtt: no connection, trying again: %s url=%s client=%s code=%d reason=%d",
			 f.text[0] != '\0' ? f.text : "refused", m->url, m->client_id, f.code, f.reason);
	pthread_mutex_lock(&m->lock);
	return true;
}

static void keeper_sleep(struct mqtt *m)
{
	if (m->link == LINK_UP)
		pthread_cond_wait(&m->changed, &m->lock);
	else
		wait_until(&m->changed, &m->lock, m->due_ms);
}

/* One step: true where there was something to do, else wait for a change. */
static bool keeper_step(struct mqtt *m)
{
	const bool is_due = clock_real_mono_ms() >= m->due_ms;

	if (m->link == LINK_DOWN && (is_due || m->is_renewing))
		keeper_connect(m);
	else if (m->link == LINK_OPEN && !m->is_renewing)
		keeper_subscribe(m);
	else if (m->link == LINK_SUBSCRIBING && is_due && !m->is_refused)
		subscription_refused(m, 0, 0);
	else if (m->link == LINK_SUBSCRIBING && m->is_refused)
		keeper_leave(m);
	else if (m->is_renewing && (m->link == LINK_UP || m->link == LINK_OPEN))
		keeper_leave(m);
	else if (m->link == LINK_CONNECTING && is_due)
		link_failed(m, 0, 0, "no answer from the client");
	else if (m->link == LINK_LEAVING && is_due)
		link_left(m);
	else
		return false;
	return true;
}

static void *keep(void *context)
{
	struct mqtt *m = context;
	struct told told = {0};

	pthread_mutex_lock(&m->lock);
	while (!m->is_stopping) {
		/* nothing lets go of the lock between the last look and the sleep */
		if (!log_change(m, &told) && !keeper_step(m))
			keeper_sleep(m);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

/* --- opening and closing --- */

static void copy_setting(struct mqtt *m, const struct mqtt_setting *s)
{
	m->url = xstrdup(s->url);
	m->ca_file = maybe_strdup(s->ca_file);
	m->client_id = xstrdup(s->client_id);
	m->username = maybe_strdup(s->username);
	m->password = maybe_strdup(s->password);
	m->will_topic = maybe_strdup(s->will_topic);
	m->will_payload = maybe_strdup(s->will_payload);
	for (int i = 0; i < MQTT_MAX_SUBSCRIPTIONS && s->subscriptions[i] != NULL; i++)
		m->subscriptions[m->n_subscriptions++] = xstrdup(s->subscriptions[i]);
	m->counted_topic = maybe_strdup(s->counted_topic);
	m->counted_word = maybe_strdup(s->counted_word);
	m->queue.max_messages = s->queue_max;
	m->queue.max_bytes = s->queue_max_bytes;
}

static void init_locks(struct mqtt *m)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->changed, &attr);
	pthread_cond_init(&m->arrived, &attr);
	pthread_condattr_destroy(&attr);
}

static void free_all(struct mqtt *m)
{
	mqtt_queue_clear(&m->queue);
	for (int i = 0; i < m->n_subscriptions; i++)
		free(m->subscriptions[i]);
	free(m->counted_topic);
	free(m->counted_word);
	free(m->url);
	free(m->paho_url);
	free(m->ca_file);
	free(m->client_id);
	free(m->will_topic);
	free(m->will_payload);
	free(m->username);
	wipe_free(m->password);
	pthread_cond_destroy(&m->arrived);
	pthread_cond_destroy(&m->changed);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Signals are the main thread's; Paho's threads are born of the keeper and inherit its mask. */
static void start_keeper(struct mqtt *m)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&m->keeper, NULL, keep, m) != 0)
		fatal("mqtt: no thread: %s", strerror(errno));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static const char *create_client(struct mqtt *m)
{
	MQTTAsync_createOptions o = MQTTAsync_createOptions_initializer5;
	int rc;

	o.sendWhileDisconnected = 0;
	o.maxBufferedMessages = 2 * MAX_UNACKED;
	rc = MQTTAsync_createWithOptions(&m->client, m->paho_url, m->client_id, MQTTCLIENT_PERSISTENCE_NONE,
					 NULL, &o);
	if (rc != MQTTASYNC_SUCCESS)
		return "the MQTT client refuses the address or the client id";
	MQTTAsync_setCallbacks(m->client, m, on_lost, on_message, NULL);
	MQTTAsync_setDisconnected(m->client, m, on_dismissed);
	return NULL;
}

static const char *check_setting(const struct mqtt_setting *s)
{
	if (s->client_id == NULL || s->client_id[0] == '\0')
		return "the client id is empty";
	if (s->queue_max == 0 || s->queue_max_bytes == 0)
		return "the queue has no room";
	if (s->ca_file != NULL && s->ca_file[0] != '\0' && access(s->ca_file, R_OK) != 0)
		return "the file of trusted certificates cannot be read";
	return NULL;
}

struct mqtt *mqtt_open(const struct mqtt_setting *setting, const char **why)
{
	char url[512];
	bool is_tls = false;
	const char *fault = check_setting(setting);
	struct mqtt *m;

	if (fault == NULL)
		fault = mqtt_url_check(setting->url, url, sizeof url, &is_tls);
	if (fault != NULL) {
		*why = fault;
		return NULL;
	}
	if (sodium_init() < 0)
		fatal("mqtt: libsodium does not start");
	m = xcalloc(1, sizeof *m);
	init_locks(m);
	m->paho_url = xstrdup(url);
	m->is_tls = is_tls;
	copy_setting(m, setting);
	if ((fault = create_client(m)) != NULL) {
		*why = fault;
		free_all(m);
		return NULL;
	}
	m->due_ms = clock_real_mono_ms();
	start_keeper(m);
	return m;
}

void mqtt_close(struct mqtt *m)
{
	int64_t until_ms;

	if (m == NULL)
		return;
	pthread_mutex_lock(&m->lock);
	m->is_stopping = true;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->keeper, NULL);
	until_ms = clock_real_mono_ms() + CLOSE_TIMEOUT_MS;
	pthread_mutex_lock(&m->lock);
	if (m->link != LINK_DOWN && m->link != LINK_CONNECTING && m->link != LINK_LEAVING)
		keeper_leave(m);
	while (m->link == LINK_LEAVING && clock_real_mono_ms() < until_ms)
		wait_until(&m->changed, &m->lock, until_ms);
	pthread_mutex_unlock(&m->lock);
	/* holds Paho's lock: no callback runs then or later; what the last ones wrote is seen from here */
	MQTTAsync_destroy(&m->client);
	pthread_mutex_lock(&m->lock);
	pthread_mutex_unlock(&m->lock);
	free_all(m);
}

void mqtt_set_password(struct mqtt *m, const char *username, const char *password)
{
	pthread_mutex_lock(&m->lock);
	free(m->username);
	wipe_free(m->password);
	m->username = maybe_strdup(username);
	m->password = maybe_strdup(password);
	m->is_renewing = true;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

void mqtt_set_will(struct mqtt *m, const char *payload)
{
	pthread_mutex_lock(&m->lock);
	free(m->will_payload);
	m->will_payload = maybe_strdup(payload);
	pthread_mutex_unlock(&m->lock);
}

/* --- taking and publishing --- */

enum mqtt_event mqtt_take(struct mqtt *m, struct mqtt_message *out, int wait_ms)
{
	const int64_t until_ms = clock_real_mono_ms() + wait_ms;
	struct mqtt_message msg = {.event = MQTT_NOTHING};

	pthread_mutex_lock(&m->lock);
	while (!mqtt_queue_take(&m->queue, &msg) && !m->is_woken && clock_real_mono_ms() < until_ms)
		wait_until(&m->arrived, &m->lock, until_ms);
	if (msg.event == MQTT_NOTHING)
		m->is_woken = false;
	pthread_mutex_unlock(&m->lock);
	*out = msg;
	return msg.event;
}

void mqtt_message_free(struct mqtt_message *msg)
{
	free(msg->payload);
	msg->payload = NULL;
}

void mqtt_wake(struct mqtt *m)
{
	pthread_mutex_lock(&m->lock);
	m->is_woken = true;
	pthread_cond_broadcast(&m->arrived);
	pthread_mutex_unlock(&m->lock);
}

static void add_mac(MQTTProperties *properties, const char *mac)
{
	MQTTProperty p = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
	char *name = "mac", *value = (char *)(uintptr_t)mac; /* copied, never written */

	p.value.data.data = name;
	p.value.data.len = (int)strlen(name);
	p.value.value.data = value;
	p.value.value.len = (int)strlen(value);
	MQTTProperties_add(properties, &p);
}

static void add_expiry(MQTTProperties *properties, uint32_t expiry_s)
{
	MQTTProperty p = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};

	p.value.integer4 = expiry_s;
	MQTTProperties_add(properties, &p);
}

static bool reserve_unacked(struct mqtt *m)
{
	bool has_room;

	pthread_mutex_lock(&m->lock);
	has_room = m->link == LINK_UP && m->n_unacked < MAX_UNACKED;
	m->n_unacked += has_room;
	pthread_mutex_unlock(&m->lock);
	return has_room;
}

bool mqtt_publish(struct mqtt *m, const struct mqtt_outgoing *out)
{
	MQTTAsync_message msg = MQTTAsync_message_initializer;
	MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;
	int rc;

	if (out->len > INT32_MAX || !reserve_unacked(m))
		return false;
	msg.payload = (void *)(uintptr_t)out->payload; /* copied, never written */
	msg.payloadlen = (int)out->len;
	msg.qos = out->qos;
	msg.retained = out->retained;
	if (out->mac != NULL)
		add_mac(&msg.properties, out->mac);
	if (out->expiry_s > 0)
		add_expiry(&msg.properties, out->expiry_s);
	o.context = m;
	o.onSuccess5 = on_published;
	o.onFailure5 = on_not_published;
	rc = MQTTAsync_sendMessage(m->client, out->topic, &msg, &o);
	MQTTProperties_free(&msg.properties);
	if (rc != MQTTASYNC_SUCCESS)
		acknowledged(m);
	return rc == MQTTASYNC_SUCCESS;
}

bool mqtt_is_connected(const struct mqtt *m)
{
	return atomic_load(&m->is_up);
}

uint64_t mqtt_counted(const struct mqtt *m)
{
	return atomic_load(&m->n_counted);
}

uint64_t mqtt_dropped(const struct mqtt *m)
{
	return atomic_load(&m->n_dropped);
}
