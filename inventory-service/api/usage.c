/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * GET /usage: rows of hours (contract http.md §2). null where there is no source, which is never 0.
 * Activities and plausible hours do not exist yet: nothing is declared, nothing unattributed.
 */
#include <string.h>

#include "inventory-service/api/api.h"
#include "inventory-service/api/csv.h"
#include "inventory-service/api/member.h"
#include "inventory-service/domain/evidence/usage.h"
#include "inventory-service/domain/stock/calendar_rules.h"

static const struct group_word {
	const char *word;
	enum usage_group bit;
	const char *title;
} group_words[] = {
	{"item", USAGE_BY_ITEM, "N° d'exemplaire"},
	{"model", USAGE_BY_MODEL, "N° de modèle"},
	{"place", USAGE_BY_PLACE, "N° de lieu"},
	{"hub", USAGE_BY_HUB, "N° de pôle"},
	{"grant", USAGE_BY_GRANT, "N° de subvention"},
	{"theme", USAGE_BY_THEME, "Thématique"},
	{"month", USAGE_BY_MONTH, "Mois"},
	{"day", USAGE_BY_DAY, "Jour"},
};
#define N_GROUPS (sizeof group_words / sizeof group_words[0])

/* ---- the question -------------------------------------------------------------------------------------- */

static unsigned group_of(const char *word, size_t len)
{
	for (size_t i = 0; i < N_GROUPS; i++)
		if (strlen(group_words[i].word) == len && memcmp(group_words[i].word, word, len) == 0)
			return group_words[i].bit;
	return 0;
}

static enum err read_groups(struct call *c, unsigned *groups)
{
	char text[80];
	const char *word = text;
	enum err err = call_query_text(c, "group", text, sizeof text);

	*groups = 0;
	if (err || !text[0])
		return err;
	for (;;) {
		size_t len = strcspn(word, ",");
		unsigned bit = group_of(word, len);

		if (!bit)
			return call_refuse(
				c, ERR_RANGE, "group",
				"Regroupez par item, model, place, hub, grant, theme, month ou day, séparés "
				"par des virgules.");
		*groups |= bit;
		if (!word[len])
			return OK;
		word += len + 1;
	}
}

static enum err read_hour(struct call *c, const char *name, int64_t *out_s)
{
	bool given;
	enum err err = call_query_time(c, name, out_s, &given);

	if (err)
		return err;
	if (!given)
		return call_refuse(c, ERR_REQUIRED, name,
				   "Donnez le début (from) et la fin (to) de la période.");
	if (*out_s % CALENDAR_HOUR_S)
		return call_refuse(c, ERR_TIME, name,
				   "La période commence et finit sur une heure pleine UTC.");
	return OK;
}

static enum err read_period(struct call *c, struct usage_query *q)
{
	enum err err;

	if ((err = read_hour(c, "from", &q->from_s)) || (err = read_hour(c, "to", &q->until_s)))
		return err;
	if (q->until_s <= q->from_s)
		return call_refuse(c, ERR_TIME, "to", "La fin de la période vient après son début.");
	if (q->until_s - q->from_s > USAGE_MAX_S)
		return call_refuse(c, ERR_RANGE, "to",
				   "La période dépasse 14 mois : demandez-la en plusieurs fois.");
	return OK;
}

static enum err read_filters(struct call *c, struct usage_query *q)
{
	enum err err;

	if ((err = call_query_i64(c, "item_id", 1, INT64_MAX, 0, &q->item_id)) ||
	    (err = call_query_i64(c, "model_id", 1, INT64_MAX, 0, &q->model_id)) ||
	    (err = call_query_i64(c, "place_id", 1, INT64_MAX, 0, &q->place_id)))
		return err;
	return call_query_i64(c, "hub_id", 1, INT64_MAX, 0, &q->hub_id);
}

struct window {
	int64_t first, limit;
};

static enum err read_window(struct call *c, struct window *w)
{
	enum err err = call_query_i64(c, "limit", 1, USAGE_MAX_ROWS, USAGE_MAX_ROWS, &w->limit);

