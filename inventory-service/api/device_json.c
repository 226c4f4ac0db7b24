/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/api/device_json.h"

#include <string.h>

#include "inventory-service/api/member.h"
#include "inventory-service/domain/evidence/stranger.h"
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

/* Cursors of strangers begin where no id of a device is. */
#define STRANGERS_FROM ((int64_t)1 << 40)

static enum err page_strangers(struct call *c, struct page *p, bool meters, device_put *put)
{
	int64_t after = p->after_id > STRANGERS_FROM ? p->after_id - STRANGERS_FROM : 0, row;
	struct query q = stranger_list(c->db, after, meters, INT64_MAX);
	struct device v;

	while (stranger_next(&q, &row, &v))
		if (device_is_visible(c, &v)) {
			if (!page_takes(p, STRANGERS_FROM + row))
				break;
			put(p, &v);
		}
	return db_end(&q);
}

enum err device_page(struct call *c, struct page *p, bool meters, int bound, device_put *put)
{
	struct query q = device_list(c->db, p->after_id, meters, bound, INT64_MAX);
	struct device v;
	enum err err;

	while (device_next(&q, &v))
		if (device_is_visible(c, &v)) {
			if (!page_takes(p, v.id))
				break;
			put(p, &v);
		}
	err = db_end(&q);
	if (!err && bound == 0 && !p->has_more)
		err = page_strangers(c, p, meters, put);
	return page_end(p, err);
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
