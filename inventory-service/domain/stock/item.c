/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One row reader for one item and for a page of them: model, home, hub, tag, meter and counted seconds come
 * joined, so that a page costs one query however long it is. LEFT JOINs keep the item outermost: the page is
 * walked by id, or by its narrowest index, and never by the table of models.
 */
#include "inventory-service/domain/stock/item.h"

#include "inventory-service/audit.h"

#define COUNTED(is_meter) \
	"(SELECT sum(b.active_s) FROM binding b WHERE b.item_id = i.id AND b.is_meter = " is_meter ")"

/* What is derived of its loans and holds at $1, now. Its custodian and place are its home's until somebody
 * had it. */
#define HELD                                                                                            \
	"(SELECT CASE WHEN n.place_id = " AT " THEN 'awaiting_pickup' ELSE 'reserved' END FROM hold n " \
	"WHERE n.item_id = i.id AND n.starts_s <= $1 AND n.ends_s > $1 AND n.line_id IS NOT NULL AND "  \
	"(n.expires_s IS NULL OR n.expires_s > $1) ORDER BY n.starts_s DESC LIMIT 1)"
#define AWAITED                                                                                       \
	"(SELECT CASE WHEN n.from_s <= $1 AND n.line_id IS NOT NULL THEN 'reserved' END FROM hold n " \
	"WHERE n.item_id = i.id AND n.starts_s > $1 AND (n.expires_s IS NULL OR n.expires_s > $1) "   \
	"ORDER BY n.starts_s LIMIT 1)"
#define AT "CASE WHEN c.id IS NULL THEN i.home_place_id ELSE c.at_place_id END"
#define STATE                                                                                        \
	"CASE WHEN i.retired_s IS NOT NULL THEN 'retired' WHEN i.lost_s IS NOT NULL THEN 'missing' " \
	"WHEN c.line_id IS NOT NULL THEN 'on_loan' "                                                 \
	"WHEN c.id IS NOT NULL AND c.at_place_id IS NULL THEN 'in_transit' "                         \
	"WHEN EXISTS (SELECT 1 FROM block k WHERE k.item_id = i.id AND k.starts_s <= $1 AND "        \
	"coalesce(k.ended_s, k.ends_s, $1 + 1) > $1) THEN 'out_of_service' "                         \
	"WHEN EXISTS (SELECT 1 FROM line l INDEXED BY line_live WHERE l.item_id = i.id AND "         \
	"l.ended_s IS NULL AND l.state = 'taken_back') THEN "                                        \
	"'inspection' "                                                                              \
	"ELSE coalesce(" HELD ", " AWAITED ", 'available') END"

#define ITEM_COLUMNS                                                                                         \
	"i.id, i.version, i.model_id, i.inventory_no, i.serial, i.owner_place_id, i.home_place_id, "         \
	"i.lend_to, "                                                                                        \
	"i.approver, i.cost_cents, i.in_service_s, i.code, i.retired_s, m.name, m.family, p.name, "          \
	"h.hub_id, " STATE ", coalesce(c.place_id, i.home_place_id), " AT ", c.line_id, "                    \
	"t.id, t.state, t.heard_ms, t.battery_pct, t.seen_place_id, t.seen_since_ms, " COUNTED(              \
		"0") ", "                                                                                    \
		     "e.id, e.state, e.heard_ms, e.battery_pct, e.seen_place_id, e.seen_since_ms, " COUNTED( \
			     "1")

#define ITEM_FROM                                                                                          \
	" FROM item i LEFT JOIN model m ON m.id = i.model_id LEFT JOIN place p ON p.id = i.home_place_id " \
	"LEFT JOIN hub_member h ON h.place_id = i.home_place_id AND h.until_s IS NULL "                    \
	"LEFT JOIN custody c ON c.item_id = i.id AND c.until_s IS NULL "                                   \
	"LEFT JOIN binding tb ON tb.item_id = i.id AND tb.is_meter = 0 AND tb.until_ms IS NULL "           \
	"LEFT JOIN device t ON t.id = tb.device_id "                                                       \
	"LEFT JOIN binding eb ON eb.item_id = i.id AND eb.is_meter = 1 AND eb.until_ms IS NULL "           \
	"LEFT JOIN device e ON e.id = eb.device_id "

