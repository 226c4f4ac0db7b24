/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Batches (contract mqtt.md §3). Decoding separates two kinds of fault: an envelope that cannot be read
 * condemns the batch, a report that cannot be read only itself: it keeps its place, its code and its text.
 */
#include <string.h>

#include "common/daemon/text.h"
#include "common/daemon/uplink.h"

#define MAX_INT JSON_MAX_INT
/* A batch over the limit is still looked at for its seq, as far as a broker would carry it. */
#define LOOK_BYTES ((size_t)256 * 1024)

static const char *const clock_words[] = {"none", "rtc", "ntp", "gps"};
static const char *const state_words[] = {"unknown", "off", "idle", "active"};

/* The place of word among n; 0 (none, unknown) for words of a later version. */
static unsigned word_index(const char *const *words, unsigned n, const char *word)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

/* --- reports --- */

static const char *decode_id(struct json_in *in, struct uplink_ble *ble)
{
	char hex[5] = "";
	uint8_t id[2];
	const bool is_uuid = json_maybe_text(in, "uuid", hex, sizeof hex);

	ble->is_company = json_maybe_text(in, "company", hex, sizeof hex);
	if (json_end_lax(in) != JSON_OK || is_uuid == ble->is_company)
		return "report.field";
	if (!hex_decode(hex, strlen(hex), id, sizeof id))
		return "report.hex";
	ble->id = (uint16_t)(id[0] << 8 | id[1]);
	return NULL;
}

static const char *decode_ble(struct json_in *in, struct uplink_ble *ble)
{
	char address[18] = "", data[2 * UPLINK_MAX_DATA + 1] = "";
	const char *code;
	int64_t rssi = 0;

	json_take_text(in, "addr", address, sizeof address);
	json_take_i64(in, "rssi", INT8_MIN, INT8_MAX, &rssi);
	if ((code = decode_id(in, ble)) != NULL)
		return code;
	json_take_text(in, "data", data, sizeof data);
	if (json_end_lax(in) != JSON_OK)
		return "report.field";
	if (!address_parse(address, ble->address))
		return "report.hex";
	if (!hex_decode(data, strlen(data), ble->data, strlen(data) / 2))
		return "report.hex";
	ble->data_len = (uint8_t)(strlen(data) / 2);
	ble->rssi_dbm = (int8_t)rssi;
	return NULL;
}

static const char *decode_meter(struct json_in *in, struct uplink_meter *meter)
{
	char state[16] = "";

	meter->on_s = meter->energy_wh = meter->since_s = -1;
	meter->power_mw = INT64_MIN;
	json_take_text(in, "meter", meter->name, sizeof meter->name);
	json_take_i64(in, "counter_epoch", 0, MAX_INT, &meter->counter_epoch);
	json_take_i64(in, "active_s", 0, MAX_INT, &meter->active_s);
	json_maybe_i64(in, "on_s", 0, MAX_INT, &meter->on_s);
	json_maybe_i64(in, "energy_wh", 0, MAX_INT, &meter->energy_wh);
	json_maybe_i64(in, "power_mw", -MAX_INT, MAX_INT, &meter->power_mw);
	json_maybe_text(in, "state", state, sizeof state);
	json_maybe_i64(in, "since_s", 0, MAX_INT, &meter->since_s);
	if (json_end_lax(in) != JSON_OK || meter->name[0] == '\0')
		return "report.field";
	meter->state = (enum uplink_meter_state)word_index(state_words, 4, state);
	return NULL;
}

