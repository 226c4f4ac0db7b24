// SPDX-License-Identifier: EUPL-1.2
// A loan that is late: icon, word, days.
import { t, tn } from "../texts";
import { tick } from "../time";
import { daysLate } from "../when";
import { Icon } from "./icons";

/** « En retard, +2 j »; on the day itself only « En retard ». */
export function LateBadge({ due }: { due: string }) {
	const days = daysLate(Date.parse(due), tick.value);
	return (
		<span class="badge is-late">
			<Icon name="alert" /> {days > 0 ? tn("late.days", days) : t("late.today")}
		</span>
	);
}
