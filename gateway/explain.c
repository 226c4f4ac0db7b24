/* SPDX-License-Identifier: EUPL-1.2 */
#include "gateway/explain.h"

#include <stdarg.h>
#include <stdio.h>

bool explain(char *why, size_t why_size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, why_size, format, args);
	va_end(args);
	return false;
}
