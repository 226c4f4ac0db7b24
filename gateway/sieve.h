/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a radio source forwards: adverts on the allow-list, once per 30 s where an address repeats itself byte
 * for byte. Only a saving: correctness never depends on it. Pure; one sieve per source, not shared.
 */
#ifndef NAVETTE_SIEVE_H
#define NAVETTE_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/hci.h"

#define SIEVE_MAX_ALLOWED 16u
#define SIEVE_SLOTS 1024u /* addresses remembered; a full set forgets the one heard longest ago */
#define SIEVE_WAYS 4u

struct sieve_list {
	struct {
		bool is_company;
		uint16_t id;
	} allowed[SIEVE_MAX_ALLOWED];
	size_t n;
};

/* "fcd2 company:0499": four hex digits each, by spaces or commas. False where it is not such a list. */
bool sieve_list_parse(const char *text, struct sieve_list *out);

enum sieve_verdict { SIEVE_PASS, SIEVE_NOT_LISTED, SIEVE_REPEAT };

struct sieve {
	struct sieve_list list;
	int64_t repeat_ms; /* 0: repeats pass */
	struct sieve_slot {
		int64_t heard_ms;
		uint64_t hash; /* of address, id and data; 0: free */
		uint8_t address[6];
	} slots[SIEVE_SLOTS];
};

void sieve_init(struct sieve *s, const struct sieve_list *list, int64_t repeat_ms);
/* now_ms: a monotonic time. A passing advert is remembered; a repeat is not, so that a tag which says the
 * same thing for hours passes every 30 s. */
enum sieve_verdict sieve_judge(struct sieve *s, int64_t now_ms, const struct hci_advert *advert);

#endif
