/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * An instant is free where some stay of the asker could cover it: outside every other stay, and outside the
 * time that the way between the two and their preparation and inspection need. Opening hours shape the starts
 * only.
 */
#include "inventory-service/domain/lending/availability_rules.h"

#define TRIES 20000

/* Why an instant is not free, the strongest reason first: somebody has it, it is on its way or being made
 * ready, it is too soon, it is too far ahead. */
enum rank { HELD, MARGIN, NOTICE, HORIZON };

struct busy {
	int64_t from_s, until_s;
	enum rank rank;
	const char *reason;
};

#define BUSY_MAX (3 * AVAILABILITY_STAYS + 2)

struct day_book {
	size_t n;
	struct busy busy[BUSY_MAX];
};

static void add(struct day_book *b, int64_t from_s, int64_t until_s, enum rank rank, const char *reason)
{
	if (from_s < until_s && b->n < BUSY_MAX)
		b->busy[b->n++] = (struct busy){from_s, until_s, rank, reason};
}

static const char *reason_of(const struct stay *s)
{
	return s->is_overdue ? "overdue" : s->block_id ? "blocked" : "booked";
}

static void add_stay(const struct availability_question *a, const struct stay *mine, const struct stay *s,
		     struct day_book *b)
{
	int64_t in_s = stay_gap_s(&a->ways, mine, s), out_s = stay_gap_s(&a->ways, s, mine);
	bool travels = mine->place_id != s->place_id;

	add(b, s->starts_s - in_s, s->starts_s, MARGIN, travels ? "travel" : "preparation");
	add(b, s->starts_s, s->ends_s, HELD, reason_of(s));
	add(b, s->ends_s, s->ends_s + out_s, MARGIN,
	    travels        ? "travel"
	    : s->inspect_s ? "inspection"
			   : "preparation");
}

/* Busy times of stays stand in order of their starts; those of a stay reach no further than its neighbours',
 * so that few of them touch an instant. */
static const struct busy *strongest(const struct day_book *b, size_t first, int64_t at_s, int64_t *next_s)
{
	const struct busy *best = NULL;

	for (size_t i = first; i < b->n; i++) {
		const struct busy *v = &b->busy[i];

		if (v->from_s > at_s) {
			*next_s = v->from_s < *next_s ? v->from_s : *next_s;
			break;
		}
		if (v->until_s <= at_s)
			continue;
		*next_s = v->until_s < *next_s ? v->until_s : *next_s;
		if (!best || v->rank < best->rank)
			best = v;
	}
	return best;
}

/* They come nearly in order. */
static void sort_by_start(struct day_book *b)
{
	for (size_t i = 1; i < b->n; i++) {
		struct busy v = b->busy[i];
		size_t k = i;

		for (; k > 0 && b->busy[k - 1].from_s > v.from_s; k--)
			b->busy[k] = b->busy[k - 1];
		b->busy[k] = v;
	}
}

static void gather(const struct availability_question *a, const struct thing *v, const struct stay *mine,
		   struct day_book *b)
{
	const struct booking_terms *t = &a->terms;
	bool is_elsewhere = t->place_id != v->home_id;

	b->n = 0;
	add(b, INT64_MIN, t->now_s + (is_elsewhere ? v->notice_s : 0), NOTICE, "notice");
	if (is_elsewhere)
		add(b, t->now_s + v->horizon_s + 1, INT64_MAX, HORIZON, "horizon");
	for (size_t i = 0; i < a->n_stays; i++)
		add_stay(a, mine, &a->stays[i], b);
	sort_by_start(b);
}

static void tell_changes(const struct availability_question *a, const struct thing *v,
			 const struct stay *mine, struct availability *out)
{
	const struct booking_terms *t = &a->terms;
	const char *last = "";
	struct day_book b;
	size_t first = 0;
	int64_t next_s;

	gather(a, v, mine, &b);
	for (int64_t at_s = t->starts_s; at_s < t->ends_s; at_s = next_s) {
		const struct busy *why;
		const char *reason;

		next_s = INT64_MAX;
		while (first < b.n && b.busy[first].until_s <= at_s)
			first++;
		why = strongest(&b, first, at_s, &next_s);
		reason = why ? why->reason : NULL;
		if (reason != last && out->n_changes < AVAILABILITY_CHANGES)
			out->changes[out->n_changes++] = (struct availability_change){at_s, reason};
		last = reason;
	}
}

static bool fits(const struct availability_question *a, const struct stay *mine, int64_t *next_s)
{
	bool ok = true;

	for (size_t i = 0; i < a->n_stays; i++) {
		const struct stay *s = &a->stays[i];
		bool is_before = s->is_overdue || s->starts_s < mine->starts_s;

		if ((is_before ? stay_fit(&a->ways, s, mine) : stay_fit(&a->ways, mine, s)) == STAY_FITS) {
			if (!is_before && !a->stays[a->n_stays - 1].is_overdue)
				break; /* what comes after it fits, too */
			continue;
		}
		ok = false;
		if (s->ends_s + stay_gap_s(&a->ways, s, mine) > *next_s)
			*next_s = s->ends_s + stay_gap_s(&a->ways, s, mine);
	}
	return ok;
}

static void find_starts(const struct availability_question *a, const struct thing *v,
			struct availability *out)
{
	struct booking_terms t = a->terms;
	int64_t at_s = booking_quarter_s(a->terms.starts_s > t.now_s ? a->terms.starts_s : t.now_s);

	for (int i = 0; i < TRIES && at_s < a->terms.ends_s && out->n_starts < AVAILABILITY_STARTS; i++) {
		struct stay mine;
		int64_t next_s = at_s + 1;
		enum err err;

		t.starts_s = at_s;
		t.ends_s = at_s + a->duration_s;
		err = booking_check(&t, v, a->on_site, a->live_lines, &mine);
		if (err && (next_s = booking_next_start(&t, v, err)) == INT64_MAX)
			return;
		if (!err && fits(a, &mine, &next_s))
			out->starts[out->n_starts++] = at_s;
		at_s = booking_quarter_s(next_s > at_s ? next_s : at_s + 1);
	}
}

void availability_tell(const struct availability_question *a, const struct thing *v, struct availability *out)
{
	struct stay mine = {.place_id = a->on_site ? v->home_id : a->terms.place_id,
			    .prepare_s = v->prepare_s,
			    .inspect_s = v->inspect_s};
	struct booking_terms any = a->terms;
	struct stay unused;
	enum err err;

	any.ends_s = any.starts_s + a->duration_s;
	out->n_changes = out->n_starts = 0;
	err = booking_check(&any, v, a->on_site, 0, &unused);
	if (err == ERR_NOT_LENDABLE || err == ERR_NOT_TRANSPORTABLE || err == ERR_OUT_OF_SERVICE) {
		out->changes[out->n_changes++] = (struct availability_change){
			a->terms.starts_s, err == ERR_OUT_OF_SERVICE ? "blocked" : "owner"};
		return;
	}
	tell_changes(a, v, &mine, out);
	find_starts(a, v, out);
}
