/* SPDX-License-Identifier: EUPL-1.2 */
#include "inventory-service/domain/evidence/replay_rules.h"

enum replay replay_judge(const struct replay_facts *facts, int64_t counter, int64_t heard_ms)
{
	if (facts->has_later_epoch && heard_ms > facts->later_epoch_ms + REPLAY_TOLERANCE_MS)
		return REPLAY_SUSPECT;
	if (!facts->known_epoch || counter > facts->counter_max)
		return REPLAY_NEWER;
	if (counter == facts->counter_max)
		return REPLAY_SAME;
	return heard_ms > facts->counter_max_ms + REPLAY_TOLERANCE_MS ? REPLAY_SUSPECT : REPLAY_OLDER;
}

int64_t replay_growth_limit_s(int64_t elapsed_ms, int64_t report_interval_s)
{
	int64_t elapsed_s = elapsed_ms > 0 ? elapsed_ms / 1000 : 0;

	return elapsed_s + elapsed_s / 20 + 2 * report_interval_s + 120;
}
