/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/daemon/enrolment.h"

#include <sodium.h>
#include <string.h>

#include "common/daemon/text.h"

#define KEY_TEXT_SIZE 44

static const char *take_all(struct json_in *in, struct enrolment *e)
{
	char key[KEY_TEXT_SIZE] = "";
	bool key_ok;

	json_take_text(in, "gateway", e->gateway, sizeof e->gateway);
	json_take_text(in, "client_id", e->client_id, sizeof e->client_id);
	json_take_text(in, "broker", e->broker, sizeof e->broker);
	json_maybe_text(in, "ca", e->ca, sizeof e->ca);
	json_take_text(in, "username", e->username, sizeof e->username);
	json_take_text(in, "password", e->password, sizeof e->password);
	json_take_text(in, "mac_key", key, sizeof key);
	key_ok = base64url_decode(key, e->mac_key, sizeof e->mac_key);
	sodium_memzero(key, sizeof key);
	if (json_end_lax(in) != JSON_OK)
		return "a field is missing, of the wrong type or too long";
	if (!uplink_gateway_valid(e->gateway) || !uplink_gateway_valid(e->client_id))
		return "gateway and client_id are 1 to 32 of a-z, 0-9 and -";
	if (e->broker[0] == '\0' || e->username[0] == '\0' || e->password[0] == '\0')
		return "broker, username or password is empty";
	return key_ok ? NULL : "mac_key is not 32 bytes in base64url";
}

bool enrolment_decode(const char *json, size_t len, struct enrolment *out, const char **why)
{
	const char *fault = "not JSON";
	struct json_doc *doc = json_parse(json, len, JSON_LIMIT, &fault);
	struct json_in in = json_in(doc);
	struct enrolment e = {0};

	if (doc != NULL)
		fault = take_all(&in, &e);
	json_free(doc);
	if (fault == NULL)
		*out = e;
	else if (why != NULL)
		*why = fault;
	enrolment_wipe(&e);
	return fault == NULL;
}

void enrolment_put(struct json_out *o, const char *name, const struct enrolment *e)
{
	char key[KEY_TEXT_SIZE];

	json_open_object(o, name);
	json_put_text(o, "gateway", e->gateway);
	json_put_text(o, "client_id", e->client_id);
	json_put_text(o, "broker", e->broker);
	json_put_text(o, "ca", e->ca[0] != '\0' ? e->ca : NULL);
	json_put_text(o, "username", e->username);
	json_put_text(o, "password", e->password);
	if (base64url_encode(e->mac_key, sizeof e->mac_key, key, sizeof key))
		json_put_text(o, "mac_key", key);
	json_close_object(o);
	sodium_memzero(key, sizeof key);
}

void enrolment_wipe(struct enrolment *e)
{
	sodium_memzero(e, sizeof *e);
}
