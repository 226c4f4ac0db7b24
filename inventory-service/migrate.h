/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Brings a database to this program's schema: an empty file gets schema.sql, an older one the migrations it
 * lacks, each in its own transaction. A newer one is refused: an old program never writes new data.
 */
#ifndef NAVETTE_MIGRATE_H
#define NAVETTE_MIGRATE_H

#include "inventory-service/db.h"

#define SCHEMA_VERSION 7

/* db is a writer outside any transaction. *from is the version found (0: empty). */
MUST_CHECK enum err migrate(struct db *db, int64_t *from);
/* For the test that both roads give one schema: the script of one step. */
const char *migrate_script(int version); /* 0: the whole schema; NULL: no such step */
/* The only road in tests: as if the database had been born at version 1 and migrated since. */
MUST_CHECK enum err migrate_from_first(struct db *db);

#endif
