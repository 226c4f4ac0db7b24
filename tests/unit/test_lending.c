/* SPDX-License-Identifier: EUPL-1.2 */
/* links: navette_service navette_daemon */
/* Bookings and loans where two acts meet: a submission that is over and not yet ended, and acts of one second
 * on one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "inventory-service/domain/lending/block.h"
#include "inventory-service/domain/lending/booking.h"
#include "inventory-service/domain/lending/loan.h"
#include "inventory-service/domain/lending/transfer.h"
#include "inventory-service/migrate.h"

#define NOW 1800000000
#define HOUR 3600
#define DAY 86400

static struct db *db;
static const struct actor who = {.channel = "api"};
static const struct lending_policy policy = {
	.fetch_lead_s = 7200, .option_s = 172800, .grace_s = 900, .recovery_s = 604800};
static struct lending l;

static int open_database(void **state)
{
	int64_t from;

	(void)state;
	l = (struct lending){.who = &who, .now_s = NOW, .policy = &policy};
	if (db_open(":memory:", DB_WRITER, &db) || migrate(db, &from))
		return 1;
	l.db = db;
	return db_script(
		db, "INSERT INTO place (id, name, created_s) VALUES (1, 'Maison', 0), (2, 'Nord', 0), (3, "
		    "'Sud', 0);"
		    "INSERT INTO model (id, name, family, transport_class, created_s) "
		    "VALUES (1, 'Prusa', 'Impression 3D', 'T2', 0);"
		    "INSERT INTO item (id, model_id, inventory_no, code, owner_place_id, home_place_id, "
		    "in_service_s, created_s) VALUES (1, 1, 'A-1', '0000017', 1, 1, 0, 0)");
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

static struct booking find(int64_t id)
{
	struct booking v;

	assert_int_equal(booking_find(&l, id, &v), OK);
	return v;
}

/* Item 1 for a place, [from, until) seconds after NOW. */
static struct booking book(int64_t place_id, int64_t from_s, int64_t until_s, bool is_option)
{
	struct wish w = {.place_id = place_id,
			 .starts_s = NOW + from_s,
			 .ends_s = NOW + until_s,
			 .is_option = is_option,
			 .n = 1,
			 .lines = {{.item_id = 1}}};
	struct judgement j;
	struct edit e = {0};
	int64_t id;

	assert_int_equal(booking_create(&l, &w, &j, &id, &e), OK);
	return find(id);
}

static struct loan_act at(int64_t effective_s)
{
	return (struct loan_act){.condition = "good", .note = "", .name = "", .effective_s = effective_s};
}

static enum err hand_over(int64_t id, int64_t effective_s)
{
	struct booking b = find(id);
	struct loan_act act = at(effective_s);
	struct hold_conflicts c;
	struct edit e = {0};

	return loan_hand_over(&l, &b, &b.lines[0], &act, &c, &e);
}

static enum err take_back(int64_t id, int64_t effective_s)
{
	struct booking b = find(id);
	struct loan_act act = at(effective_s);
	struct edit e = {0};

	return loan_take_back(&l, &b, &b.lines[0], &act, &e);
}

static enum err undo(int64_t id)
{
	struct booking b = find(id);
	struct hold_conflicts c;
	struct edit e = {0};

	return loan_undo(&l, &b, &b.lines[0], &c, &e);
}

static void one_custodian(int64_t line_id)
{
	assert_int_equal(COUNT("SELECT count(*) FROM custody WHERE until_s IS NULL"), 1);
	assert_int_equal(COUNT("SELECT coalesce(line_id, 0) FROM custody WHERE until_s IS NULL"), line_id);
	assert_int_equal(COUNT("SELECT count(*) FROM line WHERE state = 'on_loan'"), line_id != 0);
	assert_int_equal(COUNT("SELECT count(*) FROM custody c JOIN custody d ON d.item_id = c.item_id AND "
			       "d.id = (SELECT min(id) FROM custody WHERE id > c.id) WHERE c.until_s <> "
			       "d.from_s"),
			 0);
}

/* ---- what is over -------------------------------------------------------------------------------------- */

