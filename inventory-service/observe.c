/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/observe.h"

#include <stdio.h>
#include <string.h>

#include "common/daemon/log.h"
#include "common/wire/bthome.h"
#include "common/wire/bytes.h"

/* BTHome v2 object ids (https://bthome.io/format/) that mean something here. */
enum {
	OBJECT_BATTERY = 0x01,
	OBJECT_VOLTAGE = 0x0c,
	OBJECT_PROBLEM = 0x26,
	OBJECT_RUNNING = 0x27,
	OBJECT_EPOCH = 0x3d,
	OBJECT_ACTIVE = 0x3e,
	OBJECT_FIRMWARE = 0xf2,
};

#define COMPANY_RUUVI 0x0499

static const struct observation nothing_said = {
	.epoch = OBSERVATION_NO_EPOCH,
	.battery_pct = -1,
	.voltage_mv = -1,
	.energy_wh = -1,
	.power_mw = INT64_MIN,
};

static const uint8_t *keep(struct arena *a, const void *bytes, size_t len)
{
	uint8_t *at = a->bytes + a->len;

	if (len > a->cap - a->len)
		fatal("observe: a report keeps more than it says");
	memcpy(at, bytes, len);
	a->len += len;
	return at;
}

static void say_objects(const struct nvt_bthome_frame *f, struct observation *o)
{
	const struct nvt_bthome_object *object;

	if ((object = nvt_bthome_find(f, OBJECT_BATTERY)))
		o->battery_pct = object->raw;
	if ((object = nvt_bthome_find(f, OBJECT_VOLTAGE)))
		o->voltage_mv = object->raw;
	if ((object = nvt_bthome_find(f, OBJECT_RUNNING)))
		o->state = object->raw ? "active" : "idle";
	if ((object = nvt_bthome_find(f, OBJECT_FIRMWARE)) && object->len == 3)
		snprintf(o->firmware, sizeof o->firmware, "%u.%u.%u", object->bytes[2], object->bytes[1],
			 object->bytes[0]);
	if ((object = nvt_bthome_find(f, OBJECT_PROBLEM)))
		o->problem = object->raw != 0;
	if ((object = nvt_bthome_find(f, OBJECT_EPOCH))) {
		o->has_epoch = true;
		o->epoch = object->raw;
	}
	if ((object = nvt_bthome_find(f, OBJECT_ACTIVE))) {
		o->has_use = true;
		o->active_s = object->raw;
	}
}

static enum verdict verdict_of(enum nvt_bthome_status status)
{
	switch (status) {
	case NVT_BTHOME_OK:
		return 0;
	case NVT_BTHOME_BAD_MIC:
		return VERDICT_BAD_MIC;
	case NVT_BTHOME_DOWNGRADE:
		return VERDICT_DOWNGRADE;
	case NVT_BTHOME_NEED_KEY:
	case NVT_BTHOME_BAD_VERSION:
	case NVT_BTHOME_TOO_SHORT:
		return VERDICT_UNREADABLE;
	}
	return VERDICT_UNREADABLE;
}

void observe_frame(const struct stream *st, uint64_t address, const uint8_t *data, size_t len,
		   struct observation *out)
{
	struct nvt_bthome_frame f;
	uint8_t bytes[6];

	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(address >> (40 - 8 * i));
	*out = nothing_said;
	out->address = address;
	out->data = data;
	out->data_len = len;
	out->verdict = verdict_of(nvt_bthome_decode(data, len, bytes, st->has_key ? &st->aes : NULL, &f));
	if (out->verdict == VERDICT_DOWNGRADE) {
		const struct nvt_bthome_object *problem = nvt_bthome_find(&f, OBJECT_PROBLEM);

		out->problem = problem && problem->raw;
		return;
	}
	if (out->verdict)
		return;
	say_objects(&f, out);
	out->is_authentic = out->has_counter = f.encrypted;
	out->counter = f.counter;
	if (!out->has_counter && !out->has_use)
		out->verdict = VERDICT_SIGHTING;
}

static enum err observe_ble(struct streams *streams, struct db *db, const struct uplink_ble *b,
			    struct arena *arena, struct observation *out)
{
	struct stream *st;
	uint64_t address = 0;
	const uint8_t *data = keep(arena, b->data, b->data_len);
	enum err err;

