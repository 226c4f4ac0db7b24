/* SPDX-License-Identifier: EUPL-1.2 */
/* What every operation of lending is told: where, who, when, and the Région's delays. */
#ifndef NAVETTE_LENDING_H
#define NAVETTE_LENDING_H

#include <stdint.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/lending/booking_rules.h"
#include "inventory-service/domain/people/actor.h"

struct lending {
	struct db *db;
	const struct actor *who;
	int64_t now_s;
	const struct lending_policy *policy;
};

#endif
