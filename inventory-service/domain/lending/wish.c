/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/wish.h"

#include <stdlib.h>
#include <string.h>

#include "inventory-service/domain/lending/finder.h"
#include "inventory-service/domain/lending/thing.h"

#define STARTS_TRIED 1500 /* each jump passes a stay, a closing time or a quarter hour */

/* What is loaded once and asked again for each start: the candidates of every line. */
struct candidates {
	size_t n;
	struct thing *things; /* owned */
};

struct court {
	const struct lending *l;
	const struct wish *w;
	int64_t hub_id;
	struct candidates of[BOOKING_LINES];
};

static void dismiss(struct court *c)
{
	for (size_t i = 0; i < c->w->n; i++)
		free(c->of[i].things);
}

static enum err model_exists(struct db *db, int64_t model_id)
{
	struct query q = db_query(db, "SELECT 1 FROM model WHERE id = $1");
	bool found = false;
	enum err err;

	put_i64(&q, model_id);
	while (db_next(&q))
		found = true;
	err = db_end(&q);
	return err ? err : found ? OK : ERR_NOT_FOUND;
}

static enum err load_things(struct court *c, struct candidates *k, const struct found *found, size_t n)
{
	enum err err;

	if (!(k->things = calloc(n ? n : 1, sizeof *k->things)))
		return ERR_BUSY;
	for (k->n = 0; k->n < n; k->n++)
		if ((err = thing_load_like(c->l->db, found[k->n].item_id, c->l->now_s,
					   k->n ? &k->things[k->n - 1] : NULL, &k->things[k->n])))
			return err;
	return OK;
}

/* Any of a model: those in service, the nearest first. */
static enum err summon_any(struct court *c, int64_t model_id, struct candidates *k)
{
	struct finder_filter f = {.model_id = model_id, .family = "", .near_id = c->w->place_id};
	struct found *found;
	size_t n;
	enum err err;

	if ((err = model_exists(c->l->db, model_id)) || (err = finder_list(c->l->db, &f, &found, &n)))
		return err;
	err = load_things(c, k, found, n);
	finder_free(found);
	return err;
}

static enum err summon_line(struct court *c, const struct wish_line *wished, struct candidates *k)
{
	struct found named = {.item_id = wished->item_id};

	return wished->item_id ? load_things(c, k, &named, 1) : summon_any(c, wished->model_id, k);
}

static enum err load_hub(struct court *c)
{
	struct query q =
		db_query(c->l->db, "SELECT hub_id FROM hub_member WHERE place_id = $1 AND until_s IS NULL");

	put_i64(&q, c->w->place_id);
	while (db_next(&q))
		c->hub_id = get_id(&q);
	return db_end(&q);
}

static enum err summon(struct court *c, struct judgement *out)
{
	enum err err = load_hub(c);

	for (size_t i = 0; !err && i < c->w->n; i++)
		if ((err = summon_line(c, &c->w->lines[i], &c->of[i])) == ERR_NOT_FOUND) {
			out->refused = i;
			out->lines[i].asked = c->w->lines[i].asked;
			return ERR_REFERENCE;
		}
	return err;
}

/* ---- one line ------------------------------------------------------------------------------------------ */

enum err wish_live_lines(const struct lending *l, int64_t place_id, int64_t home_id,
			 int64_t except_booking_id, int64_t *n)
{
	struct query q = db_query(
		l->db,
		"SELECT count(*) FROM item i JOIN line l INDEXED BY line_live ON l.item_id = i.id AND "
		"l.ended_s IS NULL "
		"JOIN booking b ON b.id = l.booking_id WHERE b.place_id = $1 AND i.home_place_id = $2 AND "
		"b.id <> $3 "
		"AND (b.state IN ('confirmed', 'active') OR (b.state = 'submitted' AND b.expires_s > $4))");

	put_i64(&q, place_id);
	put_i64(&q, home_id);
	put_i64(&q, except_booking_id);
	put_i64(&q, l->now_s);
	while (db_next(&q))
		*n = get_i64(&q);
	return db_end(&q);
}

