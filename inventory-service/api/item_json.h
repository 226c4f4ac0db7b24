/* SPDX-License-Identifier: EUPL-1.2 */
/* An item as it is published: whole for the API, its state alone for displays on MQTT (contract mqtt.md §2).
 */
#ifndef NAVETTE_ITEM_JSON_H
#define NAVETTE_ITEM_JSON_H

#include "common/daemon/json.h"
#include "inventory-service/domain/stock/item.h"

/* The members state, place_id, observed, custody, live, into the object that is open. */
void item_put_state(struct json_out *o, const struct item *v);
void item_json(struct json_out *o, const struct item *v);

#endif
