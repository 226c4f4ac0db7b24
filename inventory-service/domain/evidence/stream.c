/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Judging. For each frame that opened under the device's key (a meter's numbers came under the gateway's
 * mac):
 *
 *   its epoch is new           → accepted: only the key's owner can say so
 *   its counter is the highest → it counts, unless it grew faster than time (quarantine)
 *   a counter seen before      → a copy: presence only; other bytes under one counter are a clone, and so is
 *                                more use under a lower counter
 *   lower, heard before        → late, as is the end of a past epoch: places and covers; what it adds must
 *                                have had time, too
 *   lower, heard long after    → a clone or a delayed replay: nothing moves, attention; twice in an hour:
 * quarantine
 *
 * While a gateway's clock is not known yet, what looks wrong is only kept as pending; the settling judges it
 * again. Sources without a frame counter (meters, clear tags) are ordered by the counter of use itself.
 */
#include "inventory-service/domain/evidence/stream.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"
#include "inventory-service/domain/evidence/attention.h"
#include "inventory-service/domain/evidence/horizon.h"
#include "inventory-service/domain/evidence/replay_rules.h"

#define BUCKETS 4096u
#define MAX_STREAMS 20000u  /* beyond, the cache starts anew */
#define MAX_STRANGERS 1000u /* beyond, these are forgotten: random addresses must not fill the memory */
#define REPORT_INTERVAL_S 60

struct streams {
	const struct secret *secret;
	int64_t hold_ms;
	size_t n, n_strangers;
	struct stream *buckets[BUCKETS];
	struct stream *dirty;
	struct slices slices;
};

struct streams *streams_open(const struct secret *secret, int64_t presence_hold_ms)
{
	struct streams *s = xcalloc(1, sizeof *s);

	s->secret = secret;
	s->hold_ms = presence_hold_ms;
	return s;
}

void streams_forget(struct streams *s)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (s->buckets[i]) {
			struct stream *st = s->buckets[i];

			s->buckets[i] = st->next;
			nvt_aes128_fini(&st->aes);
			free(st);
		}
	}
	s->n = s->n_strangers = 0;
	s->dirty = NULL;
	slices_forget(&s->slices);
}

void streams_close(struct streams *s)
{
	if (!s)
		return;
	streams_forget(s);
	slices_fini(&s->slices);
	free(s);
}

/* ---- loading
 * ----------------------------------------------------------------------------------------------- */

static enum err unseal_key(const struct streams *s, struct stream *st, const uint8_t *sealed, size_t len)
{
	uint8_t key[NVT_AES_KEY];

	if (!len)
		return OK;
	if (!secret_unseal(s->secret, "device.key", sealed, len, key, sizeof key)) {
		log_err("stream: the key of device %lld does not open: is secret.key the right one?",
			(long long)st->id);
		return ERR_STORAGE;
	}
	nvt_aes128_init(&st->aes, key);
	sodium_memzero(key, sizeof key);
	st->has_key = true;
	return OK;
}

static void take_row(struct query *q, struct stream *st, uint8_t *sealed, size_t size, size_t *sealed_len)
{
	st->id = get_i64(q);
	get_blob(q, sealed, size, sealed_len);
	st->epoch_no = get_i64(q);
	st->reset_allowed = get_i64(q);
	st->growth_allowed = get_i64(q);
	st->quarantined_ms = get_i64(q);
	st->suspect_ms = get_i64(q);
	get_text(q, st->state, sizeof st->state);
	(void)get_opt(q, &st->battery_pct); /* NULL leaves "not said", here and below */
	(void)get_opt(q, &st->voltage_mv);
	get_text(q, st->firmware, sizeof st->firmware);
	(void)get_opt(q, &st->energy_wh);
	(void)get_opt(q, &st->power_mw);
	st->heard_ms = get_i64(q);
	st->heard_gateway_id = get_id(q);
	st->presence.seen_place_id = get_id(q);
	st->presence.seen_since_ms = get_i64(q);
	st->presence.candidate_place_id = get_id(q);
	st->presence.candidate_since_ms = get_i64(q);
	st->presence.best_rssi_dbm = get_i64(q);
	st->presence.best_ms = get_i64(q);
}

