/* SPDX-License-Identifier: EUPL-1.2 */
/* The look at the bytes before cJSON has them; used by json.c only. */
#ifndef NAVETTE_DAEMON_JSON_SCAN_H
#define NAVETTE_DAEMON_JSON_SCAN_H

#include <stddef.h>

/* NULL where the bytes hold nothing that a lenient parser lets through and RFC 8259 (or we) do not:
 * depth, signs, numbers, strings. The grammar between them is the parser's. Otherwise a static sentence. */
const char *json_scan(const char *bytes, size_t len);

#endif
