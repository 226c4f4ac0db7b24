/* SPDX-License-Identifier: EUPL-1.2 */
/* The demo world into an empty database, by the operations that people and pages use. */
#ifndef NAVETTE_DEMO_LOAD_H
#define NAVETTE_DEMO_LOAD_H

#include "common/daemon/enrolment.h"
#include "inventory-service/demo/world.h"
#include "inventory-service/service.h"

/* What the database made of it: keys that exist nowhere else. Wipe the enrolments. */
struct demo_loaded {
	struct enrolment enrolments[DEMO_GATEWAYS];
	int64_t places[DEMO_PLACES], items[DEMO_ITEMS], users[DEMO_USERS]; /* ids */
};

/* One transaction as of the first day of the history. ERR_STATE: the database is not empty. */
MUST_CHECK enum err demo_load(struct service *s, const struct demo_world *w, struct demo_loaded *out);

#endif
