/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A line is built whole in a fixed buffer and leaves by one write(2), so that lines of several threads
 * never mix and no lock is needed. Control characters become spaces: what came from outside cannot forge a
 * second line. A line that does not fit is cut, and says so by an ellipsis.
 */
#include "common/daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 1024

static atomic_bool debug_wanted;

void log_verbose(bool debug_too)
{
	atomic_store(&debug_wanted, debug_too);
}

static size_t put_prefix(char *line, int priority)
{
	static atomic_int is_terminal = -1;

	if (atomic_load(&is_terminal) < 0)
		atomic_store(&is_terminal, isatty(STDERR_FILENO));
	if (atomic_load(&is_terminal))
		return 0;
	line[0] = '<';
	line[1] = (char)('0' + priority);
	line[2] = '>';
	return 3;
}

__attribute__((format(printf, 2, 0))) static void put_line(int priority, const char *format, va_list args)
{
	static const char cut[] = " ...";
	char line[LINE_SIZE];
	const int saved_errno = errno;
	size_t start = put_prefix(line, priority);
	const size_t room = LINE_SIZE - start - 1; /* the newline */
	int wanted = vsnprintf(line + start, room, format, args);
	size_t len = start;

	if (wanted < 0)
		return;
	if ((size_t)wanted >= room) {
		len = start + room - 1;
		memcpy(line + len - (sizeof cut - 1), cut, sizeof cut - 1);
	} else {
		len = start + (size_t)wanted;
	}
	for (size_t i = start; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	/* Nobody is left to tell where stderr cannot be written. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved_errno;
	errno = saved_errno;
}

#define PUT(priority)                             \
	do {                                      \
		va_list args;                     \
		va_start(args, format);           \
		put_line(priority, format, args); \
		va_end(args);                     \
	} while (0)

void log_err(const char *format, ...)
{
	PUT(3);
}

void log_warn(const char *format, ...)
{
	PUT(4);
}

void log_info(const char *format, ...)
{
	PUT(6);
}

void log_debug(const char *format, ...)
{
	if (atomic_load_explicit(&debug_wanted, memory_order_relaxed))
		PUT(7);
}

void fatal(const char *format, ...)
{
	PUT(3);
	exit(1);
}
