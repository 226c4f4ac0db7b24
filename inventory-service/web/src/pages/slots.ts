// SPDX-License-Identifier: EUPL-1.2
// The service's bars → half-days of Paris. Values in, values out; the grid and the list are both made of what
// is said here, so they cannot differ. A day is drawn from 8 h to 20 h, its morning ends at noon: what only
// touches the night takes no room, and a night is not offered as free time.
import type { Schemas } from "../openapi";
import { addDays, dayOf, noonOf, startOf } from "../format";

export type PlannedItem = Schemas["PlannedItem"];
type Bar = Schemas["Bar"];

const HOUR = 3_600_000;
const NOON = 12;
const MORNING = 8;
const EVENING = 20;
const QUARTER = HOUR / 4;
const LEAST = HOUR; // free time shorter than this is not offered
const READABLE = 0.7; // of a half-day: room for an icon
const NARROWEST = 0.25;
const ENDLESS = 3_000 * 24 * HOUR; // a block without an end lies further away than this

export const DAYS = 14;
export const HALVES = 2 * DAYS;

export type Span = { from: number; to: number };
export type Look = "pending" | "reserved" | "loan" | "inspect" | "out" | "late" | "missing" | "done";

/** Somebody has the thing, or it is out of service. */
export type Stay = Span & {
	key: string;
	look: Look;
	place: string;
	placeId: number;
	booking: number | null;
	/** A late one goes on until now; this is when it was due. null: without an end. */
	due: number | null;
	/** What nobody else can have: preparation, travel, inspection included. */
	blocked: Span;
	/** Days on the calendar, and hours of the day it was due. */
	late: { days: number; hours: number } | null;
};

/** A stay and where it is drawn, in half-days from the left. */
export type Placed = { stay: Stay; edges: Edges };

/** A run of half-days that is one cell of the grid. */
export type Cell = {
	first: number;
	span: number;
	/** Drawn from here on. */
	begins: Placed[];
	/** Everything that lies here. */
	stays: Placed[];
	free: Span | null;
	past: boolean;
};

// --- the calendar ---

/** The instant of a full hour of a local day, from 3 h on: clocks change before. */
export const atHour = (day: string, hour: number): number => startOf(addDays(day, 1)) - (24 - hour) * HOUR;

export function mondayOf(day: string): string {
	return addDays(day, -((new Date(noonOf(day)).getUTCDay() + 6) % 7));
}

/** A day that exists, as an address may ask for it; else null. */
export function dayIn(text: string | null): string | null {
	if (!text || !/^\d{4}-\d\d-\d\d$/.test(text)) return null;
	const at = noonOf(text);
	return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text) ? text : null;
}

export const windowFrom = (first: string): Span => ({
	from: startOf(first),
	to: startOf(addDays(first, DAYS)),
});

export const dayOfHalf = (first: string, half: number): string => addDays(first, half >> 1);

function usefulHalf(day: string, isAfternoon: boolean): Span {
	return isAfternoon
		? { from: atHour(day, NOON), to: atHour(day, EVENING) }
		: { from: atHour(day, MORNING), to: atHour(day, NOON) };
}

/** A grid asks some ten thousand times, for one window: a calendar in Paris is slow to ask. */
let reckoned = { first: "", halves: [] as Span[] };

function halvesFrom(first: string): Span[] {
	if (reckoned.first !== first) {
		const half = (_: unknown, i: number): Span => usefulHalf(dayOfHalf(first, i), i % 2 === 1);
		reckoned = { first, halves: Array.from({ length: HALVES }, half) };
	}
	return reckoned.halves;
}

/** The part of a half-day in which people come and go. half: 0 to HALVES - 1. */
export const usefulOf = (first: string, half: number): Span => halvesFrom(first)[half] as Span;

/** Where an instant is drawn, in half-days from the left; nights have no width. */
export function placeOf(first: string, at: number): number {
	const halves = halvesFrom(first);
	const half = halves.findIndex(({ to }) => at < to);
	if (half < 0) return HALVES;
	const { from, to } = halves[half] as Span;
	return half + Math.max(0, at - from) / (to - from);
}

type Edges = { left: number; right: number };

export const edgesOf = (first: string, span: Span): Edges => ({
	left: placeOf(first, span.from),
	right: placeOf(first, span.to),
});

/** What is too short to be seen is drawn wider, in its own half-day and between its neighbours; order is that
 * of time. */
export function drawnEdges(first: string, stays: Span[]): Edges[] {
	const exact = stays.map((stay) => edgesOf(first, stay));
	let before = 0;
	return exact.map(({ left, right }, i) => {
		const home = Math.min(HALVES - 1, Math.floor(left));
		const next = Math.max(left, exact[i + 1]?.left ?? HALVES);
		const start = Math.max(Math.min(left, home + 1 - READABLE), Math.min(before, left), home);
		const readable = Math.min(start + READABLE, next);
		const drawn = { left: start, right: Math.max(right, readable, start + NARROWEST) };
		before = drawn.right;
		return drawn;
	});
}

// --- stays ---

