/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The only file that knows libmicrohttpd. What 0.9.75 does not do is done here (each was seen to be needed):
 *
 * - its time-out is one of silence: a header a second keeps a connection for ever. A watch thread shuts down
 *   connections that are past a deadline of their own.
 * - it accepts a length beside a transfer coding, two lengths, two hosts: refused, and the connection closes.
 * - it decodes "%00" into a C string that ends there: the address is taken raw (URI_LOG_CALLBACK) and decoded
 * here.
 * - bodies are counted here; JSON only, so its PostProcessor has no work.
 *
 * Calls that hash a password are suspended and done by one thread, in their order: the four others go on
 * serving, and no two hashes ever run at once. Event streams are suspended while they have nothing to say.
 *
 * Locks: one over the list of connections, one over the queue of slow calls. Both are held for list work
 * only.
 */
#include "inventory-service/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/daemon/clock.h"
#include "common/daemon/json.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "inventory-service/door_http.h"
#include "inventory-service/gzip.h"
#include "inventory-service/http_text.h"
#include "inventory-service/metrics.h"
#include "inventory-service/web_files.h"

#define THREADS 4
#define CONNECTIONS 800
#define CONNECTIONS_PER_ADDRESS 400
#define IDLE_S 15
#define ARRIVE_MS 15000
#define KEPT_MS 30000
#define TAKE_MS 60000
#define WATCH_MS 500
#define DISCARD_MAX                                                                            \
	((size_t)1024 * 1024) /* of a body that is too large: read so that the refusal arrives \
			       */
#define SLOW_MAX 64
#define CSP \
	"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

#ifndef NAVETTE_BUILD
#define NAVETTE_BUILD "unknown"
#endif

struct peer { /* one connection */
	struct peer *previous, *next;
	int fd;
	int64_t deadline_ms;       /* 0: none */
	bool is_used;              /* it has had a request */
	struct sse_client *client; /* what it streams */
};

struct exchange { /* one request and its answer */
	struct http *http;
	struct MHD_Connection *connection;
	struct peer *peer;
	struct exchange *next; /* in the queue of slow calls */
	char *uri;
	char path[HTTP_MAX_URI];
	char address[64];
	char *body;
	size_t body_len, body_cap, discarded;
	bool is_seen;     /* the headers were judged */
	bool is_answered; /* reply is ready */
	bool must_close;
	bool is_head;
	struct http_request rq;
	struct http_reply reply;
	struct sse_client *client;
};

struct http {
	struct http_setting setting;
	struct MHD_Daemon *daemon;
	int port;

	pthread_mutex_t peers_lock;
	struct peer *peers;

	pthread_t watch, slow;
	pthread_mutex_t slow_lock;
	pthread_cond_t slow_told;
	struct exchange *slow_first, *slow_last;
	int n_slow;
	bool is_stopping;
};

/* ---- deadlines ---------------------------------------------------------------------------------------- */

static void set_deadline(struct http *h, struct peer *p, int64_t in_ms)
{
	if (!p)
		return;
	pthread_mutex_lock(&h->peers_lock);
	p->deadline_ms = in_ms ? clock_real_mono_ms() + in_ms : 0;
	pthread_mutex_unlock(&h->peers_lock);
}

/* A suspended connection is polled by nobody: a page that was closed would keep its place until the next
 * heartbeat. */
static bool has_hung_up(const struct peer *p)
{
	struct pollfd fd = {.fd = p->fd, .events = POLLRDHUP};

	return poll(&fd, 1, 0) > 0;
}

static void shut_late(struct http *h)
{
	int64_t now_ms = clock_real_mono_ms();

	pthread_mutex_lock(&h->peers_lock);
	for (struct peer *p = h->peers; p; p = p->next) {
		if (p->client && has_hung_up(p))
			sse_end(p->client);
		if (!p->deadline_ms || p->deadline_ms >= now_ms)
			continue;
		shutdown(p->fd, SHUT_RDWR); /* its thread sees the end and closes it */
		p->deadline_ms = 0;
	}
	pthread_mutex_unlock(&h->peers_lock);
}

