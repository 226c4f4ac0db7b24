/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* From slices and spans to rows of hours: classes, coverage, days of 23 and 25 hours, grouping, limits. */
#include "inventory-service/domain/evidence/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/domain/evidence/usage_report_rules.h"
#include "inventory-service/domain/stock/calendar_rules.h"
#include "inventory-service/migrate.h"

#define H 3600
#define D 86400
#define DAY0 1795561200 /* 2026-11-25, local midnight: 23:00 UTC of the 24th */

static struct db *db;

static const char world[] =
	"INSERT INTO hub (id, name, created_s) VALUES (1, 'Nord', 0), (2, 'Sud', 0);"
	"INSERT INTO place (id, name, created_s) VALUES (3, 'EPN', 0), (4, 'Fablab', 0);"
	"INSERT INTO model (id, name, family, transport_class, evidence_policy, created_s) VALUES "
	"(7, 'M', 'F', 'T2', 'power', 0), (8, 'N', 'F', 'T2', 'power_or_motion', 0);"
	"INSERT INTO gateway (id, gw, name, place_id, mac_key, created_s) VALUES (1, 'g', 'G', 3, x'00', 0);"
	"INSERT INTO device (id, kind, gateway_id, name, created_s) VALUES (21, 'meter', 1, 'a', 0), (22, "
	"'meter', 1, 'b', "
	"0);"
	"INSERT INTO device (id, kind, address, created_s) VALUES (31, 'ble', 'c098e5000001', 0), "
	"(32, 'ble', 'c098e5000002', 0);"
	"INSERT INTO item (id, model_id, inventory_no, owner_place_id, home_place_id, in_service_s, code, "
	"created_s) "
	"VALUES (10, 7, 'A', 3, 3, 1790000000, '0000000', 0), (11, 8, 'B', 4, 4, 1790000000, '0000016', 0), "
	"(12, 7, 'C', 3, 3, 1790000000, '000002C', 0);";

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

/* Device to item, from and until in seconds (0: still), with one epoch heard over the given span. */
static void bind(int64_t id, int64_t device_id, int64_t item_id, int64_t from_s, int64_t until_s)
{
	struct query q =
		db_query(db, "INSERT INTO binding (id, device_id, item_id, is_meter, from_ms, until_ms) "
			     "VALUES ($1, $2, $3, $4, $5, $6)");

	put_i64(&q, id);
	put_i64(&q, device_id);
	put_i64(&q, item_id);
	put_i64(&q, device_id < 30);
	put_i64(&q, from_s * 1000);
	put_opt(&q, until_s != 0, until_s * 1000);
	assert_int_equal(db_run(&q), OK);
}

static void epoch(int64_t device_id, int64_t no, int64_t first_s, int64_t last_s)
{
	struct query q =
		db_query(db, "INSERT INTO counter_epoch (device_id, no, epoch, counter_max, counter_max_ms, "
			     "first_ms, last_ms) VALUES ($1, $2, $2, 0, 0, $3, $4)");

	put_i64(&q, device_id);
	put_i64(&q, no);
	put_i64(&q, first_s * 1000);
	put_i64(&q, last_s * 1000);
	assert_int_equal(db_run(&q), OK);
}

static void slice(int64_t binding_id, int64_t hour_s, int64_t active_s, int64_t bounded_s)
{
	struct query q = db_query(db, "INSERT INTO usage_slice (binding_id, hour_s, active_s, bounded_s) "
				      "VALUES ($1, $2, $3, $4)");

	put_i64(&q, binding_id);
	put_i64(&q, hour_s);
	put_i64(&q, active_s);
	put_i64(&q, bounded_s);
	assert_int_equal(db_run(&q), OK);
}

static struct usage_report asked(struct usage_query q)
{
	struct usage_report r;

	q.from_s = q.from_s ? q.from_s : DAY0;
	q.until_s = q.until_s ? q.until_s : DAY0 + D;
	q.now_s = q.now_s ? q.now_s : DAY0 + 100 * D;
	assert_int_equal(usage_report(db, &q, &r), OK);
	return r;
}

static struct usage_row only_row(struct usage_query q)
{
	struct usage_report r = asked(q);
	struct usage_row row;

	assert_int_equal(r.n, 1);
	row = r.rows[0];
	usage_free(&r);
	return row;
}

