/* SPDX-License-Identifier: EUPL-1.2 */
/* Bookings read: one query for the booking, one for its lines with what is derived of them. */
#include <string.h>

#include "inventory-service/domain/lending/booking.h"
#include "inventory-service/domain/lending/thing.h"

static void take_booking(struct query *q, struct booking *v)
{
	v->id = get_i64(q);
	v->version = get_i64(q);
	v->place_id = get_i64(q);
	get_text(q, v->place_name, sizeof v->place_name);
	get_text(q, v->state, sizeof v->state);
	v->starts_s = get_i64(q);
	v->ends_s = get_i64(q);
	get_text(q, v->theme, sizeof v->theme);
	get_text(q, v->audience, sizeof v->audience);
	get_text(q, v->note, sizeof v->note);
	v->expires_s = get_i64(q);
	v->requested_by = get_id(q);
	get_text(q, v->requested_name, sizeof v->requested_name);
	v->decided_by = get_id(q);
	v->decided_s = get_i64(q);
	get_text(q, v->reason, sizeof v->reason);
	v->created_s = get_i64(q);
}

static void take_line(struct query *q, struct booking_line *v)
{
	char approval[8];

	v->id = get_i64(q);
	v->booking_id = get_i64(q);
	v->item_id = get_id(q);
	v->model_id = get_i64(q);
	v->is_any = get_i64(q) != 0;
	v->on_site = get_i64(q) != 0;
	get_text(q, v->state, sizeof v->state);
	get_text(q, approval, sizeof approval);
	v->approval = approval_of(approval);
	v->approved_by = get_id(q);
	v->approved_s = get_i64(q);
	v->due_s = get_i64(q);
	v->handed_over_s = get_i64(q);
	v->taken_back_s = get_i64(q);
	v->ended_s = get_i64(q);
	get_text(q, v->model_name, sizeof v->model_name);
	v->prepare_s = get_i64(q);
	v->inspect_s = get_i64(q);
	get_text(q, v->inventory_no, sizeof v->inventory_no);
	v->home_place_id = get_id(q);
	v->owner_place_id = get_id(q);
	get_text(q, v->home_place_name, sizeof v->home_place_name);
	v->at_place_id = get_id(q);
	v->blocked.from_s = get_i64(q);
	v->blocked.until_s = get_i64(q);
}

static enum err load_lines(struct db *db, struct booking *v)
{
	struct query q = db_query(
		db, "SELECT l.id, l.booking_id, l.item_id, l.model_id, l.is_any, l.travel = 'on_site', "
		    "l.state, l.approval, "
		    "l.approved_by, l.approved_s, l.due_s, l.handed_over_s, l.taken_back_s, l.ended_s, "
		    "m.name, m.prepare_s, m.inspect_s, "
		    "i.inventory_no, i.home_place_id, i.owner_place_id, p.name, "
		    "CASE WHEN c.id IS NULL THEN i.home_place_id ELSE c.at_place_id END, h.from_s, h.until_s "
		    "FROM line l JOIN model m ON m.id = l.model_id LEFT JOIN item i ON i.id = l.item_id "
		    "LEFT JOIN place p ON p.id = i.home_place_id "
		    "LEFT JOIN custody c ON c.item_id = l.item_id AND c.until_s IS NULL "
		    "LEFT JOIN hold h ON h.line_id = l.id WHERE l.booking_id = $1 ORDER BY l.id");

	put_i64(&q, v->id);
	for (v->n = 0; db_next(&q) && v->n < BOOKING_LINES; v->n++)
		take_line(&q, &v->lines[v->n]);
	return db_end(&q);
}

bool booking_is_agreed(const struct booking *v)
{
	return str_is(v->state, "confirmed") || str_is(v->state, "active");
}

bool booking_line_is_pending(const struct booking_line *line)
{
	return !line->ended_s && line->approval != APPROVAL_NOBODY && !line->approved_s;
}

int64_t booking_line_place(const struct booking *v, const struct booking_line *line)
{
	return line->on_site ? line->home_place_id : v->place_id;
}

int64_t booking_line_starts_s(const struct booking *v, const struct booking_line *line)
{
	return line->handed_over_s && line->handed_over_s < v->starts_s ? line->handed_over_s : v->starts_s;
}

struct hold_item booking_line_item(const struct lending *l, const struct booking_line *line)
{
	return (struct hold_item){.item_id = line->item_id,
				  .ways = {.home_id = line->home_place_id, .lead_s = l->policy->fetch_lead_s},
				  .now_s = l->now_s,
				  .policy = l->policy,
				  .except_line_id = line->id};
}

