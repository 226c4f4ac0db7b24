/* SPDX-License-Identifier: EUPL-1.2 */
/* What a person may look at while the gateway runs: it is only read. Exit codes. */
#ifndef NAVETTE_INSPECT_H
#define NAVETTE_INSPECT_H

#include <stdbool.h>

#include "gateway/setting.h"

int inspect_sources(const struct setting *s);
/* is_export: one batch a line, as it is published. */
int inspect_spool(const struct setting *s, bool is_export);

#endif
