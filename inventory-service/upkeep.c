/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/upkeep.h"

#define DAY_S 86400
#define PORTION 2000

static enum err finish(struct query *q, struct db *db, bool *left)
{
	enum err err = db_run(q);

	*left |= !err && db_changes(db) >= PORTION;
	return err;
}

enum err upkeep(struct db *db, int64_t now_s, bool *left)
{
	struct query q = db_query(db, "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at_s < $1 "
				      "ORDER BY id LIMIT $2)");
	enum err err;

	*left = false;
	put_i64(&q, now_s - DAY_S);
	put_i64(&q, PORTION);
	if ((err = finish(&q, db, left)))
		return err;
	q = db_query(db, "DELETE FROM idempotency WHERE (user_id, key, route) IN (SELECT user_id, key, route "
			 "FROM idempotency WHERE created_s < $1 LIMIT $2)");
	put_i64(&q, now_s - 30 * DAY_S);
	put_i64(&q, PORTION);
	if ((err = finish(&q, db, left)))
		return err;
	q = db_query(db, "DELETE FROM report WHERE id IN (SELECT id FROM report WHERE device_id IS NULL "
			 "AND heard_ms < $1 LIMIT $2)");
	put_i64(&q, (now_s - 7 * DAY_S) * 1000);
	put_i64(&q, PORTION);
	return finish(&q, db, left);
}