static void set_stream(struct http *h, struct peer *p, struct sse_client *client)
{
	if (!p)
		return;
	pthread_mutex_lock(&h->peers_lock);
	p->client = client;
	pthread_mutex_unlock(&h->peers_lock);
}

static void *watch(void *context)
{
	struct http *h = context;
	struct timespec pause = {.tv_nsec = WATCH_MS * 1000000L};

	while (!__atomic_load_n(&h->is_stopping, __ATOMIC_ACQUIRE)) {
		nanosleep(&pause, NULL);
		shut_late(h);
	}
	return NULL;
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **socket_context,
			       enum MHD_ConnectionNotificationCode code)
{
	struct http *h = context;
	struct peer *p = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		p = xcalloc(1, sizeof *p);
		p->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		p->deadline_ms = clock_real_mono_ms() + ARRIVE_MS;
		pthread_mutex_lock(&h->peers_lock);
		p->next = h->peers;
		if (h->peers)
			h->peers->previous = p;
		h->peers = p;
		pthread_mutex_unlock(&h->peers_lock);
		*socket_context = p;
		return;
	}
	if (!p)
		return;
	pthread_mutex_lock(&h->peers_lock);
	if (p->next)
		p->next->previous = p->previous;
	if (p->previous)
		p->previous->next = p->next;
	else
		h->peers = p->next;
	pthread_mutex_unlock(&h->peers_lock);
	free(p);
	*socket_context = NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------ */

static void add_header(struct MHD_Response *r, const char *name, const char *value)
{
	if (value && value[0] && MHD_add_response_header(r, name, value) != MHD_YES)
		log_warn("http: header left out: %s", name);
}

static void add_common(struct exchange *x, struct MHD_Response *r, const char *cache)
{
	add_header(r, "Content-Security-Policy", CSP);
	add_header(r, "X-Content-Type-Options", "nosniff");
	add_header(r, "X-Frame-Options", "DENY");
	add_header(r, "Referrer-Policy", "no-referrer");
	add_header(r, "Cross-Origin-Opener-Policy", "same-origin");
	add_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	add_header(r, "Permissions-Policy", "geolocation=(), microphone=()");
	add_header(r, "Cache-Control", cache);
	if (x->must_close)
		add_header(r, "Connection", "close");
}

static enum MHD_Result queue(struct exchange *x, int status, struct MHD_Response *r)
{
	enum MHD_Result result = r ? MHD_queue_response(x->connection, (unsigned)status, r) : MHD_NO;

	if (r)
		MHD_destroy_response(r);
	set_deadline(x->http, x->peer, x->client ? 0 : TAKE_MS);
	return result;
}

static enum MHD_Result send_bytes(struct exchange *x, int status, const char *type, char *bytes, size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE);

	if (!r) {
		free(bytes);
		return MHD_NO;
	}
	add_common(x, r, "no-store");
	add_header(r, "Content-Type", type);
	return queue(x, status, r);
}

/* Lists and exports. An object goes as it is: its ETag names these bytes. A page cannot be made to ask for
 * what it guesses at (SameSite=Strict), so that the length of an answer tells nobody its content. */
static bool pack(struct exchange *x)
{
	struct http_reply *reply = &x->reply;
	const char *accepted = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Accept-Encoding");

	return reply->status == 200 && !reply->etag[0] && reply->body_len > GZIP_WORTH && accepted &&
	       http_accepts(accepted, "gzip") && gzip_pack(&reply->body, &reply->body_len);
}

static enum MHD_Result send_reply(struct exchange *x)
{
	struct http_reply *reply = &x->reply;
	bool is_packed = pack(x);
	struct MHD_Response *r;
	char number[24];

	r = reply->body ? MHD_create_response_from_buffer(reply->body_len, reply->body, MHD_RESPMEM_MUST_FREE)
			: MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	if (!r)
		return MHD_NO;
	if (reply->body)
		add_header(r, "Content-Type", reply->content_type);
	reply->body = NULL; /* the response's now */
	add_common(x, r, "no-store");
	add_header(r, "Content-Encoding", is_packed ? "gzip" : NULL);
	add_header(r, "Vary", "Accept-Encoding");
	add_header(r, "Location", reply->location);
	add_header(r, "ETag", reply->etag);
	add_header(r, "Set-Cookie", reply->cookie);
	add_header(r, "Allow", reply->allow);
	if (reply->status == 401)
		add_header(r, "WWW-Authenticate", "Bearer");
	if (reply->retry_after_s) {
		snprintf(number, sizeof number, "%lld", (long long)reply->retry_after_s);
		add_header(r, "Retry-After", number);
	}
	if (reply->is_replayed)
		add_header(r, "Idempotency-Replayed", "true");
	return queue(x, reply->status, r);
}

