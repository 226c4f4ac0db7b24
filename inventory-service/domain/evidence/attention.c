/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/attention.h"

enum err attention_raise(struct db *db, int64_t now_ms, const char *code, const char *object,
			 int64_t object_id, const char *detail)
{
	struct query q =
		db_query(db, "INSERT INTO attention (code, object, object_id, detail, first_ms, last_ms) "
			     "VALUES ($1, $2, $3, $4, $5, $6) "
			     "ON CONFLICT (code, object, object_id) WHERE closed_s IS NULL "
			     "DO UPDATE SET n = n + 1, last_ms = max(last_ms, excluded.last_ms), "
			     "detail = excluded.detail");

	put_text(&q, code);
	put_text(&q, object);
	put_i64(&q, object_id);
	put_text(&q, detail);
	put_i64(&q, now_ms);
	put_i64(&q, now_ms);
	return db_run(&q);
}

enum err attention_close(struct db *db, int64_t now_s, const char *code, const char *object,
			 int64_t object_id, const char *reason)
{
	struct query q =
		db_query(db, "UPDATE attention SET closed_s = $1, closed_reason = $2 "
			     "WHERE code = $3 AND object = $4 AND object_id = $5 AND closed_s IS NULL");

	put_i64(&q, now_s);
	put_text(&q, reason);
	put_text(&q, code);
	put_text(&q, object);
	put_i64(&q, object_id);
	return db_run(&q);
}
