/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Announcements only put an item's number into a ring (one writer at a time, one reader, no lock: locks live
 * elsewhere); the door's thread reads the items that are due, a portion at a time on a read-only connection,
 * and publishes after the connection is given back. Of what was published a fingerprint is kept, so that only
 * what differs goes out again. A sweep over all items runs at each connection and every minute: it finds what
 * nobody announces (a tag that fell silent) and what a full ring lost.
 */
#include "inventory-service/outbox/displays.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "common/daemon/text.h"
#include "inventory-service/api/item_json.h"
#include "inventory-service/domain/stock/item.h"

#define RING 4096u /* a power of two */
#define PORTION 64
#define PORTION_MS 100
#define ITEM_MS 1000
#define SWEEP_MS 60000
#define ITEM_MAX 1000000 /* numbers beyond it are not shown */

struct slot {
	uint64_t print; /* of the state last published; 0: none */
	int64_t published_real_ms;
	bool is_due; /* its number stands in due */
};

struct displays {
	struct service *service;
	struct mqtt *mqtt;
	_Atomic int64_t ring[RING];
	atomic_uint put_at, taken_at;
	atomic_bool overflowed;

	struct slot *slots; /* by item number */
	size_t n_slots;
	int64_t *due;
	size_t n_due, cap_due;
	bool is_sweeping;
	int64_t swept_id; /* the last one of the running sweep */
	int64_t swept_real_ms;
	int64_t portion_real_ms;
};

/* ---- marking --------------------------------------------------------------------------------------- */

void displays_changed(struct displays *d, int64_t item_id)
{
	unsigned at = atomic_load_explicit(&d->put_at, memory_order_relaxed);

	if (at - atomic_load_explicit(&d->taken_at, memory_order_acquire) == RING) {
		atomic_store(&d->overflowed, true);
		return;
	}
	atomic_store_explicit(&d->ring[at % RING], item_id, memory_order_relaxed);
	atomic_store_explicit(&d->put_at, at + 1, memory_order_release);
}

static void listen(void *context, const struct service_announcement *a)
{
	if (strcmp(a->kind, "item") == 0)
		displays_changed(context, a->id);
}

static struct slot *slot_of(struct displays *d, int64_t id)
{
	size_t n = d->n_slots ? d->n_slots : 64;

	if (id < 0 || id > ITEM_MAX)
		return NULL;
	while (n <= (size_t)id)
		n *= 2;
	if (n > d->n_slots) {
		d->slots = xrealloc(d->slots, n * sizeof *d->slots);
		memset(d->slots + d->n_slots, 0, (n - d->n_slots) * sizeof *d->slots);
		d->n_slots = n;
	}
	return &d->slots[id];
}

static void mark(struct displays *d, int64_t id)
{
	struct slot *s = slot_of(d, id);

	if (!s || s->is_due)
		return;
	if (d->n_due == d->cap_due) {
		d->cap_due = d->cap_due ? 2 * d->cap_due : 64;
		d->due = xrealloc(d->due, d->cap_due * sizeof *d->due);
	}
	d->due[d->n_due++] = id;
	s->is_due = true;
}

static void drain(struct displays *d)
{
	unsigned at = atomic_load_explicit(&d->taken_at, memory_order_relaxed);

	while (at != atomic_load_explicit(&d->put_at, memory_order_acquire))
		mark(d, atomic_load_explicit(&d->ring[at++ % RING], memory_order_relaxed));
	atomic_store_explicit(&d->taken_at, at, memory_order_release);
}

static void sweep(struct displays *d, int64_t real_ms)
{
	d->is_sweeping = true;
	d->swept_id = 0;
	d->swept_real_ms = real_ms;
}

/* ---- reading and publishing ------------------------------------------------------------------------ */

struct portion {
	struct displays *displays;
	struct item_now now;
	size_t n;
	int64_t ids[PORTION];
	struct json_out states[PORTION];
};

static void add_state(struct portion *p, const struct item *v)
{
	struct json_out *o = &p->states[p->n];

	json_open_object(o, NULL);
	item_put_state(o, v);
	json_close_object(o);
	p->ids[p->n++] = v->id;
}

/* The items in p->ids, which become those that exist. */
static enum err read_due(struct db *db, void *context)
{
	struct portion *p = context;
	size_t n = p->n;
	struct item v;
	enum err err;

	p->n = 0;
	for (size_t i = 0; i < n; i++) {
		err = item_find(db, p->ids[i], &p->now, &v);
		if (err && err != ERR_NOT_FOUND)
			return err;
		if (!err)
			add_state(p, &v);
	}
	return OK;
}

