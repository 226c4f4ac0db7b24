/* SPDX-License-Identifier: EUPL-1.2 */
/* The handlers: one for each row of the route table (routes.h), in the file named after its collection. */
#ifndef NAVETTE_API_H
#define NAVETTE_API_H

#include "inventory-service/call.h"

#define X(name, method, path, mode) enum err api_##name(struct call *c);
ROUTE_LIST(X)
#undef X

#define X(name) enum err api_##name##_prepare(struct call *c);
PREPARE_LIST(X)
#undef X

#endif
