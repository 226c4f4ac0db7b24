/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/closure.h"

enum err closure_list(struct db *db, int64_t place_id, struct closure *rows, size_t *n)
{
	struct query q = db_query(db, "SELECT from_day, until_day, label FROM closure WHERE place_id = $1 "
				      "ORDER BY from_day, id LIMIT 40");

	put_i64(&q, place_id);
	for (*n = 0; db_next(&q) && *n < CLOSURES_MAX; ++*n) {
		get_text(&q, rows[*n].from, sizeof rows[*n].from);
		get_text(&q, rows[*n].until, sizeof rows[*n].until);
		get_text(&q, rows[*n].label, sizeof rows[*n].label);
	}
	return db_end(&q);
}

enum err closure_replace(struct db *db, int64_t place_id, const struct closure *rows, size_t n)
{
	struct query q = db_query(db, "DELETE FROM closure WHERE place_id = $1");
	enum err err;

	put_i64(&q, place_id);
	err = db_run(&q);
	for (size_t i = 0; !err && i < n; i++) {
		q = db_query(
			db,
			"INSERT INTO closure (place_id, from_day, until_day, label) VALUES ($1, $2, $3, $4)");
		put_i64(&q, place_id);
		put_text(&q, rows[i].from);
		put_text(&q, rows[i].until);
		put_text(&q, rows[i].label);
		err = db_run(&q);
	}
	return err;
}
