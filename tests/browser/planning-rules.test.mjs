// SPDX-License-Identifier: EUPL-1.2
// The planning's own rules, without a page: half-days across the clock changes, cells from bars, free time,
// and the sentences that the grid and the list share.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bundle } from './lib/rules.mjs';

const HOUR = 3600_000;
let rules, close;

before(async () => ({ rules, close } = await bundle(['pages/slots', 'pages/stays'])));
after(() => close?.());

const at = (text) => Date.parse(text);
const plain = (text) => text.replace(/[\u00a0\u202f]/g, ' ');
const MONDAY = '2026-11-23';
const BEFORE = at('2026-11-22T12:00:00Z');

/** A bar as the service tells it; margins in hours. */
function bar(from, to, more = {}) {
	const { margins = [0, 0], ...rest } = more;
	return {
		line_id: 7,
		block_id: null,
		booking_id: 3,
		state: 'confirmed',
		line_state: 'reserved',
		place_id: 2,
		place_name: 'EPN Vernon',
		from,
		to,
		blocked_from: new Date(at(from) - margins[0] * HOUR).toISOString(),
		blocked_to: new Date(at(to) + margins[1] * HOUR).toISOString(),
		flags: [],
		...rest,
	};
}
const item = (...bars) => ({
	item_id: 12,
	model_id: 1,
	model_name: 'Scanner',
	family: 'Son',
	inventory_no: 'N-1',
	home_place_id: 1,
	home_place_name: 'EPN',
	bars,
});
const staysOf = (bars, now = BEFORE) => rules.staysOf(item(...bars), now);
const shape = (bars, first = MONDAY, now = BEFORE) =>
	rules
		.cellsOf(staysOf(bars, now), first, now)
		.map(
			(cell) =>
				`${cell.free ? 'f' : cell.stays.length ? 'b' : cell.past ? 'p' : 'm'}${cell.span}`,
		)
		.join(' ');
const runs = (letter, n) => Array(n).fill(`${letter}1`).join(' ');

describe('half-days', () => {
	it('end at noon and at 20 h of Paris on every day, 23, 24 and 25 hours long', () => {
		for (const [day, noon] of [
			['2027-03-28', '2027-03-28T10:00:00Z'],
			['2026-11-25', '2026-11-25T11:00:00Z'],
			['2027-10-31', '2027-10-31T11:00:00Z'],
		]) {
			const morning = rules.usefulOf(day, 0);
			const afternoon = rules.usefulOf(day, 1);
			assert.equal(morning.to, at(noon));
			assert.equal(afternoon.from, at(noon));
			assert.equal(morning.to - morning.from, 4 * HOUR);
			assert.equal(afternoon.to - afternoon.from, 8 * HOUR);
		}
	});
	it('make fourteen days of a window, one hour more or less where the clocks change', () => {
		const hours = (first) => {
			const { from, to } = rules.windowFrom(first);
			return (to - from) / HOUR;
		};
		assert.deepEqual(['2027-03-22', '2026-11-23', '2027-10-25'].map(hours), [335, 336, 337]);
	});
	it('begin on the Monday of a week', () => {
		const days = ['2026-11-23', '2026-11-25', '2026-11-29', '2027-03-28', '2027-01-01'];
		assert.deepEqual(days.map(rules.mondayOf), [
			'2026-11-23',
			'2026-11-23',
			'2026-11-23',
			'2027-03-22',
			'2026-12-28',
		]);
	});
	it('only exist where a calendar has them', () => {
		assert.deepEqual(
			['2026-11-25', '2026-02-30', '2026-13-01', 'demain', '', null].map(rules.dayIn),
			['2026-11-25', null, null, null, null, null],
		);
	});
	it('give every instant one place, from left to right, without room for the night', () => {
		const { from, to } = rules.windowFrom('2027-10-25');
		let last = 0;
		for (let t = from; t <= to; t += HOUR / 2) {
			const x = rules.placeOf('2027-10-25', t);
			assert.ok(x >= last && x <= rules.HALVES, new Date(t).toISOString());
			last = x;
		}
		assert.equal(rules.placeOf(MONDAY, at('2026-11-24T09:00:00Z')), 2.5);
		assert.equal(rules.placeOf(MONDAY, at('2026-11-24T23:00:00Z')), 4);
		assert.equal(last, rules.HALVES);
	});
});

