/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * GET /events: what changed, as it changes (Server-Sent Events, WHATWG HTML §9.2). The stream itself is
 * outbox/sse.c's; here only the question is read. Last-Event-ID comes as a header from browsers that
 * reconnect, or in the query.
 */
#include "inventory-service/api/api.h"

enum err api_events(struct call *c)
{
	enum err err;

	if ((err = call_query_i64(c, "last_event_id", 0, JSON_MAX_INT, c->last_event_id,
				  &c->last_event_id)) ||
	    (err = call_query_end(c)))
		return err;
	c->wants_stream = true;
	return OK;
}
