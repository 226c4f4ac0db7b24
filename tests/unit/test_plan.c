/* SPDX-License-Identifier: EUPL-1.2 */
/* links: whole:navette_service navette_daemon */
/* What grows for years is never walked from end to end: EXPLAIN QUERY PLAN of every SQL literal of the
 * service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/daemon/text.h"
#include "inventory-service/db.h"
#include "inventory-service/migrate.h"

/* Tables that grow with time, and the few statements that are meant to walk one: exports, checks, rebuilds.
 */
static const char *const growing[] = {"booking",         "line",    "hold",        "custody", "transfer",
				      "report",          "reading", "usage_slice", "event",   "audit",
				      "condition_report"};
static const char *const meant[] = {
	"FROM audit ORDER BY id",                          /* verify walks the chain */
	"SELECT DISTINCT device_id FROM reading",          /* rebuild */
	"SELECT b.id FROM booking b WHERE b.id > $1",      /* a page, by id */
	"WHERE t.id > $1",                                 /* a page, by id */
	"WHERE device_id IS NOT NULL ORDER BY id LIMIT 1", /* the oldest: the first that is met */
	"ORDER BY heard_ms DESC LIMIT 1 OFFSET",           /* as many as are kept, no more */
	"FROM event WHERE at_s < $1 ORDER BY id LIMIT",    /* a day's, the old ones first */
	"SELECT DISTINCT b.id FROM line l JOIN",           /* the bookings of one thing, a page */
};

static sqlite3 *raw;

static bool is_meant(const char *sql)
{
	for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++)
		if (strstr(sql, meant[i]))
			return true;
	return false;
}

/* "SCAN line" or "SCAN l" with l an alias of it. An index walked whole is a walk too. */
static bool walks(const char *sql, const char *step)
{
	char name[64], as[200];

	if (strstr(step, "INDEX line_item (item_id=?)")) /* all that a thing was ever lent for */
		return true;
	if (sscanf(step, "SCAN %63s", name) != 1)
		return false;
	for (size_t i = 0; i < sizeof growing / sizeof growing[0]; i++) {
		if (strcmp(name, growing[i]) == 0)
			return true;
		if ((str_format(as, sizeof as, "FROM %s %s ", growing[i], name) && strstr(sql, as)) ||
		    (str_format(as, sizeof as, "JOIN %s %s ", growing[i], name) && strstr(sql, as)))
			return true;
	}
	return false;
}

static int judge(const char *sql)
{
	char question[8000];
	sqlite3_stmt *stmt;
	int n = 0;

	if (is_meant(sql) || !str_format(question, sizeof question, "EXPLAIN QUERY PLAN %s", sql))
		return 0;
	if (sqlite3_prepare_v2(raw, question, -1, &stmt, NULL) != SQLITE_OK)
		return 0; /* what cannot be explained: PRAGMA, VACUUM */
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(stmt, 3);

		if (step && walks(sql, step)) {
			print_error("%s\n  in %s\n", step, sql);
			n++;
		}
	}
	sqlite3_finalize(stmt);
	return n;
}

static void no_statement_walks_what_grows(void **state)
{
	int n = 0;

	(void)state;
	for (size_t i = 0; i < db_literal_count(); i++)
		n += judge(db_literal(i));
	assert_int_equal(n, 0);
}

static void a_walk_is_seen(void **state)
{
	(void)state;
	assert_int_equal(judge("SELECT l.id FROM line l WHERE l.travel = 'fetch'"), 1);
	assert_int_equal(judge("SELECT id FROM hold WHERE until_s > 5"), 1);
	assert_int_equal(judge("SELECT id FROM hold WHERE item_id = 5"), 0);
	assert_int_equal(judge("SELECT id FROM line WHERE item_id = 5 AND state = 'on_loan'"), 1);
}

static int open_database(void **state)
{
	(void)state;
	return sqlite3_open(":memory:", &raw) != SQLITE_OK ||
	       sqlite3_exec(raw, migrate_script(0), NULL, NULL, NULL) != SQLITE_OK;
}

static int close_database(void **state)
{
	(void)state;
	return sqlite3_close(raw) != SQLITE_OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_statement_walks_what_grows),
		cmocka_unit_test(a_walk_is_seen),
	};

	return cmocka_run_group_tests(tests, open_database, close_database);
}
