/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A device speaks when a use begins, each 20 minutes of it, when it ends, and every 2 hours otherwise: far
 * less than a real tag, enough that every hour is exact, since no growth of a counter is ever seen across a
 * pause.
 *
 * The gateway's boot is 0, below any that a real gateway counts: what the simulated gateways say later, under
 * the same name and key, comes after it.
 */
#include "inventory-service/demo/history.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/text.h"
#include "common/daemon/uplink.h"
#include "common/wire/bthome.h"

#define BATCHES_AT_ONCE 8
#define IDLE_STEP_S 7200
#define USE_STEP_S 1200

struct event {
	int64_t at_s;
	int device;
};

/* What a device has counted so far. */
struct counting {
	const struct demo_use *use, *end; /* the first use that is not over; none left at end */
	int64_t done_s;
	uint32_t counter;
	struct nvt_aes128 aes;
};

struct told {
	char *payload;
	size_t len;
	int64_t received_ms;
	char mac[MAC_TEXT_SIZE];
};

struct telling {
	struct ingest *in;
	const struct demo_world *w;
	const struct enrolment *e;
	struct demo_random random;
	int64_t away_from_s, away_until_s; /* cut off from the broker */
	char topic[128];
	struct counting counting[DEMO_DEVICES];
	struct uplink_batch envelope;
	struct json_out reports; /* joined, without brackets */
	size_t n_reports;
	struct told told[BATCHES_AT_ONCE];
	size_t n_told;
};

/* ---- when
 * ---------------------------------------------------------------------------------------------------- */

struct events {
	struct event *list;
	size_t n, cap;
};

static void add_event(struct events *v, int device, int64_t at_s)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 4096;
		v->list = xrealloc(v->list, v->cap * sizeof *v->list);
	}
	v->list[v->n++] = (struct event){at_s, device};
}

static void add_device(struct events *v, const struct demo_world *w, int device)
{
	struct demo_random r = demo_random(w->seed, "speaks", device);

	for (int64_t t = w->from_s + demo_between(&r, 1, IDLE_STEP_S - 1); t < w->until_s; t += IDLE_STEP_S)
		add_event(v, device, t);
	for (int i = 0; i < w->n_uses; i++) {
		const struct demo_use *use = &w->uses[i];

		if (use->device != device)
			continue;
		for (int64_t t = use->start_s; t < use->until_s; t += USE_STEP_S)
			add_event(v, device, t);
		add_event(v, device, use->until_s);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at_s != y->at_s)
		return x->at_s < y->at_s ? -1 : 1;
	return (x->device > y->device) - (x->device < y->device);
}

/* ---- what
 * ---------------------------------------------------------------------------------------------------- */

static void begin_counting(struct telling *t, int device)
{
	struct counting *c = &t->counting[device];

	memset(c, 0, sizeof *c);
	for (int i = 0; i < t->w->n_uses; i++) {
		if (t->w->uses[i].device != device)
			continue;
		if (!c->use)
			c->use = &t->w->uses[i];
		c->end = &t->w->uses[i] + 1;
	}
	nvt_aes128_init(&c->aes, t->w->devices[device].key);
}

static bool is_used_at(struct counting *c, int64_t at_s, int64_t *active_s)
{
	while (c->use != c->end && c->use->until_s <= at_s) {
		c->done_s += c->use->until_s - c->use->start_s;
		c->use++;
	}
	*active_s = c->done_s;
	if (c->use == c->end || c->use->start_s > at_s)
		return false;
	*active_s += at_s - c->use->start_s;
	return true;
}

static void fill_tag(struct telling *t, const struct event *v, struct uplink_report *r)
{
	const struct demo_device *d = &t->w->devices[v->device];
	struct counting *c = &t->counting[v->device];
	uint8_t objects[32];
	int64_t active_s;
	bool running = is_used_at(c, v->at_s, &active_s);
	struct nvt_tag_reading reading = {
		.packet_id = (uint8_t)c->counter,
		.running = running,
		.battery_pct = (uint8_t)(96 - (v->at_s - t->w->from_s) / (8 * 86400)),
		.counter_epoch = (uint16_t)d->counter_epoch,
		.active_s = (uint32_t)active_s,
	};
	size_t len = nvt_tag_reading_put(&reading, objects, sizeof objects);

	r->kind = UPLINK_BLE;
	memcpy(r->u.ble.address, d->address, sizeof d->address);
	r->u.ble.rssi_dbm = (int8_t)demo_between(&t->random, -82, -58);
	r->u.ble.id = NVT_BTHOME_UUID;
	r->u.ble.data_len = (uint8_t)nvt_bthome_seal(&c->aes, d->address, ++c->counter, objects, len,
						     r->u.ble.data, sizeof r->u.ble.data);
}

