/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The HTTP door. In this order: route, size and type of the content, who asks, rights, CSRF, preconditions;
 * then what is slow, without any lock; then one transaction with idempotency, handler and the events; then
 * the words.
 *
 * Who asks is read in a transaction of its own: the handler's must not begin before rights are judged, and a
 * session that ends between the two ends a moment later.
 */
#include "inventory-service/door_http.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/audit.h"
#include "inventory-service/call.h"
#include "inventory-service/idempotency.h"
#include "inventory-service/rights.h"
#include "inventory-service/service.h"

#define SLOW_MS 50

static const char *const method_names[] = {"GET", "POST", "PATCH", "PUT", "DELETE"};

struct door {
	struct service *service;
	const struct http_request *rq;
	struct http_reply *reply;
	struct route_match match;
	struct session_limits limits;
	int64_t real_s;
	struct credential credential;
	struct actor who;
	bool is_keyed;
	struct idempotency key;
	bool is_replayed;
	struct idempotent_answer replayed;
	int64_t event_ids[8];
	struct call call;
};

/* ---- words -------------------------------------------------------------------------------------------- */

static void put_booking_problem(struct json_out *o, const struct call *c)
{
	if (c->conflicts.len)
		json_put_raw(o, "conflicts", c->conflicts.bytes);
	if (c->earliest_s > 0)
		json_put_time(o, "earliest_feasible", c->earliest_s);
	else if (c->earliest_s == 0)
		json_put_null(o, "earliest_feasible");
}

static void refuse(struct http_reply *reply, enum err err, const char *field, const char *detail,
		   const struct call *c)
{
	struct json_out o = {0};
	char type[64];

	snprintf(type, sizeof type, "urn:navette:%s", err_code(err));
	json_open_object(&o, NULL);
	json_put_text(&o, "type", type);
	json_put_text(&o, "title", err_title(err));
	json_put_i64(&o, "status", err_status(err));
	json_put_text(&o, "code", err_code(err));
	json_put_text(&o, "detail", detail && detail[0] ? detail : err_advice(err));
	if (field && field[0])
		json_put_text(&o, "field", field);
	if (c)
		put_booking_problem(&o, c);
	json_close_object(&o);
	free(reply->body);
	reply->status = err_status(err);
	reply->body = o.bytes;
	reply->body_len = o.len;
	reply->content_type = "application/problem+json";
	if ((err == ERR_BUSY || err == ERR_RATE) && !reply->retry_after_s)
		reply->retry_after_s = 5;
}

void http_reply_refuse(struct http_reply *reply, enum err err, const char *field, const char *detail)
{
	refuse(reply, err, field, detail, NULL);
}

void http_reply_fini(struct http_reply *reply)
{
	if (!reply)
		return;
	free(reply->body);
	reply->body = NULL;
}

static void say_allowed(struct http_reply *reply, unsigned allowed)
{
	size_t n = 0;

	if (allowed & 1u << HTTP_GET)
		n = (size_t)snprintf(reply->allow, sizeof reply->allow, "GET, HEAD");
	for (unsigned i = HTTP_POST; i <= HTTP_DELETE; i++)
		if (allowed & 1u << i)
			n += (size_t)snprintf(reply->allow + n, sizeof reply->allow - n, "%s%s",
					      n ? ", " : "", method_names[i]);
}

/* ---- admission ---------------------------------------------------------------------------------------- */

static enum err find_route(struct door *d)
{
	size_t len = sizeof API_PREFIX - 1;

	if (strncmp(d->rq->path, API_PREFIX, len) != 0)
		return ERR_NOT_FOUND;
	d->match = route_find(d->rq->method, d->rq->path + len);
	if (d->match.route != N_ROUTES)
		return OK;
	if (!d->match.allowed)
		return ERR_NOT_FOUND;
	say_allowed(d->reply, d->match.allowed);
	return ERR_METHOD;
}

static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t len = content_type ? strcspn(content_type, "; \t") : 0;

	return len == sizeof json - 1 && strncasecmp(content_type, json, len) == 0;
}

static enum err check_content(const struct http_request *rq)
{
	if (rq->body_len > JSON_LIMIT)
		return ERR_TOO_LARGE;
	return rq->body_len == 0 || is_json(rq->content_type) ? OK : ERR_CONTENT_TYPE;
}

struct who_work {
	struct door *door;
	bool is_due; /* the last use must be written */
};

static enum err load_who(struct db *db, void *context)
{
	struct who_work *w = context;
	struct door *d = w->door;
	enum err err = session_check(db, &d->limits, &d->credential, d->real_s, d->call.now_s, &d->who);

