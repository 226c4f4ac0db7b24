/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/settle.h"

#include <stdlib.h>

#include "common/daemon/clock.h"
#include "common/daemon/uplink.h"
#include "inventory-service/domain/evidence/boot_move.h"
#include "inventory-service/domain/evidence/reading.h"
#include "inventory-service/observe.h"

#define JUDGED 100 /* reports in a portion */

/* ---- what is next ------------------------------------------------------------------------------------- */

/* Does it move, and with which devices? Only read here: settle_portion places it again. */
static enum err find_devices(struct db *db, struct settling *s)
{
	struct boot placed = s->boot;
	struct boot_move move;
	bool moves;
	enum err err;

	if ((err = boot_move_next(db, s->boot.id, &move)) || move.boot_id ||
	    (err = boot_place(db, &placed, &moves)) || !moves)
		return err;
	return boot_move_devices(db, &s->boot, &s->devices, &s->n_devices);
}

enum err settle_find(struct db *db, struct settling *s)
{
	enum err err;

	free(s->devices);
	s->devices = NULL;
	s->n_devices = 0;
	do {
		if ((err = boot_unsettled(db, s->after_id, &s->boot)) || !s->boot.id)
			return err;
		s->after_id = s->boot.id;
	} while (feeds_is_moving(s->feeds, &s->boot, clock_real_mono_ms()));
	return find_devices(db, s);
}

/* ---- judging again ------------------------------------------------------------------------------------ */

struct pending {
	int64_t id, device_id, mono_ms, heard_ms, rssi_dbm;
	uint8_t data[UPLINK_MAX_DATA + 1];
	size_t len;
};

static enum err next_pending(struct db *db, const struct boot *b, int64_t after_id, struct pending *p)
{
	struct query q = db_query(db, "SELECT id, device_id, mono_ms, heard_ms, rssi_dbm, data FROM report "
				      "WHERE verdict = 14 AND id > $1 AND boot_id = $2 ORDER BY id LIMIT 1");

	_Static_assert(VERDICT_PENDING == 14, "the statement above names it");
	p->id = 0;
	put_i64(&q, after_id);
	put_i64(&q, b->id);
	while (db_next(&q)) {
		p->id = get_i64(&q);
		p->device_id = get_i64(&q);
		p->mono_ms = get_i64(&q);
		p->heard_ms = get_i64(&q);
		p->rssi_dbm = get_i64(&q);
		get_blob(&q, p->data, sizeof p->data, &p->len);
	}
	return db_end(&q);
}

static enum err set_verdict(struct db *db, int64_t report_id, enum verdict verdict, int64_t epoch_no)
{
	struct query q = db_query(db, "UPDATE report SET verdict = $1, epoch_no = $2 WHERE id = $3");

	put_i64(&q, verdict);
	put_id(&q, epoch_no);
	put_i64(&q, report_id);
	return db_run(&q);
}

static enum err judge_again(struct settling *s, struct db *db, const struct feed *g, const struct pending *p)
{
	struct stream_context context = {
		.gateway_id = g->id, .place_id = g->place_id, .clock_is_known = true, .now_ms = s->now_ms};
	enum verdict verdict;
	struct observation o;
	struct stream *st;
	int64_t epoch_no;
	enum err err;

	if ((err = streams_by_id(s->streams, db, p->device_id, &st)))
		return err;
	if (!st->is_meter)
		observe_frame(st, st->key, p->data, p->len, &o);
	else if (!observe_meter(p->data, p->len, &o))
		return set_verdict(db, p->id, VERDICT_UNREADABLE, 0);
	o.mono_ms = p->mono_ms;
	o.heard_ms = p->heard_ms;
	o.rssi_dbm = p->rssi_dbm;
	if ((err = stream_apply(s->streams, db, st, &o, &context, &verdict, &epoch_no)))
		return err;
	return set_verdict(db, p->id, verdict, epoch_no);
}

/* A boot's reports that wait, by the partial index report_pending. */
static enum err judge_some(struct settling *s, struct db *db, const struct feed *g, bool *any)
{
	struct pending p = {0};
	enum err err;

	for (int i = 0; i < JUDGED; i++) {
		if ((err = next_pending(db, &s->boot, p.id, &p)) || !p.id)
			return err;
		*any = true;
		if ((err = judge_again(s, db, g, &p)))
			return err;
	}
	return OK;
}

/* ---- portions ----------------------------------------------------------------------------------------- */

static enum err move(struct settling *s, struct db *db, const struct boot_move *m)
{
	struct stream *st;
	enum err err;

	if ((err = boot_move_do(db, m)) || !m->device_id)
		return err;
	if ((err = streams_by_id(s->streams, db, m->device_id, &st)))
		return err;
	return stream_rebuild(s->streams, db, st);
}

static enum err finish(struct settling *s, struct db *db)
{
	struct boot before;
	bool moves;
	enum err err;

	s->boot.is_settled = true;
	if ((err = boot_store(db, &s->boot)) || (err = boot_before(db, &s->boot, &before)) || !before.id)
		return err;
	/* Now that this boot stands, the one before may turn out never to have been heard live. */
	if ((err = boot_place(db, &before, &moves)))
		return err;
	before.is_settled &= !moves;
	return boot_store(db, &before);
}

static enum err next_portion(struct settling *s, struct db *db, const struct feed *g)
{
	struct boot_move m;
	bool moves, any = false;
	enum err err;

	if ((err = boot_move_next(db, s->boot.id, &m)))
		return err;
	if (m.boot_id)
		return move(s, db, &m);
	if ((err = boot_place(db, &s->boot, &moves)))
		return err;
	if (moves)
		return boot_move_begin(db, &s->boot, s->devices, s->n_devices);
	if ((err = judge_some(s, db, g, &any)) || any)
		return err;
	return finish(s, db);
}

enum err settle_portion(struct db *db, struct settling *s)
{
	struct feed *g;
	enum err err;

	if ((err = feeds_by_id(s->feeds, db, s->boot.gateway_id, &g)) || (err = next_portion(s, db, g)))
		return err;
	if (g->boot.id == s->boot.id)
		g->boot = s->boot;
	s->after_id = 0; /* this one again, or one before it */
	return streams_flush(s->streams, db, s->changed, s->context);
}
