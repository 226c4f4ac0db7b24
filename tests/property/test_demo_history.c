/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* The demo's hours are true: what the database says of each thing and hour is what the world says it was
 * used, and a rebuild from the stored reports finds nothing to change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/demo/history.h"
#include "inventory-service/demo/load.h"
#include "inventory-service/demo/loans.h"
#include "inventory-service/demo/world.h"
#include "inventory-service/service.h"

static char dir[] = "/tmp/navette-demo-XXXXXX";
static struct service *service;
static struct demo_world *world;
static struct demo_loaded loaded;

static int load(void **state)
{
	struct service_setting s = {
		.silent_s = 900, .presence_hold_s = 600, .lending = {7200, 172800, 900, 604800}};
	int64_t reports = 0;
	struct ingest *in;

	(void)state;
	if (sodium_init() < 0 || !mkdtemp(dir) || !str_format(s.database, sizeof s.database, "%s/db", dir) ||
	    !str_format(s.secret_file, sizeof s.secret_file, "%s/secret.key", dir) ||
	    !str_copy(s.broker_url, sizeof s.broker_url, "mqtt://127.0.0.1:1883"))
		return 1;
	service = service_open(&s);
	world = demo_world_make(1, (struct calendar_date){2026, 11, 24});
	if (demo_load(service, world, &loaded))
		return 1;
	in = ingest_open(service);
	for (int i = 0; i < DEMO_GATEWAYS; i++)
		if (demo_history_tell(in, world, i, &loaded.enrolments[i], &reports))
			return 1;
	ingest_close(in);
	print_message("%lld reports\n", (long long)reports);
	return reports > 50000 ? 0 : 1;
}

static int unload(void **state)
{
	char command[128];

	(void)state;
	demo_world_free(world);
	service_close(service);
	return str_format(command, sizeof command, "rm -rf %s", dir) && system(command) == 0 ? 0 : 1;
}

/* Seconds that the world's device was used within [from_s, until_s). */
static int64_t truth_s(int device, int64_t from_s, int64_t until_s)
{
	int64_t sum = 0;

	for (int i = 0; i < world->n_uses; i++) {
		const struct demo_use *use = &world->uses[i];
		int64_t from = use->start_s > from_s ? use->start_s : from_s;
		int64_t until = use->until_s < until_s ? use->until_s : until_s;

		if (use->device == device && until > from)
			sum += until - from;
	}
	return sum;
}

static enum err compare_hours(struct db *db, void *context)
{
	int64_t *wrong = context;

	/* devices were made in the world's order: ids from 1 */
	for (int device = 0; device < DEMO_DEVICES; device++) {
		struct query q = db_query(db, "SELECT s.hour_s, sum(s.active_s) FROM usage_slice s "
					      "JOIN binding b ON b.id = s.binding_id WHERE b.device_id = $1 "
					      "GROUP BY s.hour_s");
		int64_t total = 0;
		enum err err;

		put_i64(&q, device + 1);
		while (db_next(&q)) {
			int64_t hour_s = get_i64(&q), active_s = get_i64(&q);

			total += active_s;
			*wrong += active_s != truth_s(device, hour_s, hour_s + 3600);
		}
		if ((err = db_end(&q)))
			return err;
		*wrong += total != truth_s(device, world->from_s, world->until_s);
	}
	return OK;
}

static void every_hour_of_every_thing_is_the_truth(void **state)
{
	int64_t wrong = 0;

	(void)state;
	assert_int_equal(service_read(service, compare_hours, &wrong), OK);
	assert_int_equal(wrong, 0);
}

static void a_rebuild_finds_nothing_to_change(void **state)
{
	struct ingest *in = ingest_open(service);
	int64_t devices = 0, changed = -1;

	(void)state;
	assert_int_equal(ingest_rebuild(in, false, &devices, &changed), OK);
	assert_int_equal(devices, DEMO_DEVICES);
	assert_int_equal(changed, 0);
	ingest_close(in);
	every_hour_of_every_thing_is_the_truth(NULL);
}

static void a_second_load_is_refused_and_changes_nothing(void **state)
{
	struct demo_loaded again;

	(void)state;
	assert_int_equal(demo_load(service, world, &again), ERR_STATE);
}

static enum err count_attention(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT count(*) FROM attention");

	while (db_next(&q))
		*(int64_t *)context = get_i64(&q);
	return db_end(&q);
}

static void nothing_needs_a_person(void **state)
{
	int64_t n = -1;

	(void)state;
	assert_int_equal(service_read(service, count_attention, &n), OK);
	assert_int_equal(n, 0);
}

struct tally {
	int64_t bookings, months, late, lost, waiting, gaps, overlaps;
};

static int64_t number(struct query q)
{
	int64_t n = -1;

	while (db_next(&q))
		n = get_i64(&q);
	assert_int_equal(db_end(&q), OK);
	return n;
}

static enum err count_loans(struct db *db, void *context)
{
	struct tally *t = context;
	struct query q =
		db_query(db, "SELECT count(*) FROM line WHERE state = 'on_loan' AND due_s < $1 - 900");

	put_i64(&q, world->until_s);
	t->late = number(q);
	t->bookings = number(db_query(db, "SELECT count(*) FROM booking"));
	t->months = number(
		db_query(db, "SELECT count(DISTINCT strftime('%Y-%m', starts_s, 'unixepoch')) FROM booking"));
	t->lost = number(db_query(db, "SELECT count(*) FROM item WHERE lost_s IS NOT NULL"));
	t->waiting = number(db_query(db, "SELECT count(*) FROM booking WHERE state = 'submitted'"));
	t->gaps = number(db_query(
		db, "SELECT count(*) FROM custody a JOIN custody b ON b.item_id = a.item_id AND b.id = "
		    "(SELECT min(id) FROM custody WHERE item_id = a.item_id AND id > a.id) "
		    "WHERE a.until_s IS NOT b.from_s"));
	t->overlaps = number(db_query(
		db, "SELECT count(*) FROM hold a JOIN hold b ON b.item_id = a.item_id AND b.id > a.id "
		    "WHERE a.from_s < b.until_s AND b.from_s < a.until_s"));
	return OK;
}

static void loans_of_fourteen_months_are_told(void **state)
{
	struct tally t = {0};
	int64_t n = 0;

	(void)state;
	assert_int_equal(demo_loans_tell(service, world, &loaded, &n), OK);
	assert_int_equal(service_read(service, count_loans, &t), OK);
	print_message("%lld bookings, %lld waiting\n", (long long)t.bookings, (long long)t.waiting);
	assert_int_equal(t.bookings, n);
	assert_true(n > 1000);
	assert_true(t.months >= 15); /* and what is to come */
	assert_int_equal(t.late, 2);
	assert_int_equal(t.lost, 1);
	assert_true(t.waiting > 0);
	assert_int_equal(t.gaps, 0);
	assert_int_equal(t.overlaps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hour_of_every_thing_is_the_truth),
		cmocka_unit_test(a_second_load_is_refused_and_changes_nothing),
		cmocka_unit_test(nothing_needs_a_person),
		cmocka_unit_test(a_rebuild_finds_nothing_to_change),
		cmocka_unit_test(loans_of_fourteen_months_are_told),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
