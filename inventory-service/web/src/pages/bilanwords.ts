// SPDX-License-Identifier: EUPL-1.2
// What is asked of a bilan, its address, and its figures in words.
import { dayMonth, duration, monthName, noonOf, percent } from "../format";
import { t } from "../texts";
import type { Period, Tally } from "./tally";

/** place, hub, item: ids as an address holds them, "" for all. */
export type Asked = { period: Period; place: string; hub: string; item: string };

export function addressOf({ period, place, hub, item }: Asked): string {
	const query = new URLSearchParams({ periode: period.kind, le: period.months[0] as string });
	if (hub) query.set("pole", hub);
	if (place) query.set("lieu", place);
	if (item) query.set("materiel", item);
	return `/bilan?${query}`;
}

/** « novembre 2026 », « d’octobre à décembre 2026 », « année 2026 ». */
export function periodName({ kind, months }: Period): string {
	const first = months[0] as string;
	const last = months[months.length - 1] as string;
	if (kind === "mois") return monthName(first);
	if (kind === "annee") return t("bilan.year", { year: first.slice(0, 4) });
	return t("bilan.months", { from: monthOnly(first), to: monthName(last) });
}

const monthOnly = (month: string): string => dayMonth(noonOf(`${month}-15`), false).replace(/[\d\s]+/g, "");

/** « 12 h », or the word for what no meter and no tag tells. */
export const hoursOr = (seconds: number | null): string =>
	seconds === null ? t("unmeasured") : duration(seconds);

export const shareOr = (coverage: number | null): string =>
	coverage === null ? t("unmeasured") : percent(coverage);

/** « 412 h réservées ; 250 h mesurées et 90 h relevées par mouvement, dont 40 h sur place, couverture 91 %. » Classes of
 * evidence are never added. */
export function sentence(total: Tally): string {
	const booked = t("bilan.booked", { hours: duration(total.booked_s) });
	const measured = [];
	if (total.a_s !== null) measured.push(t("hours.a", { hours: duration(total.a_s) }));
	if (total.b_s !== null) measured.push(t("hours.b", { hours: duration(total.b_s) }));
	if (!measured.length) return t("bilan.sentence.bare", { booked });
	return t("bilan.sentence", {
		booked,
		measured: measured.join(t("hours.and")),
		site: hoursOr(total.site_s),
		coverage: t("hours.coverage", { share: shareOr(total.coverage) }),
	});
}
