/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/feed.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "inventory-service/domain/evidence/attention.h"

#define BUCKETS 512u
#define GAP_PATIENCE_MS 5000  /* a gap without progress for so long … */
#define RESEND_AGAIN_MS 30000 /* … asks the gateway to go back, and again only after this */
#define MOVING_MS 2000

struct feeds {
	const struct secret *secret;
	size_t n;
	struct feed *buckets[BUCKETS];
	struct feed *dirty;
};

struct feeds *feeds_open(const struct secret *secret)
{
	struct feeds *f = xcalloc(1, sizeof *f);

	f->secret = secret;
	return f;
}

void feeds_forget(struct feeds *f)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (f->buckets[i]) {
			struct feed *g = f->buckets[i];

			f->buckets[i] = g->next;
			sodium_memzero(g, sizeof *g);
			free(g);
		}
	}
	f->n = 0;
	f->dirty = NULL;
}

void feeds_close(struct feeds *f)
{
	if (!f)
		return;
	feeds_forget(f);
	free(f);
}

/* ---- loading
 * ----------------------------------------------------------------------------------------------- */

static struct feed **bucket_of(struct feeds *f, const char *gw)
{
	uint32_t h = 2166136261u;

	for (; *gw; gw++)
		h = (h ^ (uint8_t)*gw) * 16777619u;
	return &f->buckets[h & (BUCKETS - 1)];
}

static enum err unseal(const struct feeds *f, const struct feed *g, const uint8_t *sealed, size_t len,
		       uint8_t key[MAC_KEY_LEN])
{
	if (secret_unseal(f->secret, "gateway.mac", sealed, len, key, MAC_KEY_LEN))
		return OK;
	log_err("feed: the mac key of %s does not open: is secret.key the right one?", g->gw);
	return ERR_STORAGE;
}

static enum err load_gateway(struct feeds *f, struct db *db, struct feed *g)
{
	struct query q =
		db_query(db, "SELECT id, place_id, revoked_s IS NOT NULL, heard_ms, mac_key, old_mac_key "
			     "FROM gateway WHERE gw = $1");
	uint8_t sealed[SECRET_SEALED_LEN(MAC_KEY_LEN)], old[SECRET_SEALED_LEN(MAC_KEY_LEN)];
	size_t sealed_len = 0, old_len = 0;
	enum err err;

	put_text(&q, g->gw);
	while (db_next(&q)) {
		g->id = get_i64(&q);
		g->place_id = get_i64(&q);
		g->is_revoked = get_i64(&q);
		g->heard_ms = get_i64(&q);
		get_blob(&q, sealed, sizeof sealed, &sealed_len);
		get_blob(&q, old, sizeof old, &old_len);
	}
	if ((err = db_end(&q)) || !g->id)
		return err;
	if ((err = unseal(f, g, sealed, sealed_len, g->mac_key)))
		return err;
	g->has_old_key = old_len > 0;
	return g->has_old_key ? unseal(f, g, old, old_len, g->old_mac_key) : OK;
}

static void take_spool(struct query *q, struct feed *g)
{
	size_t len;

	get_text(q, g->epoch, sizeof g->epoch);
	g->applied_seq = get_i64(q);
	get_blob(q, g->last_hash, sizeof g->last_hash, &len);
	g->lost = get_i64(q);
}

static enum err load_newest_spool(struct db *db, struct feed *g)
{
	struct query q =
		db_query(db, "SELECT epoch, applied_seq, last_hash, lost FROM spool WHERE gateway_id = $1 "
			     "ORDER BY heard_ms DESC LIMIT 1");

	put_i64(&q, g->id);
	while (db_next(&q))
		take_spool(&q, g);
	return db_end(&q);
}

enum err feeds_find(struct feeds *f, struct db *db, const char *gw, struct feed **out)
{
	struct feed **bucket = bucket_of(f, gw), *g;
	enum err err;

