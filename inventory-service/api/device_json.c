/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/device_json.h"

#include <string.h>

#include "inventory-service/api/member.h"
#include "inventory-service/rights.h"

void device_put_state(struct json_out *o, const struct device *v)
{
	json_put_id(o, "item_id", v->item_id);
	json_put_text(o, "state", v->state);
	json_put_time_or_null(o, "heard_at", v->heard_ms / 1000);
	json_put_time_or_null(o, "quarantined_at", v->quarantined_ms / 1000);
}

enum err device_query_bound(struct call *c, int *bound)
{
	char text[8];
	enum err err = call_query_text(c, "bound", text, sizeof text);

	*bound = -1;
	if (err || !text[0])
		return err;
	if (strcmp(text, "true") == 0)
		*bound = 1;
	else if (strcmp(text, "false") == 0)
		*bound = 0;
	else
		return call_refuse(c, ERR_TYPE, "bound", "Écrivez true ou false.");
	return OK;
}

bool device_is_visible(const struct call *c, const struct device *v)
{
	struct place_scope at = {.place_id = v->place_id, .hub_id = v->hub_id};

	return v->place_id == 0 || rights_allows(c->route, c->who, &at);
}

enum err device_of_path(struct call *c, bool is_meter, struct device *v)
{
	enum err err = device_find(c->db, c->ids[0], v);

	if (err)
		return err;
	return (v->kind == DEVICE_METER) == is_meter && device_is_visible(c, v) ? OK : ERR_NOT_FOUND;
}
