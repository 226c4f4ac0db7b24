/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One thread reads stored events from the table in the order of their ids and hands them to every client. An
 * announcement of a stored change only wakes it: commits are told by several threads in any order, the table
 * has one, and whoever reconnects with the last id it saw must not have missed a lower one. Telemetry, which
 * is not stored, is handed on directly.
 *
 * A client's queue is text, ready to be sent, and bounded: a page that does not read is told to start over. A
 * client without text sleeps (its connection is suspended); a content callback that returned nothing would
 * spin a core.
 *
 * The lock guards the list and the queues; held for copies only. Connections are woken after it is let go.
 */
#include "inventory-service/outbox/sse.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "inventory-service/rights.h"

#define QUEUE_BYTES ((size_t)64 * 1024)
#define REPLAY_EVENTS 1000
#define PAGE 200
#define HEARTBEAT_MS 20000
#define CHECK_MS 2000
#define RESET "event: reset\ndata: {}\n\n"

struct text {
	char *bytes;
	size_t len, cap;
};

struct sse_client {
	struct sse *sse;
	struct sse_client *next;
	uint64_t serial;
	struct credential credential;
	struct actor who;
	struct sse_connection connection;
	struct text backlog; /* what a resumed client missed; sent first, touched by its own thread only */
	struct text queue;
	size_t backlog_taken, taken; /* bytes of the backlog, of the queue */
	int64_t sent_ms;
	bool is_asleep;
	bool is_ended;
};

struct sse {
	struct service *service;
	struct session_limits limits;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t told;
	bool is_pending; /* stored events are waiting in the table */
	bool is_stopping;
	int64_t newest; /* the last stored event handed on */
	struct sse_client *clients;
	int n_clients;
	uint64_t serials;
};

/* Connections to wake once the lock is let go. */
struct wakes {
	struct sse_connection rows[SSE_MAX_CLIENTS];
	int n;
};

/* ---- text --------------------------------------------------------------------------------------------- */

