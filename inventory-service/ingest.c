/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From a message to stored evidence and an acknowledgement. A group of messages is one transaction:
 *
 *   prepare  on a read-only connection, without the lock: the gateway's key, the MAC, the JSON, the tags'
 * frames apply    under the writer lock: for each (gateway, epoch) in order of seq: applied before? the next?
 * beyond? each report judged and stored; then the streams, the spools and the boots are written ack after the
 * COMMIT, by the caller: one cumulative acknowledgement for each gateway heard
 *
 * A failed transaction acknowledges nothing and forgets every cached state: the gateways offer it again. The
 * caches are also forgotten when another door has written (service_generation).
 */
#include "inventory-service/ingest.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/uplink.h"
#include "inventory-service/domain/evidence/attention.h"
#include "inventory-service/domain/evidence/boot.h"
#include "inventory-service/domain/evidence/placing_rules.h"
#include "inventory-service/domain/evidence/stream.h"
#include "inventory-service/feed.h"
#include "inventory-service/observe.h"
#include "inventory-service/settle.h"
#include "inventory-service/strangers.h"

#define MAX_CHANGED 4096
#define ANNOUNCE_MS 500 /* telemetry of one item, at most so often */

enum leaf { LEAF_OTHER, LEAF_UP, LEAF_STATUS, LEAF_STAT };

/* A message made ready: what the lock does not need to wait for. */
struct prepared {
	const struct ingest_message *message;
	char gw[UPLINK_GATEWAY_SIZE];
	enum leaf leaf;
	bool mac_ok;
	bool mac_is_old; /* under the key that a rotation is retiring */
	const char *bad; /* why a batch cannot be read */
	struct uplink_status status;
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t seq, oldest, boot, mono_ms, dropped;
	uint8_t hash[FEED_HASH];
	size_t first, n; /* of in->observations */
};

struct changed_item {
	int64_t id;
	unsigned told; /* enum told */
	bool at_once;
	int64_t told_real_ms; /* 0: not yet */
	bool waits;
};

struct ingest {
	struct service *service;
	struct streams *streams;
	struct feeds *feeds;
	struct strangers *strangers;
	uint64_t generation;
	uint64_t group;             /* rises with each group of messages */
	struct uplink_batch *batch; /* one, reused: it is large */
	struct prepared *prepared;
	size_t n_prepared, cap_prepared;
	struct observation *observations;
	size_t n_observations, cap_observations;
	struct arena arena;
	struct changed_item changed[MAX_CHANGED]; /* hashed by id; a full table tells at once */
	struct ingest_counters counters, before;
	/* the group's input, while it is worked on */
	const struct ingest_message *messages;
	size_t n_messages;
};

struct ingest *ingest_open(struct service *s)
{
	struct ingest *in = xcalloc(1, sizeof *in);

	in->service = s;
	in->streams = streams_open(service_secret(s), service_setting(s)->presence_hold_s * 1000);
	in->feeds = feeds_open(service_secret(s));
	in->strangers = strangers_alloc();
	in->batch = xcalloc(1, sizeof *in->batch);
	return in;
}

void ingest_close(struct ingest *in)
{
	if (!in)
		return;
	streams_close(in->streams);
	feeds_close(in->feeds);
	strangers_free(in->strangers);
	free(in->batch);
	free(in->prepared);
	free(in->observations);
	free(in->arena.bytes);
	free(in);
}

void ingest_counters(const struct ingest *in, struct ingest_counters *out)
{
	*out = in->counters;
}

static void forget(struct ingest *in)
{
	streams_forget(in->streams);
	feeds_forget(in->feeds);
}

static void refresh(struct ingest *in)
{
	uint64_t now = service_generation(in->service);

	if (now == in->generation)
		return;
	forget(in);
	in->generation = now;
}

/* ---- prepare
 * ----------------------------------------------------------------------------------------------- */

static enum leaf leaf_of(const char *leaf)
{
	if (strcmp(leaf, "up") == 0)
		return LEAF_UP;
	if (strcmp(leaf, "status") == 0)
		return LEAF_STATUS;
	return strcmp(leaf, "stat") == 0 ? LEAF_STAT : LEAF_OTHER;
}

static struct observation *next_observation(struct ingest *in)
{
	if (in->n_observations == in->cap_observations) {
		in->cap_observations = in->cap_observations ? in->cap_observations * 2 : 1024;
		in->observations =
			xrealloc(in->observations, in->cap_observations * sizeof *in->observations);
	}
	return &in->observations[in->n_observations++];
}

