/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which of the unregistered that gateways hear are written down (domain/evidence/stranger.h). Somebody may
 * send a thousand random addresses a second: so one stranger is written once a minute at most, and of each
 * gateway STRANGERS_PER_S in a second. Who speaks again and again gets his turn.
 */
#ifndef NAVETTE_STRANGERS_H
#define NAVETTE_STRANGERS_H

#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/observation.h"
#include "inventory-service/feed.h"

#define STRANGERS_PER_S 10

struct strangers;

struct strangers *strangers_alloc(void);
void strangers_free(struct strangers *s);
/* After a rollback: what was thought to be written is not. */
void strangers_forget(struct strangers *s);
/* o names a tag or meter that is not registered, heard by g. real_ms: a clock that does not jump. */
MUST_CHECK enum err strangers_hear(struct strangers *s, struct db *db, struct feed *g,
				   const struct observation *o, int64_t real_ms);

#endif
