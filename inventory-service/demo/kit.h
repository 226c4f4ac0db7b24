/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the simulators of ./navette demo need to go on where the history ends, as small text files in one
 * folder:
 *
 *   gateways                   gw-0001|Boîtier Saint-Lô
 *   gw-0001.enrolment.json     for navette-gateway enrol
 *   meters                     gw-0001|prusa-mk4-1|unit|idle_mw|active_mw|watts x seconds … of its cycle
 *   midnight                   Unix time the meters' cycles count from: the end of the history
 *   tags.script                for navette-tag-sim, whose controllers are the gateways in their order
 */
#ifndef NAVETTE_DEMO_KIT_H
#define NAVETTE_DEMO_KIT_H

#include <stdbool.h>

#include "inventory-service/demo/load.h"

/* Makes the folder. False: logged why. */
bool demo_kit_write(const struct demo_world *w, const struct demo_loaded *loaded, const char *dir);

#endif
