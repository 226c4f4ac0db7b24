// SPDX-License-Identifier: EUPL-1.2
// The service's rows of hours → sums by item, month and day. Values in, values out. null is no source, never
// 0 h; classes of evidence are never added to one another; coverage weighs how long each thing was there.
import type { UsageRow } from "../api";
import { addDays, startOf } from "../format";

export const KINDS = ["mois", "trimestre", "annee"] as const;
export type PeriodKind = (typeof KINDS)[number];

/** months: "2026-10", …; from, to: instants, from midnight to midnight of Paris. */
export type Period = { kind: PeriodKind; months: string[]; from: number; to: number };

const LENGTH: Record<PeriodKind, number> = { mois: 1, trimestre: 3, annee: 12 };

export function addMonths(month: string, n: number): string {
	const [year, m] = month.split("-").map(Number) as [number, number];
	const all = year * 12 + (m - 1) + n;
	return `${String(Math.floor(all / 12)).padStart(4, "0")}-${String((all % 12) + 1).padStart(2, "0")}`;
}

/** The calendar month, quarter or year around a month; addresses may ask for anything. */
export function periodAround(kind: string | null, month: string | null, today: string): Period {
	const known = KINDS.find((one) => one === kind) ?? "trimestre";
	const wanted = /^(19|20)\d\d-(0[1-9]|1[0-2])$/.test(month ?? "")
		? (month as string)
		: today.slice(0, 7);
	const n = LENGTH[known];
	const first = addMonths(wanted, -((Number(wanted.slice(5)) - 1) % n));
	return {
		kind: known,
		months: Array.from({ length: n }, (_, i) => addMonths(first, i)),
		from: startOf(`${first}-01`),
		to: startOf(`${addMonths(first, n)}-01`),
	};
}

/** The month that the period n further on is asked for by. */
export const monthAfter = (period: Period, n: number): string =>
	addMonths(period.months[0] as string, n * LENGTH[period.kind]);

export function daysIn(month: string): string[] {
	const next = `${addMonths(month, 1)}-01`;
	const days: string[] = [];
	for (let day = `${month}-01`; day < next; day = addDays(day, 1)) days.push(day);
	return days;
}

export type Tally = {
	booked_s: number;
	available_s: number;
	open_s: number | null;
	a_s: number | null;
	b_s: number | null;
	site_s: number | null;
	coverage: number | null;
};

const NAMES = {
	open_s: "open_available_s",
	a_s: "measured_a_s",
	b_s: "measured_b_s",
	site_s: "on_site_s",
} as const;
type Name = (typeof NAMES)[keyof typeof NAMES];

/** A tag that never spoke measured nothing, which is not 0 h. */
const told = (row: UsageRow, name: Name): number | null =>
	name === NAMES.open_s || row.coverage ? row[name] : null;

function sum(rows: UsageRow[], name: Name): number | null {
	const known = rows.flatMap((row) => told(row, name) ?? []);
	return known.length ? known.reduce((a, b) => a + b, 0) : null;
}

/** Of what can be measured: what has no meter and no tag was not missed by one. */
function coverageOf(rows: UsageRow[]): number | null {
	const measured = rows.filter((row) => row.coverage !== null);
	const whole = measured.reduce((all, row) => all + row.available_s, 0);
	if (!whole) return null;
	return measured.reduce((all, row) => all + (row.coverage as number) * row.available_s, 0) / whole;
}

export const tallyOf = (rows: UsageRow[]): Tally => ({
	booked_s: rows.reduce((all, row) => all + row.booked_s, 0),
	available_s: rows.reduce((all, row) => all + row.available_s, 0),
	open_s: sum(rows, NAMES.open_s),
	a_s: sum(rows, NAMES.a_s),
	b_s: sum(rows, NAMES.b_s),
	site_s: sum(rows, NAMES.site_s),
	coverage: coverageOf(rows),
});

/** Rows by the value of their key; what has no row is absent. */
export function groupBy<K>(rows: UsageRow[], keyOf: (row: UsageRow) => K): Map<K, UsageRow[]> {
	const groups = new Map<K, UsageRow[]>();
	for (const row of rows) {
		const key = keyOf(row);
		const group = groups.get(key);
		if (group) group.push(row);
		else groups.set(key, [row]);
	}
	return groups;
}

export const LITTLE = 0.8; // below this share the measured hours are said to be a minimum
