/* SPDX-License-Identifier: EUPL-1.2 */
/* What the clock tick throws away: events of a day ago, keys of 30 days ago, strangers of a week ago
 * and their frames, and of those whatever is beyond the newest 200 000. */
#ifndef NAVETTE_UPKEEP_H
#define NAVETTE_UPKEEP_H

#include "inventory-service/db.h"

/* A bounded portion; *left says that there is more of it. */
MUST_CHECK enum err upkeep(struct db *db, int64_t now_s, bool *left);

#endif
