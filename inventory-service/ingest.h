/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The MQTT door's work: batches in, evidence stored, acknowledgements out. See ingest.c for the design.
 *
 * Two steps, so that nothing slow happens under the lock: ingest_prepare (parse, MAC, open frames: no
 * database write) and ingest_apply (one transaction for many batches).
 */
#ifndef NAVETTE_INGEST_H
#define NAVETTE_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/mac.h"
#include "inventory-service/service.h"

struct ingest;

struct ingest *ingest_open(struct service *s);
void ingest_close(struct ingest *in);

/* A message as it came, or as a generator made it. */
struct ingest_message {
	const char *topic;
	const char *payload;
	size_t len;
	const char *mac; /* "" : none */
	bool retained;
	int64_t received_ms;
};

/* What to publish after the commit. */
struct ingest_ack {
	char topic[128];
	char mac[MAC_TEXT_SIZE];
	struct json_out payload;
	uint32_t expiry_s; /* of a command; 0: none */
};

/* Applies n messages in one transaction. On OK *acks (n_acks of them) are to be published, then freed with
 * ingest_free_acks. On an error nothing was stored and nothing is to be acknowledged. */
enum err ingest_messages(struct ingest *in, const struct ingest_message *messages, size_t n,
			 struct ingest_ack **acks, size_t *n_acks);
void ingest_free_acks(struct ingest_ack *acks, size_t n_acks);
/* The present acknowledgement of every gateway: published when the broker is (re)connected. */
enum err ingest_current_acks(struct ingest *in, struct ingest_ack **acks, size_t *n_acks);
/* Places anew what was placed before a gateway's clock was known (settle.h): so many portions at most, each a
 * transaction. *left: there may be more to do at once. */
enum err ingest_settle(struct ingest *in, int64_t now_ms, int portions, bool *left);
/* Recomputes every reading and slice from the stored reports; dry_run: only counts. *changed: devices whose
 * slices differ. */
enum err ingest_rebuild(struct ingest *in, bool dry_run, int64_t *devices, int64_t *changed);

struct ingest_counters {
	uint64_t batches, reports, bad_mac, bad_envelope, bad_reports, unknown_gateway, repeated,
		out_of_order, lost;
};
void ingest_counters(const struct ingest *in, struct ingest_counters *out);

#endif
