/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where a thing is heard, with hysteresis: radio presence flaps. Pure. A place becomes the candidate when it
 * hears the thing clearly better, or when the candidate has fallen silent; the candidate becomes the observed
 * place once it has held (10 minutes by setting), at once where it only confirms the declared place. Silence
 * changes nothing: a deaf gateway never makes a thing absent.
 */
#ifndef NAVETTE_PRESENCE_RULES_H
#define NAVETTE_PRESENCE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define PRESENCE_WINDOW_MS 60000
#define PRESENCE_MARGIN_DB 6

struct presence {
	int64_t seen_place_id; /* 0: nowhere yet */
	int64_t seen_since_ms;
	int64_t candidate_place_id;
	int64_t candidate_since_ms;
	int64_t best_rssi_dbm; /* the candidate's last */
	int64_t best_ms;
};

struct sighting {
	int64_t place_id;
	int64_t rssi_dbm;
	int64_t heard_ms;
};

/* Sightings in the order of their times. True where the observed place changed. */
bool presence_heard(struct presence *p, const struct sighting *s, int64_t declared_place_id, int64_t hold_ms);

#endif
