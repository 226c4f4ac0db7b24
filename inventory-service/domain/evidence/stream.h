/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A device as ingest sees it: key, replay state, newest reading, what it last said, where it is heard. Loaded
 * once and kept; changed by one transaction at a time; written at its end. After a rollback, or when another
 * door may have changed devices or bindings, everything is forgotten and read again: the database is the
 * truth.
 */
#ifndef NAVETTE_STREAM_H
#define NAVETTE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/aes128.h"
#include "inventory-service/db.h"
#include "inventory-service/domain/evidence/chain.h"
#include "inventory-service/domain/evidence/observation.h"
#include "inventory-service/domain/evidence/presence_rules.h"
#include "inventory-service/secret.h"

#define STREAM_RECENT 64

struct stream_epoch {
	int64_t no; /* 0: none */
	int64_t epoch;
	int64_t counter_max;
	int64_t counter_max_ms;
	int64_t first_ms;
	int64_t last_ms;
	bool is_dirty;
};

/* What changes seldom of a device's row and is dear to write: SQLite looks up each reference, twice, and
 * builds a table for each list of words. No padding: compared byte by byte. */
struct stream_seldom {
	int64_t epoch_no, reset_allowed, growth_allowed, quarantined_ms, suspect_ms, heard_gateway_id;
	int64_t seen_place_id, seen_since_ms, candidate_place_id, candidate_since_ms;
	char state[8];
	char firmware[16];
};

struct stream {
	int64_t id; /* 0: nobody we know (kept so that strangers cost one look-up) */
	bool is_meter;
	bool has_key;
	struct nvt_aes128 aes;
	int64_t epoch_no;
	struct stream_epoch epoch; /* the newest */
	bool reset_allowed;
	bool growth_allowed;
	int64_t quarantined_ms;
	int64_t suspect_ms;
	char state[8];
	int64_t battery_pct, voltage_mv, energy_wh, power_mw; /* as in observation */
	char firmware[12];
	int64_t heard_ms;
	int64_t heard_gateway_id;
	struct presence presence;
	struct stream_seldom stored; /* as the row has it */
	struct chain chain;
	struct {
		int64_t counter;
		uint32_t mic;
	} recent[STREAM_RECENT]; /* frames accepted lately, by counter: copies are told without asking the
				    disk */
	bool is_dirty;
	bool needs_rebuild;
	unsigned told;     /* enum told: what open pages do not know yet */
	bool tell_at_once; /* the state or the place, not only figures */
	/* the cache's own */
	uint64_t key;
	struct stream *next;
	struct stream *next_dirty;
};

/* What changed of an item, as bits; pages and displays are told only that. */
enum told { TOLD_LIVE = 1, TOLD_OBSERVED = 2, TOLD_USAGE = 4 };

struct streams;

struct streams *streams_open(const struct secret *secret, int64_t presence_hold_ms);
void streams_close(struct streams *s);
void streams_forget(struct streams *s);

/* The stream of an address, or of a meter's name in a gateway; loaded through db where it is not known yet.
 * Never NULL on OK. Valid until streams_forget; a stranger's (id 0) until the next call. */
MUST_CHECK enum err streams_tag(struct streams *s, struct db *db, uint64_t address, struct stream **out);
MUST_CHECK enum err streams_meter(struct streams *s, struct db *db, int64_t gateway_id, const char *name,
				  struct stream **out);
MUST_CHECK enum err streams_by_id(struct streams *s, struct db *db, int64_t device_id, struct stream **out);

struct stream_context {
	int64_t gateway_id;
	int64_t place_id;    /* the gateway's */
	bool clock_is_known; /* its boot is settled: what looks wrong is wrong */
	int64_t now_ms;
};

/* Judges an observation and takes it in. *epoch_no: where its use counts, 0 where it carries none. */
MUST_CHECK enum err stream_apply(struct streams *s, struct db *db, struct stream *st,
				 const struct observation *o, const struct stream_context *context,
				 enum verdict *verdict, int64_t *epoch_no);
/* Writes what the transaction changed. changed(id of item, bits of enum told, at_once) is called for each
 * item to be told about. */
typedef void streams_changed(void *context, int64_t item_id, unsigned told, bool at_once);
MUST_CHECK enum err streams_flush(struct streams *s, struct db *db, streams_changed *changed, void *context);
/* Spans, readings and slices anew from the stored reports that were accepted. */
MUST_CHECK enum err stream_rebuild(struct streams *s, struct db *db, struct stream *st);

#endif
