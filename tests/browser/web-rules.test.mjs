// SPDX-License-Identifier: EUPL-1.2
// The page's own rules, without a page: local days across the clock changes, figures in words, filters. The
// web's TypeScript is bundled as it is and called.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bundle } from './lib/rules.mjs';

const HOUR = 3600_000;
const SPACE = '\u00a0';
let rules, close;

before(async () => ({ rules, close } = await bundle(['format', 'pages/usage', 'pages/filter'])));
after(() => close?.());

describe('local days', () => {
	it('begin at midnight in Paris, in summer and in winter', () => {
		assert.equal(rules.startOf('2026-11-25'), Date.parse('2026-11-24T23:00:00Z'));
		assert.equal(rules.startOf('2026-07-14'), Date.parse('2026-07-13T22:00:00Z'));
	});
	it('have 23 hours in March and 25 in October', () => {
		const hours = (day) => (rules.startOf(rules.addDays(day, 1)) - rules.startOf(day)) / HOUR;
		assert.deepEqual(['2027-03-28', '2027-10-31', '2028-02-29'].map(hours), [23, 25, 24]);
	});
	it('follow each other across a clock change, a leap day and a new year', () => {
		assert.equal(rules.addDays('2027-03-27', 2), '2027-03-29');
		assert.equal(rules.addDays('2028-02-28', 1), '2028-02-29');
		assert.equal(rules.addDays('2026-01-01', -1), '2025-12-31');
		assert.equal(rules.dayOf(Date.parse('2026-12-31T23:30:00Z')), '2027-01-01');
	});
	it('make a window of whole days, on full UTC hours', () => {
		const { first, query } = rules.windowOf('2026-11-25', 30);
		assert.equal(first, '2026-10-27');
		assert.equal(query, 'from=2026-10-26T23:00:00Z&to=2026-11-25T23:00:00Z&group=day');
	});
});

describe('figures in words', () => {
	const said = (seconds) => rules.duration(seconds).split(SPACE).join(' ');
	it('say hours and minutes, and never round a little to nothing', () => {
		assert.deepEqual([0, 20, 60, 2399, 3600, 45600, 360060].map(said), [
			'0 h',
			'< 1 min',
			'1 min',
			'39 min',
			'1 h',
			'12 h 40',
			'100 h 01',
		]);
	});
	it('keep a figure and its unit on one line', () => assert.doesNotMatch(rules.duration(45600), / /));
	it('say the time as one does in France', () => {
		assert.equal(
			rules.clock(Date.parse('2026-11-25T13:30:00Z')).split(SPACE).join(' '),
			'14 h 30',
		);
	});
	it('give an age from a minute on', () => {
		const now = Date.parse('2026-11-25T12:00:00Z');
		const age = (ms) =>
			rules
				.age(now - ms, now)
				?.split(SPACE)
				.join(' ') ?? null;
		assert.deepEqual([59e3, 120e3, 3 * HOUR, 72 * HOUR].map(age), [
			null,
			'il y a 2 min',
			'il y a 3 h',
			'il y a 3 jours',
		]);
	});
});

describe('days of use', () => {
	const row = (day, more) => ({
		key: { item_id: 7, day },
		measured_a_s: 0,
		measured_b_s: null,
		bounded_s: 0,
		retained_s: 0,
		coverage: 1,
		available_s: 86400,
		...more,
	});
	it('a day without a row is not measured, which is not 0 h', () => {
		const days = rules.daysOf([row('2026-11-24', {})], '2026-11-23', 3);
		assert.deepEqual(
			days.map((day) => day.a_s),
			[null, 0, null],
		);
	});
	it('sum what is known; nothing known stays unknown', () => {
		const days = rules.daysOf(
			[row('2026-11-23', { measured_a_s: 60 }), row('2026-11-25', { measured_a_s: 5 })],
			'2026-11-23',
			3,
		);
		const total = rules.totalOf(days);
		assert.deepEqual([total.a_s, total.b_s], [65, null]);
	});
	it('weigh coverage by the custody of each day; what was not measured was not covered', () => {
		const days = rules.daysOf(
			[
				row('2026-11-24', { coverage: 1 }),
				row('2026-11-25', { coverage: null }),
				row('2026-11-26', { coverage: 0.5, available_s: 43200 }),
			],
			'2026-11-23',
			4,
		);
		assert.equal(rules.totalOf(days).coverage, (1 + 0.25) / 2.5);
		assert.equal(rules.totalOf(rules.daysOf([], '2026-11-23', 4)).coverage, null);
	});
	it('stand under round hours', () => {
		const ticks = (a_s) => rules.ticksOf(a_s).map((tick) => tick / 3600);
		assert.deepEqual(ticks(5 * 3600), [2, 4, 6]);
		assert.deepEqual(ticks(86400), [6, 12, 18, 24]);
		for (let s = 0; s <= 86400; s += 977) {
			const all = ticks(s);
			assert.ok(all[all.length - 1] * 3600 >= s && all.length <= 4, `${s}: ${all}`);
		}
	});
});

describe('filters', () => {
	const hubs = new Map([
		[1, { id: 1, name: 'Pôle Ouest' }],
		[2, { id: 2, name: 'Pôle Est' }],
	]);
	const places = new Map([
		[1, { id: 1, name: 'EPN', commune: 'Saint-Lô', hub_id: 1 }],
		[2, { id: 2, name: 'Le Dôme', commune: 'Caen', hub_id: 2 }],
	]);
	const item = (id, model_name, home, more) => [
		id,
		{
			id,
			model_name,
			inventory_no: `N-${id}`,
			code: 'ABC1234',
			serial: '',
			family: 'Découpe',
			state: 'available',
			home_place_id: home,
			place_id: home,
			hub_id: home,
			tag_id: null,
			meter_id: null,
			live: null,
			...more,
		},
	];
	const items = new Map([
		item(1, 'Scanner', 1, {}),
		item(2, 'Laser', 1, {}),
		item(10, 'Laser', 2, { tag_id: 4, live: { state: 'active' } }),
		item(9, 'Laser', 2, {}),
	]);
	const ids = (filter) =>
		rules
			.matching(items, places, hubs, { q: '', pole: '', famille: '', etat: '', ...filter })
			.map(({ id }) => id);
	it('order by pôle, then name, then number', () => assert.deepEqual(ids({}), [9, 10, 2, 1]));
	it('find words in any order, without accents', () => {
		assert.deepEqual(ids({ q: 'DOME laser' }), [9, 10]);
		assert.deepEqual(ids({ q: 'saint-lo' }), [2, 1]);
		assert.deepEqual(ids({ q: 'saint-lo dome' }), []);
	});
	it('know what is declared from what is reported; what has no tag reports nothing', () => {
		assert.deepEqual(ids({ etat: 'available' }), [9, 10, 2, 1]);
		assert.deepEqual(ids({ etat: 'live-active' }), [10]);
		assert.deepEqual(ids({ etat: 'live-unknown' }), []);
	});
});
