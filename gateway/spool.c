/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two halves. The intake: sources encode their reports into a short ring of open batches, under this
 * program's only lock, which is never held over a write. The files: one thread seals the oldest open batch as
 * one record, syncs it, and only then may it be published. (spool_files.c has the segments, record.c the
 * bytes.)
 *
 * Numbers. "state" holds the epoch, the acks and the running time. seq goes on where the newest segment ends.
 * A spool that lost anything (a damaged or missing segment, a missing state, an ack beyond its end) might
 * give a number twice; so it takes a new epoch and seals again, under new numbers, every whole record that
 * was not acknowledged: counters are cumulative, so a report that arrives twice changes nothing. The state
 * names the old epoch until that is done: a crash in the middle resumes it.
 *
 * When the bound is reached, in this order: acknowledged segments go; then the oldest unacknowledged ones are
 * rewritten without plain sightings (shrink.h), each batch saying how many it lost; then the oldest segment
 * goes as a whole, after its newest counters were sealed again at the end: its numbers are stepped over,
 * which the newest batch's "oldest" shows. Batches that may have been published (acked + 32, and those that
 * showed an oldest) are never rewritten: their bytes may be known to the service.
 *
 * Rejected: SQLite (a second durable format for one append-only list, 1 MB of memory); deleting on ack (a
 * service restored from a backup asks again); an index per batch (the window reads forward).
 */
#include "gateway/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "gateway/explain.h"
#include "gateway/shrink.h"
#include "gateway/spool_files.h"

#define RING 8
#define ENVELOPE_ROOM 512 /* bytes of a batch that are not reports, at most */
#define MAX_PREVIOUS 4
#define STATE_PERIOD_MS 5000
#define RUN_PERIOD_MS 600000
#define RENEW_PERIOD_MS 5000
#define MAX_EVICTIONS 8 /* that carry their counters on, per sealed batch */

struct gathered {
	struct json_out reports; /* joined, without brackets */
	size_t n;
	int64_t first_ms;
	bool is_urgent;
};

struct previous {
	char epoch[UPLINK_EPOCH_SIZE];
	int64_t acked;
};

struct spool {
	struct spool_setting setting;
	char owner[UPLINK_GATEWAY_SIZE];
	char dir[256];
	int lock_fd;
	struct files files;

	char epoch[UPLINK_EPOCH_SIZE];
	int64_t acked, last, last_at_open, shown_oldest;
	struct previous previous[MAX_PREVIOUS]; /* epochs being sealed again */
	size_t n_previous;
	bool is_renewing;
	int64_t run_s, ticked_ms, run_left_ms, noted_ms, run_noted_ms, renewed_ms, noted_acked;

	struct json_out batch;         /* the one being sealed */
	struct uplink_batch *envelope; /* scratch: 100 KiB that are mostly never touched */
	struct spool_stat stat;

	pthread_mutex_t lock; /* of what follows */
	struct gathered ring[RING];
	size_t head, n_ring;
	bool is_sealing;
	int64_t n_not_kept;
};

/* --- State file --- */

static bool state_path(const struct spool *s, char out[FILES_PATH_SIZE])
{
	return str_format(out, FILES_PATH_SIZE, "%s/state", s->dir);
}

static bool state_write(struct spool *s)
{
	char path[FILES_PATH_SIZE];
	struct json_out o = {.len = 0};
	bool ok;

	json_open_object(&o, NULL);
	json_put_text(&o, "epoch", s->epoch);
	json_put_text(&o, "owner", s->owner);
	json_put_i64(&o, "acked", s->acked);
	json_put_i64(&o, "run_s", s->run_s);
	json_open_array(&o, "previous");
	for (size_t i = 0; i < s->n_previous; i++) {
		json_open_object(&o, NULL);
		json_put_text(&o, "epoch", s->previous[i].epoch);
		json_put_i64(&o, "acked", s->previous[i].acked);
		json_close_object(&o);
	}
	json_close_array(&o);
	json_close_object(&o);
	ok = state_path(s, path) && file_write_durable(path, o.bytes, o.len, 0600);
	json_out_free(&o);
	if (ok)
		s->noted_acked = s->acked;
	return ok;
}

