/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/outbox/broker_rights.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/daemon/mqtt.h"
#include "common/daemon/text.h"
#include "common/daemon/uplink.h"
#include "inventory-service/outbox/broker_admin.h"

struct right {
	const char *type;
	const char *topic; /* of a gateway: the leaf */
};

static const struct right gateway_rights[] = {
	{"publishClientSend", "up"},     {"publishClientSend", "status"}, {"publishClientSend", "stat"},
	{"publishClientReceive", "ack"}, {"publishClientReceive", "cfg"}, {"publishClientReceive", "cmd"},
	{"subscribeLiteral", "ack"},     {"subscribeLiteral", "cfg"},     {"subscribeLiteral", "cmd"},
};

/* The same as in broker-config/prepare, which seeds it. */
static const struct right service_rights[] = {
	{"publishClientSend", BROKER_ADMIN_COMMANDS},
	{"publishClientReceive", BROKER_ADMIN_ANSWERS},
	{"subscribeLiteral", BROKER_ADMIN_ANSWERS},
	{"publishClientReceive", BROKER_LOG},
	{"subscribeLiteral", BROKER_LOG},
	{"publishClientReceive", "navette/v1/gw/+/up"},
	{"publishClientReceive", "navette/v1/gw/+/status"},
	{"publishClientReceive", "navette/v1/gw/+/stat"},
	{"subscribePattern", "navette/v1/gw/#"},
	{"publishClientSend", "navette/v1/gw/+/ack"},
	{"publishClientSend", "navette/v1/gw/+/cfg"},
	{"publishClientSend", "navette/v1/gw/+/cmd"},
	{"publishClientSend", "navette/v1/item/+/state"},
};

/* The i-th right of a role; false where there is none. */
static bool right_of(const char *role, size_t i, const char **type, char topic[MQTT_MAX_TOPIC])
{
	bool is_service = strcmp(role, BROKER_ADMIN_ROLE) == 0;
	const struct right *rights = is_service ? service_rights : gateway_rights;
	size_t n =
		is_service ? sizeof service_rights / sizeof *rights : sizeof gateway_rights / sizeof *rights;

	if (i >= n)
		return false;
	*type = rights[i].type;
	return is_service ? str_copy(topic, MQTT_MAX_TOPIC, rights[i].topic)
			  : uplink_topic_make(role, rights[i].topic, topic, MQTT_MAX_TOPIC);
}

static size_t find_right(const char *role, const char *type, const char *topic)
{
	const char *its_type;
	char its_topic[MQTT_MAX_TOPIC];
	size_t i;

	for (i = 0; right_of(role, i, &its_type, its_topic); i++)
		if (strcmp(type, its_type) == 0 && strcmp(topic, its_topic) == 0)
			return i;
	return SIZE_MAX;
}

bool broker_rights_are_whole(const char *role, struct json_array acls)
{
	const char *type_wanted;
	char topic[256], type[32], topic_wanted[MQTT_MAX_TOPIC];
	unsigned seen = 0;
	size_t i = 0;

	while (json_next(&acls)) {
		struct json_in in = json_element_object(&acls);
		bool is_allowed = false;

		json_take_text(&in, "acltype", type, sizeof type);
		json_take_text(&in, "topic", topic, sizeof topic);
		json_take_bool(&in, "allow", &is_allowed);
		if (json_end_lax(&in) || !is_allowed || (i = find_right(role, type, topic)) == SIZE_MAX)
			return false;
		seen |= 1u << i;
	}
	for (i = 0; right_of(role, i, &type_wanted, topic_wanted); i++)
		if (!(seen & 1u << i))
			return false;
	return i > 0;
}

void broker_rights_put(struct json_out *o, const char *role)
{
	const char *type;
	char topic[MQTT_MAX_TOPIC];

	json_open_array(o, "acls");
	for (size_t i = 0; right_of(role, i, &type, topic); i++) {
		json_open_object(o, NULL);
		json_put_text(o, "acltype", type);
		json_put_text(o, "topic", topic);
		json_put_bool(o, "allow", true);
		json_close_object(o);
	}
	json_close_array(o);
}