static enum MHD_Result refuse(struct exchange *x, enum err err, const char *field, const char *detail)
{
	http_reply_refuse(&x->reply, err, field, detail);
	return send_reply(x);
}

/* ---- event streams ------------------------------------------------------------------------------------ */

static void sleep_connection(void *context)
{
	MHD_suspend_connection(((struct exchange *)context)->connection);
}

static void wake_connection(void *context)
{
	MHD_resume_connection(((struct exchange *)context)->connection);
}

static ssize_t read_stream(void *context, uint64_t at, char *out, size_t max)
{
	long n = sse_take(((struct exchange *)context)->client, out, max);

	(void)at;
	return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static enum MHD_Result send_stream(struct exchange *x)
{
	struct sse_connection connection = {sleep_connection, wake_connection, x};
	struct MHD_Response *r;
	enum err err;

	if (x->is_head) {
		r = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	} else {
		err = sse_open(x->http->setting.sse, &x->reply.credential, x->reply.last_event_id,
			       &connection, &x->client);
		if (err)
			return refuse(x, err, NULL, NULL);
		set_stream(x->http, x->peer, x->client);
		r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, x, NULL);
	}
	if (!r)
		return MHD_NO;
	add_common(x, r, "no-store");
	add_header(r, "Content-Type", "text/event-stream; charset=utf-8");
	add_header(r, "X-Accel-Buffering", "no"); /* nginx would hold events back */
	return queue(x, 200, r);
}

static enum MHD_Result send_answer(struct exchange *x)
{
	return x->reply.is_stream ? send_stream(x) : send_reply(x);
}

/* ---- slow calls --------------------------------------------------------------------------------------- */

static struct exchange *take_slow(struct http *h)
{
	struct exchange *x;

	pthread_mutex_lock(&h->slow_lock);
	while (!h->slow_first && !h->is_stopping)
		pthread_cond_wait(&h->slow_told, &h->slow_lock);
	x = h->slow_first;
	if (x) {
		h->slow_first = x->next;
		if (!h->slow_first)
			h->slow_last = NULL;
		h->n_slow--;
	}
	pthread_mutex_unlock(&h->slow_lock);
	return x;
}

/* Ends when it is told to and nothing waits any more: every suspended connection is resumed. */
static void *serve_slow(void *context)
{
	struct http *h = context;
	struct exchange *x;

	while ((x = take_slow(h))) {
		service_call(h->setting.service, &x->rq, &x->reply);
		x->is_answered = true;
		MHD_resume_connection(x->connection);
	}
	return NULL;
}

/* False: too many wait. */
static bool add_slow(struct exchange *x)
{
	struct http *h = x->http;
	bool fits;

	pthread_mutex_lock(&h->slow_lock);
	fits = h->n_slow < SLOW_MAX && !h->is_stopping;
	if (fits) {
		MHD_suspend_connection(x->connection); /* before anybody could resume it */
		if (h->slow_last)
			h->slow_last->next = x;
		else
			h->slow_first = x;
		h->slow_last = x;
		h->n_slow++;
		pthread_cond_signal(&h->slow_told);
	}
	pthread_mutex_unlock(&h->slow_lock);
	return fits;
}

/* ---- outside the API ---------------------------------------------------------------------------------- */

static enum MHD_Result send_health(struct exchange *x)
{
	struct json_out o = {0};

	json_open_object(&o, NULL);
	json_put_text(&o, "status", "ok");
	json_put_text(&o, "version", NAVETTE_VERSION);
	json_put_text(&o, "build", NAVETTE_BUILD);
	json_close_object(&o);
	return send_bytes(x, 200, "application/json", o.bytes, o.len);
}

