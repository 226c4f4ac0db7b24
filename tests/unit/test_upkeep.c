/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* What is thrown away, and that it is enough: a flood of strangers does not fill the disk. */
#include "inventory-service/upkeep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "inventory-service/migrate.h"

#define NOW_S 1795000000
#define WEEK_S (7 * 86400)
#define MOST 200000

static struct db *db;

static int open_database(void **state)
{
	int64_t from;

	(void)state;
	if (db_open(":memory:", DB_WRITER, &db) || migrate(db, &from))
		return 1;
	return db_script(
		db, "INSERT INTO place (id, name, created_s) VALUES (1, 'EPN', 0);"
		    "INSERT INTO gateway (id, gw, name, place_id, mac_key, created_s) "
		    "VALUES (1, 'g', 'G', 1, x'00', 0);"
		    "INSERT INTO boot (id, gateway_id, boot, offset_ms, placed_offset_ms, first_mono_ms, "
		    "last_mono_ms, first_report_id) VALUES (1, 1, 1, 0, 0, 0, 0, 0);"
		    "INSERT INTO device (id, kind, address, created_s) VALUES (1, 'ble', 'c098e5000001', 0)");
}

static int close_database(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

/* n reports a second apart, the last one at last_s; device_id 0: a stranger's. */
static void add_reports(int64_t n, int64_t last_s, int64_t device_id)
{
	struct query q =
		db_query(db, "INSERT INTO report (boot_id, seq, mono_ms, heard_ms, device_id, verdict, data) "
			     "WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < $1) "
			     "SELECT 1, 1, i, ($2 - i) * 1000, $3, 5, x'00' FROM k");

	put_i64(&q, n);
	put_i64(&q, last_s);
	put_id(&q, device_id);
	assert_int_equal(db_run(&q), OK);
}

static int64_t count(struct query q)
{
	int64_t n = -1;

	while (db_next(&q))
		n = get_i64(&q);
	assert_int_equal(db_end(&q), OK);
	return n;
}

static void keep_up(void)
{
	bool left = true;

	while (left)
		assert_int_equal(upkeep(db, NOW_S, &left), OK);
}

static void strangers_reports_are_kept_a_week(void **state)
{
	(void)state;
	add_reports(3000, NOW_S - WEEK_S + 1000, 0);
	add_reports(10, NOW_S - WEEK_S, 1);
	keep_up();
	assert_int_equal(count(db_query(db, "SELECT count(*) FROM report WHERE device_id IS NULL")), 1000);
	assert_int_equal(count(db_query(db, "SELECT count(*) FROM report WHERE device_id = 1")), 10);
}

static void of_a_flood_the_newest_are_kept(void **state)
{
	(void)state;
	add_reports(MOST + 5000, NOW_S, 0);
	keep_up();
	assert_int_equal(count(db_query(db, "SELECT count(*) FROM report WHERE device_id IS NULL")),
			 MOST + 1);
	assert_int_equal(count(db_query(db, "SELECT max(heard_ms) FROM report")), (NOW_S - 1) * 1000LL);
	assert_int_equal(count(db_query(db, "SELECT count(*) FROM report WHERE device_id = 1")), 10);
}

static void strangers_unheard_for_a_week_are_forgotten(void **state)
{
	struct query q = db_query(db, "INSERT INTO stranger (gateway_id, kind, name, heard_ms) VALUES "
				      "(1, 'ble', 'c098e5000002', $1), (1, 'ble', 'c098e5000003', $2)");

	(void)state;
	put_i64(&q, (NOW_S - WEEK_S) * 1000LL - 1);
	put_i64(&q, (NOW_S - WEEK_S) * 1000LL);
	assert_int_equal(db_run(&q), OK);
	keep_up();
	assert_int_equal(count(db_query(db, "SELECT count(*) FROM stranger WHERE name = 'c098e5000003'")), 1);
	assert_int_equal(count(db_query(db, "SELECT count(*) FROM stranger")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_reports_are_kept_a_week),
		cmocka_unit_test(of_a_flood_the_newest_are_kept),
		cmocka_unit_test(strangers_unheard_for_a_week_are_forgotten),
	};

	return cmocka_run_group_tests(tests, open_database, close_database);
}
