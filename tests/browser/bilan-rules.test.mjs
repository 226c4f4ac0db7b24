// SPDX-License-Identifier: EUPL-1.2
// The bilan's own rules, without a page: periods across the clock changes, and sums that do not take what was
// not measured for nothing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bundle } from './lib/rules.mjs';

const HOUR = 3600_000;
let rules, close;

before(async () => ({ rules, close } = await bundle(['pages/tally', 'pages/bilanwords', 'pages/usage'])));
after(() => close?.());

const plain = (text) => text.replace(/[\u00a0\u202f]/g, ' ');
const row = (key, more) => ({
	key,
	booked_s: 0,
	available_s: 86400,
	open_available_s: null,
	measured_a_s: null,
	measured_b_s: null,
	on_site_s: null,
	retained_s: null,
	coverage: null,
	...more,
});

describe('periods', () => {
	const of = (kind, month) => rules.periodAround(kind, month, '2026-11-25');
	it('are calendar months, quarters and years', () => {
		assert.deepEqual(of('mois', '2027-02').months, ['2027-02']);
		assert.deepEqual(of('trimestre', '2027-02').months, ['2027-01', '2027-02', '2027-03']);
		assert.equal(of('annee', '2027-02').months.length, 12);
		assert.equal(of('annee', '2027-02').months[0], '2027-01');
	});
	it('are those of today where an address asks for nothing that exists', () => {
		for (const [kind, month] of [
			[null, null],
			['siècle', '2026-13'],
			['trimestre', 'hier'],
		])
			assert.deepEqual(of(kind, month).months, ['2026-10', '2026-11', '2026-12']);
	});
	it('have an hour less in March and one more in October, and full UTC hours at both ends', () => {
		const hours = (month) => {
			const { from, to } = of('mois', month);
			assert.equal(from % HOUR, 0);
			return (to - from) / HOUR;
		};
		assert.deepEqual(
			['2027-03', '2027-10', '2027-11', '2028-02'].map(hours),
			[743, 745, 720, 696],
		);
	});
	it('turn', () => {
		assert.equal(rules.monthAfter(of('trimestre', '2026-11'), 1), '2027-01');
		assert.equal(rules.monthAfter(of('mois', '2027-01'), -1), '2026-12');
		assert.equal(rules.monthAfter(of('annee', '2026-05'), -1), '2025-01');
	});
	it('have names', () => {
		assert.equal(rules.periodName(of('mois', '2026-11')), 'novembre 2026');
		assert.equal(rules.periodName(of('trimestre', '2026-11')), 'octobre à décembre 2026');
		assert.equal(rules.periodName(of('annee', '2026-11')), 'année 2026');
	});
	it('have an address that asks for them again', () => {
		const asked = { period: of('trimestre', '2026-11'), place: '', hub: '3', item: '12' };
		const query = new URL(rules.addressOf(asked), 'http://x').searchParams;
		assert.deepEqual(Object.fromEntries(query), {
			periode: 'trimestre',
			le: '2026-10',
			pole: '3',
			materiel: '12',
		});
	});
	it('list the days of a month', () => {
		assert.equal(rules.daysIn('2028-02').length, 29);
		assert.deepEqual(rules.daysIn('2026-12').slice(-1), ['2026-12-31']);
	});
});

describe('sums', () => {
	it('of nothing measured are not 0 h', () => {
		const total = rules.tallyOf([row({}, { booked_s: 3600 }), row({}, { booked_s: 60 })]);
		assert.equal(total.booked_s, 3660);
		assert.deepEqual(
			[total.a_s, total.b_s, total.site_s, total.coverage],
			[null, null, null, null],
		);
		assert.equal(rules.hoursOr(total.a_s), 'non mesuré');
	});
	it('of a tag that never spoke are not 0 h either', () => {
		const total = rules.tallyOf([row({}, { measured_b_s: 0, coverage: 0 })]);
		assert.deepEqual([total.b_s, total.coverage], [null, 0]);
	});
	it('of a machine that stood still are 0 h', () => {
		const total = rules.tallyOf([row({}, { measured_a_s: 0, coverage: 0.9 })]);
		assert.equal(plain(rules.hoursOr(total.a_s)), '0 h');
	});
	it('keep classes apart, and weigh coverage by time in service, of what can be measured', () => {
		const total = rules.tallyOf([
			row({}, { measured_a_s: 100, on_site_s: 40, coverage: 1, available_s: 1000 }),
			row({}, { measured_b_s: 50, on_site_s: 50, coverage: 0.5, available_s: 3000 }),
			row({}, { available_s: 9000 }),
		]);
		assert.deepEqual([total.a_s, total.b_s, total.site_s], [100, 50, 90]);
		assert.equal(total.coverage, (1000 + 1500) / 4000);
		assert.equal(total.available_s, 13000);
	});
	it('are told in one sentence', () => {
		const bare = rules.sentence(rules.tallyOf([row({}, { booked_s: 7200 })]));
		assert.equal(plain(bare), '2 h réservées ; usage non mesuré.');
		const total = [
			row(
				{},
				{
					booked_s: 3600 * 1234,
					measured_a_s: 5400,
					on_site_s: 1800,
					coverage: 0.91,
				},
			),
			row({}, { measured_b_s: 3600, on_site_s: 0, coverage: 0.91 }),
		];
		assert.equal(
			plain(rules.sentence(rules.tallyOf(total))),
			'1 234 h réservées ; 1 h 30 mesurées et 1 h relevées par mouvement, dont 30 min sur place, couverture 91 %.',
		);
	});
	it('stand under few round hours, however large', () => {
		for (let s = 1; s < 1e9; s *= 1.7) {
			const ticks = rules.ticksOf(s);
			assert.ok(
				ticks.length >= 2 && ticks.length <= 4 && ticks[ticks.length - 1] >= s,
				`${s}: ${ticks}`,
			);
		}
	});
});
