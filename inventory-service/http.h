/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HTTP (RFC 9112) over libmicrohttpd: four threads on epoll. It reads one request whole, hands it to the
 * door, sends the answer; serves the files of the web UI, /healthz, /readyz and /metrics. It knows nothing of
 * rights.
 *
 * Limits: 64 KiB of body, 8 KiB of address, 800 connections, 400 from one address; a request must have
 * arrived 15 s after its connection (or its first line, on a kept one), an answer must be taken within 60 s;
 * a kept connection waits 15 s. Ambiguous framing (two lengths, length and transfer coding, two hosts) is 400
 * and closes.
 */
#ifndef NAVETTE_HTTP_H
#define NAVETTE_HTTP_H

#include <stdint.h>

#include "inventory-service/mqtt_door.h"
#include "inventory-service/outbox/sse.h"
#include "inventory-service/service.h"

struct http;

struct http_setting {
	struct service *service; /* with http_bind (a numeric address), http_port (0: any), web_dir */
	struct sse *sse;
	struct mqtt_door *mqtt_door; /* for /metrics; NULL: not running */
};

/* fatal() where the address cannot be taken: says why and what to do. */
struct http *http_start(const struct http_setting *setting);
/* The port in use. */
int http_port(const struct http *http);
/* sse_stop comes first. Finishes what runs; accepts NULL. */
void http_stop(struct http *http);

#endif
