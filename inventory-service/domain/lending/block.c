/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/block.h"

#include "inventory-service/audit.h"
#include "inventory-service/domain/lending/booking.h"
#include "inventory-service/domain/lending/thing.h"

#define BLOCK_COLUMNS "id, version, item_id, place_id, reason, starts_s, ends_s, ended_s, created_s"

bool block_next(struct query *q, struct block *v)
{
	if (!db_next(q))
		return false;
	v->id = get_i64(q);
	v->version = get_i64(q);
	v->item_id = get_id(q);
	v->place_id = get_id(q);
	get_text(q, v->reason, sizeof v->reason);
	v->starts_s = get_i64(q);
	v->ends_s = get_i64(q);
	v->ended_s = get_i64(q);
	v->created_s = get_i64(q);
	return true;
}

enum err block_find(struct db *db, int64_t id, struct block *out)
{
	struct query q = db_query(db, "SELECT " BLOCK_COLUMNS " FROM block WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, id);
	while (block_next(&q, out))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

struct query block_list(struct db *db, const struct block_filter *f)
{
	struct query q = db_query(db, "SELECT " BLOCK_COLUMNS
				      " FROM block WHERE id > $1 AND ($2 IS NULL OR item_id = $2) "
				      "AND ($3 IS NULL OR place_id = $3) ORDER BY id LIMIT $4");

	put_i64(&q, f->after_id);
	put_id(&q, f->item_id);
	put_id(&q, f->place_id);
	put_i64(&q, f->limit);
	return q;
}

static enum err insert(const struct lending *l, struct block *v)
{
	struct query q = db_query(
		l->db,
		"INSERT INTO block (item_id, place_id, reason, starts_s, ends_s, created_by, created_s) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id");

	put_id(&q, v->item_id);
	put_id(&q, v->place_id);
	put_text(&q, v->reason);
	put_i64(&q, v->starts_s);
	put_id(&q, v->ends_s);
	put_id(&q, l->who->user_id);
	put_i64(&q, l->now_s);
	while (db_next(&q))
		v->id = get_i64(&q);
	return db_end(&q);
}

static enum err hold_item(const struct lending *l, struct block *v, struct hold_conflicts *c, struct edit *e)
{
	struct stay s = {.starts_s = v->starts_s, .ends_s = v->ends_s ? v->ends_s : STAY_FOR_EVER};
	struct hold_item item;
	struct thing thing;
	enum err err;

	if ((err = thing_load(l->db, v->item_id, l->now_s, &thing)))
		return err == ERR_NOT_FOUND ? edit_refuse(e, ERR_REFERENCE, "item_id") : err;
	item = hold_item_of(&thing, l->now_s, l->policy);
	s.place_id = thing.home_id;
	if ((err = hold_check(l->db, &item, &s, c)) || (err = insert(l, v)))
		return err;
	s.block_id = v->id;
	return hold_put(l->db, &item, &s, 0);
}

/* As many as are looked at when a counter is asked whether it is open. */
static enum err close_counter(const struct lending *l, struct block *v, struct edit *e)
{
	struct query q = db_query(l->db, "SELECT count(*) FROM block WHERE place_id = $1 AND "
					 "coalesce(ended_s, ends_s, $2 + 1) > $2");
	int64_t n = 0;
	enum err err;

	put_i64(&q, v->place_id);
	put_i64(&q, l->now_s);
	while (db_next(&q))
		n = get_i64(&q);
	if ((err = db_end(&q)))
		return err;
	return n < OPENING_BLOCKS ? insert(l, v) : edit_refuse(e, ERR_STATE, "place_id");
}

enum err block_create(const struct lending *l, struct block *v, struct hold_conflicts *c, struct edit *e)
{
	enum err err;

	c->n = 0;
	if (v->ends_s && v->ends_s <= v->starts_s)
		return edit_refuse(e, ERR_TIME, "ends_at");
	if ((err = booking_expire(l)) || (err = v->item_id ? hold_item(l, v, c, e) : close_counter(l, v, e)))
		return err;
	edit_id(e, "item_id", 0, v->item_id);
	edit_id(e, "place_id", 0, v->place_id);
	edit_i64(e, "starts_s", 0, v->starts_s);
	edit_id(e, "ends_s", 0, v->ends_s);
	edit_text(e, "reason", "", v->reason);
	edit_any(e);
	return audit_add(l->db, l->who, l->now_s, "block.create", "block", v->id, NULL, e->after);
}

static enum err shorten(const struct lending *l, const struct block *was)
{
	struct stay s = {.starts_s = was->starts_s, .ends_s = l->now_s, .block_id = was->id};
	struct hold_item item;
	struct thing thing;
	enum err err;

	if (!was->item_id)
		return OK;
	if ((err = thing_load(l->db, was->item_id, l->now_s, &thing)))
		return err;
	item = hold_item_of(&thing, l->now_s, l->policy);
	s.place_id = thing.home_id;
	return s.ends_s > s.starts_s ? hold_move(l->db, &item, &s) : hold_take(l->db, &item, 0, was->id);
}

enum err block_end(const struct lending *l, const struct block *was, struct edit *e)
{
	struct query q;
	enum err err;

	if (was->ended_s || (was->ends_s && was->ends_s <= l->now_s))
		return OK;
	if ((err = booking_expire(l)) || (err = shorten(l, was)))
		return err;
	q = db_query(l->db, "UPDATE block SET ended_s = $1, version = version + 1 WHERE id = $2");
	put_i64(&q, l->now_s);
	put_i64(&q, was->id);
	if ((err = db_run(&q)))
		return err;
	edit_i64(e, "ended_s", 0, l->now_s);
	edit_any(e);
	return audit_add(l->db, l->who, l->now_s, "block.end", "block", was->id, NULL, e->after);
}