/* ---- rules --------------------------------------------------------------------------------------------- */

static struct usage_retained judged(int64_t a_s, int64_t a_covered_s, int64_t b_s, int64_t b_covered_s,
				    bool motion)
{
	struct usage_day d = {.custody_s = D, .motion_is_use = motion};

	d.by[USAGE_A] = (struct usage_measure){a_s >= 0, a_s < 0 ? 0 : a_s, 1, a_covered_s};
	d.by[USAGE_B] = (struct usage_measure){b_s >= 0, b_s < 0 ? 0 : b_s, 2, b_covered_s};
	return usage_retain(&d);
}

static void a_counts_where_the_day_is_covered(void **state)
{
	(void)state;
	assert_int_equal(judged(100, D * 8 / 10, 900, D, true).retained_s, 100);
	assert_int_equal(judged(100, D * 8 / 10 - 1, 900, D, true).retained_s, 900);
	assert_int_equal(judged(100, D * 8 / 10 - 1, 900, D, false).retained_s, 100);
	assert_int_equal(judged(100, 0, 50, 0, true).retained_s, 100); /* the larger, never the sum */
	assert_int_equal(judged(100, 0, 500, 0, true).retained_s, 500);
}

static void motion_is_use_only_where_the_model_says_so(void **state)
{
	(void)state;
	assert_true(judged(-1, 0, 500, D, true).is_known);
	assert_int_equal(judged(-1, 0, 500, D, true).retained_s, 500);
	assert_int_equal(judged(-1, 0, 500, D, true).bounded_s, 2);
	assert_false(judged(-1, 0, 500, D, false).is_known);
	assert_int_equal(judged(-1, 0, 500, D, false).retained_s, 0);
	assert_false(judged(-1, 0, -1, 0, true).is_known);
}

static void spans_that_overlap_cover_once(void **state)
{
	static const struct usage_span spans[] = {
		{0, 100, USAGE_A},   {50, 150, USAGE_B},  {60, 90, USAGE_A},
		{140, 200, USAGE_A}, {300, 400, USAGE_A},
	};
	const unsigned a = 1u << USAGE_A, b = 1u << USAGE_B;

	(void)state;
	assert_int_equal(usage_covered_ms(spans, 5, a | b, 0, 1000), 300);
	assert_int_equal(usage_covered_ms(spans, 5, a, 0, 1000), 260);
	assert_int_equal(usage_covered_ms(spans, 5, b, 0, 1000), 100);
	assert_int_equal(usage_covered_ms(spans, 5, a, 95, 145), 10);
	assert_int_equal(usage_covered_ms(spans, 5, a | b, 200, 300), 0);
	assert_int_equal(usage_covered_ms(NULL, 0, a, 0, 10), 0);
}

/* Any spans, any window: the sum over each millisecond tells the same. */
static void coverage_agrees_with_counting_each_instant(void **state)
{
	unsigned seed = 12345;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 2000; round++) {
		struct usage_span spans[8];
		int64_t from = rand() % 50, until = from + rand() % 50, want = 0, at = 0;

		for (int i = 0; i < 8; i++, at += rand() % 12)
			spans[i] = (struct usage_span){at, at + rand() % 30, rand() % 2 ? USAGE_A : USAGE_B};
		for (int64_t t = from; t < until; t++) {
			bool in = false;

			for (int i = 0; i < 8; i++)
				in |= spans[i].by == USAGE_A && spans[i].from_ms <= t &&
				      t < spans[i].until_ms;
			want += in;
		}
		assert_int_equal(usage_covered_ms(spans, 8, 1u << USAGE_A, from, until), want);
	}
}

/* ---- the report ---------------------------------------------------------------------------------------- */

static void what_has_no_device_is_not_measured_and_still_available(void **state)
{
	struct usage_row row = only_row((struct usage_query){.item_id = 12, .groups = USAGE_BY_ITEM});

	(void)state;
	assert_int_equal(row.key.item_id, 12);
	assert_int_equal(row.custody_s, D);
	assert_false(row.has_a || row.has_b || row.is_retained);
}