	for (g = *bucket; g; g = g->next) {
		if (strcmp(g->gw, gw) == 0) {
			*out = g;
			return OK;
		}
	}
	g = xcalloc(1, sizeof *g);
	if (!str_copy(g->gw, sizeof g->gw, gw))
		fatal("feed: a gateway name of more than 32 signs passed the topic check");
	err = load_gateway(f, db, g);
	if (!err && g->id)
		err = load_newest_spool(db, g);
	if (err) {
		free(g);
		return err;
	}
	g->next = *bucket;
	*bucket = g;
	f->n++;
	*out = g;
	return OK;
}

enum err feeds_by_id(struct feeds *f, struct db *db, int64_t id, struct feed **out)
{
	struct query q = db_query(db, "SELECT gw FROM gateway WHERE id = $1");
	char gw[UPLINK_GATEWAY_SIZE] = "";
	enum err err;

	put_i64(&q, id);
	while (db_next(&q))
		get_text(&q, gw, sizeof gw);
	if ((err = db_end(&q)))
		return err;
	return gw[0] ? feeds_find(f, db, gw, out) : ERR_NOT_FOUND;
}

enum err feeds_load_all(struct feeds *f, struct db *db)
{
	struct query q = db_query(db, "SELECT gw FROM gateway WHERE revoked_s IS NULL ORDER BY id");
	char gw[UPLINK_GATEWAY_SIZE];
	struct feed *g;
	enum err err = OK, end;

	while (!err && db_next(&q)) {
		get_text(&q, gw, sizeof gw);
		if ((err = feeds_find(f, db, gw, &g)))
			break;
		g->wants_ack = g->epoch[0] != '\0';
		feeds_touch(f, g);
	}
	end = db_end(&q);
	return err ? err : end;
}

void feeds_touch(struct feeds *f, struct feed *g)
{
	if (g->is_dirty)
		return;
	g->is_dirty = true;
	g->next_dirty = f->dirty;
	f->dirty = g;
}

/* ---- the spool
 * --------------------------------------------------------------------------------------------- */

static enum err store_spool(struct db *db, const struct feed *g)
{
	struct query q;

	if (!g->epoch[0])
		return OK;
	q = db_query(db, "INSERT INTO spool (gateway_id, epoch, applied_seq, last_hash, lost, heard_ms) "
			 "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (gateway_id, epoch) DO UPDATE "
			 "SET applied_seq = excluded.applied_seq, last_hash = excluded.last_hash, "
			 "lost = excluded.lost, heard_ms = excluded.heard_ms");
	put_i64(&q, g->id);
	put_text(&q, g->epoch);
	put_i64(&q, g->applied_seq);
	put_blob(&q, g->last_hash, sizeof g->last_hash);
	put_i64(&q, g->lost);
	put_i64(&q, g->heard_ms);
	return db_run(&q);
}

enum err feeds_use_spool(struct db *db, struct feed *g, const char *epoch, int64_t now_ms)
{
	struct query q;
	enum err err;

	if (now_ms > g->heard_ms)
		g->heard_ms = now_ms;
	if (strcmp(g->epoch, epoch) == 0)
		return OK;
	if ((err = store_spool(db, g)))
		return err;
	g->applied_seq = g->lost = 0;
	memset(g->last_hash, 0, sizeof g->last_hash);
	q = db_query(
		db,
		"SELECT epoch, applied_seq, last_hash, lost FROM spool WHERE gateway_id = $1 AND epoch = $2");
	put_i64(&q, g->id);
	put_text(&q, epoch);
	while (db_next(&q))
		take_spool(&q, g);
	if ((err = db_end(&q)))
		return err;
	return str_copy(g->epoch, sizeof g->epoch, epoch) ? OK : ERR_LENGTH;
}

enum err feeds_record_lost(struct db *db, struct feed *g, int64_t from_seq, int64_t until_seq, int64_t now_ms)
{
	struct query q =
		db_query(db, "INSERT INTO batch_lost (gateway_id, epoch, from_seq, until_seq, noticed_ms) "
			     "VALUES ($1, $2, $3, $4, $5)");