static bool state_decode(struct spool *s, const char *bytes, size_t len, char owner[UPLINK_GATEWAY_SIZE])
{
	struct json_doc *doc = json_parse(bytes, len, JSON_LIMIT, NULL);
	struct json_in in = json_in(doc), inner;
	struct json_array previous;
	size_t n = 0;
	bool ok;

	json_take_text(&in, "epoch", s->epoch, sizeof s->epoch);
	json_take_text(&in, "owner", owner, UPLINK_GATEWAY_SIZE);
	json_take_i64(&in, "acked", 0, JSON_MAX_INT, &s->acked);
	json_take_i64(&in, "run_s", 0, JSON_MAX_INT, &s->run_s);
	previous = json_take_array(&in, "previous", MAX_PREVIOUS);
	while (json_next(&previous) && n < MAX_PREVIOUS) {
		inner = json_element_object(&previous);
		json_take_text(&inner, "epoch", s->previous[n].epoch, sizeof s->previous[n].epoch);
		json_take_i64(&inner, "acked", 0, JSON_MAX_INT, &s->previous[n].acked);
		if (json_end_lax(&inner) == JSON_OK)
			n++;
	}
	ok = json_end_lax(&in) == JSON_OK && uplink_epoch_valid(s->epoch);
	s->n_previous = n;
	json_free(doc);
	return ok;
}

/* False where there is no readable state. */
static bool state_read(struct spool *s, bool *is_other_owner)
{
	char path[FILES_PATH_SIZE], bytes[2048], owner[UPLINK_GATEWAY_SIZE] = "";
	size_t len;

	if (!state_path(s, path) || !file_read(path, bytes, sizeof bytes, &len) ||
	    !state_decode(s, bytes, len, owner)) {
		s->epoch[0] = '\0';
		s->acked = s->run_s = 0;
		s->n_previous = 0;
		return false;
	}
	*is_other_owner = strcmp(owner, s->owner) != 0;
	return true;
}

/* --- Sealing --- */

static int64_t oldest_held(const struct spool *s)
{
	return s->files.n > 0 ? s->files.list[0].first_seq : s->last + 1;
}

/* Encodes and appends one batch under the next seq. On success it is s->last. */
static enum spool_result seal_as_next(struct spool *s, struct record *r, const char *joined, bool is_synced)
{
	struct uplink_batch *e = s->envelope;
	enum spool_result result;
	const char *at;

	memcpy(e->epoch, s->epoch, sizeof e->epoch);
	e->seq = r->seq = s->last + 1;
	if (r->oldest == 0 || r->oldest > r->seq)
		r->oldest = s->files.n > 0 ? oldest_held(s) : r->seq;
	e->oldest = r->oldest;
	e->sent_ms = r->sent_ms;
	e->boot = r->boot;
	e->mono_ms = r->mono_ms;
	e->clock = r->clock;
	e->dropped = r->n_dropped;
	e->n_reports = r->n_reports;
	uplink_encode_batch(&s->batch, e, joined);
	r->payload = (const uint8_t *)s->batch.bytes;
	r->payload_len = (uint32_t)s->batch.len;
	r->reports_len = (uint32_t)strlen(joined);
	at = r->reports_len > 0 ? strstr(s->batch.bytes, joined) : s->batch.bytes;
	if (s->batch.len > UPLINK_MAX_BYTES || at == NULL)
		fatal("spool: a batch of %zu bytes was put together", s->batch.len);
	r->reports_at = (uint32_t)(at - s->batch.bytes);
	result = files_append(&s->files, s->epoch, s->run_s, r, is_synced);
	if (result == SPOOL_OK) {
		s->last = r->seq;
		s->shown_oldest = r->oldest;
	}
	return result;
}

/* Gathers kept reports of a segment into new batches at the end: same boot per batch, ≤ 200 reports, ≤ 48
 * KiB. */
struct carrier {
	struct spool *spool;
	struct json_out joined;
	struct record head;
	enum spool_result result;
	size_t n_carried;
};

static void carrier_flush(struct carrier *c)
{
	if (c->head.n_reports == 0 || c->result != SPOOL_OK)
		return;
	c->n_carried += c->head.n_reports;
	c->result = seal_as_next(c->spool, &c->head, c->joined.bytes, false);
	json_out_reset(&c->joined);
	c->head.n_reports = 0;
}