static struct stream_seldom seldom_of(const struct stream *st)
{
	const struct presence *p = &st->presence;
	struct stream_seldom v = {.epoch_no = st->epoch_no,
				  .reset_allowed = st->reset_allowed,
				  .growth_allowed = st->growth_allowed,
				  .quarantined_ms = st->quarantined_ms,
				  .suspect_ms = st->suspect_ms,
				  .heard_gateway_id = st->heard_gateway_id,
				  .seen_place_id = p->seen_place_id,
				  .seen_since_ms = p->seen_since_ms,
				  .candidate_place_id = p->candidate_place_id,
				  .candidate_since_ms = p->candidate_since_ms};

	_Static_assert(sizeof v == 10 * sizeof(int64_t) + sizeof v.state + sizeof v.firmware, "no padding");
	memcpy(v.state, st->state, strlen(st->state));
	memcpy(v.firmware, st->firmware, strlen(st->firmware));
	return v;
}

#define DEVICE_COLUMNS                                                                                       \
	"id, key, epoch_no, reset_allowed, growth_allowed, quarantined_ms, suspect_ms, state, battery_pct, " \
	"voltage_mv, firmware, energy_wh, power_mw, heard_ms, heard_gateway_id, seen_place_id, "             \
	"seen_since_ms, "                                                                                    \
	"candidate_place_id, candidate_since_ms, best_rssi_dbm, best_rssi_ms"

static enum err load_epoch(struct db *db, struct stream *st)
{
	struct query q = db_query(db, "SELECT no, epoch, counter_max, counter_max_ms, first_ms, last_ms "
				      "FROM counter_epoch WHERE device_id = $1 AND no = $2");

	put_i64(&q, st->id);
	put_i64(&q, st->epoch_no);
	while (db_next(&q)) {
		st->epoch.no = get_i64(&q);
		st->epoch.epoch = get_i64(&q);
		st->epoch.counter_max = get_i64(&q);
		st->epoch.counter_max_ms = get_i64(&q);
		st->epoch.first_ms = get_i64(&q);
		st->epoch.last_ms = get_i64(&q);
	}
	return db_end(&q);
}

static void forget_recent(struct stream *st)
{
	for (int i = 0; i < STREAM_RECENT; i++)
		st->recent[i].counter = -1;
}

/* q is bound and not stepped yet. */
static enum err load(struct streams *s, struct db *db, struct query q, struct stream *st)
{
	uint8_t sealed[SECRET_SEALED_LEN(NVT_AES_KEY)];
	size_t sealed_len = 0;
	enum err err;

	st->battery_pct = st->voltage_mv = st->energy_wh = -1;
	st->power_mw = INT64_MIN;
	forget_recent(st);
	while (db_next(&q))
		take_row(&q, st, sealed, sizeof sealed, &sealed_len);
	if ((err = db_end(&q)) || !st->id)
		return err;
	st->stored = seldom_of(st);
	if ((err = unseal_key(s, st, sealed, sealed_len)) || (err = load_epoch(db, st)))
		return err;
	return chain_load(db, st->id, st->epoch_no, &st->chain);
}

static struct stream **bucket_of(struct streams *s, uint64_t key)
{
	return &s->buckets[(key * 0x9e3779b97f4a7c15u) >> 52 & (BUCKETS - 1)];
}

static struct stream *known(struct streams *s, uint64_t key)
{
	for (struct stream *st = *bucket_of(s, key); st; st = st->next)
		if (st->key == key)
			return st;
	return NULL;
}

/* Nobody holds on to them, and nothing of theirs is dirty. */
static void forget_strangers(struct streams *s)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct stream **at = &s->buckets[i]; *at;) {
			struct stream *st = *at;

			if (st->id) {
				at = &st->next;
				continue;
			}
			*at = st->next;
			free(st);
			s->n--;
		}
	}
	s->n_strangers = 0;
}

static enum err keep(struct streams *s, struct db *db, struct query q, uint64_t key, bool is_meter,
		     struct stream **out)
{
	struct stream *st = xcalloc(1, sizeof *st);
	struct stream **bucket;
	enum err err;

	st->key = key;
	st->is_meter = is_meter;
	if ((err = load(s, db, q, st))) {
		free(st);
		return err;
	}
	if (s->n_strangers >= MAX_STRANGERS)
		forget_strangers(s);
	bucket = bucket_of(s, key);
	st->next = *bucket;
	*bucket = st;
	s->n++;
	s->n_strangers += !st->id;
	*out = st;
	return OK;
}

enum err streams_tag(struct streams *s, struct db *db, uint64_t address, struct stream **out)
{
	uint8_t bytes[6];
	char text[13];
	struct query q;

