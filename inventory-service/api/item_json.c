/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/item_json.h"

#include "inventory-service/api/member.h"
#include "inventory-service/domain/stock/calendar_rules.h"

static void observed_json(struct json_out *o, const struct live *live)
{
	if (!live->seen_place_id) {
		json_put_null(o, "observed");
		return;
	}
	json_open_object(o, "observed");
	json_put_i64(o, "place_id", live->seen_place_id);
	json_put_time(o, "since", live->seen_since_ms / 1000);
	json_close_object(o);
}

static void custody_json(struct json_out *o, const struct item *v)
{
	json_open_object(o, "custody");
	json_put_i64(o, "place_id", v->custodian_id);
	json_put_id(o, "line_id", v->line_id);
	json_close_object(o);
}

static void live_json(struct json_out *o, const struct live *live)
{
	if (!live->is_known) {
		json_put_null(o, "live");
		return;
	}
	json_open_object(o, "live");
	json_put_text(o, "state", live->state);
	json_put_i64(o, "active_s", live->active_s);
	json_put_opt(o, "battery", live->battery_pct >= 0, live->battery_pct);
	json_put_time_or_null(o, "heard_at", live->heard_ms / 1000);
	json_close_object(o);
}

void item_put_state(struct json_out *o, const struct item *v)
{
	json_put_text(o, "state", v->state);
	json_put_id(o, "place_id", v->place_id);
	observed_json(o, &v->live);
	custody_json(o, v);
	live_json(o, &v->live);
}

void item_json(struct json_out *o, const struct item *v)
{
	char day[CALENDAR_DATE_SIZE];

	calendar_date_format(calendar_date_of(v->in_service_s), day);
	json_open_object(o, NULL);
	json_put_i64(o, "id", v->id);
	json_put_i64(o, "version", v->version);
	json_put_i64(o, "model_id", v->model_id);
	json_put_text(o, "model_name", v->model_name);
	json_put_text(o, "family", v->family);
	json_put_text(o, "inventory_no", v->inventory_no);
	json_put_text_or_null(o, "serial", v->serial);
	json_put_i64(o, "owner_place_id", v->owner_place_id);
	json_put_i64(o, "home_place_id", v->home_place_id);
	json_put_text(o, "home_place_name", v->home_place_name);
	json_put_id(o, "hub_id", v->home_hub_id);
	json_put_text(o, "lend_to", v->lend_to);
	json_put_text(o, "approver", v->approver);
	json_put_opt(o, "cost_cents", v->cost_cents >= 0, v->cost_cents);
	json_put_text(o, "in_service_on", day);
	item_put_state(o, v);
	json_put_id(o, "tag_id", v->tag_id);
	json_put_id(o, "meter_id", v->meter_id);
	json_put_text(o, "code", v->code);
	json_put_time_or_null(o, "retired_at", v->retired_s);
	json_close_object(o);
}
