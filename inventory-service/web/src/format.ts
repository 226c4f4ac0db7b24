// SPDX-License-Identifier: EUPL-1.2
// Numbers and dates for people: Europe/Paris whatever the desk's settings, no-break spaces inside a figure.
import { language, locale, t } from "./texts";

const ZONE = "Europe/Paris";
const SPACE = "\u00a0";

const made = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = locale() + JSON.stringify(options);
	let found = made.get(key);
	if (!found)
		made.set(key, (found = new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options })));
	return found;
}

/** « 12 h 40 », « 40 min », « 0 h ». Whole minutes, rounded down; a little more than nothing is not
 * nothing. */
export function duration(seconds: number): string {
	const minutes = Math.floor(seconds / 60);
	if (seconds > 0 && minutes === 0) return `<${SPACE}1${SPACE}min`;
	const h = Math.floor(minutes / 60),
		m = minutes % 60;
	if (h === 0 && m > 0) return `${m}${SPACE}min`;
	const hours = new Intl.NumberFormat(locale()).format(h);
	return `${hours}${SPACE}h${m ? SPACE + String(m).padStart(2, "0") : ""}`;
}

export function percent(share: number): string {
	return new Intl.NumberFormat(locale(), { style: "percent" }).format(share);
}

/** « 14 h 30 » (English: 14:30). */
export function clock(at: number): string {
	const text = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
	if (language.value !== "fr") return text;
	const [h, m] = text.split(":");
	return `${Number(h)}${SPACE}h${SPACE}${m}`;
}

/** « 9 h », « midi », « 14 h 30 »: within a sentence. */
export function hour(at: number): string {
	const text = clock(at);
	if (/^12\D+00$/.test(text)) return t("noon");
	return language.value === "fr" ? text.replace(/\s00$/, "") : text;
}

/** The first of a month has a word of its own in French. */
const first = (text: string): string =>
	language.value === "fr" ? text.replace(/(^| )1 /, "$11er ") : text;

/** « mardi 24 novembre », « mardi 1er décembre ». */
export const longDay = (at: number): string =>
	first(format({ weekday: "long", day: "numeric", month: "long" }).format(at));

/** « 24 novembre », « 24 novembre 2026 ». */
export const dayMonth = (at: number, withYear: boolean): string =>
	first(format({ day: "numeric", month: "long", ...(withYear ? { year: "numeric" } : {}) }).format(at));

/** « novembre 2026 », « nov. »: month is "2026-11". */
export const monthName = (month: string): string =>
	format({ month: "long", year: "numeric" }).format(noonOf(`${month}-15`));
export const monthShort = (month: string): string => format({ month: "short" }).format(noonOf(`${month}-15`));

/** « 24/11/2026 », for tables. */
export const shortDate = (at: number): string =>
	format({ day: "2-digit", month: "2-digit", year: "numeric" }).format(at);

/** « mar. 24/11 », « 24/11 »: under a chart. */
export const axisDay = (at: number, withWeekday: boolean): string =>
	withWeekday
		? format({ weekday: "short", day: "numeric" }).format(at)
		: format({ day: "2-digit", month: "2-digit" }).format(at);

/** « il y a 2 min ». Never below a minute: a figure that moves each second cannot be read. */
export function age(at: number, now: number): string | null {
	const minutes = Math.floor((now - at) / 60_000);
	if (minutes < 1) return null;
	const words = new Intl.RelativeTimeFormat(locale(), {
		style: minutes < 1440 ? "short" : "long",
		numeric: "always",
	});
	const text =
		minutes < 60
			? words.format(-minutes, "minute")
			: minutes < 1440
				? words.format(-Math.floor(minutes / 60), "hour")
				: words.format(-Math.floor(minutes / 1440), "day");
	return text.replace(/(\d) /, `$1${SPACE}`);
}

// --- days of Paris ---

const parisDay = new Intl.DateTimeFormat("en-US", {
	timeZone: ZONE,
	year: "numeric",
	month: "2-digit",
	day: "2-digit",
});

/** The day of an instant in Paris, "2026-11-25". Made of parts: no language writes it so in every browser. */
export function dayOf(at: number): string {
	const part = Object.fromEntries(parisDay.formatToParts(at).map(({ type, value }) => [type, value]));
	return `${part.year}-${part.month}-${part.day}`;
}

/** day ± n, on the calendar: noon UTC is the same date in Paris all year. */
export const noonOf = (day: string): number => Date.parse(`${day}T12:00:00Z`);
export const addDays = (day: string, n: number): string =>
	new Date(noonOf(day) + n * 86_400_000).toISOString().slice(0, 10);

/** When that day begins in Paris: one or two hours before UTC midnight, whichever falls into it. */
export function startOf(day: string): number {
	const midnight = Date.parse(`${day}T00:00:00Z`);
	return dayOf(midnight - 7_200_000) === day ? midnight - 7_200_000 : midnight - 3_600_000;
}
