/* SPDX-License-Identifier: EUPL-1.2 */
/* What tags and meters say of themselves alike. */
#ifndef NAVETTE_DEVICE_JSON_H
#define NAVETTE_DEVICE_JSON_H

#include "inventory-service/api/page.h"
#include "inventory-service/call.h"
#include "inventory-service/domain/evidence/device.h"

/* The members item_id, state, heard_at, quarantined_at, into the object that is open. */
void device_put_state(struct json_out *o, const struct device *v);
/* A page of tags or of meters that the caller may see. With bound=false those come last that are heard and
 * not registered (stranger.h): their id and version are 0. */
typedef void device_put(struct page *p, const struct device *v);
enum err device_page(struct call *c, struct page *p, bool meters, int bound, device_put *put);
/* bound=true|false of a list; -1: not said. */
enum err device_query_bound(struct call *c, int *bound);
/* The device of the path, of that sort, that the caller may see: one that is bound is seen where its item
 * lives. Else ERR_NOT_FOUND. */
enum err device_of_path(struct call *c, bool is_meter, struct device *v);
/* Is it for the caller to see? Unbound tags are in nobody's place: whoever looks after devices may pair them.
 */
bool device_is_visible(const struct call *c, const struct device *v);

#endif
