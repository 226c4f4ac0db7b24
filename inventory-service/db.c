/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The database door. One `struct db` is one SQLite connection used by one thread at a time.
 *
 * Statements are prepared once and kept, keyed by the address of their literal: two sites with the same text
 * have two entries, which is cheaper than comparing texts. A statement that is in use (a cursor inside a
 * cursor over the same literal) gets a second copy for that one use.
 *
 * SQL that does not prepare is a bug: fatal(). What the disk or the data refuse is an error of the cursor.
 */
#include "inventory-service/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/daemon/log.h"

#define CACHE_SLOTS 1024u /* a power of two, well over the number of literals */
#define BUSY_MS 5000

struct cached {
	const char *sql;
	sqlite3_stmt *stmt;
	bool in_use;
};

struct db {
	sqlite3 *handle;
	enum db_mode mode;
	bool in_transaction;
	int wal_pages;
	int n_open; /* cursors started and not ended */
	struct cached cache[CACHE_SLOTS];
};

/* The literals of the whole program, gathered by the linker. */
extern const char *const __start_navette_sql[] __attribute__((weak));
extern const char *const __stop_navette_sql[] __attribute__((weak));

size_t db_literal_count(void)
{
	return __start_navette_sql ? (size_t)(__stop_navette_sql - __start_navette_sql) : 0;
}

const char *db_literal(size_t i)
{
	return __start_navette_sql[i];
}

/* SQLite calls a disk full only where write() says so; a sync may find out, too. */
static bool is_no_room(struct db *db)
{
	int reason = sqlite3_system_errno(db->handle);

	return reason == ENOSPC || reason == EDQUOT;
}

static enum err err_of(struct db *db, int rc)
{
	int extended = sqlite3_extended_errcode(db->handle);

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return OK;
	case SQLITE_CONSTRAINT:
		if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    extended == SQLITE_CONSTRAINT_ROWID)
			return ERR_EXISTS;
		if (extended == SQLITE_CONSTRAINT_FOREIGNKEY)
			return ERR_REFERENCE;
		if (extended == SQLITE_CONSTRAINT_TRIGGER)
			return ERR_STATE;
		log_err("db: constraint: %s", sqlite3_errmsg(db->handle));
		return ERR_RANGE;
	case SQLITE_FULL:
		return ERR_STORAGE_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_ERROR:
		/* A reader that writes ends here too: "attempt to write a readonly database" is
		 * SQLITE_READONLY. */
		fatal("db: %s (%d)", sqlite3_errmsg(db->handle), extended);
	default:
		if ((rc & 0xff) == SQLITE_IOERR && is_no_room(db))
			return ERR_STORAGE_FULL;
		log_err("db: storage failed: %s (%d)", sqlite3_errmsg(db->handle), extended);
		return ERR_STORAGE;
	}
}

/* ---- connections
 * ------------------------------------------------------------------------------------------- */

static bool pragma(struct db *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db->handle, sql, NULL, NULL, &message) == SQLITE_OK)
		return true;
	log_err("db: %s: %s", sql, message ? message : "?");
	sqlite3_free(message);
	return false;
}

static int count_wal(void *context, sqlite3 *handle, const char *name, int pages)
{
	(void)handle;
	(void)name;
	((struct db *)context)->wal_pages = pages;
	return SQLITE_OK;
}

static bool configure(struct db *db)
{
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (!pragma(db, "PRAGMA foreign_keys = ON") || !pragma(db, "PRAGMA mmap_size = 0") ||
	    !pragma(db, "PRAGMA trusted_schema = OFF") || !pragma(db, "PRAGMA temp_store = MEMORY"))
		return false;
	if (db->mode == DB_READER)
		return pragma(db, "PRAGMA query_only = ON") && pragma(db, "PRAGMA cache_size = -2000");
	/* The one writer alone checkpoints (the WAL-reset bug of SQLite 3.7.0 to 3.51.2 needs two), between
	 * transactions, by db_checkpoint: never inside somebody's commit. */
	sqlite3_wal_hook(db->handle, count_wal, db);
	return pragma(db, "PRAGMA journal_mode = WAL") && pragma(db, "PRAGMA synchronous = FULL") &&
	       pragma(db, "PRAGMA journal_size_limit = 16777216") && pragma(db, "PRAGMA cache_size = -16000");
}

enum err db_open(const char *path, enum db_mode mode, struct db **out)
{
	struct db *db = xcalloc(1, sizeof *db);
	int flags = mode == DB_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;

	db->mode = mode;
	if (sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    !configure(db)) {
		log_err("db: cannot open %s: %s", path,
			db->handle ? sqlite3_errmsg(db->handle) : "no memory");
		db_close(db);
		return ERR_STORAGE;
	}
	*out = db;
	return OK;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		sqlite3_finalize(db->cache[i].stmt);
	sqlite3_close(db->handle);
	free(db);
}

