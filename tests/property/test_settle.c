/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * A gateway drains what it gathered for a day, hours late: all of it stands in the wrong hours until its
 * clock is known. Settling moves it a device at a time, each in a transaction of its own. Killed between any
 * two of them, and then told more, it comes to the hours of a twin who heard everything at once.
 */
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/daemon/mac.h"
#include "common/daemon/text.h"
#include "common/daemon/uplink.h"
#include "inventory-service/ingest.h"
#include "inventory-service/secret.h"
#include "inventory-service/service.h"

#define METERS 9
#define BATCHES 96 /* one each quarter of an hour */
#define STEP_MS 900000LL
#define START_MS (1790000000000LL / 3600000 * 3600000)
#define BOOTED_MS (START_MS - 500000)
#define LATE_MS (START_MS + BATCHES * STEP_MS + 5 * 3600000LL) /* the day is over */

struct world {
	char folder[32];
	struct service *service;
	struct ingest *ingest;
};

static const uint8_t mac_key[MAC_KEY_LEN] = {7};

static enum err build(struct db *db, void *context)
{
	uint8_t sealed[SECRET_SEALED_LEN(MAC_KEY_LEN)];
	struct query q;

	secret_seal(context, "gateway.mac", mac_key, MAC_KEY_LEN, sealed);
	assert_int_equal(db_script(db, "INSERT INTO place (id,name,created_s) VALUES (1,'p',0);"
				       "INSERT INTO model (id,name,family,transport_class,created_s) "
				       "VALUES (1,'m','f','T1',0)"),
			 OK);
	q = db_query(db, "INSERT INTO gateway (id, gw, name, place_id, mac_key, created_s) "
			 "VALUES (1, 'gw-0001', 'g', 1, $1, 0)");
	put_blob(&q, sealed, sizeof sealed);
	assert_int_equal(db_run(&q), OK);
	for (int i = 1; i <= METERS; i++) {
		char script[600];

		snprintf(script, sizeof script,
			 "INSERT INTO item (id,model_id,inventory_no,owner_place_id,home_place_id,"
			 "in_service_s,code,created_s) VALUES (%d,1,'i%d',1,1,0,'CODE%03d',0);"
			 "INSERT INTO device (id,kind,gateway_id,name,created_s) "
			 "VALUES (%d,'meter',1,'m%d',0);"
			 "INSERT INTO binding (device_id,item_id,is_meter,from_ms) VALUES (%d,%d,1,0)",
			 i, i, i, i, i, i, i);
		assert_int_equal(db_script(db, script), OK);
	}
	return OK;
}

static void open_world(struct world *w)
{
	struct service_setting setting = {.presence_hold_s = 600, .silent_s = 900};

	assert_true(str_format(setting.database, sizeof setting.database, "%s/navette.db", w->folder));
	assert_true(str_format(setting.secret_file, sizeof setting.secret_file, "%s/secret.key", w->folder));
	w->service = service_open(&setting);
	w->ingest = ingest_open(w->service);
}

