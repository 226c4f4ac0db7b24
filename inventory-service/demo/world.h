/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The demo world as values: a pure function of (seed, last day), byte for byte the same on every machine.
 * Places are those of places.csv (fictional places in real communes); models are data (catalogue.c); who has
 * what, and when it was used, is drawn from splitmix64 streams, one for each thing, so that a change here
 * leaves the rest as it was.
 */
#ifndef NAVETTE_DEMO_WORLD_H
#define NAVETTE_DEMO_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "inventory-service/domain/stock/calendar_rules.h"

#define DEMO_HUBS 8
#define DEMO_PLACES 26
#define DEMO_COLUMNS 32
#define DEMO_MODELS 20
#define DEMO_ITEMS 60
#define DEMO_GATEWAYS 5
#define DEMO_DEVICES 20
#define DEMO_USERS 6
#define DEMO_DAYS 425 /* 14 months */
#define DEMO_MAX_USES 60000
#define DEMO_PASSWORD "navette-demo"

struct demo_hub {
	const char *slug; /* as places.csv has it */
	const char *name;
};

struct demo_place {
	const char *columns[DEMO_COLUMNS]; /* the national standard's, in the order of demo_world.columns */
	int hub;
	int parent; /* -1: none */
};

enum demo_source { DEMO_NONE, DEMO_TAG, DEMO_METER };

struct demo_model {
	const char *name, *family, *slug; /* slug: its meters' and tags' names begin with it */
	const char *transport_class, *policy;
	const char *requires, *advises; /* JSON arrays */
	int64_t off_mw, idle_mw, active_mw;
	int64_t on_delay_s, off_delay_s;
	int64_t prepare_s, inspect_s, max_loan_s;
	int64_t value_cents;
	int n_items, n_reporting; /* of the items: with a tag or a meter */
	enum demo_source source;
	int busy;             /* chance in 100 that it is used in an opening */
	int use_min, use_max; /* minutes */
	const char *checklist_out, *checklist_in, *notes;
};

struct demo_item {
	int model;
	int owner, home;
	char inventory_no[24];
	char serial[24];
	const char *lend_to, *approver;
	int64_t cost_cents;
	int64_t in_service_s;
	uint32_t code_bits;
	int device; /* -1: none */
};

struct demo_gateway {
	int place;
	char name[64];
};

struct demo_device {
	enum demo_source source;
	int item;
	int gateway;        /* that hears it */
	char name[32];      /* "prusa-mk4-1" */
	uint8_t address[6]; /* tags */
	uint8_t key[16];
	int64_t counter_epoch;
	int unit; /* meters: of its gateway's bus, from 1 */
};

struct demo_use {
	int device;
	int64_t start_s, until_s;
};

struct demo_user {
	const char *role, *email, *name;
	const char *scope;
	int scope_index; /* of the place or hub; -1: region */
};

struct demo_world {
	uint64_t seed;
	struct calendar_date last_day;
	int64_t from_s, until_s;           /* the history: DEMO_DAYS local days */
	char *csv;                         /* owned; what the columns point into */
	const char *columns[DEMO_COLUMNS]; /* their names, the first line of places.csv */
	struct demo_place places[DEMO_PLACES];
	struct demo_item items[DEMO_ITEMS];
	struct demo_gateway gateways[DEMO_GATEWAYS];
	struct demo_device devices[DEMO_DEVICES];
	struct demo_use uses[DEMO_MAX_USES]; /* by device, then by time; never overlapping */
	int n_uses;
};

/* catalogue.c */
extern const struct demo_hub demo_hubs[DEMO_HUBS];
extern const struct demo_model demo_models[DEMO_MODELS];
extern const struct demo_user demo_users[DEMO_USERS];
extern const int demo_gateway_places[DEMO_GATEWAYS];

/* What a place says in that column of the national standard; a name that is no column is a bug (fatal). */
const char *demo_column(const struct demo_world *w, int place, const char *name);

/* The world of that seed whose history ends with that local day. The caller frees it. */
struct demo_world *demo_world_make(uint64_t seed, struct calendar_date last_day);
void demo_world_free(struct demo_world *w); /* accepts NULL */
/* As text, one fact a line: what the committed checksum is of. */
void demo_world_print(const struct demo_world *w, FILE *out);

/* splitmix64: the next of a stream; streams are told apart by what they are for. */
struct demo_random {
	uint64_t state;
};
struct demo_random demo_random(uint64_t seed, const char *purpose, int index);
uint64_t demo_next(struct demo_random *r);
int64_t demo_between(struct demo_random *r, int64_t min, int64_t max); /* inclusive */
bool demo_chance(struct demo_random *r, int percent);

/* Opening spans of a weekday (0 = Monday), as minutes of local time; at most max. From an OpenStreetMap text
 * such as "Tu-Fr 09:30-12:30,13:30-18:00; Sa 10:00-12:30". */
struct demo_opening {
	int from_min, until_min;
};
int demo_openings(const char *hours, int weekday, struct demo_opening *out, int max);

#endif