/* NULL, or the code of what is wrong; the kinds that are kept raw get none. */
static const char *decode_report(struct json_in *in, struct uplink_report *r)
{
	char kind[16] = "";

	if (json_end_lax(in) != JSON_OK)
		return "report.type";
	json_take_text(in, "kind", kind, sizeof kind);
	if (json_end_lax(in) != JSON_OK)
		return "report.kind";
	json_take_i64(in, "mono_ms", 0, MAX_INT, &r->mono_ms);
	json_maybe_i64(in, "t_ms", 1, MAX_INT, &r->t_ms);
	if (json_end_lax(in) != JSON_OK)
		return "report.field";
	if (strcmp(kind, "ble") == 0) {
		r->kind = UPLINK_BLE;
		return decode_ble(in, &r->u.ble);
	}
	if (strcmp(kind, "meter") == 0) {
		r->kind = UPLINK_METER;
		return decode_meter(in, &r->u.meter);
	}
	r->kind = strcmp(kind, "lora") == 0 ? UPLINK_LORA : UPLINK_LORAWAN;
	return strcmp(kind, "lora") != 0 && strcmp(kind, "lorawan") != 0 ? "report.kind" : NULL;
}

static void decode_element(const struct json_array *a, bool with_time, struct uplink_report *r)
{
	struct json_in in = json_element_object(a);
	const char *code;

	memset(r, 0, sizeof *r);
	code = decode_report(&in, r);
	if (!with_time)
		r->t_ms = 0;
	if (code == NULL && (r->kind == UPLINK_BLE || r->kind == UPLINK_METER))
		return;
	memset(&r->u, 0, sizeof r->u);
	if (code != NULL)
		r->kind = UPLINK_BAD;
	if (!str_copy(r->u.bad.code, sizeof r->u.bad.code, code != NULL ? code : ""))
		r->u.bad.code[0] = '\0';
	json_element_print(a, r->u.bad.raw, sizeof r->u.bad.raw);
}

/* --- the envelope --- */

static bool has_wall_time(enum uplink_clock clock)
{
	return clock == UPLINK_CLOCK_NTP || clock == UPLINK_CLOCK_GPS;
}

/* Names in the order in which uplink_encode_batch writes them. */
static void take_head(struct json_in *in, struct uplink_batch *b)
{
	json_take_text(in, "epoch", b->epoch, sizeof b->epoch);
	json_take_i64(in, "seq", 1, MAX_INT, &b->seq);
	json_take_i64(in, "oldest", 1, MAX_INT, &b->oldest);
	if (json_end_lax(in) == JSON_OK && !uplink_epoch_valid(b->epoch))
		in->fault = JSON_RANGE;
}

static void take_times(struct json_in *in, struct uplink_batch *b)
{
	char clock[16] = "";

	json_maybe_i64(in, "sent_ms", 0, MAX_INT, &b->sent_ms);
	b->boot = b->mono_ms = -1;
	json_maybe_i64(in, "boot", 0, MAX_INT, &b->boot);
	json_maybe_i64(in, "mono_ms", 0, MAX_INT, &b->mono_ms);
	json_maybe_text(in, "clock", clock, sizeof clock);
	json_maybe_i64(in, "dropped", 0, MAX_INT, &b->dropped);
	b->clock = (enum uplink_clock)word_index(clock_words, 4, clock);
}

static const char *decode_envelope(struct json_in *in, bool is_too_large, struct uplink_batch *b)
{
	struct json_array reports;

	take_head(in, b);
	if (json_end_lax(in) != JSON_OK || b->oldest > b->seq)
		return is_too_large ? "batch.too_large" : "batch.field";
	if (is_too_large)
		return "batch.too_large";
	take_times(in, b);
	reports = json_take_array(in, "reports", UPLINK_MAX_REPORTS);
	if (json_end_lax(in) == JSON_LENGTH && strcmp(in->field, "reports") == 0)
		return "batch.too_large";
	if (json_end_lax(in) != JSON_OK)
		return "batch.field";
	if (reports.n > 0 && (b->boot < 0 || b->mono_ms < 0))
		return "batch.field";
	b->boot = b->boot < 0 ? 0 : b->boot;
	b->mono_ms = b->mono_ms < 0 ? 0 : b->mono_ms;
	while (json_next(&reports))
		decode_element(&reports, has_wall_time(b->clock), &b->reports[b->n_reports++]);
	return NULL;
}

