/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * The chain on a real database: readings inserted in any order give the readings and slices that the same
 * readings in order give, and that a rebuild from the stored reports gives; over bindings that begin and end
 * in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "inventory-service/domain/evidence/chain.h"
#include "inventory-service/migrate.h"

#define READINGS 60
#define HOUR_MS 3600000LL
#define START_MS (1790000000000LL / HOUR_MS * HOUR_MS)

static uint64_t rng;

static int64_t pick(int64_t below)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (int64_t)((z ^ (z >> 31)) % (uint64_t)below);
}

struct sample {
	int64_t active_s, heard_ms;
};

static struct db *open_world(void)
{
	struct db *db;
	int64_t from;

	assert_int_equal(db_open(":memory:", DB_WRITER, &db), OK);
	assert_int_equal(migrate(db, &from), OK);
	assert_int_equal(db_begin(db), OK);
	assert_int_equal(
		db_script(
			db,
			"INSERT INTO hub VALUES (1,1,'h',0); INSERT INTO place (id,name,created_s) VALUES "
			"(1,'p',0);"
			"INSERT INTO model (id,name,family,transport_class,created_s) VALUES "
			"(1,'m','f','T1',0);"
			"INSERT INTO item "
			"(id,model_id,inventory_no,owner_place_id,home_place_id,in_service_s,code,created_s)"
			" VALUES (1,1,'a',1,1,0,'AAAAAAA',0), (2,1,'b',1,1,0,'BBBBBBB',0);"
			"INSERT INTO gateway (id,gw,name,place_id,mac_key,created_s) VALUES "
			"(1,'gw-1','g',1,x'00',0);"
			"INSERT INTO boot VALUES (1,1,1,0,0,0,0,1,NULL,1,0);"
			"INSERT INTO device (id,kind,address,epoch_no,created_s) VALUES "
			"(1,'ble','aabbccddeeff',1,0);"
			"INSERT INTO counter_epoch VALUES (1,1,7,0,0,0,0)"),
		OK);
	return db;
}

static void bind(struct db *db, int64_t id, int64_t item_id, int64_t from_ms, int64_t until_ms)
{
	struct query q =
		db_query(db, "INSERT INTO binding (id, device_id, item_id, is_meter, from_ms, until_ms) "
			     "VALUES ($1, 1, $2, 0, $3, $4)");

	put_i64(&q, id);
	put_i64(&q, item_id);
	put_i64(&q, from_ms);
	put_id(&q, until_ms);
	assert_int_equal(db_run(&q), OK);
}

static void report(struct db *db, const struct sample *s)
{
	struct query q =
		db_query(db, "INSERT INTO report (boot_id, seq, mono_ms, heard_ms, device_id, verdict, "
			     "epoch_no, active_s, data) VALUES (1, 1, 0, $1, 1, 1, 1, $2, x'00')");

	put_i64(&q, s->heard_ms);
	put_i64(&q, s->active_s);
	assert_int_equal(db_run(&q), OK);
}

/* What each binding keeps beside its slices. */
static void totals_are_the_sums(struct db *db)
{
	struct query q = db_query(db, "SELECT b.id, b.active_s, coalesce(sum(s.active_s), 0) FROM binding b "
				      "LEFT JOIN usage_slice s ON s.binding_id = b.id GROUP BY b.id");

	while (db_next(&q)) {
		int64_t id = get_i64(&q), kept_s = get_i64(&q), sum_s = get_i64(&q);

		if (kept_s != sum_s)
			fail_msg("binding %lld keeps %lld s, its slices say %lld", (long long)id,
				 (long long)kept_s, (long long)sum_s);
	}
	assert_int_equal(db_end(&q), OK);
}