static void take_device(struct query *q, int64_t *id, struct live_device *d)
{
	*id = get_id(q);
	d->is_bound = *id != 0;
	get_text(q, d->state, sizeof d->state);
	d->heard_ms = get_i64(q);
	d->battery_pct = -1;
	(void)get_opt(q, &d->battery_pct); /* NULL leaves "unknown" */
	d->seen_place_id = get_id(q);
	d->seen_since_ms = get_i64(q);
	d->active_s = get_i64(q);
}

static void take_row(struct query *q, const struct item_now *now, struct item *v)
{
	struct live_device tag, meter;

	v->id = get_i64(q);
	v->version = get_i64(q);
	v->model_id = get_i64(q);
	get_text(q, v->inventory_no, sizeof v->inventory_no);
	get_text(q, v->serial, sizeof v->serial);
	v->owner_place_id = get_i64(q);
	v->home_place_id = get_i64(q);
	get_text(q, v->lend_to, sizeof v->lend_to);
	get_text(q, v->approver, sizeof v->approver);
	v->cost_cents = -1;
	(void)get_opt(q, &v->cost_cents); /* NULL leaves "unknown" */
	v->in_service_s = get_i64(q);
	get_text(q, v->code, sizeof v->code);
	v->retired_s = get_i64(q);
	get_text(q, v->model_name, sizeof v->model_name);
	get_text(q, v->family, sizeof v->family);
	get_text(q, v->home_place_name, sizeof v->home_place_name);
	v->home_hub_id = get_id(q);
	get_text(q, v->state, sizeof v->state);
	v->custodian_id = get_i64(q);
	v->place_id = get_id(q);
	v->line_id = get_id(q);
	take_device(q, &v->tag_id, &tag);
	take_device(q, &v->meter_id, &meter);
	v->live = live_of(&tag, &meter, now->now_ms, now->silent_s);
}

bool item_next(struct query *q, const struct item_now *now, struct item *out)
{
	if (!db_next(q))
		return false;
	take_row(q, now, out);
	return true;
}

enum err item_find(struct db *db, int64_t id, const struct item_now *now, struct item *out)
{
	struct query q = db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM "WHERE i.id = $2");
	bool found = false;
	enum err err;

	put_i64(&q, now->now_ms / 1000);
	put_i64(&q, id);
	while (item_next(&q, now, out))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

#define ITEM_FILTERS                                                                                   \
	"WHERE i.id > $2 AND ($3 IS NULL OR i.model_id = $3) AND ($4 IS NULL OR h.hub_id = $4) "       \
	"AND ($5 IS NULL OR m.family = $5) "                                                           \
	"AND ($6 IS NULL OR " STATE " = $6) "                                                          \
	"AND ($7 IS NULL OR lower(m.name) LIKE $7 ESCAPE '\\' OR lower(m.family) LIKE $7 ESCAPE '\\' " \
	"OR lower(i.inventory_no) LIKE $7 ESCAPE '\\' OR lower(i.serial) LIKE $7 ESCAPE '\\' "         \
	"OR lower(p.name) LIKE $7 ESCAPE '\\') "

/* The narrowest index that the filter allows; the last parameter before the limit is its key. */
static struct query narrowed(struct db *db, const struct item_filter *f)
{
	if (f->code[0])
		return db_query(
			db,
			"SELECT " ITEM_COLUMNS ITEM_FROM ITEM_FILTERS
			"AND ($8 IS NULL OR i.home_place_id = $8) AND i.code = $9 ORDER BY i.id LIMIT $10");
	if (f->place_id)
		return db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM ITEM_FILTERS
				    "AND i.home_place_id = $8 AND $9 IS NULL ORDER BY i.id LIMIT $10");
	if (f->hub_id)
		return db_query(
			db, "SELECT " ITEM_COLUMNS ITEM_FROM ITEM_FILTERS
			    "AND $8 IS NULL AND $9 IS NULL AND i.home_place_id IN (SELECT place_id "
			    "FROM hub_member WHERE hub_id = $4 AND until_s IS NULL) ORDER BY i.id LIMIT $10");
	return db_query(db, "SELECT " ITEM_COLUMNS ITEM_FROM ITEM_FILTERS
			    "AND $8 IS NULL AND $9 IS NULL ORDER BY i.id LIMIT $10");
}

