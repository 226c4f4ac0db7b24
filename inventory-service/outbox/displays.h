/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The retained state of each item for displays: navette/v1/item/<id>/state (contract mqtt.md §2), published
 * when it changed, at most once a second an item, and all of them, paced, at each connection: brokers forget.
 */
#ifndef NAVETTE_DISPLAYS_H
#define NAVETTE_DISPLAYS_H

#include <stdint.h>

#include "common/daemon/mqtt.h"
#include "inventory-service/service.h"

struct displays;

/* Listens to the service's announcements until it is closed; s and mqtt must outlive it. */
struct displays *displays_open(struct service *s, struct mqtt *mqtt);
void displays_close(struct displays *d); /* accepts NULL */

/* Any one thread at a time (the listeners' lock sees to that): only marks. */
void displays_changed(struct displays *d, int64_t item_id);
/* The door's thread. */
void displays_connected(struct displays *d);
/* Every 200 ms or so: publishes a bounded portion of what is due. now_ms is UTC of the process's clock. */
void displays_poll(struct displays *d, int64_t now_ms);

#endif
