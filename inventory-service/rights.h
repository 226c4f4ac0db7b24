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
#include "inventory-service/routes.h"

#define R(role) (1u << ROLE_##role)
#define RIGHTS_DEVICES (R(TECHNICIAN) | R(COORDINATOR))
#define RIGHTS_STOCK R(MANAGER)

/* route, rule, roles (what covers them is meant too) */
#define RIGHTS_LIST(X)                                                                                  \
	X(session_open, ANYONE, 0)                                                                      \
	X(session_show, SIGNED_IN, 0)                                                                   \
	X(session_close, SIGNED_IN, 0)                                                                  \
	X(session_password, SIGNED_IN, 0)                                                               \
	X(events, SIGNED_IN, 0)                                                                         \
	X(users_list, REGION, R(REGION_OFFICER))                                                        \
	X(users_add, REGION, R(REGION_OFFICER))                                                         \
	X(user_show, REGION, R(REGION_OFFICER))                                                         \
	X(user_change, REGION, R(REGION_OFFICER))                                                       \
	X(user_disable, REGION, R(REGION_OFFICER))                                                      \
	X(tokens_list, SIGNED_IN, 0)                                                                    \
	X(tokens_add, SIGNED_IN, 0)                                                                     \
	X(token_revoke, SIGNED_IN, 0)                                                                   \
	X(hubs_list, SIGNED_IN, 0)                                                                      \
	X(hubs_add, REGION, R(REGION_OFFICER))                                                          \
	X(hub_show, SIGNED_IN, 0)                                                                       \
	X(hub_change, REGION, R(REGION_OFFICER))                                                        \
	X(places_list, SIGNED_IN, 0)                                                                    \
	X(places_add, REGION, R(REGION_OFFICER))                                                        \
	X(place_show, SIGNED_IN, 0)                                                                     \
	X(place_change, PLACE, RIGHTS_STOCK)                                                            \
	X(models_list, SIGNED_IN, 0)                                                                    \
	X(models_add, REGION, R(REGION_OFFICER))                                                        \
	X(model_show, SIGNED_IN, 0)                                                                     \
	X(model_change, REGION, R(REGION_OFFICER))                                                      \
	X(items_list, SIGNED_IN, 0)                                                                     \
	X(items_add, PLACE, RIGHTS_STOCK)                                                               \
	X(item_show, SIGNED_IN, 0)                                                                      \
	X(item_change, PLACE, RIGHTS_STOCK)                                                             \
	X(item_retire, PLACE, RIGHTS_STOCK)                                                             \
	X(item_tag, PLACE, RIGHTS_DEVICES)                                                              \
	X(item_meter, PLACE, RIGHTS_DEVICES)                                                            \
	X(tags_list, SOMEWHERE, RIGHTS_DEVICES)                                                         \
	X(tags_add, SOMEWHERE, RIGHTS_DEVICES)                                                          \
	X(tag_show, SOMEWHERE, RIGHTS_DEVICES)                                                          \
	X(tag_change, SOMEWHERE, RIGHTS_DEVICES)                                                        \
	X(tag_release, SOMEWHERE, RIGHTS_DEVICES)                                                       \
	X(tag_counter_reset, SOMEWHERE, RIGHTS_DEVICES)                                                 \
	X(meters_list, SOMEWHERE, RIGHTS_DEVICES)                                                       \
	X(meters_add, SOMEWHERE, RIGHTS_DEVICES)                                                        \
	X(meter_show, SOMEWHERE, RIGHTS_DEVICES)                                                        \
	X(meter_change, SOMEWHERE, RIGHTS_DEVICES)                                                      \
	X(meter_release, SOMEWHERE, RIGHTS_DEVICES)                                                     \
	X(gateways_list, SOMEWHERE, RIGHTS_DEVICES)                                                     \
	X(gateways_add, PLACE, RIGHTS_DEVICES)                                                          \
	X(gateway_show, HIDDEN, RIGHTS_DEVICES)                                                         \
	X(gateway_change, HIDDEN, RIGHTS_DEVICES)                                                       \
	X(gateway_revoke, HIDDEN, RIGHTS_DEVICES)                                                       \
	X(gateway_rotate, HIDDEN, RIGHTS_DEVICES)                                                       \
	X(usage_list, SIGNED_IN, 0)                                                                     \
	X(attention_list, SOMEWHERE, (RIGHTS_DEVICES | RIGHTS_STOCK))                                   \
	X(openapi_show, ANYONE, 0)

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
