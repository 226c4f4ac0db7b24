/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A source: something that hears and says what it heard, in its own thread. open checks what can be checked
 * at once, run goes on until the stop and never gives up on the world.
 *
 * A source writes only its own health, and hands its reports to the sink: the spool, or the screen of sniff.
 */
#ifndef NAVETTE_SOURCE_H
#define NAVETTE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon/uplink.h"
#include "gateway/setting.h"

/* Read by others while the source writes: atomics, no lock. */
struct health {
	_Atomic int64_t heard_ms; /* real monotonic time of the last good event; 0: never */
	_Atomic int64_t n_heard;  /* events of that source: adverts, readings */
	_Atomic int64_t n_forwarded;
	_Atomic int64_t n_repeats; /* kept back: the same bytes within repeat_s */
	_Atomic int64_t n_others;  /* kept back: on no allow-list */
	_Atomic int64_t n_bad;     /* malformed, implausible, timed out */
	atomic_bool is_connected;
	atomic_bool is_deaf;
};

struct source_sink {
	/* is_urgent: a state change. From any source's thread. */
	void (*report)(void *context, const struct uplink_report *r, bool is_urgent);
	/* May be NULL: told of everything, with what was decided and why ("forwarded", "repeat" …); data may
	 * be NULL. */
	void (*trace)(void *context, const char *source, const struct uplink_report *r, const char *verdict);
	void *context;
};

/* What all sources of a process share. */
struct source_world {
	const struct setting *setting;
	struct source_sink sink;
	int stop_fd;             /* readable from the stop on, and never read */
	_Atomic int clock;       /* enum uplink_clock, as the health of the time of day says now */
	_Atomic unsigned cfg;    /* rises when cfg.json in the state directory was replaced */
	_Atomic unsigned rescan; /* rises with each cmd rescan */
};

struct source;

struct source_ops {
	const char *kind;
	/* False: why is one line for a person. */
	bool (*open)(struct source *s, char *why, size_t why_size);
	void (*run)(struct source *s);
	void (*close)(struct source *s); /* after run has returned; accepts what open left */
};

struct source {
	const struct source_ops *ops;
	char name[UPLINK_NAME_SIZE];
	size_t index;     /* in the setting's list of its kind */
	const char *file; /* replay: the capture */
	int64_t speed;    /* replay: capture seconds in a second; 0: as fast as it goes */
	struct source_world *world;
	struct health health;
	void *state;
};

extern const struct source_ops source_ble;
extern const struct source_ops source_modbus;
extern const struct source_ops source_replay;

/* Sets mono_ms, and t_ms where the clock is worth it. */
void source_stamp(struct source *s, struct uplink_report *r);
/* Waits for real milliseconds; true where the stop came. fd: also returns once it is readable, -1: none. */
bool source_wait(struct source *s, int64_t ms);
bool source_is_stopping(const struct source *s);

/* The radio sources' common path: every advert of an HCI packet through the sieve to the sink. Returns the
 * number of advertisements heard. */
struct sieve;
unsigned source_hear_packet(struct source *s, struct sieve *sieve, const uint8_t *packet, size_t len);

/* sdm120 and its like: reads one meter once and prints what it says. Exit code. */
int modbus_probe(const char *host, const char *port, int64_t unit, const char *maps, const char *map);

#endif
