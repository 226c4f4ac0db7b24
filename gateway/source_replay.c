/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A capture file (btsnoop) as a radio: the same parser, the same sieve, the same spool. Paced by the
 * capture's own times, so many times faster; a gap of more than a minute is cut to one, and speed 0 does not
 * wait at all.
 */
#include "gateway/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/text.h"
#include "gateway/btsnoop.h"
#include "gateway/explain.h"
#include "gateway/hci.h"
#include "gateway/sieve.h"

#define MAX_GAP_US 60000000

struct replay {
	FILE *file;
	struct sieve sieve;
	uint8_t *packet; /* BTSNOOP_MAX_PACKET */
	int64_t n_packets;
	int64_t due_us; /* replay time of the present packet, from 0 */
	int64_t start_ms;
	int64_t last_us;
};

static bool replay_open(struct source *s, char *why, size_t why_size)
{
	struct replay *p = xcalloc(1, sizeof *p);
	uint8_t header[BTSNOOP_HEADER_LEN];
	const char *fault = "shorter than a header";

	s->state = p;
	p->packet = xcalloc(1, BTSNOOP_MAX_PACKET);
	sieve_init(&p->sieve, &s->world->setting->list, s->world->setting->repeat_s * 1000);
	p->file = fopen(s->file, "rbe");
	if (p->file == NULL) {
		return explain(why, why_size, "cannot open %s: %s", s->file, strerror(errno));
	}
	if (fread(header, 1, sizeof header, p->file) == sizeof header)
		fault = btsnoop_header_fault(header);
	if (fault != NULL)
		explain(why, why_size, "%s: %s", s->file, fault);
	return fault == NULL;
}

static void replay_close(struct source *s)
{
	struct replay *p = s->state;

	if (p != NULL && p->file != NULL)
		fclose(p->file);
	if (p != NULL)
		free(p->packet);
	free(p);
	s->state = NULL;
}

/* Waits until the packet's turn; false where the stop came. */
static bool pace(struct source *s, struct replay *p, int64_t unix_us)
{
	int64_t gap_us = p->n_packets == 0 || p->last_us == 0 || unix_us == 0 ? 0 : unix_us - p->last_us;

	p->last_us = unix_us;
	if (s->speed == 0)
		return !source_is_stopping(s);
	p->due_us += gap_us < 0 ? 0 : (gap_us > MAX_GAP_US ? MAX_GAP_US : gap_us) / s->speed;
	for (;;) {
		int64_t left_ms = p->start_ms + p->due_us / 1000 - clock_real_mono_ms();

		if (left_ms <= 0)
			return !source_is_stopping(s);
		if (source_wait(s, left_ms))
			return false;
	}
}

static void take(struct source *s, struct replay *p, const struct btsnoop_record *r)
{
	uint16_t opcode;
	uint8_t status;
	int32_t len = hci_packet_len(p->packet, r->len);

	if (r->is_cut || len < 0 || (uint32_t)len != r->len) {
		atomic_fetch_add(&s->health.n_bad, 1);
		return;
	}
	switch (hci_event_kind(p->packet, r->len, &opcode, &status)) {
	case HCI_ADVERTISING:
		(void)source_hear_packet(s, &p->sieve, p->packet, r->len);
		break;
	case HCI_MALFORMED:
		atomic_fetch_add(&s->health.n_bad, 1);
		break;
	case HCI_OTHER:
	case HCI_COMMAND_COMPLETE:
	case HCI_COMMAND_STATUS:
	case HCI_HARDWARE_ERROR:
		break;
	}
}

static void replay_run(struct source *s)
{
	struct replay *p = s->state;
	uint8_t head[BTSNOOP_RECORD_LEN];
	struct btsnoop_record r;
	size_t got = 0;

	p->start_ms = clock_real_mono_ms();
	atomic_store(&s->health.is_connected, true);
	while ((got = fread(head, 1, sizeof head, p->file)) == sizeof head) {
		bool is_whole = btsnoop_record(head, &r) && fread(p->packet, 1, r.len, p->file) == r.len;

		if (!is_whole) {
			atomic_fetch_add(&s->health.n_bad, 1);
			log_warn("replay: %s is cut or damaged after packet %" PRId64 ": stopping there",
				 s->file, p->n_packets);
			break;
		}
		if (!pace(s, p, r.unix_us))
			break;
		p->n_packets++;
		take(s, p, &r);
	}
	if (got > 0 && got < sizeof head) {
		atomic_fetch_add(&s->health.n_bad, 1);
		log_warn("replay: %s ends within a record", s->file);
	}
	atomic_store(&s->health.is_connected, false);
	log_info("replay: done packets=%" PRId64, p->n_packets);
}

const struct source_ops source_replay = {
	.kind = "replay", .open = replay_open, .run = replay_run, .close = replay_close};