static void text_add(struct text *t, const char *bytes, size_t len)
{
	if (t->len + len > t->cap) {
		t->cap = (t->len + len) * 2;
		t->bytes = xrealloc(t->bytes, t->cap);
	}
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void put_fields(struct json_out *o, const char *fields)
{
	char name[96];

	json_open_array(o, "fields");
	while (*fields) {
		size_t len = strcspn(fields, ",");

		snprintf(name, sizeof name, "%.*s", (int)len, fields);
		json_put_text(o, NULL, name);
		fields += len + (fields[len] == ',');
	}
	json_close_array(o);
}

/* One event as it is sent. The caller frees. */
static char *format_event(const struct service_announcement *a, size_t *len)
{
	struct json_out o = {0};
	char head[80] = "";
	char *out;
	int n = 0;

	json_open_object(&o, NULL);
	json_put_text(&o, "kind", a->kind);
	json_put_i64(&o, "id", a->id);
	json_put_i64(&o, "version", a->version);
	put_fields(&o, a->fields);
	json_close_object(&o);
	if (a->event_id)
		n = snprintf(head, sizeof head, "id: %lld\n", (long long)a->event_id);
	snprintf(head + n, sizeof head - (size_t)n, "event: %s\n", a->kind);
	out = xcalloc(1, sizeof head + o.len + 16);
	*len = (size_t)snprintf(out, sizeof head + o.len + 16, "%sdata: %s\n\n", head, o.bytes);
	json_out_free(&o);
	return out;
}

/* ---- queues; the lock is held ------------------------------------------------------------------------- */

static void rouse(struct sse_client *c, struct wakes *wakes)
{
	if (!c->is_asleep)
		return;
	c->is_asleep = false;
	wakes->rows[wakes->n++] = c->connection;
}

/* An event that was begun is ended: what follows must not run into it. */
static size_t begun_until(const struct sse_client *c)
{
	const char *from = c->queue.bytes + c->taken;
	const char *end = c->taken ? memmem(from, c->queue.len - c->taken, "\n\n", 2) : NULL;

	return end ? (size_t)(end + 2 - c->queue.bytes) : c->taken;
}

static void push(struct sse_client *c, const char *bytes, size_t len, struct wakes *wakes)
{
	if (c->queue.len + len > QUEUE_BYTES) {
		c->queue.len = begun_until(c);
		text_add(&c->queue, RESET, sizeof RESET - 1);
	} else {
		text_add(&c->queue, bytes, len);
	}
	rouse(c, wakes);
}

static void wake_all(const struct wakes *wakes)
{
	for (int i = 0; i < wakes->n; i++)
		wakes->rows[i].wake(wakes->rows[i].context);
}

static void hand_on(struct sse *sse, const struct service_announcement *a)
{
	struct wakes wakes = {.n = 0};
	size_t len;
	char *text = format_event(a, &len);

	pthread_mutex_lock(&sse->lock);
	for (struct sse_client *c = sse->clients; c; c = c->next)
		if (!c->is_ended && rights_hears(&c->who, a->kind))
			push(c, text, len, &wakes);
	if (a->event_id)
		sse->newest = a->event_id;
	pthread_mutex_unlock(&sse->lock);
	wake_all(&wakes);
	free(text);
}

static void hear(void *context, const struct service_announcement *a)
{
	struct sse *sse = context;

	if (!a->event_id) {
		hand_on(sse, a);
		return;
	}
	pthread_mutex_lock(&sse->lock);
	sse->is_pending = true;
	pthread_cond_signal(&sse->told);
	pthread_mutex_unlock(&sse->lock);
}

/* ---- the table ---------------------------------------------------------------------------------------- */

static struct query events_after(struct db *db, int64_t after_id, int64_t until_id, int64_t limit)
{
	struct query q = db_query(db, "SELECT id, kind, object_id, object_version, fields FROM event "
				      "WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3");

	put_i64(&q, after_id);
	put_i64(&q, until_id);
	put_i64(&q, limit);
	return q;
}

static bool next_event(struct query *q, struct service_announcement *out)
{
	if (!db_next(q))
		return false;
	out->event_id = get_i64(q);
	get_text(q, out->kind, sizeof out->kind);
	out->id = get_i64(q);
	out->version = get_i64(q);
	get_text(q, out->fields, sizeof out->fields);
	return true;
}

struct page {
	struct sse *sse;
	int64_t n;
};

static enum err hand_on_page(struct db *db, void *context)
{
	struct page *page = context;
	/* Only this thread moves it. */
	struct query q = events_after(db, page->sse->newest, INT64_MAX, PAGE);
	struct service_announcement a;

	for (page->n = 0; next_event(&q, &a); page->n++)
		hand_on(page->sse, &a);
	return db_end(&q);
}

static enum err load_newest(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT coalesce(max(id), 0) FROM event");

	while (db_next(&q))
		*(int64_t *)context = get_i64(&q);
	return db_end(&q);
}

static void hand_on_stored(struct sse *sse)
{
	struct page page = {.sse = sse, .n = PAGE};

	while (page.n == PAGE)
		if (service_read(sse->service, hand_on_page, &page)) {
			log_warn("sse: stored events cannot be read: tried again");
			return;
		}
}

/* ---- sessions ----------------------------------------------------------------------------------------- */

struct checked {
	uint64_t serial;
	struct credential credential;
	struct actor who;
	bool holds;
};

struct check_work {
	struct sse *sse;
	struct checked rows[SSE_MAX_CLIENTS];
	int n;
};

static enum err check_all(struct db *db, void *context)
{
	struct check_work *w = context;
	int64_t now_s = clock_now_s(), real_s = (int64_t)time(NULL);
	enum err err;

	for (int i = 0; i < w->n; i++) {
		struct checked *row = &w->rows[i];

		err = session_check(db, &w->sse->limits, &row->credential, real_s, now_s, &row->who);
		if (err && err != ERR_AUTH_REQUIRED)
			return err;
		row->holds = err == OK;
	}
	return OK;
}

static const struct checked *find_checked(const struct check_work *w, uint64_t serial)
{
	for (int i = 0; i < w->n; i++)
		if (w->rows[i].serial == serial)
			return &w->rows[i];
	return NULL;
}

/* Sessions that ended take their streams with them; roles that changed change what is heard. */
static void check_sessions(struct sse *sse)
{
	struct check_work w = {.sse = sse};
	struct wakes wakes = {.n = 0};

	pthread_mutex_lock(&sse->lock);
	for (struct sse_client *c = sse->clients; c; c = c->next)
		w.rows[w.n++] = (struct checked){.serial = c->serial, .credential = c->credential};
	pthread_mutex_unlock(&sse->lock);
	if (w.n == 0 || service_read(sse->service, check_all, &w))
		return; /* the disk is in trouble: ending everybody would not help it */
	pthread_mutex_lock(&sse->lock);
	for (struct sse_client *c = sse->clients; c; c = c->next) {
		const struct checked *row = find_checked(&w, c->serial);

		if (row && row->holds)
			c->who = row->who;
		if (row && !row->holds) {
			c->is_ended = true;
			rouse(c, &wakes);
		}
	}
	pthread_mutex_unlock(&sse->lock);
	wake_all(&wakes);
}

/* ---- the thread --------------------------------------------------------------------------------------- */

static void beat(struct sse *sse, int64_t real_ms)
{
	struct wakes wakes = {.n = 0};

	pthread_mutex_lock(&sse->lock);
	for (struct sse_client *c = sse->clients; c; c = c->next)
		if (c->is_asleep && real_ms - c->sent_ms >= HEARTBEAT_MS)
			push(c, ":\n\n", 3, &wakes);
	pthread_mutex_unlock(&sse->lock);
	wake_all(&wakes);
}

/* False: time to stop. Waits at most a second: other processes (the console) tell nobody what they stored. */
static bool wait_told(struct sse *sse)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&sse->lock);
	while (!sse->is_pending && !sse->is_stopping &&
	       pthread_cond_timedwait(&sse->told, &sse->lock, &until) == 0)
		;
	sse->is_pending = false;
	go_on = !sse->is_stopping;
	pthread_mutex_unlock(&sse->lock);
	return go_on;
}

