/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The only door to the database: one connection, prepared statements, the query cursor.
 *
 *   struct query q = db_query(db, "SELECT id, name FROM place WHERE hub_id = $1");
 *   put_i64(&q, hub_id);
 *   while (db_next(&q)) { id = get_i64(&q); get_text(&q, name, sizeof name); }
 *   err = db_end(&q);
 *
 * SQL is a literal: the macro refuses anything else, remembers it for the test that prepares every statement,
 * and keys the cache of prepared statements by its address. Parameters are $1, $2 … bound in order; columns
 * are read in order. The cursor is sticky: the first failure is what db_end returns. Every cursor is ended.
 */
#ifndef NAVETTE_DB_H
#define NAVETTE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/text.h"
#include "inventory-service/err.h"

struct db;
struct sqlite3_stmt;

struct query {
	struct db *db;
	struct sqlite3_stmt *stmt;
	const char *sql; /* the literal: its cache key */
	bool is_copy;    /* of a statement already in use; finalised at the end */
	int next_param;
	int next_column;
	enum err err;
	bool done;
};

#define db_query(db, sql)                                                                             \
	__extension__({                                                                               \
		static const char *const sql_literal_ __attribute__((section("navette_sql"), used)) = \
			"" sql;                                                                       \
		db_query_literal(db, sql_literal_);                                                   \
	})
struct query db_query_literal(struct db *db, const char *sql);

void put_i64(struct query *q, int64_t v);
void put_id(struct query *q, int64_t id);             /* 0: NULL */
void put_opt(struct query *q, bool known, int64_t v); /* unknown: NULL */
void put_f64(struct query *q, double v);
void put_text(struct query *q, const char *v); /* NULL: NULL; must live until db_end */
void put_blob(struct query *q, const void *v, size_t len);
void put_null(struct query *q);

bool db_next(struct query *q);               /* a row is there */
int64_t get_i64(struct query *q);            /* NULL: 0 */
int64_t get_id(struct query *q);             /* NULL: 0 */
bool get_opt(struct query *q, int64_t *out); /* false, *out untouched: NULL */
double get_f64(struct query *q);
void get_text(struct query *q, char *out, size_t size); /* NULL: ""; longer than size fails the cursor */
void get_blob(struct query *q, void *out, size_t size, size_t *len);
bool get_is_null(const struct query *q); /* of the next column, without taking it */

/* Resets the statement and returns the first error of the cursor. ERR_EXISTS: a unique key; ERR_REFERENCE: a
 * foreign key; ERR_STATE: a trigger refused (RAISE); ERR_STORAGE_FULL; ERR_STORAGE: anything else of the
 * disk. */
MUST_CHECK enum err db_end(struct query *q);
/* A statement without rows to read: steps to the end and ends. */
MUST_CHECK enum err db_run(struct query *q);
/* Rows changed by the last INSERT, UPDATE or DELETE. */
int64_t db_changes(const struct db *db);

/* Doors only. db_commit returns OK only after the WAL is synced (synchronous=FULL on a writer). */
enum db_mode { DB_WRITER, DB_READER };
MUST_CHECK enum err db_open(const char *path, enum db_mode mode, struct db **out);
void db_close(struct db *db);                /* accepts NULL */
MUST_CHECK enum err db_begin(struct db *db); /* writer: BEGIN IMMEDIATE; reader: BEGIN */
MUST_CHECK enum err db_commit(struct db *db);
void db_rollback(struct db *db); /* harmless outside a transaction */
/* Copies the WAL into the database, by the writer between transactions; false where a reader keeps a part of
 * it. */
bool db_checkpoint(struct db *db);
int db_wal_pages(const struct db *db); /* not yet copied, as of the last commit or checkpoint */
/* Migration and tests: runs a script; tables exist? */
MUST_CHECK enum err db_script(struct db *db, const char *sql);
/* Online copy of the whole database into a new file (SQLite backup API); refuses an existing file. */
MUST_CHECK enum err db_backup(struct db *db, const char *path);
/* integrity_check and foreign_key_check: the number of complaints, the first in why. */
int64_t db_check(struct db *db, char *why, size_t why_size);
/* For the test that prepares all of them. */
size_t db_literal_count(void);
const char *db_literal(size_t i);
MUST_CHECK enum err db_try_prepare(struct db *db, const char *sql, char *why, size_t why_size);

#endif