	w->is_due = !err && d->real_s - d->credential.seen_s >= SESSION_TOUCH_S;
	return err;
}

static enum err touch(struct db *db, void *context)
{
	struct door *d = ((struct who_work *)context)->door;

	return session_touch(db, &d->credential, d->real_s);
}

/* A bearer token that does not hold is an error everywhere; a stale cookie only where sign-in is needed. */
static enum err find_who(struct door *d)
{
	struct who_work w = {.door = d};
	enum err err;

	if (d->rq->authorization) {
		if (!session_of_bearer(d->rq->authorization, &d->credential))
			return ERR_AUTH_REQUIRED;
	} else if (!session_of_cookie(d->rq->cookie, d->rq->is_tls, &d->credential)) {
		return OK;
	}
	err = service_read(d->service, load_who, &w);
	if (err == ERR_AUTH_REQUIRED && !d->credential.is_token)
		return OK;
	if (err)
		return err;
	d->call.credential = &d->credential;
	/* A full disk must not sign people out: the call itself will say what it can and cannot do. */
	if (w.is_due && !d->credential.is_token && service_write_apart(d->service, "session", touch, &w))
		log_warn("http: last use of a session could not be stored");
	return OK;
}

/* A foreign page cannot forge Origin; a script may leave it out. */
static bool is_foreign_origin(const struct http_request *rq)
{
	const char *host;

	if (!rq->origin)
		return false;
	host = strstr(rq->origin, "://");
	return !host || !rq->host || strcasecmp(host + 3, rq->host) != 0;
}

static enum err check_csrf(const struct door *d)
{
	if (d->rq->method == HTTP_GET)
		return OK;
	if (is_foreign_origin(d->rq))
		return ERR_CSRF;
	if (!d->call.credential || d->credential.is_token || d->match.route == ROUTE_session_open)
		return OK;
	return session_csrf_holds(&d->credential, d->rq->csrf) ? OK : ERR_CSRF;
}

static enum err check_rights(const struct door *d)
{
	if (rights_allows(d->match.route, &d->who, NULL))
		return OK;
	return d->who.user_id ? ERR_FORBIDDEN : ERR_AUTH_REQUIRED;
}

/* If-Match: "3". A list or a weak tag is no version of ours. */
static enum err read_if_match(struct door *d)
{
	const char *text = d->rq->if_match;
	char digits[24];
	size_t len = text ? strlen(text) : 0;

	if (!text || strcmp(text, "*") == 0)
		return OK;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof digits)
		return call_refuse(&d->call, ERR_STALE, "If-Match", NULL);
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!int64_parse(digits, &d->call.if_match) || d->call.if_match < 1)
		return call_refuse(&d->call, ERR_STALE, "If-Match", NULL);
	return OK;
}

static enum err read_key(struct door *d)
{
	const struct http_request *rq = d->rq;

	if (rq->method != HTTP_POST || !rq->idempotency_key || !d->who.user_id)
		return OK;
	d->is_keyed = idempotency_make(&d->key, d->who.user_id, rq->idempotency_key, "POST", rq->path,
				       rq->body, rq->body_len);
	return d->is_keyed ? OK : call_refuse(&d->call, ERR_LENGTH, "Idempotency-Key", NULL);
}

static void fill_call(struct door *d)
{
	struct call *c = &d->call;

	c->route = d->match.route;
	memcpy(c->ids, d->match.ids, sizeof c->ids);
	memcpy(c->word, d->match.word, sizeof c->word);
	c->wants_csv = d->match.wants_csv;
	c->last_event_id = -1;
	if (d->rq->last_event_id && !int64_parse(d->rq->last_event_id, &c->last_event_id))
		c->last_event_id = -1;
}

static enum err admit(struct door *d)
{
	enum err err;

	if ((err = find_route(d)) || (err = check_content(d->rq)) || (err = find_who(d)) ||
	    (err = check_rights(d)) || (err = check_csrf(d)) || (err = read_if_match(d)) ||
	    (err = read_key(d)))
		return err;
	fill_call(d);
	return OK;
}

/* ---- the transaction ---------------------------------------------------------------------------------- */

static enum err run_handler(struct door *d, struct db *db)
{
	enum rights_rule rule = rights_of(d->match.route)->rule;
	enum err err;

	d->call.db = db;
	err = route_row(d->match.route)->handle(&d->call);
	d->call.db = NULL;
	if (!err && (rule == RIGHTS_PLACE || rule == RIGHTS_HIDDEN) && !d->call.place_asked) {
		log_err("http: %s never asked for its place: refused", route_row(d->match.route)->name);
		return ERR_INTERNAL;
	}
	return err;
}

