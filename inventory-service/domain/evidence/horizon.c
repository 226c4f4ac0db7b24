/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/horizon.h"

#include "inventory-service/domain/evidence/reading.h"

#define LOOK 100000 /* ids, without the lock */
#define PORTION 1000

enum err horizon_read(struct db *db, int64_t *horizon_ms)
{
	struct query q = db_query(db, "SELECT at_ms FROM horizon WHERE kind = 'report'");

	*horizon_ms = 0;
	while (db_next(&q))
		*horizon_ms = get_i64(&q);
	return db_end(&q);
}

static enum err advance(struct db *db, int64_t at_ms)
{
	struct query q = db_query(db, "INSERT INTO horizon (kind, at_ms) VALUES ('report', $1) "
				      "ON CONFLICT (kind) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)");

	put_i64(&q, at_ms);
	return db_run(&q);
}

static enum err last_id(struct db *db, int64_t *id)
{
	struct query q = db_query(db, "SELECT coalesce(max(id), 0) FROM report");

	while (db_next(&q))
		*id = get_i64(&q);
	return db_end(&q);
}

/* Where the last run stood; else the oldest there is. */
static enum err begin(struct db *db, struct purge *p)
{
	struct query q;
	enum err err;

	if ((err = horizon_read(db, &p->before_ms)) || p->before_ms)
		return err;
	q = db_query(db, "SELECT heard_ms FROM report WHERE device_id IS NOT NULL ORDER BY id LIMIT 1");
	while (db_next(&q))
		p->before_ms = get_i64(&q);
	return db_end(&q);
}

static enum err look(struct db *db, struct purge *p)
{
	struct query q = db_query(db, "SELECT id FROM report WHERE id > $1 AND id <= $2 AND heard_ms < $3 "
				      "AND device_id IS NOT NULL ORDER BY id LIMIT 1");

	p->found_id = 0;
	put_i64(&q, p->after_id);
	put_i64(&q, p->after_id + LOOK);
	put_i64(&q, p->before_ms);
	while (db_next(&q))
		p->found_id = get_i64(&q);
	return db_end(&q);
}

enum err purge_find(struct db *db, int64_t limit_ms, int64_t stride_ms, struct purge *p)
{
	int64_t last = 0;
	enum err err;

	if (!p->before_ms && (err = begin(db, p)))
		return err;
	p->before_ms = p->before_ms + stride_ms < limit_ms ? p->before_ms + stride_ms : limit_ms;
	if ((err = look(db, p)) || p->found_id || (err = last_id(db, &last)))
		return err;
	p->after_id = p->after_id + LOOK < last ? p->after_id + LOOK : 0;
	return OK;
}

enum err purge_portion(struct db *db, struct purge *p)
{
	struct query q = db_query(db, "DELETE FROM report WHERE id >= $1 AND id < $2 AND heard_ms < $3 "
				      "AND device_id IS NOT NULL AND verdict <> 14 "
				      "AND id < (SELECT max(id) FROM report) "
				      "AND boot_id NOT IN (SELECT id FROM boot WHERE is_settled = 0)");
	enum err err;

	_Static_assert(VERDICT_PENDING == 14, "the statement above names it");
	put_i64(&q, p->found_id);
	put_i64(&q, p->found_id + PORTION);
	put_i64(&q, p->before_ms);
	if ((err = db_run(&q)))
		return err;
	p->after_id = p->found_id + PORTION - 1;
	return db_changes(db) > 0 ? advance(db, p->before_ms) : OK;
}
