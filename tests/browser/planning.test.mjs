// SPDX-License-Identifier: EUPL-1.2
// The planning in a real browser: the grid by keyboard, the list with the same facts, at a desk and on a
// phone, and on bad days. Bookings are made over the API.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DESK, launch, PHONE, visit } from './lib/browser.mjs';
import { dayAfter, person } from './lib/lending.mjs';
import { openWorld } from './lib/world.mjs';

const HOUR = 3600_000;
const LIGHT = 2500; // elements
const READ = 120_000; // now goes on between two readings, and what is awaited with it
let world, browser, region, desk, item, other, booking;

before(
	async () => {
		world = await openWorld();
		region = await person(world, 'region');
		await fill();
		browser = await launch();
	},
	{ timeout: 180_000 },
);
after(async () => {
	await browser?.close();
	await world?.close();
});

/** A booking tomorrow morning and one of three days, a request, a loan, a block. */
async function fill() {
	const { items } = await region.ask('GET', '/planning?' + windowOf(dayAfter(0)));
	const all = (await region.ask('GET', '/items?limit=500')).items;
	const own = new Set(
		all.filter((one) => one.owner_place_id === one.home_place_id).map(({ id }) => id),
	);
	const still = items.filter(({ item_id, bars }) => own.has(item_id) && bars.length === 0);
	const { user } = await (await person(world, 'animation')).ask('GET', '/session');
	desk = user.roles.find(({ scope }) => scope === 'place').scope_id;
	item = still.find(({ home_place_id }) => home_place_id === desk);
	const others = still.filter(({ home_place_id }) => home_place_id !== desk);
	other = others[0];
	const mine = item.home_place_id;
	const home = other.home_place_id;
	booking = await region.book(item.item_id, mine, `${dayAfter(1)}T09:00`, `${dayAfter(1)}T12:00`);
	await region.book(item.item_id, mine, `${dayAfter(3)}T14:00`, `${dayAfter(5)}T17:00`);
	await region.book(other.item_id, home, `${dayAfter(2)}T09:00`, `${dayAfter(2)}T17:00`, {
		agree: false,
		option: true,
	});
	await region.ask('POST', '/blocks', {
		item_id: other.item_id,
		reason: 'maintenance',
		starts_at: `${dayAfter(6)}T08:00`,
		ends_at: `${dayAfter(8)}T12:00`,
	});
	const now = new Date(Date.now() - 60_000).toISOString();
	const later = new Date(Date.now() + 30 * HOUR).toISOString();
	const loan = await region.book(others[1].item_id, others[1].home_place_id, now, later);
	await region.ask('POST', `/lines/${loan.lines[0].id}/hand-over`, {});
}

const windowOf = (day) =>
	`from=${day}T00:00:00Z&to=${new Date(Date.parse(day) + 14 * 24 * HOUR).toISOString()}`;

async function signIn(visitor, who, path) {
	await visitor.go(path);
	await visitor.page.waitForSelector('#email');
	await visitor.page.type('#email', world.account(who));
	await visitor.page.type('#password', world.password);
	await visitor.page.keyboard.press('Enter');
}

/** What a page tells: of each item its stays (key → sentence) and its free times. */
const factsOf = (page) =>
	page.evaluate(() => {
		const clean = (text) => text.replace(/[\u00a0\u202f]/g, ' ').trim();
		const rows = [...document.querySelectorAll('.plan [data-item], .plan-card')];
		return rows.map((row) => ({
			name: row.querySelector('a[href^="/materiel/"]').textContent,
			stays: [...row.querySelectorAll('[data-stay]')].map((stay) => [
				stay.dataset.stay,
				clean(stay.getAttribute('aria-label') ?? stay.lastChild.textContent),
			]),
			free: [...row.querySelectorAll('[data-until]')].map(({ dataset }) => ({
				from: Number(dataset.from),
				to: Number(dataset.until),
			})),
		}));
	});

