/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/stranger.h"

static enum err forget_oldest(struct db *db, int64_t gateway_id, bool is_meter)
{
	struct query q = db_query(
		db, "DELETE FROM stranger WHERE id IN (SELECT id FROM stranger WHERE gateway_id = $1 AND "
		    "(kind = 'meter') = $2 ORDER BY heard_ms DESC, id DESC LIMIT 1000 OFFSET $3)");

	put_i64(&q, gateway_id);
	put_i64(&q, is_meter);
	put_i64(&q, STRANGERS_MAX);
	return db_run(&q);
}

enum err stranger_heard(struct db *db, int64_t gateway_id, enum device_kind kind, const char *name,
			int64_t heard_ms, int64_t rssi_dbm)
{
	struct query q =
		db_query(db, "INSERT INTO stranger (gateway_id, kind, name, heard_ms, rssi_dbm) "
			     "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (gateway_id, name, kind) DO UPDATE SET "
			     "heard_ms = max(heard_ms, excluded.heard_ms), rssi_dbm = excluded.rssi_dbm");
	enum err err;

	put_i64(&q, gateway_id);
	put_text(&q, device_kind_text(kind));
	put_text(&q, name);
	put_i64(&q, heard_ms);
	put_opt(&q, rssi_dbm != 0, rssi_dbm);
	if ((err = db_run(&q)))
		return err;
	return forget_oldest(db, gateway_id, kind == DEVICE_METER);
}

enum err stranger_registered(struct db *db, const struct device *v)
{
	bool is_meter = v->kind == DEVICE_METER;
	struct query q = db_query(db, "DELETE FROM stranger WHERE name = $1 AND (kind = 'meter') = $2 "
				      "AND ($3 IS NULL OR gateway_id = $3)");

	put_text(&q, is_meter ? v->name : v->address);
	put_i64(&q, is_meter);
	put_id(&q, is_meter ? v->gateway_id : 0);
	return db_run(&q);
}

struct query stranger_list(struct db *db, int64_t after_row, bool meters, int64_t limit)
{
	struct query q = db_query(
		db, "SELECT s.id, s.kind, s.name, s.gateway_id, s.heard_ms, s.rssi_dbm, g.place_id, h.hub_id "
		    "FROM stranger s JOIN gateway g ON g.id = s.gateway_id "
		    "LEFT JOIN hub_member h ON h.place_id = g.place_id AND h.until_s IS NULL "
		    "WHERE s.id > $1 AND (s.kind = 'meter') = $2 ORDER BY s.id LIMIT $3");

	put_i64(&q, after_row);
	put_i64(&q, meters);
	put_i64(&q, limit);
	return q;
}

bool stranger_next(struct query *q, int64_t *row, struct device *out)
{
	char kind[8];
	bool is_meter;

	if (!db_next(q))
		return false;
	*out = device_nobodys;
	*row = get_i64(q);
	get_text(q, kind, sizeof kind);
	out->kind = device_kind_of(kind);
	is_meter = out->kind == DEVICE_METER;
	get_text(q, is_meter ? out->name : out->address, is_meter ? sizeof out->name : sizeof out->address);
	out->heard_gateway_id = get_i64(q);
	out->gateway_id = is_meter ? out->heard_gateway_id : 0;
	out->heard_ms = get_i64(q);
	out->rssi_dbm = get_i64(q);
	out->place_id = get_i64(q);
	out->hub_id = get_id(q);
	return true;
}
