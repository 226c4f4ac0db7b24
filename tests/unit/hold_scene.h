/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One item whose home is place 1, places 2 and 3, and lines 1 … 60 that may stay anywhere: line n is of
 * booking n, of place 1 + n % 3. Blocks 1 … 20 are at home. Margins are derived here a second time.
 */
#ifndef NAVETTE_HOLD_SCENE_H
#define NAVETTE_HOLD_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inventory-service/db.h"
#include "inventory-service/domain/lending/hold.h"
#include "inventory-service/migrate.h"

#define SCENE_NOW 1800000000
#define SCENE_LINES 60
#define SCENE_BLOCKS 20
#define SCENE_PREPARE_S 600
#define SCENE_INSPECT_S 900
#define SCENE_LEAD_S 7200

static struct db *db;
static const struct lending_policy policy = {
	.fetch_lead_s = SCENE_LEAD_S, .option_s = 172800, .grace_s = 900, .recovery_s = 604800};

static inline int scene_open(void **state)
{
	int64_t from;

	(void)state;
	if (db_open(":memory:", DB_WRITER, &db) || migrate(db, &from))
		return 1;
	return db_script(
		db, "INSERT INTO place (id, name, created_s) VALUES (1, 'A', 0), (2, 'B', 0), (3, 'C', 0);"
		    "INSERT INTO model (id, name, family, transport_class, prepare_s, inspect_s, created_s) "
		    "VALUES (1, 'Prusa', 'Impression 3D', 'T2', 600, 900, 0);"
		    "INSERT INTO item (id, model_id, inventory_no, code, owner_place_id, home_place_id, "
		    "in_service_s, created_s) VALUES (1, 1, 'A-1', '0000017', 1, 1, 0, 0), "
		    "(2, 1, 'A-2', '000002D', 1, 1, 0, 0);"
		    "WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 60) "
		    "INSERT INTO booking (id, place_id, state, starts_s, ends_s, created_s) "
		    "SELECT n, 1 + n % 3, 'confirmed', 1, 2, 0 FROM k;"
		    "INSERT INTO line (id, booking_id, item_id, model_id, is_any, travel, state, approval, "
		    "due_s) SELECT id, id, 1, 1, 0, 'fetch', 'reserved', 'nobody', 2 FROM booking;"
		    "INSERT INTO block (id, item_id, reason, starts_s, created_s) "
		    "SELECT id, 1, 'entretien', 1, 0 FROM booking WHERE id <= 20");
}

static inline int scene_close(void **state)
{	(void)state;
	db_close(db);
	return 0;
}

static inline struct hold_item scene_item(int64_t now_s)
{
	return (struct hold_item){.item_id = 1,
				  .ways = {.home_id = 1, .lead_s = SCENE_LEAD_S},
				  .now_s = now_s,
				  .policy = &policy};
}

static inline struct stay line_stay(int64_t line_id, int64_t starts_s, int64_t ends_s)
{
	return (struct stay){.starts_s = starts_s,
			     .ends_s = ends_s,
			     .place_id = 1 + line_id % 3,
			     .prepare_s = SCENE_PREPARE_S,
			     .inspect_s = SCENE_INSPECT_S,
			     .line_id = line_id,
			     .booking_place_id = 1 + line_id % 3};
}

static inline struct stay block_stay(int64_t block_id, int64_t starts_s, int64_t ends_s)
{
	return (struct stay){.starts_s = starts_s, .ends_s = ends_s, .place_id = 1, .block_id = block_id};
}

struct held {
	struct stay stay;
	struct stay_block blocked;
	int64_t expires_s;
};

static inline size_t held_rows(struct held *rows)
{
	struct query q =
		db_query(db, "SELECT line_id, block_id, starts_s, ends_s, from_s, until_s, expires_s "
			     "FROM hold WHERE item_id = 1 ORDER BY starts_s");
	size_t n = 0;

	while (db_next(&q)) {
		int64_t line_id = get_id(&q), block_id = get_id(&q), starts_s = get_i64(&q),
			ends_s = get_i64(&q);

		rows[n].stay = line_id ? line_stay(line_id, starts_s, ends_s)
				       : block_stay(block_id, starts_s, ends_s);
		rows[n].blocked.from_s = get_i64(&q);
		rows[n].blocked.until_s = get_i64(&q);
		rows[n++].expires_s = get_id(&q);
	}
	assert_int_equal(db_end(&q), OK);
	return n;
}

static inline int64_t way_s(int64_t a, int64_t b)
{
	return a == b ? 0 : SCENE_LEAD_S;
}

/* The end of a and the beginning of b, which comes next. */
static inline void meet(const struct stay *a, const struct stay *b, int64_t *until_s, int64_t *from_s)
{
	int64_t by_home_s = way_s(a->place_id, 1) + way_s(1, b->place_id);
	bool goes_home = b->starts_s - a->ends_s >= a->inspect_s + by_home_s + b->prepare_s;

	*until_s = a->ends_s + a->inspect_s + (goes_home ? way_s(a->place_id, 1) : 0);
	*from_s = b->starts_s - b->prepare_s - way_s(goes_home ? 1 : a->place_id, b->place_id);
}

/* Every row's margins are those of its place among all rows, and no two overlap. */
static inline void assert_derived(void)
{
	struct held rows[SCENE_LINES + SCENE_BLOCKS];
	size_t n = held_rows(rows);

	for (size_t i = 0; i < n; i++) {
		const struct stay *s = &rows[i].stay;
		int64_t from_s = s->starts_s - s->prepare_s - way_s(1, s->place_id);
		int64_t until_s = s->ends_s + s->inspect_s + way_s(s->place_id, 1), other_s;

		if (i > 0)
			meet(&rows[i - 1].stay, s, &other_s, &from_s);
		if (i + 1 < n)
			meet(s, &rows[i + 1].stay, &until_s, &other_s);
		assert_int_equal(rows[i].blocked.from_s, from_s);
		assert_int_equal(rows[i].blocked.until_s, until_s);
		assert_true(i == 0 || rows[i - 1].blocked.until_s <= from_s);
	}
}

#endif