static enum err record_changes(struct door *d, struct db *db)
{
	enum err err = OK;

	for (size_t i = 0; i < d->call.n_changes && !err; i++)
		err = service_record(db, d->call.now_s, &d->call.changes[i], &d->event_ids[i]);
	return err;
}

static enum err remember(struct door *d, struct db *db)
{
	struct idempotent_answer answer = {
		.status = d->call.status, .body = d->call.out.bytes, .body_len = d->call.out.len};

	memcpy(answer.location, d->call.location, sizeof answer.location);
	return idempotency_store(db, service_secret(d->service), &d->key, d->call.now_s, &answer);
}

static enum err write_work(struct db *db, void *context)
{
	struct door *d = context;
	enum err err;

	/* Now is when the lock was taken: what one writer does after another is not before it. */
	d->call.now_ms = clock_now_ms();
	d->call.now_s = d->call.now_ms / 1000;
	if (d->is_keyed) {
		err = idempotency_find(db, service_secret(d->service), &d->key, d->call.now_s,
				       &d->is_replayed, &d->replayed);
		if (err || d->is_replayed)
			return err;
	}
	if ((err = run_handler(d, db)) || (err = record_changes(d, db)))
		return err;
	return d->is_keyed ? remember(d, db) : OK;
}

static enum err read_work(struct db *db, void *context)
{
	return run_handler(context, db);
}

struct explaining {
	struct door *door;
	enum err err;
};

static enum err explain_work(struct db *db, void *context)
{
	struct explaining *x = context;

	x->door->call.db = db;
	x->door->call.explain(&x->door->call, x->err);
	x->door->call.db = NULL;
	return OK;
}

static void explain(struct door *d, enum err err)
{
	struct explaining x = {.door = d, .err = err};

	if (d->call.explain && service_read(d->service, explain_work, &x))
		log_warn("http: a refusal could not be explained: it stands as it is");
}

static enum err refusal_work(struct db *db, void *context)
{
	struct door *d = context;
	struct idempotent_answer answer = {
		.status = d->reply->status, .body = d->reply->body, .body_len = d->reply->body_len};

	return idempotency_store(db, service_secret(d->service), &d->key, d->call.now_s, &answer);
}

static enum err denied_work(struct db *db, void *context)
{
	struct door *d = context;

	return audit_add(db, &d->who, d->call.now_s, "denied", route_row(d->match.route)->name,
			 d->match.ids[0], NULL, NULL);
}

/* ---- the answer --------------------------------------------------------------------------------------- */

static void answer_replayed(struct door *d)
{
	d->reply->status = d->replayed.status;
	d->reply->body = d->replayed.body;
	d->reply->body_len = d->replayed.body_len;
	d->reply->content_type = d->replayed.status < 400 ? "application/json" : "application/problem+json";
	memcpy(d->reply->location, d->replayed.location, sizeof d->reply->location);
	d->reply->is_replayed = true;
}

static void answer_done(struct door *d)
{
	struct call *c = &d->call;
	struct http_reply *reply = d->reply;

	reply->status = c->status;
	reply->is_stream = c->wants_stream;
	reply->last_event_id = c->last_event_id;
	if (c->wants_stream)
		reply->credential = d->credential;
	if (c->status != 204 && !c->wants_stream) {
		reply->body = c->out.bytes;
		reply->body_len = c->out.len;
		c->out = (struct json_out){0};
	}
	reply->content_type = c->content_type ? c->content_type : "application/json";
	memcpy(reply->location, c->location, sizeof reply->location);
	if (c->version)
		snprintf(reply->etag, sizeof reply->etag, "\"%lld\"", (long long)c->version);
	if (c->session_token[0])
		session_cookie(c->session_token, d->rq->is_tls, d->limits.max_s, reply->cookie);
}

static void announce(struct door *d)
{
	for (size_t i = 0; i < d->call.n_changes; i++)
		service_announce(d->service, &d->call.changes[i], d->event_ids[i]);
}

static void answer_refused(struct door *d, enum err err)
{
	if (d->call.retry_after_s)
		d->reply->retry_after_s = d->call.retry_after_s;
	explain(d, err);
	refuse(d->reply, err, d->call.field, d->call.detail, &d->call);
	if (err == ERR_FORBIDDEN && d->who.user_id && d->rq->method != HTTP_GET &&
	    service_write_apart(d->service, "denied", denied_work, d))
		log_warn("http: a denial could not be written to the journal");
	if (d->is_keyed && err != ERR_IDEMPOTENCY && (d->reply->status == 409 || d->reply->status == 422) &&
	    service_write_apart(d->service, "idempotency", refusal_work, d))
		log_warn("http: a refusal could not be remembered: the next attempt is judged anew");
}

