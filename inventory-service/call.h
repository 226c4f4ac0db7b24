/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One HTTP request as its handler sees it. The door (service_call) has authenticated, checked the route's
 * rights, CSRF and idempotency, chosen the connection, and begun the transaction; it will commit or roll
 * back, turn an error into problem+json, and free. A handler reads the body, calls one operation, writes the
 * reply.
 */
#ifndef NAVETTE_CALL_H
#define NAVETTE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/json.h"
#include "inventory-service/db.h"
#include "inventory-service/domain/people/actor.h"
#include "inventory-service/err.h"
#include "inventory-service/routes.h"

struct service;
struct credential;

struct call {
	struct service *service;
	struct db *db; /* NULL while preparing */
	const struct actor *who;
	enum route route;
	int64_t now_ms;
	int64_t now_s;
	int64_t real_s; /* the real time, and the real monotonic one: sessions only */
	int64_t real_mono_ms;
	int64_t ids[2];    /* {id}s of the path, in order */
	char word[80];     /* a text parameter of the path: {code}, {sha256} … */
	bool wants_csv;    /* the path ended in .csv */
	const char *query; /* the raw query string, may be "" */
	const char *body;  /* len bytes; JSON not yet parsed; "" for GET */
	size_t body_len;
	int64_t if_match; /* the version asked for; 0: none. See call_check_version */

	/* the reply: a handler that returns OK has put the whole document here */
	struct json_out out;
	int status;               /* 200 unless the handler says 201 or 204 */
	char location[128];       /* with 201 */
	int64_t version;          /* of the object shown: becomes the ETag; 0: none */
	const char *content_type; /* NULL: application/json */
	/* the reply where it returns an error */
	char field[64];            /* the member at fault */
	char detail[256];          /* a French sentence: what happened, what to do */
	struct json_out conflicts; /* of a booking: an array; nothing put: the problem has none */
	int64_t earliest_s;        /* of a booking: the earliest feasible start; 0: none; -1: not asked */
	/* set with the refusal of a WRITE: what takes time to say of it, asked on a reader once the writer's
	 * lock is free. It adds to the problem and changes nothing of it. */
	void (*explain)(struct call *c, enum err err);
	int64_t retry_after_s; /* with ERR_RATE */

	/* what other pages should know after the commit; see call_changed */
	struct change {
		char kind[24]; /* "item", "place" … */
		int64_t id;
		int64_t version;
		char fields[96]; /* comma list of changed fields */
	} changes[8];
	size_t n_changes;

	/* sessions and events only */
	const struct credential *credential; /* how the caller proved who it is; NULL: did not */
	const char *client_address;          /* the sign-in's source, for its limit */
	int64_t last_event_id;               /* -1: not said */
	bool wants_stream;                   /* the reply is an event stream from last_event_id on */
	char session_token[48]; /* a new session: becomes the cookie; "-": the cookie is taken away */
	char csrf[48];
	char prepared_hash[128]; /* made by a prepare function: a password's hash */
	int64_t prepared_id;

	/* the door's own */
	struct json_doc *doc;
	uint32_t query_asked; /* bit i: the i-th parameter was asked for */
	bool place_asked;     /* rights_place was called and said yes */
};

/* The body as a cursor; *doc is owned by the door. On ERR_MALFORMED nothing is to be freed. */
enum err call_body(struct call *c, struct json_in *in);
/* Ends the cursor: the fault as an error, c->field set. */
enum err call_body_end(struct call *c, struct json_in *in);
/* The body of a command that may be absent: has every field optional. *given: there was one. */
enum err call_body_maybe(struct call *c, struct json_in *in, bool *given);
/* Sets field and detail and returns err: return call_refuse(c, ERR_RANGE, "name", "…"). */
enum err call_refuse(struct call *c, enum err err, const char *field, const char *detail);
/* Query parameters, percent-decoded. maybe: false where absent. A bad value fails with c->field set. */
enum err call_query_i64(struct call *c, const char *name, int64_t min, int64_t max, int64_t initial,
			int64_t *out);
enum err call_query_text(struct call *c, const char *name, char *out, size_t size); /* absent: "" */
enum err call_query_time(struct call *c, const char *name, int64_t *out_s, bool *given);
/* limit (1 to 500, 50 unless said) and cursor, which is the last id of the page before. */
enum err call_query_page(struct call *c, int64_t *after_id, int64_t *limit);
/* Refuses parameters of the query that no call_query_… asked for. Call it last. */
enum err call_query_end(struct call *c);
/* Closes {"items":[… and writes "next": last_id as a cursor, null where it is 0. */
void call_page_end(struct call *c, int64_t last_id);
/* If-Match: ERR_STALE where another version was asked for. */
enum err call_check_version(struct call *c, int64_t version);
/* 201 and its Location: call_created(c, "/items", id). */
void call_created(struct call *c, const char *collection, int64_t id);
/* Announced to open pages (SSE) and displays (MQTT) after the commit, and only then. */
void call_changed(struct call *c, const char *kind, int64_t id, int64_t version, const char *fields);

#endif
