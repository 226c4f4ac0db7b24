/* SPDX-License-Identifier: EUPL-1.2 */
/* The commands that hear something: run, replay and sniff. Each returns an exit code. */
#ifndef NAVETTE_RUN_H
#define NAVETTE_RUN_H

#include "gateway/setting.h"

/* Until SIGTERM or SIGINT. */
int run_gateway(const struct setting *s);
/* A capture through the same parser into the spool; returns once the service has acknowledged it, or says
 * that it is kept where nothing was acknowledged for a minute. */
int run_replay(const struct setting *s, const char *file, int64_t speed);
/* Prints what sources hear and why something is dropped, until SIGINT. source NULL: all of them. */
int run_sniff(const struct setting *s, const char *source);

#endif