static void clear_head(struct uplink_batch *b)
{
	b->epoch[0] = '\0';
	b->seq = b->oldest = b->sent_ms = b->boot = b->mono_ms = b->dropped = 0;
	b->clock = UPLINK_CLOCK_NONE;
	b->n_reports = 0;
}

bool uplink_decode_batch(const char *payload, size_t len, struct uplink_batch *out, const char **code)
{
	struct json_doc *doc = json_parse(payload, len, LOOK_BYTES, NULL);
	const bool is_too_large = len > UPLINK_MAX_BYTES;
	struct json_in in = json_in(doc);
	const char *fault;

	clear_head(out);
	if (doc == NULL || json_end_lax(&in) != JSON_OK)
		fault = is_too_large ? "batch.too_large" : "batch.malformed";
	else
		fault = decode_envelope(&in, is_too_large, out);
	json_free(doc);
	if (fault != NULL)
		*code = fault;
	return fault == NULL;
}

/* --- encoding --- */

static void put_ble(struct json_out *o, const struct uplink_ble *ble)
{
	const uint8_t id[2] = {(uint8_t)(ble->id >> 8), (uint8_t)(ble->id & 255)};
	char address[18], hex[5], data[2 * UPLINK_MAX_DATA + 1];

	address_format(ble->address, address);
	hex_encode(id, sizeof id, hex);
	hex_encode(ble->data, ble->data_len, data);
	json_put_text(o, "addr", address);
	json_put_i64(o, "rssi", ble->rssi_dbm);
	json_put_text(o, ble->is_company ? "company" : "uuid", hex);
	json_put_text(o, "data", data);
}

static void put_known(struct json_out *o, const char *name, int64_t v)
{
	if (v >= 0)
		json_put_i64(o, name, v);
}

static void put_meter(struct json_out *o, const struct uplink_meter *meter)
{
	json_put_text(o, "meter", meter->name);
	json_put_i64(o, "counter_epoch", meter->counter_epoch);
	json_put_i64(o, "active_s", meter->active_s);
	put_known(o, "on_s", meter->on_s);
	put_known(o, "energy_wh", meter->energy_wh);
	if (meter->power_mw != INT64_MIN)
		json_put_i64(o, "power_mw", meter->power_mw);
	if (meter->state != UPLINK_METER_UNKNOWN)
		json_put_text(o, "state", state_words[meter->state]);
	put_known(o, "since_s", meter->since_s);
}

void uplink_put_report(struct json_out *o, const struct uplink_report *r)
{
	if (r->kind != UPLINK_BLE && r->kind != UPLINK_METER) {
		json_put_raw(o, NULL, r->u.bad.raw);
		return;
	}
	json_open_object(o, NULL);
	json_put_text(o, "kind", r->kind == UPLINK_BLE ? "ble" : "meter");
	json_put_i64(o, "mono_ms", r->mono_ms);
	if (r->t_ms > 0)
		json_put_i64(o, "t_ms", r->t_ms);
	if (r->kind == UPLINK_BLE)
		put_ble(o, &r->u.ble);
	else
		put_meter(o, &r->u.meter);
	json_close_object(o);
}

void uplink_encode_batch(struct json_out *o, const struct uplink_batch *envelope, const char *reports)
{
	json_out_reset(o);
	json_open_object(o, NULL);
	json_put_text(o, "epoch", envelope->epoch);
	json_put_i64(o, "seq", envelope->seq);
	json_put_i64(o, "oldest", envelope->oldest);
	if (envelope->sent_ms > 0)
		json_put_i64(o, "sent_ms", envelope->sent_ms);
	json_put_i64(o, "boot", envelope->boot);
	json_put_i64(o, "mono_ms", envelope->mono_ms);
	json_put_text(o, "clock", clock_words[envelope->clock]);
	if (envelope->dropped > 0)
		json_put_i64(o, "dropped", envelope->dropped);
	json_open_array(o, "reports");
	if (reports[0] != '\0')
		json_put_raw(o, NULL, reports);
	json_close_array(o);
	json_close_object(o);
}