describe('at a desk', () => {
	let v;
	const active = () => v.page.evaluate(() => document.activeElement.id);
	const press = async (...keys) => {
		for (const key of keys) await v.page.keyboard.press(key);
		return active();
	};
	before(async () => {
		v = await visit(browser, world.base, DESK);
		await signIn(v, 'animation', '/planning');
		await v.page.waitForSelector('.plan');
	});
	after(() => v?.context.close());

	it('the grid is light, sound, and its first row stands above the fold', async () => {
		assert.equal(await v.page.title(), 'Planning – Navette');
		await v.reads('.count', /^\d+ matériels, du \d+ \S+ au \d+ \S+ \d{4}$/);
		const { bottom, elements } = await v.page.evaluate(() => ({
			bottom: document.querySelector('.plan tbody tr').getBoundingClientRect().bottom,
			elements: document.querySelectorAll('*').length,
		}));
		assert.ok(bottom < 0.6 * DESK.height, `first row ends at ${bottom} px`);
		assert.ok(elements <= LIGHT, `${elements} elements`);
		assert.equal(await v.page.$$eval('.plan tbody tr', (rows) => rows.length), 50);
		await v.sound('planning');
	});

	it('what is late is there, though it was due before the window, and holds the thing', async () => {
		const from = await v.page.$eval('.plan', () => new Date().toISOString());
		const late = '.plan .is-late[data-flag^="+"]';
		await v.page.click('.plan-when button:nth-of-type(3)'); // the window then begins after now
		await v.page.waitForFunction(() => !document.querySelector('.plan .is-today'));
		await v.page.waitForSelector(late);
		const { due, free } = await v.page.$eval(late, (bar) => ({
			due: bar.getAttribute('aria-label'),
			free: Number(
				bar.closest('tr').querySelector('[data-from]')?.dataset.from ?? Infinity,
			),
		}));
		assert.match(due, /En retard de \d+.jours?/);
		assert.ok(free > Date.parse(from) + 6 * 24 * HOUR, 'awaited for a week');
		await v.page.click('.plan-when button:nth-of-type(2)');
		await v.page.waitForFunction(() => document.querySelector('.plan .is-today'));
	});

	it('is one stop of the keyboard', async () => {
		assert.equal(await v.page.$$eval('.plan [tabindex="0"]', (all) => all.length), 1);
		await v.tabTo('.plan [tabindex="0"]');
		const first = await active();
		await v.page.keyboard.press('Tab');
		assert.equal(await v.page.evaluate(() => document.activeElement.closest('.plan')), null);
		await v.page.keyboard.down('Shift');
		await v.page.keyboard.press('Tab');
		await v.page.keyboard.up('Shift');
		assert.equal(await active(), first);
	});

	it('arrows, Home, End and pages go through names, bars and free half-days', async () => {
		const rows = await v.page.$$eval('.plan [data-item]', (all) =>
			all.map((row) => row.dataset.item),
		);
		await v.page.focus(`#p${rows[0]}`);
		assert.equal(await press('ArrowDown'), `p${rows[1]}`);
		assert.equal(await press('PageDown'), `p${rows[11]}`);
		assert.equal(await press('PageUp', 'ArrowUp'), `p${rows[0]}`);
		assert.match(await press('End'), new RegExp(`^p${rows[0]}-\\d{4}-\\d\\d-\\d\\dpm$`));
		const column = (await active()).slice(-12);
		assert.match(await press('ArrowLeft'), /am$/);
		assert.equal((await press('ArrowRight')).slice(-12), column);
		assert.equal(await press('Home'), `p${rows[0]}`);
		await v.page.keyboard.down('Control');
		assert.match(await press('End'), new RegExp(`^p${rows[49]}-`));
		assert.equal(await press('Home'), `p${rows[0]}`);
		await v.page.keyboard.up('Control');
		assert.equal(await v.page.$$eval('.plan [tabindex="0"]', (all) => all.length), 1);
	});

	it('a bar is a link with its whole name; Enter opens it, Back returns to it', async () => {
		const bar = `#p${item.item_id}-l${booking.lines[0].id}`;
		const name = await v.page.$eval(bar, (link) => link.getAttribute('aria-label'));
		assert.match(
			name.replace(/[\u00a0\u202f]/g, ' '),
			/ : Réservé, .+, \S+ \d+ \S+, de 9 h à midi/,
		);
		await v.page.focus(bar);
		await v.page.keyboard.press('Enter');
		await v.page.waitForFunction(
			(to) => location.pathname === to,
			{},
			`/reservations/${booking.id}`,
		);
		await v.page.goBack();
		await v.page.waitForFunction((id) => document.activeElement.id === id, {}, bar.slice(1));
	});

	it('who has no part in a booking is led to the thing', async () => {
		const elsewhere = await v.page.$eval(
			`[data-item="${other.item_id}"] [data-stay]`,
			(bar) => bar.pathname,
		);
		assert.equal(elsewhere, `/materiel/${other.item_id}`);
	});

	it('Enter on free time leads to a booking of that item and day; Back to the same cell', async () => {
		await v.page.focus(`#p${item.item_id}-l${booking.lines[0].id}`);
		const cell = await press('ArrowRight');
		assert.equal(cell, `p${item.item_id}-${dayAfter(1)}pm`);
		await v.page.keyboard.press('Enter');
		await v.page.waitForFunction(() => location.pathname === '/reserver');
		const asked = new URL(v.page.url()).searchParams;
		assert.equal(asked.get('materiel'), String(item.item_id));
		assert.equal(asked.get('du'), `${dayAfter(1)}T14:00`);
		await v.page.goBack();
		await v.page.waitForFunction((id) => document.activeElement.id === id, {}, cell);
		assert.equal(await v.page.$eval(`#${cell}`, (one) => one.tabIndex), 0);
	});

	it('a free half-day is booked by keyboard; Back, one is in its cell and it is booked', async () => {
		const all = (await region.ask('GET', '/items?limit=500')).items;
		const ours = all.filter((one) => one.owner_place_id === desk && one.home_place_id === desk);
		const day = dayAfter(6);
		const cell = await v.page.evaluate(
			(ids) => {
				const hours = (id) => {
					const { from, until } = document.getElementById(id)?.dataset ?? {};
					return (Number(until) - Number(from)) / 3600_000;
				};
				return ids.find(
					(id) => hours(id) === 4 && hours(id.replace(/am$/, 'pm')) === 8,
				);
			},
			ours.map(({ id }) => `p${id}-${day}am`),
		);
		assert.ok(cell, 'nothing of ours is free that morning');
		await v.page.focus(`#${cell}`);
		await v.page.keyboard.press('Enter');
		await v.page.waitForSelector('#from-day');
		assert.equal(await v.page.$eval('#from-day', (box) => box.value), day);
		assert.match(await v.page.$eval('#from-hour', (box) => box.value), /^(0[89]|1[01]):\d\d$/);
		await v.tabTo('.reserve-answer button[type=submit]');
		await v.page.keyboard.press('Enter');
		await v.page.waitForFunction(() => /^\/reservations\/\d+$/.test(location.pathname));
		await v.page.goBack();
		await v.page.waitForSelector('#from-day');
		await v.page.goBack();
		await v.page.waitForFunction(
			(id) => {
				const half = document.getElementById(id);
				return (
					half?.querySelector('[data-stay]') &&
					half.contains(document.activeElement)
				);
			},
			{},
			cell,
		);
	});

	it('the list says the same as the grid', async () => {
		const grid = await factsOf(v.page);
		await v.page.click('.segments input[value="liste"]');
		await v.page.waitForSelector('.plan-cards');
		assert.equal(new URL(v.page.url()).searchParams.get('vue'), 'liste');
		const list = await factsOf(v.page);
		assert.equal(list.length, grid.length);
		assert.ok(grid.flatMap(({ stays }) => stays).length >= 5);
		grid.forEach((row, i) => {
			const told = list[i];
			assert.equal(told.name, row.name);
			assert.deepEqual(
				told.stays.map(([key]) => key).sort(),
				row.stays.map(([key]) => key).sort(),
			);
			for (const [key, sentence] of told.stays) {
				const [, name] = row.stays.find(([one]) => one === key);
				assert.ok(name.endsWith(sentence), `${name} | ${sentence}`);
			}
			for (const { from, to } of row.free)
				assert.ok(
					told.free.some((span) => span.from <= from + READ && span.to >= to),
					`${row.name}: free in the grid only`,
				);
			for (const { from, to } of told.free)
				assert.ok(
					row.free.some((cell) => cell.from >= from - READ && cell.to <= to),
					`${row.name}: free in the list only`,
				);
		});
		const lines = await v.page.$$eval('.plan-free', (all) =>
			all.map((one) => one.firstChild.textContent.replace(/[\u00a0\u202f]/g, ' ')),
		);
		const until = lines.filter((line) => line.startsWith('Libre jusqu’à'));
		assert.ok(until.length > 0);
		for (const line of until)
			assert.match(line, /^Libre jusqu’à \S+ (\d+|1er) \S+, (\d+ h( \d\d)?|midi)$/);
		await v.sound('planning, liste');
		await v.page.click('.segments input[value="grille"]');
		await v.page.waitForSelector('.plan');
	});

	it('weeks go by, and today comes back', async () => {
		const first = () => v.page.$eval('.plan thead th:nth-child(2)', (day) => day.ariaLabel);
		const now = await first();
		await v.page.click('.plan-when button:nth-of-type(3)');
		await v.page.waitForFunction(
			(was) => document.querySelector('.plan thead th:nth-child(2)').ariaLabel !== was,
			{},
			now,
		);
		assert.match(new URL(v.page.url()).searchParams.get('du'), /^\d{4}-\d\d-\d\d$/);
		await v.page.click('.plan-when button:nth-of-type(1)');
		await v.page.waitForFunction(
			(was) => document.querySelector('.plan thead th:nth-child(2)').ariaLabel === was,
			{},
			now,
		);
		await v.page.click('.plan-when button:nth-of-type(2)');
		await v.page.waitForFunction(() => !new URL(location.href).searchParams.has('du'));
	});

	it('a filter keeps what it says, and can be cleared', async () => {
		await v.page.select('#filter-lieu', String(item.home_place_id));
		await v.page.waitForFunction(
			(id) =>
				document.querySelectorAll('.plan [data-item]').length < 50 &&
				document.getElementById(`p${id}`),
			{},
			item.item_id,
		);
		await v.page.select('#filter-famille', 'rien de tel');
		await v.go('/planning?famille=rien');
		await v.reads('.empty', /Aucun matériel ne répond/);
		await v.sound('planning, vide');
		await v.page.click('.empty .button');
		await v.page.waitForSelector('.plan');
		await v.reads('.plan-pages', /^50 matériels sur \d+/);
	});

	it('the next page has the others', async () => {
		const ids = () =>
			v.page.$$eval('.plan [data-item]', (all) => all.map((row) => row.dataset.item));
		const first = await ids();
		await v.page.click('.plan-pages .button');
		await v.page.waitForFunction(
			(was) => document.querySelector('.plan [data-item]').dataset.item !== was,
			{},
			first[0],
		);
		const rest = await ids();
		assert.equal(new Set([...first, ...rest]).size, first.length + rest.length);
		await v.page.click('.plan-pages .button');
		await v.page.waitForFunction(
			(was) => document.querySelector('.plan [data-item]').dataset.item === was,
			{},
			first[0],
		);
	});

	it('what somebody else books appears, and the focus stays where it was', async () => {
		const cell = `p${item.item_id}-${dayAfter(7)}am`;
		await v.page.focus(`#${cell}`);
		const made = await region.book(
			item.item_id,
			item.home_place_id,
			`${dayAfter(7)}T08:00`,
			`${dayAfter(7)}T12:00`,
		);
		const bar = `p${item.item_id}-l${made.lines[0].id}`;
		await v.page.waitForFunction((id) => document.activeElement.id === id, {}, bar);
	});

	it('prints without its controls', async () => {
		await v.page.emulateMediaType('print');
		const shown = await v.page.$$eval(
			'.plan-tools, .plan-print, .bar',
			(all) => all.filter((one) => one.offsetParent || one.getClientRects().length).length,
		);
		assert.equal(shown, 0);
		await v.page.emulateMediaType(null);
	});
});

