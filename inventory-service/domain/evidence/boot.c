/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/boot.h"

#include <string.h>

#include "inventory-service/domain/evidence/placing_rules.h"

#define DRIFT_MS 60000

#define BOOT_COLUMNS                                                                                        \
	"id, gateway_id, boot, offset_ms, placed_offset_ms, first_mono_ms, last_mono_ms, first_report_id, " \
	"clock_offset_ms, is_settled, is_bounded"

static void take_row(struct query *q, struct boot *b)
{
	memset(b, 0, sizeof *b);
	b->id = get_i64(q);
	b->gateway_id = get_i64(q);
	b->boot = get_i64(q);
	b->offset_ms = get_i64(q);
	b->placed_offset_ms = get_i64(q);
	b->first_mono_ms = get_i64(q);
	b->last_mono_ms = get_i64(q);
	b->first_report_id = get_i64(q);
	b->has_clock = get_opt(q, &b->clock_offset_ms);
	b->is_settled = get_i64(q);
	b->is_bounded = get_i64(q);
}

static enum err insert(struct db *db, struct boot *b)
{
	struct query q = db_query(
		db, "INSERT INTO boot (gateway_id, boot, offset_ms, placed_offset_ms, first_mono_ms, "
		    "last_mono_ms, first_report_id) VALUES ($1, $2, $3, $4, $5, $6, "
		    "(SELECT coalesce(max(id), 0) + 1 FROM report)) RETURNING id, first_report_id");

	put_i64(&q, b->gateway_id);
	put_i64(&q, b->boot);
	put_i64(&q, b->offset_ms);
	put_i64(&q, b->placed_offset_ms);
	put_i64(&q, b->first_mono_ms);
	put_i64(&q, b->last_mono_ms);
	while (db_next(&q)) {
		b->id = get_i64(&q);
		b->first_report_id = get_i64(&q);
	}
	return db_end(&q);
}

enum err boot_open(struct db *db, int64_t gateway_id, int64_t boot, int64_t offset_ms, int64_t first_mono_ms,
		   struct boot *out)
{
	struct query q =
		db_query(db, "SELECT " BOOT_COLUMNS " FROM boot WHERE gateway_id = $1 AND boot = $2");
	enum err err;

	put_i64(&q, gateway_id);
	put_i64(&q, boot);
	out->id = 0;
	while (db_next(&q))
		take_row(&q, out);
	if ((err = db_end(&q)) || out->id)
		return err;
	memset(out, 0, sizeof *out);
	out->gateway_id = gateway_id;
	out->boot = boot;
	out->offset_ms = out->placed_offset_ms = offset_ms;
	out->first_mono_ms = out->last_mono_ms = first_mono_ms;
	return insert(db, out);
}

void boot_hear(struct boot *b, int64_t offset_ms, int64_t real_ms)
{
	if (offset_ms >= b->offset_ms)
		return;
	if (b->placed_offset_ms - offset_ms > (b->is_settled ? DRIFT_MS : PLACING_TOLERANCE_MS)) {
		b->moved_real_ms = real_ms;
		b->is_settled = false;
	}
	b->offset_ms = offset_ms;
	if (b->is_settled)
		b->placed_offset_ms = offset_ms;
	b->is_dirty = true;
}

enum err boot_store(struct db *db, struct boot *b)
{
	struct query q =
		db_query(db, "UPDATE boot SET offset_ms = $1, placed_offset_ms = $2, last_mono_ms = $3, "
			     "first_report_id = $4, clock_offset_ms = $5, is_settled = $6, is_bounded = $7 "
			     "WHERE id = $8");

	put_i64(&q, b->offset_ms);
	put_i64(&q, b->placed_offset_ms);
	put_i64(&q, b->last_mono_ms);
	put_i64(&q, b->first_report_id);
	put_opt(&q, b->has_clock, b->clock_offset_ms);
	put_i64(&q, b->is_settled);
	put_i64(&q, b->is_bounded);
	put_i64(&q, b->id);
	b->is_dirty = false;
	return db_run(&q);
}

enum err boot_before(struct db *db, const struct boot *b, struct boot *out)
{
	struct query q = db_query(db, "SELECT " BOOT_COLUMNS " FROM boot WHERE gateway_id = $1 AND boot < $2 "
				      "ORDER BY boot DESC LIMIT 1");

	put_i64(&q, b->gateway_id);
	put_i64(&q, b->boot);
	out->id = 0;
	while (db_next(&q))
		take_row(&q, out);
	return db_end(&q);
}

static enum err boot_after(struct db *db, const struct boot *b, struct boot *out)
{
	struct query q = db_query(db, "SELECT " BOOT_COLUMNS " FROM boot WHERE gateway_id = $1 AND boot > $2 "
				      "ORDER BY boot LIMIT 1");

	put_i64(&q, b->gateway_id);
	put_i64(&q, b->boot);
	out->id = 0;
	while (db_next(&q))
		take_row(&q, out);
	return db_end(&q);
}

static struct placing_boot placing_boot_of(const struct boot *b, int64_t offset_ms)
{
	return (struct placing_boot){.offset_ms = offset_ms,
				     .first_mono_ms = b->first_mono_ms,
				     .last_mono_ms = b->last_mono_ms,
				     .has_clock = b->has_clock,
				     .clock_offset_ms = b->clock_offset_ms};
}

enum err boot_place(struct db *db, struct boot *b, bool *moves)
{
	struct placing_boot self = placing_boot_of(b, b->offset_ms), low, high;
	struct boot before = {0}, after = {0};
	struct placing placing;
	enum err err;

	if ((err = boot_before(db, b, &before)) || (err = boot_after(db, b, &after)))
		return err;
	low = placing_boot_of(&before, before.placed_offset_ms);
	high = placing_boot_of(&after, after.offset_ms);
	placing = placing_of(&self, before.id ? &low : NULL, after.id ? &high : NULL);
	*moves = placing.offset_ms < b->placed_offset_ms - PLACING_TOLERANCE_MS ||
		 placing.offset_ms > b->placed_offset_ms + PLACING_TOLERANCE_MS;
	b->is_bounded |= placing.is_bounded;
	if (placing.is_bounded)
		b->offset_ms = placing.offset_ms; /* what live hearing said was too late; it will not be heard
						     again */
	return OK;
}

enum err boot_unsettled(struct db *db, int64_t after_id, struct boot *out)
{
	/* Few are: each boot is settled within seconds of its first batch. The partial index holds just
	 * those. */
	struct query q = db_query(db, "SELECT " BOOT_COLUMNS " FROM boot WHERE is_settled = 0 AND id > $1 "
				      "ORDER BY id LIMIT 1");

	put_i64(&q, after_id);
	out->id = 0;
	while (db_next(&q))
		take_row(&q, out);
	return db_end(&q);
}