static enum err derive(const struct lending *l, const struct booking *v, struct booking_line *line)
{
	struct hold_item item = booking_line_item(l, line);
	struct stay s = {
		.starts_s = v->starts_s, .ends_s = line->due_s, .place_id = booking_line_place(v, line)};
	bool is_reserved = str_is(line->state, "reserved");

	line->is_overdue =
		str_is(line->state, "on_loan") && loan_is_overdue(l->policy, line->due_s, l->now_s);
	line->is_ready = is_reserved && booking_is_agreed(v) && line->at_place_id == s.place_id;
	if (!is_reserved || !line->blocked.until_s)
		return OK;
	return hold_is_at_risk(l->db, &item, &s, &line->is_at_risk);
}

enum err booking_find(const struct lending *l, int64_t id, struct booking *out)
{
	struct query q = db_query(
		l->db, "SELECT b.id, b.version, b.place_id, p.name, b.state, b.starts_s, b.ends_s, b.theme, "
		       "b.audience, b.note, b.expires_s, b.requested_by, u.name, b.decided_by, b.decided_s, "
		       "b.reason, b.created_s FROM booking b JOIN place p ON p.id = b.place_id "
		       "LEFT JOIN user u ON u.id = b.requested_by WHERE b.id = $1");
	bool found = false;
	enum err err;

	*out = (struct booking){0};
	put_i64(&q, id);
	while (db_next(&q)) {
		take_booking(&q, out);
		found = true;
	}
	if ((err = db_end(&q)) || !found)
		return err ? err : ERR_NOT_FOUND;
	err = load_lines(l->db, out);
	for (size_t i = 0; !err && i < out->n; i++)
		err = derive(l, out, &out->lines[i]);
	return err;
}

enum err booking_of_line(const struct lending *l, int64_t line_id, int64_t *booking_id)
{
	struct query q = db_query(l->db, "SELECT booking_id FROM line WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, line_id);
	while (db_next(&q)) {
		*booking_id = get_i64(&q);
		found = true;
	}
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

/* ---- lists --------------------------------------------------------------------------------------------- */

#define LIST_WHERE                                                                                    \
	"WHERE b.id > $1 AND ($2 IS NULL OR b.state = $2) AND ($3 = 0 OR (b.state = 'submitted' AND " \
	"b.expires_s > $4)) "
#define LIST_END "ORDER BY b.id LIMIT $6"

/* Asked for by a place, or of its things. */
static struct query narrowed(struct db *db, const struct booking_filter *f)
{
	if (f->item_id)
		return db_query(
			db,
			"SELECT DISTINCT b.id FROM line l JOIN booking b ON b.id = l.booking_id " LIST_WHERE
			"AND l.item_id = $5 " LIST_END);
	if (f->place_id)
		return db_query(
			db,
			"SELECT b.id FROM booking b " LIST_WHERE
			"AND b.id IN (SELECT id FROM booking WHERE place_id = $5 UNION SELECT l.booking_id "
			"FROM item i JOIN line l ON l.item_id = i.id WHERE i.home_place_id = $5 "
			"OR i.owner_place_id = $5) " LIST_END);
	if (f->hub_id)
		return db_query(
			db,
			"SELECT b.id FROM booking b " LIST_WHERE
			"AND (b.place_id IN (SELECT place_id FROM hub_member WHERE hub_id = $5 AND until_s "
			"IS NULL) "
			"OR EXISTS (SELECT 1 FROM line l JOIN item i ON i.id = l.item_id JOIN hub_member h "
			"ON "
			"h.place_id = i.owner_place_id AND h.until_s IS NULL WHERE l.booking_id = b.id AND "
			"h.hub_id = $5)) " LIST_END);
	return db_query(db, "SELECT b.id FROM booking b " LIST_WHERE "AND $5 IS NULL " LIST_END);
}

enum err booking_list(const struct lending *l, const struct booking_filter *f, int64_t *ids, size_t *n)
{
	struct query q = narrowed(l->db, f);

	put_i64(&q, f->after_id);
	put_text(&q, f->state[0] ? f->state : NULL);
	put_i64(&q, f->pending_only);
	put_i64(&q, l->now_s);
	put_id(&q, f->item_id ? f->item_id : f->place_id ? f->place_id : f->hub_id);
	put_i64(&q, f->limit);
	for (*n = 0; db_next(&q);)
		ids[(*n)++] = get_i64(&q);
	return db_end(&q);
}
