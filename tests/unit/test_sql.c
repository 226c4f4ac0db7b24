/* SPDX-License-Identifier: EUPL-1.2 */
/* links: whole:navette_service navette_daemon */
/* Every SQL literal of the service prepares against the schema; a new database and one that was migrated from
 * the first schema are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/daemon/text.h"
#include "inventory-service/db.h"
#include "inventory-service/migrate.h"

#define SCHEMA_SIZE (256 * 1024)

static char dir[] = "/tmp/navette-sql-XXXXXX";

static struct db *open_new(const char *name)
{
	char path[64];
	struct db *db;

	assert_true(str_format(path, sizeof path, "%s/%s", dir, name));
	assert_int_equal(db_open(path, DB_WRITER, &db), OK);
	return db;
}

static void every_statement_prepares(void **state)
{
	struct db *db = open_new("prepare");
	int64_t from;
	char why[256];

	(void)state;
	assert_int_equal(migrate(db, &from), OK);
	assert_true(db_literal_count() > 50);
	for (size_t i = 0; i < db_literal_count(); i++) {
		if (db_try_prepare(db, db_literal(i), why, sizeof why))
			fail_msg("%s: %s", db_literal(i), why);
	}
	print_message("%zu statements\n", db_literal_count());
	db_close(db);
}

static void what_does_not_prepare_is_found(void **state)
{
	struct db *db = open_new("bad");
	int64_t from;
	char why[256];

	(void)state;
	assert_int_equal(migrate(db, &from), OK);
	assert_int_not_equal(db_try_prepare(db, "SELECT nobody FROM item", why, sizeof why), OK);
	db_close(db);
}

/* Columns, types, constraints, indexes and triggers, in a fixed order; without the comments of the text. */
static char *describe(struct db *db)
{
	struct query q = db_query(
		db, "SELECT m.type || ' ' || m.name || ' ' || coalesce((SELECT "
		    "group_concat(c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || "
		    "coalesce(c.dflt_value, '') || ' ' || c.pk) FROM pragma_table_info(m.name) c), "
		    "'') || ' ' || coalesce(m.sql, '') FROM sqlite_master m ORDER BY m.type, m.name");
	char *text = xcalloc(SCHEMA_SIZE, 1), *row = xcalloc(SCHEMA_SIZE, 1);
	size_t len = 0;

	while (db_next(&q)) {
		get_text(&q, row, SCHEMA_SIZE);
		assert_true(len + strlen(row) + 2 < SCHEMA_SIZE);
		for (const char *s = row; *s; s++) {
			if (s[0] == '-' && s[1] == '-')
				s += strcspn(s, "\n") - 1;
			else if (!strchr(" \t\n", *s))
				text[len++] = *s;
		}
		text[len++] = '\n';
	}
	assert_int_equal(db_end(&q), OK);
	free(row);
	return text;
}

static void a_migrated_database_is_like_a_new_one(void **state)
{
	struct db *fresh = open_new("fresh"), *migrated = open_new("migrated");
	char *expected, *found;
	int64_t from;

	(void)state;
	assert_int_equal(migrate(fresh, &from), OK);
	assert_int_equal(from, 0);
	assert_int_equal(migrate_from_first(migrated), OK);
	expected = describe(fresh);
	found = describe(migrated);
	assert_true(strlen(expected) > 1000);
	assert_string_equal(expected, found);
	free(expected);
	free(found);
	db_close(fresh);
	db_close(migrated);
}

/* Hours that stood before the total was kept are in it; what comes after goes on from there. */
static void a_migration_counts_the_hours_it_finds(void **state)
{
	struct db *db = open_new("hours");
	struct query q;
	int64_t from, total_s[2] = {0}, n = 0;

	(void)state;
	assert_int_equal(db_script(db, migrate_script(1)), OK);
	assert_int_equal(
		db_script(db, "PRAGMA user_version = 1;"
			      "INSERT INTO place (id, name, created_s) VALUES (1, 'p', 0);"
			      "INSERT INTO model (id, name, family, transport_class, created_s) "
			      "VALUES (1, 'm', 'f', 'T1', 0);"
			      "INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, "
			      "in_service_s, code, created_s) VALUES (1, 1, 'a', 1, 1, 0, 'ABCDEFG', 0);"
			      "INSERT INTO device (id, kind, address, created_s) VALUES (1, 'ble', 'a', 0);"
			      "INSERT INTO binding (id, device_id, item_id, is_meter, from_ms, until_ms) "
			      "VALUES (1, 1, 1, 0, 0, 5), (2, 1, 1, 0, 6, NULL);"
			      "INSERT INTO usage_slice VALUES (2, 0, 100, 0), (2, 3600, 23, 0)"),
		OK);
	assert_int_equal(migrate(db, &from), OK);
	assert_int_equal(from, 1);
	assert_int_equal(db_script(db, "UPDATE usage_slice SET active_s = 20 WHERE hour_s = 3600;"
				       "DELETE FROM usage_slice WHERE hour_s = 0;"
				       "INSERT INTO usage_slice VALUES (2, 7200, 7, 0)"),
			 OK);
	q = db_query(db, "SELECT active_s FROM binding ORDER BY id");
	while (db_next(&q))
		total_s[n++] = get_i64(&q);
	assert_int_equal(db_end(&q), OK);
	assert_int_equal(total_s[0], 0);
	assert_int_equal(total_s[1], 27);
	db_close(db);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : 1;
}

static int remove_dir(void **state)
{
	char command[64];

	(void)state;
	return str_format(command, sizeof command, "rm -rf %s", dir) && system(command) == 0 ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_statement_prepares),
		cmocka_unit_test(what_does_not_prepare_is_found),
		cmocka_unit_test(a_migrated_database_is_like_a_new_one),
		cmocka_unit_test(a_migration_counts_the_hours_it_finds),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