const BY_LINE: Record<NonNullable<Bar["line_state"]>, Look> = {
	reserved: "reserved",
	on_loan: "loan",
	taken_back: "inspect",
	closed: "done",
	lost: "missing",
};

function lookOf(bar: Bar): Look {
	if (bar.state === "blocked") return "out";
	if (bar.flags.includes("overdue")) return "late";
	if (bar.state === "submitted") return "pending";
	return BY_LINE[bar.line_state ?? "reserved"];
}

export function staysOf(item: PlannedItem, now: number): Stay[] {
	const stays = item.bars.map((bar): Stay => {
		const look = lookOf(bar);
		const due = Date.parse(bar.to);
		return {
			key: bar.line_id ? `l${bar.line_id}` : `b${bar.block_id}`,
			look,
			place: bar.place_name,
			placeId: bar.place_id,
			booking: bar.booking_id,
			from: Date.parse(bar.from),
			to: look === "late" ? Math.max(due, now) : due,
			due: due - now > ENDLESS ? null : due,
			blocked: { from: Date.parse(bar.blocked_from), to: Date.parse(bar.blocked_to) },
			late: look === "late" ? latenessOf(due, now) : null,
		};
	});
	return stays.sort((a, b) => a.from - b.from);
}

const latenessOf = (due: number, now: number): { days: number; hours: number } => ({
	days: Math.round((noonOf(dayOf(now)) - noonOf(dayOf(due))) / (24 * HOUR)),
	hours: Math.max(1, Math.floor((now - due) / HOUR)),
});

/** Those that are told of a window: what is awaited is, for as long as it blocks. */
export function shownStays(stays: Stay[], first: string): Stay[] {
	const { from, to } = windowFrom(first);
	return stays.filter((stay) => stay.from < to && (stay.late ? stay.blocked.to : stay.to) > from);
}

// --- free time ---

const cut = (a: Span, b: Span): Span => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) });
const length = (span: Span): number => span.to - span.from;

/** What is left of the window, from now on. */
function gapsOf(stays: Stay[], window: Span): Span[] {
	const gaps: Span[] = [];
	let from = window.from;
	for (const { blocked, to } of [...stays].sort((a, b) => a.blocked.from - b.blocked.from)) {
		if (blocked.from > from) gaps.push({ from, to: Math.min(blocked.from, window.to) });
		from = Math.max(from, blocked.to, to);
	}
	if (from < window.to) gaps.push({ from, to: window.to });
	return gaps.filter((gap) => gap.from < window.to && length(gap) > 0);
}

function freeIn(gaps: Span[], first: string, half: number): Span | null {
	const useful = usefulOf(first, half);
	return gaps.map((gap) => cut(gap, useful)).find((piece) => length(piece) >= LEAST) ?? null;
}

/** The free times of an item in the window; only those that some half-day has room for. */
export function freeOf(stays: Stay[], first: string, now: number): Span[] {
	const window = windowFrom(first);
	const gaps = gapsOf(stays, { from: Math.max(window.from, now), to: window.to });
	return gaps.filter((gap) =>
		Array.from({ length: HALVES }, (_, half) => half).some((half) => freeIn([gap], first, half)),
	);
}

const down = (at: number): number => Math.floor(at / QUARTER) * QUARTER;

/** What is proposed to who books in this free time: from 9 h or 14 h where that is free, else as soon as it
 * can be, to noon or 17 h of that day, on quarters of an hour. */
export function proposalIn(free: Span): Span {
	const day = dayOf(free.from);
	const usual = [9, 14]
		.map((h) => atHour(day, h))
		.find((at) => at >= free.from && at + LEAST <= free.to);
	const from = usual ?? -down(-free.from);
	const end = [atHour(day, NOON), atHour(day, 17)].find((at) => at > from) ?? from + HOUR;
	return { from, to: Math.max(from + QUARTER, down(Math.min(end, free.to))) };
}

// --- cells ---

type Half = { stays: Placed[]; free: Span | null; past: boolean };

const alike = (a: Half, b: Half): boolean =>
	!a.free &&
	!b.free &&
	(a.stays.length > 0 || a.past === b.past) &&
	a.stays.length === b.stays.length &&
	a.stays.every((one, i) => one === b.stays[i]);

export function cellsOf(stays: Stay[], first: string, now: number): Cell[] {
	const free = freeOf(stays, first, now);
	const shown = shownStays(stays, first);
	const drawnAt = drawnEdges(first, shown);
	const placed = shown.map((stay, i) => ({ stay, edges: drawnAt[i] as Edges }));
	const drawn = new Set<Placed>();
	const cells: Cell[] = [];
	let last: Half | null = null;
	for (let half = 0; half < HALVES; half++) {
		const here: Half = {
			stays: placed.filter(({ edges }) => edges.left < half + 1 && edges.right > half),
			free: freeIn(free, first, half),
			past: usefulOf(first, half).to - LEAST < now,
		};
		const cell = cells[cells.length - 1];
		if (cell && last && alike(last, here)) cell.span++;
		else {
			const begins = here.stays.filter((one) => !drawn.has(one));
			for (const one of begins) drawn.add(one);
			cells.push({ first: half, span: 1, begins, ...here });
		}
		last = here;
	}
	return cells;
}
