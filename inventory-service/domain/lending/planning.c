/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/planning.h"

#define ITEM_WHERE                                                                                          \
	"FROM item i JOIN model m ON m.id = i.model_id JOIN place p ON p.id = i.home_place_id "             \
	"LEFT JOIN hub_member h ON h.place_id = i.home_place_id AND h.until_s IS NULL "                     \
	"WHERE i.retired_s IS NULL AND ($1 IS NULL OR h.hub_id = $1) AND ($2 IS NULL OR m.family = $2) "    \
	"AND ($3 IS NULL OR i.home_place_id = $3 OR i.id IN (SELECT l.item_id FROM booking b JOIN line l "  \
	"ON "                                                                                               \
	"l.booking_id = b.id WHERE b.place_id = $3 AND b.ends_s > $4 AND b.starts_s < $5 AND l.ended_s IS " \
	"NULL)) "

static void put_filter(struct query *q, const struct planning_filter *f)
{
	put_id(q, f->hub_id);
	put_text(q, f->family[0] ? f->family : NULL);
	put_id(q, f->place_id);
	put_i64(q, f->from_s);
	put_i64(q, f->until_s);
}

static enum err count(struct db *db, const struct planning_filter *f, int64_t *total)
{
	struct query q = db_query(db, "SELECT count(*) " ITEM_WHERE);

	put_filter(&q, f);
	while (db_next(&q))
		*total = get_i64(&q);
	return db_end(&q);
}

enum err planning_items(struct db *db, const struct planning_filter *f, struct planning_item *rows, size_t *n,
			int64_t *total)
{
	struct query q =
		db_query(db, "SELECT i.id, i.model_id, i.home_place_id, m.name, m.family, i.inventory_no, "
			     "p.name " ITEM_WHERE "ORDER BY h.hub_id IS NULL, (SELECT name FROM hub "
			     "WHERE id = h.hub_id), m.name, i.inventory_no, i.id LIMIT $6 OFFSET $7");
	enum err err;

	put_filter(&q, f);
	put_i64(&q, f->limit);
	put_i64(&q, f->skip);
	for (*n = 0; db_next(&q); ++*n) {
		rows[*n].id = get_i64(&q);
		rows[*n].model_id = get_i64(&q);
		rows[*n].home_id = get_i64(&q);
		get_text(&q, rows[*n].model_name, sizeof rows[*n].model_name);
		get_text(&q, rows[*n].family, sizeof rows[*n].family);
		get_text(&q, rows[*n].inventory_no, sizeof rows[*n].inventory_no);
		get_text(&q, rows[*n].home_name, sizeof rows[*n].home_name);
	}
	err = db_end(&q);
	return err ? err : count(db, f, total);
}

/* The first row that can touch the window is the last that begins before it (hold.c), or that of a late loan:
 * wherever it was due, it is out, and awaited for the recovery time. */
#define FIRST_START                                                                                          \
	"min(coalesce((SELECT starts_s FROM hold WHERE item_id = $1 AND starts_s <= $2 ORDER BY starts_s "   \
	"DESC LIMIT 1), $2), coalesce((SELECT min(o.starts_s) FROM line u INDEXED BY line_live JOIN hold o " \
	"ON o.line_id = u.id WHERE u.item_id = $1 AND u.ended_s IS NULL AND u.state = 'on_loan'), $2))"
#define IS_AWAITED "(l.state = 'on_loan' AND l.due_s < $4 AND $2 < $5)"

struct query planning_bars(const struct lending *l, int64_t item_id, int64_t from_s, int64_t until_s)
{
	struct query q = db_query(
		l->db,
		"SELECT h.line_id, h.block_id, b.id, coalesce(b.state, 'blocked'), l.state, "
		"coalesce(b.place_id, i.home_place_id), p.name, h.starts_s, h.ends_s, h.from_s, h.until_s "
		"FROM hold h JOIN item i ON i.id = h.item_id LEFT JOIN line l ON l.id = h.line_id "
		"LEFT JOIN booking b ON b.id = l.booking_id JOIN place p ON p.id = coalesce(b.place_id, "
		"i.home_place_id) WHERE h.item_id = $1 AND h.starts_s >= " FIRST_START
		" AND h.starts_s < $3 AND (h.until_s > $2 OR " IS_AWAITED ") "
		"AND (h.expires_s IS NULL OR h.expires_s > $6) ORDER BY h.starts_s LIMIT 500");

