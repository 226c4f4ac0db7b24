/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon navette_wire */
/*
 * Bookings beside their limits, measured in one run on one machine and one disk.
 *
 *   booking        a whole submission (rules, neighbours, quota, line, hold, audit row) in its own
 * transaction, beside a bare INSERT of one row in its own BEGIN IMMEDIATE, both with synchronous=FULL
 *   availability   200 items × 31 days with 1 million bookings stored, as GET /availability asks it, beside
 * the bare query for the same rows: the holds that touch the window, read and added up
 *
 *   bench_booking FOLDER [BOOKINGS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "common/daemon/log.h"
#include "inventory-service/domain/lending/availability_rules.h"
#include "inventory-service/domain/lending/booking.h"
#include "inventory-service/domain/lending/finder.h"
#include "inventory-service/domain/lending/thing.h"
#include "inventory-service/migrate.h"

#define ITEMS 200
#define ROUNDS 5
#define TRIALS 2000
#define NOW 1800000000
#define DAY 86400

static const struct lending_policy policy = {7200, 172800, 900, 604800};
static const struct actor console = {.channel = "console"};
static struct db *db;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum err err, const char *what)
{
	if (err)
		fatal("bench_booking: %s: %s", what, err_code(err));
}

static void open_world(const char *folder, int64_t bookings)
{
	char path[400], sql[1600];
	int64_t from;

	if (!str_format(path, sizeof path, "%s/bench.db", folder))
		fatal("bench_booking: %s is too long", folder);
	must(db_open(path, DB_WRITER, &db), "open");
	must(migrate(db, &from), "migrate");
	must(db_script(db, "CREATE TABLE bare (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c TEXT) STRICT;"
			   "INSERT INTO hub (id, name, created_s) VALUES (1, 'H', 0);"
			   "WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 26) "
			   "INSERT INTO place (id, name, opening_hours, latitude, longitude, created_s) "
			   "SELECT n, 'P' || n, 'Mo-Sa 08:00-20:00', 49 + n / 100.0, n / 50.0, 0 FROM k;"
			   "INSERT INTO hub_member (place_id, hub_id, from_s) SELECT id, 1, 0 FROM place;"
			   "INSERT INTO model (id, name, family, transport_class, prepare_s, created_s) "
			   "VALUES (1, 'M', 'F', 'T2', 600, 0);"
			   "WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 200) "
			   "INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, "
			   "in_service_s, code, "
			   "created_s) SELECT n, 1, 'N' || n, 1 + n % 26, 1 + n % 26, 0, printf('%07d', n), "
			   "0 FROM k"),
	     "world");
	/* each item's bookings one after another, a day each, the last 60 of them to come */
	snprintf(sql, sizeof sql,
		 "WITH RECURSIVE k(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM k WHERE n < %lld - 1) "
		 "INSERT INTO booking (id, place_id, state, starts_s, ends_s, created_s) SELECT n + 1, 1 + "
		 "(n + n / 200) %% 26, "
		 "'completed', %lld + (n / 200 - %lld) * 86400, %lld + (n / 200 - %lld) * 86400 + 28800, 0 "
		 "FROM k;"
		 "INSERT INTO line (id, booking_id, item_id, model_id, is_any, travel, state, approval, "
		 "due_s, ended_s) "
		 "SELECT id, id, 1 + (id - 1) %% 200, 1, 0, 'fetch', 'closed', 'nobody', ends_s, ends_s FROM "
		 "booking;"
		 "INSERT INTO hold (item_id, starts_s, ends_s, from_s, until_s, place_id, line_id) "
		 "SELECT l.item_id, b.starts_s, b.ends_s, b.starts_s - 7800, b.ends_s + 7200, b.place_id, "
		 "l.id "
		 "FROM line l JOIN booking b ON b.id = l.booking_id ORDER BY l.item_id, b.starts_s;",
		 (long long)bookings, (long long)NOW + 4 * 3600, (long long)bookings / ITEMS - 60,
		 (long long)NOW + 4 * 3600, (long long)bookings / ITEMS - 60);
	must(db_begin(db), "begin");
	must(db_script(db, sql), "bookings");
	must(db_commit(db), "commit");
	(void)!db_checkpoint(db);
}

/* ---- booking ------------------------------------------------------------------------------------------- */

static double bare_inserts(int n)
{
	double from_s = now_s();

	for (int i = 0; i < n; i++) {
		struct query q;

		must(db_begin(db), "begin");
		q = db_query(db, "INSERT INTO bare (a, b, c) VALUES ($1, $2, $3)");
		put_i64(&q, i);
		put_i64(&q, NOW + i);
		put_text(&q, "a booking of about as many bytes as a booking has, its purpose and its note "
			     "included");
		must(db_run(&q), "insert");
		must(db_commit(db), "commit");
	}
	return n / (now_s() - from_s);
}

static int booked;