static enum err prepare_batch(struct ingest *in, struct db *db, const struct feed *g, struct prepared *p)
{
	const struct ingest_message *m = p->message;
	struct uplink_batch *b = in->batch;
	enum err err;

	crypto_generichash(p->hash, sizeof p->hash, (const unsigned char *)m->payload, m->len, NULL, 0);
	p->first = in->n_observations;
	b->seq = 0;
	if (!uplink_decode_batch(m->payload, m->len, b, &p->bad)) {
		p->seq = b->seq;
		if (!str_copy(p->epoch, sizeof p->epoch, b->seq ? b->epoch : ""))
			p->epoch[0] = '\0';
		return OK;
	}
	memcpy(p->epoch, b->epoch, sizeof p->epoch);
	p->seq = b->seq;
	p->oldest = b->oldest;
	p->boot = b->boot;
	p->mono_ms = b->mono_ms;
	p->dropped = b->dropped;
	for (size_t i = 0; i < b->n_reports; i++) {
		struct observation *o = next_observation(in);

		if ((err = observe_report(in->streams, db, g->id, &b->reports[i], &in->arena, o)))
			return err;
	}
	p->n = b->n_reports;
	return OK;
}

static enum err prepare(struct ingest *in, struct db *db, const struct ingest_message *m)
{
	struct prepared *p = &in->prepared[in->n_prepared];
	struct feed *g;
	const char *leaf;
	enum err err;

	memset(p, 0, sizeof *p);
	p->message = m;
	if (!uplink_topic_parse(m->topic, p->gw, &leaf) || (p->leaf = leaf_of(leaf)) == LEAF_OTHER)
		return OK;
	if ((err = feeds_find(in->feeds, db, p->gw, &g)))
		return err;
	if (!g->id || g->is_revoked) {
		in->counters.unknown_gateway++;
		return OK;
	}
	p->mac_ok = mac_verify(g->mac_key, m->topic, m->payload, m->len, m->mac);
	if (!p->mac_ok && g->has_old_key)
		p->mac_ok = p->mac_is_old = mac_verify(g->old_mac_key, m->topic, m->payload, m->len, m->mac);
	in->n_prepared++;
	if (p->leaf == LEAF_STATUS && !uplink_decode_status(m->payload, m->len, &p->status))
		p->bad = "status.malformed";
	if (p->leaf != LEAF_UP)
		return OK;
	if (!p->mac_ok) {
		in->counters.bad_mac++;
		return OK;
	}
	return prepare_batch(in, db, g, p);
}

static enum err prepare_all(struct db *db, void *context)
{
	struct ingest *in = context;
	enum err err = OK;

	for (size_t i = 0; i < in->n_messages && !err; i++)
		err = prepare(in, db, &in->messages[i]);
	return err;
}

static void make_room(struct ingest *in)
{
	size_t bytes = 4096;

	for (size_t i = 0; i < in->n_messages; i++)
		bytes += 2 * in->messages[i].len;
	if (bytes > in->arena.cap) {
		in->arena.bytes = xrealloc(in->arena.bytes, bytes);
		in->arena.cap = bytes;
	}
	in->arena.len = 0;
	if (in->n_messages > in->cap_prepared) {
		in->cap_prepared = in->n_messages;
		in->prepared = xrealloc(in->prepared, in->cap_prepared * sizeof *in->prepared);
	}
	in->n_prepared = in->n_observations = 0;
}

/* ---- apply
 * ------------------------------------------------------------------------------------------------- */

