/* SPDX-License-Identifier: EUPL-1.2 */
/* Names, topics, acknowledgements and status: the small messages around the batches (contract mqtt.md §2). */
#include "common/daemon/uplink.h"

#include <string.h>

#include "common/daemon/text.h"

#define TOPIC_ROOT "navette/v1/gw/"
#define MAX_INT JSON_MAX_INT
#define MAX_REFUSED_READ 1024

bool uplink_gateway_valid(const char *name)
{
	const size_t len = strnlen(name, UPLINK_GATEWAY_SIZE);

	return len > 0 && len < UPLINK_GATEWAY_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* Lower case only: the epoch is compared as text everywhere. */
bool uplink_epoch_valid(const char *epoch)
{
	return strnlen(epoch, UPLINK_EPOCH_SIZE) == UPLINK_EPOCH_SIZE - 1 &&
	       strspn(epoch, "0123456789abcdef") == UPLINK_EPOCH_SIZE - 1;
}

bool uplink_topic_make(const char *gateway, const char *leaf, char *out, size_t size)
{
	if (!uplink_gateway_valid(gateway)) {
		if (size > 0)
			out[0] = '\0';
		return false;
	}
	return str_format(out, size, TOPIC_ROOT "%s/%s", gateway, leaf);
}

bool uplink_topic_parse(const char *topic, char gateway[UPLINK_GATEWAY_SIZE], const char **leaf)
{
	const size_t root_len = sizeof TOPIC_ROOT - 1;
	const char *name = topic + root_len, *slash;
	char copy[UPLINK_GATEWAY_SIZE];

	if (strncmp(topic, TOPIC_ROOT, root_len) != 0 || (slash = strchr(name, '/')) == NULL)
		return false;
	if (slash - name >= UPLINK_GATEWAY_SIZE || slash[1] == '\0' || strchr(slash + 1, '/') != NULL)
		return false;
	memcpy(copy, name, (size_t)(slash - name));
	copy[slash - name] = '\0';
	if (!uplink_gateway_valid(copy))
		return false;
	memcpy(gateway, copy, sizeof copy);
	*leaf = slash + 1;
	return true;
}

/* --- acknowledgements --- */

/* An entry that cannot be read is passed over: seq alone moves the spool on. */
static void take_refused(const struct json_array *a, struct uplink_ack *ack)
{
	struct json_in in = json_element_object(a);
	struct uplink_refused r = {0};

	json_take_i64(&in, "seq", 1, MAX_INT, &r.seq);
	json_take_text(&in, "code", r.code, sizeof r.code);
	if (json_end_lax(&in) == JSON_OK && ack->n_refused < sizeof ack->refused / sizeof ack->refused[0])
		ack->refused[ack->n_refused++] = r;
}

bool uplink_decode_ack(const char *payload, size_t len, struct uplink_ack *out)
{
	struct json_doc *doc = json_parse(payload, len, JSON_LIMIT, NULL);
	struct json_in in = json_in(doc);
	struct uplink_ack ack = {0};
	struct json_array refused;
	bool ok;

	json_take_text(&in, "epoch", ack.epoch, sizeof ack.epoch);
	json_take_i64(&in, "seq", 0, MAX_INT, &ack.seq);
	refused = json_maybe_array(&in, "refused", MAX_REFUSED_READ);
	while (json_next(&refused))
		take_refused(&refused, &ack);
	ok = json_end_lax(&in) == JSON_OK && uplink_epoch_valid(ack.epoch);
	json_free(doc);
	if (ok)
		*out = ack;
	return ok;
}

void uplink_encode_ack(struct json_out *o, const struct uplink_ack *ack)
{
	json_out_reset(o);
	json_open_object(o, NULL);
	json_put_text(o, "epoch", ack->epoch);
	json_put_i64(o, "seq", ack->seq);
	if (ack->n_refused > 0) {
		json_open_array(o, "refused");
		for (size_t i = 0; i < ack->n_refused; i++) {
			json_open_object(o, NULL);
			json_put_i64(o, "seq", ack->refused[i].seq);
			json_put_text(o, "code", ack->refused[i].code);
			json_close_object(o);
		}
		json_close_array(o);
	}
	json_close_object(o);
}

/* --- status --- */

bool uplink_decode_status(const char *payload, size_t len, struct uplink_status *out)
{
	struct json_doc *doc = json_parse(payload, len, JSON_LIMIT, NULL);
	struct json_in in = json_in(doc);
	struct uplink_status s = {0};
	char state[16] = "";
	bool ok;

	json_take_text(&in, "state", state, sizeof state);
	json_take_i64(&in, "session", 0, MAX_INT, &s.session);
	json_maybe_text(&in, "version", s.version, sizeof s.version);
	json_maybe_i64(&in, "cfg", 0, MAX_INT, &s.cfg);
	json_maybe_i64(&in, "boot", 0, MAX_INT, &s.boot);
	json_maybe_i64(&in, "mono_ms", 0, MAX_INT, &s.mono_ms);
	s.is_ready = strcmp(state, "ready") == 0;
	ok = json_end_lax(&in) == JSON_OK && (s.is_ready || strcmp(state, "lost") == 0);
	json_free(doc);
	if (ok)
		*out = s;
	return ok;
}

void uplink_encode_status(struct json_out *o, const struct uplink_status *status)
{
	json_out_reset(o);
	json_open_object(o, NULL);
	json_put_text(o, "state", status->is_ready ? "ready" : "lost");
	json_put_i64(o, "session", status->session);
	if (status->is_ready) {
		json_put_text(o, "version", status->version);
		json_put_i64(o, "cfg", status->cfg);
		if (status->boot > 0) {
			json_put_i64(o, "boot", status->boot);
			json_put_i64(o, "mono_ms", status->mono_ms);
		}
	}
	json_close_object(o);
}
