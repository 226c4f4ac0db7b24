/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Finding a route by method and path. */
#include "inventory-service/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void each_row_is_found_by_its_own_path_and_no_other_row_is(void **state)
{
	char path[128];

	(void)state;
	for (enum route i = 0; i < N_ROUTES; i++) {
		const struct route_row *row = route_row(i);
		const char *from = row->path;
		size_t n = 0;

		while (*from && strcmp(from, "[.csv]") != 0) {
			if (strncmp(from, "{id}", 4) == 0)
				path[n++] = '7', from += 4;
			else if (strncmp(from, "{word}", 6) == 0)
				path[n++] = 'w', from += 6;
			else
				path[n++] = *from++;
		}
		path[n] = '\0';
		assert_int_equal(route_find(row->method, path).route, i);
		assert_non_null(row->handle);
	}
}

static void ids_are_positive_integers_without_ornament(void **state)
{
	static const char *const odd[] = {"/users/0",
					  "/users/-1",
					  "/users/+1",
					  "/users/01",
					  "/users/1x",
					  "/users/ 1",
					  "/users/1/",
					  "/users/",
					  "//users/1",
					  "/users//1",
					  "/users/1e3",
					  "/users/9223372036854775808",
					  "/users/99999999999999999999999999",
					  "users/1",
					  "",
					  "/"};

	(void)state;
	assert_int_equal(route_find(HTTP_GET, "/users/42").ids[0], 42);
	assert_int_equal(route_find(HTTP_GET, "/users/9223372036854775807").ids[0], INT64_MAX);
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		struct route_match m = route_find(HTTP_GET, odd[i]);

		assert_int_equal(m.route, N_ROUTES);
		assert_int_equal(m.allowed, 0);
	}
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
	struct route_match m = route_find(HTTP_PUT, "/session");

	(void)state;
	assert_int_equal(m.route, N_ROUTES);
	assert_int_equal(m.allowed, 1u << HTTP_GET | 1u << HTTP_POST | 1u << HTTP_DELETE);
	m = route_find(HTTP_GET, "/users/3/disable");
	assert_int_equal(m.route, N_ROUTES);
	assert_int_equal(m.allowed, 1u << HTTP_POST);
	assert_int_equal(route_find(HTTP_OTHER, "/session").route, N_ROUTES);
}

static void csv_is_another_shape_of_lists_that_say_so(void **state)
{
	struct route_match m = route_find(HTTP_GET, "/items.csv");

	(void)state;
	assert_int_equal(m.route, ROUTE_items_list);
	assert_true(m.wants_csv);
	assert_false(route_find(HTTP_GET, "/items").wants_csv);
	assert_int_equal(route_find(HTTP_GET, "/users.csv").route, N_ROUTES);
	assert_int_equal(route_find(HTTP_GET, "/items.csv.csv").route, N_ROUTES);
	assert_int_equal(route_find(HTTP_GET, ".csv").route, N_ROUTES);
}

static void what_hashes_passwords_is_prepared_and_nothing_else(void **state)
{
	(void)state;
	assert_non_null(route_prepare_of(ROUTE_session_open));
	assert_non_null(route_prepare_of(ROUTE_users_add));
	assert_null(route_prepare_of(ROUTE_session_show));
	assert_null(route_prepare_of(ROUTE_items_list));
}

static void changes_are_writes_and_reads_are_reads(void **state)
{
	(void)state;
	for (enum route i = 0; i < N_ROUTES; i++)
		assert_int_equal(route_row(i)->mode, i == ROUTE_booking_preview ? READ /* asks with a body */
						     : route_row(i)->method == HTTP_GET ? READ
											: WRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_found_by_its_own_path_and_no_other_row_is),
		cmocka_unit_test(ids_are_positive_integers_without_ornament),
		cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
		cmocka_unit_test(csv_is_another_shape_of_lists_that_say_so),
		cmocka_unit_test(what_hashes_passwords_is_prepared_and_nothing_else),
		cmocka_unit_test(changes_are_writes_and_reads_are_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
