/* SPDX-License-Identifier: EUPL-1.2 */
/* What has become of a meter_world: its hours as one number, and those of a twin who was
 * always heard at once. */
#ifndef NAVETTE_METER_HOURS_H
#define NAVETTE_METER_HOURS_H

#include "tests/property/meter_world.h"

static inline void tell(struct world *w, int k, int64_t received_ms)
{
	tell_as(w, k, k + 1, received_ms);
}

/* A new ingest has not seen the clock move lately: no need to wait for it to rest. */
static inline void rest(struct world *w)
{
	ingest_close(w->ingest);
	w->ingest = ingest_open(w->service);
}

/* ---- what came of it ---- */

static inline enum err sum_up(struct db *db, void *context)
{
	struct query q = db_query(db, "SELECT b.device_id, s.hour_s, s.active_s, s.bounded_s "
				      "FROM usage_slice s JOIN binding b ON b.id = s.binding_id "
				      "ORDER BY 1, 2");
	uint64_t *digest = context;

	*digest = 0;
	while (db_next(&q))
		for (int i = 0; i < 4; i++)
			*digest = (*digest ^ (uint64_t)get_i64(&q)) * 1099511628211u;
	return db_end(&q);
}

static inline uint64_t digest_of(struct world *w)
{
	uint64_t digest;

	assert_int_equal(service_read(w->service, sum_up, &digest), OK);
	return digest;
}

/* The hours of a gateway whose first n steps were heard at once. */
static inline uint64_t truth_of(int n)
{
	struct world twin;
	uint64_t digest;
	bool left;

	make_world(&twin);
	for (int k = 0; k < n; k++)
		tell(&twin, k, START_MS + k * STEP_MS);
	rest(&twin);
	assert_int_equal(ingest_settle(twin.ingest, START_MS + n * STEP_MS, 1000, &left), OK);
	digest = digest_of(&twin);
	remove_world(&twin);
	return digest;
}

#endif
