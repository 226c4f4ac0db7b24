// SPDX-License-Identifier: EUPL-1.2
// A stay and a free time in words. The grid's names and the list's lines are the same sentences.
import { dayOf, hour, longDay } from "../format";
import type { IconName } from "../parts/icons";
import { t, tn } from "../texts";
import { localOf } from "../when";
import { proposalIn, windowFrom, type Look, type PlannedItem, type Span, type Stay } from "./slots";

export const iconOf: Record<Look, IconName> = {
	pending: "question",
	reserved: "calendar",
	loan: "arrow",
	inspect: "magnifier",
	out: "spanner",
	late: "alert",
	missing: "cross",
	done: "check",
};

/** « mardi 24 novembre, 9 h »: an instant stands alone. */
export const moment = (at: number): string => t("plan.moment", { day: longDay(at), hour: hour(at) });

/** « mardi 24 novembre, de 9 h à midi »; « du … au … »; « à partir du … ». */
export function range(from: number, to: number | null): string {
	if (to === null) return t("plan.from", { from: moment(from) });
	if (dayOf(from) === dayOf(to))
		return t("plan.within", { day: longDay(from), from: hour(from), to: hour(to) });
	return t("plan.range", { from: moment(from), to: moment(to) });
}

/** « +2 j », « +3 h »: the flag of a late one; "" for the others. */
export function lateFlag({ late }: Stay): string {
	if (!late) return "";
	return late.days > 0
		? t("plan.late.days", { n: late.days })
		: t("plan.late.hours", { n: late.hours });
}

export const lookWord = (look: Look): string => t(`plan.look.${look}`);

function stateWords({ look, late }: Stay): string {
	if (!late) return lookWord(look);
	return late.days > 0 ? tn("plan.lateby.day", late.days) : tn("plan.lateby.hour", late.hours);
}

/** « En retard de 2 jours, EPN Vernon, du … au … ; bloqué du … au … » */
export function stayText(stay: Stay): string {
	const text = t(stay.look === "out" ? "plan.stay.out" : "plan.stay", {
		what: stateWords(stay),
		place: stay.place,
		when: range(stay.from, stay.due),
	});
	const around = blockedText(stay);
	return around ? t("plan.stay.blocked", { text, when: around }) : text;
}

/** « dès 8 h, jusqu’à 21 h »: what nobody else can have before and after; "" where that is nothing. */
function blockedText({ from, due, blocked }: Stay): string {
	if (due === null) return "";
	const near = (at: number, day: number): string => (dayOf(at) === dayOf(day) ? hour(at) : moment(at));
	const parts = [];
	if (blocked.from < from) parts.push(t("plan.blocked.from", { from: near(blocked.from, from) }));
	if (blocked.to > due) parts.push(t("plan.blocked.to", { to: near(blocked.to, due) }));
	return parts.join(t("plan.blocked.and"));
}

export const itemName = (item: PlannedItem): string => `${item.model_name} ${item.inventory_no}`;

export const stayName = (item: PlannedItem, stay: Stay): string =>
	t("plan.named", { item: itemName(item), text: stayText(stay) });

/** The booking, for who has a part in it (the borrower's place, the lender's); else the thing. */
export const stayHref = (item: PlannedItem, stay: Stay, standsAt: (placeId: number) => boolean): string =>
	stay.booking && [stay.placeId, item.home_place_id].some(standsAt)
		? `/reservations/${stay.booking}`
		: `/materiel/${item.item_id}`;

/** « Libre jusqu’à mardi 24 novembre, midi ». */
export function freeText(free: Span, first: string, now: number): string {
	const window = windowFrom(first);
	const atOnce = free.from <= Math.max(now, window.from);
	const toTheEnd = free.to >= window.to;
	if (atOnce && toTheEnd) return t("plan.free.all");
	if (atOnce) return t("plan.free.until", { to: moment(free.to) });
	if (toTheEnd) return t("plan.free.from", { from: moment(free.from) });
	return t("plan.free.range", { when: range(free.from, free.to) });
}

/** Where a free time is booked: the item, and local times that can be proposed. */
export function bookHref(itemId: number, free: Span): string {
	const { from, to } = proposalIn(free);
	const asked = { materiel: String(itemId), du: localOf(from), au: localOf(to) };
	return `/reserver?${new URLSearchParams(asked)}`;
}
