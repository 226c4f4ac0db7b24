/* SPDX-License-Identifier: EUPL-1.2 */
/* The published description of this API (openapi.yaml, converted and embedded by the build). */
#include "inventory-service/api/api.h"
#include "openapi_embedded.h"

enum err api_openapi_show(struct call *c)
{
	enum err err = call_query_end(c);

	if (!err)
		json_put_raw(&c->out, NULL, openapi_json);
	return err;
}
