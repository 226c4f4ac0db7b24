/* SPDX-License-Identifier: EUPL-1.2 */
/* The enrolment file (contract mqtt.md §7): written by the service once, installed by navette-gateway
 * enrol. */
#ifndef NAVETTE_DAEMON_ENROLMENT_H
#define NAVETTE_DAEMON_ENROLMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/json.h"
#include "common/daemon/mac.h"
#include "common/daemon/uplink.h"

struct enrolment {
	char gateway[UPLINK_GATEWAY_SIZE];
	char client_id[UPLINK_GATEWAY_SIZE];
	char broker[256];
	char ca[256];       /* "" : null */
	char username[48];
	char password[96];
	uint8_t mac_key[MAC_KEY_LEN];
};

bool enrolment_decode(const char *json, size_t len, struct enrolment *out, const char **why);
/* As a member called name, or as the whole document where name is NULL. */
void enrolment_put(struct json_out *o, const char *name, const struct enrolment *e);
void enrolment_wipe(struct enrolment *e);

#endif