/* With the lines of this booking that come before (*own), and this one. */
static enum err live_lines(const struct court *c, const struct judgement *j, size_t line,
			   const struct thing *v, int64_t *n, int64_t *own)
{
	enum err err;

	*n = *own = 0;
	if (!v->quota || v->home_id == c->w->place_id)
		return OK;
	if ((err = wish_live_lines(c->l, c->w->place_id, v->home_id, c->w->moved_booking_id, n)))
		return err;
	++*n;
	for (size_t i = 0; i < line; i++)
		for (size_t k = 0; k < c->of[i].n && !j->lines[i].err; k++)
			*own += c->of[i].things[k].item_id == j->lines[i].item_id &&
				c->of[i].things[k].home_id == v->home_id;
	*n += *own;
	return OK;
}

static struct booking_terms terms_at(const struct court *c, int64_t starts_s)
{
	return (struct booking_terms){.place_id = c->w->place_id,
				      .hub_id = c->hub_id,
				      .starts_s = starts_s,
				      .ends_s = starts_s + c->w->ends_s - c->w->starts_s,
				      .now_s = c->l->now_s};
}

static enum err try_thing(const struct court *c, const struct judgement *j, size_t line,
			  const struct thing *v, int64_t starts_s, struct judged_line *out)
{
	struct hold_item item = hold_item_of(v, c->l->now_s, c->l->policy);
	struct booking_terms t = terms_at(c, starts_s);
	int64_t n, own;
	enum err err;

	*out = (struct judged_line){.item_id = v->item_id,
				    .asked = c->w->lines[line].asked,
				    .model_id = v->model_id,
				    .approval = booking_approval(v, c->w->place_id),
				    .next_s = INT64_MAX};
	item.except_line_id = c->w->moved_line_ids[line];
	if ((err = live_lines(c, j, line, v, &n, &own)))
		return err;
	if ((out->err = booking_check(&t, v, c->w->lines[line].on_site, n, &out->stay))) {
		out->next_s = booking_next_start(&t, v, out->err);
		if (out->err == ERR_QUOTA &&
		    own) /* at another time they may be other things, from elsewhere */
			out->next_s = starts_s + 1;
		return OK;
	}
	out->stay.line_id = item.except_line_id;
	out->item = item;
	out->err = hold_check(c->l->db, &item, &out->stay, &out->conflicts);
	if (out->err != OK && out->err != ERR_OVERLAP && out->err != ERR_NO_TRAVEL_TIME)
		return out->err;
	out->blocked = out->conflicts.blocked;
	if (out->err)
		out->next_s = hold_next_start(&item, &out->conflicts, &out->stay);
	return OK;
}

/* By a line before this one, or by name on any line: what is named is not free for "any". */
static bool is_taken(const struct court *c, const struct judgement *j, size_t line, int64_t item_id)
{
	for (size_t i = 0; i < line; i++)
		if (j->lines[i].item_id == item_id)
			return true;
	for (size_t i = 0; i < c->w->n; i++)
		if (i != line && c->w->lines[i].item_id == item_id)
			return true;
	return false;
}

/* The nearest that passes; where none does, what refuses the nearest, until the first of them may pass. */
static enum err judge_line(const struct court *c, struct judgement *j, size_t line, int64_t starts_s)
{
	struct judged_line *out = &j->lines[line], tried;
	int64_t next_s = INT64_MAX;
	bool any = false;
	enum err err;

	*out = (struct judged_line){.model_id = c->w->lines[line].model_id,
				    .err = c->of[line].n ? ERR_OVERLAP : ERR_OUT_OF_SERVICE,
				    .next_s = INT64_MAX};
	for (size_t k = 0; k < c->of[line].n; k++) {
		if (is_taken(c, j, line, c->of[line].things[k].item_id))
			continue;
		if ((err = try_thing(c, j, line, &c->of[line].things[k], starts_s, &tried)))
			return err;
		if (!any || !tried.err)
			*out = tried;
		any = true;
		if (!tried.err)
			break;
		next_s = tried.next_s < next_s ? tried.next_s : next_s;
	}
	out->asked = c->w->lines[line].asked;
	out->next_s = next_s;
	return OK;
}

