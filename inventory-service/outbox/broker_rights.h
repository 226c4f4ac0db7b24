/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The rights of a role: a gateway's (its own subtree, one direction each) and the service's. The broker
 * refuses by default; a role only allows. mosquitto's plugin knows no pattern for "my own name", so each
 * gateway has its role.
 */
#ifndef NAVETTE_BROKER_RIGHTS_H
#define NAVETTE_BROKER_RIGHTS_H

#include <stdbool.h>

#include "common/daemon/json.h"

/* "acls" of a role's command, as a member of the open object. role: BROKER_ADMIN_ROLE or a gateway's name. */
void broker_rights_put(struct json_out *o, const char *role);
/* Has the role exactly the rights it should have, each allowed? acls: as the broker lists them. */
bool broker_rights_are_whole(const char *role, struct json_array acls);

#endif
