/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/custody.h"

enum err custody_now(struct db *db, int64_t item_id, struct custody *out)
{
	struct query q = db_query(
		db, "SELECT coalesce(c.place_id, i.home_place_id), "
		    "CASE WHEN c.id IS NULL THEN i.home_place_id ELSE c.at_place_id END, c.line_id, c.from_s "
		    "FROM item i LEFT JOIN custody c ON c.item_id = i.id AND c.until_s IS NULL "
		    "WHERE i.id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, item_id);
	while (db_next(&q)) {
		out->place_id = get_i64(&q);
		out->at_place_id = get_id(&q);
		out->line_id = get_id(&q);
		out->from_s = get_i64(&q);
		found = true;
	}
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

static enum err end_last(struct db *db, int64_t item_id, int64_t until_s)
{
	struct query q =
		db_query(db, "UPDATE custody SET until_s = $1 WHERE item_id = $2 AND until_s IS NULL");

	put_i64(&q, until_s);
	put_i64(&q, item_id);
	return db_run(&q);
}

enum err custody_pass(struct db *db, int64_t item_id, const struct custody *c)
{
	struct custody was;
	struct query q;
	enum err err;

	if ((err = custody_now(db, item_id, &was)))
		return err;
	if (c->from_s < was.from_s)
		return ERR_STATE;
	if ((err = end_last(db, item_id, c->from_s)))
		return err;
	q = db_query(db, "INSERT INTO custody (item_id, from_s, place_id, at_place_id, line_id) "
			 "VALUES ($1, $2, $3, $4, $5)");
	put_i64(&q, item_id);
	put_i64(&q, c->from_s);
	put_i64(&q, c->place_id);
	put_id(&q, c->at_place_id);
	put_id(&q, c->line_id);
	return db_run(&q);
}

enum err custody_undo(struct db *db, int64_t item_id)
{
	struct query q = db_query(db, "DELETE FROM custody WHERE item_id = $1 AND until_s IS NULL");
	enum err err;

	put_i64(&q, item_id);
	if ((err = db_run(&q)))
		return err;
	q = db_query(
		db, "UPDATE custody SET until_s = NULL WHERE id = (SELECT id FROM custody WHERE item_id = $1 "
		    "ORDER BY from_s DESC, id DESC LIMIT 1)");
	put_i64(&q, item_id);
	return db_run(&q);
}
