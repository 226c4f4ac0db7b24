/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A gateway as ingest hears it: its keys, its place, the one number of its spool, the boot its clock is in,
 * and what is to be said back. Cached like the streams: forgotten whenever the database may know better.
 */
#ifndef NAVETTE_FEED_H
#define NAVETTE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/mac.h"
#include "common/daemon/uplink.h"
#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/boot.h"
#include "inventory-service/ingest.h"
#include "inventory-service/secret.h"

#define FEED_HASH 16u

struct feed {
	int64_t id; /* 0: no such gateway */
	char gw[UPLINK_GATEWAY_SIZE];
	int64_t place_id;
	bool is_revoked;
	uint8_t mac_key[MAC_KEY_LEN];
	bool has_old_key;
	uint8_t old_mac_key[MAC_KEY_LEN];
	/* the spool that is being drained */
	char epoch[UPLINK_EPOCH_SIZE]; /* "" : none yet */
	int64_t applied_seq;
	uint8_t last_hash[FEED_HASH]; /* zero: not known */
	int64_t lost;
	int64_t heard_ms;
	struct boot boot;
	/* of this process only */
	uint64_t clock_group;
	bool clock_alerted;
	int64_t gap_since_real_ms;
	int64_t resend_asked_real_ms;
	int64_t strangers_s; /* the second in which n_strangers were written down */
	int n_strangers;
	/* what the group's acknowledgement will say */
	bool wants_ack;
	bool wants_resend;
	int64_t cmd_n; /* of that command */
	size_t n_refused;
	struct uplink_refused refused[16];
	/* the cache's own */
	bool is_dirty;
	struct feed *next;
	struct feed *next_dirty;
};

struct feeds;

struct feeds *feeds_open(const struct secret *secret);
void feeds_close(struct feeds *f);
void feeds_forget(struct feeds *f);
/* Never NULL on OK; id 0 where there is no such gateway. Valid until feeds_forget. */
MUST_CHECK enum err feeds_find(struct feeds *f, struct db *db, const char *gw, struct feed **out);
MUST_CHECK enum err feeds_by_id(struct feeds *f, struct db *db, int64_t id, struct feed **out);
/* All live gateways, each wanting its present acknowledgement published. */
MUST_CHECK enum err feeds_load_all(struct feeds *f, struct db *db);
/* This transaction changes it. */
void feeds_touch(struct feeds *f, struct feed *g);
/* Turns to the spool of that epoch; what was known of another one is written first. */
MUST_CHECK enum err feeds_use_spool(struct db *db, struct feed *g, const char *epoch, int64_t now_ms);
MUST_CHECK enum err feeds_record_lost(struct db *db, struct feed *g, int64_t from_seq, int64_t until_seq,
				      int64_t now_ms);
MUST_CHECK enum err feeds_say_state(struct db *db, const struct feed *g, bool is_ready, const char *version,
				    int64_t now_ms);
/* Its own figures, without a mac: for display, and for the alarm that it gives about its broker. */
MUST_CHECK enum err feeds_say_stat(struct db *db, const struct feed *g, const char *payload, size_t len,
				   int64_t now_ms);
/* The first batch under the new key: the old one is forgotten. */
MUST_CHECK enum err feeds_retire_old_key(struct db *db, struct feed *g);
/* The next number of a cmd or cfg: strictly rising for each gateway, and not below the time: so it rises also
 * where an old backup was restored, and the gateway need not refuse what is new as a replay. */
MUST_CHECK enum err feeds_next_n(struct db *db, int64_t gateway_id, int64_t now_s, int64_t *n);
MUST_CHECK enum err feeds_flush(struct feeds *f, struct db *db, int64_t now_s);
/* After the commit: what is to be published. The caller frees with ingest_free_acks. */
struct ingest_ack *feeds_take_acks(struct feeds *f, size_t *n);
/* Has the offset of this boot moved within the last two seconds? */
bool feeds_is_moving(const struct feeds *f, const struct boot *b, int64_t real_ms);

#endif