static void a_submission_that_is_over_is_not_acted_upon(void **state)
{
	struct booking b = book(2, 5 * DAY, 6 * DAY, true);
	struct booking_rights everything = {.may_approve = {true}, .is_requester_side = true};
	struct judgement j;
	struct edit e = {0};
	struct wish w;

	(void)state;
	assert_string_equal(b.state, "submitted");
	l.now_s = b.expires_s;
	booking_wish(&b, &w);
	w.ends_s += HOUR;
	assert_int_equal(booking_extend(&l, &b, b.ends_s + HOUR, &j, &e), ERR_STATE);
	assert_int_equal(booking_move(&l, &b, &w, &everything, &j, &e), ERR_STATE);
	assert_int_equal(booking_cancel(&l, &b, "", &e), ERR_STATE);
	assert_int_equal(booking_reject(&l, &b, &everything, "", &e), ERR_STATE);
	assert_int_equal(booking_confirm(&l, &b, &everything, &e), ERR_STATE);
	assert_int_equal(loan_release(&l, &b, &b.lines[0], &e), ERR_STATE);
	assert_int_equal(booking_expire(&l), OK);
	assert_string_equal(find(b.id).state, "expired");
	assert_int_equal(COUNT("SELECT count(*) FROM hold"), 0);
}

/* A confirmed stay beside a submission of the same place that is over. */
static void what_is_over_is_in_nobodys_way(void **state)
{
	struct booking b = book(1, 3 * DAY, 4 * DAY, false), over = book(1, 2 * DAY + HOUR, 3 * DAY, true);

	(void)state;
	l.now_s = over.expires_s + HOUR;
	assert_int_equal(hand_over(b.id, l.now_s), OK); /* early, into its time */
	one_custodian(b.lines[0].id);
	assert_int_equal(COUNT("SELECT count(*) FROM hold"), 1);
	assert_string_equal(find(over.id).state, "expired");
}

/* With margins: the place is not its home, and what follows in time is over. */
static void each_end_of_a_stay_passes_what_is_over(void **state)
{
	struct booking first = book(2, 3 * DAY, 4 * DAY, false),
		       over = book(2, 4 * DAY, 4 * DAY + HOUR, true),
		       last = book(2, 4 * DAY + HOUR, 5 * DAY, false);
	struct edit e = {0};

	(void)state;
	l.now_s = over.expires_s;
	assert_int_equal(booking_cancel(&l, &last, "", &e), OK);
	assert_int_equal(COUNT("SELECT count(*) FROM hold"), 1);
	assert_string_equal(find(over.id).state, "expired");
	assert_int_equal(COUNT("SELECT until_s FROM hold"), first.ends_s + 7200);
}

static void a_block_that_ends_passes_what_is_over(void **state)
{
	struct booking over = book(2, 3 * DAY, 4 * DAY, true);
	struct block block = {.item_id = 1, .reason = "panne", .starts_s = NOW + 4 * DAY + 7200};
	struct hold_conflicts c;
	struct edit e = {0};

	(void)state;
	assert_int_equal(block_create(&l, &block, &c, &e), OK);
	l.now_s = over.expires_s;
	e = (struct edit){0};
	assert_int_equal(block_end(&l, &block, &e), OK);
	assert_int_equal(COUNT("SELECT count(*) FROM hold"), 0);
}

/* ---- acts of one second -------------------------------------------------------------------------------- */

static void a_take_back_is_not_undone_under_the_next_borrower(void **state)
{
	struct booking a = book(1, 0, HOUR, false), b = book(1, HOUR, 2 * HOUR, false);

	(void)state;
	assert_int_equal(hand_over(a.id, NOW), OK);
	l.now_s = NOW + HOUR;
	assert_int_equal(take_back(a.id, l.now_s), OK);
	assert_int_equal(hand_over(b.id, l.now_s), OK);
	assert_int_equal(undo(a.id), ERR_STATE);
	one_custodian(b.lines[0].id);
	assert_int_equal(take_back(b.id, l.now_s), OK);
	assert_int_equal(undo(a.id), ERR_STATE);
	assert_int_equal(undo(b.id), OK);
	one_custodian(b.lines[0].id);
	assert_int_equal(undo(b.id), OK);
	assert_int_equal(undo(a.id), OK);
	one_custodian(a.lines[0].id);
	assert_int_equal(undo(a.id), ERR_STATE); /* an hour ago */
}

static void one_of_two_wins(void **state)
{
	struct booking a = book(1, 0, HOUR, false);

	(void)state;
	assert_int_equal(hand_over(a.id, NOW), OK);
	assert_int_equal(hand_over(a.id, NOW), ERR_STATE);
	assert_int_equal(take_back(a.id, NOW), OK);
	assert_int_equal(take_back(a.id, NOW), ERR_STATE);
	assert_int_equal(undo(a.id), OK);
	assert_int_equal(undo(a.id), OK);
	assert_int_equal(undo(a.id), ERR_STATE);
	assert_int_equal(COUNT("SELECT count(*) FROM custody"), 0);
}