	if ((*out = known(s, address)))
		return OK;
	if (s->n >= MAX_STREAMS && !s->dirty)
		streams_forget(s);
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(address >> (40 - 8 * i));
	hex_encode(bytes, sizeof bytes, text);
	q = db_query(db,
		     "SELECT " DEVICE_COLUMNS " FROM device WHERE address = $1 AND kind IN ('ble', 'ruuvi')");
	put_text(&q, text);
	return keep(s, db, q, address, false, out);
}

static uint64_t meter_key(int64_t gateway_id, const char *name)
{
	uint8_t hash[crypto_shorthash_BYTES];
	static const uint8_t zero[crypto_shorthash_KEYBYTES];
	uint64_t key;

	/* Names are given by gateways we enrolled; two that collide would only share a cache line's fate
	 * below. */
	crypto_shorthash(hash, (const unsigned char *)name, strlen(name), zero);
	memcpy(&key, hash, sizeof key);
	key ^= (uint64_t)gateway_id * 0xd6e8feb86659fd93u;
	return key | (uint64_t)1 << 63; /* never an address, which has 48 bits */
}

enum err streams_meter(struct streams *s, struct db *db, int64_t gateway_id, const char *name,
		       struct stream **out)
{
	uint64_t key = meter_key(gateway_id, name);
	struct query q;

	if ((*out = known(s, key)))
		return OK;
	q = db_query(db, "SELECT " DEVICE_COLUMNS " FROM device WHERE gateway_id = $1 AND name = $2");
	put_i64(&q, gateway_id);
	put_text(&q, name);
	return keep(s, db, q, key, true, out);
}

enum err streams_by_id(struct streams *s, struct db *db, int64_t device_id, struct stream **out)
{
	struct query q =
		db_query(db, "SELECT kind = 'meter', address, gateway_id, name FROM device WHERE id = $1");
	char address[17] = "", name[65] = "";
	int64_t gateway_id = 0;
	bool is_meter = false, found = false;
	enum err err;

	put_i64(&q, device_id);
	while (db_next(&q)) {
		found = true;
		is_meter = get_i64(&q);
		get_text(&q, address, sizeof address);
		gateway_id = get_id(&q);
		get_text(&q, name, sizeof name);
	}
	if ((err = db_end(&q)))
		return err;
	if (!found)
		return ERR_NOT_FOUND;
	return is_meter ? streams_meter(s, db, gateway_id, name, out)
			: streams_tag(s, db, strtoull(address, NULL, 16), out);
}

static void touch(struct streams *s, struct stream *st)
{
	if (st->is_dirty)
		return;
	st->is_dirty = true;
	st->next_dirty = s->dirty;
	s->dirty = st;
}

/* ---- epochs
 * ------------------------------------------------------------------------------------------------ */

static enum err store_epoch(struct db *db, const struct stream *st, struct stream_epoch *e)
{
	struct query q =
		db_query(db, "INSERT INTO counter_epoch (device_id, no, epoch, counter_max, counter_max_ms, "
			     "first_ms, last_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) "
			     "ON CONFLICT (device_id, no) DO UPDATE SET counter_max = excluded.counter_max, "
			     "counter_max_ms = excluded.counter_max_ms, first_ms = excluded.first_ms, "
			     "last_ms = excluded.last_ms");

	put_i64(&q, st->id);
	put_i64(&q, e->no);
	put_i64(&q, e->epoch);
	put_i64(&q, e->counter_max);
	put_i64(&q, e->counter_max_ms);
	put_i64(&q, e->first_ms);
	put_i64(&q, e->last_ms);
	e->is_dirty = false;
	return db_run(&q);
}

/* The newest epoch of that name; e->no stays 0 where there is none. */
static enum err find_epoch(struct db *db, const struct stream *st, int64_t epoch, struct stream_epoch *e)
{
	struct query q;

	if (st->epoch.no && st->epoch.epoch == epoch) {
		*e = st->epoch;
		return OK;
	}
	q = db_query(db,
		     "SELECT no, epoch, counter_max, counter_max_ms, first_ms, last_ms FROM counter_epoch "
		     "WHERE device_id = $1 AND epoch = $2 ORDER BY no DESC LIMIT 1");
	put_i64(&q, st->id);
	put_i64(&q, epoch);
	while (db_next(&q)) {
		e->no = get_i64(&q);
		e->epoch = get_i64(&q);
		e->counter_max = get_i64(&q);
		e->counter_max_ms = get_i64(&q);
		e->first_ms = get_i64(&q);
		e->last_ms = get_i64(&q);
	}
	return db_end(&q);
}