static void carrier_put(struct carrier *c, const struct record *from, const char *report, size_t len)
{
	char text[1024];

	if (len >= sizeof text)
		return; /* none of our reports is as long */
	if (c->head.n_reports > 0 && (c->head.boot != from->boot || c->head.n_reports == UPLINK_MAX_REPORTS ||
				      c->joined.len + len + 1 > UPLINK_MAX_BYTES - ENVELOPE_ROOM))
		carrier_flush(c);
	memcpy(text, report, len);
	text[len] = '\0';
	json_put_raw(&c->joined, NULL, text);
	c->head.boot = from->boot;
	c->head.mono_ms = from->mono_ms;
	c->head.sent_ms = from->sent_ms;
	c->head.clock = from->clock;
	c->head.n_reports++;
}

/* Walks the reports of a segment's records twice: once to note them, then to hand over those that are kept.
 */
typedef void report_each(void *context, const struct record *r, const char *report, size_t len, bool is_kept);

static void segment_note(struct spool *s, struct shrink *shrink, const uint8_t *bytes, size_t len)
{
	struct record_walk w = {.bytes = bytes, .len = len, .at = RECORD_SEGMENT_HEADER_LEN};
	struct record r;
	const char *code;

	while (record_next(&w, &r)) {
		size_t n = uplink_decode_batch((const char *)r.payload, r.payload_len, s->envelope, &code)
				   ? s->envelope->n_reports
				   : 0;

		for (size_t i = 0; i < r.n_reports; i++) {
			static const struct uplink_report unreadable = {.kind = UPLINK_BAD};

			shrink_note(shrink, i < n ? &s->envelope->reports[i] : &unreadable);
		}
	}
}

static void record_reports(const struct record *r, const struct shrink *shrink, size_t *position,
			   report_each *each, void *context)
{
	const char *joined = (const char *)r->payload + r->reports_at;
	size_t left = r->reports_len, len;

	for (size_t i = 0; i < r->n_reports; i++, (*position)++) {
		len = shrink_report_len(joined, left);
		each(context, r, joined, len, shrink == NULL || shrink_keeps(shrink, *position));
		joined += len + (left > len);
		left -= len + (left > len);
	}
}

static void carry_kept(void *context, const struct record *r, const char *report, size_t len, bool is_kept)
{
	if (is_kept && len > 0)
		carrier_put(context, r, report, len);
}

/* --- Recovery --- */

static void epoch_take_new(struct spool *s)
{
	uint8_t random[8];

	randombytes_buf(random, sizeof random);
	hex_encode(random, sizeof random, s->epoch);
	s->acked = s->last = s->last_at_open = s->shown_oldest = 0;
}

static int64_t acked_of(const struct spool *s, const char *epoch)
{
	for (size_t i = 0; i < s->n_previous; i++) {
		if (strcmp(s->previous[i].epoch, epoch) == 0)
			return s->previous[i].acked;
	}
	return 0; /* not known: everything is offered again */
}

/* Seals again what was not acknowledged in one segment of an old epoch. */
static enum spool_result segment_reseal(struct spool *s, const struct segment *g, int64_t acked)
{
	size_t len = 0;
	uint8_t *bytes = files_segment_bytes(s->dir, g, &len);
	struct record_walk w = {.bytes = bytes, .len = len, .at = 0};
	enum spool_result result = SPOOL_OK;
	struct record r;

	if (bytes != NULL && record_take_segment(bytes, len, &(struct record_segment){.first_seq = 0}))
		w.at = RECORD_SEGMENT_HEADER_LEN;
	while (bytes != NULL && result == SPOOL_OK && record_next(&w, &r)) {
		char *text;

		if (r.seq <= acked || (r.n_reports == 0 && r.n_dropped == 0))
			continue;
		text = xcalloc(1, r.reports_len + 1u);
		memcpy(text, r.payload + r.reports_at, r.reports_len);
		r.oldest = 0;
		result = seal_as_next(s, &r, text, false);
		free(text);
	}
	free(bytes);
	return result == SPOOL_OK ? files_sync(&s->files) : result;
}

