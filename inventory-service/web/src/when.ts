// SPDX-License-Identifier: EUPL-1.2
// Moments of a booking. A form holds local time as text, "2026-11-26T09:00", and sends it so: the service
// decides about hours that the clocks skip or repeat. Here local time is only moved, compared and read out.
import { addDays, clock, dayOf, longDay } from "./format";
import { t } from "./texts";

const QUARTER_MS = 900_000;

const clockOf = new Intl.DateTimeFormat("en-GB", {
	timeZone: "Europe/Paris",
	hour: "2-digit",
	minute: "2-digit",
	hourCycle: "h23",
});

export const localOf = (at: number): string => `${dayOf(at)}T${clockOf.format(at)}`;

const asUtc = (local: string): number => Date.parse(`${local}:00Z`);

/** The instant of a local text, as far as a page needs it: to ask what is free around it. */
export function instantOf(local: string): number {
	const wanted = asUtc(local);
	const near = wanted - (asUtc(localOf(wanted)) - wanted);
	return near - (asUtc(localOf(near)) - wanted);
}

/** By the clock on the wall: 9 h and a day is 9 h. */
export const moved = (local: string, by_ms: number): string =>
	new Date(asUtc(local) + by_ms).toISOString().slice(0, 16);

export const lengthOf = (from: string, to: string): number => asUtc(to) - asUtc(from);

export const isLocal = (text: string | null): text is string =>
	/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text ?? "") && !Number.isNaN(asUtc(text as string));

export type Span = { from: string; to: string };

/** What people ask for: now, or a half day of tomorrow. The quarter that has begun is still now. */
export function usualSpans(now: number): { now: Span; morning: Span; afternoon: Span } {
	const quarter = localOf(Math.floor(now / QUARTER_MS) * QUARTER_MS);
	const tomorrow = addDays(dayOf(now), 1);
	return {
		now: { from: quarter, to: moved(quarter, 2 * 3_600_000) },
		morning: { from: `${tomorrow}T09:00`, to: `${tomorrow}T12:00` },
		afternoon: { from: `${tomorrow}T14:00`, to: `${tomorrow}T17:00` },
	};
}

/** « jeudi 26 novembre à 9 h ». */
export const moment = (at: number): string => t("at", { day: longDay(at), time: shortClock(at) });

/** « 9 h », « 9 h 30 ». */
export const shortClock = (at: number): string => clock(at).replace(/(\sh)\s00$/, "$1");

/** « jeudi 26 novembre, de 9 h à 12 h », « du jeudi 26 novembre à 9 h au lundi 30 novembre à 12 h ». */
export function span(from: number, to: number): string {
	return dayOf(from) === dayOf(to)
		? t("span.day", { day: longDay(from), from: shortClock(from), to: shortClock(to) })
		: t("span.days", { from: moment(from), to: moment(to) });
}

/** How many days late, at least one once the day is over. */
export const daysLate = (due: number, now: number): number =>
	Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(due))) / 86_400_000);