static enum err next_epoch_start(struct db *db, const struct stream *st, int64_t no,
				 struct replay_facts *facts)
{
	struct query q;

	if (no == st->epoch_no)
		return OK; /* the newest: nothing came after */
	q = db_query(db, "SELECT min(first_ms) FROM counter_epoch WHERE device_id = $1 AND no > $2");
	put_i64(&q, st->id);
	put_i64(&q, no);
	while (db_next(&q))
		facts->has_later_epoch = get_opt(&q, &facts->later_epoch_ms);
	return db_end(&q);
}

static enum err begin_epoch(struct db *db, struct stream *st, int64_t epoch, const struct observation *o,
			    struct stream_epoch *e)
{
	enum err err;

	if (st->epoch.is_dirty && (err = store_epoch(db, st, &st->epoch)))
		return err;
	if ((err = chain_flush(db, &st->chain)))
		return err;
	*e = (struct stream_epoch){.no = st->epoch_no + 1,
				   .epoch = epoch,
				   .counter_max = o->counter,
				   .counter_max_ms = o->heard_ms,
				   .first_ms = o->heard_ms,
				   .last_ms = o->heard_ms};
	/* It came after another but was heard before it: whose head counts must be said anew. */
	if (st->epoch.no && o->heard_ms < st->epoch.last_ms)
		st->needs_rebuild = true;
	st->epoch_no = e->no;
	st->epoch = *e;
	forget_recent(st);
	return store_epoch(db, st, &st->epoch);
}

/* An accepted frame moves its epoch's span and highest counter. */
static enum err extend_epoch(struct db *db, struct stream *st, struct stream_epoch *e,
			     const struct observation *o)
{
	if (o->counter > e->counter_max) {
		e->counter_max = o->counter;
		e->counter_max_ms = o->heard_ms;
	} else if (o->counter == e->counter_max && o->heard_ms < e->counter_max_ms) {
		e->counter_max_ms = o->heard_ms;
	}
	e->first_ms = o->heard_ms < e->first_ms ? o->heard_ms : e->first_ms;
	e->last_ms = o->heard_ms > e->last_ms ? o->heard_ms : e->last_ms;
	if (e->no != st->epoch_no) {
		st->needs_rebuild = true; /* rare: a past epoch grew late */
		return store_epoch(db, st, e);
	}
	e->is_dirty = true;
	st->epoch = *e;
	return OK;
}

/* ---- judging
 * ----------------------------------------------------------------------------------------------- */

static uint32_t mic_of(const struct observation *o)
{
	uint32_t mic = 0;

	if (o->data_len >= sizeof mic)
		memcpy(&mic, o->data + o->data_len - sizeof mic, sizeof mic);
	return mic;
}

enum seen { SEEN_NEVER, SEEN_SAME, SEEN_OTHER };

static enum err was_seen(struct db *db, const struct stream *st, const struct observation *o,
			 int64_t epoch_no, enum seen *out)
{
	size_t slot = (size_t)(o->counter & (STREAM_RECENT - 1));
	uint8_t data[256];
	size_t len;
	struct query q;

	*out = SEEN_NEVER;
	if (st->recent[slot].counter == o->counter && st->epoch_no == epoch_no) {
		*out = st->recent[slot].mic == mic_of(o) ? SEEN_SAME : SEEN_OTHER;
		return OK;
	}
	q = db_query(db, "SELECT data FROM report WHERE device_id = $1 AND counter = $2 AND epoch_no = $3 "
			 "AND verdict IN (1, 2) LIMIT 1");
	put_i64(&q, st->id);
	put_i64(&q, o->counter);
	put_i64(&q, epoch_no);
	while (db_next(&q)) {
		get_blob(&q, data, sizeof data, &len);
		*out = len == o->data_len && memcmp(data, o->data, len) == 0 ? SEEN_SAME : SEEN_OTHER;
	}
	return db_end(&q);
}

static void remember(struct stream *st, const struct observation *o)
{
	size_t slot = (size_t)(o->counter & (STREAM_RECENT - 1));

	if (!o->has_counter)
		return;
	st->recent[slot].counter = o->counter;
	st->recent[slot].mic = mic_of(o);
}

static const char *object_of(const struct stream *st)
{
	return st->is_meter ? "meter" : "tag";
}

static enum err quarantine(struct db *db, struct stream *st, const struct stream_context *c, const char *code,
			   const char *detail)
{
	st->quarantined_ms = c->now_ms;
	return attention_raise(db, c->now_ms, code, object_of(st), st->id, detail);
}

