/* SPDX-License-Identifier: EUPL-1.2 */
/* What runs, in numbers: /metrics (Prometheus text format 0.0.4) and whether the service can answer
 * (/readyz). */
#ifndef NAVETTE_METRICS_H
#define NAVETTE_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "inventory-service/mqtt_door.h"
#include "inventory-service/outbox/sse.h"
#include "inventory-service/service.h"

/* door may be NULL. */
void metrics_write(FILE *out, struct service *s, struct mqtt_door *door, struct sse *sse);
/* The database answers. */
bool metrics_is_ready(struct service *s);

#endif
