/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Places and their hubs: what is refused, what is kept of the past, what the journal says. */
#include "inventory-service/domain/stock/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/audit.h"
#include "inventory-service/domain/stock/hub.h"
#include "inventory-service/domain/stock/place_rules.h"
#include "inventory-service/migrate.h"

#define NOW 1795000000

static const struct actor who = {.user_id = 0, .channel = "api"};
static struct db *db;

static int open_database(void **state)
{
	int64_t from;

	(void)state;
	if (db_open(":memory:", DB_WRITER, &db) || migrate(db, &from))
		return 1;
	return db_script(db, "INSERT INTO hub (id, name, created_s) VALUES (1, 'Nord', 0), (2, 'Sud', 0)");
}

static int close_database(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static int64_t count(struct query q)
{
	int64_t n = -1;

	while (db_next(&q))
		n = get_i64(&q);
	assert_int_equal(db_end(&q), OK);
	return n;
}
#define COUNT(sql) count(db_query(db, sql))

static struct place created(const char *name, int64_t hub_id, int64_t parent_id)
{
	struct place v = {.hub_id = hub_id, .parent_id = parent_id, PLACE_DEFAULTS};
	struct edit e = {0};

	assert_true(str_copy(v.name, sizeof v.name, name));
	assert_int_equal(place_create(db, &who, NOW, &v, &e), OK);
	return v;
}

static void refused(struct place v, enum err err, const char *field)
{
	struct edit e = {0};
	int64_t before = COUNT("SELECT count(*) FROM place"), audits = COUNT("SELECT count(*) FROM audit");

	assert_int_equal(v.id ? place_change(db, &who, NOW, &v, &e) : place_create(db, &who, NOW, &v, &e),
			 err);
	assert_string_equal(e.field, field);
	assert_int_equal(COUNT("SELECT count(*) FROM place"), before);
	assert_int_equal(COUNT("SELECT count(*) FROM audit"), audits);
}

static void each_wrong_member_is_named(void **state)
{
	struct place fine = {.name = "EPN", PLACE_DEFAULTS}, v;

	(void)state;
	v = fine, v.name[0] = '\0';
	refused(v, ERR_REQUIRED, "name");
	v = fine, memcpy(v.insee, "2C004", 6);
	refused(v, ERR_RANGE, "insee");
	v = fine, v.has_latitude = true;
	refused(v, ERR_REQUIRED, "longitude");
	v = fine, v.hub_id = 99;
	refused(v, ERR_REFERENCE, "hub_id");
	v = fine, v.parent_id = 99;
	refused(v, ERR_REFERENCE, "parent_id");
	(void)created("EPN", 0, 0);
	refused(fine, ERR_EXISTS, "name");
}

static void a_branch_has_no_branch_and_is_not_its_own(void **state)
{
	struct place house = created("Maison", 1, 0), branch = created("Antenne", 1, house.id), other;

	(void)state;
	other = created("Autre", 1, 0);
	other.parent_id = branch.id;
	refused(other, ERR_RANGE, "parent_id");
	house.parent_id = house.id;
	refused(house, ERR_RANGE, "parent_id");
	house.parent_id = other.id; /* it has a branch itself */
	refused(house, ERR_RANGE, "parent_id");
}

static void a_change_of_hub_keeps_the_past(void **state)
{
	struct place v = created("EPN", 1, 0);
	struct edit e = {.expected_version = 1};

	(void)state;
	v.hub_id = 2;
	assert_int_equal(place_change(db, &who, NOW + 1000, &v, &e), OK);
	assert_int_equal(v.version, 2);
	assert_int_equal(v.hub_id, 2);
	assert_string_equal(e.fields, "hub_id");
	assert_string_equal(e.before, "{\"hub_id\":1}");
	assert_string_equal(e.after, "{\"hub_id\":2}");
	assert_int_equal(COUNT("SELECT count(*) FROM hub_member WHERE hub_id = 1 AND from_s = 1795000000 "
			       "AND until_s = 1795001000"),
			 1);
	assert_int_equal(COUNT("SELECT count(*) FROM hub_member WHERE hub_id = 2 AND until_s IS NULL"), 1);
	e = (struct edit){0};
	v.hub_id = 0; /* a second change within the same second corrects the first */
	assert_int_equal(place_change(db, &who, NOW + 1000, &v, &e), OK);
	assert_int_equal(COUNT("SELECT count(*) FROM hub_member"), 1);
	assert_int_equal(v.hub_id, 0);
}

static void a_stale_version_changes_nothing_and_the_same_value_writes_nothing(void **state)
{
	struct place v = created("EPN", 1, 0);
	struct edit stale = {.expected_version = 7}, same = {0};
	int64_t audits = COUNT("SELECT count(*) FROM audit");

	(void)state;
	memcpy(v.name, "Autre", 6);
	assert_int_equal(place_change(db, &who, NOW, &v, &stale), ERR_STALE);
	memcpy(v.name, "EPN", 4);
	assert_int_equal(place_change(db, &who, NOW, &v, &same), OK);
	assert_int_equal(v.version, 1);
	assert_int_equal(COUNT("SELECT count(*) FROM audit"), audits);
}

static void each_change_is_one_row_of_the_journal(void **state)
{
	struct place v = created("EPN \"La\\Passerelle\"\n", 1, 0);
	struct hub h = {.name = "Ouest"};
	struct edit of_hub = {0}, of_place = {0};
	int64_t rows, bad;

	(void)state;
	assert_int_equal(hub_create(db, &who, NOW, &h, &of_hub), OK);
	memcpy(v.name, "EPN", 4);
	v.has_latitude = v.has_longitude = true;
	v.latitude = 49.1155;
	v.longitude = -1.0835;
	assert_int_equal(place_change(db, &who, NOW, &v, &of_place), OK);
	assert_string_equal(of_place.before,
			    "{\"name\":\"EPN \\\"La\\\\Passerelle\\\"\\u000a\",\"latitude\":null,"
			    "\"longitude\":null}");
	assert_string_equal(of_place.after,
			    "{\"name\":\"EPN\",\"latitude\":49.115500,\"longitude\":-1.083500}");
	assert_int_equal(audit_verify(db, &rows, &bad), OK);
	assert_int_equal(rows, 3);
	assert_int_equal(bad, 0);
}

static void a_value_too_long_for_the_journal_is_named_without_it(void **state)
{
	struct place v = created("EPN", 1, 0);
	struct edit e = {0};

	(void)state;
	memset(v.national, ' ', 15000);
	v.national[0] = '{';
	v.national[14999] = '}';
	v.national[15000] = '\0';
	assert_int_equal(place_change(db, &who, NOW, &v, &e), OK);
	assert_string_equal(e.before, "{\"national\":{}}");
	assert_string_equal(e.after, "{\"national\":true}");
}

static void names_are_found_by_a_part_whatever_their_case(void **state)
{
	struct place_filter f = {.limit = 10, .q = "PASS"};
	char pattern[200];
	struct query q;
	struct place v;
	int n = 0;

	(void)state;
	(void)created("La Passerelle", 1, 0);
	(void)created("100 % numérique", 2, 0);
	q = place_list(db, &f, pattern);
	while (place_next(&q, &v))
		n++;
	assert_int_equal(db_end(&q), OK);
	assert_int_equal(n, 1);
	f.q = "0 %";
	n = 0;
	q = place_list(db, &f, pattern);
	while (place_next(&q, &v))
		n++;
	assert_int_equal(db_end(&q), OK);
	assert_int_equal(n, 1);
	f = (struct place_filter){.limit = 10, .q = "", .hub_id = 2};
	q = place_list(db, &f, pattern);
	assert_true(place_next(&q, &v));
	assert_false(place_next(&q, &v));
	assert_int_equal(db_end(&q), OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_database, close_database)
	const struct CMUnitTest tests[] = {
		T(each_wrong_member_is_named),
		T(a_branch_has_no_branch_and_is_not_its_own),
		T(a_change_of_hub_keeps_the_past),
		T(a_stale_version_changes_nothing_and_the_same_value_writes_nothing),
		T(each_change_is_one_row_of_the_journal),
		T(a_value_too_long_for_the_journal_is_named_without_it),
		T(names_are_found_by_a_part_whatever_their_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