/* Goes through what other epochs left in the folder. Unfinished where the disk is full: spool_tick comes
 * again. */
static enum spool_result reseal_previous(struct spool *s)
{
	size_t n, n_bad;
	struct segment *list = files_scan(s->dir, true, &n, &n_bad);
	enum spool_result result = SPOOL_OK;

	for (size_t i = 0; i < n && result == SPOOL_OK; i++) {
		if (strcmp(list[i].epoch, s->epoch) == 0)
			continue;
		result = segment_reseal(s, &list[i], acked_of(s, list[i].epoch));
		if (result == SPOOL_OK)
			files_discard(s->dir, &list[i]);
	}
	free(list);
	s->is_renewing = result == SPOOL_FULL;
	if (result == SPOOL_OK) {
		s->n_previous = 0;
		(void)state_write(s); /* or the next start looks through an empty list once more */
	}
	s->last_at_open = s->last;
	return result;
}

enum spool_result spool_renew(struct spool *s, const char *reason)
{
	struct previous old = {.acked = s->acked < s->last_at_open ? s->acked : s->last_at_open};
	char dir[sizeof s->files.dir];
	int64_t segment_max = s->files.segment_max;

	memcpy(old.epoch, s->epoch, sizeof old.epoch);
	memcpy(dir, s->files.dir, sizeof dir);
	if (s->n_previous == MAX_PREVIOUS)
		s->n_previous--; /* the forgotten one's acks: more is offered again, nothing is lost */
	if (old.epoch[0] != '\0')
		s->previous[s->n_previous++] = old;
	epoch_take_new(s);
	log_err("spool: new epoch: %s old=%s new=%s", reason, old.epoch[0] != '\0' ? old.epoch : "none",
		s->epoch);
	files_fini(&s->files);
	files_init(&s->files, dir, segment_max);
	if (state_write(s))
		return reseal_previous(s);
	s->is_renewing = true; /* until then a crash comes back to the old epoch, whole */
	return SPOOL_FULL;
}

/* Takes the segments of the present epoch into the list. Returns why a new epoch is needed, NULL where it is
 * not. */
static const char *segments_take(struct spool *s, bool has_state, bool *has_others)
{
	size_t n, n_bad;
	struct segment *list = files_scan(s->dir, true, &n, &n_bad);
	const char *why = NULL;
	struct files *f = &s->files;

	s->stat.n_damaged = (int64_t)n_bad;
	for (size_t i = 0; i < n; i++) {
		if (!has_state || strcmp(list[i].epoch, s->epoch) != 0) {
			*has_others = true;
			continue;
		}
		if (list[i].is_damaged)
			why = "a segment is damaged";
		else if (f->n > 0 && list[i].first_seq != s->last + 1)
			why = "a segment is missing";
		f->list = xrealloc(f->list, (f->n + 1) * sizeof *f->list);
		f->list[f->n++] = list[i];
		f->bytes += list[i].bytes;
		s->last = list[i].last_seq;
	}
	if (!has_state && n > 0)
		why = "the state file is missing or damaged";
	else if (why == NULL && has_state && s->acked > s->last)
		why = "sealed batches are missing";
	free(list);
	return why;
}

static bool recover(struct spool *s, char *why, size_t why_size)
{
	bool is_other_owner = false, has_others = false, has_state = state_read(s, &is_other_owner);
	const char *fault = segments_take(s, has_state, &has_others);
	enum spool_result result = SPOOL_OK;

	s->last_at_open = s->last;
	s->shown_oldest = s->files.n > 0 ? 0 : 1;
	if (fault == NULL && has_state && is_other_owner)
		fault = "this machine was enrolled as another gateway";
	if (fault == NULL && !has_state) {
		epoch_take_new(s);
		if (state_write(s))
			return true;
		return explain(why, why_size, "cannot write in %s: %s", s->dir, strerror(errno));
	}
	if (fault != NULL)
		result = spool_renew(s, fault);
	else if (s->n_previous > 0 || has_others)
		result = reseal_previous(s);
	if (result == SPOOL_BROKEN)
		explain(why, why_size, "the disk under %s does not keep what it is given", s->dir);
	if (result == SPOOL_FULL)
		log_err("spool: the disk is full: old batches wait to be sealed again dir=%s", s->dir);
	return result != SPOOL_BROKEN;
}

