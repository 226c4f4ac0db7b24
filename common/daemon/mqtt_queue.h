/* SPDX-License-Identifier: EUPL-1.2 */
/* What mqtt.c keeps behind its lock, and what it asks of an address; used by mqtt.c only. */
#ifndef NAVETTE_DAEMON_MQTT_QUEUE_H
#define NAVETTE_DAEMON_MQTT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/daemon/mqtt.h"

struct mqtt_node;

/* Zeroed but for the bounds is empty. No lock of its own. */
struct mqtt_queue {
	struct mqtt_node *first, *last;
	size_t n_messages, n_bytes;
	size_t max_messages, max_bytes;
};

/* Would a message of len payload bytes fit? */
bool mqtt_queue_has_room(const struct mqtt_queue *q, size_t len);
/* Takes over msg->payload. Events always fit: see the .c. */
void mqtt_queue_put(struct mqtt_queue *q, const struct mqtt_message *msg);
/* The oldest, whose payload the caller then owns; false where there is none. */
bool mqtt_queue_take(struct mqtt_queue *q, struct mqtt_message *out);
void mqtt_queue_clear(struct mqtt_queue *q);

/* Writes the client library's spelling of url. NULL where it may be used, else why not (static text). */
const char *mqtt_url_check(const char *url, char *out, size_t size, bool *is_tls);

#endif
