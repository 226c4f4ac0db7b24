/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/stock/model_rules.h"

#include <stddef.h>
#include <string.h>

const char *model_profile_fault(int64_t off_mw, int64_t idle_mw, int64_t active_mw)
{
	if (off_mw >= idle_mw)
		return "usage_profile.idle_mw";
	return idle_mw >= active_mw ? "usage_profile.active_mw" : NULL;
}

bool model_transport_class_valid(const char *text)
{
	return text[0] == 'T' && text[1] >= '1' && text[1] <= '4' && text[2] == '\0';
}

bool model_evidence_policy_valid(const char *text)
{
	return strcmp(text, "power") == 0 || strcmp(text, "power_or_motion") == 0 ||
	       strcmp(text, "declared") == 0;
}

bool model_credential_valid(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len > 0 && len <= 32 && text[len] == '\0';
}