	g->lost += until_seq - from_seq + 1;
	put_i64(&q, g->id);
	put_text(&q, g->epoch);
	put_i64(&q, from_seq);
	put_i64(&q, until_seq);
	put_i64(&q, now_ms);
	return db_run(&q);
}

/* ---- what it says of itself
 * --------------------------------------------------------------------------------- */

enum err feeds_say_state(struct db *db, const struct feed *g, bool is_ready, const char *version,
			 int64_t now_ms)
{
	struct query q = db_query(db, "UPDATE gateway SET state = $1, state_ms = $2, "
				      "software = CASE WHEN $3 = '' THEN software ELSE $4 END WHERE id = $5");

	put_text(&q, is_ready ? "ready" : "lost");
	put_i64(&q, now_ms);
	put_text(&q, version);
	put_text(&q, version);
	put_i64(&q, g->id);
	return db_run(&q);
}

struct stat_figures {
	int64_t depth, bad_mac, replayed; /* depth -1: not said */
};

static bool read_stat(const char *payload, size_t len, struct stat_figures *f)
{
	struct json_doc *doc = json_parse(payload, len, JSON_LIMIT, NULL);
	struct json_in in, spool, alerts;

	*f = (struct stat_figures){.depth = -1};
	if (!doc)
		return false;
	in = json_in(doc);
	spool = json_maybe_object(&in, "spool");
	if (spool.node)
		(void)json_maybe_i64(&spool, "depth", 0, INT32_MAX, &f->depth);
	alerts = json_maybe_object(&in, "alerts");
	if (alerts.node) {
		(void)json_maybe_i64(&alerts, "bad_mac", 0, INT32_MAX, &f->bad_mac);
		(void)json_maybe_i64(&alerts, "replayed", 0, INT32_MAX, &f->replayed);
	}
	json_free(doc);
	return true;
}

/* A total since the gateway's start: another one than the last is news, unless it has just begun at 0. */
static enum err tell_forged(struct db *db, const struct feed *g, int64_t n_forged, int64_t now_ms)
{
	struct query q = db_query(db, "UPDATE gateway SET n_forged = $1 WHERE id = $2 AND n_forged <> $3 "
				      "RETURNING id");
	bool is_news = false;
	enum err err;

	put_i64(&q, n_forged);
	put_i64(&q, g->id);
	put_i64(&q, n_forged);
	while (db_next(&q))
		is_news = n_forged > 0;
	if ((err = db_end(&q)) || !is_news)
		return err;
	return attention_raise(db, now_ms, "gateway.forged", "gateway", g->id,
			       "somebody else writes to the gateway, or repeats what was said: it obeyed "
			       "nothing");
}

enum err feeds_say_stat(struct db *db, const struct feed *g, const char *payload, size_t len, int64_t now_ms)
{
	struct stat_figures f;
	struct query q;
	enum err err;

	if (!read_stat(payload, len, &f))
		return OK; /* the next one comes in a minute */
	if ((err = tell_forged(db, g, f.bad_mac + f.replayed, now_ms)) || f.depth < 0)
		return err;
	q = db_query(db, "UPDATE gateway SET spool_depth = $1 WHERE id = $2");
	put_i64(&q, f.depth);
	put_i64(&q, g->id);
	return db_run(&q);
}

enum err feeds_retire_old_key(struct db *db, struct feed *g)
{
	struct query q =
		db_query(db, "UPDATE gateway SET old_mac_key = NULL, old_until_s = NULL WHERE id = $1");

	g->has_old_key = false;
	sodium_memzero(g->old_mac_key, sizeof g->old_mac_key);
	put_i64(&q, g->id);
	return db_run(&q);
}

/* ---- writing and answering
 * ---------------------------------------------------------------------------------- */

static enum err store_gateway(struct db *db, const struct feed *g)
{
	struct query q = db_query(db, "UPDATE gateway SET heard_ms = $1 WHERE id = $2");

	put_id(&q, g->heard_ms);
	put_i64(&q, g->id);
	return db_run(&q);
}

