/* SPDX-License-Identifier: EUPL-1.2 */
/* The configuration of navette-inventory: one table of rows (setting.c), from which the example file is
 * printed. */
#ifndef NAVETTE_SETTING_H
#define NAVETTE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/daemon/clock.h"
#include "common/daemon/text.h"
#include "inventory-service/service.h"

struct setting {
	struct service_setting service;
	struct clock_setting clock;
};

/* False: why is "FILE:LINE: what is wrong". Not for several threads. */
MUST_CHECK bool setting_load(struct setting *out, const char *path, char *why, size_t why_size);
void setting_print_example(FILE *out);

#endif
