/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The demo's past, told as a gateway would have told it: sealed frames and meter readings in authenticated
 * batches, handed to the real ingest as of the day they were heard. Nothing is written around it, so the
 * hours that pages show are what a rebuild finds.
 */
#ifndef NAVETTE_DEMO_HISTORY_H
#define NAVETTE_DEMO_HISTORY_H

#include "common/daemon/enrolment.h"
#include "inventory-service/demo/world.h"
#include "inventory-service/ingest.h"

/* One gateway was cut off for nine days, and gave all of them when it came back, a month before the end. */
#define DEMO_AWAY_GATEWAY 3
#define DEMO_AWAY_DAYS 9
#define DEMO_AWAY_BACK_DAYS 31

/* Tells everything that the world's gateway of that index heard. e: its enrolment. *reports rises by their
 * number. */
MUST_CHECK enum err demo_history_tell(struct ingest *in, const struct demo_world *w, int gateway,
				      const struct enrolment *e, int64_t *reports);

#endif
