/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What to send and when (contract mqtt.md §3), as pure functions: the caller says what time it is (a real
 * monotonic time, which no virtual clock touches), what is in the spool and what was heard from the service.
 */
#ifndef NAVETTE_WINDOW_H
#define NAVETTE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MAX_IN_FLIGHT 32
#define WINDOW_RESEND_MS 30000
#define WINDOW_RESEND_MAX_MS 300000
#define WINDOW_GO_BACK_MS 2000 /* between two times that a repeated ack sends from the start again */
#define WINDOW_GREETING_MS \
	5000 /* how long the first connection waits for the service's ack before it sends */

struct window {
	int64_t acked; /* everything up to it is done with */
	int64_t next;  /* the next to send; acked < next ≤ acked + 1 + 32 */
	int64_t went_back_ms;
	int64_t resend_ms;     /* the present back-off */
	int64_t due_ms;        /* when the flight is sent again */
	int64_t greeted_by_ms; /* nothing is sent before; INT64_MAX: not connected */
	bool is_ungreeted;     /* the service has not said yet what it has of this spool */
	bool is_announced;     /* the newest batch was sent ahead, to show what can no longer come */
};

/* What the spool holds. first > last: nothing. */
struct window_spool {
	int64_t oldest;
	int64_t last;
};

enum window_ack {
	WINDOW_PROGRESS,
	WINDOW_REPEATED,   /* the same as before */
	WINDOW_LOWER,      /* ignored */
	WINDOW_IMPOSSIBLE, /* beyond what was ever sealed: this spool lost its end */
};

/* is_old: the spool was sealed into before this process began, so its end may have been lost: the first
 * connection waits for the service's greeting. */
void window_init(struct window *w, int64_t acked, bool is_old);
void window_connected(struct window *w, int64_t now_ms);
void window_lost(struct window *w);
/* The service answered, if only about another epoch: no more waiting for its greeting. */
void window_greeted(struct window *w, int64_t now_ms);
/* A valid ack: any of them ends the back-off and the greeting. */
enum window_ack window_acked(struct window *w, int64_t now_ms, int64_t seq, int64_t last);
/* cmd resend: everything from that seq on is offered again, acked or not. */
void window_resend(struct window *w, int64_t now_ms, int64_t from_seq);

/* The seq to send now, 0 for none. The caller sends it, then says so with window_sent. Where the service
 * waits for batches that are no longer held, the newest one goes first: its "oldest" shows that they cannot
 * come. */
int64_t window_next(struct window *w, int64_t now_ms, const struct window_spool *spool);
void window_sent(struct window *w, int64_t now_ms, int64_t seq, const struct window_spool *spool);
/* Batches sent and not acknowledged. */
int64_t window_in_flight(const struct window *w);
/* Milliseconds until window_next may change its mind by time alone, at most 60 000. */
int64_t window_wait_ms(const struct window *w, int64_t now_ms);

/* When what was gathered is sealed: at once for a full batch or a state change; else one batch a second, and
 * within 200 ms of a first report after a quiet second. n_reports 0: never. Returns the real time, INT64_MAX
 * for never. */
struct window_gathered {
	size_t n_reports;
	bool is_full;
	bool is_urgent;
	int64_t first_ms;
};
int64_t window_seal_ms(const struct window_gathered *g, int64_t sealed_ms);

#endif