static enum MHD_Result send_ready(struct exchange *x)
{
	const struct http_setting *setting = &x->http->setting;
	bool ready = metrics_is_ready(setting->service);
	struct json_out o = {0};

	json_open_object(&o, NULL);
	json_put_bool(&o, "ready", ready);
	json_put_bool(&o, "broker", setting->mqtt_door && mqtt_door_connected(setting->mqtt_door));
	json_close_object(&o);
	return send_bytes(x, ready ? 200 : 503, "application/json", o.bytes, o.len);
}

static enum MHD_Result send_metrics(struct exchange *x)
{
	const struct http_setting *setting = &x->http->setting;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return MHD_NO;
	metrics_write(out, setting->service, setting->mqtt_door, setting->sse);
	fclose(out);
	return send_bytes(x, 200, "text/plain; version=0.0.4", text, len);
}

static const char *header(struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result send_file(struct exchange *x, struct web_file *file)
{
	const char *known = header(x, "If-None-Match");
	bool is_same = known && strcmp(known, file->etag) == 0;
	struct MHD_Response *r = is_same ? NULL : MHD_create_response_from_fd(file->size, file->fd);

	if (!r) { /* the response would have closed it */
		close(file->fd);
		r = is_same ? MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT) : NULL;
	}
	if (!r)
		return MHD_NO;
	add_common(x, r, file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (!is_same)
		add_header(r, "Content-Type", file->content_type);
	add_header(r, "Content-Encoding", is_same ? NULL : file->encoding);
	add_header(r, "Vary", "Accept-Encoding");
	add_header(r, "ETag", file->etag);
	return queue(x, is_same ? 304 : 200, r);
}

static enum MHD_Result answer_outside(struct exchange *x)
{
	const char *web_dir = service_setting(x->http->setting.service)->web_dir;
	struct web_file file;

	if (x->rq.method != HTTP_GET) {
		memcpy(x->reply.allow, "GET, HEAD", sizeof "GET, HEAD");
		return refuse(x, ERR_METHOD, NULL, NULL);
	}
	if (strcmp(x->path, "/healthz") == 0)
		return send_health(x);
	if (strcmp(x->path, "/readyz") == 0)
		return send_ready(x);
	if (strcmp(x->path, "/metrics") == 0)
		return send_metrics(x);
	if (!web_file_open(web_dir, x->path, header(x, "Accept-Encoding"), &file))
		return refuse(x, ERR_NOT_FOUND, NULL, NULL);
	return send_file(x, &file);
}

/* ---- requests ----------------------------------------------------------------------------------------- */

static enum http_method method_of(const char *text)
{
	static const char *const names[] = {"GET", "POST", "PATCH", "PUT", "DELETE"};

	if (strcmp(text, "HEAD") == 0)
		return HTTP_GET;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum http_method)i;
	return HTTP_OTHER;
}

struct framing {
	int n_lengths, n_codings, n_hosts;
	bool is_bad;
};

static enum MHD_Result count_framing(void *context, enum MHD_ValueKind kind, const char *name,
				     const char *value)
{
	struct framing *f = context;

	(void)kind;
	f->n_lengths += strcasecmp(name, "Content-Length") == 0;
	f->n_codings += strcasecmp(name, "Transfer-Encoding") == 0;
	f->n_hosts += strcasecmp(name, "Host") == 0;
	if (strcasecmp(name, "Content-Length") == 0 &&
	    (!value || !value[0] || strspn(value, "0123456789") != strlen(value)))
		f->is_bad = true;
	if (strcasecmp(name, "Transfer-Encoding") == 0 && (!value || strcasecmp(value, "chunked") != 0))
		f->is_bad = true;
	return MHD_YES;
}

/* RFC 9112 §6.3, §3.2: where two readers could disagree about where a request ends or whom it is for. */
static bool framing_is_clear(struct exchange *x)
{
	struct framing f = {0};

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count_framing, &f);
	return !f.is_bad && f.n_lengths + f.n_codings <= 1 && f.n_hosts == 1;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
	       strncmp(address, "::ffff:127.", 11) == 0;
}

