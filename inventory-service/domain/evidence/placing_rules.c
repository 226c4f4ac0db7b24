/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/placing_rules.h"

struct placing placing_of(const struct placing_boot *boot, const struct placing_boot *before,
			  const struct placing_boot *after)
{
	struct placing p = { .offset_ms = boot->offset_ms };
	int64_t latest, earliest;

	if (!after)
		return p;
	latest = after->offset_ms + after->first_mono_ms - boot->last_mono_ms;
	if (boot->offset_ms <= latest + PLACING_TOLERANCE_MS)
		return p; /* it ended before the next began: it was heard live */
	p.is_bounded = true;
	p.offset_ms = boot->has_clock ? boot->clock_offset_ms : latest;
	if (before) {
		earliest = before->offset_ms + before->last_mono_ms - boot->first_mono_ms;
		if (p.offset_ms < earliest)
			p.offset_ms = earliest;
	}
	if (p.offset_ms > latest)
		p.offset_ms = latest;
	return p;
}
