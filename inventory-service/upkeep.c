/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/upkeep.h"

#include "inventory-service/domain/evidence/stranger.h"

#define DAY_S 86400
#define PORTION 2000
#define STRANGE_REPORTS 200000 /* so many at most, however many strangers there are */

static enum err finish(struct query *q, struct db *db, bool *left)
{
	enum err err = db_run(q);

	*left |= !err && db_changes(db) >= PORTION;
	return err;
}

/* What nobody registered. The index report_unknown finds both ends without reading a row. */
static enum err forget_strangers(struct db *db, int64_t now_s, bool *left)
{
	struct query q = db_query(db, "DELETE FROM stranger WHERE heard_ms < $1");
	enum err err;

	put_i64(&q, (now_s - STRANGER_KEPT_S) * 1000);
	if ((err = db_run(&q)))
		return err;
	q = db_query(db,
		     "DELETE FROM report WHERE id IN (SELECT id FROM report WHERE device_id IS NULL "
		     "AND heard_ms < max($1, coalesce((SELECT heard_ms FROM report WHERE device_id IS NULL "
		     "ORDER BY heard_ms DESC LIMIT 1 OFFSET $2), 0)) LIMIT $3)");
	put_i64(&q, (now_s - 7 * DAY_S) * 1000);
	put_i64(&q, STRANGE_REPORTS);
	put_i64(&q, PORTION);
	return finish(&q, db, left);
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
	return forget_strangers(db, now_s, left);
}
