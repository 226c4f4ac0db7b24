/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Tags and meters: registered once, bound to one item at a time, judged by people. */
#include "inventory-service/domain/evidence/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/domain/evidence/attention.h"
#include "inventory-service/migrate.h"

#define NOW 1795000000
#define NOW_MS (NOW * (int64_t)1000)

static const struct actor who = {.channel = "api"};
static const struct secret secret = {.key = {1, 2, 3}};
static const uint8_t key[16] = {0xaa, 0xbb};
static struct db *db;

static const char world[] =
	"INSERT INTO hub (id, name, created_s) VALUES (1, 'Nord', 0);"
	"INSERT INTO place (id, name, created_s) VALUES (3, 'EPN', 0), (4, 'Fablab', 0);"
	"INSERT INTO hub_member (place_id, hub_id, from_s) VALUES (3, 1, 0);"
	"INSERT INTO gateway (id, gw, name, place_id, mac_key, created_s) VALUES (1, 'g', 'G', 4, x'00', 0);"
	"INSERT INTO model (id, name, family, transport_class, created_s) VALUES (7, 'M', 'F', 'T2', 0);"
	"INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, in_service_s, code, "
	"created_s) "
	"VALUES (10, 7, 'A', 3, 3, 0, '0000000', 0), (11, 7, 'B', 3, 3, 0, '0000016', 0);"
	"INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, in_service_s, code, "
	"retired_s, "
	"created_s) VALUES (12, 7, 'C', 3, 3, 0, '000002C', 5, 0);";

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

static int64_t count(struct query q)
{
	int64_t n = -1;

	while (db_next(&q))
		n = get_i64(&q);
	assert_int_equal(db_end(&q), OK);
	return n;
}
#define COUNT(sql) count(db_query(db, sql))

static int64_t tag(const char *address)
{
	struct device v = {.kind = DEVICE_BLE};

	assert_true(str_copy(v.address, sizeof v.address, address));
	assert_int_equal(device_create(db, &secret, &who, NOW, &v, key), OK);
	return v.id;
}

static int64_t meter(const char *name)
{
	struct device v = {.kind = DEVICE_METER, .gateway_id = 1};

	assert_true(str_copy(v.name, sizeof v.name, name));
	assert_int_equal(device_create(db, &secret, &who, NOW, &v, NULL), OK);
	return v.id;
}

static struct device found(int64_t id)
{
	struct device v;

	assert_int_equal(device_find(db, id, &v), OK);
	return v;
}

static void a_tag_is_registered_once_with_its_key_sealed(void **state)
{
	struct device again = {.kind = DEVICE_BLE, .address = "c098e5123456"};
	struct device same = {.kind = DEVICE_METER, .gateway_id = 1, .name = "prusa-1"};
	struct query q;
	uint8_t sealed[SECRET_SEALED_LEN(16)], plain[16];
	size_t len = 0;

	(void)state;
	assert_true(found(tag("c098e5123456")).has_key);
	assert_int_equal(device_create(db, &secret, &who, NOW, &again, NULL), ERR_TAG_EXISTS);
	(void)meter("prusa-1");
	assert_int_equal(device_create(db, &secret, &who, NOW, &same, NULL), ERR_TAG_EXISTS);
	q = db_query(db, "SELECT key FROM device WHERE kind = 'ble'");
	while (db_next(&q))
		get_blob(&q, sealed, sizeof sealed, &len);
	assert_int_equal(db_end(&q), OK);
	assert_true(secret_unseal(&secret, "device.key", sealed, len, plain, sizeof plain));
	assert_memory_equal(plain, key, sizeof key);
	assert_int_equal(COUNT("SELECT count(*) FROM audit WHERE action IN ('tag.create', 'meter.create')"),
			 2);
	assert_int_equal(COUNT("SELECT count(*) FROM audit WHERE after LIKE '%aabb%'"), 0);
}

static void a_device_moves_from_item_to_item_and_keeps_its_past(void **state)
{
	int64_t a = tag("c098e5000001"), b = tag("c098e5000002");

	(void)state;
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, false, a), OK);
	assert_int_equal(found(a).item_id, 10);
	assert_int_equal(found(a).place_id, 3);
	assert_int_equal(found(a).hub_id, 1);
	assert_int_equal(device_bind(db, &who, NOW_MS + 1000, 10, false, b),
			 OK); /* the item has one tag at a time */
	assert_int_equal(found(a).item_id, 0);
	assert_int_equal(device_bind(db, &who, NOW_MS + 2000, 11, false, b),
			 OK); /* the tag has one item at a time */
	assert_int_equal(found(b).item_id, 11);
	assert_int_equal(COUNT("SELECT count(*) FROM binding WHERE item_id = 10 AND until_ms IS NOT NULL"),
			 2);
	assert_int_equal(COUNT("SELECT version FROM item WHERE id = 10"), 4);
	assert_int_equal(COUNT("SELECT count(*) FROM audit WHERE action = 'item.tag'"), 3);
	assert_int_equal(device_bind(db, &who, NOW_MS + 3000, 11, false, b), OK); /* again: nothing */
	assert_int_equal(COUNT("SELECT count(*) FROM audit WHERE action = 'item.tag'"), 3);
	assert_int_equal(device_bind(db, &who, NOW_MS + 3000, 11, false, 0), OK);
	assert_int_equal(found(b).item_id, 0);
	assert_int_equal(COUNT("SELECT count(*) FROM binding WHERE until_ms IS NULL"), 0);
}

