/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The HTTP door: one plain request in, one plain reply out. It finds the route, tells who asks, judges
 * rights, CSRF and idempotency, runs the handler in one transaction and puts errors into words (problem+json,
 * RFC 9457). http.c, which speaks HTTP, knows nothing of this; this knows nothing of sockets.
 */
#ifndef NAVETTE_DOOR_HTTP_H
#define NAVETTE_DOOR_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "inventory-service/err.h"
#include "inventory-service/routes.h"
#include "inventory-service/session.h"

struct service;

#define API_PREFIX "/api/v1"

struct http_request {
	enum http_method method;
	const char *path;  /* percent-decoded, valid UTF-8 */
	const char *query; /* as it came; "" where absent */
	const char *body;  /* body_len bytes */
	size_t body_len;
	/* header fields; NULL where absent */
	const char *content_type, *cookie, *authorization, *csrf, *origin, *host, *idempotency_key, *if_match;
	const char *last_event_id;
	bool is_tls;                /* as the client sees it */
	const char *client_address; /* text; the one a proxy on this machine named, else the peer's */
};

struct http_reply {
	int status;
	char *body; /* owned: http_reply_fini; NULL: none */
	size_t body_len;
	const char *content_type; /* static */
	char location[128];       /* the ones below: "" or 0 where absent */
	char etag[24];
	char cookie[192];
	char allow[48];
	int64_t retry_after_s;
	bool is_replayed;
	bool is_stream; /* no body: events from last_event_id on, as long as the credential holds */
	int64_t last_event_id;
	struct credential credential;
};

/* Something slow comes first (password hashing): call service_call on the thread made for it. */
bool service_call_is_slow(const struct http_request *rq);
void service_call(struct service *s, const struct http_request *rq, struct http_reply *reply);
/* A refusal made before the door: framing, size. field and detail may be NULL. */
void http_reply_refuse(struct http_reply *reply, enum err err, const char *field, const char *detail);
void http_reply_fini(struct http_reply *reply); /* accepts zeroed */

/* Prometheus text: calls and seconds by route and status. */
void service_call_metrics(FILE *out);

#endif