/* Everything the chain stores, as text. */
static void dump(struct db *db, char *out, size_t size)
{
	struct query q = db_query(db, "SELECT active_s, first_ms, last_ms FROM reading ORDER BY 1");
	size_t at = 0;

	while (db_next(&q) && at < size) {
		int64_t a = get_i64(&q), b = get_i64(&q), c = get_i64(&q);

		at += (size_t)snprintf(out + at, size - at, "r %lld %lld %lld\n", (long long)a, (long long)b,
				       (long long)c);
	}
	assert_int_equal(db_end(&q), OK);
	q = db_query(db, "SELECT binding_id, hour_s, active_s, bounded_s FROM usage_slice ORDER BY 1, 2");
	while (db_next(&q) && at < size) {
		int64_t a = get_i64(&q), b = get_i64(&q), c = get_i64(&q), d = get_i64(&q);

		at += (size_t)snprintf(out + at, size - at, "s %lld %lld %lld %lld\n", (long long)a,
				       (long long)b, (long long)c, (long long)d);
	}
	assert_int_equal(db_end(&q), OK);
	assert_true(at < size);
	totals_are_the_sums(db);
}

static void insert_all(const struct sample *samples, int n, const int64_t cuts[2], char *incremental,
		       char *rebuilt, size_t size)
{
	struct slices slices = {0};
	struct db *db = open_world();
	struct chain chain;

	bind(db, 1, 1, cuts[0], cuts[1]);
	bind(db, 2, 2, cuts[1], 0);
	assert_int_equal(chain_load(db, 1, 1, &chain), OK);
	for (int i = 0; i < n; i++) {
		report(db, &samples[i]);
		assert_int_equal(chain_add(db, &chain, &slices, 1, samples[i].active_s, samples[i].heard_ms),
				 OK);
		if (pick(4) == 0) { /* a transaction ends here */
			assert_int_equal(chain_flush(db, &chain), OK);
			assert_int_equal(slices_flush(&slices, db), OK);
		}
	}
	assert_int_equal(chain_flush(db, &chain), OK);
	assert_int_equal(slices_flush(&slices, db), OK);
	dump(db, incremental, size);
	assert_int_equal(chain_rebuild(db, &chain, &slices), OK);
	assert_int_equal(slices_flush(&slices, db), OK);
	dump(db, rebuilt, size);
	slices_fini(&slices);
	assert_int_equal(db_commit(db), OK);
	db_close(db);
}

static void make_samples(struct sample *samples)
{
	int64_t t = START_MS, active = 0;

	for (int i = 0; i < READINGS; i++) {
		int64_t gap_ms = 1000 * (1 + pick(i % 7 ? 300 : 20000));

		t += gap_ms;
		active += pick(3) ? 0 : pick(gap_ms / 1000 + 1);
		samples[i] = (struct sample){active, t + pick(2000) - 1000};
	}
}

static void shuffle(struct sample *samples, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int64_t j = pick(i + 1);
		struct sample t = samples[i];

		samples[i] = samples[j];
		samples[j] = t;
	}
}

static char in_order[65536], other[65536], rebuilt[65536];

static void any_order_gives_the_same_hours(void **state)
{
	(void)state;
	for (int round = 0; round < 150; round++) {
		struct sample samples[READINGS];
		int64_t cuts[2];

		make_samples(samples);
		cuts[0] = samples[pick(READINGS / 2)].heard_ms + pick(3) - 1;
		cuts[1] = cuts[0] + 1 + pick(samples[READINGS - 1].heard_ms - START_MS);
		insert_all(samples, READINGS, cuts, in_order, rebuilt, sizeof in_order);
		assert_string_equal(in_order, rebuilt);
		shuffle(samples, READINGS);
		insert_all(samples, READINGS, cuts, other, rebuilt, sizeof other);
		assert_string_equal(in_order, other);
		assert_string_equal(other, rebuilt);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(any_order_gives_the_same_hours)};
	const char *given = getenv("SEED");

	rng = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("seed %llu (SEED=… repeats)\n", (unsigned long long)rng);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