/* Far ahead, where nothing is: each in its own hour, of one item after another. */
static double submissions(int n)
{
	struct wish *w = calloc(1, sizeof *w);
	struct judgement *j = calloc(1, sizeof *j);
	struct edit *e = calloc(1, sizeof *e);
	double from_s = now_s();

	if (!w || !j || !e)
		fatal("bench_booking: no memory");
	for (int i = 0; i < n; i++, booked++) {
		struct lending l = {.db = db, .who = &console, .now_s = NOW, .policy = &policy};
		int64_t id;

		memset(e, 0, sizeof *e);
		*w = (struct wish){.place_id = 1 + booked % ITEMS % 26, .n = 1};
		w->place_id = 1 + (1 + booked % ITEMS) % 26; /* its home: always open, nothing to agree */
		w->lines[0].item_id = 1 + booked % ITEMS;
		w->starts_s = NOW + (80 + booked / ITEMS) * (int64_t)DAY;
		w->ends_s = w->starts_s + 7200;
		must(db_begin(db), "begin");
		must(booking_create(&l, w, j, &id, e), "book");
		must(db_commit(db), "commit");
	}
	free(w);
	free(j);
	free(e);
	return n / (now_s() - from_s);
}

/* ---- availability -------------------------------------------------------------------------------------- */

static double bare_query(void)
{
	double from_s = now_s();
	int64_t sum = 0;

	for (int64_t item = 1; item <= ITEMS; item++) {
		struct query q = db_query(db, "SELECT h.id, h.starts_s, h.ends_s, h.place_id, h.line_id, "
					      "m.inspect_s, b.place_id FROM hold h "
					      "JOIN item i ON i.id = h.item_id JOIN model m ON m.id = "
					      "i.model_id LEFT JOIN line l ON l.id = "
					      "h.line_id LEFT JOIN booking b ON b.id = l.booking_id WHERE "
					      "h.item_id = $1 AND h.starts_s >= $2 "
					      "AND h.starts_s < $3 ORDER BY h.starts_s");

		put_i64(&q, item);
		put_i64(&q, NOW - DAY);
		put_i64(&q, NOW + 31 * (int64_t)DAY);
		while (db_next(&q))
			sum += get_i64(&q) + get_i64(&q) + get_i64(&q);
		must(db_end(&q), "query");
	}
	return sum ? now_s() - from_s : 0;
}

static void ask(const struct found *f, struct thing *like, struct availability *out)
{
	struct availability_question a = {.terms = {.place_id = 1, .hub_id = 1, .now_s = NOW},
					  .duration_s = 7200};
	struct stay stays[AVAILABILITY_STAYS];
	struct hold_item item;
	struct thing v;

	a.terms.starts_s = NOW;
	a.terms.ends_s = NOW + 31 * (int64_t)DAY;
	must(thing_load_like(db, f->item_id, NOW, like->item_id ? like : NULL, &v), "thing");
	*like = v;
	item = hold_item_of(&v, NOW, &policy);
	must(hold_list(db, &item, NOW, a.terms.ends_s + DAY, stays, AVAILABILITY_STAYS, &a.n_stays), "holds");
	a.ways = item.ways;
	a.stays = stays;
	availability_tell(&a, &v, out);
}

static double whole_answer(size_t *changes)
{
	struct finder_filter f = {.family = "", .near_id = 1};
	struct thing like = {0};
	struct availability a;
	double from_s = now_s();
	struct found *found;
	size_t n;

	must(finder_list(db, &f, &found, &n), "find");
	*changes = 0;
	for (size_t i = 0; i < n; i++) {
		ask(&found[i], &like, &a);
		*changes += a.n_changes + a.n_starts;
	}
	finder_free(found);
	return now_s() - from_s;
}

/* The best of some rounds, the two sides in turn: what else runs on the machine falls on both. */
int main(int argc, char **argv)
{
	int64_t bookings = argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000;
	double bare = 0, whole = 0, query_s = 1e9, answer_s = 1e9;
	size_t changes = 0;

	if (argc < 2 || sodium_init() < 0)
		fatal("usage: bench_booking FOLDER [BOOKINGS]");
	open_world(argv[1], bookings);
	for (int i = 0; i < ROUNDS; i++) {
		double b = bare_inserts(TRIALS / ROUNDS), w = submissions(TRIALS / ROUNDS);
		double q = bare_query(), a = whole_answer(&changes);

		bare = b > bare ? b : bare;
		whole = w > whole ? w : whole;
		query_s = q < query_s ? q : query_s;
		answer_s = a < answer_s ? a : answer_s;
	}
	printf("booking, with %lld stored\n", (long long)bookings);
	printf("  bare insert in its own transaction    %8.0f a second\n", bare);
	printf("  booking checked and stored            %8.0f a second   %.2f of it; aim 0.60\n", whole,
	       whole / bare);
	printf("availability of %d items, 31 days, with %lld bookings stored\n", ITEMS, (long long)bookings);
	printf("  bare query of the same rows           %8.2f ms\n", query_s * 1000);
	printf("  changes and starts (%zu of them)    %8.2f ms         %.2f times it; aim at most 2\n",
	       changes, answer_s * 1000, answer_s / query_s);
	db_close(db);
	return 0;
}