describe('on a phone', () => {
	let v;
	before(async () => {
		v = await visit(browser, world.base, PHONE);
		await signIn(v, 'pole', '/planning');
		await v.page.waitForSelector('.plan-cards');
	});
	after(() => v?.context.close());

	it('the list comes first, its first item above the fold', async () => {
		const top = await v.page.$eval('.plan-card', (card) => card.getBoundingClientRect().top);
		assert.ok(top < 400, `first item at ${top} px`);
		const elements = await v.page.evaluate(() => document.querySelectorAll('*').length);
		assert.ok(elements <= LIGHT, `${elements} elements`);
		await v.sound('planning, téléphone');
	});

	it('the grid stays in its box, with today in sight', async () => {
		await v.page.tap('.segments input[value="grille"]');
		await v.page.waitForSelector('.plan');
		await v.sound('planning, grille au téléphone');
		const { left, edge } = await v.page.evaluate(() => ({
			left: document.querySelector('.plan .is-today').getBoundingClientRect().left,
			edge: document.querySelector('.plan thead th').getBoundingClientRect().right,
		}));
		assert.ok(left >= edge - 1 && left < PHONE.width, `today at ${left}, names end at ${edge}`);
	});

	it('everything to be touched is big enough', async () => {
		const small = await v.page.$$eval('button, select, input:not([type=radio]), summary', (all) =>
			all
				.filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
				.map((one) => one.outerHTML.slice(0, 80)),
		);
		assert.deepEqual(small, []);
	});
});

