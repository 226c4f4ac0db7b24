/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/presence_rules.h"

static bool takes_over(const struct presence *p, const struct sighting *s)
{
	return s->heard_ms - p->best_ms > PRESENCE_WINDOW_MS ||
	       s->rssi_dbm > p->best_rssi_dbm + PRESENCE_MARGIN_DB;
}

bool presence_heard(struct presence *p, const struct sighting *s, int64_t declared_place_id, int64_t hold_ms)
{
	if (s->place_id != p->candidate_place_id) {
		if (p->candidate_place_id && !takes_over(p, s))
			return false;
		p->candidate_place_id = s->place_id;
		p->candidate_since_ms = s->heard_ms;
	}
	p->best_rssi_dbm = s->rssi_dbm;
	p->best_ms = s->heard_ms;
	if (p->candidate_place_id == p->seen_place_id)
		return false;
	if (p->candidate_place_id != declared_place_id && s->heard_ms - p->candidate_since_ms < hold_ms)
		return false;
	p->seen_place_id = p->candidate_place_id;
	p->seen_since_ms = p->candidate_since_ms;
	return true;
}
