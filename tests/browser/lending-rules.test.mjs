// SPDX-License-Identifier: EUPL-1.2
// The rules of the lending pages, without a page: local text and instants across the clock changes, spans in
// words, what an address may ask for.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = fileURLToPath(new URL('../../inventory-service/web/', import.meta.url));
const plain = (text) => text.replace(/[\u00a0\u202f]/g, ' ');
const at = (utc) => Date.parse(utc);
let dir, rules;

before(async () => {
	const { build } = createRequire(join(web, 'package.json'))('esbuild');
	dir = mkdtempSync(join(tmpdir(), 'navette-web-'));
	const outfile = join(dir, 'rules.mjs');
	await build({
		stdin: { contents: 'export * from "./src/when";', resolveDir: web, loader: 'ts' },
		outfile,
		bundle: true,
		format: 'esm',
		platform: 'node',
		logLevel: 'error',
	});
	rules = await import(pathToFileURL(outfile));
});
after(() => rmSync(dir, { recursive: true }));

describe('local text', () => {
	it('is the time in Paris, whatever the desk says', () => {
		assert.equal(rules.localOf(at('2026-11-26T08:00:00Z')), '2026-11-26T09:00');
		assert.equal(rules.localOf(at('2026-07-14T22:30:00Z')), '2026-07-15T00:30');
	});
	it('finds its instant again on both sides of a clock change', () => {
		for (const local of [
			'2026-11-26T09:00',
			'2027-03-28T01:59',
			'2027-03-28T03:00',
			'2027-10-31T01:59',
			'2027-10-31T03:00',
			'2027-12-31T23:59',
		])
			assert.equal(rules.localOf(rules.instantOf(local)), local);
	});
	it('is moved by the clock on the wall: nine and a day is nine', () => {
		assert.equal(rules.moved('2027-03-27T09:00', 86_400_000), '2027-03-28T09:00');
		assert.equal(rules.moved('2026-12-31T23:30', 3_600_000), '2027-01-01T00:30');
		assert.equal(rules.lengthOf('2027-10-30T09:00', '2027-10-31T09:00'), 86_400_000);
	});
	it('is told from what is none', () => {
		for (const text of ['', null, '2026-11-26', '2026-11-26T09:00Z', '2026-13-01T09:00', 'demain'])
			assert.equal(rules.isLocal(text), false, String(text));
		assert.equal(rules.isLocal('2026-11-26T09:00'), true);
	});
});

describe('usual dates', () => {
	it('begin with the quarter that runs, then half days of tomorrow', () => {
		const { now, morning, afternoon } = rules.usualSpans(at('2026-11-25T07:58:30Z'));
		assert.deepEqual(now, { from: '2026-11-25T08:45', to: '2026-11-25T10:45' });
		assert.deepEqual(morning, { from: '2026-11-26T09:00', to: '2026-11-26T12:00' });
		assert.deepEqual(afternoon, { from: '2026-11-26T14:00', to: '2026-11-26T17:00' });
	});
	it('know that tomorrow is a day of Paris', () => {
		assert.equal(rules.usualSpans(at('2026-12-31T23:30:00Z')).morning.from, '2027-01-02T09:00');
	});
});

describe('in words', () => {
	it('one day, several days, and the first of a month', () => {
		const from = at('2026-11-26T08:00:00Z');
		assert.equal(
			plain(rules.span(from, at('2026-11-26T11:30:00Z'))),
			'jeudi 26 novembre, de 9 h à 12 h 30',
		);
		assert.equal(
			plain(rules.span(from, at('2026-12-01T11:00:00Z'))),
			'du jeudi 26 novembre à 9 h au mardi 1er décembre à 12 h',
		);
	});
	it('late counts days of the calendar', () => {
		const due = at('2026-11-25T22:30:00Z'); // 23 h 30
		assert.equal(rules.daysLate(due, at('2026-11-25T22:50:00Z')), 0);
		assert.equal(rules.daysLate(due, at('2026-11-25T23:30:00Z')), 1);
		assert.equal(rules.daysLate(due, at('2026-11-28T08:00:00Z')), 3);
	});
});