/* Nothing moves; a second one within the hour means that somebody goes on: quarantine. */
static enum err suspect(struct db *db, struct stream *st, const struct observation *o,
			const struct stream_context *c, enum verdict *verdict)
{
	bool again = st->suspect_ms && o->heard_ms - st->suspect_ms < REPLAY_SUSPECT_WINDOW_MS;

	if (!c->clock_is_known) {
		*verdict = VERDICT_PENDING;
		return OK;
	}
	*verdict = VERDICT_CLONE;
	st->suspect_ms = o->heard_ms;
	if (again && !st->quarantined_ms)
		st->quarantined_ms = c->now_ms;
	return attention_raise(db, c->now_ms, o->has_counter ? "tag.clone" : "meter.regressed", object_of(st),
			       st->id,
			       again ? "counter below the highest again within an hour: quarantined"
				     : "counter below the highest, heard after it: clone or delayed replay");
}

/* What o adds its seconds to: the highest reading of its epoch; for a new epoch, which counts from 0, the
 * newest of all, unless o was heard before that one. epoch_no 0: nothing. */
static enum err reading_before(struct db *db, const struct stream *st, const struct stream_epoch *e,
			       const struct observation *o, struct chain_reading *out)
{
	*out = st->chain.tail;
	if (!e->no && o->heard_ms + REPLAY_TOLERANCE_MS < out->last_ms)
		out->epoch_no = 0;
	return e->no && out->epoch_no > e->no ? chain_highest(db, st->id, e->no, out) : OK;
}

static enum err plausible(struct db *db, struct stream *st, const struct stream_epoch *e,
			  const struct observation *o, const struct stream_context *c, enum verdict *verdict)
{
	struct chain_reading before;
	int64_t growth_s;
	enum err err;

	if (!o->has_use)
		return OK;
	if ((err = reading_before(db, st, e, o, &before)) || !before.epoch_no)
		return err;
	growth_s = before.epoch_no == e->no ? o->active_s - before.active_s : o->active_s;
	if (growth_s <= replay_growth_limit_s(o->heard_ms - before.last_ms, REPORT_INTERVAL_S))
		return OK;
	if (st->growth_allowed) {
		st->growth_allowed = false;
		return OK;
	}
	if (!c->clock_is_known) {
		*verdict = VERDICT_PENDING;
		return OK;
	}
	*verdict = VERDICT_IMPLAUSIBLE;
	return quarantine(db, st, c, st->is_meter ? "meter.implausible" : "tag.implausible",
			  "the counter of use grew faster than time: kept raw until a person releases it");
}

/* A source whose epoch has no name (a third-party tag): may it start anew? */
static enum err restart(struct db *db, struct stream *st, const struct stream_context *c,
			enum verdict *verdict)
{
	if (!c->clock_is_known) {
		*verdict = VERDICT_PENDING;
		return OK;
	}
	*verdict = VERDICT_RESTARTED;
	return attention_raise(
		db, c->now_ms, "tag.counter_restarted", object_of(st), st->id,
		"the counter restarted without a new epoch: a changed battery needs counter-reset");
}

/* Has a frame with a higher counter used less? A tag loses a little in a power cut; more than that is another
 * tag under the same key. */
static enum err is_contradicted(struct db *db, const struct stream *st, const struct stream_epoch *e,
				const struct observation *o, bool *out)
{
	struct query q = db_query(db, "SELECT active_s FROM report WHERE device_id = $1 AND counter > $2 "
				      "AND epoch_no = $3 AND verdict IN (1, 2) AND active_s IS NOT NULL "
				      "ORDER BY counter LIMIT 1");

	*out = false;
	put_i64(&q, st->id);
	put_i64(&q, o->counter);
	put_i64(&q, e->no);
	while (db_next(&q))
		*out = o->active_s > get_i64(&q) + REPLAY_LOST_S;
	return db_end(&q);
}

static enum err judge_older(struct db *db, struct stream *st, const struct stream_epoch *e,
			    const struct observation *o, const struct stream_context *c, enum replay replay,
			    enum verdict *verdict)
{
	enum seen seen = SEEN_NEVER;
	bool is_other = false;
	enum err err;

