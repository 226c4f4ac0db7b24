/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two fixed tables of counters, one slot each by hash. Whoever would push another's counter out must fail to
 * collide 4096 ways within its minute, at 30 ms an attempt: a minute holds about 2000.
 */
#include "inventory-service/throttle.h"

#include <sodium.h>
#include <string.h>

#define SLOTS 4096u

struct slot {
	uint64_t who;
	int64_t from_ms;
	int n;
};

static struct slot by_account[SLOTS], by_address[SLOTS];
static uint8_t hash_key[crypto_shorthash_KEYBYTES];
static bool has_key;

static uint64_t hash_of(const char *account, const char *address)
{
	uint8_t text[512], hash[crypto_shorthash_BYTES];
	size_t a = strnlen(account, 255), b = strnlen(address, 255);
	uint64_t v;

	if (!has_key) {
		randombytes_buf(hash_key, sizeof hash_key);
		has_key = true;
	}
	memcpy(text, account, a);
	text[a] = '\0';
	memcpy(text + a + 1, address, b);
	crypto_shorthash(hash, text, a + 1 + b, hash_key);
	memcpy(&v, hash, sizeof v);
	return v;
}

static struct slot *slot_of(struct slot *table, uint64_t who, int64_t real_ms)
{
	struct slot *slot = &table[who % SLOTS];

	if (slot->who != who || real_ms - slot->from_ms >= THROTTLE_WINDOW_MS)
		*slot = (struct slot){.who = who, .from_ms = real_ms};
	return slot;
}

bool throttle_take(const char *account, const char *address, int64_t real_ms, int64_t *retry_after_s)
{
	struct slot *a = slot_of(by_account, hash_of(account, ""), real_ms);
	struct slot *b = slot_of(by_address, hash_of(account, address), real_ms);
	const struct slot *full = a->n >= THROTTLE_PER_ACCOUNT ? a : b->n >= THROTTLE_PER_ADDRESS ? b : NULL;

	if (full) {
		*retry_after_s = (full->from_ms + THROTTLE_WINDOW_MS - real_ms + 999) / 1000;
		return false;
	}
	a->n++, b->n++;
	return true;
}

void throttle_give_back(const char *account, const char *address)
{
	uint64_t who = hash_of(account, "");
	struct slot *a = &by_account[who % SLOTS];
	struct slot *b;

	if (a->who == who && a->n > 0)
		a->n--;
	who = hash_of(account, address);
	b = &by_address[who % SLOTS];
	if (b->who == who && b->n > 0)
		b->n--;
}
