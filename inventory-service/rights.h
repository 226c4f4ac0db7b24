/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who may do what, as data: one row for each route. A route without its row does not compile (rights.c).
 *
 * A role covers what the ones below it cover: region_officer, coordinator, manager, animator. technician and
 * auditor stand beside. A role counts at a place where its scope is the region, the hub the place is in, or
 * the place itself.
 *
 *   ANYONE      no sign-in
 *   SIGNED_IN   every account
 *   REGION      one of the roles, with the region as its scope
 *   SOMEWHERE   one of the roles, wherever: lists, which the handler narrows (rights_at, or a filter)
 *   PLACE       one of the roles over the object's place; everybody may see that it exists: else 403
 *   HIDDEN      the same, but who has no role over the place may not know that it exists: else 404
 *
 * For PLACE and HIDDEN the handler calls rights_place() once it knows the place; a handler that succeeds
 * without having asked is answered 500 and rolled back (fail closed).
 */
#ifndef NAVETTE_RIGHTS_H
#define NAVETTE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/text.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/err.h"
#include "inventory-service/rights_list.h"
#include "inventory-service/routes.h"

enum rights_rule {
	RIGHTS_ANYONE,
	RIGHTS_SIGNED_IN,
	RIGHTS_REGION,
	RIGHTS_SOMEWHERE,
	RIGHTS_PLACE,
	RIGHTS_HIDDEN,
};

struct right {
	const char *route; /* its name, for the test that prints the table */
	enum rights_rule rule;
	unsigned roles; /* bit mask of 1u << enum role */
};
const struct right *rights_of(enum route route);

struct place_scope {
	int64_t place_id;
	int64_t hub_id; /* 0: in no hub */
};

/* Pure. at NULL: the place is not known yet; then PLACE and HIDDEN mean "somewhere". */
bool rights_allows(enum route route, const struct actor *who, const struct place_scope *at);
/* Pure. Does one of the actor's roles cover the place? roles: bit mask. */
bool rights_covers(const struct actor *who, unsigned roles, const struct place_scope *at);
/* Pure. May the actor be told that an object of this kind changed (SSE)? Unknown kinds: no. */
bool rights_hears(const struct actor *who, const char *kind);
/* Pure. Does role cover the duties of wanted? */
bool rights_role_includes(enum role role, enum role wanted);

struct call;
/* The rule of the running route at this place, whose hub is loaded: OK, ERR_FORBIDDEN (PLACE) or
 * ERR_NOT_FOUND (HIDDEN, and places that are not there). */
MUST_CHECK enum err rights_place(struct call *c, int64_t place_id);
/* For handlers that narrow a list: the same question, as yes or no. False too where the database failed. */
bool rights_at(struct call *c, int64_t place_id);

#endif