	if (o->has_counter && (err = was_seen(db, st, o, e->no, &seen)))
		return err;
	if (o->has_counter && o->has_use && seen == SEEN_NEVER &&
	    (err = is_contradicted(db, st, e, o, &is_other)))
		return err;
	if (seen == SEEN_SAME) {
		*verdict = VERDICT_COPY;
		return OK;
	}
	if (seen == SEEN_OTHER || is_other || replay == REPLAY_SUSPECT) {
		if (o->epoch == OBSERVATION_NO_EPOCH && o->has_counter && seen == SEEN_NEVER)
			return restart(db, st, c, verdict);
		return suspect(db, st, o, c, verdict);
	}
	/* A counter of use that stands still is heard again and again: that is its newest reading, heard
	 * later. */
	*verdict = replay == REPLAY_SAME && !o->has_counter ? VERDICT_COUNTED : VERDICT_LATE;
	return plausible(db, st, e, o, c, verdict);
}

static enum err judge(struct db *db, struct stream *st, struct stream_epoch *e, const struct observation *o,
		      const struct stream_context *c, enum verdict *verdict)
{
	struct replay_facts facts = {.known_epoch = e->no != 0,
				     .counter_max = e->counter_max,
				     .counter_max_ms = e->counter_max_ms};
	enum replay replay;
	enum err err;

	if (e->no && (err = next_epoch_start(db, st, e->no, &facts)))
		return err;
	replay = replay_judge(&facts, o->counter, o->heard_ms);
	if (replay != REPLAY_NEWER)
		return judge_older(db, st, e, o, c, replay, verdict);
	*verdict = e->no && e->no < st->epoch_no ? VERDICT_LATE : VERDICT_COUNTED; /* of a past epoch: late */
	return plausible(db, st, e, o, c, verdict);
}

/* ---- taking in
 * --------------------------------------------------------------------------------------------- */

static void hear(struct streams *s, struct stream *st, const struct observation *o,
		 const struct stream_context *c)
{
	const struct chain_binding *b = chain_bound_now(&st->chain);
	struct sighting sighting = {
		.place_id = c->place_id, .rssi_dbm = o->rssi_dbm, .heard_ms = o->heard_ms};

	if (o->heard_ms < st->heard_ms - PRESENCE_WINDOW_MS)
		return; /* news from the past changes no present state */
	if (o->heard_ms >= st->heard_ms) {
		st->heard_ms = o->heard_ms;
		st->heard_gateway_id = c->gateway_id;
		st->told |= TOLD_LIVE;
	}
	if (presence_heard(&st->presence, &sighting, b ? b->home_place_id : 0, s->hold_ms)) {
		st->told |= TOLD_OBSERVED;
		st->tell_at_once = true;
	}
}

static void listen(struct stream *st, const struct observation *o)
{
	if (o->heard_ms < st->heard_ms)
		return;
	st->told |= TOLD_LIVE;
	if (o->state && strcmp(o->state, st->state) != 0 && str_copy(st->state, sizeof st->state, o->state))
		st->tell_at_once = true;
	if (o->battery_pct >= 0)
		st->battery_pct = o->battery_pct;
	if (o->voltage_mv >= 0)
		st->voltage_mv = o->voltage_mv;
	if (o->energy_wh >= 0)
		st->energy_wh = o->energy_wh;
	if (o->power_mw != INT64_MIN)
		st->power_mw = o->power_mw;
	if (o->firmware[0])
		memcpy(st->firmware, o->firmware, sizeof st->firmware);
}

static enum err accept(struct streams *s, struct db *db, struct stream *st, struct stream_epoch *e,
		       const struct observation *o)
{
	uint64_t n_added = s->slices.n_added;
	bool is_new = !e->no;
	enum err err;

	if ((err = is_new ? begin_epoch(db, st, o->epoch, o, e) : extend_epoch(db, st, e, o)))
		return err;
	remember(st, o);
	if (!o->has_use)
		return OK;
	err = chain_add(db, &st->chain, &s->slices, e->no, o->active_s, o->heard_ms);
	if (s->slices.n_added != n_added)
		st->told |= TOLD_LIVE | TOLD_USAGE;
	return err;
}

static enum err apply_authentic(struct streams *s, struct db *db, struct stream *st,
				const struct observation *o, const struct stream_context *c,
				enum verdict *verdict, int64_t *epoch_no)
{
	struct stream_epoch e = {0};
	enum err err;

