/* SPDX-License-Identifier: EUPL-1.2 */
/* CRC-32 (ISO 3309, as in zlib), without a table: what it guards is small and rare. */
#ifndef NAVETTE_CORE_CRC32_H
#define NAVETTE_CORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const uint8_t *bytes, size_t len);

#endif
