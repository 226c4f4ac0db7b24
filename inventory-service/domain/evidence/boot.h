/* SPDX-License-Identifier: EUPL-1.2 */
/* The boots of gateways: where each monotonic clock stands in time (placing_rules.h), as rows. */
#ifndef NAVETTE_BOOT_H
#define NAVETTE_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory-service/db.h"

struct boot {
	int64_t id; /* 0: none */
	int64_t gateway_id;
	int64_t boot;
	int64_t offset_ms;
	int64_t placed_offset_ms;
	int64_t first_mono_ms;
	int64_t last_mono_ms;
	int64_t first_report_id;
	bool has_clock;
	int64_t clock_offset_ms;
	bool is_settled;
	bool is_bounded;
	bool is_dirty;
	int64_t moved_real_ms; /* when the offset last moved, on the real monotonic clock; not stored */
};

/* Finds it, or makes it with this offset. */
MUST_CHECK enum err boot_open(struct db *db, int64_t gateway_id, int64_t boot, int64_t offset_ms,
			      int64_t first_mono_ms, struct boot *out);
/* A batch or status travelled this fast: the smallest offset stays. A boot that was settled and is off by
 * more than a minute is unsettled again; less than that is the drift of two clocks and holds from here on. */
void boot_hear(struct boot *b, int64_t offset_ms, int64_t real_ms);
MUST_CHECK enum err boot_store(struct db *db, struct boot *b);
/* Where b belongs, given the boots before and after it: its offset and is_bounded, not stored. *moves: its
 * stored reports stand elsewhere (boot_move.h). */
MUST_CHECK enum err boot_place(struct db *db, struct boot *b, bool *moves);
/* The gateway's boot before b; id 0: none. */
MUST_CHECK enum err boot_before(struct db *db, const struct boot *b, struct boot *out);
MUST_CHECK enum err boot_unsettled(struct db *db, int64_t after_id, struct boot *out); /* id 0: no more */

#endif