describe('cells', () => {
	it('of a thing that nobody wants are all free', () => assert.equal(shape([]), runs('f', 28)));
	it('of a stay are one, however long; its half-days are not free', () => {
		const bars = [bar('2026-11-24T07:00:00Z', '2026-11-26T11:00:00Z')];
		assert.equal(shape(bars), `${runs('f', 2)} b5 ${runs('f', 21)}`);
	});
	it('keep what is left of a half-day, when it is an hour or more', () => {
		const [before, morning, after] = [
			[bar('2026-11-24T09:00:00Z', '2026-11-24T11:00:00Z')],
			[bar('2026-11-24T07:30:00Z', '2026-11-24T11:00:00Z')],
			[bar('2026-11-24T07:00:00Z', '2026-11-24T10:00:00Z')],
		].map((bars) =>
			rules.cellsOf(staysOf(bars), MONDAY, BEFORE).find((cell) => cell.first === 2),
		);
		assert.deepEqual(before.free, {
			from: at('2026-11-24T07:00:00Z'),
			to: at('2026-11-24T09:00:00Z'),
		});
		assert.equal(morning.free, null);
		assert.deepEqual(after.free, {
			from: at('2026-11-24T10:00:00Z'),
			to: at('2026-11-24T11:00:00Z'),
		});
	});
	it('of margins are taken, though nobody has the thing', () => {
		const bars = [bar('2026-11-24T11:00:00Z', '2026-11-24T19:00:00Z', { margins: [4, 0] })];
		assert.equal(shape(bars), `${runs('f', 2)} m1 b1 ${runs('f', 24)}`);
	});
	it('of two short stays in one half-day hold both', () => {
		const bars = [
			bar('2026-11-24T07:00:00Z', '2026-11-24T08:00:00Z'),
			bar('2026-11-24T08:00:00Z', '2026-11-24T09:00:00Z', { line_id: 8 }),
		];
		const cell = rules.cellsOf(staysOf(bars), MONDAY, BEFORE).find(({ first }) => first === 2);
		assert.deepEqual(
			cell.begins.map(({ stay }) => stay.key),
			['l7', 'l8'],
		);
		const [a, b] = cell.begins.map(({ edges }) => edges);
		assert.ok(
			a.right <= b.left && a.right - a.left >= 0.2 && b.right <= 3,
			JSON.stringify([a, b]),
		);
	});
	it('draw each stay once, and cover the window once', () => {
		const bars = [
			bar('2026-11-20T07:00:00Z', '2026-11-23T15:00:00Z', { line_id: 1 }),
			bar('2026-11-24T16:30:00Z', '2026-11-24T16:40:00Z', { line_id: 2 }),
			bar('2026-11-24T20:00:00Z', '2026-11-24T22:00:00Z', { line_id: 3 }),
			bar('2026-11-25T07:00:00Z', '2026-11-25T07:30:00Z', { line_id: 4 }),
			bar('2026-12-06T21:00:00Z', '2026-12-06T22:30:00Z', { line_id: 5 }),
		];
		const cells = rules.cellsOf(staysOf(bars), MONDAY, BEFORE);
		assert.deepEqual(
			cells.flatMap(({ begins }) => begins.map(({ stay }) => stay.key)),
			['l1', 'l2', 'l3', 'l4', 'l5'],
		);
		assert.equal(
			cells.reduce((n, { span }) => n + span, 0),
			28,
		);
		for (const { begins, first } of cells)
			for (const { edges } of begins) assert.ok(edges.left >= first && edges.right <= 28);
	});
	it('that are over are past, and free no more', () => {
		assert.equal(shape([], MONDAY, at('2026-11-25T12:00:00Z')), `p5 ${runs('f', 23)}`);
	});
	it('are the free times of the list, cut by half-days', () => {
		const bars = [
			bar('2026-11-24T09:00:00Z', '2026-11-24T12:00:00Z', { margins: [1, 2], line_id: 1 }),
			bar('2026-11-26T18:00:00Z', '2026-11-27T06:00:00Z', { margins: [2, 0], line_id: 2 }),
			bar('2026-12-01T07:00:00Z', '2026-12-02T19:00:00Z', { margins: [0, 30], line_id: 3 }),
		];
		const stays = staysOf(bars);
		const spans = rules.freeOf(stays, MONDAY, BEFORE);
		const pieces = rules.cellsOf(stays, MONDAY, BEFORE).flatMap(({ free }) => free ?? []);
		for (const piece of pieces)
			assert.ok(spans.some((span) => span.from <= piece.from && span.to >= piece.to));
		for (const span of spans)
			assert.ok(pieces.some((piece) => span.from <= piece.from && span.to >= piece.to));
	});
	it('do not offer a night', () => {
		const bars = [
			bar('2026-11-24T07:00:00Z', '2026-11-24T19:00:00Z', { line_id: 1 }),
			bar('2026-11-25T07:00:00Z', '2026-11-25T19:00:00Z', { line_id: 2 }),
		];
		const spans = rules.freeOf(staysOf(bars), MONDAY, BEFORE);
		assert.deepEqual(
			spans.map(({ from }) => from),
			[at('2026-11-22T23:00:00Z'), at('2026-11-25T19:00:00Z')],
		);
	});
});

