/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Go-back-N with a cumulative ack: one number each side, nothing per batch. Acks that repeat the last number
 * mean that the service discarded something out of order (or that it greets a connection); they send the
 * flight again, but not within 2 s of the last time, or the acks of the repeats would go on sending it for
 * ever.
 *
 * After a start on an old spool the first connection waits for the service's ack, which it publishes on every
 * status ready: after a power cut on a disk that lied about its flush, that ack is how this side learns that
 * its newest batches are gone and their numbers used, before it uses them again.
 */
#include "gateway/window.h"

void window_init(struct window *w, int64_t acked, bool is_old)
{
	*w = (struct window){.acked = acked,
			     .next = acked + 1,
			     .went_back_ms = INT64_MIN / 2,
			     .resend_ms = WINDOW_RESEND_MS,
			     .due_ms = INT64_MAX,
			     .greeted_by_ms = INT64_MAX,
			     .is_ungreeted = is_old};
}

static void go_back(struct window *w, int64_t now_ms)
{
	w->next = w->acked + 1;
	w->went_back_ms = now_ms;
	w->due_ms = INT64_MAX;
	w->is_announced = false;
}

void window_connected(struct window *w, int64_t now_ms)
{
	go_back(w, now_ms);
	w->greeted_by_ms = w->is_ungreeted ? now_ms + WINDOW_GREETING_MS : now_ms;
}

void window_lost(struct window *w)
{
	w->greeted_by_ms = INT64_MAX;
}

void window_greeted(struct window *w, int64_t now_ms)
{
	w->resend_ms = WINDOW_RESEND_MS;
	w->is_ungreeted = false;
	if (w->greeted_by_ms != INT64_MAX)
		w->greeted_by_ms = now_ms;
}

enum window_ack window_acked(struct window *w, int64_t now_ms, int64_t seq, int64_t last)
{
	if (seq > last)
		return WINDOW_IMPOSSIBLE;
	window_greeted(w, now_ms);
	if (seq < w->acked)
		return WINDOW_LOWER;
	if (seq == w->acked) {
		if (window_in_flight(w) > 0 && now_ms - w->went_back_ms >= WINDOW_GO_BACK_MS)
			go_back(w, now_ms);
		return WINDOW_REPEATED;
	}
	w->acked = seq;
	if (w->next <= seq)
		w->next = seq + 1;
	w->is_announced = false;
	w->due_ms = window_in_flight(w) > 0 ? now_ms + w->resend_ms : INT64_MAX;
	return WINDOW_PROGRESS;
}

void window_resend(struct window *w, int64_t now_ms, int64_t from_seq)
{
	w->acked = from_seq - 1;
	w->resend_ms = WINDOW_RESEND_MS;
	go_back(w, now_ms);
}

int64_t window_in_flight(const struct window *w)
{
	return w->next - w->acked - 1;
}

int64_t window_next(struct window *w, int64_t now_ms, const struct window_spool *spool)
{
	if (now_ms < w->greeted_by_ms || spool->oldest > spool->last || w->acked >= spool->last)
		return 0;
	if (now_ms >= w->due_ms) {
		w->resend_ms =
			w->resend_ms * 2 > WINDOW_RESEND_MAX_MS ? WINDOW_RESEND_MAX_MS : w->resend_ms * 2;
		go_back(w, now_ms);
	}
	if (w->acked + 1 < spool->oldest) /* the service waits for what is gone */
		return w->is_announced ? 0 : spool->last;
	if (w->next > spool->last || window_in_flight(w) >= WINDOW_MAX_IN_FLIGHT)
		return 0;
	return w->next;
}

void window_sent(struct window *w, int64_t now_ms, int64_t seq, const struct window_spool *spool)
{
	if (w->acked + 1 < spool->oldest)
		w->is_announced = true;
	else
		w->next = seq + 1;
	if (w->due_ms == INT64_MAX)
		w->due_ms = now_ms + w->resend_ms;
}

int64_t window_wait_ms(const struct window *w, int64_t now_ms)
{
	int64_t at = w->greeted_by_ms > now_ms ? w->greeted_by_ms : w->due_ms;

	if (at == INT64_MAX || at - now_ms > 60000)
		return 60000;
	return at <= now_ms ? 0 : at - now_ms;
}

int64_t window_seal_ms(const struct window_gathered *g, int64_t sealed_ms)
{
	int64_t soon = g->first_ms + 200;

	if (g->n_reports == 0)
		return INT64_MAX;
	if (g->is_full || g->is_urgent)
		return g->first_ms;
	return soon > sealed_ms + 1000 ? soon : sealed_ms + 1000;
}