static void a_tag_and_a_meter_stand_side_by_side(void **state)
{
	int64_t a = tag("c098e5000001"), m = meter("prusa-1");

	(void)state;
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, false, a), OK);
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, true, m), OK);
	assert_int_equal(found(a).item_id, 10);
	assert_int_equal(found(m).item_id, 10);
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, true, 0), OK);
	assert_int_equal(found(a).item_id, 10);
	assert_int_equal(found(m).item_id, 0);
	assert_int_equal(found(m).place_id, 4); /* its gateway's */
}

static void what_cannot_be_bound_is_refused(void **state)
{
	int64_t a = tag("c098e5000001"), m = meter("prusa-1");

	(void)state;
	assert_int_equal(device_bind(db, &who, NOW_MS, 99, false, a), ERR_NOT_FOUND);
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, false, 99), ERR_REFERENCE);
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, false, m), ERR_REFERENCE);
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, true, a), ERR_REFERENCE);
	assert_int_equal(device_bind(db, &who, NOW_MS, 12, false, a), ERR_STATE);
	assert_int_equal(COUNT("SELECT count(*) FROM binding"), 0);
	assert_int_equal(COUNT("SELECT count(*) FROM audit WHERE action LIKE 'item.%'"), 0);
}

static void a_clock_that_stepped_back_ends_no_binding_before_it_began(void **state)
{
	int64_t a = tag("c098e5000001");

	(void)state;
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, false, a), OK);
	assert_int_equal(device_bind(db, &who, NOW_MS - 60000, 10, false, 0), OK);
	assert_int_equal(COUNT("SELECT count(*) FROM binding WHERE until_ms = from_ms"), 1);
}

static void a_person_releases_with_a_reason(void **state)
{
	int64_t a = tag("c098e5000001");

	(void)state;
	assert_int_equal(attention_raise(db, NOW_MS, "tag.clone", "tag", a, "x"), OK);
	assert_int_equal(attention_raise(db, NOW_MS, "tag.problem", "tag", a, "x"), OK);
	assert_int_equal(db_script(db, "UPDATE device SET quarantined_ms = 5, suspect_ms = 5"), OK);
	assert_int_equal(device_release(db, &who, NOW, a, "vue sur place"), OK);
	assert_int_equal(found(a).quarantined_ms, 0);
	assert_int_equal(COUNT("SELECT growth_allowed FROM device"), 1);
	assert_int_equal(COUNT("SELECT count(*) FROM attention WHERE closed_reason = 'vue sur place'"), 1);
	assert_int_equal(COUNT("SELECT count(*) FROM attention WHERE closed_s IS NULL"), 1);
	assert_int_equal(COUNT("SELECT count(*) FROM audit WHERE action = 'tag.release' "
			       "AND after = '{\"state\":\"released\",\"reason\":\"vue sur place\"}'"),
			 1);
	assert_int_equal(device_release(db, &who, NOW, 99, "x"), ERR_NOT_FOUND);
}

static void a_release_of_what_was_free_forgives_no_jump(void **state)
{
	int64_t a = tag("c098e5000001");

	(void)state;
	assert_int_equal(device_release(db, &who, NOW, a, "pour voir"), OK);
	assert_int_equal(COUNT("SELECT growth_allowed FROM device"), 0);
}

static void a_changed_battery_may_start_the_counter_anew(void **state)
{
	int64_t a = tag("c098e5000001");

	(void)state;
	assert_int_equal(device_counter_reset(db, &who, NOW, a, "pile changée"), OK);
	assert_int_equal(COUNT("SELECT reset_allowed FROM device"), 1);
	assert_int_equal(found(a).version, 2);
}

static void lists_tell_tags_from_meters_and_bound_from_free(void **state)
{
	int64_t a = tag("c098e5000001"), b = tag("c098e5000002"), m = meter("prusa-1");
	struct device v;
	struct query q;

	(void)state;
	assert_int_equal(device_bind(db, &who, NOW_MS, 10, false, a), OK);
	q = device_list(db, 0, false, 0, 10);
	assert_true(device_next(&q, &v));
	assert_int_equal(v.id, b);
	assert_false(device_next(&q, &v));
	assert_int_equal(db_end(&q), OK);
	q = device_list(db, 0, false, 1, 10);
	assert_true(device_next(&q, &v));
	assert_int_equal(v.id, a);
	assert_false(device_next(&q, &v));
	assert_int_equal(db_end(&q), OK);
	q = device_list(db, 0, true, -1, 10);
	assert_true(device_next(&q, &v));
	assert_int_equal(v.id, m);
	assert_false(device_next(&q, &v));
	assert_int_equal(db_end(&q), OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_database, close_database)
	const struct CMUnitTest tests[] = {
		T(a_tag_is_registered_once_with_its_key_sealed),
		T(a_device_moves_from_item_to_item_and_keeps_its_past),
		T(a_tag_and_a_meter_stand_side_by_side),
		T(what_cannot_be_bound_is_refused),
		T(a_clock_that_stepped_back_ends_no_binding_before_it_began),
		T(a_person_releases_with_a_reason),
		T(a_release_of_what_was_free_forgives_no_jump),
		T(a_changed_battery_may_start_the_counter_anew),
		T(lists_tell_tags_from_meters_and_bound_from_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