static enum err step_plain(struct db *db, const char *sql)
{
	return err_of(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

enum err db_begin(struct db *db)
{
	enum err err = step_plain(db, db->mode == DB_WRITER ? "BEGIN IMMEDIATE" : "BEGIN");

	db->in_transaction = err == OK;
	return err;
}

enum err db_commit(struct db *db)
{
	enum err err;

	if (db->n_open)
		fatal("db: %d cursors were never ended", db->n_open);
	/* After SQLITE_FULL or an I/O error SQLite may have rolled back by itself: committing then would say
	 * yes to nothing (pitfalls: test autocommit after any error). */
	if (sqlite3_get_autocommit(db->handle)) {
		db->in_transaction = false;
		return ERR_STORAGE;
	}
	err = step_plain(db, "COMMIT");
	if (err)
		db_rollback(db);
	db->in_transaction = false;
	return err;
}

void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* nothing else could be done */
	db->in_transaction = false;
}

int db_wal_pages(const struct db *db)
{
	return db->wal_pages;
}

bool db_checkpoint(struct db *db)
{
	/* PASSIVE never waits for a reader; a WAL that was wholly copied is begun anew by the next writer. */
	int left = 0, done = 0;
	int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &left, &done);

	db->wal_pages = left - done;
	return rc == SQLITE_OK && left == done;
}

enum err db_script(struct db *db, const char *sql)
{
	char *message = NULL;
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, &message);

	if (rc == SQLITE_OK)
		return OK;
	log_err("db: script: %s", message ? message : "?");
	sqlite3_free(message);
	return (rc & 0xff) == SQLITE_FULL ? ERR_STORAGE_FULL : ERR_STORAGE;
}

enum err db_backup(struct db *db, const char *path)
{
	sqlite3 *to = NULL;
	sqlite3_backup *backup;
	int rc;

	if (access(path, F_OK) == 0)
		return ERR_EXISTS;
	rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (rc == SQLITE_OK) {
		backup = sqlite3_backup_init(to, "main", db->handle, "main");
		rc = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
		if (backup && sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE)
			rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK)
		log_err("db: backup to %s failed: %s", path, to ? sqlite3_errmsg(to) : "no memory");
	if (sqlite3_close(to) == SQLITE_OK && rc == SQLITE_OK)
		return OK;
	return (rc & 0xff) == SQLITE_FULL ? ERR_STORAGE_FULL : ERR_STORAGE;
}

static int64_t complaints(struct db *db, const char *sql, char *why, size_t why_size)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = 0;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL) != SQLITE_OK)
		return 1;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);

		if (text && strcmp(text, "ok") == 0)
			continue;
		if (n++ == 0)
			snprintf(why, why_size, "%s",
				 text ? text : "?"); /* cut where long: the count tells */
	}
	sqlite3_finalize(stmt);
	return n;
}

int64_t db_check(struct db *db, char *why, size_t why_size)
{
	int64_t n = complaints(db, "PRAGMA integrity_check", why, why_size);

	return n ? n : complaints(db, "PRAGMA foreign_key_check", why, why_size);
}

/* ---- statements
 * -------------------------------------------------------------------------------------------- */

/* SQLite numbers "$1" by its first appearance, not by its digits: "$2, $1" would bind the wrong way round. */
static bool params_in_order(sqlite3_stmt *stmt)
{
	char want[16];

	for (int i = 1; i <= sqlite3_bind_parameter_count(stmt); i++) {
		const char *name = sqlite3_bind_parameter_name(stmt, i);

		if (!str_format(want, sizeof want, "$%d", i) || !name || strcmp(name, want) != 0)
			return false;
	}
	return true;
}

enum err db_try_prepare(struct db *db, const char *sql, char *why, size_t why_size)
{
	sqlite3_stmt *stmt = NULL;
	bool fine = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL) == SQLITE_OK;

	if (!fine)
		snprintf(why, why_size, "%s", sqlite3_errmsg(db->handle));
	else if (!(fine = params_in_order(stmt)))
		snprintf(why, why_size, "parameters are not $1, $2 … in order");
	sqlite3_finalize(stmt);
	return fine ? OK : ERR_STORAGE;
}

static sqlite3_stmt *prepare(struct db *db, const char *sql, unsigned flags)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v3(db->handle, sql, -1, flags, &stmt, NULL);

	if (rc == SQLITE_BUSY || rc == SQLITE_IOERR || rc == SQLITE_FULL || rc == SQLITE_NOMEM)
		return NULL;
	if (rc != SQLITE_OK)
		fatal("db: does not prepare: %s: %s", sqlite3_errmsg(db->handle), sql);
	if (!params_in_order(stmt))
		fatal("db: parameters are not in order: %s", sql);
	return stmt;
}

static struct cached *slot_of(struct db *db, const char *sql)
{
	size_t i = ((uintptr_t)sql >> 3) * 0x9e3779b1u;

	for (size_t n = 0; n < CACHE_SLOTS; n++, i++) {
		struct cached *c = &db->cache[i & (CACHE_SLOTS - 1)];

		if (!c->sql || c->sql == sql)
			return c;
	}
	fatal("db: more than %u statements", CACHE_SLOTS);
}

