/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/strangers.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/log.h"
#include "inventory-service/domain/evidence/stranger.h"

#define SLOTS 2048u
#define AGAIN_MS 60000

/* Two that share a slot only cost a write more. */
struct strangers {
	struct {
		uint64_t key;
		int64_t written_ms;
	} slots[SLOTS];
};

struct strangers *strangers_alloc(void)
{
	return xcalloc(1, sizeof(struct strangers));
}

void strangers_free(struct strangers *s)
{
	free(s);
}

void strangers_forget(struct strangers *s)
{
	memset(s, 0, sizeof *s);
}

static uint64_t key_of(int64_t gateway_id, const char *name)
{
	uint64_t h = 14695981039346656037u ^ (uint64_t)gateway_id; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 1099511628211u;
	return h | 1; /* 0 is an empty slot */
}

static bool has_turn(struct feed *g, int64_t real_ms)
{
	if (real_ms / 1000 != g->strangers_s) {
		g->strangers_s = real_ms / 1000;
		g->n_strangers = 0;
	}
	return g->n_strangers++ < STRANGERS_PER_S;
}

enum err strangers_hear(struct strangers *s, struct db *db, struct feed *g, const struct observation *o,
			int64_t real_ms)
{
	enum device_kind kind = o->meter ? DEVICE_METER : o->is_ruuvi ? DEVICE_RUUVI : DEVICE_BLE;
	uint8_t bytes[6];
	char address[13];
	const char *name = o->meter ? o->meter : address;
	uint64_t key;

	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(o->address >> (40 - 8 * i));
	hex_encode(bytes, sizeof bytes, address);
	key = key_of(g->id, name);
	if (s->slots[key % SLOTS].key == key && real_ms - s->slots[key % SLOTS].written_ms < AGAIN_MS)
		return OK;
	if (!has_turn(g, real_ms))
		return OK;
	s->slots[key % SLOTS].key = key;
	s->slots[key % SLOTS].written_ms = real_ms;
	return stranger_heard(db, g->id, kind, name, o->heard_ms, o->rssi_dbm);
}