/* ---- counters ----------------------------------------------------------------------------------------- */

static const int statuses[] = {200, 201, 204, 400, 401, 403, 404, 405, 409,
			       412, 413, 415, 422, 429, 500, 503, 507};
#define N_STATUSES (sizeof statuses / sizeof statuses[0])

static atomic_uint_fast64_t calls[N_ROUTES + 1][N_STATUSES];
static atomic_uint_fast64_t call_ms[N_ROUTES + 1];

static void count(enum route route, int status, int64_t ms)
{
	for (size_t i = 0; i < N_STATUSES; i++)
		if (statuses[i] == status)
			atomic_fetch_add(&calls[route][i], 1);
	atomic_fetch_add(&call_ms[route], (uint64_t)ms);
}

void service_call_metrics(FILE *out)
{
	fputs("# TYPE navette_http_calls_total counter\n", out);
	for (size_t r = 0; r <= N_ROUTES; r++)
		for (size_t i = 0; i < N_STATUSES; i++) {
			uint64_t n = atomic_load(&calls[r][i]);

			if (n)
				fprintf(out, "navette_http_calls_total{route=\"%s\",status=\"%d\"} %llu\n",
					r < N_ROUTES ? route_row((enum route)r)->name : "", statuses[i],
					(unsigned long long)n);
		}
	fputs("# TYPE navette_http_call_milliseconds_total counter\n", out);
	for (size_t r = 0; r < N_ROUTES; r++)
		if (atomic_load(&call_ms[r]))
			fprintf(out, "navette_http_call_milliseconds_total{route=\"%s\"} %llu\n",
				route_row((enum route)r)->name, (unsigned long long)atomic_load(&call_ms[r]));
}

/* ---- in and out --------------------------------------------------------------------------------------- */

bool service_call_is_slow(const struct http_request *rq)
{
	struct route_match m = {.route = N_ROUTES};

	if (strncmp(rq->path, API_PREFIX, sizeof API_PREFIX - 1) == 0)
		m = route_find(rq->method, rq->path + sizeof API_PREFIX - 1);
	return m.route != N_ROUTES && route_prepare_of(m.route);
}

static enum err serve(struct door *d, int64_t *from_ms)
{
	route_prepare *prepare;
	enum err err;

	if ((err = admit(d)))
		return err;
	prepare = route_prepare_of(d->match.route);
	if (prepare) {
		err = prepare(&d->call);
		*from_ms = clock_real_mono_ms(); /* what is slow on purpose is not what the log is for */
		if (err)
			return err;
	}
	if (route_row(d->match.route)->mode == READ)
		return service_read(d->service, read_work, d);
	return service_write(d->service, route_row(d->match.route)->name, write_work, d);
}

static void init(struct door *d, struct service *s, const struct http_request *rq, struct http_reply *reply)
{
	const struct service_setting *setting = service_setting(s);

	memset(reply, 0, sizeof *reply);
	d->service = s;
	d->rq = rq;
	d->reply = reply;
	d->match.route = N_ROUTES;
	d->limits = session_limits_of(setting->session_idle_s, setting->session_max_s);
	d->real_s = (int64_t)time(NULL);
	d->call.service = s;
	d->call.who = &d->who;
	d->call.now_ms = clock_now_ms();
	d->call.now_s = d->call.now_ms / 1000;
	d->call.real_s = d->real_s;
	d->call.real_mono_ms = clock_real_mono_ms();
	d->call.query = rq->query;
	d->call.body = rq->body;
	d->call.body_len = rq->body_len;
	d->call.client_address = rq->client_address;
	d->call.status = 200;
	d->call.earliest_s = -1;
}

void service_call(struct service *s, const struct http_request *rq, struct http_reply *reply)
{
	struct door d = {0};
	int64_t from_ms = clock_real_mono_ms(), took_ms;
	enum err err;

	init(&d, s, rq, reply);
	err = serve(&d, &from_ms);
	if (!err && d.is_replayed)
		answer_replayed(&d);
	else if (!err)
		answer_done(&d);
	else
		answer_refused(&d, err);
	if (!err && !d.is_replayed)
		announce(&d);
	json_out_free(&d.call.out);
	json_out_free(&d.call.conflicts);
	json_free(d.call.doc);
	took_ms = clock_real_mono_ms() - from_ms;
	count(d.match.route, reply->status, took_ms);
	if (took_ms > SLOW_MS)
		log_info("http: slow call: %s took %lld ms status=%d",
			 d.match.route == N_ROUTES ? "?" : route_row(d.match.route)->name, (long long)took_ms,
			 reply->status);
}