static void a_meters_seconds_are_retained(void **state)
{
	struct usage_row row;

	(void)state;
	bind(1, 21, 10, DAY0 - D, 0);
	epoch(21, 1, DAY0 - D, DAY0 + 18 * H);
	slice(1, DAY0 - H, 999, 0); /* the day before */
	slice(1, DAY0, 600, 0);
	slice(1, DAY0 + 23 * H, 1200, 300);
	slice(1, DAY0 + 24 * H, 888, 0); /* the day after */
	row = only_row((struct usage_query){.item_id = 10});
	assert_true(row.has_a);
	assert_false(row.has_b);
	assert_int_equal(row.measured_a_s, 1800);
	assert_int_equal(row.bounded_s, 300);
	assert_true(row.is_retained);
	assert_int_equal(row.retained_s, 1800);
	assert_int_equal(row.covered_s, 18 * H);
	assert_int_equal(row.custody_s, 24 * H);
}

static void coverage_has_the_gap_between_two_epochs_and_ends_with_the_binding(void **state)
{
	struct usage_row row;

	(void)state;
	bind(1, 21, 10, DAY0 + 2 * H, DAY0 + 20 * H);
	epoch(21, 1, DAY0, DAY0 + 6 * H);
	epoch(21, 2, DAY0 + 8 * H, DAY0 + 30 * H);
	bind(2, 31, 10, DAY0, 0); /* a tag covers part of the gap */
	epoch(31, 1, DAY0 + 5 * H, DAY0 + 7 * H);
	row = only_row((struct usage_query){.item_id = 10});
	assert_int_equal(row.covered_s, (4 + 1 + 12) * H);
	assert_true(row.has_a && row.has_b);
}

static void nothing_is_held_in_the_future_before_service_or_after_retirement(void **state)
{
	struct usage_row row = only_row((struct usage_query){.item_id = 12, .now_s = DAY0 + 5 * H});
	struct usage_report none;

	(void)state;
	assert_int_equal(row.custody_s, 5 * H);
	assert_int_equal(db_script(db, "UPDATE item SET in_service_s = 1795568400, retired_s = 1795575600 "
				       "WHERE id = 12"),
			 OK); /* two hours after DAY0, four hours after */
	assert_int_equal(only_row((struct usage_query){.item_id = 12}).custody_s, 2 * H);
	none = asked((struct usage_query){.item_id = 12, .from_s = DAY0 + D, .until_s = DAY0 + 2 * D});
	assert_int_equal(none.n, 0);
	usage_free(&none);
}

static void days_are_local_and_have_23_or_25_hours(void **state)
{
	int64_t march = calendar_day_start_s((struct calendar_date){2027, 3, 28});
	int64_t october = calendar_day_start_s((struct calendar_date){2027, 10, 31});
	struct usage_report r;

	(void)state;
	bind(1, 21, 10, DAY0, 0);
	slice(1, march - H, 1, 0);
	slice(1, march, 10, 0);
	slice(1, march + 22 * H, 100, 0);
	slice(1, march + 23 * H, 1000, 0);
	r = asked((struct usage_query){.item_id = 10,
				       .groups = USAGE_BY_DAY,
				       .from_s = march - D,
				       .until_s = march + 2 * D,
				       .now_s = march + 9 * D});
	assert_int_equal(r.n, 4);
	assert_int_equal(r.rows[0].key.day, 20270327);
	assert_int_equal(r.rows[0].measured_a_s, 1);
	assert_int_equal(r.rows[1].key.day, 20270328);
	assert_int_equal(r.rows[1].custody_s, 23 * H);
	assert_int_equal(r.rows[1].measured_a_s, 110);
	assert_int_equal(r.rows[2].measured_a_s, 1000);
	usage_free(&r);
	r = asked((struct usage_query){.item_id = 10,
				       .groups = USAGE_BY_DAY,
				       .from_s = october,
				       .until_s = october + 25 * H,
				       .now_s = october + 9 * D});
	assert_int_equal(r.n, 1);
	assert_int_equal(r.rows[0].custody_s, 25 * H);
	usage_free(&r);
}

