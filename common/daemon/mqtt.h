/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One MQTT 5 connection (OASIS MQTT 5.0) over Paho's asynchronous client. The only file that knows
 * MQTTAsync.h.
 *
 * Paho's callbacks copy, queue and return 1; everybody else calls mqtt_take and mqtt_publish. A full queue
 * drops the newest and counts it: the sender's spool offers it again. It reconnects by itself with jitter,
 * 1 to 300 s, restores the subscriptions, and reports each connection as an event. Nothing is persisted: a
 * PUBACK proves nothing here (contract mqtt.md §1).
 */
#ifndef NAVETTE_DAEMON_MQTT_H
#define NAVETTE_DAEMON_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_MAX_TOPIC 128
#define MQTT_MAX_SUBSCRIPTIONS 8

struct mqtt;

struct mqtt_setting {
	const char *url;     /* mqtts://host:port, wss://host/mqtt; on loopback mqtt:// and ws://, too */
	const char *ca_file; /* NULL or empty: the system's */
	const char *client_id;
	const char *username;
	const char *password;
	const char *subscriptions[MQTT_MAX_SUBSCRIPTIONS]; /* QoS 1, ends at the first NULL */
	/* NULL: none. Messages of this topic, which is one of the subscriptions, are never queued, however
	 * many come; those that contain the word are counted: mqtt_counted. */
	const char *counted_topic, *counted_word;
	const char *will_topic; /* NULL: no will; retained, QoS 1 */
	const char *will_payload;
	size_t queue_max; /* messages */
	size_t queue_max_bytes;
};

enum mqtt_event { MQTT_NOTHING, MQTT_MESSAGE, MQTT_CONNECTED, MQTT_LOST };

struct mqtt_message {
	enum mqtt_event event;
	char topic[MQTT_MAX_TOPIC]; /* longer topics, and ones with a NUL, are dropped and counted */
	char *payload;              /* NUL added after len bytes; owned: mqtt_message_free */
	size_t len;
	char mac[48]; /* the one user property "mac"; "" where absent or there were several */
	bool retained;
	int64_t received_ms; /* clock_now_ms() in the callback */
};

/* Copies the setting; starts connecting and returns at once. NULL and *why (static) on a setting that
 * can never work. */
struct mqtt *mqtt_open(const struct mqtt_setting *setting, const char **why);
/* Disconnects cleanly (the will is not sent), waits at most 2 s, frees. Accepts NULL. */
void mqtt_close(struct mqtt *m);
/* New credentials: takes effect at the next connection; forces one. */
void mqtt_set_password(struct mqtt *m, const char *username, const char *password);
/* The will used from the next connection on. */
void mqtt_set_will(struct mqtt *m, const char *payload);

/* Waits at most wait_ms (real) for the next event; MQTT_NOTHING on time-out. The caller frees the message. */
enum mqtt_event mqtt_take(struct mqtt *m, struct mqtt_message *out, int wait_ms);
void mqtt_message_free(struct mqtt_message *msg);
/* Wakes a waiting mqtt_take (it returns MQTT_NOTHING). */
void mqtt_wake(struct mqtt *m);

struct mqtt_outgoing {
	const char *topic;
	const void *payload;
	size_t len;
	int qos;
	bool retained;
	const char *mac;   /* NULL: no property */
	uint32_t expiry_s; /* 0: none */
};
/* False where not connected or the client refuses: nothing is kept, the caller offers it again. Never
 * blocks. */
bool mqtt_publish(struct mqtt *m, const struct mqtt_outgoing *out);
bool mqtt_is_connected(const struct mqtt *m);
uint64_t mqtt_dropped(const struct mqtt *m);
uint64_t mqtt_counted(const struct mqtt *m);

#endif
