/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The MQTT door and the clock tick: one thread takes what waits on the broker connection, applies it in
 * groups, publishes the acknowledgements after the commit; between messages it runs the tick and the outboxes
 * that share the connection (broker administration, displays).
 */
#ifndef NAVETTE_MQTT_DOOR_H
#define NAVETTE_MQTT_DOOR_H

#include "inventory-service/ingest.h"
#include "inventory-service/service.h"

struct mqtt_door;

/* Starts the thread. A broker that is away is waited for; fatal() only on a setting that can never work. */
struct mqtt_door *mqtt_door_start(struct service *s);
/* Finishes the group in hand, closes the connection. Accepts NULL. */
void mqtt_door_stop(struct mqtt_door *door);
bool mqtt_door_connected(struct mqtt_door *door);
void mqtt_door_counters(struct mqtt_door *door, struct ingest_counters *out, uint64_t *dropped);

#endif