struct query item_list(struct db *db, const struct item_filter *f, const struct item_now *now,
		       char pattern[200])
{
	struct query q = narrowed(db, f);

	stock_like(f->q, pattern, 200);
	put_i64(&q, now->now_ms / 1000);
	put_i64(&q, f->after_id);
	put_id(&q, f->model_id);
	put_id(&q, f->hub_id);
	put_text(&q, f->family[0] ? f->family : NULL);
	put_text(&q, f->state[0] ? f->state : NULL);
	put_text(&q, f->q[0] ? pattern : NULL);
	put_id(&q, f->place_id);
	put_text(&q, f->code[0] ? f->code : NULL);
	put_i64(&q, f->limit);
	return q;
}

/* ---- changing ------------------------------------------------------------------------------------------ */

/* What its references are, told apart: a foreign key would not say which. */
static enum err check_references(struct db *db, const struct item *v, struct edit *e)
{
	struct query q = db_query(db, "SELECT (SELECT count(*) FROM model WHERE id = $1), "
				      "(SELECT count(*) FROM place WHERE id = $2), "
				      "(SELECT count(*) FROM place WHERE id = $3)");
	bool model = false, owner = false, home = false;
	enum err err;

	put_i64(&q, v->model_id);
	put_i64(&q, v->owner_place_id);
	put_i64(&q, v->home_place_id);
	while (db_next(&q)) {
		model = get_i64(&q);
		owner = get_i64(&q);
		home = get_i64(&q);
	}
	if ((err = db_end(&q)))
		return err;
	if (!model)
		return edit_refuse(e, ERR_REFERENCE, "model_id");
	if (!owner)
		return edit_refuse(e, ERR_REFERENCE, "owner_place_id");
	return home ? OK : edit_refuse(e, ERR_REFERENCE, "home_place_id");
}

static enum err check(struct db *db, const struct item *v, struct edit *e)
{
	if (!v->inventory_no[0])
		return edit_refuse(e, ERR_REQUIRED, "inventory_no");
	if (!item_lend_to_valid(v->lend_to))
		return edit_refuse(e, ERR_RANGE, "lend_to");
	if (!item_approver_valid(v->approver))
		return edit_refuse(e, ERR_RANGE, "approver");
	return check_references(db, v, e);
}

static void compare(struct edit *e, const struct item *was, const struct item *v)
{
	edit_id(e, "model_id", was->model_id, v->model_id);
	edit_text(e, "inventory_no", was->inventory_no, v->inventory_no);
	edit_text(e, "serial", was->serial, v->serial);
	edit_id(e, "owner_place_id", was->owner_place_id, v->owner_place_id);
	edit_id(e, "home_place_id", was->home_place_id, v->home_place_id);
	edit_text(e, "lend_to", was->lend_to, v->lend_to);
	edit_text(e, "approver", was->approver, v->approver);
	edit_opt(e, "cost_cents", was->cost_cents, v->cost_cents);
	edit_i64(e, "in_service_s", was->in_service_s, v->in_service_s);
}

static void put_row(struct query *q, const struct item *v)
{
	put_i64(q, v->model_id);
	put_text(q, v->inventory_no);
	put_text(q, v->serial);
	put_i64(q, v->owner_place_id);
	put_i64(q, v->home_place_id);
	put_text(q, v->lend_to);
	put_text(q, v->approver);
	put_opt(q, v->cost_cents >= 0, v->cost_cents);
	put_i64(q, v->in_service_s);
}

