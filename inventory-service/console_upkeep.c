/* SPDX-License-Identifier: EUPL-1.2 */
/* Maintenance from the console. Each command says what it did in numbers. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inventory-service/audit.h"
#include "inventory-service/console_parts.h"
#include "inventory-service/ingest.h"
#include "inventory-service/migrate.h"
#include "inventory-service/serve.h"

#define PATH_SIZE 320

static int64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* A database to be read only; it must be there. */
static enum err open_to_read(const char *path, struct db **db)
{
	if (size_of(path) <= 0) {
		fprintf(stderr, "navette-inventory: %s: no such database\n", path);
		return ERR_NOT_FOUND;
	}
	return db_open(path, DB_READER, db);
}

/* ---- check -------------------------------------------------------------------------------------------- */

static int say_audit(struct db *db)
{
	int64_t rows = 0, bad = 0;
	enum err err = audit_verify(db, &rows, &bad);

	if (err)
		return console_failed("the journal cannot be read", err);
	printf("audit: %" PRId64 " rows, ", rows);
	if (bad)
		printf("the chain breaks at row %" PRId64 "\n", bad);
	else
		puts("the chain holds");
	return bad != 0;
}

int console_audit_verify(const struct console_arguments *a, const char *operand)
{
	struct db *db = NULL;
	int status;

	(void)operand;
	if (open_to_read(a->setting.service.database, &db))
		return 1;
	status = say_audit(db);
	db_close(db);
	return status;
}

int console_check(const struct console_arguments *a, const char *operand)
{
	char why[256] = "";
	struct db *db = NULL;
	int64_t complaints;
	int status;

	(void)operand;
	if (open_to_read(a->setting.service.database, &db))
		return 1;
	complaints = db_check(db, why, sizeof why);
	printf("database: %" PRId64 " bytes, %" PRId64 " complaints%s%s\n",
	       size_of(a->setting.service.database), complaints, complaints ? ": " : "", why);
	if (complaints)
		fprintf(stderr, "navette-inventory: the database is damaged: stop the service, then "
				"navette-inventory restore FILE with the newest backup\n");
	status = say_audit(db);
	db_close(db);
	return complaints || status;
}

/* ---- backup and restore ------------------------------------------------------------------------------- */

static bool sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return fine;
}

static bool sync_folder_of(const char *path)
{
	char copy[PATH_SIZE];

	return str_copy(copy, sizeof copy, path) && sync_path(dirname(copy));
}

/* Is it whole? */
static int64_t complaints_of(const char *path)
{
	char why[256];
	struct db *db = NULL;
	int64_t n;

	if (open_to_read(path, &db))
		return 1;
	n = db_check(db, why, sizeof why);
	if (n)
		fprintf(stderr, "navette-inventory: %s is damaged: %s\n", path, why);
	db_close(db);
	return n;
}

int console_backup(const struct console_arguments *a, const char *file)
{
	struct db *db = NULL;
	enum err err;

	if (open_to_read(a->setting.service.database, &db))
		return 1;
	umask(077);
	err = db_backup(db, file);
	db_close(db);
	if (err == ERR_EXISTS)
		return console_failed("that file exists: choose another name", err);
	if (err || !sync_path(file) || !sync_folder_of(file) || complaints_of(file)) {
		unlink(file);
		return console_failed("the backup failed: nothing was kept of it", err ? err : ERR_STORAGE);
	}
	printf("backup: %" PRId64 " bytes in %s\n", size_of(file), file);
	return 0;
}

static bool move_aside(const char *database, const char *suffix)
{
	char from[PATH_SIZE], to[PATH_SIZE];

	if (!str_format(from, sizeof from, "%s%s", database, suffix) ||
	    !str_format(to, sizeof to, "%s.before-restore%s", database, suffix))
		return false;
	return rename(from, to) == 0 || errno == ENOENT;
}

/* The copy is made and checked beside the database, then the two change places. */
int console_restore(const struct console_arguments *a, const char *file)
{
	const char *database = a->setting.service.database;
	char fresh[PATH_SIZE];
	struct db *db = NULL;
	enum err err;

	if (!serve_lock(database) || complaints_of(file) || open_to_read(file, &db))
		return 1;
	if (!str_format(fresh, sizeof fresh, "%s.restoring", database)) {
		db_close(db);
		return console_failed("the path of the database is too long", ERR_LENGTH);
	}
	unlink(fresh);
	err = db_backup(db, fresh);
	db_close(db);
	if (err || !sync_path(fresh))
		return console_failed("the copy failed: the database is as it was", err ? err : ERR_STORAGE);
	if (!move_aside(database, "-wal") || !move_aside(database, "-shm") || !move_aside(database, "") ||
	    rename(fresh, database) != 0 || !sync_folder_of(database))
		return console_failed(
			"the files could not be moved: see *.restoring and *.before-restore beside it",
			ERR_STORAGE);
	printf("restored: %" PRId64 " bytes from %s; what was there is %s.before-restore\n",
	       size_of(database), file, database);
	return 0;
}

/* ---- schema and hours --------------------------------------------------------------------------------- */

int console_migrate(const struct console_arguments *a, const char *operand)
{
	struct db *db = NULL;
	int64_t from = 0;
	enum err err;

	(void)operand;
	if (!serve_lock(a->setting.service.database))
		return 1;
	if ((err = console_open(a, &db)))
		return console_failed("the database cannot be opened", err);
	err = migrate(db, &from);
	db_close(db);
	if (err)
		return console_failed("not migrated: nothing was changed", err);
	printf("schema: %" PRId64 " -> %d\n", from, SCHEMA_VERSION);
	return 0;
}

int console_rebuild_usage(const struct console_arguments *a, const char *operand)
{
	int64_t devices = 0, changed = 0;
	struct service *s;
	struct ingest *in;
	enum err err;

	(void)operand;
	if (!serve_lock(a->setting.service.database))
		return 1;
	s = service_open(&a->setting.service);
	in = ingest_open(s);
	err = ingest_rebuild(in, a->dry_run, &devices, &changed);
	ingest_close(in);
	service_close(s);
	if (err)
		return console_failed("not rebuilt: nothing was changed", err);
	printf("usage: %" PRId64 " devices, %" PRId64 " %s\n", devices, changed,
	       a->dry_run ? "would change" : "changed");
	return 0;
}