enum err feeds_next_n(struct db *db, int64_t gateway_id, int64_t now_s, int64_t *n)
{
	struct query q = db_query(db, "UPDATE gateway SET cfg_n = max(cfg_n + 1, $1) WHERE id = $2 "
				      "RETURNING cfg_n");

	put_i64(&q, now_s);
	put_i64(&q, gateway_id);
	while (db_next(&q))
		*n = get_i64(&q);
	return db_end(&q);
}

/* The service knows less than the gateway (restored from a backup): only a command makes a gateway go back.
 */
static enum err ask_resend_if_due(struct db *db, struct feed *g, int64_t now_s, int64_t real_ms)
{
	if (!g->gap_since_real_ms || real_ms - g->gap_since_real_ms < GAP_PATIENCE_MS)
		return OK;
	if (g->resend_asked_real_ms && real_ms - g->resend_asked_real_ms < RESEND_AGAIN_MS)
		return OK;
	g->resend_asked_real_ms = real_ms;
	g->wants_resend = true;
	return feeds_next_n(db, g->id, now_s, &g->cmd_n);
}

enum err feeds_flush(struct feeds *f, struct db *db, int64_t now_s)
{
	int64_t real_ms = clock_real_mono_ms();
	enum err err;

	for (struct feed *g = f->dirty; g; g = g->next_dirty) {
		if ((err = ask_resend_if_due(db, g, now_s, real_ms)) || (err = store_spool(db, g)) ||
		    (err = store_gateway(db, g)))
			return err;
		if (g->boot.id && g->boot.is_dirty && (err = boot_store(db, &g->boot)))
			return err;
	}
	return OK;
}

static void seal(struct ingest_ack *a, const struct feed *g, const char *leaf)
{
	if (!uplink_topic_make(g->gw, leaf, a->topic, sizeof a->topic))
		fatal("feed: no topic for %s", g->gw);
	/* while a rotation runs the gateway still has the old key: its first batch under the new one ends
	 * that */
	mac_compute(g->has_old_key ? g->old_mac_key : g->mac_key, a->topic, a->payload.bytes, a->payload.len,
		    a->mac);
}

static void put_ack(struct ingest_ack *a, const struct feed *g)
{
	struct uplink_ack ack = {.seq = g->applied_seq, .n_refused = g->n_refused};

	memcpy(ack.epoch, g->epoch, sizeof ack.epoch);
	memcpy(ack.refused, g->refused, sizeof ack.refused);
	uplink_encode_ack(&a->payload, &ack);
	seal(a, g, "ack");
}

static void put_resend(struct ingest_ack *a, const struct feed *g)
{
	json_open_object(&a->payload, NULL);
	json_put_i64(&a->payload, "n", g->cmd_n);
	json_put_text(&a->payload, "do", "resend");
	json_put_text(&a->payload, "epoch", g->epoch);
	json_put_i64(&a->payload, "from_seq", g->applied_seq + 1);
	json_close_object(&a->payload);
	seal(a, g, "cmd");
	a->expiry_s = 60;
}

struct ingest_ack *feeds_take_acks(struct feeds *f, size_t *n)
{
	struct ingest_ack *acks;
	size_t most = 0;

	for (struct feed *g = f->dirty; g; g = g->next_dirty)
		most += 2;
	acks = xcalloc(most ? most : 1, sizeof *acks);
	*n = 0;
	while (f->dirty) {
		struct feed *g = f->dirty;

		if (g->wants_ack && g->epoch[0])
			put_ack(&acks[(*n)++], g);
		if (g->wants_resend)
			put_resend(&acks[(*n)++], g);
		g->wants_ack = g->wants_resend = g->is_dirty = false;
		g->n_refused = 0;
		f->dirty = g->next_dirty;
	}
	return acks;
}

bool feeds_is_moving(const struct feeds *f, const struct boot *b, int64_t real_ms)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct feed *g = f->buckets[i]; g; g = g->next)
			if (g->boot.id == b->id)
				return real_ms - g->boot.moved_real_ms < MOVING_MS;
	return false;
}