static void make_world(struct world *w)
{
	assert_true(str_copy(w->folder, sizeof w->folder, "/tmp/navette-settle-XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	open_world(w);
	assert_int_equal(service_write(w->service, "test", build, (void *)service_secret(w->service)), OK);
}

static void close_world(struct world *w)
{
	ingest_close(w->ingest);
	service_close(w->service);
}

static void remove_world(struct world *w)
{
	char command[64];

	close_world(w);
	snprintf(command, sizeof command, "rm -rf %s", w->folder);
	assert_int_equal(system(command), 0);
}

/* ---- what the gateway says ---- */

/* Seconds of use at the end of step k: each meter has its own habit; between 0 and 900 s a step. */
static int64_t active_of(int meter, int k)
{
	int64_t s = 0;

	for (int i = 0; i <= k; i++)
		s += (i * 7 + meter * 13) % 5 * 150 + meter;
	return s;
}

static void put_meter(struct json_out *joined, int meter, int k)
{
	struct uplink_report r = {.kind = UPLINK_METER, .mono_ms = START_MS + k * STEP_MS - BOOTED_MS};

	snprintf(r.u.meter.name, sizeof r.u.meter.name, "m%d", meter);
	r.u.meter.counter_epoch = 5;
	r.u.meter.active_s = active_of(meter, k);
	r.u.meter.on_s = r.u.meter.active_s;
	r.u.meter.state = UPLINK_METER_IDLE;
	uplink_put_report(joined, &r);
}

/* Batch k, received at that time; m%d beyond METERS is a stranger. */
static void tell(struct world *w, int k, int64_t received_ms)
{
	struct json_out joined = {0}, o = {0};
	struct uplink_batch b = {
		.seq = k + 1, .oldest = 1, .boot = 1, .mono_ms = START_MS + k * STEP_MS - BOOTED_MS};
	struct ingest_message m = {.topic = "navette/v1/gw/gw-0001/up", .received_ms = received_ms};
	char mac[MAC_TEXT_SIZE];
	struct ingest_ack *acks;
	size_t n_acks;

	assert_true(str_copy(b.epoch, sizeof b.epoch, "5f0c9a1b2d3e4f60"));
	for (int i = 1; i <= METERS + 1; i++)
		put_meter(&joined, i, k);
	b.n_reports = METERS + 1;
	uplink_encode_batch(&o, &b, joined.bytes);
	mac_compute(mac_key, m.topic, o.bytes, o.len, mac);
	m.payload = o.bytes;
	m.len = o.len;
	m.mac = mac;
	assert_int_equal(ingest_messages(w->ingest, &m, 1, &acks, &n_acks), OK);
	ingest_free_acks(acks, n_acks);
	json_out_free(&o);
	json_out_free(&joined);
}

/* A new ingest has not seen the clock move lately: no need to wait for it to rest. */
static void rest(struct world *w)
{
	ingest_close(w->ingest);
	w->ingest = ingest_open(w->service);
}

/* ---- what came of it ---- */

static enum err sum_up(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT b.device_id, s.hour_s, s.active_s, s.bounded_s "
				      "FROM usage_slice s JOIN binding b ON b.id = s.binding_id "
				      "ORDER BY 1, 2");
	uint64_t *digest = context;

	*digest = 0;
	while (db_next(&q))
		for (int i = 0; i < 4; i++)
			*digest = (*digest ^ (uint64_t)get_i64(&q)) * 1099511628211u;
	return db_end(&q);
}

static uint64_t digest_of(struct world *w)
{
	uint64_t digest;

	assert_int_equal(service_read(w->service, sum_up, &digest), OK);
	return digest;
}

static enum err count_moves(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT count(*) FROM boot_move");

	while (db_next(&q))
		*(int *)context = (int)get_i64(&q);
	return db_end(&q);
}

static int moves_left(struct world *w)
{
	int n = 0;

	assert_int_equal(service_read(w->service, count_moves, &n), OK);
	return n;
}

static enum err count_misplaced(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT count(*) FROM report WHERE heard_ms <> mono_ms + $1");

	put_i64(&q, BOOTED_MS);
	while (db_next(&q))
		*(int *)context = (int)get_i64(&q);
	return db_end(&q);
}

static int misplaced(struct world *w)
{
	int n = 0;

	assert_int_equal(service_read(w->service, count_misplaced, &n), OK);
	return n;
}

static bool one_portion(struct world *w)
{
	bool left;

	assert_int_equal(ingest_settle(w->ingest, LATE_MS, 1, &left), OK);
	return left;
}

/* Returns how many portions there were. */
static int settle(struct world *w)
{
	int n = 0;

	while (one_portion(w))
		assert_in_range(++n, 1, 2 * METERS + 10);
	return n;
}

/* The hours of a gateway that was always heard at once: batches 0 … n − 1. */
static uint64_t truth(int n)
{
	struct world w;
	uint64_t digest;

	make_world(&w);
	for (int k = 0; k < n; k++)
		tell(&w, k, START_MS + k * STEP_MS);
	rest(&w);
	(void)settle(&w);
	assert_int_equal(misplaced(&w), 0);
	digest = digest_of(&w);
	remove_world(&w);
	return digest;
}

/* A day's, all received hours after it was sealed; then one that is live. */
static void drain(struct world *w)
{
	for (int k = 0; k < BATCHES; k++)
		tell(w, k, LATE_MS);
	tell(w, BATCHES, START_MS + BATCHES * STEP_MS);
	rest(w);
}

#define TOLD (BATCHES + 1)

/* ---- the tests ---- */

static enum err write_little(struct db *db, void *context)
{
	struct query q = db_query(db, "INSERT INTO setting (key, value) VALUES ('test', 1) "
				      "ON CONFLICT (key) DO UPDATE SET value = value + 1");

	(void)context;
	return db_run(&q);
}

static void one_device_a_transaction_and_others_in_between(void **state)
{
	struct world w;
	int before, after, portions = 0;

	(void)state;
	make_world(&w);
	drain(&w);
	assert_true(misplaced(&w) > 0);
	assert_true(digest_of(&w) != truth(TOLD));
	assert_true(one_portion(&w)); /* the list */
	assert_int_equal(before = moves_left(&w), METERS + 1);
	do { /* the next one is one device's, whoever wrote meanwhile */
		int stood = misplaced(&w), moved;

		assert_int_equal(service_write(w.service, "test", write_little, NULL), OK);
		assert_true(one_portion(&w));
		portions++;
		after = moves_left(&w);
		moved = stood - misplaced(&w);
		assert_int_equal(before - after, 1);
		assert_in_range(moved, 1, TOLD); /* of one device only */
		before = after;
	} while (after > 0);
	assert_int_equal(portions, METERS + 1);
	(void)settle(&w);
	assert_int_equal(misplaced(&w), 0);
	assert_true(digest_of(&w) == truth(TOLD));
	remove_world(&w);
}

/* Returns how many portions there were before the end. */
static int crash_after(int portions, uint64_t should)
{
	struct world w;
	int done = 0, status;
	pid_t child;
	bool left = true;

	assert_true(str_copy(w.folder, sizeof w.folder, "/tmp/navette-settle-XXXXXX"));
	assert_non_null(mkdtemp(w.folder));
	child = fork();
	if (child == 0) {
		open_world(&w);
		if (service_write(w.service, "test", build, (void *)service_secret(w.service)))
			_exit(1);
		drain(&w);
		while (left && done++ < portions)
			left = one_portion(&w);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	open_world(&w);
	tell(&w, TOLD, START_MS + TOLD * STEP_MS); /* half of it moved: still it is placed right */
	rest(&w);
	done = settle(&w);
	assert_int_equal(misplaced(&w), 0);
	assert_int_equal(moves_left(&w), 0);
	assert_true(digest_of(&w) == should);
	remove_world(&w);
	return done;
}

static void killed_between_any_two_it_comes_to_the_same_hours(void **state)
{
	uint64_t should = truth(TOLD + 1);
	int done, k = 0;

	(void)state;
	do {
		done = crash_after(k, should);
	} while (++k < METERS + 4 && done > 0);
	printf("killed after each of %d portions\n", k - 1);
	assert_true(k >= METERS + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_device_a_transaction_and_others_in_between),
		cmocka_unit_test(killed_between_any_two_it_comes_to_the_same_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
