/* SPDX-License-Identifier: EUPL-1.2 */
/* navette-inventory serve: the three doors, until a signal. */
#ifndef NAVETTE_SERVE_H
#define NAVETTE_SERVE_H

#include <stdbool.h>

#include "inventory-service/setting.h"

/* Returns after SIGTERM or SIGINT. fatal() where it cannot run. */
void serve(const struct setting *setting);

/* One process at a time may serve, restore, migrate or rebuild a database: a lock on "<database>.lock", held
 * until the process ends. False: another has it, or the file cannot be made; said on stderr. */
bool serve_lock(const char *database);

#endif