static enum err insert_report(struct db *db, const struct feed *g, int64_t seq, int64_t device_id,
			      const struct observation *o, enum verdict verdict, int64_t epoch_no)
{
	struct query q =
		db_query(db, "INSERT INTO report (boot_id, seq, mono_ms, heard_ms, t_ms, device_id, verdict, "
			     "counter, epoch_no, active_s, rssi_dbm, data) "
			     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");

	put_i64(&q, g->boot.id);
	put_i64(&q, seq);
	put_i64(&q, o->mono_ms);
	put_i64(&q, o->heard_ms);
	put_id(&q, o->t_ms);
	put_id(&q, device_id);
	put_i64(&q, verdict);
	put_opt(&q, o->has_counter || o->has_use, o->has_counter ? o->counter : o->active_s);
	put_id(&q, epoch_no);
	put_opt(&q, o->has_use, o->active_s);
	put_opt(&q, o->rssi_dbm != 0, o->rssi_dbm);
	put_blob(&q, o->data, o->data_len);
	return db_run(&q);
}

static enum err stream_of(struct ingest *in, struct db *db, int64_t gateway_id, const struct observation *o,
			  struct stream **st)
{
	*st = NULL;
	if (o->meter)
		return streams_meter(in->streams, db, gateway_id, o->meter, st);
	return o->address ? streams_tag(in->streams, db, o->address, st) : OK;
}

static enum err apply_report(struct ingest *in, struct db *db, struct feed *g, const struct prepared *p,
			     struct observation *o, int64_t now_ms)
{
	struct stream_context context = {.gateway_id = g->id,
					 .place_id = g->place_id,
					 .clock_is_known = g->boot.is_settled,
					 .now_ms = now_ms};
	enum verdict verdict = o->verdict;
	int64_t epoch_no = 0;
	struct stream *st;
	enum err err;

	if (o->mono_ms > p->mono_ms)
		o->mono_ms = p->mono_ms; /* nothing is heard after its batch was sealed */
	o->heard_ms = g->boot.placed_offset_ms + o->mono_ms;
	if (o->t_ms) {
		g->boot.has_clock = true;
		g->boot.clock_offset_ms = o->t_ms - o->mono_ms;
	}
	if (o->mono_ms > g->boot.last_mono_ms)
		g->boot.last_mono_ms = o->mono_ms;
	g->boot.is_dirty = true;
	if ((err = stream_of(in, db, g->id, o, &st)))
		return err;
	if (st && st->id && (err = stream_apply(in->streams, db, st, o, &context, &verdict, &epoch_no)))
		return err;
	if (st && !st->id && (err = strangers_hear(in->strangers, db, g, o, clock_real_mono_ms())))
		return err;
	in->counters.reports++;
	if (verdict == VERDICT_UNREADABLE)
		in->counters.bad_reports++;
	return insert_report(db, g, p->seq, st ? st->id : 0, o, verdict, epoch_no);
}

/* Before the first report of a boot is placed: all of this group's batches say how late they came at most. */
static enum err hear_clocks(struct ingest *in, struct db *db, struct feed *g, int64_t boot)
{
	int64_t offset_ms = INT64_MAX, first_mono_ms = INT64_MAX, offset;
	enum err err;

	g->clock_group = in->group;
	for (size_t i = 0; i < in->n_prepared; i++) {
		const struct prepared *p = &in->prepared[i];
		bool is_status = p->leaf == LEAF_STATUS && p->mac_ok && !p->message->retained;

		if (strcmp(p->gw, g->gw) != 0 || !p->mac_ok || p->bad)
			continue;
		if (is_status && p->status.boot == boot && p->status.mono_ms > 0)
			offset = p->message->received_ms - p->status.mono_ms;
		else if (p->leaf == LEAF_UP && p->boot == boot && p->n > 0)
			offset = p->message->received_ms - p->mono_ms;
		else
			continue;
		if (offset < offset_ms)
			offset_ms = offset;
		if (p->leaf == LEAF_UP && in->observations[p->first].mono_ms < first_mono_ms)
			first_mono_ms = in->observations[p->first].mono_ms;
	}
	if (g->boot.boot == boot && g->boot.id) {
		boot_hear(&g->boot, offset_ms, clock_real_mono_ms());
		return OK;
	}
	if (g->boot.is_dirty && (err = boot_store(db, &g->boot)))
		return err;
	if ((err = boot_open(db, g->id, boot, offset_ms, first_mono_ms, &g->boot)))
		return err;
	g->boot.moved_real_ms = g->boot.is_settled ? 0 : clock_real_mono_ms();
	boot_hear(&g->boot, offset_ms, clock_real_mono_ms());
	return OK;
}

static enum err check_clock(struct db *db, struct feed *g, int64_t now_ms)
{
	int64_t off_ms = g->boot.clock_offset_ms - g->boot.offset_ms;

	if (!g->boot.has_clock || !g->boot.is_settled || g->boot.is_bounded || g->clock_alerted)
		return OK;
	if (off_ms < PLACING_CLOCK_ALERT_MS && off_ms > -PLACING_CLOCK_ALERT_MS)
		return OK;
	g->clock_alerted = true; /* once for each start of the service: the row counts on */
	return attention_raise(
		db, now_ms, "gateway.clock", "gateway", g->id,
		"the gateway's own clock is off by more than two minutes; hours are not affected");
}

static enum err apply_batch(struct ingest *in, struct db *db, struct feed *g, struct prepared *p,
			    int64_t now_ms)
{
	enum err err;

	if (p->n && (g->clock_group != in->group || g->boot.boot != p->boot) &&
	    (err = hear_clocks(in, db, g, p->boot)))
		return err;
	for (size_t i = 0; i < p->n; i++)
		if ((err = apply_report(in, db, g, p, &in->observations[p->first + i], now_ms)))
			return err;
	g->applied_seq = p->seq;
	memcpy(g->last_hash, p->hash, sizeof g->last_hash);
	g->gap_since_real_ms = 0;
	g->heard_ms = p->message->received_ms > g->heard_ms ? p->message->received_ms : g->heard_ms;
	in->counters.batches++;
	return p->n ? check_clock(db, g, now_ms) : OK;
}

static enum err refuse(struct db *db, struct feed *g, int64_t seq, const char *code, int64_t now_ms)
{
	if (g->n_refused < sizeof g->refused / sizeof g->refused[0]) {
		g->refused[g->n_refused].seq = seq;
		if (str_copy(g->refused[g->n_refused].code, sizeof g->refused[0].code, code))
			g->n_refused++;
	}
	return attention_raise(db, now_ms, "gateway.refused", "gateway", g->id, code);
}

/* What the newest batch's oldest shows to be gone for good is recorded, shown, and stepped over. */
static enum err step_over(struct ingest *in, struct db *db, struct feed *g, int64_t oldest, int64_t now_ms)
{
	char detail[160];
	enum err err = feeds_record_lost(db, g, g->applied_seq + 1, oldest - 1, now_ms);

	if (err)
		return err;
	snprintf(detail, sizeof detail,
		 "a full spool dropped batches %" PRId64 " to %" PRId64
		 " of epoch %s: the hours come back with the next reading of each tag",
		 g->applied_seq + 1, oldest - 1, g->epoch);
	in->counters.lost += (uint64_t)(oldest - 1 - g->applied_seq);
	g->applied_seq = oldest - 1;
	memset(g->last_hash, 0, sizeof g->last_hash);
	return attention_raise(db, now_ms, "gateway.batch_lost", "gateway", g->id, detail);
}

static enum err apply_up(struct ingest *in, struct db *db, struct feed *g, struct prepared *p, int64_t now_ms)
{
	enum err err;

	if (!p->mac_ok)
		return attention_raise(db, now_ms, "gateway.mac", "gateway", g->id,
				       "a batch with a wrong or missing mac: nothing of it counts");
	if (p->bad && !p->epoch[0]) {
		in->counters.bad_envelope++;
		return attention_raise(db, now_ms, "gateway.envelope", "gateway", g->id, p->bad);
	}
	if (!p->mac_is_old && g->has_old_key && (err = feeds_retire_old_key(db, g)))
		return err;
	if ((err = feeds_use_spool(db, g, p->epoch, p->message->received_ms)))
		return err;
	g->wants_ack = true;
	if (p->seq <= g->applied_seq) {
		in->counters.repeated++;
		if (p->seq == g->applied_seq && !p->bad &&
		    !sodium_is_zero(g->last_hash, sizeof g->last_hash) &&
		    memcmp(p->hash, g->last_hash, sizeof p->hash) != 0)
			return refuse(db, g, p->seq, "batch.seq_conflict", now_ms);
		return OK;
	}
	if (!p->bad && p->oldest > g->applied_seq + 1 && (err = step_over(in, db, g, p->oldest, now_ms)))
		return err;
	if (p->seq != g->applied_seq + 1) {
		in->counters.out_of_order++;
		if (!g->gap_since_real_ms)
			g->gap_since_real_ms = clock_real_mono_ms();
		return OK;
	}
	if (!p->bad)
		return apply_batch(in, db, g, p, now_ms);
	g->applied_seq = p->seq; /* it can never be read: the sequence goes on without it */
	memset(g->last_hash, 0, sizeof g->last_hash);
	return refuse(db, g, p->seq, p->bad, now_ms);
}

static enum err apply_status(struct ingest *in, struct db *db, struct feed *g, const struct prepared *p,
			     int64_t now_ms)
{
	enum err err;

	if (p->bad)
		return OK;
	if ((err = feeds_say_state(db, g, p->status.is_ready, p->status.version, p->message->received_ms)))
		return err;
	if (!p->status.is_ready)
		return attention_raise(db, now_ms, "gateway.lost", "gateway", g->id,
				       "the gateway has left the broker");
	g->wants_ack = true;
	/* The gateway's own word on its clock, under its mac: a long spool that follows is placed right at
	 * once. */
	if (p->mac_ok && !p->message->retained && p->status.boot > 0 && g->boot.id &&
	    g->boot.boot == p->status.boot)
		boot_hear(&g->boot, p->message->received_ms - p->status.mono_ms, clock_real_mono_ms());
	(void)in;
	return attention_close(db, now_ms / 1000, "gateway.lost", "gateway", g->id, "heard again");
}

static enum err apply(struct ingest *in, struct db *db, struct prepared *p, int64_t now_ms)
{
	struct feed *g;
	enum err err;

	if ((err = feeds_find(in->feeds, db, p->gw, &g)) || !g->id || g->is_revoked)
		return err;
	feeds_touch(in->feeds, g);
	switch (p->leaf) {
	case LEAF_UP:
		return apply_up(in, db, g, p, now_ms);
	case LEAF_STATUS:
		return apply_status(in, db, g, p, now_ms);
	case LEAF_STAT:
		return feeds_say_stat(db, g, p->message->payload, p->message->len, now_ms);
	case LEAF_OTHER:
		break;
	}
	return OK;
}

static struct changed_item *changed_slot(struct ingest *in, int64_t id)
{
	for (size_t i = (size_t)id, n = 0; n < 64; i++, n++) {
		struct changed_item *c = &in->changed[i % MAX_CHANGED];

		if (c->id == id || c->id == 0)
			return c;
	}
	return &in->changed[(size_t)id % MAX_CHANGED]; /* crowded: the other one is told once more */
}

static void note_changed(void *context, int64_t item_id, unsigned told, bool at_once)
{
	struct ingest *in = context;
	struct changed_item *c = changed_slot(in, item_id);

	if (c->id != item_id)
		*c = (struct changed_item){.id = item_id};
	c->waits = true;
	c->told |= told;
	c->at_once |= at_once;
}

static enum err apply_all(struct db *db, void *context)
{
	struct ingest *in = context;
	int64_t now_ms = clock_now_ms();
	enum err err;

	refresh(in);
	for (size_t i = 0; i < in->n_prepared; i++)
		if ((err = apply(in, db, &in->prepared[i], now_ms)))
			return err;
	if ((err = streams_flush(in->streams, db, note_changed, in)))
		return err;
	return feeds_flush(in->feeds, db, now_ms / 1000);
}

/* The broker's order is not to be trusted: by gateway, epoch and seq; other messages first, as they came. */
static int by_order(const void *a, const void *b)
{
	const struct prepared *x = a, *y = b;
	int c = strcmp(x->gw, y->gw);

	if (!c)
		c = (x->leaf == LEAF_UP) - (y->leaf == LEAF_UP);
	if (!c && x->leaf == LEAF_UP)
		c = strcmp(x->epoch, y->epoch);
	if (!c && x->leaf == LEAF_UP)
		c = (x->seq > y->seq) - (x->seq < y->seq);
	return c ? c : (x->message > y->message) - (x->message < y->message);
}

/* ---- after the commit
 * -------------------------------------------------------------------------------------- */

static void name_fields(unsigned told, char *out, size_t size)
{
	static const struct {
		enum told bit;
		const char *name;
	} names[] = {{TOLD_LIVE, "live"}, {TOLD_OBSERVED, "observed"}, {TOLD_USAGE, "usage"}};
	size_t n = 0;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (told & names[i].bit)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "," : "", names[i].name);
}