describe('what the service may say', () => {
	let v, answer;
	before(async () => {
		v = await visit(browser, world.base, DESK);
		await signIn(v, 'lieu', '/materiel');
		await v.page.waitForSelector('.items');
		await v.page.setRequestInterception(true);
		v.page.on('request', (request) => {
			if (!answer || !request.url().includes('/api/v1/planning')) return request.continue();
			return answer === 'cut' ? request.abort() : request.respond(answer);
		});
	});
	after(() => v?.context.close());

	const json = (body, status = 200) => ({
		status,
		contentType: 'application/json',
		body: JSON.stringify(body),
	});

	for (const [name, given, said] of [
		['an error', json({ code: 'internal' }, 500), /n’a pas pu répondre/],
		['no JSON', { ...json({}), body: '{"items":[' }, /illisible/],
		['another shape', json({ lines: [] }), /illisible/],
		['nothing', 'cut', /ne répond pas/],
	])
		it(`${name} is told, and can be tried again`, async () => {
			answer = given;
			await v.go('/planning');
			await v.reads('.problem', said);
			await v.sound(`planning, ${name}`);
			answer = null;
			await v.page.click('.problem .button');
			await v.page.waitForSelector('.plan');
		});

	/** 50 items, each with a late loan, a loan that is looked at, a lost one, and short bookings. */
	const dense = () => {
		const iso = (day, hour) =>
			new Date(Date.parse(`${dayAfter(day)}T00:00:00Z`) + hour * HOUR).toISOString();
		let id = 0;
		const bar = (from, to, line_state, flags = []) => ({
			line_id: ++id,
			block_id: null,
			booking_id: id,
			state: line_state === 'reserved' ? 'confirmed' : 'active',
			line_state,
			place_id: 1,
			place_name: 'EPN Vernon',
			from,
			to,
			blocked_from: from,
			blocked_to: to,
			flags,
		});
		return Array.from({ length: 50 }, (_, i) => ({
			item_id: i + 1,
			model_id: 1,
			model_name: `Scanner ${i}`,
			family: 'Son',
			inventory_no: `N-${i}`,
			home_place_id: 1,
			home_place_name: 'EPN',
			bars: [
				bar(iso(-4, 8), iso(-2, 16), 'on_loan', ['overdue']),
				bar(iso(1, 8), iso(2, 16), 'taken_back'),
				bar(iso(3, 8), iso(3, 10), 'lost'),
				bar(iso(4, 8), iso(6, 16), 'reserved'),
				bar(iso(7, 8), iso(7, 11), 'reserved'),
				bar(iso(8, 14), iso(8, 16), 'reserved'),
			],
		}));
	};

	it('late by two days is a word, a sign and a colour; a busy page stays light', async () => {
		answer = json({ items: dense(), total: 50, next: null });
		await v.go('/planning');
		await v.page.waitForSelector('.plan .is-late');
		const flag = await v.page.$eval('.plan .is-late', (bar) => ({
			sign: bar.dataset.flag.replace(/\u00a0/g, ' '),
			name: bar.getAttribute('aria-label'),
		}));
		assert.equal(flag.sign, '+2 j');
		assert.match(flag.name, /En retard de 2.jours/);
		const elements = await v.page.evaluate(() => document.querySelectorAll('*').length);
		assert.ok(elements <= LIGHT, `${elements} elements`);
		console.log(`# 300 bars: ${elements} elements`);
		await v.sound('planning, tous les états');
		await v.page.click('.segments input[value="liste"]');
		await v.reads('.plan-stay', /\+2 j.*En retard de 2 jours, EPN Vernon/);
		answer = null;
	});

	it('without a network the page keeps what it has, and says how old it is', async () => {
		await v.go('/planning');
		await v.page.waitForSelector('.plan');
		await v.page.setOfflineMode(true);
		await v.reads('.stale', /Données de \d+ h \d\d/);
		assert.ok(await v.page.$('.plan'));
		await v.page.setOfflineMode(false);
	});
});
