// SPDX-License-Identifier: EUPL-1.2
// The bilan in a real browser: drawing, tables and file give the same sums, each line opens what it is made
// of, what is not measured is said so.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DESK, launch, PHONE, visit } from './lib/browser.mjs';
import { dayAfter, person } from './lib/lending.mjs';
import { openWorld } from './lib/world.mjs';

const LIGHT = 2500; // elements
const COLUMNS = ['booked', 'available', 'open', 'a', 'b', 'site'];
let world, browser, region, own, booking;

before(
	async () => {
		world = await openWorld();
		region = await person(world, 'region');
		const { items } = await region.ask('GET', '/items?limit=500');
		const from = `${dayAfter(1)}T00:00:00Z`;
		const busy = await region.ask('GET', `/planning?from=${from}&to=${dayAfter(3)}T00:00:00Z`);
		const free = new Set(
			busy.items.filter(({ bars }) => !bars.length).map(({ item_id }) => item_id),
		);
		own = items.find((one) => free.has(one.id) && one.owner_place_id === one.home_place_id);
		booking = await region.book(
			own.id,
			own.home_place_id,
			`${dayAfter(1)}T09:00`,
			`${dayAfter(1)}T12:30`,
		);
		browser = await launch();
	},
	{ timeout: 180_000 },
);
after(async () => {
	await browser?.close();
	await world?.close();
});

async function signIn(visitor, who, path) {
	await visitor.go(path);
	await visitor.page.waitForSelector('#email');
	await visitor.page.type('#email', world.account(who));
	await visitor.page.type('#password', world.password);
	await visitor.page.keyboard.press('Enter');
	await visitor.page.waitForSelector('.chart');
}

/** « 1 234 h 05 » → minutes; words → null. */
function minutesOf(text) {
	const plain = text.replace(/[\u00a0\u202f\s]/g, ' ').trim();
	const found = plain.match(/^(?:([\d ]+) h(?: (\d\d))?|(\d+) min|< 1 min)$/);
	assert.ok(found, `no figure: ${plain}`);
	const [, hours, rest, alone] = found;
	return Number((hours ?? '0').replace(/ /g, '')) * 60 + Number(rest ?? alone ?? 0);
}

const known = (text) => !/non mesuré|inconnu/.test(text);
const figures = (page, rows) =>
	page.$$eval(rows, (all) =>
		all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)),
	);

function sumsOf(rows) {
	return COLUMNS.map((_, i) => {
		const told = rows
			.filter((cells) => cells.length > 1 && known(cells[i]))
			.map((cells) => minutesOf(cells[i]));
		return { n: told.length, sum: told.reduce((a, b) => a + b, 0) };
	});
}

/** Hours in service grow while one reads: what is asked for a moment later has up to this much more. */
const GROWS_MIN = 120;
const grows = (column) => (column === 'available' || column === 'open' ? GROWS_MIN : 0);

/** Each line is rounded down to the minute. */
function same(total, sums, what) {
	COLUMNS.forEach((column, i) => {
		if (!known(total[i])) return assert.equal(sums[i].n, 0, `${what}: ${column}`);
		const off = minutesOf(total[i]) - sums[i].sum;
		const more = grows(column);
		assert.ok(
			off >= -more && off <= sums[i].n + more,
			`${what}, ${column}: ${total[i]} is not ${sums[i].sum} min`,
		);
	});
}

async function csvOf(page) {
	const text = await page.$eval('a.csv', async (link) => (await fetch(link.href)).text());
	const [head, ...lines] = text
		.replace(/^\ufeff/, '')
		.trim()
		.split(/\r?\n/);
	const at = (title) => head.split(';').findIndex((one) => one.startsWith(title));
	const columns = [
		'Heures réservées',
		'Heures disponibles',
		'Dont heures d',
		'Heures mesurées (A)',
		'Heures indirectes',
		'Usage sur place',
	];
	return columns.map((title) => {
		assert.ok(at(title) >= 0, `${title} in ${head}`);
		const cells = lines.map((line) => line.split(';')[at(title)]).filter((cell) => cell !== '');
		return {
			n: cells.length,
			hours: cells.reduce((sum, cell) => sum + Number(cell.replace(',', '.')), 0),
		};
	});
}

