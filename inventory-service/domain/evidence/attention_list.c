/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/attention_list.h"

/* The place it concerns: the gateway's; the home of the item, or of the item that the device reports for;
 * else the place of the meter's gateway. */
#define ATTENTION_PLACE "coalesce(g.place_id, i.home_place_id, dg.place_id)"
#define ATTENTION_COLUMNS                                                                                    \
	"a.id, a.code, a.object, a.object_id, coalesce(g.name, d.name, d.label, i.inventory_no), a.detail, " \
	"a.n, "                                                                                              \
	"a.first_ms, a.last_ms, i.id, " ATTENTION_PLACE ", h.hub_id"
#define ATTENTION_FROM                                                                                \
	" FROM attention a LEFT JOIN gateway g ON a.object = 'gateway' AND g.id = a.object_id "       \
	"LEFT JOIN device d ON a.object IN ('tag', 'meter') AND d.id = a.object_id "                  \
	"LEFT JOIN binding b ON b.device_id = d.id AND b.until_ms IS NULL "                           \
	"LEFT JOIN item i ON i.id = CASE WHEN a.object = 'item' THEN a.object_id ELSE b.item_id END " \
	"LEFT JOIN gateway dg ON dg.id = d.gateway_id "                                               \
	"LEFT JOIN hub_member h ON h.place_id = " ATTENTION_PLACE " AND h.until_s IS NULL "

static void take_row(struct query *q, struct attention *v)
{
	v->id = get_i64(q);
	get_text(q, v->code, sizeof v->code);
	get_text(q, v->object, sizeof v->object);
	v->object_id = get_i64(q);
	get_text(q, v->label, sizeof v->label);
	get_text(q, v->detail, sizeof v->detail);
	v->n = get_i64(q);
	v->first_ms = get_i64(q);
	v->last_ms = get_i64(q);
	v->item_id = get_id(q);
	v->place_id = get_id(q);
	v->hub_id = get_id(q);
}

struct query attention_list(struct db *db, int64_t after_id, int64_t place_id, int64_t hub_id, int64_t limit)
{
	struct query q =
		db_query(db, "SELECT " ATTENTION_COLUMNS ATTENTION_FROM
			     "WHERE a.closed_s IS NULL AND a.id > $1 AND ($2 IS NULL OR " ATTENTION_PLACE
			     " = $2) AND ($3 IS NULL OR h.hub_id = $3) ORDER BY a.id LIMIT $4");

	put_i64(&q, after_id);
	put_id(&q, place_id);
	put_id(&q, hub_id);
	put_i64(&q, limit);
	return q;
}

bool attention_next(struct query *q, struct attention *out)
{
	if (!db_next(q))
		return false;
	take_row(q, out);
	return true;
}