	if (st->quarantined_ms) {
		*verdict = VERDICT_QUARANTINED;
		return OK;
	}
	if ((err = find_epoch(db, st, o->epoch, &e)))
		return err;
	if (st->reset_allowed && e.no && o->epoch == OBSERVATION_NO_EPOCH && o->counter < e.counter_max) {
		st->reset_allowed = false;
		memset(&e, 0, sizeof e); /* a new life of the same tag */
	}
	if ((err = judge(db, st, &e, o, c, verdict)))
		return err;
	if (*verdict == VERDICT_COUNTED || *verdict == VERDICT_LATE) {
		if ((err = accept(s, db, st, &e, o)))
			return err;
		if (*verdict == VERDICT_COUNTED) /* what is late was true before what is known */
			listen(st, o);
	}
	/* A copy heard long after the newest frame is a replay: it says nothing of where the thing is. */
	if (*verdict == VERDICT_COUNTED || *verdict == VERDICT_LATE ||
	    (*verdict == VERDICT_COPY && o->heard_ms <= e.counter_max_ms + REPLAY_TOLERANCE_MS))
		hear(s, st, o, c);
	*epoch_no = *verdict == VERDICT_PENDING && !e.no ? 0 : e.no;
	return OK;
}

enum err stream_apply(struct streams *s, struct db *db, struct stream *st, const struct observation *o,
		      const struct stream_context *c, enum verdict *verdict, int64_t *epoch_no)
{
	struct observation by_use;

	*verdict = o->verdict;
	*epoch_no = 0;
	touch(s, st);
	switch ((int)o->verdict) {
	case 0:
		break;
	case VERDICT_BAD_MIC:
		return attention_raise(
			db, c->now_ms, "tag.bad_mic", "tag", st->id,
			"a frame that does not open under the tag's key: forged, or the wrong key");
	case VERDICT_DOWNGRADE:
		return attention_raise(db, c->now_ms, o->problem ? "tag.problem" : "tag.downgrade", "tag",
				       st->id,
				       o->problem ? "a clear frame says that the tag has a problem"
						  : "a clear frame under the address of a tag with a key");
	case VERDICT_SIGHTING:
		listen(st, o);
		hear(s, st, o, c);
		return OK;
	default:
		return OK;
	}
	if (o->has_counter)
		return apply_authentic(s, db, st, o, c, verdict, epoch_no);
	by_use = *o; /* ordered by the counter of use itself */
	by_use.counter = o->active_s;
	return apply_authentic(s, db, st, &by_use, c, verdict, epoch_no);
}

/* ---- writing
 * ----------------------------------------------------------------------------------------------- */

/* What nearly every frame changes. */
static enum err store_often(struct db *db, const struct stream *st)
{
	struct query q = db_query(db, "UPDATE device SET battery_pct = $1, voltage_mv = $2, energy_wh = $3, "
				      "power_mw = $4, heard_ms = $5, best_rssi_dbm = $6, best_rssi_ms = $7 "
				      "WHERE id = $8");

	put_opt(&q, st->battery_pct >= 0, st->battery_pct);
	put_opt(&q, st->voltage_mv >= 0, st->voltage_mv);
	put_opt(&q, st->energy_wh >= 0, st->energy_wh);
	put_opt(&q, st->power_mw != INT64_MIN, st->power_mw);
	put_id(&q, st->heard_ms);
	put_opt(&q, st->presence.best_ms != 0, st->presence.best_rssi_dbm);
	put_id(&q, st->presence.best_ms);
	put_i64(&q, st->id);
	return db_run(&q);
}

static enum err store_seldom(struct db *db, int64_t id, const struct stream_seldom *v)
{
	struct query q = db_query(
		db, "UPDATE device SET epoch_no = $1, reset_allowed = $2, growth_allowed = $3, "
		    "quarantined_ms = $4, suspect_ms = $5, state = $6, firmware = $7, heard_gateway_id = $8, "
		    "seen_place_id = $9, seen_since_ms = $10, candidate_place_id = $11, "
		    "candidate_since_ms = $12 WHERE id = $13");

	put_i64(&q, v->epoch_no);
	put_i64(&q, v->reset_allowed);
	put_i64(&q, v->growth_allowed);
	put_id(&q, v->quarantined_ms);
	put_id(&q, v->suspect_ms);
	put_text(&q, v->state);
	put_text(&q, v->firmware[0] ? v->firmware : NULL);
	put_id(&q, v->heard_gateway_id);
	put_id(&q, v->seen_place_id);
	put_id(&q, v->seen_since_ms);
	put_id(&q, v->candidate_place_id);
	put_id(&q, v->candidate_since_ms);
	put_i64(&q, id);
	return db_run(&q);
}