static void announce(struct ingest *in, struct changed_item *c, int64_t real_ms)
{
	struct change change = {.kind = "item", .id = c->id};

	name_fields(c->told, change.fields, sizeof change.fields);
	c->told = 0;
	c->waits = c->at_once = false;
	c->told_real_ms = real_ms;
	service_announce(in->service, &change, 0);
}

static void announce_due(struct ingest *in)
{
	int64_t real_ms = clock_real_mono_ms();

	for (size_t i = 0; i < MAX_CHANGED; i++) {
		struct changed_item *c = &in->changed[i];

		if (c->waits && (c->at_once || real_ms - c->told_real_ms >= ANNOUNCE_MS))
			announce(in, c, real_ms);
	}
}

enum err ingest_messages(struct ingest *in, const struct ingest_message *messages, size_t n,
			 struct ingest_ack **acks, size_t *n_acks)
{
	enum err err;

	*acks = NULL;
	*n_acks = 0;
	in->messages = messages;
	in->n_messages = n;
	in->before = in->counters;
	in->group++;
	make_room(in);
	refresh(in);
	err = service_read(in->service, prepare_all, in);
	if (!err) {
		qsort(in->prepared, in->n_prepared, sizeof *in->prepared, by_order);
		err = service_write_apart(in->service, "mqtt", apply_all, in);
	}
	if (err) {
		in->counters = in->before;
		forget(in);
		strangers_forget(in->strangers);
		return err;
	}
	*acks = feeds_take_acks(in->feeds, n_acks);
	announce_due(in);
	return OK;
}

