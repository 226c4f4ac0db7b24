/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/lending/booking_rules.h"

enum err booking_terms_check(const struct booking_terms *t, const char **field)
{
	*field = t->ends_s <= t->starts_s ? "ends_at" : "starts_at";
	return t->ends_s <= t->starts_s || t->starts_s < t->now_s - BOOKING_LATE_START_S ? ERR_TIME : OK;
}

static bool is_elsewhere(const struct booking_terms *t, const struct thing *v)
{
	return t->place_id != v->home_id;
}

static bool is_lent_to(const struct booking_terms *t, const struct thing *v)
{
	if (t->place_id == v->owner_id || v->lend_to == LEND_TO_EVERYONE)
		return true;
	return v->lend_to == LEND_TO_HUB && v->owner_hub_id && t->hub_id == v->owner_hub_id;
}

static bool is_too_long(const struct booking_terms *t, const struct thing *v)
{
	int64_t length_s = t->ends_s - t->starts_s;

	return length_s > v->max_loan_s || (is_elsewhere(t, v) && length_s > v->max_stay_s);
}

static enum err check_counter(const struct booking_terms *t, const struct thing *v, int64_t live_lines)
{
	if (!is_elsewhere(t, v))
		return is_too_long(t, v) ? ERR_TOO_LONG : OK;
	if (t->starts_s > t->now_s + v->horizon_s)
		return ERR_HORIZON;
	if (t->starts_s < t->now_s + v->notice_s)
		return ERR_NOTICE;
	if (is_too_long(t, v))
		return ERR_TOO_LONG;
	if (!opening_is_open(&v->counter, t->starts_s))
		return ERR_CLOSED;
	return v->quota && live_lines > v->quota ? ERR_QUOTA : OK;
}

enum err booking_check_end(const struct booking_terms *t, const struct thing *v, int64_t *due_s)
{
	if (is_too_long(t, v))
		return ERR_TOO_LONG;
	*due_s = t->ends_s;
	return !is_elsewhere(t, v) || opening_next(&v->counter, t->ends_s, due_s) ? OK : ERR_CLOSED;
}

enum err booking_check(const struct booking_terms *t, const struct thing *v, bool on_site, int64_t live_lines,
		       struct stay *stay)
{
	int64_t use_id = on_site ? v->home_id : t->place_id, due_s = t->ends_s;
	enum err err;

	if (v->is_gone)
		return ERR_OUT_OF_SERVICE;
	if (!is_lent_to(t, v))
		return ERR_NOT_LENDABLE;
	if (v->never_travels && use_id != v->home_id)
		return ERR_NOT_TRANSPORTABLE;
	if ((err = check_counter(t, v, live_lines)) || (err = booking_check_end(t, v, &due_s)))
		return err;
	*stay = (struct stay){.starts_s = t->starts_s,
			      .ends_s = due_s,
			      .place_id = use_id,
			      .prepare_s = v->prepare_s,
			      .inspect_s = v->inspect_s,
			      .booking_place_id = t->place_id};
	return OK;
}

int64_t booking_next_start(const struct booking_terms *t, const struct thing *v, enum err err)
{
	int64_t at_s;

	if (err == ERR_NOTICE)
		return t->now_s + v->notice_s;
	if (err == ERR_CLOSED && opening_next(&v->counter, t->starts_s + 1, &at_s))
		return at_s;
	return INT64_MAX;
}

int64_t booking_quarter_s(int64_t t_s)
{
	return (t_s + BOOKING_QUARTER_S - 1) / BOOKING_QUARTER_S * BOOKING_QUARTER_S;
}

enum approval booking_approval(const struct thing *v, int64_t booking_place_id)
{
	return booking_place_id == v->owner_id ? APPROVAL_NOBODY : v->approver;
}

int64_t booking_expiry_s(int64_t now_s, int64_t starts_s, int64_t option_s)
{
	int64_t latest_s = starts_s > now_s + 3600 ? starts_s : now_s + 3600;

	return now_s + option_s < latest_s ? now_s + option_s : latest_s;
}

bool loan_is_overdue(const struct lending_policy *p, int64_t due_s, int64_t now_s)
{
	return now_s > due_s + p->grace_s;
}
