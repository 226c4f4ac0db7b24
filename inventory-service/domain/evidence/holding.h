/* SPDX-License-Identifier: EUPL-1.2 */
/* Who had an item when, and for whom it was booked: what hours are attributed by. */
#ifndef NAVETTE_HOLDING_H
#define NAVETTE_HOLDING_H

#include <stddef.h>
#include <stdint.h>

#include "inventory-service/db.h"

struct held {
	int64_t from_s, until_s;
	int64_t place_id;
};

/* Each list in order of time, without overlap; owned: holding_free. */
struct holding {
	struct held *pieces; /* custody: they cover the window without gap */
	size_t n_pieces, cap_pieces;
	struct held *stays; /* of agreed bookings, cut to the window; place_id is who booked */
	size_t n_stays, cap_stays;
};

/* Empties h first; zeroed before its first use. home_id has the item where nobody else does. */
MUST_CHECK enum err holding_load(struct db *db, int64_t item_id, int64_t home_id, int64_t from_s,
				 int64_t until_s, struct holding *h);
void holding_free(struct holding *h);
/* Seconds of [from_s, until_s) inside the stays. */
int64_t holding_booked_s(const struct holding *h, int64_t from_s, int64_t until_s);

#endif