void ingest_free_acks(struct ingest_ack *acks, size_t n_acks)
{
	for (size_t i = 0; i < n_acks; i++)
		json_out_free(&acks[i].payload);
	free(acks);
}

/* ---- the tick
 * ---------------------------------------------------------------------------------------------- */

static enum err find_unsettled(struct db *db, void *context)
{
	return settle_find(db, context);
}

static enum err settle_one(struct db *db, void *context)
{
	return settle_portion(db, context);
}

enum err ingest_settle(struct ingest *in, int64_t now_ms, int portions, bool *left)
{
	struct settling s = {.streams = in->streams,
			     .feeds = in->feeds,
			     .changed = note_changed,
			     .context = in,
			     .now_ms = now_ms};
	enum err err = OK;

	refresh(in);
	while (portions-- > 0 && !(err = service_read(in->service, find_unsettled, &s)) && s.boot.id)
		if ((err = service_write_apart(in->service, "mqtt", settle_one, &s)))
			break;
	if (err)
		forget(in);
	*left = !err && s.boot.id;
	free(s.devices);
	announce_due(in);
	return err;
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------------- */

static enum err load_all_feeds(struct db *db, void *context)
{
	struct ingest *in = context;

	return feeds_load_all(in->feeds, db);
}

enum err ingest_current_acks(struct ingest *in, struct ingest_ack **acks, size_t *n_acks)
{
	enum err err;

