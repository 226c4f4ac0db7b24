/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The broker's users and roles, made to follow the table of gateways (contract mqtt.md §7). The only module
 * that knows the broker's control topic. Everything runs on the thread of the MQTT door; nothing is published
 * under the lock.
 */
#ifndef NAVETTE_BROKER_ADMIN_H
#define NAVETTE_BROKER_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/mqtt.h"
#include "inventory-service/service.h"

#define BROKER_ADMIN_COMMANDS "$CONTROL/dynamic-security/v1"
/* The door subscribes to it; answers are handed to broker_admin_message. */
#define BROKER_ADMIN_ANSWERS "$CONTROL/dynamic-security/v1/response"
#define BROKER_LOG "$SYS/broker/log/N" /* what mosquitto tells its log as a notice */
/* The role of the service's own user, made by broker-config/prepare and kept whole by this module. */
#define BROKER_ADMIN_ROLE "navette-service"

struct broker_admin;

/* Both must outlive it. Nothing happens before the first connection. */
struct broker_admin *broker_admin_open(struct service *s, struct mqtt *mqtt);
void broker_admin_close(struct broker_admin *ba); /* accepts NULL */

/* At each (re)connection: what the broker holds is asked for, compared with the table, and made like it. */
void broker_admin_connected(struct broker_admin *ba);
/* True where the message was an answer of the broker's administration: nobody else should look at it. */
bool broker_admin_message(struct broker_admin *ba, const struct mqtt_message *msg);
/* Every 200 ms or so. Sends what changed in the table (within the call), repeats what was not answered, ends
 * rotations whose day is over, and looks at the whole broker again every hour. now_ms is UTC of the process's
 * clock. */
void broker_admin_poll(struct broker_admin *ba, int64_t now_ms);

#endif