struct query db_query_literal(struct db *db, const char *sql)
{
	struct query q = {.db = db, .sql = sql, .next_param = 1};
	struct cached *c = slot_of(db, sql);

	db->n_open++;
	if (c->in_use) {
		q.is_copy = true;
		q.stmt = prepare(db, sql, 0);
	} else {
		if (!c->stmt) {
			c->sql = sql;
			c->stmt = prepare(db, sql, SQLITE_PREPARE_PERSISTENT);
		}
		c->in_use = c->stmt != NULL;
		q.stmt = c->stmt;
	}
	if (!q.stmt)
		q.err = ERR_STORAGE;
	return q;
}

static void bound(struct query *q, int rc)
{
	if (rc == SQLITE_RANGE)
		fatal("db: too many values for: %s", sqlite3_sql(q->stmt));
	if (rc != SQLITE_OK && !q->err)
		q->err = rc == SQLITE_TOOBIG ? ERR_LENGTH : ERR_STORAGE;
}

void put_i64(struct query *q, int64_t v)
{
	if (!q->err)
		bound(q, sqlite3_bind_int64(q->stmt, q->next_param++, v));
}

void put_null(struct query *q)
{
	if (!q->err)
		bound(q, sqlite3_bind_null(q->stmt, q->next_param++));
}

void put_opt(struct query *q, bool known, int64_t v)
{
	if (known)
		put_i64(q, v);
	else
		put_null(q);
}

void put_id(struct query *q, int64_t id)
{
	put_opt(q, id != 0, id);
}

void put_f64(struct query *q, double v)
{
	if (!q->err)
		bound(q, sqlite3_bind_double(q->stmt, q->next_param++, v));
}

void put_text(struct query *q, const char *v)
{
	if (!v)
		put_null(q);
	else if (!q->err)
		bound(q, sqlite3_bind_text(q->stmt, q->next_param++, v, -1, SQLITE_STATIC));
}

void put_blob(struct query *q, const void *v, size_t len)
{
	if (!v)
		put_null(q);
	else if (!q->err)
		bound(q, sqlite3_bind_blob64(q->stmt, q->next_param++, len ? v : "", len, SQLITE_STATIC));
}

bool db_next(struct query *q)
{
	int rc;

	if (q->err || q->done)
		return false;
	rc = sqlite3_step(q->stmt);
	q->next_column = 0;
	if (rc == SQLITE_ROW)
		return true;
	q->done = true;
	if (rc != SQLITE_DONE)
		q->err = err_of(q->db, rc);
	return false;
}

static bool column(struct query *q, int *at)
{
	if (q->err || q->done || q->next_column >= sqlite3_column_count(q->stmt)) {
		if (!q->err && !q->done)
			fatal("db: more columns taken than selected: %s", sqlite3_sql(q->stmt));
		return false;
	}
	*at = q->next_column++;
	return true;
}

int64_t get_i64(struct query *q)
{
	int at;

	return column(q, &at) ? sqlite3_column_int64(q->stmt, at) : 0;
}

int64_t get_id(struct query *q)
{
	return get_i64(q);
}

bool get_opt(struct query *q, int64_t *out)
{
	int at;

	if (!column(q, &at) || sqlite3_column_type(q->stmt, at) == SQLITE_NULL)
		return false;
	*out = sqlite3_column_int64(q->stmt, at);
	return true;
}

double get_f64(struct query *q)
{
	int at;

	return column(q, &at) ? sqlite3_column_double(q->stmt, at) : 0;
}

bool get_is_null(const struct query *q)
{
	return q->err || q->done || sqlite3_column_type(q->stmt, q->next_column) == SQLITE_NULL;
}

void get_text(struct query *q, char *out, size_t size)
{
	const char *text;
	int at;

	out[0] = '\0';
	if (!column(q, &at))
		return;
	text = (const char *)sqlite3_column_text(q->stmt, at);
	if (text && !str_copy(out, size, text))
		q->err = ERR_LENGTH;
}

void get_blob(struct query *q, void *out, size_t size, size_t *len)
{
	int at;

	*len = 0;
	if (!column(q, &at))
		return;
	if ((size_t)sqlite3_column_bytes(q->stmt, at) > size) {
		q->err = ERR_LENGTH;
		return;
	}
	*len = (size_t)sqlite3_column_bytes(q->stmt, at);
	if (*len)
		memcpy(out, sqlite3_column_blob(q->stmt, at), *len);
}

enum err db_end(struct query *q)
{
	struct db *db = q->db;

	if (!db)
		return q->err;
	q->db = NULL;
	db->n_open--;
	if (!q->stmt)
		return q->err;
	if (q->is_copy) {
		sqlite3_finalize(q->stmt);
		return q->err;
	}
	sqlite3_reset(q->stmt); /* its error is the step's, which q->err has */
	sqlite3_clear_bindings(q->stmt);
	slot_of(db, q->sql)->in_use = false;
	return q->err;
}

enum err db_run(struct query *q)
{
	while (db_next(q))
		;
	return db_end(q);
}

int64_t db_changes(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}