	for (int i = 0; i < 6; i++)
		address = address << 8 | b->address[i];
	if ((err = streams_tag(streams, db, address, &st)))
		return err;
	if (st->id && !b->is_company && b->id == NVT_BTHOME_UUID) {
		observe_frame(st, address, data, b->data_len, out);
	} else {
		*out = nothing_said;
		out->address = address;
		out->data = data;
		out->data_len = b->data_len;
		out->verdict = st->id ? VERDICT_UNSUPPORTED : VERDICT_UNKNOWN;
		out->is_ruuvi = b->is_company && b->id == COMPANY_RUUVI;
	}
	out->rssi_dbm = b->rssi_dbm;
	return OK;
}

/* What is kept of a meter's report: five numbers and a state, 41 bytes. */
#define METER_PACKED 41

static const char *const meter_states[] = {
	[UPLINK_METER_UNKNOWN] = NULL,
	[UPLINK_METER_OFF] = "off",
	[UPLINK_METER_IDLE] = "idle",
	[UPLINK_METER_ACTIVE] = "active",
};

bool observe_meter(const uint8_t *data, size_t len, struct observation *out)
{
	struct nvt_reader r = nvt_read(data, len);
	uint8_t state;

	*out = nothing_said;
	out->is_meter = out->is_authentic = out->has_epoch = out->has_use = true;
	out->epoch = (int64_t)nvt_take_u64le(&r);
	out->active_s = (int64_t)nvt_take_u64le(&r);
	(void)nvt_take_u64le(&r); /* on_s: kept, not used yet */
	out->energy_wh = (int64_t)nvt_take_u64le(&r);
	out->power_mw = (int64_t)nvt_take_u64le(&r);
	state = nvt_take_u8(&r);
	out->data = data;
	out->data_len = len;
	if (!nvt_read_end(&r) || state > UPLINK_METER_ACTIVE)
		return false;
	out->state = meter_states[state];
	return true;
}

static enum err take_meter(struct streams *streams, struct db *db, int64_t gateway_id,
			   const struct uplink_meter *m, struct arena *arena, struct observation *out)
{
	uint8_t packed[METER_PACKED];
	struct nvt_writer w = nvt_write(packed, sizeof packed);
	struct stream *st;
	enum err err;

	nvt_put_u64le(&w, (uint64_t)m->counter_epoch);
	nvt_put_u64le(&w, (uint64_t)m->active_s);
	nvt_put_u64le(&w, (uint64_t)m->on_s);
	nvt_put_u64le(&w, (uint64_t)m->energy_wh);
	nvt_put_u64le(&w, (uint64_t)m->power_mw);
	nvt_put_u8(&w, (uint8_t)m->state);
	if (!nvt_write_end(&w) || !observe_meter(keep(arena, packed, sizeof packed), sizeof packed, out))
		fatal("observe: a meter's numbers do not pack");
	out->meter = (const char *)keep(arena, m->name, strlen(m->name) + 1);
	if ((err = streams_meter(streams, db, gateway_id, out->meter, &st)))
		return err;
	if (!st->id) { /* nobody's: the name is what a person needs to register it */
		out->verdict = VERDICT_UNKNOWN;
		out->data = (const uint8_t *)out->meter;
		out->data_len = strlen(out->meter);
	}
	return OK;
}

enum err observe_report(struct streams *streams, struct db *db, int64_t gateway_id,
			const struct uplink_report *r, struct arena *arena, struct observation *out)
{
	enum err err = OK;

	switch (r->kind) {
	case UPLINK_BLE:
		err = observe_ble(streams, db, &r->u.ble, arena, out);
		break;
	case UPLINK_METER:
		err = take_meter(streams, db, gateway_id, &r->u.meter, arena, out);
		break;
	case UPLINK_LORA:
	case UPLINK_LORAWAN:
	case UPLINK_BAD:
		*out = nothing_said;
		out->verdict = r->kind == UPLINK_BAD ? VERDICT_UNREADABLE : VERDICT_UNSUPPORTED;
		/* Printed back it may be longer than it came (1e9): then its end is cut. */
		out->data_len = strnlen(r->u.bad.raw, arena->cap - arena->len);
		out->data = keep(arena, r->u.bad.raw, out->data_len);
		break;
	}
	out->mono_ms = r->mono_ms;
	out->t_ms = r->t_ms;
	return err;
}