static void *run(void *context)
{
	struct sse *sse = context;
	int64_t checked_ms = 0;

	while (wait_told(sse)) {
		int64_t real_ms = clock_real_mono_ms();

		hand_on_stored(sse);
		if (real_ms - checked_ms >= CHECK_MS) {
			check_sessions(sse);
			checked_ms = real_ms;
		}
		beat(sse, real_ms);
	}
	return NULL;
}

struct sse *sse_start(struct service *s)
{
	const struct service_setting *setting = service_setting(s);
	struct sse *sse = xcalloc(1, sizeof *sse);
	pthread_condattr_t attributes;

	sse->service = s;
	sse->limits = session_limits_of(setting->session_idle_s, setting->session_max_s);
	pthread_mutex_init(&sse->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sse->told, &attributes);
	pthread_condattr_destroy(&attributes);
	if (service_read(s, load_newest, &sse->newest))
		fatal("sse: the events cannot be read");
	if (pthread_create(&sse->thread, NULL, run, sse))
		fatal("sse: no thread");
	service_listen(s, hear, sse);
	return sse;
}

void sse_stop(struct sse *sse)
{
	struct wakes wakes = {.n = 0};

	pthread_mutex_lock(&sse->lock);
	sse->is_stopping = true;
	for (struct sse_client *c = sse->clients; c; c = c->next) {
		c->is_ended = true;
		rouse(c, &wakes);
	}
	pthread_cond_signal(&sse->told);
	pthread_mutex_unlock(&sse->lock);
	wake_all(&wakes);
	pthread_join(sse->thread, NULL);
}

void sse_free(struct sse *sse)
{
	if (!sse)
		return;
	pthread_mutex_destroy(&sse->lock);
	pthread_cond_destroy(&sse->told);
	free(sse);
}

/* ---- clients ------------------------------------------------------------------------------------------ */

struct open_work {
	struct sse *sse;
	struct sse_client *client;
	int64_t after_id, until_id;
};

/* What lies between; where a part of it is gone, or it is too much, one word says so. */
static enum err replay(struct db *db, void *context)
{
	struct open_work *w = context;
	struct query q = events_after(db, w->after_id, w->until_id, REPLAY_EVENTS + 1);
	struct service_announcement a;
	int64_t next_id = w->after_id + 1;
	int n = 0;

	for (; next_event(&q, &a); n++) {
		size_t len;
		char *text;

		if (n == 0 && a.event_id != next_id)
			break;
		next_id = a.event_id + 1;
		if (!rights_hears(&w->client->who, a.kind))
			continue;
		text = format_event(&a, &len);
		text_add(&w->client->backlog, text, len);
		free(text);
	}
	if (n > REPLAY_EVENTS || next_id != w->until_id + 1) {
		w->client->backlog.len = 0;
		text_add(&w->client->backlog, RESET, sizeof RESET - 1);
	}
	return db_end(&q);
}