/* ---- what takes time ------------------------------------------------------------------------------------
 */

static void a_refusal_is_searched_for_another_start_apart_from_the_act(void **state)
{
	struct booking first = book(1, HOUR, 2 * HOUR, false);
	struct wish w;
	struct judgement j;
	struct edit e = {0};
	int64_t id;

	(void)state;
	booking_wish(&first, &w);
	w.moved_booking_id = w.moved_line_ids[0] = 0;
	assert_int_equal(booking_create(&l, &w, &j, &id, &e), ERR_OVERLAP);
	assert_int_equal(j.earliest_s, -1);
	assert_int_equal(wish_search(&l, &w, &j), OK);
	assert_int_equal(j.refusal, ERR_OVERLAP);
	assert_int_equal(j.earliest_s, first.ends_s);
}

/* ---- where a stay begins ------------------------------------------------------------------------------- */

/* The first transfer of a line leaves. */
static void dispatch(int64_t line_id)
{
	struct transfer_filter f = {.line_id = line_id, .open_only = true, .state = "", .limit = 1};
	struct query q = transfer_list(db, &f);
	struct transfer t = {0};
	struct edit e = {0};

	while (transfer_next(&q, &t))
		;
	assert_int_equal(db_end(&q), OK);
	assert_int_equal(transfer_dispatch(&l, &t, l.now_s, &e), OK);
}

static enum err lose(int64_t id)
{
	struct booking b = find(id);
	struct edit e = {0};

	return loan_declare_lost(&l, &b, &b.lines[0], "perdu", &e);
}

/* It was never handed over: its stay is the booking's, not one since ever. */
static void what_is_lost_on_its_way_keeps_no_more_than_its_own_time(void **state)
{
	struct booking before = book(1, 0, HOUR, false), b = book(2, 5 * HOUR, 9 * HOUR, false);

	(void)state;
	assert_int_equal(hand_over(before.id, NOW), OK);
	l.now_s = NOW + HOUR;
	assert_int_equal(take_back(before.id, l.now_s), OK);
	l.now_s = NOW + 3 * HOUR;
	dispatch(b.lines[0].id);
	l.now_s = NOW + 6 * HOUR;
	assert_int_equal(lose(b.id), OK);
	assert_string_equal(find(b.id).lines[0].state, "lost");
	assert_int_equal(COUNT("SELECT count(*) FROM hold"), 2);
	assert_int_equal(COUNT("SELECT starts_s FROM hold ORDER BY starts_s DESC LIMIT 1"), b.starts_s);
	assert_int_equal(COUNT("SELECT ends_s FROM hold ORDER BY starts_s DESC LIMIT 1"), l.now_s);
}

static void what_is_lost_before_its_time_has_no_stay(void **state)
{
	struct booking b = book(2, 5 * HOUR, 9 * HOUR, false);

	(void)state;
	l.now_s = NOW + 3 * HOUR;
	dispatch(b.lines[0].id);
	assert_int_equal(lose(b.id), OK);
	assert_int_equal(COUNT("SELECT count(*) FROM hold"), 0);
}

static void a_longer_loan_still_began_when_it_was_handed_over(void **state)
{
	struct booking b = book(1, 5 * HOUR, 9 * HOUR, false);
	struct judgement j;
	struct edit e = {0};

	(void)state;
	assert_int_equal(hand_over(b.id, NOW), OK); /* early */
	b = find(b.id);
	assert_int_equal(booking_extend(&l, &b, NOW + 10 * HOUR, &j, &e), OK);
	assert_int_equal(COUNT("SELECT starts_s FROM hold"), NOW);
	assert_int_equal(COUNT("SELECT ends_s FROM hold"), NOW + 10 * HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_database, close_database)
		TEST(a_submission_that_is_over_is_not_acted_upon),
		TEST(what_is_over_is_in_nobodys_way),
		TEST(each_end_of_a_stay_passes_what_is_over),
		TEST(a_block_that_ends_passes_what_is_over),
		TEST(a_take_back_is_not_undone_under_the_next_borrower),
		TEST(one_of_two_wins),
		TEST(a_refusal_is_searched_for_another_start_apart_from_the_act),
		TEST(what_is_lost_on_its_way_keeps_no_more_than_its_own_time),
		TEST(what_is_lost_before_its_time_has_no_stay),
		TEST(a_longer_loan_still_began_when_it_was_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
