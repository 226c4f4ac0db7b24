/* SPDX-License-Identifier: EUPL-1.2 */
/* links: whole:navette_service navette_daemon */
/* Items and what is seen of them: one query a page, by an index; live state; what is refused. */
#include "inventory-service/domain/stock/item.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/migrate.h"

#define NOW 1795000000
#define NOW_MS (NOW * (int64_t)1000)

static const struct actor who = {.channel = "api"};
static const struct item_now now = {.now_ms = NOW_MS, .silent_s = 900};
static struct db *db;

static const char world[] =
	"INSERT INTO hub (id, name, created_s) VALUES (1, 'Nord', 0), (2, 'Sud', 0);"
	"INSERT INTO place (id, name, created_s) VALUES (3, 'EPN La Passerelle', 0), (4, 'Fablab', 0), (5, "
	"'Seul', 0);"
	"INSERT INTO hub_member (place_id, hub_id, from_s) VALUES (3, 1, 0), (4, 2, 0);"
	"INSERT INTO model (id, name, family, transport_class, created_s) VALUES "
	"(7, 'Prusa MK4', 'Impression 3D', 'T2', 0), (8, 'Casque VR', 'Réalité virtuelle', 'T1', 0);";

static int open_database(void **state)
{
	int64_t from;

	(void)state;
	if (db_open(":memory:", DB_WRITER, &db) || migrate(db, &from))
		return 1;
	return db_script(db, world);
}