static enum err insert(struct db *db, int64_t now_s, struct item *v)
{
	struct query q = db_query(
		db, "INSERT INTO item (model_id, inventory_no, serial, owner_place_id, home_place_id, "
		    "lend_to, approver, cost_cents, in_service_s, code, created_s) "
		    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id");

	put_row(&q, v);
	put_text(&q, v->code);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	return db_end(&q);
}

static enum err update(struct db *db, const struct item *v)
{
	struct query q =
		db_query(db, "UPDATE item SET model_id = $1, inventory_no = $2, serial = $3, "
			     "owner_place_id = $4, home_place_id = $5, lend_to = $6, approver = $7, "
			     "cost_cents = $8, in_service_s = $9, version = version + 1 WHERE id = $10");

	put_row(&q, v);
	put_i64(&q, v->id);
	return db_run(&q);
}

static enum err is_code_taken(struct db *db, const char *code, bool *taken)
{
	struct query q = db_query(db, "SELECT 1 FROM item WHERE code = $1");

	*taken = false;
	put_text(&q, code);
	while (db_next(&q))
		*taken = true;
	return db_end(&q);
}

static enum err key_fault(enum err err, struct edit *e)
{
	return err == ERR_EXISTS ? edit_refuse(e, err, "inventory_no") : err;
}

enum err item_create(struct db *db, const struct actor *who, int64_t now_s, struct item *v, struct edit *e)
{
	static const struct item nothing = {.cost_cents = -1};
	bool taken;
	enum err err;

	if ((err = check(db, v, e)) || (err = is_code_taken(db, v->code, &taken)))
		return err;
	if (taken)
		return edit_refuse(e, ERR_EXISTS, "code");
	if ((err = insert(db, now_s, v)))
		return key_fault(err, e);
	compare(e, &nothing, v);
	edit_any(e);
	return audit_add(db, who, now_s, "item.create", "item", v->id, NULL, e->after);
}

enum err item_change(struct db *db, const struct actor *who, int64_t now_s, struct item *v, struct edit *e)
{
	static const struct item_now anytime = {0};
	struct item was;
	enum err err;

	if ((err = item_find(db, v->id, &anytime, &was)) || (err = edit_expects(e, was.version)))
		return err;
	if ((err = check(db, v, e)))
		return err;
	compare(e, &was, v);
	if (!edit_any(e))
		return OK;
	if ((err = update(db, v)))
		return key_fault(err, e);
	return audit_add(db, who, now_s, "item.change", "item", v->id, e->before, e->after);
}

static enum err end_bindings(struct db *db, int64_t now_ms, int64_t id)
{
	struct query q =
		db_query(db, "UPDATE device SET version = version + 1 WHERE id IN "
			     "(SELECT device_id FROM binding WHERE item_id = $1 AND until_ms IS NULL)");
	enum err err;

	put_i64(&q, id);
	if ((err = db_run(&q)))
		return err;
	q = db_query(
		db, "UPDATE binding SET until_ms = max(from_ms, $1) WHERE item_id = $2 AND until_ms IS NULL");
	put_i64(&q, now_ms);
	put_i64(&q, id);
	return db_run(&q);
}

enum err item_retire(struct db *db, const struct actor *who, int64_t now_ms, const struct item_retirement *r,
		     struct edit *e)
{
	static const struct item_now anytime = {0};
	struct query q;
	struct item was;
	enum err err;

	if ((err = item_find(db, r->item_id, &anytime, &was)) || (err = edit_expects(e, was.version)))
		return err;
	if (was.retired_s)
		return OK;
	if ((err = end_bindings(db, now_ms, was.id)))
		return err;
	q = db_query(db, "UPDATE item SET retired_s = $1, version = version + 1 WHERE id = $2");
	put_i64(&q, r->since_s);
	put_i64(&q, was.id);
	if ((err = db_run(&q)))
		return err;
	edit_text(e, "state", was.state, "retired");
	edit_i64(e, "retired_s", 0, r->since_s);
	edit_id(e, "tag_id", was.tag_id, 0);
	edit_id(e, "meter_id", was.meter_id, 0);
	edit_note(e, "reason", r->reason);
	edit_any(e);
	return audit_add(db, who, now_ms / 1000, "item.retire", "item", was.id, e->before, e->after);
}
