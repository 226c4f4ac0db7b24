/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Who may what: the whole table of rules × roles × scopes against one written by hand. */
#include "inventory-service/rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "inventory-service/call.h"
#include "inventory-service/migrate.h"

/* The object is at place 10 of hub 1. */
static const struct place_scope here = {.place_id = 10, .hub_id = 1};

enum where { REGION, OWN_HUB, OWN_PLACE, OTHER_HUB, OTHER_PLACE, N_WHERE };

static struct actor someone(enum role role, enum where where)
{
	static const struct grant_of_role scopes[N_WHERE] = {
		[REGION] = {.scope = SCOPE_REGION},
		[OWN_HUB] = {.scope = SCOPE_HUB, .scope_id = 1},
		[OWN_PLACE] = {.scope = SCOPE_PLACE, .scope_id = 10},
		[OTHER_HUB] = {.scope = SCOPE_HUB, .scope_id = 10},    /* the place's number, as a hub */
		[OTHER_PLACE] = {.scope = SCOPE_PLACE, .scope_id = 1}, /* the hub's number, as a place */
	};
	struct actor who = {.user_id = 5, .n_roles = 1, .roles = {scopes[where]}};

	who.roles[0].role = role;
	return who;
}

/* One line a role: may it, with its role at region, own hub, own place, other hub, other place? */
static void expect(enum route route, const struct place_scope *at, const char *const table[ROLE_AUDITOR + 1])
{
	for (enum role role = ROLE_ANIMATOR; role <= ROLE_AUDITOR; role++)
		for (enum where where = REGION; where < N_WHERE; where++) {
			struct actor who = someone(role, where);

			if (rights_allows(route, &who, at) != (table[role][where] == 'x'))
				fail_msg("%s: role %s, scope %d", rights_of(route)->route,
					 actor_role_text(role), where);
		}
}

static void things_are_changed_by_the_manager_of_the_place_and_above(void **state)
{
	static const char *const table[] = {
		[ROLE_ANIMATOR] = ".....",       [ROLE_MANAGER] = "xxx..",    [ROLE_COORDINATOR] = "xxx..",
		[ROLE_REGION_OFFICER] = "xxx..", [ROLE_TECHNICIAN] = ".....", [ROLE_AUDITOR] = ".....",
	};

	(void)state;
	expect(ROUTE_items_add, &here, table);
	expect(ROUTE_item_change, &here, table);
	expect(ROUTE_item_retire, &here, table);
	expect(ROUTE_place_change, &here, table);
}

static void devices_are_the_technicians_and_the_coordinators(void **state)
{
	static const char *const at_place[] = {
		[ROLE_ANIMATOR] = ".....",       [ROLE_MANAGER] = ".....",    [ROLE_COORDINATOR] = "xxx..",
		[ROLE_REGION_OFFICER] = "xxx..", [ROLE_TECHNICIAN] = "xxx..", [ROLE_AUDITOR] = ".....",
	};
	static const char *const somewhere[] = {
		[ROLE_ANIMATOR] = ".....",       [ROLE_MANAGER] = ".....",    [ROLE_COORDINATOR] = "xxxxx",
		[ROLE_REGION_OFFICER] = "xxxxx", [ROLE_TECHNICIAN] = "xxxxx", [ROLE_AUDITOR] = ".....",
	};

	(void)state;
	expect(ROUTE_gateways_add, &here, at_place);
	expect(ROUTE_gateway_show, &here, at_place);
	expect(ROUTE_item_tag, &here, at_place);
	expect(ROUTE_gateways_add, NULL, somewhere);
	expect(ROUTE_tags_list, NULL, somewhere);
	expect(ROUTE_gateways_list, NULL, somewhere);
}

static void accounts_are_the_regions(void **state)
{
	static const char *const table[] = {
		[ROLE_ANIMATOR] = ".....",       [ROLE_MANAGER] = ".....",    [ROLE_COORDINATOR] = ".....",
		[ROLE_REGION_OFFICER] = "x....", [ROLE_TECHNICIAN] = ".....", [ROLE_AUDITOR] = ".....",
	};

	(void)state;
	for (enum route i = ROUTE_users_list; i <= ROUTE_user_disable; i++)
		expect(i, NULL, table);
	expect(ROUTE_models_add, NULL, table);
}

static void who_is_signed_in_reads_places_and_things(void **state)
{
	static const enum route reads[] = {ROUTE_hubs_list,  ROUTE_places_list, ROUTE_models_list,
					   ROUTE_items_list, ROUTE_item_show,   ROUTE_usage_list,
					   ROUTE_events};
	struct actor nobody = {0}, without_role = {.user_id = 3};

	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
		assert_false(rights_allows(reads[i], &nobody, NULL));
		assert_true(rights_allows(reads[i], &without_role, NULL));
	}
}

static void nobody_gets_in_by_a_role_without_an_account(void **state)
{
	struct actor nobody = someone(ROLE_REGION_OFFICER, REGION);

	(void)state;
	nobody.user_id = 0;
	for (enum route i = 0; i < N_ROUTES; i++)
		assert_int_equal(rights_allows(i, &nobody, NULL), rights_of(i)->rule == RIGHTS_ANYONE);
}