static bool folder_lock(struct spool *s, char *why, size_t why_size)
{
	char path[FILES_PATH_SIZE];

	if (mkdir(s->dir, 0700) != 0 && errno != EEXIST) {
		return explain(why, why_size, "cannot make %s: %s", s->dir, strerror(errno));
	}
	if (!str_format(path, sizeof path, "%s/lock", s->dir))
		return false;
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd >= 0 && flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	return explain(why, why_size,
		       errno == EWOULDBLOCK ? "%s is in use by another navette-gateway: stop it first"
					    : "cannot lock %s",
		       s->dir);
}

struct spool *spool_open(const struct spool_setting *setting, char *why, size_t why_size)
{
	struct spool *s = xcalloc(1, sizeof *s);
	int64_t segment_max = setting->max_bytes / 16;

	s->lock_fd = -1;
	s->setting = *setting;
	s->envelope = xcalloc(1, sizeof *s->envelope);
	pthread_mutex_init(&s->lock, NULL);
	if (!str_copy(s->dir, sizeof s->dir, setting->dir) ||
	    !str_copy(s->owner, sizeof s->owner, setting->owner)) {
		explain(why, why_size, "the spool's path is too long");
		spool_close(s);
		return NULL;
	}
	files_init(&s->files, s->dir, segment_max > 256 * 1024 ? 256 * 1024 : segment_max);
	if (!folder_lock(s, why, why_size) || !recover(s, why, why_size)) {
		spool_close(s);
		return NULL;
	}
	return s;
}

void spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->lock_fd >= 0 && s->epoch[0] != '\0')
		(void)state_write(s);
	files_fini(&s->files);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	for (size_t i = 0; i < RING; i++)
		json_out_free(&s->ring[i].reports);
	json_out_free(&s->batch);
	free(s->envelope);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- Intake --- */

/* The batch that takes one more report of that size; NULL where the ring is full. Under the lock. */
static struct gathered *ring_place(struct spool *s, size_t len)
{
	struct gathered *g = &s->ring[(s->head + s->n_ring - 1) % RING];
	bool is_open = s->n_ring > (s->is_sealing ? 1u : 0u);

	if (is_open && g->n < UPLINK_MAX_REPORTS &&
	    g->reports.len + len + 1 <= UPLINK_MAX_BYTES - ENVELOPE_ROOM)
		return g;
	if (s->n_ring == RING)
		return NULL;
	return &s->ring[(s->head + s->n_ring++) % RING];
}

bool spool_offer(struct spool *s, int64_t now_ms, const struct uplink_report *r, bool is_urgent)
{
	struct json_out text = {.len = 0};
	struct gathered *g;
	bool is_new = false;

	uplink_put_report(&text, r);
	pthread_mutex_lock(&s->lock);
	g = ring_place(s, text.len);
	if (g != NULL) {
		is_new = g->n == 0;
		if (is_new)
			g->first_ms = now_ms;
		g->n++;
		g->is_urgent |= is_urgent;
		json_put_raw(&g->reports, NULL, text.bytes);
	} else {
		s->n_not_kept++;
	}
	pthread_mutex_unlock(&s->lock);
	json_out_free(&text);
	if ((is_new || is_urgent) && s->setting.wake != NULL)
		s->setting.wake(s->setting.wake_context);
	return g != NULL;
}

struct window_gathered spool_gathered(struct spool *s)
{
	struct window_gathered out = {.n_reports = 0};
	const struct gathered *g;

	pthread_mutex_lock(&s->lock);
	g = &s->ring[s->head];
	if (s->n_ring > 0) {
		out.n_reports = g->n;
		out.first_ms = g->first_ms;
		out.is_full = s->n_ring > 1 || g->n == UPLINK_MAX_REPORTS;
		out.is_urgent = g->is_urgent;
	}
	pthread_mutex_unlock(&s->lock);
	return out;
}

