/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A device is what reports; a binding says for which item, from and until when. Rows of binding are never
 * changed but to be ended: the hours of a past binding stay with its item. Two partial unique indexes see to
 * it that a device reports for one item and an item has one tag and one meter at a time, whatever the code
 * above thinks.
 */
#include "inventory-service/domain/evidence/device.h"

#include "inventory-service/audit.h"
#include "inventory-service/domain/evidence/attention.h"
#include "inventory-service/domain/evidence/stranger.h"
#include "inventory-service/domain/stock/edit.h"

#define DEVICE_KEY_LEN 16

#define DEVICE_COLUMNS                                                                                      \
	"d.id, d.version, d.kind, d.address, d.key IS NOT NULL, d.gateway_id, d.name, d.label, b.item_id, " \
	"d.state, d.battery_pct, d.heard_ms, d.quarantined_ms, d.seen_place_id, d.seen_since_ms, "          \
	"d.energy_wh, "                                                                                     \
	"d.power_mw, coalesce(i.home_place_id, g.place_id), h.hub_id, d.heard_gateway_id, d.best_rssi_dbm"
#define DEVICE_FROM                                                                                      \
	" FROM device d LEFT JOIN binding b ON b.device_id = d.id AND b.until_ms IS NULL "               \
	"LEFT JOIN item i ON i.id = b.item_id LEFT JOIN gateway g ON g.id = d.gateway_id "               \
	"LEFT JOIN hub_member h ON h.place_id = coalesce(i.home_place_id, g.place_id) AND h.until_s IS " \
	"NULL "

static const char *const kinds[] = {
	[DEVICE_BLE] = "ble",
	[DEVICE_RUUVI] = "ruuvi",
	[DEVICE_LORAWAN] = "lorawan",
	[DEVICE_METER] = "meter",
};

const char *device_kind_text(enum device_kind kind)
{
	return kinds[kind];
}

enum device_kind device_kind_of(const char *text)
{
	/* The schema's CHECK knows no fifth word. Told apart by their first letters. */
	switch (text[0]) {
	case 'b':
		return DEVICE_BLE;
	case 'r':
		return DEVICE_RUUVI;
	case 'l':
		return DEVICE_LORAWAN;
	default:
		return DEVICE_METER;
	}
}

const struct device device_nobodys = {
	.state = "unknown",
	.battery_pct = -1,
	.energy_wh = -1,
	.power_mw = INT64_MIN,
};

static void take_row(struct query *q, struct device *v)
{
	char kind[8];

	v->id = get_i64(q);
	v->version = get_i64(q);
	get_text(q, kind, sizeof kind);
	v->kind = device_kind_of(kind);
	get_text(q, v->address, sizeof v->address);
	v->has_key = get_i64(q);
	v->gateway_id = get_id(q);
	get_text(q, v->name, sizeof v->name);
	get_text(q, v->label, sizeof v->label);
	v->item_id = get_id(q);
	get_text(q, v->state, sizeof v->state);
	v->battery_pct = -1;
	(void)get_opt(q, &v->battery_pct); /* NULL leaves "unknown", here and below */
	v->heard_ms = get_i64(q);
	v->quarantined_ms = get_i64(q);
	v->seen_place_id = get_id(q);
	v->seen_since_ms = get_i64(q);
	v->energy_wh = -1;
	(void)get_opt(q, &v->energy_wh);
	v->power_mw = INT64_MIN;
	(void)get_opt(q, &v->power_mw);
	v->place_id = get_id(q);
	v->hub_id = get_id(q);
	v->heard_gateway_id = get_id(q);
	v->rssi_dbm = get_i64(q);
}

bool device_next(struct query *q, struct device *out)
{
	if (!db_next(q))
		return false;
	take_row(q, out);
	return true;
}

struct query device_list(struct db *db, int64_t after_id, bool meters, int bound, int64_t limit)
{
	struct query q = db_query(
		db, "SELECT " DEVICE_COLUMNS DEVICE_FROM "WHERE d.id > $1 AND (d.kind = 'meter') = $2 "
		    "AND ($3 IS NULL OR (b.item_id IS NOT NULL) = $3) ORDER BY d.id LIMIT $4");

	put_i64(&q, after_id);
	put_i64(&q, meters);
	put_opt(&q, bound >= 0, bound);
	put_i64(&q, limit);
	return q;
}

