/* SPDX-License-Identifier: EUPL-1.2 */
/* The one line for a person that a failing start hands up: cut where it does not fit. Always false. */
#ifndef NAVETTE_EXPLAIN_H
#define NAVETTE_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

bool explain(char *why, size_t why_size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
