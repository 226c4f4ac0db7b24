/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/boot_move.h"

#include <stdlib.h>

#include "common/daemon/text.h"

enum err boot_move_devices(struct db *db, const struct boot *b, int64_t **ids, size_t *n)
{
	struct query q = db_query(db, "SELECT DISTINCT coalesce(device_id, 0) FROM report "
				      "WHERE id >= $1 AND boot_id = $2");
	size_t cap = 0;
	enum err err;

	*ids = NULL;
	*n = 0;
	put_i64(&q, b->first_report_id);
	put_i64(&q, b->id);
	while (db_next(&q)) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 64;
			*ids = xrealloc(*ids, cap * sizeof **ids);
		}
		(*ids)[(*n)++] = get_i64(&q);
	}
	err = db_end(&q);
	if (err) {
		free(*ids);
		*ids = NULL;
	}
	return err;
}

static enum err insert(struct db *db, const struct boot *b, int64_t device_id)
{
	struct query q =
		db_query(db, "INSERT INTO boot_move (boot_id, device_id, from_id, until_id, delta_ms) "
			     "VALUES ($1, $2, $3, (SELECT coalesce(max(id), 0) FROM report), $4)");

	put_i64(&q, b->id);
	put_i64(&q, device_id);
	put_i64(&q, b->first_report_id);
	put_i64(&q, b->offset_ms - b->placed_offset_ms);
	return db_run(&q);
}

enum err boot_move_begin(struct db *db, struct boot *b, const int64_t *ids, size_t n)
{
	enum err err;

	for (size_t i = 0; i < n; i++)
		if ((err = insert(db, b, ids[i])))
			return err;
	b->placed_offset_ms = b->offset_ms;
	b->is_settled = false;
	return boot_store(db, b);
}

enum err boot_move_next(struct db *db, int64_t boot_id, struct boot_move *out)
{
	struct query q = db_query(db, "SELECT boot_id, device_id, from_id, until_id, delta_ms FROM boot_move "
				      "WHERE boot_id = $1 ORDER BY device_id LIMIT 1");

	put_i64(&q, boot_id);
	out->boot_id = 0;
	while (db_next(&q)) {
		out->boot_id = get_i64(&q);
		out->device_id = get_i64(&q);
		out->from_id = get_i64(&q);
		out->until_id = get_i64(&q);
		out->delta_ms = get_i64(&q);
	}
	return db_end(&q);
}

static enum err move_device(struct db *db, const struct boot_move *m)
{
	struct query q = db_query(db, "UPDATE report SET heard_ms = heard_ms + $1 WHERE device_id = $2 "
				      "AND boot_id = $3 AND id BETWEEN $4 AND $5");

	put_i64(&q, m->delta_ms);
	put_i64(&q, m->device_id);
	put_i64(&q, m->boot_id);
	put_i64(&q, m->from_id);
	put_i64(&q, m->until_id);
	return db_run(&q);
}

static enum err move_strangers(struct db *db, const struct boot_move *m, int64_t until_id)
{
	struct query q = db_query(db, "UPDATE report SET heard_ms = heard_ms + $1 WHERE id BETWEEN $2 AND $3 "
				      "AND boot_id = $4 AND +device_id IS NULL"); /* + : by id, by no index */

	put_i64(&q, m->delta_ms);
	put_i64(&q, m->from_id);
	put_i64(&q, until_id);
	put_i64(&q, m->boot_id);
	return db_run(&q);
}

static enum err note(struct db *db, const struct boot_move *m, int64_t from_id)
{
	struct query q;

	if (from_id > m->until_id) {
		q = db_query(db, "DELETE FROM boot_move WHERE boot_id = $1 AND device_id = $2");
	} else {
		q = db_query(db, "UPDATE boot_move SET from_id = $1 WHERE boot_id = $2 AND device_id = $3");
		put_i64(&q, from_id);
	}
	put_i64(&q, m->boot_id);
	put_i64(&q, m->device_id);
	return db_run(&q);
}

enum err boot_move_do(struct db *db, const struct boot_move *m)
{
	int64_t until_id = m->until_id;
	enum err err;

	if (!m->device_id && m->from_id + BOOT_MOVE_IDS <= until_id)
		until_id = m->from_id + BOOT_MOVE_IDS - 1;
	if ((err = m->device_id ? move_device(db, m) : move_strangers(db, m, until_id)))
		return err;
	return note(db, m, until_id + 1);
}
