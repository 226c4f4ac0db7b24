/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/slices.h"

#include <stdlib.h>
#include <string.h>

void slices_fini(struct slices *s)
{
	free(s->changes);
	memset(s, 0, sizeof *s);
}

void slices_forget(struct slices *s)
{
	if (s->n)
		memset(s->changes, 0, s->size * sizeof *s->changes);
	s->n = 0;
}

static struct slice_change *place_of(struct slices *s, int64_t binding_id, int64_t hour_s)
{
	uint64_t h = ((uint64_t)binding_id * 0x9e3779b97f4a7c15u) ^
		     ((uint64_t)(hour_s / 3600) * 0xc2b2ae3d27d4eb4fu);

	for (size_t i = (h >> 20) & (s->size - 1);; i = (i + 1) & (s->size - 1)) {
		struct slice_change *c = &s->changes[i];

		if (!c->binding_id || (c->binding_id == binding_id && c->hour_s == hour_s))
			return c;
	}
}

static void grow(struct slices *s)
{
	struct slices bigger = {.size = s->size ? s->size * 2 : 256};

	bigger.changes = xcalloc(bigger.size, sizeof *bigger.changes);
	for (size_t i = 0; i < s->size; i++) {
		const struct slice_change *c = &s->changes[i];

		if (c->binding_id)
			*place_of(&bigger, c->binding_id, c->hour_s) = *c;
	}
	bigger.n = s->n;
	bigger.n_added = s->n_added;
	free(s->changes);
	*s = bigger;
}

void slices_add(struct slices *s, int64_t binding_id, int64_t hour_s, int64_t active_s, int64_t bounded_s)
{
	struct slice_change *c;

	if (!active_s && !bounded_s)
		return;
	s->n_added++;
	if (s->n * 2 >= s->size)
		grow(s);
	c = place_of(s, binding_id, hour_s);
	if (!c->binding_id) {
		c->binding_id = binding_id;
		c->hour_s = hour_s;
		s->n++;
	}
	c->active_s += active_s;
	c->bounded_s += bounded_s;
}

static enum err store(struct db *db, const struct slice_change *c)
{
	struct query q = db_query(db, "INSERT INTO usage_slice (binding_id, hour_s, active_s, bounded_s) "
				      "VALUES ($1, $2, $3, $4) ON CONFLICT (binding_id, hour_s) DO UPDATE "
				      "SET active_s = usage_slice.active_s + excluded.active_s, "
				      "bounded_s = usage_slice.bounded_s + excluded.bounded_s");

	put_i64(&q, c->binding_id);
	put_i64(&q, c->hour_s);
	put_i64(&q, c->active_s);
	put_i64(&q, c->bounded_s);
	return db_run(&q);
}

/* An hour that lost its last second has no row: as a rebuild would leave it. */
static enum err drop_empty(struct db *db, const struct slice_change *c)
{
	struct query q = db_query(
		db, "DELETE FROM usage_slice WHERE binding_id = $1 AND hour_s = $2 AND active_s = 0");

	put_i64(&q, c->binding_id);
	put_i64(&q, c->hour_s);
	return db_run(&q);
}

enum err slices_flush(struct slices *s, struct db *db)
{
	enum err err = OK;

	for (size_t i = 0; i < s->size && !err; i++) {
		const struct slice_change *c = &s->changes[i];

		if (!c->binding_id || (!c->active_s && !c->bounded_s))
			continue;
		err = store(db, c);
		if (!err && c->active_s < 0)
			err = drop_empty(db, c);
	}
	slices_forget(s);
	return err;
}
