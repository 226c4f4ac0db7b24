/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * schema.sql is the schema; migrations/NNNN_what.sql are the steps by which older databases reach it. Both
 * are embedded at build time (schema_embedded.h). The version stands in PRAGMA user_version, written in the
 * same transaction as the step, so that a kill leaves the old version or the new one.
 *
 * The database header is not needed here: db_script and two literals do.
 */
#include "inventory-service/migrate.h"

#include <stdio.h>

#include "common/daemon/log.h"
#include "schema_embedded.h" /* schema_sql, migration_sql[], MIGRATIONS */

_Static_assert(SCHEMA_VERSION == MIGRATIONS,
	       "each schema version has its file in migrations/, 0001 the first schema");

static enum err version_of(struct db *db, int64_t *version)
{
	struct query q = db_query(db, "SELECT user_version FROM pragma_user_version");

	while (db_next(&q))
		*version = get_i64(&q);
	return db_end(&q);
}

static enum err step(struct db *db, const char *script, int version)
{
	char stamp[48];
	enum err err;

	snprintf(stamp, sizeof stamp, "PRAGMA user_version = %d", version);
	if ((err = db_begin(db)))
		return err;
	if ((err = db_script(db, script)) || (err = db_script(db, stamp))) {
		db_rollback(db);
		return err;
	}
	return db_commit(db);
}

const char *migrate_script(int version)
{
	if (version == 0)
		return schema_sql;
	return version > 0 && version <= MIGRATIONS ? migration_sql[version - 1] : NULL;
}

static enum err steps(struct db *db, int64_t from)
{
	enum err err;

	for (int v = (int)from + 1; v <= SCHEMA_VERSION; v++)
		if ((err = step(db, migration_sql[v - 1], v)))
			return err;
	return OK;
}

enum err migrate_from_first(struct db *db)
{
	return steps(db, 0);
}

enum err migrate(struct db *db, int64_t *from)
{
	enum err err = version_of(db, from);

	if (err)
		return err;
	if (*from > SCHEMA_VERSION) {
		log_err("migrate: the database is of version %lld, newer than this program's %d: install the "
			"newer program",
			(long long)*from, SCHEMA_VERSION);
		return ERR_STATE;
	}
	return *from == 0 ? step(db, schema_sql, SCHEMA_VERSION) : steps(db, *from);
}