	put_i64(&q, item_id);
	put_i64(&q, from_s);
	put_i64(&q, until_s);
	put_i64(&q, l->now_s - l->policy->grace_s);
	put_i64(&q, l->now_s + l->policy->recovery_s);
	put_i64(&q, l->now_s);
	return q;
}

bool planning_next(struct query *q, struct planning_bar *v)
{
	if (!db_next(q))
		return false;
	v->line_id = get_id(q);
	v->block_id = get_id(q);
	v->booking_id = get_id(q);
	get_text(q, v->state, sizeof v->state);
	get_text(q, v->line_state, sizeof v->line_state);
	v->place_id = get_i64(q);
	get_text(q, v->place_name, sizeof v->place_name);
	v->from_s = get_i64(q);
	v->until_s = get_i64(q);
	v->blocked_from_s = get_i64(q);
	v->blocked_until_s = get_i64(q);
	return true;
}

/* ---- the agenda ---------------------------------------------------------------------------------------- */

/* Where a line is used: the asking place, or on site the home of the thing. */
#define USED_AT "CASE l.travel WHEN 'on_site' THEN i.home_place_id ELSE b.place_id END = $1"
#define LINES                                                                                        \
	"SELECT l.id, b.id FROM line l JOIN booking b ON b.id = l.booking_id JOIN item i ON i.id = " \
	"l.item_id "
/* Bookings of the place and lines on its things, each by its index. */
#define OF_PLACE                                                                                         \
	"AND l.id IN (SELECT x.id FROM booking y INDEXED BY booking_live JOIN line x ON x.booking_id = " \
	"y.id WHERE y.place_id = $1 "                                                                    \
	"AND y.state IN ('confirmed', 'active') UNION SELECT x.id FROM item z JOIN line x INDEXED BY "   \
	"line_live ON x.item_id = "                                                                      \
	"z.id "                                                                                          \
	"WHERE z.home_place_id = $1 AND x.ended_s IS NULL) "

struct query agenda_lines(const struct lending *l, enum agenda_list which, int64_t place_id, int64_t until_s)
{
	struct query q;
	int64_t late_s = l->now_s - l->policy->grace_s;

	switch (which) {
	case AGENDA_HAND_OVER:
		q = db_query(l->db,
			     LINES "WHERE " USED_AT
				   " AND l.state = 'reserved' AND b.state IN ('confirmed', 'active') "
				   "AND b.starts_s < $2 " OF_PLACE "ORDER BY b.starts_s, l.id LIMIT 100");
		break;
	case AGENDA_TAKE_BACK:
		q = db_query(l->db,
			     LINES "WHERE " USED_AT
				   " AND l.state = 'on_loan' AND l.due_s < $2 AND l.due_s >= $3 " OF_PLACE
				   "ORDER BY l.due_s, l.id LIMIT 100");
		break;
	case AGENDA_OVERDUE:
	default:
		q = db_query(l->db, LINES
			     "WHERE (b.place_id = $1 OR i.home_place_id = $1) AND l.state = 'on_loan' AND "
			     "l.due_s < $2 " OF_PLACE "ORDER BY l.due_s, l.id LIMIT 100");
		break;
	}
	put_i64(&q, place_id);
	put_i64(&q, which == AGENDA_OVERDUE ? late_s : until_s);
	if (which == AGENDA_TAKE_BACK)
		put_i64(&q, late_s);
	return q;
}

bool agenda_next(struct query *q, int64_t *line_id, int64_t *booking_id)
{
	if (!db_next(q))
		return false;
	*line_id = get_i64(q);
	*booking_id = get_i64(q);
	return true;
}

enum err agenda_next_hand_over(const struct lending *l, int64_t place_id, int64_t after_s, int64_t *at_s)
{
	struct query q = db_query(
		l->db,
		"SELECT min(b.starts_s) FROM line l JOIN booking b ON b.id = l.booking_id JOIN item i ON "
		"i.id = l.item_id WHERE " USED_AT " AND l.state = 'reserved' AND b.state IN ('confirmed', "
		"'active') AND b.starts_s >= $2 " OF_PLACE);

	*at_s = 0;
	put_i64(&q, place_id);
	put_i64(&q, after_s);
	while (db_next(&q))
		*at_s = get_i64(&q);
	return db_end(&q);
}
