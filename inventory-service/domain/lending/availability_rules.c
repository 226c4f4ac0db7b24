/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * An instant is free where some stay of the asker could cover it: outside every other stay, and outside the
 * time that the way between the two and their preparation and inspection need. Opening hours shape the starts
 * only.
 */
#include "inventory-service/domain/lending/availability_rules.h"

#define TRIES 20000

/* Later changes at the same instant replace earlier ones; equal states are not told twice. */
static void change(struct availability *out, int64_t at_s, const char *reason)
{
	if (out->n_changes && out->changes[out->n_changes - 1].at_s >= at_s)
		out->n_changes--;
	if (out->n_changes && out->changes[out->n_changes - 1].reason == reason)
		return;
	if (out->n_changes < AVAILABILITY_CHANGES)
		out->changes[out->n_changes++] = (struct availability_change){at_s, reason};
}

static const char *reason_of(const struct stay *s)
{
	return s->is_overdue ? "overdue" : s->block_id ? "blocked" : "booked";
}

static int64_t clip(const struct booking_terms *t, int64_t at_s)
{
	return at_s < t->starts_s ? t->starts_s : at_s;
}

static void tell_stay(const struct availability_question *a, const struct stay *mine, const struct stay *s,
		      struct availability *out)
{
	const struct booking_terms *t = &a->terms;
	int64_t in_s = stay_gap_s(&a->ways, mine, s), out_s = stay_gap_s(&a->ways, s, mine);
	bool travels = mine->place_id != s->place_id;

	if (s->ends_s + out_s <= t->starts_s || s->starts_s - in_s >= t->ends_s)
		return;
	if (in_s)
		change(out, clip(t, s->starts_s - in_s), travels ? "travel" : "preparation");
	if (s->starts_s < t->ends_s && s->ends_s > t->starts_s)
		change(out, clip(t, s->starts_s), reason_of(s));
	if (out_s && s->ends_s < t->ends_s)
		change(out, clip(t, s->ends_s),
		       travels        ? "travel"
		       : s->inspect_s ? "inspection"
				      : "preparation");
	if (s->ends_s + out_s < t->ends_s)
		change(out, s->ends_s + out_s, NULL);
}

static void tell_changes(const struct availability_question *a, const struct thing *v,
			 const struct stay *mine, struct availability *out)
{
	const struct booking_terms *t = &a->terms;
	bool is_elsewhere = t->place_id != v->home_id;
	int64_t first_s = is_elsewhere ? t->now_s + v->notice_s : t->now_s, last_s = t->now_s + v->horizon_s;

	change(out, t->starts_s, NULL);
	if (first_s > t->starts_s) {
		change(out, t->starts_s, "notice");
		if (first_s < t->ends_s)
			change(out, first_s, NULL);
	}
	if (a->n_stays && a->stays[a->n_stays - 1].is_overdue)
		tell_stay(a, mine, &a->stays[a->n_stays - 1], out);
	for (size_t i = 0; i < a->n_stays; i++)
		if (!a->stays[i].is_overdue)
			tell_stay(a, mine, &a->stays[i], out);
	if (is_elsewhere && last_s < t->ends_s)
		change(out, clip(t, last_s), "horizon");
}

static bool fits(const struct availability_question *a, const struct stay *mine, int64_t *next_s)
{
	bool ok = true;

	for (size_t i = 0; i < a->n_stays; i++) {
		const struct stay *s = &a->stays[i];
		bool is_before = s->is_overdue || s->starts_s < mine->starts_s;

		if ((is_before ? stay_fit(&a->ways, s, mine) : stay_fit(&a->ways, mine, s)) == STAY_FITS)
			continue;
		ok = false;
		if (s->ends_s + stay_gap_s(&a->ways, s, mine) > *next_s)
			*next_s = s->ends_s + stay_gap_s(&a->ways, s, mine);
	}
	return ok;
}

static int64_t quarter(int64_t t_s)
{
	return (t_s + BOOKING_QUARTER_S - 1) / BOOKING_QUARTER_S * BOOKING_QUARTER_S;
}

static void find_starts(const struct availability_question *a, const struct thing *v,
			struct availability *out)
{
	struct booking_terms t = a->terms;
	int64_t at_s = quarter(a->terms.starts_s > t.now_s ? a->terms.starts_s : t.now_s);

	for (int i = 0; i < TRIES && at_s < a->terms.ends_s && out->n_starts < AVAILABILITY_STARTS; i++) {
		struct stay mine;
		int64_t next_s = at_s + 1;
		enum err err;

		t.starts_s = at_s;
		t.ends_s = at_s + a->duration_s;
		err = booking_check(&t, v, a->on_site, 0, &mine);
		if (err && (next_s = booking_next_start(&t, v, err)) == INT64_MAX)
			return;
		if (!err && fits(a, &mine, &next_s))
			out->starts[out->n_starts++] = at_s;
		at_s = quarter(next_s > at_s ? next_s : at_s + 1);
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
		change(out, a->terms.starts_s, err == ERR_OUT_OF_SERVICE ? "blocked" : "owner");
		return;
	}
	tell_changes(a, v, &mine, out);
	find_starts(a, v, out);
}