enum err device_find(struct db *db, int64_t id, struct device *out)
{
	struct query q = db_query(db, "SELECT " DEVICE_COLUMNS DEVICE_FROM "WHERE d.id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (device_next(&q, out))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

/* In the API a device is a tag unless it is a meter. */
static const char *noun_of(const struct device *v)
{
	return v->kind == DEVICE_METER ? "meter" : "tag";
}

static enum err keep_journal(struct db *db, const struct actor *who, int64_t now_s, const struct device *v,
			     const char *verb, struct edit *e)
{
	char action[32];

	edit_any(e);
	if (!str_format(action, sizeof action, "%s.%s", noun_of(v), verb))
		return ERR_INTERNAL;
	return audit_add(db, who, now_s, action, noun_of(v), v->id, e->before, e->after);
}

/* ---- registering --------------------------------------------------------------------------------------- */

static enum err insert(struct db *db, const struct secret *secret, int64_t now_s, struct device *v,
		       const uint8_t *key)
{
	struct query q =
		db_query(db, "INSERT INTO device (kind, address, key, gateway_id, name, label, created_s) "
			     "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id");
	bool is_meter = v->kind == DEVICE_METER;
	uint8_t sealed[SECRET_SEALED_LEN(DEVICE_KEY_LEN)];

	if (key)
		secret_seal(secret, "device.key", key, DEVICE_KEY_LEN, sealed);
	put_text(&q, kinds[v->kind]);
	put_text(&q, is_meter ? NULL : v->address);
	put_blob(&q, key ? sealed : NULL, sizeof sealed);
	put_id(&q, is_meter ? v->gateway_id : 0);
	put_text(&q, is_meter ? v->name : NULL);
	put_text(&q, v->label);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	return db_end(&q);
}

enum err device_create(struct db *db, const struct secret *secret, const struct actor *who, int64_t now_s,
		       struct device *v, const uint8_t *key)
{
	struct edit e = {0};
	enum err err;

	if ((err = insert(db, secret, now_s, v, key)))
		return err == ERR_EXISTS ? ERR_TAG_EXISTS : err;
	if ((err = stranger_registered(db, v)))
		return err;
	edit_text(&e, "kind", "", kinds[v->kind]);
	edit_text(&e, "address", "", v->address);
	edit_id(&e, "gateway_id", 0, v->gateway_id);
	edit_text(&e, "name", "", v->name);
	edit_text(&e, "label", "", v->label);
	if ((err = keep_journal(db, who, now_s, v, "create", &e)))
		return err;
	return device_find(db, v->id, v);
}

enum err device_label(struct db *db, const struct actor *who, int64_t now_s, int64_t id, const char *label,
		      int64_t expected_version)
{
	struct edit e = {.expected_version = expected_version};
	struct device v;
	struct query q;
	enum err err;

	if ((err = device_find(db, id, &v)) || (err = edit_expects(&e, v.version)))
		return err;
	edit_text(&e, "label", v.label, label);
	if (!edit_any(&e))
		return OK;
	q = db_query(db, "UPDATE device SET label = $1, version = version + 1 WHERE id = $2");
	put_text(&q, label);
	put_i64(&q, id);
	if ((err = db_run(&q)))
		return err;
	return keep_journal(db, who, now_s, &v, "change", &e);
}

/* ---- binding ------------------------------------------------------------------------------------------- */

struct binding_facts {
	bool has_item;
	bool is_retired;
	int64_t bound_device_id; /* what the item has now */
	struct device device;    /* what it shall have; id 0: nothing */
};

static enum err load_facts(struct db *db, int64_t item_id, bool is_meter, int64_t device_id,
			   struct binding_facts *f)
{
	struct query q = db_query(
		db, "SELECT i.retired_s IS NOT NULL, b.device_id FROM item i LEFT JOIN binding b "
		    "ON b.item_id = i.id AND b.is_meter = $1 AND b.until_ms IS NULL WHERE i.id = $2");
	enum err err;

	*f = (struct binding_facts){0};
	put_i64(&q, is_meter);
	put_i64(&q, item_id);
	while (db_next(&q)) {
		f->has_item = true;
		f->is_retired = get_i64(&q);
		f->bound_device_id = get_id(&q);
	}
	if ((err = db_end(&q)) || !device_id)
		return err;
	err = device_find(db, device_id, &f->device);
	return err == ERR_NOT_FOUND ? ERR_REFERENCE : err;
}

static enum err check_facts(const struct binding_facts *f, bool is_meter)
{
	if (!f->has_item)
		return ERR_NOT_FOUND;
	if (f->device.id && (f->device.kind == DEVICE_METER) != is_meter)
		return ERR_REFERENCE;
	return f->is_retired && f->device.id ? ERR_STATE : OK;
}

/* The open binding of the device, and of the item for that sort of device. Never before it began: two clocks.
 */
static enum err end_bindings(struct db *db, int64_t now_ms, int64_t item_id, bool is_meter, int64_t device_id)
{
	struct query q = db_query(db, "UPDATE binding SET until_ms = max(from_ms, $1) WHERE until_ms IS NULL "
				      "AND (device_id = $2 OR (item_id = $3 AND is_meter = $4))");

	put_i64(&q, now_ms);
	put_id(&q, device_id);
	put_i64(&q, item_id);
	put_i64(&q, is_meter);
	return db_run(&q);
}

static enum err begin_binding(struct db *db, int64_t now_ms, int64_t item_id, bool is_meter,
			      int64_t device_id)
{
	struct query q;

	if (!device_id)
		return OK;
	q = db_query(db,
		     "INSERT INTO binding (device_id, item_id, is_meter, from_ms) VALUES ($1, $2, $3, $4)");
	put_i64(&q, device_id);
	put_i64(&q, item_id);
	put_i64(&q, is_meter);
	put_i64(&q, now_ms);
	return db_run(&q);
}

static enum err touch_all(struct db *db, const struct binding_facts *f, int64_t item_id)
{
	struct query q = db_query(db, "UPDATE item SET version = version + 1 WHERE id = $1 OR id = $2");
	enum err err;

	put_i64(&q, item_id);
	put_id(&q, f->device.item_id);
	if ((err = db_run(&q)))
		return err;
	q = db_query(db, "UPDATE device SET version = version + 1 WHERE id = $1 OR id = $2");
	put_id(&q, f->bound_device_id);
	put_id(&q, f->device.id);
	return db_run(&q);
}

enum err device_bind(struct db *db, const struct actor *who, int64_t now_ms, int64_t item_id, bool is_meter,
		     int64_t device_id)
{
	struct binding_facts facts;
	struct edit e = {0};
	enum err err;

	if ((err = load_facts(db, item_id, is_meter, device_id, &facts)) ||
	    (err = check_facts(&facts, is_meter)))
		return err;
	edit_id(&e, is_meter ? "meter_id" : "tag_id", facts.bound_device_id, device_id);
	if (facts.device.item_id && facts.device.item_id != item_id)
		edit_id(&e, "from_item_id", facts.device.item_id, 0);
	if (!edit_any(&e))
		return OK;
	if ((err = end_bindings(db, now_ms, item_id, is_meter, device_id)) ||
	    (err = begin_binding(db, now_ms, item_id, is_meter, device_id)) ||
	    (err = touch_all(db, &facts, item_id)))
		return err;
	return audit_add(db, who, now_ms / 1000, is_meter ? "item.meter" : "item.tag", "item", item_id,
			 e.before, e.after);
}

/* ---- judgements of people ------------------------------------------------------------------------------ */

static enum err close_doubts(struct db *db, int64_t now_s, const struct device *v, const char *reason)
{
	static const char *const tag_codes[] = {"tag.clone", "tag.implausible", NULL};
	static const char *const meter_codes[] = {"meter.regressed", "meter.implausible", NULL};
	const char *const *code = v->kind == DEVICE_METER ? meter_codes : tag_codes;
	enum err err = OK;

	for (; *code && !err; code++)
		err = attention_close(db, now_s, *code, noun_of(v), v->id, reason);
	return err;
}

enum err device_release(struct db *db, const struct actor *who, int64_t now_s, int64_t id, const char *reason)
{
	struct edit e = {0};
	struct device v;
	struct query q;
	enum err err;

	if ((err = device_find(db, id, &v)))
		return err;
	/* Only what was quarantined has a jump to forgive. */
	q = db_query(db, "UPDATE device SET quarantined_ms = NULL, suspect_ms = NULL, version = version + 1, "
			 "growth_allowed = CASE WHEN quarantined_ms IS NULL THEN growth_allowed ELSE 1 END "
			 "WHERE id = $1");
	put_i64(&q, id);
	if ((err = db_run(&q)) || (err = close_doubts(db, now_s, &v, reason)))
		return err;
	edit_text(&e, "state", v.quarantined_ms ? "quarantined" : "", "released");
	edit_note(&e, "reason", reason);
	return keep_journal(db, who, now_s, &v, "release", &e);
}

enum err device_counter_reset(struct db *db, const struct actor *who, int64_t now_s, int64_t id,
			      const char *reason)
{
	struct edit e = {0};
	struct device v;
	struct query q;
	enum err err;

	if ((err = device_find(db, id, &v)))
		return err;
	q = db_query(db, "UPDATE device SET reset_allowed = 1, version = version + 1 WHERE id = $1");
	put_i64(&q, id);
	if ((err = db_run(&q)) ||
	    (err = attention_close(db, now_s, "tag.counter_restarted", noun_of(&v), id, reason)))
		return err;
	edit_note(&e, "reason", reason);
	return keep_journal(db, who, now_s, &v, "counter_reset", &e);
}
