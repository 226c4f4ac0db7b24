/* SPDX-License-Identifier: EUPL-1.2 */
/* What the collections about people share: roles as JSON, both ways, and a new password from a body. */
#ifndef NAVETTE_API_PEOPLE_H
#define NAVETTE_API_PEOPLE_H

#include "inventory-service/call.h"
#include "inventory-service/domain/people/user.h"

void people_put_role(struct json_out *o, const struct grant_of_role *g); /* an object, name NULL */
void people_put_roles(struct json_out *o, const struct grant_of_role *rows, int n); /* "roles":[…] */
/* {"role","scope","scope_id"} from an object's cursor, which is not ended here. */
enum err people_take_role(struct call *c, struct json_in *in, struct grant_of_role *out);
/* The "password" of a body, judged and hashed into c->prepared_hash. On the slow thread only. */
enum err people_hash_password(struct call *c, const char *password, const char *email);

#endif