	*acks = NULL;
	*n_acks = 0;
	refresh(in);
	if ((err = service_read(in->service, load_all_feeds, in)))
		return err;
	*acks = feeds_take_acks(in->feeds, n_acks);
	return OK;
}

struct rebuilding {
	struct ingest *in;
	bool dry_run;
	int64_t device_id; /* the last one done */
	int64_t changed;
};

static enum err digest(struct db *db, int64_t device_id, int64_t *sum)
{
	struct query q = db_query(
		db, "SELECT coalesce(sum((active_s * 31 + bounded_s) * (hour_s / 3600 % 9973)), 0) "
		    "FROM usage_slice WHERE binding_id IN (SELECT id FROM binding WHERE device_id = $1)");

	put_i64(&q, device_id);
	while (db_next(&q))
		*sum = get_i64(&q);
	return db_end(&q);
}

static enum err rebuild_one(struct db *db, void *context)
{
	struct rebuilding *r = context;
	struct query q = db_query(db, "SELECT id FROM device WHERE id > $1 ORDER BY id LIMIT 1");
	int64_t id = 0, before = 0, after = 0;
	struct stream *st;
	enum err err;

	put_i64(&q, r->device_id);
	while (db_next(&q))
		id = get_i64(&q);
	if ((err = db_end(&q)))
		return err;
	r->device_id = id;
	if (!id)
		return OK;
	if ((err = digest(db, id, &before)) || (err = streams_by_id(r->in->streams, db, id, &st)) ||
	    (err = stream_rebuild(r->in->streams, db, st)) ||
	    (err = streams_flush(r->in->streams, db, note_changed, r->in)) || (err = digest(db, id, &after)))
		return err;
	r->changed += before != after;
	return r->dry_run ? ERR_STATE : OK; /* a dry run rolls back */
}

enum err ingest_rebuild(struct ingest *in, bool dry_run, int64_t *devices, int64_t *changed)
{
	struct rebuilding r = {.in = in, .dry_run = dry_run};
	enum err err;

	*devices = 0;
	do {
		err = service_write(in->service, "rebuild", rebuild_one, &r);
		if (dry_run && err == ERR_STATE) {
			forget(in);
			err = OK;
		}
		*devices += r.device_id != 0;
	} while (!err && r.device_id);
	*changed = r.changed;
	return err;
}
