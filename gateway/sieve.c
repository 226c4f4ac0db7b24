/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A set-associative table of 1 024 slots: each address has four places it may stand in. An address holds as
 * many slots as it says different things within 30 s (a tag alternates two shapes). Two different frames are
 * taken for one only where 64 bits of FNV-1a agree: the lost repeat would be made good by the next counter.
 */
#include "gateway/sieve.h"

#include <string.h>

static bool hex_digit(char c, unsigned *v)
{
	if (c >= '0' && c <= '9')
		*v = (unsigned)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*v = (unsigned)(c - 'a') + 10;
	else if (c >= 'A' && c <= 'F')
		*v = (unsigned)(c - 'A') + 10;
	else
		return false;
	return true;
}

bool sieve_list_parse(const char *text, struct sieve_list *out)
{
	struct sieve_list list = {.n = 0};

	while (*(text += strspn(text, " ,\t")) != '\0') {
		unsigned id = 0, digit;
		bool is_company = strncmp(text, "company:", 8) == 0;

		if (is_company)
			text += 8;
		for (int i = 0; i < 4; i++, text++) {
			if (!hex_digit(*text, &digit))
				return false;
			id = id * 16 + digit;
		}
		if (list.n == SIEVE_MAX_ALLOWED || (*text != '\0' && strchr(" ,\t", *text) == NULL))
			return false;
		list.allowed[list.n].is_company = is_company;
		list.allowed[list.n++].id = (uint16_t)id;
	}
	*out = list;
	return true;
}

void sieve_init(struct sieve *s, const struct sieve_list *list, int64_t repeat_ms)
{
	memset(s, 0, sizeof *s);
	s->list = *list;
	s->repeat_ms = repeat_ms;
}

static uint64_t fnv(uint64_t h, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3ULL;
	return h;
}

static bool is_listed(const struct sieve *s, const struct hci_advert *advert)
{
	for (size_t i = 0; i < s->list.n; i++) {
		if (s->list.allowed[i].is_company == advert->is_company &&
		    s->list.allowed[i].id == advert->id)
			return true;
	}
	return false;
}

enum sieve_verdict sieve_judge(struct sieve *s, int64_t now_ms, const struct hci_advert *advert)
{
	uint64_t of_address = fnv(0xcbf29ce484222325ULL, advert->address, sizeof advert->address), hash;
	struct sieve_slot *set =
		&s->slots[(of_address ^ of_address >> 32) % (SIEVE_SLOTS / SIEVE_WAYS) * SIEVE_WAYS];
	struct sieve_slot *place = set;
	uint8_t kind[3] = {advert->is_company, (uint8_t)advert->id, (uint8_t)(advert->id >> 8)};

	if (!is_listed(s, advert))
		return SIEVE_NOT_LISTED;
	if (s->repeat_ms == 0)
		return SIEVE_PASS;
	hash = fnv(fnv(of_address, kind, sizeof kind), advert->data, advert->len) | 1;
	for (size_t i = 0; i < SIEVE_WAYS; i++) {
		struct sieve_slot *slot = &set[i];
		bool is_same = slot->hash == hash &&
			       memcmp(slot->address, advert->address, sizeof slot->address) == 0;

		if (is_same && now_ms >= slot->heard_ms && now_ms - slot->heard_ms < s->repeat_ms)
			return SIEVE_REPEAT;
		if (is_same) {
			place = slot;
			break;
		}
		if (slot->hash == 0 || (place->hash != 0 && slot->heard_ms < place->heard_ms))
			place = slot;
	}
	place->hash = hash;
	place->heard_ms = now_ms;
	memcpy(place->address, advert->address, sizeof place->address);
	return SIEVE_PASS;
}