static void months_and_places_add_up_to_the_whole(void **state)
{
	struct usage_report r;
	struct usage_row whole;
	int64_t total = 0, custody = 0;

	(void)state;
	bind(1, 21, 10, DAY0, 0);
	bind(2, 31, 11, DAY0, 0);
	for (int d = 0; d < 40; d++) {
		slice(1, DAY0 + d * D + 9 * H, 100 + d, 0);
		slice(2, DAY0 + d * D + 9 * H, 7, 0);
	}
	r = asked((struct usage_query){.groups = USAGE_BY_PLACE | USAGE_BY_MONTH, .until_s = DAY0 + 40 * D});
	assert_int_equal(r.n, 6); /* two places, November, December, January */
	assert_int_equal(r.rows[0].key.place_id, 3);
	assert_int_equal(r.rows[0].key.month, 202611);
	assert_int_equal(r.rows[5].key.place_id, 4);
	assert_int_equal(r.rows[5].key.month, 202701);
	for (size_t i = 0; i < r.n; i++) {
		total += r.rows[i].measured_a_s + r.rows[i].measured_b_s;
		custody += r.rows[i].custody_s;
	}
	usage_free(&r);
	whole = only_row((struct usage_query){.until_s = DAY0 + 40 * D});
	assert_int_equal(total, 40 * 100 + 39 * 40 / 2 + 40 * 7);
	assert_int_equal(whole.measured_a_s + whole.measured_b_s, total);
	assert_int_equal(whole.custody_s, custody);
	assert_int_equal(whole.custody_s, 3 * 40 * D);
	assert_int_equal(whole.retained_s, total); /* the tag's item is of a model where motion is use */
}

/* ---- who had it, who booked it ------------------------------------------------------------------------- */

/* Item 10, at home in 3, is lent to 4 from 8 to 16 h of the first day; booked from 8 to 18 h. */
static void lend(void)
{
	long long eight = DAY0 + 8 * H, four = DAY0 + 16 * H, six = DAY0 + 18 * H;
	char sql[900];

	snprintf(sql, sizeof sql,
		 "INSERT INTO booking (id, place_id, state, starts_s, ends_s, created_s) VALUES "
		 "(1, 4, 'active', %lld, %lld, 0);"
		 "INSERT INTO line (id, booking_id, item_id, model_id, is_any, travel, state, approval, "
		 "due_s) "
		 "VALUES (1, 1, 10, 7, 0, 'fetch', 'on_loan', 'nobody', 0);"
		 "INSERT INTO hold (item_id, starts_s, ends_s, from_s, until_s, place_id, line_id) "
		 "VALUES (10, %lld, %lld, %lld, %lld, 4, 1);"
		 "INSERT INTO custody (item_id, from_s, until_s, place_id, at_place_id, line_id) "
		 "VALUES (10, %lld, %lld, 4, 4, 1), (10, %lld, NULL, 3, 3, NULL);",
		 eight, six, eight, six, eight, six, eight, four, four);
	assert_int_equal(db_script(db, sql), OK);
}

static void hours_go_to_who_had_it_and_to_who_booked_it(void **state)
{
	struct usage_row home, guest, whole;

	(void)state;
	lend();
	bind(1, 21, 10, DAY0, 0);
	epoch(21, 1, DAY0, DAY0 + 2 * D);
	slice(1, DAY0 + 6 * H, 600, 0);  /* at home, before */
	slice(1, DAY0 + 9 * H, 1800, 0); /* with who booked */
	slice(1, DAY0 + 17 * H, 60, 0);  /* back early: booked, and at home */
	slice(1, DAY0 + 20 * H, 5, 0);   /* at home, after */
	whole = only_row((struct usage_query){.item_id = 10});
	home = only_row((struct usage_query){.item_id = 10, .place_id = 3});
	guest = only_row((struct usage_query){.item_id = 10, .place_id = 4});
	assert_int_equal(whole.retained_s, 2465);
	assert_int_equal(whole.on_site_s, 605);
	assert_int_equal(whole.booked_s, 10 * H);
	assert_int_equal(home.custody_s, 16 * H);
	assert_int_equal(home.retained_s, 665);
	assert_int_equal(home.on_site_s, 605);
	assert_int_equal(home.booked_s, 0);
	assert_int_equal(guest.custody_s, 8 * H);
	assert_int_equal(guest.retained_s, 1800);
	assert_int_equal(guest.on_site_s, 0);
	assert_int_equal(guest.booked_s, 10 * H);
}