static void find_address(struct exchange *x)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const char *forwarded = header(x, "X-Forwarded-For"), *proto = header(x, "X-Forwarded-Proto");
	const struct sockaddr *peer = info ? info->client_addr : NULL;
	char last[16];

	if (peer && peer->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, x->address,
			  sizeof x->address);
	else if (peer && peer->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, x->address,
			  sizeof x->address);
	if (!is_loopback(x->address))
		return; /* what a stranger says about others is not believed */
	x->rq.is_tls = proto && http_last_element(proto, last, sizeof last) && strcasecmp(last, "https") == 0;
	if (forwarded)
		(void)http_last_element(forwarded, x->address, sizeof x->address); /* else the proxy's own */
}

static void read_headers(struct exchange *x)
{
	x->rq.content_type = header(x, "Content-Type");
	x->rq.cookie = header(x, "Cookie");
	x->rq.authorization = header(x, "Authorization");
	x->rq.csrf = header(x, "X-CSRF-Token");
	x->rq.origin = header(x, "Origin");
	x->rq.host = header(x, "Host");
	x->rq.idempotency_key = header(x, "Idempotency-Key");
	x->rq.if_match = header(x, "If-Match");
	x->rq.last_event_id = header(x, "Last-Event-ID");
	x->rq.client_address = x->address;
}

static bool is_announced_too_large(struct exchange *x)
{
	const char *length = header(x, "Content-Length");

	return length && (strlen(length) > 18 || strtoull(length, NULL, 10) > JSON_LIMIT);
}

/* The headers are there, the body is not. */
static enum MHD_Result judge_headers(struct exchange *x, const char *method)
{
	x->is_seen = true;
	x->rq.method = method_of(method);
	x->is_head = strcmp(method, "HEAD") == 0;
	find_address(x);
	x->must_close = true; /* what follows on a connection refused here is nobody's request */
	if (!framing_is_clear(x))
		return refuse(x, ERR_MALFORMED, NULL,
			      "Les en-têtes Host, Content-Length et Transfer-Encoding doivent être sans "
			      "ambiguïté.");
	if (!x->uri || !http_split_uri(x->uri, x->path, sizeof x->path, &x->rq.query))
		return refuse(x, ERR_MALFORMED, NULL, "L'adresse demandée est mal formée.");
	if (is_announced_too_large(x) && strtoull(header(x, "Content-Length"), NULL, 10) > DISCARD_MAX)
		return refuse(x, ERR_TOO_LARGE, NULL, NULL);
	x->must_close = false;
	return MHD_YES;
}

/* False: the sender goes on and on. */
static bool take_body(struct exchange *x, const char *bytes, size_t len)
{
	if (x->discarded || x->body_len + len > JSON_LIMIT) {
		x->discarded += len;
		return x->discarded <= DISCARD_MAX;
	}
	if (x->body_len + len > x->body_cap) {
		x->body_cap = (x->body_len + len) * 2;
		x->body = xrealloc(x->body, x->body_cap);
	}
	memcpy(x->body + x->body_len, bytes, len);
	x->body_len += len;
	return true;
}

static enum MHD_Result answer(struct exchange *x)
{
	set_deadline(x->http, x->peer, 0);
	if (x->discarded) {
		x->must_close = true;
		return refuse(x, ERR_TOO_LARGE, NULL, NULL);
	}
	if (strncmp(x->path, "/api/", 5) != 0)
		return answer_outside(x);
	read_headers(x);
	x->rq.path = x->path;
	x->rq.body = x->body ? x->body : "";
	x->rq.body_len = x->body_len;
	if (service_call_is_slow(&x->rq))
		return add_slow(x) ? MHD_YES : refuse(x, ERR_BUSY, NULL, NULL);
	service_call(x->http->setting.service, &x->rq, &x->reply);
	return send_answer(x);
}

