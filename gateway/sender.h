/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Between the spool and the service: seals what was gathered, publishes what the window allows, obeys what
 * carries the service's mac. Driven by one thread: sender_step in a loop.
 */
#ifndef NAVETTE_SENDER_H
#define NAVETTE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/enrolment.h"
#include "common/daemon/mqtt.h"
#include "gateway/identity.h"
#include "gateway/source.h"
#include "gateway/spool.h"
#include "gateway/window.h"

struct sender {
	const struct setting *setting;
	struct enrolment enrolment;
	struct identity identity;
	struct source_world *world;
	struct source *sources; /* for stat */
	size_t n_sources;
	struct spool *spool;
	struct mqtt *mqtt;
	struct window window;

	char topic_up[MQTT_MAX_TOPIC], topic_ack[MQTT_MAX_TOPIC], topic_cfg[MQTT_MAX_TOPIC],
		topic_cmd[MQTT_MAX_TOPIC];
	char topic_status[MQTT_MAX_TOPIC], topic_stat[MQTT_MAX_TOPIC];

	int64_t sealed_ms, seal_again_ms; /* real */
	int64_t ticked_ms, stat_due_ms, clock_ms, answered_ms;
	bool is_connected, is_unanswered;
	bool is_key_heard; /* something verified under the present mac key */
	int64_t n_bad_mac, n_malformed, n_replayed, n_refused; /* of what came from the broker */
};

/* Fills the rest of the struct from setting, enrolment, identity, world and spool, which the caller has set.
 * False: why. The connection itself is made in the background. */
bool sender_open(struct sender *s, char *why, size_t why_size);
/* One turn: at most wait_ms (real) long. False: the disk is broken; end the process. */
bool sender_step(struct sender *s, int wait_ms);
/* Seals everything gathered, offers it once, says goodbye and disconnects. */
void sender_close(struct sender *s);
/* A new enrolment of the same gateway (rotation): used from now on. */
void sender_reload(struct sender *s);
/* Sealed, gathered and not acknowledged: how many batches are still to be delivered. */
int64_t sender_n_waiting(struct sender *s);

/* gateway/health.c: what the clock is worth, and the stat message. */
enum uplink_clock health_clock(const struct setting *s);
void health_stat(struct sender *s, struct json_out *o);

#endif