	return err ? err : call_query_i64(c, "cursor", 0, USAGE_MAX_ROWS, 0, &w->first);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void month_text(int32_t month, char out[CALENDAR_MONTH_SIZE])
{
	calendar_month_format((struct calendar_date){.year = month / 100, .month = month % 100}, out);
}

static void day_text(int32_t day, char out[CALENDAR_DATE_SIZE])
{
	calendar_date_format(
		(struct calendar_date){.year = day / 10000, .month = day / 100 % 100, .day = day % 100}, out);
}

static void key_json(struct json_out *o, unsigned groups, const struct usage_key *k)
{
	char text[CALENDAR_DATE_SIZE];

	json_open_object(o, "key");
	if (groups & USAGE_BY_ITEM)
		json_put_i64(o, "item_id", k->item_id);
	if (groups & USAGE_BY_MODEL)
		json_put_i64(o, "model_id", k->model_id);
	if (groups & USAGE_BY_PLACE)
		json_put_i64(o, "place_id", k->place_id);
	if (groups & USAGE_BY_HUB)
		json_put_id(o, "hub_id", k->hub_id);
	if (groups & USAGE_BY_GRANT)
		json_put_null(o, "grant_id");
	if (groups & USAGE_BY_THEME)
		json_put_null(o, "theme");
	if (groups & USAGE_BY_MONTH) {
		month_text(k->month, text);
		json_put_text(o, "month", text);
	}
	if (groups & USAGE_BY_DAY) {
		day_text(k->day, text);
		json_put_text(o, "day", text);
	}
	json_close_object(o);
}

static bool is_measured(const struct usage_row *v)
{
	return (v->has_a || v->has_b) && v->custody_s > 0;
}

static void row_json(struct json_out *o, unsigned groups, const struct usage_row *v)
{
	json_open_object(o, NULL);
	key_json(o, groups, &v->key);
	json_put_i64(o, "booked_s", v->booked_s);
	json_put_i64(o, "available_s", v->custody_s);
	json_put_opt(o, "open_available_s", v->has_open, v->open_s);
	json_put_opt(o, "measured_a_s", v->has_a, v->measured_a_s);
	json_put_opt(o, "measured_b_s", v->has_b, v->measured_b_s);
	json_put_null(o, "declared_c_s");
	json_put_opt(o, "retained_s", v->is_retained, v->retained_s);
	json_put_opt(o, "on_site_s", v->is_retained, v->on_site_s);
	json_put_i64(o, "unattributed_s", 0);
	json_put_opt(o, "bounded_s", v->has_a || v->has_b, v->bounded_s);
	if (is_measured(v))
		json_put_f64(o, "coverage", (double)v->covered_s / (double)v->custody_s);
	else
		json_put_null(o, "coverage");
	json_put_null(o, "energy_wh");
	json_put_null(o, "sessions");
	json_put_null(o, "participants");
	json_close_object(o);
}

static void report_json(struct call *c, unsigned groups, const struct usage_report *r, const struct window *w)
{
	size_t i = (size_t)w->first, end = i + (size_t)w->limit;

	json_open_object(&c->out, NULL);
	json_open_array(&c->out, "items");
	for (; i < r->n && i < end; i++)
		row_json(&c->out, groups, &r->rows[i]);
	call_page_end(c, i < r->n ? (int64_t)i : 0);
}

/* ---- CSV ----------------------------------------------------------------------------------------------- */

static void key_csv(struct csv *csv, unsigned groups, const struct usage_key *k)
{
	const int64_t ids[] = {k->item_id, k->model_id, k->place_id, k->hub_id, 0};
	char text[CALENDAR_DATE_SIZE];

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		if (groups & group_words[i].bit)
			csv_id(csv, ids[i]);
	if (groups & USAGE_BY_THEME)
		csv_text(csv, "");
	if (groups & USAGE_BY_MONTH) {
		month_text(k->month, text);
		csv_text(csv, text);
	}
	if (groups & USAGE_BY_DAY) {
		day_text(k->day, text);
		csv_text(csv, text);
	}
}

static void row_csv(struct csv *csv, unsigned groups, const struct usage_row *v)
{
	key_csv(csv, groups, &v->key);
	csv_hours(csv, true, v->booked_s);
	csv_hours(csv, true, v->custody_s);
	csv_hours(csv, v->has_open, v->open_s);
	csv_hours(csv, v->has_a, v->measured_a_s);
	csv_hours(csv, v->has_b, v->measured_b_s);
	csv_hours(csv, v->is_retained, v->retained_s);
	csv_hours(csv, v->is_retained, v->on_site_s);
	csv_hours(csv, v->has_a || v->has_b, v->bounded_s);
	if (is_measured(v))
		csv_decimal(csv, (v->covered_s * 1000 + v->custody_s / 2) / v->custody_s, 1);
	else
		csv_text(csv, "");
	csv_end_row(csv);
}

static void report_csv(struct call *c, unsigned groups, const struct usage_report *r, const struct window *w)
{
	static const char *const figures[] = {"Heures réservées",        "Heures disponibles",
					      "Dont heures d'ouverture", "Heures mesurées (A)",
					      "Heures indirectes (B)",   "Heures retenues",
					      "Usage sur place (h)",     "Dont heures estimées",
					      "Couverture (%)",          NULL};
	const char *titles[N_GROUPS + sizeof figures / sizeof figures[0]];
	size_t n = 0;
	struct csv csv;

	for (size_t i = 0; i < N_GROUPS; i++)
		if (groups & group_words[i].bit)
			titles[n++] = group_words[i].title;
	memcpy(titles + n, figures, sizeof figures);
	c->content_type = CSV_CONTENT_TYPE;
	csv_begin(&csv, &c->out, titles);
	for (size_t i = (size_t)w->first; i < r->n && i < (size_t)(w->first + w->limit); i++)
		row_csv(&csv, groups, &r->rows[i]);
}

enum err api_usage_list(struct call *c)
{
	struct usage_query q = {.now_s = c->now_s};
	struct usage_report r;
	struct window w;
	enum err err;

	if ((err = read_period(c, &q)) || (err = read_groups(c, &q.groups)) || (err = read_filters(c, &q)) ||
	    (err = read_window(c, &w)) || (err = call_query_end(c)))
		return err;
	if ((err = usage_report(c->db, &q, &r)))
		return err == ERR_RANGE
			       ? call_refuse(
					 c, err, "group",
					 "La réponse serait trop grande : réduisez la période, filtrez ou "
					 "regroupez davantage.")
			       : err;
	if (c->wants_csv)
		report_csv(c, q.groups, &r, &w);
	else
		report_json(c, q.groups, &r, &w);
	usage_free(&r);
	return OK;
}
