/* SPDX-License-Identifier: EUPL-1.2 */
/* What a model may say. Pure. */
#ifndef NAVETTE_MODEL_RULES_H
#define NAVETTE_MODEL_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* P_off < P_idle < P_active: a threshold between two equal powers would tell nothing. NULL: fine; else the
 * member at fault. */
const char *model_profile_fault(int64_t off_mw, int64_t idle_mw, int64_t active_mw);
/* "T1" … "T4" */
bool model_transport_class_valid(const char *text);
/* "power", "power_or_motion", "declared" */
bool model_evidence_policy_valid(const char *text);
/* A credential's kind: 1 to 32 signs of a-z, 0-9 and _ ("drone_a1a3"). */
bool model_credential_valid(const char *text);

#endif
