/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How many passwords may be tried: per minute at most 20 for one account, and at most 12 of them from one
 * address, so that whoever guesses at an account from elsewhere does not shut its owner out. Only failures
 * count. Kept in memory, by a keyed hash of account and address: nothing about people is stored. Used by one
 * thread only (http.c's slow one).
 */
#ifndef NAVETTE_THROTTLE_H
#define NAVETTE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#define THROTTLE_WINDOW_MS 60000
#define THROTTLE_PER_ACCOUNT 20
#define THROTTLE_PER_ADDRESS 12

/* May a password of this account be evaluated now (real monotonic ms)? Counts it. False: *retry_after_s. */
bool throttle_take(const char *account, const char *address, int64_t real_ms, int64_t *retry_after_s);
/* It was right: does not count. */
void throttle_give_back(const char *account, const char *address);

#endif