/* Takes the head out of the offers' way; NULL where nothing is gathered. */
static struct gathered *ring_take(struct spool *s)
{
	struct gathered *g = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->n_ring > 0) {
		g = &s->ring[s->head];
		s->is_sealing = true;
	}
	pthread_mutex_unlock(&s->lock);
	return g;
}

static void ring_give_back(struct spool *s, bool is_sealed)
{
	struct gathered *g;

	pthread_mutex_lock(&s->lock);
	g = &s->ring[s->head];
	s->is_sealing = false;
	if (is_sealed) {
		json_out_reset(&g->reports);
		g->n = 0;
		g->is_urgent = false;
		s->head = (s->head + 1) % RING;
		s->n_ring--;
	}
	pthread_mutex_unlock(&s->lock);
}

/* Room
 * ---------------------------------------------------------------------------------------------------------
 */

static bool drop_acknowledged(struct spool *s)
{
	if (s->files.n < 2 || s->files.list[0].last_seq > s->acked)
		return false;
	files_drop_first(&s->files);
	return true;
}

struct rewriter {
	struct spool *spool;
	struct json_out joined;
	uint32_t n_kept, n_dropped;
};

static void rewrite_kept(void *context, const struct record *r, const char *report, size_t len, bool is_kept)
{
	struct rewriter *w = context;
	char text[1024];

	(void)r;
	if (!is_kept || len == 0 || len >= sizeof text) {
		w->n_dropped++;
		return;
	}
	memcpy(text, report, len);
	text[len] = '\0';
	json_put_raw(&w->joined, NULL, text);
	w->n_kept++;
}

/* Appends one record of a rewritten segment to out. */
static void rewrite_record(struct rewriter *w, const struct record *r, uint8_t *out, size_t *len)
{
	struct uplink_batch *e = w->spool->envelope;
	struct json_out batch = {.len = 0};
	struct record v = *r;
	const char *joined = w->n_kept > 0 ? w->joined.bytes : "", *at;

	if (w->n_dropped > 0) {
		memcpy(e->epoch, w->spool->epoch, sizeof e->epoch);
		e->seq = r->seq;
		e->oldest = r->oldest;
		e->sent_ms = r->sent_ms;
		e->boot = r->boot;
		e->mono_ms = r->mono_ms;
		e->clock = r->clock;
		e->n_reports = v.n_reports = w->n_kept;
		e->dropped = v.n_dropped = r->n_dropped + w->n_dropped;
		uplink_encode_batch(&batch, e, joined);
		at = w->n_kept > 0 ? strstr(batch.bytes, joined) : batch.bytes;
		v.reports_at = at != NULL ? (uint32_t)(at - batch.bytes) : 0;
		v.reports_len = (uint32_t)strlen(joined);
		v.payload = (const uint8_t *)batch.bytes;
		v.payload_len = (uint32_t)batch.len;
	}
	memcpy(out + *len + RECORD_HEADER_LEN, v.payload, v.payload_len);
	record_put_header(&v, out + *len);
	*len += RECORD_HEADER_LEN + v.payload_len;
	json_out_free(&batch);
}

/* Rewrites the segment at i without plain sightings. False where nothing was won. */
static bool shrink_segment(struct spool *s, size_t i)
{
	struct segment *g = &s->files.list[i];
	struct record_segment header = {.first_seq = g->first_seq, .run_s = g->run_s, .is_shrunk = true};
	struct rewriter w = {.spool = s};
	struct shrink shrink = {.n = 0};
	size_t len = 0, out_len = RECORD_SEGMENT_HEADER_LEN, position = 0;
	uint8_t *bytes = files_segment_bytes(s->dir, g, &len), *out;
	struct record_walk walk = {.bytes = bytes, .len = len, .at = RECORD_SEGMENT_HEADER_LEN};
	struct record r;
	bool ok;

	g->is_shrunk = true; /* tried once, whatever comes of it */
	if (bytes == NULL)
		return false;
	memcpy(header.epoch, s->epoch, sizeof header.epoch);
	segment_note(s, &shrink, bytes, len);
	out = xcalloc(1, len + 64u * 1024); /* a record may grow by its "dropped" */
	record_put_segment(&header, out);
	while (record_next(&walk, &r) && out_len + RECORD_MAX_LEN <= len + 64u * 1024) {
		bool is_known = r.seq <= s->acked + WINDOW_MAX_IN_FLIGHT;

		json_out_reset(&w.joined);
		w.n_kept = 0;
		s->stat.n_dropped += w.n_dropped;
		w.n_dropped = 0;
		record_reports(&r, is_known ? NULL : &shrink, &position, rewrite_kept, &w);
		rewrite_record(&w, &r, out, &out_len);
	}
	s->stat.n_dropped += w.n_dropped;
	ok = out_len < len && files_replace(&s->files, i, out, out_len);
	json_out_free(&w.joined);
	shrink_fini(&shrink);
	free(out);
	free(bytes);
	return ok;
}

