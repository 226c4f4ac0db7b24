/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One event, one line on stderr: "module: what happened: why key=value", with a journald priority prefix
 * (<3>…<7>, sd-daemon(3)) where stderr is not a terminal. Never a secret, a payload or a person above debug.
 */
#ifndef NAVETTE_DAEMON_LOG_H
#define NAVETTE_DAEMON_LOG_H

#include <stdbool.h>

#define LOG_PRINTF __attribute__((format(printf, 1, 2)))

void log_verbose(bool debug_too);
void log_err(const char *format, ...) LOG_PRINTF;   /* a person must act */
void log_warn(const char *format, ...) LOG_PRINTF;  /* degraded and retrying */
void log_info(const char *format, ...) LOG_PRINTF;  /* a state changed */
void log_debug(const char *format, ...) LOG_PRINTF; /* the rest */
/* The daemon cannot run, or the program is wrong: says so and exits 1. */
_Noreturn void fatal(const char *format, ...) LOG_PRINTF;

#endif