describe('a late loan', () => {
	const now = at('2026-11-25T12:00:00Z');
	const late = bar('2026-11-20T08:00:00Z', '2026-11-23T16:00:00Z', {
		state: 'active',
		line_state: 'on_loan',
		flags: ['overdue'],
		blocked_to: '2026-12-02T12:00:00Z',
	});
	it('goes on until now, and nothing is free while it is awaited', () => {
		assert.equal(shape([late], MONDAY, now), `b6 m13 ${runs('f', 9)}`);
		assert.equal(
			rules.freeOf(staysOf([late], now), MONDAY, now)[0].from,
			at('2026-12-02T12:00:00Z'),
		);
	});
	it('says how late', () => {
		const [stay] = staysOf([late], now);
		assert.equal(plain(rules.lateFlag(stay)), '+2 j');
		assert.match(
			plain(rules.stayText(stay)),
			/^En retard de 2 jours, EPN Vernon, du vendredi 20/,
		);
		const [today] = staysOf([{ ...late, to: '2026-11-25T09:00:00Z' }], now);
		assert.equal(plain(rules.lateFlag(today)), '+3 h');
	});
	it('is told of the window after it, while it is awaited', () => {
		assert.equal(rules.shownStays(staysOf([late], now), '2026-11-30').length, 1);
		assert.equal(rules.shownStays(staysOf([late], now), '2026-12-07').length, 0);
	});
});

describe('a bar', () => {
	it('opens the booking for both its parties, the thing for the others', () => {
		const [one] = staysOf([bar('2026-11-24T08:00:00Z', '2026-11-24T16:00:00Z')]);
		const href = (mine) => rules.stayHref(item(), one, (place) => place === mine);
		assert.deepEqual([1, 2, 3].map(href), ['/reservations/3', '/reservations/3', '/materiel/12']);
	});
});

describe('sentences', () => {
	const free = (from, to, now = BEFORE) =>
		plain(rules.freeText({ from: at(from), to: at(to) }, MONDAY, now));
	it('say until when, from when, between, or all along', () => {
		assert.equal(
			free('2026-11-22T23:00:00Z', '2026-11-24T11:00:00Z'),
			'Libre jusqu’à mardi 24 novembre, midi',
		);
		assert.equal(
			free('2026-11-24T08:30:00Z', '2026-12-06T23:00:00Z'),
			'Libre à partir de mardi 24 novembre, 9 h 30',
		);
		assert.equal(
			free('2026-11-24T08:00:00Z', '2026-11-24T11:00:00Z'),
			'Libre mardi 24 novembre, de 9 h à midi',
		);
		assert.equal(free('2026-11-22T23:00:00Z', '2026-12-06T23:00:00Z'), 'Libre toute la période');
	});
	it('say who, when, and what is blocked around', () => {
		const [stay] = staysOf([
			bar('2026-11-24T08:00:00Z', '2026-11-24T16:00:00Z', { margins: [2, 0.5] }),
		]);
		assert.equal(
			plain(rules.stayText(stay)),
			'Réservé, EPN Vernon, mardi 24 novembre, de 9 h à 17 h. Bloqué dès 7 h, jusqu’à 17 h 30',
		);
	});
	it('know a block without an end', () => {
		const [stay] = staysOf([
			bar('2026-11-24T08:00:00Z', '9999-01-01T00:00:00Z', {
				state: 'blocked',
				line_id: null,
				block_id: 4,
				booking_id: null,
				line_state: null,
			}),
		]);
		assert.equal(
			plain(rules.stayText(stay)),
			'Indisponible à partir de mardi 24 novembre, 9 h, sans fin prévue',
		);
	});
	it('lead to a booking that can be: from 9 h or 14 h, or the next quarter, to noon or 17 h', () => {
		const proposed = (from, to) => {
			const href = rules.bookHref(12, { from: at(from), to: at(to) });
			const asked = new URL(href, 'http://x').searchParams;
			assert.equal(asked.get('materiel'), '12');
			return [asked.get('du'), asked.get('au')].map((local) => local.slice(11)).join('-');
		};
		assert.deepEqual(
			[
				['2026-11-24T07:00:00Z', '2026-11-24T11:00:00Z'],
				['2026-11-24T09:20:00Z', '2026-11-24T10:40:00Z'],
				['2026-11-24T11:00:00Z', '2026-11-24T19:00:00Z'],
				['2026-11-24T17:10:00Z', '2026-11-30T19:00:00Z'],
				['2026-11-24T07:00:00Z', '2026-11-24T08:30:00Z'],
			].map(([from, to]) => proposed(from, to)),
			['09:00-12:00', '10:30-11:30', '14:00-17:00', '18:15-19:15', '08:00-09:30'],
		);
	});
});
