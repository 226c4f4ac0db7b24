/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The three doors: an HTTP request, an MQTT message, the clock tick. Each entry is one transaction on the one
 * writing connection (or one of the read-only ones), under the one writer lock. Behind a door code is
 * sequential and knows nothing of threads. This module owns the writer lock, the reader pool and the fan-out.
 */
#ifndef NAVETTE_SERVICE_H
#define NAVETTE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory-service/call.h"
#include "inventory-service/db.h"
#include "inventory-service/domain/lending/booking_rules.h"

struct service;
struct secret;

struct service_setting {
	char database[256];
	char secret_file[256];
	char broker_url[256];
	char broker_ca[256];
	char broker_public_url[256]; /* what enrolment files say; "": broker_url */
	char broker_user[64];        /* the dynsec administrator's */
	char broker_password_file[256];
	char http_bind[64];
	int64_t http_port;
	char web_dir[256];
	int64_t silent_s; /* not heard for so long: live state unknown */
	int64_t presence_hold_s;
	int64_t report_days; /* raw reports are thrown away after; 0: never */
	struct lending_policy lending;
	int64_t session_idle_s; /* a session unused for so long ends; real time, like the next */
	int64_t session_max_s;
};

/* Opens the database (creating and migrating it), the secret, the reader pool. fatal() where it cannot run.
 */
struct service *service_open(const struct service_setting *setting);
void service_close(struct service *s);
const struct service_setting *service_setting(const struct service *s);
const struct secret *service_secret(const struct service *s);

/* The writer door for one entry: takes the lock, begins, calls, commits on OK, else rolls back. door names
 * the entry in the log when it held the lock over 50 ms. */
typedef enum err service_work(struct db *db, void *context);
MUST_CHECK enum err service_write(struct service *s, const char *door, service_work *work, void *context);
/* The same for what concerns nobody's cache (service_generation stays): what ingest itself wrote, the last
 * use of a session, the journal, remembered answers. */
MUST_CHECK enum err service_write_apart(struct service *s, const char *door, service_work *work,
					void *context);
/* The same on a pooled read-only connection, without the lock. */
MUST_CHECK enum err service_read(struct service *s, service_work *work, void *context);

/* Stores what open pages are told, inside the running write transaction; *event_id is what Last-Event-ID will
 * say. */
struct change;
MUST_CHECK enum err service_record(struct db *db, int64_t now_s, const struct change *change,
				   int64_t *event_id);
/* Fan-out to the listeners, after the commit only. event_id 0: telemetry, which is not stored. */
void service_announce(struct service *s, const struct change *change, int64_t event_id);
/* Rises with every committed service_write: what ingest and the broker's door have cached may be stale. */
uint64_t service_generation(const struct service *s);
/* Listeners (SSE, item states on MQTT): called on the announcing thread; must only copy and return. */
struct service_announcement {
	int64_t event_id; /* 0: telemetry */
	char kind[24];
	int64_t id;
	int64_t version;
	char fields[96];
};
typedef void service_listener(void *context, const struct service_announcement *a);
void service_listen(struct service *s, service_listener *listener, void *context);
/* After it has returned the listener of that context is not running and will not be called again. */
void service_unlisten(struct service *s, void *context);

#endif
