/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a gateway remembers of itself across restarts: its boot number, its connections, and the highest n it
 * has obeyed. One small durable file, gateway.json; read and written by the main thread only.
 */
#ifndef NAVETTE_IDENTITY_H
#define NAVETTE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/enrolment.h"
#include "gateway/setting.h"

struct identity {
	char path[SETTING_PATH_SIZE + 16];
	int64_t boot;       /* rises with each boot of the machine (and each change of the virtual clock) */
	char boot_mark[96]; /* what that boot is known by */
	int64_t session;    /* connections since enrolment */
	int64_t cfg_n;      /* of the kept cfg */
	int64_t cmd_n;
};

/* Reads the file, and notes a new boot durably before anything is said under it. False: why. */
bool identity_open(struct identity *id, const struct setting *s, char *why, size_t why_size);
bool identity_save(const struct identity *id);

/* The installed enrolment file. False: why says what to type. */
bool identity_enrolment(const struct setting *s, struct enrolment *out, char *why, size_t why_size);
/* Installs an enrolment file, mode 0600, at once or not at all; makes the folder where it is missing. */
bool identity_enrol(const struct setting *s, const char *file, struct enrolment *out, char *why,
		    size_t why_size);

#endif
