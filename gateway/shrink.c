/* SPDX-License-Identifier: EUPL-1.2 */
#include "gateway/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/text.h"

#define LEAP 65536u /* frames: nobody misses so many of a tag within one segment */
#define BTHOME_UUID 0xfcd2
#define BTHOME_ENCRYPTED 1u
#define BTHOME_TRAILER 8u /* counter (4) and MIC (4) end an encrypted frame */

struct shrink_entry {
	enum uplink_kind kind;
	uint8_t address[6];
	uint32_t frame_counter;
	int64_t counter_epoch;
	char name[UPLINK_NAME_SIZE];
	size_t position;
	bool is_closed; /* a later frame of this tag began another life */
};

static uint32_t frame_counter(const struct uplink_ble *b)
{
	const uint8_t *c;

	if (b->is_company || b->id != BTHOME_UUID || b->data_len <= BTHOME_TRAILER ||
	    (b->data[0] & BTHOME_ENCRYPTED) == 0)
		return 0;
	c = b->data + b->data_len - BTHOME_TRAILER;
	return (uint32_t)c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 | (uint32_t)c[3] << 24;
}

static bool is_same_thing(const struct shrink_entry *e, const struct uplink_report *r)
{
	if (e->is_closed || e->kind != r->kind)
		return false;
	if (r->kind == UPLINK_BLE)
		return memcmp(e->address, r->u.ble.address, sizeof e->address) == 0;
	return r->kind == UPLINK_METER && e->counter_epoch == r->u.meter.counter_epoch &&
	       strcmp(e->name, r->u.meter.name) == 0;
}

static struct shrink_entry *entry_add(struct shrink *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 64 : s->cap * 2;
		s->entries = xrealloc(s->entries, s->cap * sizeof *s->entries);
	}
	memset(&s->entries[s->n], 0, sizeof *s->entries);
	return &s->entries[s->n++];
}

void shrink_note(struct shrink *s, const struct uplink_report *r)
{
	struct shrink_entry *e = NULL;
	uint32_t counter = r->kind == UPLINK_BLE ? frame_counter(&r->u.ble) : 0;
	bool is_counter = r->kind != UPLINK_BLE && (r->kind != UPLINK_METER || !s->last_of_meters);

	for (size_t i = 0; i < s->n && e == NULL && !is_counter; i++)
		e = is_same_thing(&s->entries[i], r) ? &s->entries[i] : NULL;
	if (e != NULL && r->kind == UPLINK_BLE && counter != 0 && e->frame_counter != 0 &&
	    (counter < e->frame_counter || counter - e->frame_counter > LEAP)) {
		e->is_closed = true;
		e = NULL;
	}
	if (e == NULL) {
		e = entry_add(s);
		e->kind = r->kind;
	}
	e->position = s->n_noted++;
	e->frame_counter = counter != 0 ? counter : e->frame_counter;
	e->is_closed = is_counter;
	if (r->kind == UPLINK_BLE)
		memcpy(e->address, r->u.ble.address, sizeof e->address);
	if (r->kind == UPLINK_METER) {
		e->counter_epoch = r->u.meter.counter_epoch;
		memcpy(e->name, r->u.meter.name, sizeof e->name);
	}
}

bool shrink_keeps(const struct shrink *s, size_t position)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->entries[i].position == position)
			return true;
	}
	return false;
}

void shrink_fini(struct shrink *s)
{
	free(s->entries);
	*s = (struct shrink){.n = 0};
}

size_t shrink_report_len(const char *joined, size_t len)
{
	size_t depth = 0;
	bool is_text = false;

	for (size_t i = 0; i < len; i++) {
		char c = joined[i];

		if (is_text && c == '\\')
			i++;
		else if (c == '"')
			is_text = !is_text;
		else if (!is_text && (c == '{' || c == '['))
			depth++;
		else if (!is_text && (c == '}' || c == ']') && --depth == 0)
			return i + 1;
	}
	return 0;
}