static void only_the_sign_in_and_the_description_are_open_to_all(void **state)
{
	(void)state;
	for (enum route i = 0; i < N_ROUTES; i++) {
		assert_string_equal(rights_of(i)->route, route_row(i)->name);
		assert_int_equal(rights_of(i)->rule == RIGHTS_ANYONE,
				 i == ROUTE_session_open || i == ROUTE_openapi_show);
	}
}

static void a_place_in_no_hub_is_nobodys_but_its_own(void **state)
{
	static const struct place_scope alone = {.place_id = 10, .hub_id = 0};
	struct actor hub = someone(ROLE_COORDINATOR, OWN_HUB), zero = hub,
		     own = someone(ROLE_MANAGER, OWN_PLACE);

	(void)state;
	zero.roles[0].scope_id = 0;
	assert_false(rights_allows(ROUTE_item_change, &hub, &alone));
	assert_false(rights_allows(ROUTE_item_change, &zero, &alone));
	assert_true(rights_allows(ROUTE_item_change, &own, &alone));
}

static void any_of_several_roles_suffices(void **state)
{
	struct actor who = someone(ROLE_ANIMATOR, REGION);

	(void)state;
	who.roles[1] = (struct grant_of_role){.role = ROLE_MANAGER, .scope = SCOPE_PLACE, .scope_id = 10};
	assert_false(rights_allows(ROUTE_item_change, &who, &here));
	who.n_roles = 2;
	assert_true(rights_allows(ROUTE_item_change, &who, &here));
}

static void streams_tell_of_what_may_be_read(void **state)
{
	static const struct {
		const char *kind;
		bool animator, technician, officer;
	} kinds[] = {
		{"item", true, true, true},          {"place", true, true, true},
		{"gateway", false, true, true},      {"tag", false, true, true},
		{"user", false, false, true},        {"session", false, false, false},
		{"unheard-of", false, false, false},
	};
	struct actor animator = someone(ROLE_ANIMATOR, OWN_PLACE),
		     technician = someone(ROLE_TECHNICIAN, REGION);
	struct actor officer = someone(ROLE_REGION_OFFICER, REGION);

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		assert_int_equal(rights_hears(&animator, kinds[i].kind), kinds[i].animator);
		assert_int_equal(rights_hears(&technician, kinds[i].kind), kinds[i].technician);
		assert_int_equal(rights_hears(&officer, kinds[i].kind), kinds[i].officer);
	}
}

/* ---- with the database -------------------------------------------------------------------------------- */

static struct db *open_world(void)
{
	struct db *db = NULL;
	int64_t from;

	assert_int_equal(db_open(":memory:", DB_WRITER, &db), OK);
	assert_int_equal(migrate(db, &from), OK);
	assert_int_equal(
		db_script(db, "INSERT INTO hub (id, name, created_s) VALUES (1, 'a', 0), (2, 'b', 0);"
			      "INSERT INTO place (id, name, created_s) VALUES (10, 'x', 0), (11, 'y', 0);"
			      "INSERT INTO hub_member (place_id, hub_id, from_s, until_s) VALUES"
			      " (10, 2, 0, 100), (10, 1, 100, NULL), (11, 2, 0, NULL);"),
		OK);
	return db;
}

static void the_hub_a_place_is_in_now_decides(void **state)
{
	struct actor of_1 = someone(ROLE_COORDINATOR, OWN_HUB), of_2 = of_1;
	struct db *db = open_world();
	struct call c = {.db = db, .who = &of_1, .route = ROUTE_item_change};

	(void)state;
	of_2.roles[0].scope_id = 2;
	assert_int_equal(rights_place(&c, 10), OK);
	assert_true(c.place_asked);
	c.place_asked = false;
	c.who = &of_2; /* its hub was */
	assert_int_equal(rights_place(&c, 10), ERR_FORBIDDEN);
	assert_false(c.place_asked);
	assert_int_equal(rights_place(&c, 11), OK);
	assert_int_equal(rights_place(&c, 99), ERR_NOT_FOUND);
	c.route = ROUTE_gateway_show; /* hidden: as if it were not there */
	assert_int_equal(rights_place(&c, 10), ERR_NOT_FOUND);
	assert_false(rights_at(&c, 10));
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(things_are_changed_by_the_manager_of_the_place_and_above),
		cmocka_unit_test(devices_are_the_technicians_and_the_coordinators),
		cmocka_unit_test(accounts_are_the_regions),
		cmocka_unit_test(who_is_signed_in_reads_places_and_things),
		cmocka_unit_test(nobody_gets_in_by_a_role_without_an_account),
		cmocka_unit_test(only_the_sign_in_and_the_description_are_open_to_all),
		cmocka_unit_test(a_place_in_no_hub_is_nobodys_but_its_own),
		cmocka_unit_test(any_of_several_roles_suffices),
		cmocka_unit_test(streams_tell_of_what_may_be_read),
		cmocka_unit_test(the_hub_a_place_is_in_now_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
