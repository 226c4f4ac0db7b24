// SPDX-License-Identifier: EUPL-1.2
// The service's rows → the days that are drawn and written. Values in, values out. The service decides hours;
// here they are only laid on a calendar: a day without a row was not measured, which is not 0 h.
import type { UsageRow } from "../api";
import { addDays, startOf } from "../format";

export type Day = {
	day: string;
	a_s: number | null;
	b_s: number | null;
	bounded_s: number | null;
	retained_s: number | null;
	coverage: number | null;
	/** How long the thing was in somebody's custody: what coverage is a share of. */
	custody_s: number;
};

export type Total = Omit<Day, "day" | "custody_s">;

export const PERIODS = [7, 30, 90] as const;

export const periodOf = (text: string | null): number => PERIODS.find((n) => String(n) === text) ?? 30;

export function windowOf(today: string, n: number): { first: string; query: string } {
	const first = addDays(today, 1 - n);
	const utc = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");
	return {
		first,
		query: `from=${utc(startOf(first))}&to=${utc(startOf(addDays(today, 1)))}&group=day`,
	};
}

export function daysOf(rows: UsageRow[], first: string, n: number): Day[] {
	const byDay = new Map(rows.map((row) => [row.key.day, row]));
	return Array.from({ length: n }, (_, i) => {
		const day = addDays(first, i);
		const row = byDay.get(day);
		return {
			day,
			a_s: row?.measured_a_s ?? null,
			b_s: row?.measured_b_s ?? null,
			bounded_s: row?.bounded_s ?? null,
			retained_s: row?.retained_s ?? null,
			coverage: row?.coverage ?? null,
			custody_s: row?.available_s ?? 0,
		};
	});
}

type Figure = Exclude<keyof Total, "coverage">;

function sum(days: Day[], what: Figure): number | null {
	const known = days.flatMap((day) => day[what] ?? []);
	return known.length ? known.reduce((a, b) => a + b, 0) : null;
}

/** Coverage of the whole: each day weighs the custody in it; a day that was not measured was not covered. */
function coverageOf(days: Day[]): number | null {
	if (days.every((day) => day.coverage === null)) return null;
	const custody_s = days.reduce((total, day) => total + day.custody_s, 0);
	const covered_s = days.reduce((total, day) => total + (day.coverage ?? 0) * day.custody_s, 0);
	return custody_s ? covered_s / custody_s : null;
}

export const totalOf = (days: Day[]): Total => ({
	a_s: sum(days, "a_s"),
	b_s: sum(days, "b_s"),
	bounded_s: sum(days, "bounded_s"),
	retained_s: sum(days, "retained_s"),
	coverage: coverageOf(days),
});

const STEPS_S = [300, 900, 1800, ...[1, 2, 3, 4, 6, 12, 24, 50, 100, 200, 250, 500].map((h) => h * 3600)];

/** Round hours under which everything fits, at most four of them: [1, 2, 3] h … in seconds. */
export function ticksOf(most_s: number): number[] {
	let step = STEPS_S.find((s) => s * 4 >= most_s) ?? 500 * 3600;
	while (step * 4 < most_s) step *= 2;
	const n = Math.max(2, Math.ceil(most_s / step));
	return Array.from({ length: n }, (_, i) => (i + 1) * step);
}
