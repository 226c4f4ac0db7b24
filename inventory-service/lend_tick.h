/* SPDX-License-Identifier: EUPL-1.2 */
/* What time does to bookings: a submission that nobody decided ends, and open pages are told. */
#ifndef NAVETTE_LEND_TICK_H
#define NAVETTE_LEND_TICK_H

#include <stdint.h>

#include "inventory-service/service.h"

/* Looks first without the lock. */
void lend_tick(struct service *s, int64_t now_s);

#endif