/* ---- all of them --------------------------------------------------------------------------------------- */

static enum err judge_all(const struct court *c, struct judgement *j, int64_t starts_s)
{
	enum err err;

	j->refusal = OK;
	for (j->n = 0; j->n < c->w->n; j->n++) {
		if ((err = judge_line(c, j, j->n, starts_s)))
			return err;
		if (j->lines[j->n].err && !j->refusal) {
			j->refusal = j->lines[j->n].err;
			j->refused = j->n;
		}
	}
	return OK;
}

/* Where any of a model was asked for beside something else, a thing that comes free changes who gets which.
 */
static bool shares(const struct court *c)
{
	bool any = false;

	for (size_t i = 0; i < c->w->n; i++)
		any |= !c->w->lines[i].item_id;
	return any && c->w->n > 1;
}

/* None of the lines passes before its next_s: nor does the whole before the latest of them; but where they
 * share candidates, a line that passes may do with another thing from its own next_s on, and leave one to the
 * rest. */
static int64_t next_start(const struct court *c, const struct judgement *j, int64_t starts_s)
{
	bool sharing = shares(c);
	int64_t last_s = starts_s + 1, first_s = INT64_MAX;

	for (size_t i = 0; i < j->n; i++) {
		int64_t next_s = j->lines[i].next_s;

		if (next_s > starts_s && next_s < first_s)
			first_s = next_s;
		if (j->lines[i].err && next_s == INT64_MAX && !sharing)
			return INT64_MAX;
		if (j->lines[i].err && next_s != INT64_MAX && next_s > last_s)
			last_s = next_s;
	}
	if (sharing)
		return first_s == INT64_MAX ? INT64_MAX : booking_quarter_s(first_s);
	return booking_quarter_s(last_s);
}

static enum err find_earliest(const struct court *c, int64_t starts_s, struct judgement *first,
			      int64_t *earliest_s)
{
	struct judgement *j = malloc(sizeof *j);
	int64_t until_s = c->w->starts_s + BOOKING_SEARCH_S;
	enum err err = OK;

	*earliest_s = 0;
	if (!j)
		return ERR_BUSY;
	*j = *first;
	for (int n = 0; n < STARTS_TRIED && starts_s <= until_s; n++) {
		if ((err = judge_all(c, j, starts_s)))
			break;
		if (!j->refusal) {
			*earliest_s = starts_s;
			break;
		}
		starts_s = next_start(c, j, starts_s);
	}
	free(j);
	return err;
}

static enum err judge(struct court *c, struct judgement *out)
{
	struct booking_terms t = terms_at(c, c->w->starts_s);

	out->earliest_s = -1;
	if ((out->refusal = booking_terms_check(&t, &out->field)))
		return OK;
	out->field = NULL;
	return judge_all(c, out, c->w->starts_s);
}

/* Where the terms are wrong only in that they are past, the first start is the first that is not. */
static enum err search(struct court *c, struct judgement *out)
{
	out->earliest_s = 0;
	if (!out->field)
		return find_earliest(c, next_start(c, out, c->w->starts_s), out, &out->earliest_s);
	if (c->w->ends_s <= c->w->starts_s)
		return OK;
	return find_earliest(c, booking_quarter_s(c->l->now_s - BOOKING_LATE_START_S), out, &out->earliest_s);
}

enum err wish_judge(const struct lending *l, const struct wish *w, struct judgement *out)
{
	struct court c = {.l = l, .w = w};
	enum err err;

	*out = (struct judgement){0};
	if (!(err = summon(&c, out)))
		err = judge(&c, out);
	dismiss(&c);
	return err;
}

enum err wish_search(const struct lending *l, const struct wish *w, struct judgement *out)
{
	struct court c = {.l = l, .w = w};
	enum err err;

	*out = (struct judgement){0};
	if (!(err = summon(&c, out)) && !(err = judge(&c, out)) && out->refusal)
		err = search(&c, out);
	dismiss(&c);
	return err;
}