static void an_hour_in_two_hands_is_shared_to_the_second(void **state)
{
	struct usage_row home, guest;

	(void)state;
	lend();
	assert_int_equal(db_script(db, "UPDATE custody SET from_s = from_s + 900 WHERE place_id = 4;"
				       "UPDATE hold SET starts_s = starts_s + 900, from_s = from_s + 900"),
			 OK);
	bind(1, 21, 10, DAY0, 0);
	slice(1, DAY0 + 8 * H, 1001, 0);
	home = only_row((struct usage_query){.item_id = 10, .place_id = 3});
	guest = only_row((struct usage_query){.item_id = 10, .place_id = 4});
	assert_int_equal(home.measured_a_s, 250);
	assert_int_equal(guest.measured_a_s, 751);
	assert_int_equal(home.on_site_s + guest.on_site_s, 250);
}

static void hours_stay_with_the_hub_of_their_day(void **state)
{
	struct usage_report r;

	(void)state;
	assert_int_equal(db_script(db, "INSERT INTO hub_member (place_id, hub_id, from_s, until_s) VALUES "
				       "(3, 1, 1790000000, 1795647600), (3, 2, 1795647600, NULL)"),
			 OK); /* DAY0 + D */
	bind(1, 21, 10, DAY0, 0);
	slice(1, DAY0 + H, 5, 0);
	slice(1, DAY0 + D + H, 50, 0);
	r = asked((struct usage_query){.item_id = 10, .groups = USAGE_BY_HUB, .until_s = DAY0 + 2 * D});
	assert_int_equal(r.n, 2);
	assert_int_equal(r.rows[0].key.hub_id, 1);
	assert_int_equal(r.rows[0].measured_a_s, 5);
	assert_int_equal(r.rows[1].key.hub_id, 2);
	assert_int_equal(r.rows[1].measured_a_s, 50);
	usage_free(&r);
	assert_int_equal(only_row((struct usage_query){.hub_id = 2, .until_s = DAY0 + 2 * D}).measured_a_s,
			 50);
}

static void filters_are_those_of_the_items(void **state)
{
	(void)state;
	assert_int_equal(only_row((struct usage_query){.place_id = 3}).custody_s, 2 * D);
	assert_int_equal(only_row((struct usage_query){.model_id = 8}).custody_s, D);
	assert_int_equal(
		only_row((struct usage_query){.model_id = 7, .place_id = 3, .item_id = 12}).custody_s, D);
	assert_int_equal(only_row((struct usage_query){0}).custody_s, 3 * D);
}

static void an_answer_that_would_be_too_large_is_refused(void **state)
{
	struct usage_query q = {.from_s = DAY0,
				.until_s = DAY0 + 430 * (int64_t)D,
				.now_s = DAY0 + 500 * (int64_t)D,
				.groups = USAGE_BY_ITEM | USAGE_BY_DAY};
	struct usage_report r = {0};

	(void)state;
	assert_int_equal(
		db_script(db,
			  "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
			  "INSERT INTO item (model_id, inventory_no, owner_place_id, home_place_id, "
			  "in_service_s, code, created_s) SELECT 7, 'X' || i, 3, 3, 0, "
			  "printf('%07d', i + 100000), 0 FROM n"),
		OK);
	assert_int_equal(usage_report(db, &q, &r), ERR_RANGE);
	assert_null(r.rows);
	q.groups = USAGE_BY_ITEM | USAGE_BY_MONTH;
	assert_int_equal(usage_report(db, &q, &r), OK);
	assert_int_equal(r.n, 203 * 15);
	usage_free(&r);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_database, close_database)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counts_where_the_day_is_covered),
		cmocka_unit_test(motion_is_use_only_where_the_model_says_so),
		cmocka_unit_test(spans_that_overlap_cover_once),
		cmocka_unit_test(coverage_agrees_with_counting_each_instant),
		T(what_has_no_device_is_not_measured_and_still_available),
		T(a_meters_seconds_are_retained),
		T(coverage_has_the_gap_between_two_epochs_and_ends_with_the_binding),
		T(nothing_is_held_in_the_future_before_service_or_after_retirement),
		T(days_are_local_and_have_23_or_25_hours),
		T(months_and_places_add_up_to_the_whole),
		T(hours_go_to_who_had_it_and_to_who_booked_it),
		T(an_hour_in_two_hands_is_shared_to_the_second),
		T(hours_stay_with_the_hub_of_their_day),
		T(filters_are_those_of_the_items),
		T(an_answer_that_would_be_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
