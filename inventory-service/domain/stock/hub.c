/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/hub.h"

#include "inventory-service/audit.h"

#define HUB_COLUMNS                 \
	"h.id, h.version, h.name, " \
	"(SELECT count(*) FROM hub_member m WHERE m.hub_id = h.id AND m.until_s IS NULL)"

static void take_row(struct query *q, struct hub *v)
{
	v->id = get_i64(q);
	v->version = get_i64(q);
	get_text(q, v->name, sizeof v->name);
	v->n_places = get_i64(q);
}

struct query hub_list(struct db *db, int64_t after_id, int64_t limit)
{
	struct query q =
		db_query(db, "SELECT " HUB_COLUMNS " FROM hub h WHERE h.id > $1 ORDER BY h.id LIMIT $2");

	put_i64(&q, after_id);
	put_i64(&q, limit);
	return q;
}

bool hub_next(struct query *q, struct hub *out)
{
	if (!db_next(q))
		return false;
	take_row(q, out);
	return true;
}

enum err hub_find(struct db *db, int64_t id, struct hub *out)
{
	struct query q = db_query(db, "SELECT " HUB_COLUMNS " FROM hub h WHERE h.id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (hub_next(&q, out))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

/* A unique key that refuses is the name's. */
static enum err name_fault(enum err err, struct edit *e)
{
	return err == ERR_EXISTS ? edit_refuse(e, err, "name") : err;
}

enum err hub_create(struct db *db, const struct actor *who, int64_t now_s, struct hub *v, struct edit *e)
{
	struct query q;
	enum err err;

	if (!v->name[0])
		return edit_refuse(e, ERR_REQUIRED, "name");
	q = db_query(db, "INSERT INTO hub (name, created_s) VALUES ($1, $2) RETURNING id");
	put_text(&q, v->name);
	put_i64(&q, now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	if ((err = db_end(&q)))
		return name_fault(err, e);
	edit_text(e, "name", "", v->name);
	edit_any(e);
	if ((err = audit_add(db, who, now_s, "hub.create", "hub", v->id, NULL, e->after)))
		return err;
	return hub_find(db, v->id, v);
}

static enum err update(struct db *db, const struct hub *v)
{
	struct query q = db_query(db, "UPDATE hub SET version = version + 1, name = $1 WHERE id = $2");

	put_text(&q, v->name);
	put_i64(&q, v->id);
	return db_run(&q);
}

enum err hub_change(struct db *db, const struct actor *who, int64_t now_s, struct hub *v, struct edit *e)
{
	struct hub was;
	enum err err;

	if ((err = hub_find(db, v->id, &was)) || (err = edit_expects(e, was.version)))
		return err;
	if (!v->name[0])
		return edit_refuse(e, ERR_REQUIRED, "name");
	edit_text(e, "name", was.name, v->name);
	if (edit_any(e)) {
		if ((err = update(db, v)))
			return name_fault(err, e);
		if ((err = audit_add(db, who, now_s, "hub.change", "hub", v->id, e->before, e->after)))
			return err;
	}
	return hub_find(db, v->id, v);
}
