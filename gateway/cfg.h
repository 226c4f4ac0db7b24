/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the service sets from afar (contract mqtt.md §2, cfg): the thresholds of each meter's model.
 *
 *   {"n":7,"version":7,"meters":[{"meter":"prusa-1","usage_profile":
 *      {"off_mw":0,"idle_mw":5000,"active_mw":30000,"on_delay_s":5,"off_delay_s":30}}]}
 *
 * On from idle_mw, in use from active_mw; hysteresis_mw may be given. The last good one is kept in cfg.json.
 */
#ifndef NAVETTE_CFG_H
#define NAVETTE_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/setting.h"

#define CFG_MAX_BYTES ((size_t)32 * 1024)

struct cfg_head {
	int64_t n;
	int64_t version;
};

/* False: not a cfg; nothing of it is to be used. */
bool cfg_decode(const char *json, size_t len, struct cfg_head *out);
/* The thresholds for that meter in the kept cfg; false where there are none: the conf's hold. */
bool cfg_find_profile(const struct setting *s, const char *meter, struct profile_setting *out);
/* The kept cfg as bytes; the caller frees; NULL where there is none. */
char *cfg_read(const struct setting *s, size_t *len);
bool cfg_write(const struct setting *s, const char *json, size_t len);

#endif