static enum err read_swept(struct db *db, void *context)
{
	struct portion *p = context;
	struct item_filter all = {.after_id = p->displays->swept_id,
				  .limit = PORTION,
				  .family = "",
				  .state = "",
				  .code = "",
				  .q = ""};
	char pattern[200];
	struct query q = item_list(db, &all, &p->now, pattern);
	struct item v;

	p->n = 0;
	while (p->n < PORTION && item_next(&q, &p->now, &v))
		add_state(p, &v);
	return db_end(&q);
}

static uint64_t print_of(const struct json_out *state)
{
	static const uint8_t key[crypto_shorthash_KEYBYTES] = {0}; /* against chance, not against an enemy */
	uint8_t bytes[crypto_shorthash_BYTES];
	uint64_t print;

	crypto_shorthash(bytes, (const uint8_t *)state->bytes, state->len, key);
	memcpy(&print, bytes, sizeof print);
	return print ? print : 1;
}

/* False where the broker does not take it: its turn comes again. */
static bool publish(struct displays *d, int64_t id, const struct json_out *state, int64_t real_ms)
{
	struct slot *s = slot_of(d, id);
	uint64_t print = print_of(state);
	char topic[MQTT_MAX_TOPIC];
	struct mqtt_outgoing out = {
		.topic = topic, .payload = state->bytes, .len = state->len, .qos = 1, .retained = true};

	if (!s || s->print == print)
		return true;
	if (!str_format(topic, sizeof topic, "navette/v1/item/%lld/state", (long long)id) ||
	    !mqtt_publish(d->mqtt, &out))
		return false;
	s->print = print;
	s->published_real_ms = real_ms;
	return true;
}

static bool publish_all(struct displays *d, struct portion *p, int64_t real_ms)
{
	bool ok = true;

	for (size_t i = 0; i < p->n; i++) {
		if (!publish(d, p->ids[i], &p->states[i], real_ms)) {
			mark(d, p->ids[i]);
			ok = false;
		}
	}
	return ok;
}

/* Takes up to a portion of the items whose second is over. */
static void take_due(struct displays *d, struct portion *p, int64_t real_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_due; i++) {
		int64_t id = d->due[i];
		struct slot *s = &d->slots[id];

		if (p->n == PORTION || (s->print && real_ms - s->published_real_ms < ITEM_MS)) {
			d->due[kept++] = id;
			continue;
		}
		p->ids[p->n++] = id;
		s->is_due = false;
	}
	d->n_due = kept;
}

static void run_portion(struct displays *d, struct portion *p, int64_t real_ms)
{
	take_due(d, p, real_ms);
	if (p->n) {
		if (!service_read(d->service, read_due, p)) /* else the next sweep finds them */
			(void)publish_all(d, p, real_ms);
		return;
	}
	if (!d->is_sweeping || service_read(d->service, read_swept, p) || !publish_all(d, p, real_ms))
		return;
	if (p->n)
		d->swept_id = p->ids[p->n - 1];
	d->is_sweeping = p->n == PORTION;
}

/* ---- the door's calls ------------------------------------------------------------------------------ */

struct displays *displays_open(struct service *s, struct mqtt *mqtt)
{
	struct displays *d = xcalloc(1, sizeof *d);

	d->service = s;
	d->mqtt = mqtt;
	service_listen(s, listen, d);
	return d;
}

void displays_close(struct displays *d)
{
	if (!d)
		return;
	service_unlisten(d->service, d);
	free(d->slots);
	free(d->due);
	free(d);
}

void displays_connected(struct displays *d)
{
	for (size_t i = 0; i < d->n_slots; i++)
		d->slots[i].print = 0;
	sweep(d, clock_real_mono_ms());
}

void displays_poll(struct displays *d, int64_t now_ms)
{
	int64_t real_ms = clock_real_mono_ms();
	struct portion p = {.displays = d};

	drain(d);
	if (!mqtt_is_connected(d->mqtt) || real_ms - d->portion_real_ms < PORTION_MS)
		return;
	if (atomic_exchange(&d->overflowed, false) || real_ms - d->swept_real_ms > SWEEP_MS)
		sweep(d, real_ms);
	d->portion_real_ms = real_ms;
	p.now = (struct item_now){.now_ms = now_ms, .silent_s = service_setting(d->service)->silent_s};
	run_portion(d, &p, real_ms);
	for (size_t i = 0; i < PORTION; i++)
		json_out_free(&p.states[i]);
}
