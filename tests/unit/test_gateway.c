/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* A gateway's identity from enrolment over rotation to revocation, in a database in memory. */
#include "inventory-service/domain/evidence/gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/audit.h"
#include "inventory-service/migrate.h"

#define NOW 1795000000
#define DAY 86400

static const struct secret secret = {.key = {1, 2, 3}};
static const struct actor who = {.channel = "api"};
static struct db *db;

static int open_database(void **state)
{
	int64_t from;

	(void)state;
	if (db_open(":memory:", DB_WRITER, &db) || migrate(db, &from))
		return 1;
	return db_script(db, "INSERT INTO place (id, name, created_s) VALUES (3, 'EPN', 0)");
}

static int close_database(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static struct gateway create(struct enrolment *e)
{
	struct gateway v = {.name = "Boîtier de l'accueil", .place_id = 3};

	assert_int_equal(gateway_create(db, &secret, &who, NOW, "mqtt://127.0.0.1:1883", NULL, &v, e), OK);
	return v;
}

static void rotate(int64_t id, int64_t now_s, struct enrolment *e)
{
	assert_int_equal(gateway_rotate(db, &secret, &who, now_s, id, "mqtt://127.0.0.1:1883", NULL, e), OK);
}

/* Asked under a column's name, the sealed key as it is stored. */
static bool opens_to(struct query q, int64_t id, const uint8_t *mac_key)
{
	uint8_t sealed[SECRET_SEALED_LEN(MAC_KEY_LEN)], plain[MAC_KEY_LEN];
	size_t len = 0;

	put_i64(&q, id);
	while (db_next(&q))
		get_blob(&q, sealed, sizeof sealed, &len);
	assert_int_equal(db_end(&q), OK);
	return secret_unseal(&secret, "gateway.mac", sealed, len, plain, sizeof plain) &&
	       memcmp(plain, mac_key, sizeof plain) == 0;
}
#define IS_KEY(id, e) opens_to(db_query(db, "SELECT mac_key FROM gateway WHERE id = $1"), id, (e)->mac_key)
#define IS_OLD_KEY(id, e) \
	opens_to(db_query(db, "SELECT old_mac_key FROM gateway WHERE id = $1"), id, (e)->mac_key)

static struct gateway_access access_of(int64_t id, int64_t now_s)
{
	struct query q = gateway_access_list(db, now_s);
	struct gateway_access a, found = {0};

	while (gateway_access_next(&q, &a))
		if (a.id == id)
			found = a;
	assert_int_equal(db_end(&q), OK);
	return found;
}

static int64_t journal_rows(const char *action)
{
	struct query q = db_query(db, "SELECT count(*) FROM audit WHERE action = $1");
	int64_t n = 0;

	put_text(&q, action);
	while (db_next(&q))
		n = get_i64(&q);
	assert_int_equal(db_end(&q), OK);
	return n;
}

static void a_new_gateway_is_named_by_its_id_and_its_file_says_all(void **state)
{
	struct enrolment e;
	struct gateway v = create(&e), found;
	char password[SECRET_PASSWORD_SIZE], name[16];

	(void)state;
	snprintf(name, sizeof name, "gw-%04d", (int)v.id);
	assert_string_equal(v.gw, name);
	assert_string_equal(e.gateway, name);
	assert_string_equal(e.client_id, name);
	assert_string_equal(e.username, name);
	assert_string_equal(e.broker, "mqtt://127.0.0.1:1883");
	assert_string_equal(e.ca, "");
	secret_gateway_password(&secret, name, 1, password);
	assert_string_equal(e.password, password);
	assert_true(IS_KEY(v.id, &e));
	assert_int_equal(gateway_find(db, v.id, &found), OK);
	assert_string_equal(found.name, "Boîtier de l'accueil");
	assert_string_equal(found.state, "unknown");
	assert_int_equal(found.version, 1);
	assert_int_equal(found.generation, 1);
	assert_int_equal(found.provisioned_generation, 0);
	assert_int_equal(found.spool_depth, -1);
	assert_int_equal(journal_rows("gateway.create"), 1);
}

static void two_gateways_share_nothing(void **state)
{
	struct enrolment a, b;

	(void)state;
	create(&a);
	create(&b);
	assert_string_not_equal(a.gateway, b.gateway);
	assert_string_not_equal(a.password, b.password);
	assert_memory_not_equal(a.mac_key, b.mac_key, MAC_KEY_LEN);
}

static void an_unknown_place_is_refused_and_so_is_an_unknown_gateway(void **state)
{
	struct gateway v = {.name = "x", .place_id = 99};
	struct enrolment e;

	(void)state;
	assert_int_equal(gateway_create(db, &secret, &who, NOW, "mqtt://127.0.0.1:1883", NULL, &v, &e),
			 ERR_REFERENCE);
	assert_int_equal(gateway_find(db, 99, &v), ERR_NOT_FOUND);
	assert_int_equal(gateway_rotate(db, &secret, &who, NOW, 99, "", NULL, &e), ERR_NOT_FOUND);
	assert_int_equal(gateway_revoke(db, &who, NOW, 99), ERR_NOT_FOUND);
}

static void a_rotation_keeps_the_old_credential_a_day_beside_the_new(void **state)
{
	struct enrolment first, second;
	struct gateway v = create(&first);
	struct gateway_access a;
	int64_t n;
	char name[GATEWAY_USERNAME_SIZE];

	(void)state;
	rotate(v.id, NOW, &second);
	snprintf(name, sizeof name, "%s.2", v.gw);
	assert_string_equal(second.username, name);
	assert_string_equal(second.client_id, v.gw);
	assert_true(IS_KEY(v.id, &second));
	assert_true(IS_OLD_KEY(v.id, &first));
	a = access_of(v.id, NOW + DAY - 1);
	assert_int_equal(a.generation, 2);
	assert_int_equal(a.old_generation, 1);
	assert_int_equal(a.old_until_s, NOW + DAY);
	assert_int_equal(access_of(v.id, NOW + DAY).old_generation, 0);

	assert_int_equal(gateway_expire(db, &who, NOW + DAY - 1, &n), OK);
	assert_int_equal(n, 0);
	assert_int_equal(gateway_expire(db, &who, NOW + DAY, &n), OK);
	assert_int_equal(n, 1);
	assert_false(IS_OLD_KEY(v.id, &first));
	assert_int_equal(journal_rows("gateway.rotate"), 1);
	assert_int_equal(journal_rows("gateway.rotated"), 1);
}

static void rotated_twice_within_the_day_what_works_stays(void **state)
{
	struct enrolment first, lost, third;
	struct gateway v = create(&first);
	struct gateway_access a;

	(void)state;
	rotate(v.id, NOW, &lost);
	rotate(v.id, NOW + 60, &third);
	a = access_of(v.id, NOW + 61);
	assert_int_equal(a.generation, 3);
	assert_int_equal(a.old_generation, 1);
	assert_int_equal(a.old_until_s, NOW + DAY);
	assert_true(IS_OLD_KEY(v.id, &first));
	assert_true(IS_KEY(v.id, &third));
}

static void a_day_later_the_next_rotation_begins_from_the_present_one(void **state)
{
	struct enrolment first, second, third;
	struct gateway v = create(&first);

	(void)state;
	rotate(v.id, NOW, &second);
	rotate(v.id, NOW + DAY, &third);
	assert_int_equal(access_of(v.id, NOW + DAY).old_generation, 2);
	assert_true(IS_OLD_KEY(v.id, &second));
}

static void a_revoked_gateway_has_no_user_and_cannot_be_rotated(void **state)
{
	struct enrolment e;
	struct gateway v = create(&e);
	struct gateway_access a;

	(void)state;
	rotate(v.id, NOW, &e);
	assert_int_equal(gateway_revoke(db, &who, NOW + 5, v.id), OK);
	a = access_of(v.id, NOW + 5);
	assert_int_equal(a.generation, 0);
	assert_int_equal(a.old_generation, 0);
	assert_int_equal(gateway_rotate(db, &secret, &who, NOW + 6, v.id, "", NULL, &e), ERR_STATE);
	assert_int_equal(gateway_revoke(db, &who, NOW + 7, v.id), OK);
	assert_int_equal(journal_rows("gateway.revoke"), 1);
	assert_int_equal(gateway_find(db, v.id, &v), OK);
	assert_int_equal(v.revoked_s, NOW + 5);
}

static void what_the_broker_holds_is_noted_once(void **state)
{
	struct enrolment e;
	struct gateway v = create(&e);

	(void)state;
	assert_int_equal(gateway_provisioned(db, v.id, 1), OK);
	assert_int_equal(db_changes(db), 1);
	assert_int_equal(gateway_provisioned(db, v.id, 1), OK);
	assert_int_equal(db_changes(db), 0);
	assert_int_equal(access_of(v.id, NOW).provisioned_generation, 1);
}

static void a_list_goes_page_by_page_and_by_place(void **state)
{
	struct enrolment e;
	struct gateway first = create(&e), second = create(&e), v;
	struct query q;

	(void)state;
	q = gateway_list(db, first.id, 3, 1);
	assert_true(gateway_next(&q, &v));
	assert_int_equal(v.id, second.id);
	assert_false(gateway_next(&q, &v));
	assert_int_equal(db_end(&q), OK);
	q = gateway_list(db, 0, 4, 50);
	assert_false(gateway_next(&q, &v));
	assert_int_equal(db_end(&q), OK);
}

static void the_journal_of_all_this_holds_and_names_no_key(void **state)
{
	struct enrolment e;
	struct gateway v = create(&e);
	int64_t rows, bad, leaks = -1;
	struct query q;

	(void)state;
	rotate(v.id, NOW, &e);
	assert_int_equal(audit_verify(db, &rows, &bad), OK);
	assert_int_equal(rows, 2);
	assert_int_equal(bad, 0);
	q = db_query(db, "SELECT count(*) FROM audit WHERE instr(after, $1) OR instr(after, 'accueil')");
	put_text(&q, e.password);
	while (db_next(&q))
		leaks = get_i64(&q);
	assert_int_equal(db_end(&q), OK);
	assert_int_equal(leaks, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_database, close_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_gateway_is_named_by_its_id_and_its_file_says_all),
		TEST(two_gateways_share_nothing),
		TEST(an_unknown_place_is_refused_and_so_is_an_unknown_gateway),
		TEST(a_rotation_keeps_the_old_credential_a_day_beside_the_new),
		TEST(rotated_twice_within_the_day_what_works_stays),
		TEST(a_day_later_the_next_rotation_begins_from_the_present_one),
		TEST(a_revoked_gateway_has_no_user_and_cannot_be_rotated),
		TEST(what_the_broker_holds_is_noted_once),
		TEST(a_list_goes_page_by_page_and_by_place),
		TEST(the_journal_of_all_this_holds_and_names_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