async function agrees(v, what) {
	const page = v.page;
	const [total] = await figures(page, '.bilan-items tfoot tr');
	same(total, sumsOf(await figures(page, '.bilan-items tr[data-item]')), `${what}: items`);
	const [again] = await figures(page, '.fold tfoot tr');
	assert.deepEqual(again, total.slice(0, again.length), `${what}: both totals`);
	same(total, sumsOf(await figures(page, '.fold tbody tr')), `${what}: times`);
	const file = await csvOf(page);
	COLUMNS.forEach((column, i) => {
		if (!known(total[i])) return;
		const off = Math.abs(minutesOf(total[i]) - file[i].hours * 60);
		assert.ok(
			off <= 1 + file[i].n * 0.3 + grows(column),
			`${what}, ${column}: ${total[i]}, in the file ${file[i].hours} h`,
		);
	});
	const drawn = await page.$$eval('.hover title', (all) =>
		all.map((one) => /: (.*?) réservées/.exec(one.textContent)?.[1]).filter(Boolean),
	);
	const sum = drawn.reduce((all, text) => all + minutesOf(text), 0);
	const off = minutesOf(total[0]) - sum;
	assert.ok(off >= 0 && off <= drawn.length, `${what}: drawn ${sum} min, ${total[0]}`);
	assert.ok(
		(await v.text('.sentence')).startsWith(
			`${total[0].replace(/[\u00a0\u202f]/g, ' ')} réservées`,
		),
	);
}

describe('at a desk', () => {
	let v;
	before(async () => {
		v = await visit(browser, world.base, DESK);
		await signIn(v, 'pole', '/bilan');
	});
	after(() => v?.context.close());

	it('a quarter stands: sound, light, with its months', async () => {
		assert.equal(await v.page.title(), 'Bilan – Navette');
		await v.reads('.count', /^\S+ à \S+ \d{4}$/);
		assert.equal(await v.page.$$eval('.hover', (all) => all.length), 3);
		await v.page.click('.fold summary');
		await v.sound('bilan');
		const elements = await v.page.evaluate(() => document.querySelectorAll('*').length);
		assert.ok(elements <= LIGHT, `${elements} elements`);
	});

	it('drawing, tables and file give the same sums', () => agrees(v, 'quarter'));

	it('so they do for a year, and for a month by its days', async () => {
		for (const [kind, slots] of [
			['annee', [12]],
			['mois', [28, 29, 30, 31]],
		]) {
			await v.page.click(`.segments input[value="${kind}"]`);
			await v.page.waitForFunction(
				(wanted) => wanted.includes(document.querySelectorAll('.hover').length),
				{},
				slots,
			);
			assert.equal(new URL(v.page.url()).searchParams.get('periode'), kind);
			await agrees(v, kind);
			await v.sound(`bilan, ${kind}`);
		}
	});

	it('what has no meter and no tag is « non mesuré », not 0 h', async () => {
		const row = `tr[data-item="${world.bare.id}"]`;
		const [cells] = await figures(v.page, `.bilan-items ${row}`);
		assert.deepEqual(cells.slice(3), Array(4).fill('non mesuré'));
	});

	it('a hub and a place are choices that every figure follows', async () => {
		const before = await figures(v.page, '.bilan-items tfoot tr');
		await v.page.select('#filter-lieu', String(own.home_place_id));
		await v.page.waitForFunction(
			(was) => document.querySelector('.bilan-items tfoot td').textContent !== was,
			{},
			before[0][0],
		);
		await agrees(v, 'place');
		await v.page.select('#filter-lieu', '');
		await v.page.waitForFunction(
			(was) => document.querySelector('.bilan-items tfoot td').textContent === was,
			{},
			before[0][0],
		);
	});

	it('turns to the period before and comes back', async () => {
		const now = await v.text('.count');
		await v.page.click('.bilan-turn button:first-child');
		await v.page.waitForFunction(
			(was) => document.querySelector('.count').textContent !== was,
			{},
			now,
		);
		await v.page.click('.bilan-turn button:last-child');
		await v.reads('.count', new RegExp(`^${now}$`));
	});
});