/* Called with the headers, with each piece of the body, at the end of it, and after a slow call. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *bytes, size_t *len,
			      void **exchange)
{
	struct exchange *x = *exchange;

	(void)context;
	(void)connection;
	(void)url;
	(void)version;
	if (!x->is_seen)
		return judge_headers(x, method);
	if (*len) {
		bool go_on = take_body(x, bytes, *len);

		*len = 0;
		return go_on ? MHD_YES : MHD_NO;
	}
	return x->is_answered ? send_answer(x) : answer(x);
}

/* The first line is there: this begins an exchange. */
static void *begin(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct exchange *x = xcalloc(1, sizeof *x);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	x->http = context;
	x->connection = connection;
	x->peer = info ? info->socket_context : NULL;
	x->uri = strlen(uri) < HTTP_MAX_URI ? xstrdup(uri) : NULL;
	if (x->peer && x->peer->is_used)
		set_deadline(x->http, x->peer, ARRIVE_MS);
	if (x->peer)
		x->peer->is_used = true;
	return x;
}

static void finish(void *context, struct MHD_Connection *connection, void **exchange,
		   enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *exchange;

	(void)connection;
	(void)why;
	if (!x)
		return;
	set_deadline(context, x->peer, KEPT_MS);
	set_stream(context, x->peer, NULL);
	sse_close(x->client);
	http_reply_fini(&x->reply);
	free(x->uri);
	free(x->body);
	free(x);
	*exchange = NULL;
}

/* ---- start and stop ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static void log_mhd(void *context, const char *format, va_list args)
{
	char line[300];
	int n = vsnprintf(line, sizeof line, format, args);

	(void)context;
	while (n > 0 && (size_t)n < sizeof line && line[n - 1] == '\n')
		line[--n] = '\0';
	log_debug("http: %s", line);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_address(const char *text, int64_t port, union address *out)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)port);
		return true;
	}
	return false;
}

static void start_daemon(struct http *h)
{
	const struct service_setting *setting = service_setting(h->setting.service);
	union address address;

	if (!parse_address(setting->http_bind, setting->http_port, &address))
		fatal("http: [http] bind is no numeric address: %s", setting->http_bind);
	h->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			(address.any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0),
		0, NULL, NULL, handle, h, MHD_OPTION_EXTERNAL_LOGGER, log_mhd, NULL, MHD_OPTION_SOCK_ADDR,
		&address.any, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_PER_ADDRESS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)32 * 1024, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
		connection_changed, h, MHD_OPTION_NOTIFY_COMPLETED, finish, h, MHD_OPTION_URI_LOG_CALLBACK,
		begin, h, MHD_OPTION_END);
	if (!h->daemon)
		fatal("http: cannot listen on %s port %lld: %s: choose another [http] port",
		      setting->http_bind, (long long)setting->http_port, strerror(errno));
	h->port = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

struct http *http_start(const struct http_setting *setting)
{
	const struct service_setting *service = service_setting(setting->service);
	struct http *h = xcalloc(1, sizeof *h);

	h->setting = *setting;
	if (service->web_dir[0] && !web_dir_is_there(service->web_dir))
		fatal("http: [service] web_dir %s: %s: name the folder of the built pages, or leave it empty",
		      service->web_dir, strerror(errno));
	pthread_mutex_init(&h->peers_lock, NULL);
	pthread_mutex_init(&h->slow_lock, NULL);
	pthread_cond_init(&h->slow_told, NULL);
	if (pthread_create(&h->slow, NULL, serve_slow, h) || pthread_create(&h->watch, NULL, watch, h))
		fatal("http: no thread");
	start_daemon(h);
	log_info("http: listening address=%s port=%d", service->http_bind, h->port);
	return h;
}

int http_port(const struct http *http)
{
	return http->port;
}

void http_stop(struct http *h)
{
	MHD_socket listening;

	if (!h)
		return;
	listening = MHD_quiesce_daemon(h->daemon); /* ours to close from now on */
	pthread_mutex_lock(&h->slow_lock);
	__atomic_store_n(&h->is_stopping, true, __ATOMIC_RELEASE);
	pthread_cond_signal(&h->slow_told);
	pthread_mutex_unlock(&h->slow_lock);
	pthread_join(h->slow, NULL);
	pthread_join(h->watch, NULL);
	MHD_stop_daemon(h->daemon);
	if (listening != MHD_INVALID_SOCKET)
		close(listening);
	pthread_mutex_destroy(&h->peers_lock);
	pthread_mutex_destroy(&h->slow_lock);
	pthread_cond_destroy(&h->slow_told);
	free(h);
}
