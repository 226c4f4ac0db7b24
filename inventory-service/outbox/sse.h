/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What open pages are told: Server-Sent Events (WHATWG HTML §9.2), one bounded queue for each client.
 *
 *   id: 1207                      only for stored changes: Last-Event-ID resumes behind it
 *   event: item                   the kind
 *   data: {"kind":"item","id":7,"version":3,"fields":["model_id"]}
 *
 * "event: reset" (data {}): what came between is not known here any more, read everything again. A comment
 * every 20 s keeps the connection. A client hears the kinds its roles may read (rights_hears), and ends with
 * its session.
 */
#ifndef NAVETTE_SSE_H
#define NAVETTE_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/service.h"
#include "inventory-service/session.h"

#define SSE_MAX_CLIENTS 64
#define SSE_MAX_PER_USER 8

struct sse;
struct sse_client;

/* How the connection is put to sleep and woken. sleep is called within sse_take, on its thread; wake on any
 * thread, exactly once for each sleep, and must not call back. */
struct sse_connection {
	void (*sleep)(void *context);
	void (*wake)(void *context);
	void *context;
};

struct sse *sse_start(struct service *s);
/* Ends every client (each is woken and takes its end). Then the HTTP door stops, then sse_free. */
void sse_stop(struct sse *sse);
void sse_free(struct sse *sse); /* accepts NULL */

/* last_event_id -1: from now on. ERR_AUTH_REQUIRED: the credential does not hold; ERR_BUSY: too many clients,
 * of this user or in all. */
MUST_CHECK enum err sse_open(struct sse *sse, const struct credential *credential, int64_t last_event_id,
			     const struct sse_connection *connection, struct sse_client **out);
/* Up to max bytes. 0: nothing now; the connection was put to sleep and will be woken. -1: the end. */
long sse_take(struct sse_client *client, char *out, size_t max);
/* Ends one client from outside: it is woken and takes its end. */
void sse_end(struct sse_client *client);
void sse_close(struct sse_client *client); /* accepts NULL */
int sse_count(struct sse *sse);

#endif
