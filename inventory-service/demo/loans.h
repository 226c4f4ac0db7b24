/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The demo's bookings and loans, made by the operations that people use, as of the days they happened: 14
 * months with seasons, what is to come, requests that wait, two loans that are late, one thing that is lost.
 */
#ifndef NAVETTE_DEMO_LOANS_H
#define NAVETTE_DEMO_LOANS_H

#include "inventory-service/demo/load.h"

/* *bookings rises by their number. What happens at or after the end of the history is still to come. */
MUST_CHECK enum err demo_loans_tell(struct service *s, const struct demo_world *w,
				    const struct demo_loaded *loaded, int64_t *bookings);

#endif