static enum err check_one(struct db *db, void *context)
{
	struct open_work *w = context;

	return session_check(db, &w->sse->limits, &w->client->credential, (int64_t)time(NULL), clock_now_s(),
			     &w->client->who);
}

/* False: too many. *newest: what the client gets live comes after it. */
static bool enlist(struct sse *sse, struct sse_client *client, int64_t *newest)
{
	int of_user = 0;
	bool fits;

	pthread_mutex_lock(&sse->lock);
	for (struct sse_client *c = sse->clients; c; c = c->next)
		of_user += c->who.user_id == client->who.user_id;
	fits = !sse->is_stopping && sse->n_clients < SSE_MAX_CLIENTS && of_user < SSE_MAX_PER_USER;
	if (fits) {
		client->serial = ++sse->serials;
		client->next = sse->clients;
		sse->clients = client;
		sse->n_clients++;
		*newest = sse->newest;
	}
	pthread_mutex_unlock(&sse->lock);
	return fits;
}

enum err sse_open(struct sse *sse, const struct credential *credential, int64_t last_event_id,
		  const struct sse_connection *connection, struct sse_client **out)
{
	static const char hello[] = "retry: 3000\n\n";
	struct sse_client *client = xcalloc(1, sizeof *client);
	struct open_work w = {.sse = sse, .client = client, .after_id = last_event_id};
	enum err err;

	client->sse = sse;
	client->credential = *credential;
	client->connection = *connection;
	client->sent_ms = clock_real_mono_ms();
	if ((err = service_read(sse->service, check_one, &w))) {
		free(client);
		return err;
	}
	if (!enlist(sse, client, &w.until_id)) {
		free(client);
		return ERR_BUSY;
	}
	text_add(&client->backlog, hello, sizeof hello - 1);
	if (last_event_id > w.until_id)
		text_add(&client->backlog, RESET, sizeof RESET - 1); /* the database is older than the page */
	else if (last_event_id >= 0 && last_event_id < w.until_id &&
		 (err = service_read(sse->service, replay, &w))) {
		sse_close(client);
		return err;
	}
	*out = client;
	return OK;
}

/* Copies from t, from *taken on; an emptied text starts anew. */
static size_t take_text(struct text *t, size_t *taken, char *out, size_t max)
{
	size_t n = t->len - *taken < max ? t->len - *taken : max;

	if (n == 0)
		return 0;
	memcpy(out, t->bytes + *taken, n);
	*taken += n;
	if (*taken == t->len)
		*taken = t->len = 0;
	return n;
}

long sse_take(struct sse_client *c, char *out, size_t max)
{
	long result;
	size_t n;

	pthread_mutex_lock(&c->sse->lock);
	n = c->backlog.len ? take_text(&c->backlog, &c->backlog_taken, out, max)
			   : take_text(&c->queue, &c->taken, out, max);
	c->sent_ms = clock_real_mono_ms();
	if (n == 0 && !c->is_ended) {
		/* Under the lock: whoever has news must find a connection that sleeps already. */
		c->is_asleep = true;
		c->connection.sleep(c->connection.context);
	}
	result = n ? (long)n : c->is_ended ? -1 : 0;
	pthread_mutex_unlock(&c->sse->lock);
	return result;
}

void sse_end(struct sse_client *client)
{
	struct wakes wakes = {.n = 0};

	pthread_mutex_lock(&client->sse->lock);
	client->is_ended = true;
	rouse(client, &wakes);
	pthread_mutex_unlock(&client->sse->lock);
	wake_all(&wakes);
}

void sse_close(struct sse_client *client)
{
	struct sse *sse;

	if (!client)
		return;
	sse = client->sse;
	pthread_mutex_lock(&sse->lock);
	for (struct sse_client **at = &sse->clients; *at; at = &(*at)->next)
		if (*at == client) {
			*at = client->next;
			sse->n_clients--;
			break;
		}
	pthread_mutex_unlock(&sse->lock);
	free(client->backlog.bytes);
	free(client->queue.bytes);
	free(client);
}

int sse_count(struct sse *sse)
{
	int n;

	pthread_mutex_lock(&sse->lock);
	n = sse->n_clients;
	pthread_mutex_unlock(&sse->lock);
	return n;
}
