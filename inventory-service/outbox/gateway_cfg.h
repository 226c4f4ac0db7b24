/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What each gateway is told of its meters (contract mqtt.md §2, topic cfg): the usage profile of the model of
 * the item that each is bound to. Retained; published again at each connection (brokers forget) and when it
 * changes.
 *
 *   {"n":7,"version":7,"meters":[{"meter":"prusa-1","usage_profile":{"off_mw":0,"idle_mw":5000,
 *    "active_mw":30000,"on_delay_s":10,"off_delay_s":30}}]}
 */
#ifndef NAVETTE_GATEWAY_CFG_H
#define NAVETTE_GATEWAY_CFG_H

#include "common/daemon/mqtt.h"
#include "inventory-service/service.h"

struct gateway_cfg;

struct gateway_cfg *gateway_cfg_open(struct service *s, struct mqtt *mqtt);
void gateway_cfg_close(struct gateway_cfg *c);
void gateway_cfg_connected(struct gateway_cfg *c);
/* Looks for changes when another door has written, at most every few seconds. */
void gateway_cfg_poll(struct gateway_cfg *c);

#endif