static enum err store(struct db *db, struct stream *st)
{
	struct stream_seldom now = seldom_of(st);
	enum err err = OK;

	if (memcmp(&now, &st->stored, sizeof now) != 0)
		err = store_seldom(db, st->id, &now);
	st->stored = now; /* a failed transaction forgets the stream */
	return err ? err : store_often(db, st);
}

static enum err flush_one(struct streams *s, struct db *db, struct stream *st)
{
	enum err err;

	if ((err = chain_flush(db, &st->chain)))
		return err;
	if (st->epoch.is_dirty && (err = store_epoch(db, st, &st->epoch)))
		return err;
	if (st->needs_rebuild && (err = stream_rebuild(s, db, st)))
		return err;
	return store(db, st);
}

enum err streams_flush(struct streams *s, struct db *db, streams_changed *changed, void *context)
{
	const struct chain_binding *b;
	enum err err;

	for (struct stream *st = s->dirty; st; st = s->dirty) {
		if (st->id && (err = flush_one(s, db, st)))
			return err;
		if (st->id && st->told && (b = chain_bound_now(&st->chain)))
			changed(context, b->item_id, st->told, st->tell_at_once);
		st->is_dirty = st->tell_at_once = false;
		st->told = 0;
		s->dirty = st->next_dirty;
	}
	return slices_flush(&s->slices, db);
}

/* ---- rebuilding
 * -------------------------------------------------------------------------------------------- */

static enum err rebuild_epoch(struct db *db, const struct stream *st, const struct stream_epoch *e,
			      int64_t horizon_ms)
{
	struct query q = db_query(
		db, "UPDATE counter_epoch SET "
		    "first_ms = min($1, CASE WHEN first_ms < $2 THEN first_ms ELSE $3 END), "
		    "last_ms = max($4, CASE WHEN last_ms < $5 THEN last_ms ELSE $6 END), "
		    "counter_max = $7, counter_max_ms = coalesce((SELECT min(heard_ms) FROM report "
		    "WHERE device_id = $8 AND counter = $9 AND epoch_no = $10 AND verdict IN (1, 2)), $11) "
		    "WHERE device_id = $12 AND no = $13 "
		    "AND NOT (counter_max_ms < $14 AND counter_max > $15)");

	put_i64(&q, e->first_ms);
	put_i64(&q, horizon_ms);
	put_i64(&q, e->first_ms);
	put_i64(&q, e->last_ms);
	put_i64(&q, horizon_ms);
	put_i64(&q, e->last_ms);
	put_i64(&q, e->counter_max);
	put_i64(&q, st->id);
	put_i64(&q, e->counter_max);
	put_i64(&q, e->no);
	put_i64(&q, e->last_ms);
	put_i64(&q, st->id);
	put_i64(&q, e->no);
	put_i64(&q, horizon_ms);
	put_i64(&q, e->counter_max);
	return db_run(&q);
}

/* Spans and highest counters from the accepted reports; what was said before the horizon stays said. */
static enum err rebuild_epochs(struct db *db, const struct stream *st)
{
	/* In SQLite a bare column beside max() is that of the row with the maximum; standard SQL needs the
	 * join. */
	struct query q =
		db_query(db, "SELECT epoch_no, max(counter), min(heard_ms), max(heard_ms) FROM report "
			     "WHERE device_id = $1 AND verdict IN (1, 2) AND epoch_no IS NOT NULL "
			     "GROUP BY epoch_no");
	int64_t horizon_ms;
	enum err err = horizon_read(db, &horizon_ms), end;

	put_i64(&q, st->id);
	while (!err && db_next(&q)) {
		struct stream_epoch e = {.no = get_i64(&q)};

		e.counter_max = get_i64(&q);
		e.first_ms = get_i64(&q);
		e.last_ms = get_i64(&q);
		err = rebuild_epoch(db, st, &e, horizon_ms);
	}
	end = db_end(&q);
	return err ? err : end;
}

enum err stream_rebuild(struct streams *s, struct db *db, struct stream *st)
{
	enum err err;

	st->needs_rebuild = false;
	st->told |= TOLD_LIVE | TOLD_USAGE;
	if ((err = rebuild_epochs(db, st)) || (err = load_epoch(db, st)))
		return err;
	/* What this transaction has gathered for the device's bindings would be counted twice: write it
	 * first, so that the rebuild wipes it with the rest. */
	if ((err = slices_flush(&s->slices, db)))
		return err;
	return chain_rebuild(db, &st->chain, &s->slices);
}
