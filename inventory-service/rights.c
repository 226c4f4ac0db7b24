/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The rights table at work. What decides is pure: route, actor, place in; yes or no out. Only rights_place
 * asks the database, for the hub a place is in now.
 */
#include "inventory-service/rights.h"

#include <string.h>

#include "inventory-service/call.h"
#include "inventory-service/db.h"

/* A route without its row here, a row without its route, and a route with two rows do not compile. */
enum {
#define X(route, rule, roles) HAS_RIGHT_##route = 1,
	RIGHTS_LIST(X)
#undef X
};
#define X(name, method, path, mode) _Static_assert(HAS_RIGHT_##name, "this route has no row in RIGHTS_LIST");
ROUTE_LIST(X)
#undef X

static const struct right rights[N_ROUTES] = {
#define X(route, rule, roles) [ROUTE_##route] = {#route, RIGHTS_##rule, roles},
	RIGHTS_LIST(X)
#undef X
};

const struct right *rights_of(enum route route)
{
	return &rights[route];
}

bool rights_role_includes(enum role role, enum role wanted)
{
	static const unsigned included[] = {
		[ROLE_NONE] = 0,
		[ROLE_ANIMATOR] = R(ANIMATOR),
		[ROLE_MANAGER] = R(MANAGER) | R(ANIMATOR),
		[ROLE_COORDINATOR] = R(COORDINATOR) | R(MANAGER) | R(ANIMATOR),
		[ROLE_REGION_OFFICER] = R(REGION_OFFICER) | R(COORDINATOR) | R(MANAGER) | R(ANIMATOR),
		[ROLE_TECHNICIAN] = R(TECHNICIAN),
		[ROLE_AUDITOR] = R(AUDITOR),
	};

	return (included[role] & 1u << wanted) != 0;
}

static bool is_one_of(enum role role, unsigned roles)
{
	for (enum role wanted = ROLE_ANIMATOR; wanted <= ROLE_AUDITOR; wanted++)
		if ((roles & 1u << wanted) && rights_role_includes(role, wanted))
			return true;
	return false;
}

static bool scope_holds(const struct grant_of_role *g, const struct place_scope *at)
{
	switch (g->scope) {
	case SCOPE_REGION:
		return true;
	case SCOPE_HUB:
		return at->hub_id && g->scope_id == at->hub_id;
	case SCOPE_PLACE:
		return at->place_id && g->scope_id == at->place_id;
	}
	return false;
}

bool rights_covers(const struct actor *who, unsigned roles, const struct place_scope *at)
{
	for (int i = 0; i < who->n_roles; i++)
		if (is_one_of(who->roles[i].role, roles) && scope_holds(&who->roles[i], at))
			return true;
	return false;
}

static bool has_somewhere(const struct actor *who, unsigned roles, bool region_only)
{
	for (int i = 0; i < who->n_roles; i++)
		if (is_one_of(who->roles[i].role, roles) &&
		    (!region_only || who->roles[i].scope == SCOPE_REGION))
			return true;
	return false;
}

bool rights_allows(enum route route, const struct actor *who, const struct place_scope *at)
{
	const struct right *r = &rights[route];

	switch (r->rule) {
	case RIGHTS_ANYONE:
		return true;
	case RIGHTS_SIGNED_IN:
		return who->user_id != 0;
	case RIGHTS_REGION:
		return who->user_id != 0 && has_somewhere(who, r->roles, true);
	case RIGHTS_SOMEWHERE:
		return who->user_id != 0 && has_somewhere(who, r->roles, false) &&
		       (!at || rights_covers(who, r->roles, at));
	case RIGHTS_PLACE:
	case RIGHTS_HIDDEN:
		return who->user_id != 0 &&
		       (at ? rights_covers(who, r->roles, at) : has_somewhere(who, r->roles, false));
	}
	return false;
}

bool rights_hears(const struct actor *who, const char *kind)
{
	static const struct {
		const char *kind;
		enum rights_rule rule;
		unsigned roles;
	} kinds[] = {
		{"hub", RIGHTS_SIGNED_IN, 0},
		{"place", RIGHTS_SIGNED_IN, 0},
		{"model", RIGHTS_SIGNED_IN, 0},
		{"item", RIGHTS_SIGNED_IN, 0},
		{"usage", RIGHTS_SIGNED_IN, 0},
		{"booking", RIGHTS_SOMEWHERE, RIGHTS_DESK_SEES},
		{"transfer", RIGHTS_SOMEWHERE, RIGHTS_DESK_SEES},
		{"block", RIGHTS_SIGNED_IN, 0},
		{"tag", RIGHTS_SOMEWHERE, RIGHTS_DEVICES},
		{"meter", RIGHTS_SOMEWHERE, RIGHTS_DEVICES},
		{"gateway", RIGHTS_SOMEWHERE, RIGHTS_DEVICES},
		{"attention", RIGHTS_SOMEWHERE, RIGHTS_DEVICES | R(MANAGER)},
		{"user", RIGHTS_REGION, R(REGION_OFFICER)},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].rule == RIGHTS_SIGNED_IN ||
			       has_somewhere(who, kinds[i].roles, kinds[i].rule == RIGHTS_REGION);
	return false;
}

/* ---- with the database -------------------------------------------------------------------------------- */

static enum err load_scope(struct db *db, int64_t place_id, struct place_scope *out)
{
	struct query q = db_query(db, "SELECT p.id, m.hub_id FROM place p "
				      "LEFT JOIN hub_member m ON m.place_id = p.id AND m.until_s IS NULL "
				      "WHERE p.id = $1");
	bool found = false;

	put_i64(&q, place_id);
	while (db_next(&q)) {
		out->place_id = get_i64(&q);
		out->hub_id = get_id(&q);
		found = true;
	}
	return db_end(&q) ? ERR_STORAGE : found ? OK : ERR_NOT_FOUND;
}

enum err rights_place(struct call *c, int64_t place_id)
{
	struct place_scope at;
	enum err err;

	if ((err = load_scope(c->db, place_id, &at)))
		return err;
	if (!rights_allows(c->route, c->who, &at))
		return rights[c->route].rule == RIGHTS_HIDDEN ? ERR_NOT_FOUND : ERR_FORBIDDEN;
	c->place_asked = true;
	return OK;
}

bool rights_at(struct call *c, int64_t place_id)
{
	return rights_place(c, place_id) == OK;
}