describe('a line opens what it is made of', () => {
	let v;
	before(async () => {
		v = await visit(browser, world.base, DESK);
		await signIn(v, 'region', `/bilan?periode=trimestre&le=${dayAfter(1).slice(0, 7)}`);
	});
	after(() => v?.context.close());

	it('a month of the table is a page of its days', async () => {
		await v.page.click('.fold summary');
		const [name] = await v.page.$$eval('.fold tbody th a', (all) =>
			all.map((one) => one.textContent),
		);
		await v.page.click('.fold tbody th a');
		await v.reads('.count', new RegExp(`^${name}$`));
		await v.page.goBack();
		await v.page.waitForFunction(() => document.querySelectorAll('.hover').length === 3);
	});

	it('a thing is a page of its bookings; their hours are its booked hours', async () => {
		await v.page.focus(`#bilan-${own.id}`);
		const [listed] = await figures(v.page, `tr[data-item="${own.id}"]`);
		await v.page.keyboard.press('Enter');
		await v.reads('h1', new RegExp(own.inventory_no));
		await v.page.waitForSelector('.bilan-bookings');
		assert.ok(await v.page.$(`.bilan-bookings a[href="/reservations/${booking.id}"]`));
		assert.ok((await v.text('.sentence')).startsWith(listed[0].replace(/[\u00a0\u202f]/g, ' ')));
		await v.sound('bilan d’un matériel');
		await v.page.goBack();
		await v.page.waitForSelector('.bilan-items');
		await v.page.waitForFunction((id) => document.activeElement.id === id, {}, `bilan-${own.id}`);
	});
});

describe('on a phone, and on bad days', () => {
	let v, answer;
	before(async () => {
		v = await visit(browser, world.base, PHONE);
		await signIn(v, 'audit', '/bilan');
		await v.page.setRequestInterception(true);
		v.page.on('request', (request) => {
			if (!answer || !request.url().includes('/api/v1/usage?')) return request.continue();
			return answer === 'cut' ? request.abort() : request.respond(answer);
		});
	});
	after(() => v?.context.close());

	it('it stands, and everything to be touched is big enough', async () => {
		await v.sound('bilan, téléphone');
		const small = await v.page.$$eval('button, select, input:not([type=radio]), summary', (all) =>
			all
				.filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
				.map((one) => one.outerHTML.slice(0, 80)),
		);
		assert.deepEqual(small, []);
	});

	const json = (body, status = 200) => ({
		status,
		contentType: 'application/json',
		body: JSON.stringify(body),
	});
	for (const [name, given, said] of [
		['an error', json({ code: 'internal' }, 500), /n’a pas pu répondre/],
		['another shape', json({ lines: [] }), /illisible/],
		['nothing', 'cut', /ne répond pas/],
	])
		it(`${name} is told, and can be tried again`, async () => {
			answer = given;
			await v.go('/bilan');
			await v.reads('.problem', said);
			await v.sound(`bilan, ${name}`);
			answer = null;
			await v.page.click('.problem .button');
			await v.page.waitForSelector('.chart');
		});

	const row = (more) => ({
		key: { item_id: own.id, month: dayAfter(0).slice(0, 7) },
		booked_s: 3600,
		available_s: 86400,
		open_available_s: null,
		measured_a_s: null,
		measured_b_s: null,
		declared_c_s: null,
		retained_s: null,
		on_site_s: null,
		unattributed_s: 0,
		bounded_s: null,
		coverage: null,
		energy_wh: null,
		sessions: null,
		participants: null,
		...more,
	});

	it('little coverage, no meter at all and nothing in service are said', async () => {
		answer = json({
			items: [row({ measured_a_s: 60, on_site_s: 0, coverage: 0.64 })],
			next: null,
		});
		await v.go('/bilan');
		await v.reads('.stale', /Mesure couverte à 64 % : les heures mesurées sont un minimum/);
		await v.sound('bilan, peu couvert');
		answer = json({ items: [row({})], next: null });
		await v.go('/bilan');
		await v.reads('.stale', /Ni compteur ni balise/);
		await v.reads('.sentence', /^1 h réservées ; usage non mesuré/);
		answer = json({ items: [], next: null });
		await v.go('/bilan');
		await v.reads('.empty', /Aucun matériel en service/);
		await v.sound('bilan, vide');
	});
});