static void fill_meter(struct telling *t, const struct event *v, struct uplink_report *r)
{
	const struct demo_device *d = &t->w->devices[v->device];
	const struct demo_model *m = &demo_models[t->w->items[d->item].model];
	struct counting *c = &t->counting[v->device];
	struct uplink_meter *u = &r->u.meter;
	int64_t active_s;
	bool running = is_used_at(c, v->at_s, &active_s);

	r->kind = UPLINK_METER;
	if (!str_copy(u->name, sizeof u->name, d->name))
		abort(); /* both have room for a slug and a number */
	u->counter_epoch = d->counter_epoch;
	u->active_s = active_s;
	u->on_s = active_s;
	u->energy_wh = active_s * m->active_mw / 3600000;
	u->power_mw = running ? m->active_mw : m->off_mw;
	u->state = running ? UPLINK_METER_ACTIVE : UPLINK_METER_OFF;
	u->since_s = running ? v->at_s - c->use->start_s : 0;
}

/* ---- to whom
 * ------------------------------------------------------------------------------------------------- */

static enum err hand_over(struct telling *t)
{
	struct ingest_message messages[BATCHES_AT_ONCE];
	struct ingest_ack *acks;
	size_t n_acks;
	enum err err;

	for (size_t i = 0; i < t->n_told; i++)
		messages[i] = (struct ingest_message){.topic = t->topic,
						      .payload = t->told[i].payload,
						      .len = t->told[i].len,
						      .mac = t->told[i].mac,
						      .received_ms = t->told[i].received_ms};
	err = t->n_told ? ingest_messages(t->in, messages, t->n_told, &acks, &n_acks) : OK;
	if (!err && t->n_told)
		ingest_free_acks(acks, n_acks);
	for (size_t i = 0; i < t->n_told; i++)
		free(t->told[i].payload);
	t->n_told = 0;
	return err;
}

/* What a gateway hears while its network is down comes when it is up again. */
static bool is_away_at(const struct telling *t, int64_t at_s)
{
	return t->away_from_s <= at_s && at_s < t->away_until_s;
}

static enum err close_batch(struct telling *t, int64_t at_s)
{
	struct told *told = &t->told[t->n_told];
	struct json_out o = {0};

	if (!t->n_reports)
		return OK;
	t->envelope.seq++;
	t->envelope.oldest = t->envelope.seq;
	t->envelope.mono_ms = (at_s - t->w->from_s) * 1000;
	t->envelope.n_reports = t->n_reports;
	uplink_encode_batch(&o, &t->envelope, t->reports.bytes);
	told->payload = o.bytes;
	told->len = o.len;
	told->received_ms = (is_away_at(t, at_s) ? t->away_until_s : at_s) * 1000;
	mac_compute(t->e->mac_key, t->topic, told->payload, told->len, told->mac);
	t->n_told++;
	json_out_reset(&t->reports);
	t->n_reports = 0;
	return t->n_told == BATCHES_AT_ONCE ? hand_over(t) : OK;
}

static enum err tell_event(struct telling *t, const struct event *v)
{
	struct uplink_report r = {.mono_ms = (v->at_s - t->w->from_s) * 1000};

	if (t->w->devices[v->device].source == DEMO_TAG)
		fill_tag(t, v, &r);
	else
		fill_meter(t, v, &r);
	uplink_put_report(&t->reports, &r);
	t->n_reports++;
	if (t->n_reports < UPLINK_MAX_REPORTS && t->reports.len < UPLINK_MAX_BYTES - 1024)
		return OK;
	return close_batch(t, v->at_s);
}

/* 16 hex digits, a gateway's own: the same for the same world. */
static bool name_spool(struct telling *t, int gateway)
{
	struct demo_random r = demo_random(t->w->seed, "spool", gateway);

	return str_format(t->envelope.epoch, sizeof t->envelope.epoch, "%016llx",
			  (unsigned long long)demo_next(&r)) &&
	       uplink_topic_make(t->e->gateway, "up", t->topic, sizeof t->topic);
}

enum err demo_history_tell(struct ingest *in, const struct demo_world *w, int gateway,
			   const struct enrolment *e, int64_t *reports)
{
	struct telling *t = xcalloc(1, sizeof *t);
	struct events v = {0};
	enum err err = OK;

	*t = (struct telling){.in = in, .w = w, .e = e, .random = demo_random(w->seed, "radio", gateway)};
	if (gateway == DEMO_AWAY_GATEWAY) {
		t->away_until_s = w->until_s - DEMO_AWAY_BACK_DAYS * (int64_t)86400;
		t->away_from_s = t->away_until_s - DEMO_AWAY_DAYS * (int64_t)86400;
	}
	if (!name_spool(t, gateway))
		err = ERR_LENGTH;
	for (int d = 0; d < DEMO_DEVICES; d++) {
		begin_counting(t, d);
		if (w->devices[d].gateway == gateway)
			add_device(&v, w, d);
	}
	if (v.n)
		qsort(v.list, v.n, sizeof *v.list, by_time);
	for (size_t i = 0; !err && i < v.n; i++)
		err = tell_event(t, &v.list[i]);
	if (!err && v.n)
		err = close_batch(t, v.list[v.n - 1].at_s);
	if (!err)
		err = hand_over(t);
	*reports += err ? 0 : (int64_t)v.n;
	json_out_free(&t->reports);
	free(v.list);
	free(t);
	return err;
}
