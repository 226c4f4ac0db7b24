/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * navette-inventory demo-data: fills an empty database with a fictional Normandy (demo/world.h) and 60 days
 * of use, through the same operations and the same ingest as the real one. See demo.c.
 */
#ifndef NAVETTE_DEMO_H
#define NAVETTE_DEMO_H

#include "inventory-service/service.h"

/* argv[0] is "demo-data"; "-c FILE" is already taken out of it. Options:
 *   --seed N              another world (1)
 *   --last-day DATE       the last day of the history, YYYY-MM-DD, local (yesterday)
 *   --out DIR             also writes what the simulators need (demo/kit.h)
 *   --print               prints the world and touches nothing
 * Prints what it did in numbers. Exit code 0, 1 (done nothing: why, on stderr) or 2. setting may be NULL for
 * --print. */
int demo_main(const struct service_setting *setting, int argc, char **argv);

#endif