static int close_database(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static struct item fine(const char *inventory_no, uint32_t bits)
{
	struct item v = {.model_id = 7,
			 .owner_place_id = 3,
			 .home_place_id = 3,
			 .lend_to = "everyone",
			 .approver = "nobody",
			 .cost_cents = 89900,
			 .in_service_s = NOW - 86400};

	assert_true(str_copy(v.inventory_no, sizeof v.inventory_no, inventory_no));
	item_code_make(bits, v.code);
	return v;
}

static int64_t created(const char *inventory_no, uint32_t bits, int64_t model_id, int64_t home)
{
	struct item v = fine(inventory_no, bits);
	struct edit e = {0};

	v.model_id = model_id;
	v.home_place_id = home;
	assert_int_equal(item_create(db, &who, NOW, &v, &e), OK);
	return v.id;
}

static struct item found(int64_t id)
{
	struct item v;

	assert_int_equal(item_find(db, id, &now, &v), OK);
	return v;
}

static void an_item_shows_its_neighbours_and_no_live_state_without_a_device(void **state)
{
	struct item v = found(created("A-1", 1, 7, 3));

	(void)state;
	assert_string_equal(v.model_name, "Prusa MK4");
	assert_string_equal(v.family, "Impression 3D");
	assert_string_equal(v.home_place_name, "EPN La Passerelle");
	assert_int_equal(v.home_hub_id, 1);
	assert_int_equal(v.cost_cents, 89900);
	assert_string_equal(v.state, "available");
	assert_false(v.live.is_known);
	v = found(created("A-2", 2, 7, 5));
	assert_int_equal(v.home_hub_id, 0);
}

static void refused(struct item v, enum err err, const char *field)
{
	struct edit e = {0};

	assert_int_equal(item_create(db, &who, NOW, &v, &e), err);
	assert_string_equal(e.field, field);
}

static void each_wrong_member_is_named(void **state)
{
	struct item v;

	(void)state;
	v = fine("", 1);
	refused(v, ERR_REQUIRED, "inventory_no");
	v = fine("A-1", 1), v.model_id = 99;
	refused(v, ERR_REFERENCE, "model_id");
	v = fine("A-1", 1), v.owner_place_id = 99;
	refused(v, ERR_REFERENCE, "owner_place_id");
	v = fine("A-1", 1), v.home_place_id = 99;
	refused(v, ERR_REFERENCE, "home_place_id");
	v = fine("A-1", 1), memcpy(v.lend_to, "all", 4);
	refused(v, ERR_RANGE, "lend_to");
	v = fine("A-1", 1), memcpy(v.approver, "me", 3);
	refused(v, ERR_RANGE, "approver");
	(void)created("A-1", 1, 7, 3);
	refused(fine("A-1", 2), ERR_EXISTS, "inventory_no");
	refused(fine("A-2", 1), ERR_EXISTS, "code");
}

static int listed(struct item_filter f, int64_t *first)
{
	char pattern[200];
	struct query q;
	struct item v;
	int n = 0;

	f.limit = f.limit ? f.limit : 100;
	f.family = f.family ? f.family : "";
	f.state = f.state ? f.state : "";
	f.code = f.code ? f.code : "";
	f.q = f.q ? f.q : "";
	q = item_list(db, &f, &now, pattern);
	while (item_next(&q, &now, &v))
		if (n++ == 0)
			*first = v.id;
	assert_int_equal(db_end(&q), OK);
	return n;
}

static void filters_narrow_alone_and_together(void **state)
{
	int64_t a = created("A-1", 1, 7, 3), b = created("B-2", 2, 8, 4), c = created("C-3", 3, 8, 5), id;
	struct item_retirement r = {.item_id = c, .since_s = NOW, .reason = "cassé"};
	struct edit e = {0};

	(void)state;
	assert_int_equal(item_retire(db, &who, NOW_MS, &r, &e), OK);
	assert_int_equal(listed((struct item_filter){0}, &id), 3);
	assert_int_equal(listed((struct item_filter){.limit = 2}, &id), 2);
	assert_int_equal(listed((struct item_filter){.after_id = a}, &id), 2);
	assert_int_equal(id, b);
	assert_int_equal(listed((struct item_filter){.hub_id = 2}, &id), 1);
	assert_int_equal(id, b);
	assert_int_equal(listed((struct item_filter){.place_id = 3}, &id), 1);
	assert_int_equal(id, a);
	assert_int_equal(listed((struct item_filter){.place_id = 3, .hub_id = 2}, &id), 0);
	assert_int_equal(listed((struct item_filter){.model_id = 8}, &id), 2);
	assert_int_equal(listed((struct item_filter){.model_id = 8, .state = "available"}, &id), 1);
	assert_int_equal(listed((struct item_filter){.state = "retired"}, &id), 1);
	assert_int_equal(id, c);
	assert_int_equal(listed((struct item_filter){.state = "on_loan"}, &id), 0);
	assert_int_equal(listed((struct item_filter){.family = "Impression 3D"}, &id), 1);
	assert_int_equal(listed((struct item_filter){.code = "000002C"}, &id), 1);
	assert_int_equal(id, b);
	assert_int_equal(listed((struct item_filter){.code = "000002C", .place_id = 3}, &id), 0);
	assert_int_equal(listed((struct item_filter){.q = "passerelle"}, &id), 1);
	assert_int_equal(listed((struct item_filter){.q = "b-2"}, &id), 1);
	assert_int_equal(listed((struct item_filter){.q = "%"}, &id), 0);
}

static void the_device_heard_last_speaks_until_it_falls_silent(void **state)
{
	int64_t id = created("A-1", 1, 7, 3);
	struct item_now later = {.now_ms = NOW_MS + 901000, .silent_s = 900};
	struct item v;

	(void)state;
	assert_int_equal(
		db_script(
			db,
			"INSERT INTO gateway (id, gw, name, place_id, mac_key, created_s) VALUES (1, 'g', "
			"'G', 3, "
			"x'00', 0);"
			"INSERT INTO device (id, kind, address, state, battery_pct, heard_ms, seen_place_id, "
			"seen_since_ms, created_s) "
			"VALUES (21, 'ble', 'c098e5123456', 'idle', 81, 1794999900000, 4, 1794999000000, 0);"
			"INSERT INTO device (id, kind, gateway_id, name, state, heard_ms, created_s) "
			"VALUES (22, 'meter', 1, 'prusa-1', 'active', 1794999950000, 0);"
			"INSERT INTO binding (id, device_id, item_id, is_meter, from_ms, until_ms) "
			"VALUES (1, 21, 1, 0, 0, 5), (2, 21, 1, 0, 6, NULL);"
			"INSERT INTO usage_slice (binding_id, hour_s, active_s, bounded_s) "
			"VALUES (1, 0, 100, 0), (2, 3600, 23, 0);"),
		OK);
	v = found(id);
	assert_string_equal(v.live.state, "idle");
	assert_int_equal(v.live.active_s, 123);
	assert_int_equal(v.live.battery_pct, 81);
	assert_int_equal(v.live.seen_place_id, 4);
	assert_int_equal(v.tag_id, 21);
	assert_int_equal(db_script(db, "INSERT INTO binding (id, device_id, item_id, is_meter, from_ms) "
				       "VALUES (3, 22, 1, 1, 0);"
				       "INSERT INTO usage_slice (binding_id, hour_s, active_s, bounded_s) "
				       "VALUES (3, 3600, 77, 0);"),
			 OK);
	v = found(id);
	assert_string_equal(v.live.state, "active"); /* the meter was heard after the tag */
	assert_int_equal(v.live.active_s, 77);       /* class A, not 200: never added */
	assert_int_equal(v.live.battery_pct, 81);
	assert_int_equal(v.meter_id, 22);
	assert_int_equal(item_find(db, id, &later, &v), OK);
	assert_string_equal(v.live.state, "unknown");
	assert_int_equal(v.live.heard_ms, 1794999950000);
}

static void retiring_frees_the_devices_once(void **state)
{
	int64_t id = created("A-1", 1, 7, 3);
	struct item_retirement r = {.item_id = id, .since_s = NOW - 5, .reason = "cassé"};
	struct edit first = {0}, again = {0};
	struct item v;

	(void)state;
	assert_int_equal(
		db_script(
			db,
			"INSERT INTO device (id, kind, address, created_s) "
			"VALUES (21, 'ble', 'c098e5123456', 0);"
			"INSERT INTO binding (device_id, item_id, is_meter, from_ms) VALUES (21, 1, 0, 0);"),
		OK);
	assert_int_equal(item_retire(db, &who, NOW_MS, &r, &first), OK);
	v = found(id);
	assert_string_equal(v.state, "retired");
	assert_int_equal(v.retired_s, NOW - 5);
	assert_int_equal(v.tag_id, 0);
	assert_int_equal(v.version, 2);
	assert_string_equal(
		first.after,
		"{\"state\":\"retired\",\"retired_s\":1794999995,\"tag_id\":null,\"reason\":\"cassé\"}");
	assert_int_equal(item_retire(db, &who, NOW_MS, &r, &again), OK);
	assert_int_equal(found(id).version, 2);
}

/* ---- plans --------------------------------------------------------------------------------------------- */

/* Tables that grow with use: no statement about a page may walk one. */
static bool walks_a_big_table(const char *plan)
{
	static const char *const big[] = {"SCAN i",           "SCAN s",       "SCAN b",      "SCAN tb",
					  "SCAN eb",          "SCAN t",       "SCAN e",      "SCAN d",
					  "SCAN usage_slice", "SCAN reading", "SCAN report", "SCAN binding",
					  "SCAN item",        "SCAN device",  "SCAN h"};

	for (size_t i = 0; i < sizeof big / sizeof big[0]; i++) {
		const char *at = strstr(plan, big[i]);
		char after = at ? at[strlen(big[i])] : 'x';

		if (at && (after == '\0' || after == ' '))
			return true;
	}
	return false;
}

static bool concerns(const char *sql, const char *what)
{
	return strstr(sql, what) != NULL;
}

/* Pages of items, tags and meters, and the evidence of one item. */
static bool is_a_page_of_ours(const char *sql)
{
	return concerns(sql, "FROM item i LEFT JOIN model m ON m.id = i.model_id LEFT JOIN place p") ||
	       concerns(sql, "FROM device d LEFT JOIN binding b") ||
	       concerns(sql, "FROM binding b JOIN usage_slice s ON s.binding_id = b.id WHERE b.item_id") ||
	       concerns(sql, "FROM binding b LEFT JOIN counter_epoch e") ||
	       concerns(sql, "UPDATE binding SET until_ms");
}

static int explain(sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	char text[8192];
	int bad = 0;

	assert_true(str_format(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql));
	assert_int_equal(sqlite3_prepare_v2(handle, text, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *plan = (const char *)sqlite3_column_text(stmt, 3);

		if (!walks_a_big_table(plan))
			continue;
		print_message("%s\n\t%s\n", sql, plan);
		bad++;
	}
	sqlite3_finalize(stmt);
	return bad;
}

static void no_page_walks_a_big_table(void **state)
{
	sqlite3 *handle;
	int n = 0, bad = 0;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, migrate_script(0), NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < db_literal_count(); i++)
		if (is_a_page_of_ours(db_literal(i))) {
			n++;
			bad += explain(handle, db_literal(i));
		}
	sqlite3_close(handle);
	assert_true(n >= 8);
	assert_int_equal(bad, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_database, close_database)
	const struct CMUnitTest tests[] = {
		T(an_item_shows_its_neighbours_and_no_live_state_without_a_device),
		T(each_wrong_member_is_named),
		T(filters_narrow_alone_and_together),
		T(the_device_heard_last_speaks_until_it_falls_silent),
		T(retiring_frees_the_devices_once),
		T(no_page_walks_a_big_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