static bool shrink_next(struct spool *s)
{
	for (size_t i = 0; i + 1 < s->files.n; i++) {
		const struct segment *g = &s->files.list[i];

		if (!g->is_shrunk && g->last_seq > s->acked + WINDOW_MAX_IN_FLIGHT && shrink_segment(s, i))
			return true;
	}
	return false;
}

/* The oldest segment goes; its newest counters are sealed again at the end first, where is_carried. */
static enum spool_result evict_first(struct spool *s, bool is_carried)
{
	const struct segment g = s->files.list[0];
	struct carrier c = {.spool = s};
	struct shrink shrink = {.last_of_meters = true};
	size_t len = 0, position = 0;
	uint8_t *bytes = is_carried ? files_segment_bytes(s->dir, &g, &len) : NULL;
	struct record_walk walk = {.bytes = bytes, .len = len, .at = RECORD_SEGMENT_HEADER_LEN};
	struct record r;

	c.head.oldest = s->files.list[1].first_seq;
	if (bytes != NULL)
		segment_note(s, &shrink, bytes, len);
	while (bytes != NULL && record_next(&walk, &r))
		record_reports(&r, &shrink, &position, carry_kept, &c);
	carrier_flush(&c);
	json_out_free(&c.joined);
	shrink_fini(&shrink);
	free(bytes);
	if (c.result == SPOOL_OK)
		c.result = files_sync(&s->files);
	if (c.result != SPOOL_OK)
		return c.result;
	s->stat.n_evicted += g.last_seq - (g.first_seq > s->acked ? g.first_seq - 1 : s->acked);
	log_warn("spool: full: batches stepped over, their newest counters kept first=%" PRId64
		 " last=%" PRId64 " kept_reports=%zu",
		 g.first_seq, g.last_seq, c.n_carried);
	files_drop_first(&s->files);
	return SPOOL_OK;
}

/* Brings the spool back under its bound. */
static enum spool_result make_room(struct spool *s)
{
	enum spool_result result = SPOOL_OK;
	int n_evictions = 0;

	while (s->files.bytes > s->setting.max_bytes && result == SPOOL_OK) {
		if (drop_acknowledged(s) || shrink_next(s))
			continue;
		if (s->files.n < 2)
			break;
		result = evict_first(s, n_evictions++ < MAX_EVICTIONS);
	}
	return result;
}

enum spool_result spool_seal(struct spool *s, const struct spool_stamp *stamp)
{
	struct gathered *g = ring_take(s);
	struct record r = {.boot = stamp->boot,
			   .mono_ms = stamp->mono_ms,
			   .sent_ms = stamp->sent_ms,
			   .clock = stamp->clock,
			   .n_reports = g != NULL ? (uint32_t)g->n : 0};
	const char *joined = g != NULL ? g->reports.bytes : "";
	enum spool_result result = seal_as_next(s, &r, joined, true);

	while (result == SPOOL_FULL && drop_acknowledged(s))
		result = seal_as_next(s, &r, joined, true);
	if (g != NULL)
		ring_give_back(s, result == SPOOL_OK);
	if (result == SPOOL_FULL && !s->stat.is_full)
		log_err("spool: the disk is full: nothing new is kept, it goes on by itself once there is "
			"room dir=%s",
			s->dir);
	if (result == SPOOL_OK && s->stat.is_full)
		log_info("spool: there is room again not_kept=%" PRId64, s->n_not_kept);
	s->stat.is_full = result == SPOOL_FULL;
	if (result != SPOOL_OK)
		return result;
	/* The batch is kept: a failing eviction is tried again with the next one. */
	return make_room(s) == SPOOL_BROKEN ? SPOOL_BROKEN : SPOOL_OK;
}

