/* SPDX-License-Identifier: EUPL-1.2 */
/* Service data as the payload of a legacy advertisement (Core Specification Supplement, part A §1.3 and
 * §1.11). */
#ifndef NAVETTE_CORE_ADVERTISER_H
#define NAVETTE_CORE_ADVERTISER_H

#include <stddef.h>
#include <stdint.h>

#include "firmware/board.h"

#define ADVERTISER_DATA_MAX 24u /* 31 less the flags and the header of the service data */

/* Flags, then BTHome service data. Returns the length, 0 where len is above ADVERTISER_DATA_MAX. */
uint8_t advertiser_build(const uint8_t *service_data, size_t len, uint8_t out[BOARD_AD_MAX]);

#endif