/* --- Reading and acknowledging --- */

bool spool_read(struct spool *s, int64_t seq, struct record *out)
{
	return files_read(&s->files, seq, out);
}

void spool_announced(struct spool *s, int64_t seq)
{
	for (size_t i = 0; i < s->files.n; i++)
		if (s->files.list[i].first_seq <= seq && seq <= s->files.list[i].last_seq)
			s->files.list[i].is_shrunk = true; /* as much as it ever will be */
}

void spool_ack(struct spool *s, int64_t seq)
{
	if (seq <= s->last)
		s->acked = seq;
}

static void keep_time(struct spool *s, int64_t now_ms)
{
	int64_t passed = s->ticked_ms == 0 ? 0 : now_ms - s->ticked_ms;

	s->ticked_ms = now_ms;
	s->run_left_ms += passed > 0 ? passed : 0;
	s->run_s += s->run_left_ms / 1000;
	s->run_left_ms %= 1000;
}

enum spool_result spool_tick(struct spool *s, int64_t now_ms)
{
	keep_time(s, now_ms);
	if (s->acked != s->noted_acked && now_ms - s->noted_ms >= STATE_PERIOD_MS) {
		s->noted_ms = s->run_noted_ms = now_ms;
		(void)state_write(s); /* where the disk is full: later */
	} else if (now_ms - s->run_noted_ms >= RUN_PERIOD_MS) {
		s->run_noted_ms = now_ms;
		(void)state_write(s);
	}
	/* A segment's age counts from its successor's beginning: then its newest batch was sealed. */
	while (s->files.n >= 2 && s->files.list[0].last_seq <= s->acked &&
	       s->run_s - s->files.list[1].run_s > s->setting.keep_s)
		files_drop_first(&s->files);
	/* It reads the whole folder: on a full disk not every second. */
	if (!s->is_renewing || now_ms - s->renewed_ms < RENEW_PERIOD_MS)
		return SPOOL_OK;
	s->renewed_ms = now_ms;
	return reseal_previous(s) == SPOOL_BROKEN ? SPOOL_BROKEN : SPOOL_OK;
}

void spool_stat(struct spool *s, struct spool_stat *out)
{
	struct record r;

	*out = s->stat;
	memcpy(out->epoch, s->epoch, sizeof out->epoch);
	out->oldest = oldest_held(s);
	out->acked = s->acked;
	out->last = s->last;
	out->bytes = s->files.bytes;
	out->max_bytes = s->setting.max_bytes;
	pthread_mutex_lock(&s->lock);
	out->n_not_kept = s->n_not_kept;
	pthread_mutex_unlock(&s->lock);
	if (s->acked < s->last &&
	    spool_read(s, s->acked + 1 > out->oldest ? s->acked + 1 : out->oldest, &r)) {
		out->unacked_boot = r.boot;
		out->unacked_mono_ms = r.mono_ms;
	}
}

const char *spool_epoch(const struct spool *s)
{
	return s->epoch;
}

struct window_spool spool_span(const struct spool *s)
{
	return (struct window_spool){.oldest = oldest_held(s), .last = s->last};
}

int64_t spool_acked(const struct spool *s)
{
	return s->acked;
}

int64_t spool_shown_oldest(const struct spool *s)
{
	return s->shown_oldest;
}

bool spool_inspect(const char *dir, void (*each)(void *context, const char *epoch, const struct record *r),
		   void *context, size_t *n_bad)
{
	size_t n;
	struct segment *list;

	if (access(dir, R_OK | X_OK) != 0)
		return false;
	list = files_scan(dir, false, &n, n_bad);
	for (size_t i = 0; i < n; i++) {
		size_t len = 0;
		uint8_t *bytes = files_segment_bytes(dir, &list[i], &len);
		struct record_walk w = {.bytes = bytes, .len = len, .at = RECORD_SEGMENT_HEADER_LEN};
		struct record r;

		while (bytes != NULL && record_next(&w, &r))
			each(context, list[i].epoch, &r);
		free(bytes);
	}
	free(list);
	return true;
}
