// SPDX-License-Identifier: EUPL-1.2
// From « il m'en faut une maintenant » to a thing handed over and taken back, in a real browser: one journey
// by keyboard alone, one on a phone, two browsers that want the same hour, a refusal that needs its reason, a
// thing that has to travel. Axe after each step.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DESK, launch, PHONE, visit } from './lib/browser.mjs';
import { openWorld } from './lib/world.mjs';

let world, browser, desk;

/** Things of this test's own. Those at home where animation@ and lieu@ stand can be had at any hour: only who
 * comes from elsewhere is held to opening hours. */
async function things(officer) {
	const [{ items: all }, { items: places }] = await Promise.all([
		officer.ask('GET', '/items?limit=500'),
		officer.ask('GET', '/places?limit=500'),
	]);
	const home = places.find((place) => place.name === 'EPN La Passerelle');
	const near = places.find((place) => place.hub_id === home.hub_id && place.id !== home.id);
	await officer.ask('PATCH', `/places/${near.id}`, { opening_hours: null, notice_s: 0 });
	const model = all.find((item) => item.model_name.startsWith('Imprimante 3D Prusa'));
	const make = (inventory_no, more) =>
		officer.ask('POST', '/items', { model_id: model.model_id, inventory_no, ...more });
	return {
		home,
		near,
		family: model.family,
		asks: await make('ESSAI-1', {
			owner_place_id: near.id,
			home_place_id: home.id,
			approver: 'owner',
		}),
		free: await make('ESSAI-2', { owner_place_id: home.id }),
		wanted: await make('ESSAI-3', { owner_place_id: home.id }),
		travels: await make('ESSAI-4', { owner_place_id: near.id }),
		carried: await make('ESSAI-5', { owner_place_id: near.id }),
	};
}

before(
	async () => {
		world = await openWorld();
		desk = await things(world.officer);
		browser = await launch();
	},
	{ timeout: 180_000 },
);
after(async () => {
	await browser?.close();
	await world?.close();
});

async function enter(who, viewport, path = '/') {
	return signIn(await visit(browser, world.base, viewport), who, path);
}

async function signIn(v, who, path) {
	await v.go(path);
	await v.page.waitForSelector('#email');
	await v.page.type('#email', world.account(who));
	await v.page.type('#password', world.password);
	await v.page.keyboard.press('Enter');
	await v.page.waitForFunction(() => !location.pathname.startsWith('/connexion'));
	return v;
}

/** Presses what is seen with that text; waits until it is there. */
async function press(v, text, within = 'main') {
	const found = await v.page.waitForFunction(
		(root, wanted) =>
			[...document.querySelectorAll(`${root} :is(button, a, label, summary)`)].find(
				(one) =>
					one.offsetParent &&
					one.textContent.replace(/\s+/g, ' ').trim().startsWith(wanted),
			),
		{ polling: 50 },
		within,
		text,
	);
	const element = found.asElement();
	await element.evaluate((one) => one.scrollIntoView({ block: 'center' })); // not under the bar below
	await element.click();
}

/** Tab until what has the focus begins with that text, then the key. */
async function key(v, text, pressed = 'Enter') {
	const met = [];
	for (let i = 0; i < 120; i++) {
		const at = await v.page.evaluate(() =>
			(document.activeElement?.closest('label') ?? document.activeElement)?.textContent
				.replace(/\s+/g, ' ')
				.trim(),
		);
		if (at?.startsWith(text)) return v.page.keyboard.press(pressed);
		met.push(at?.slice(0, 40));
		await v.page.keyboard.press('Tab');
	}
	assert.fail(`${text} is not reached by Tab: ${[...new Set(met)].join(' | ')}`);
}

const state = '.sheet-head .badge:not(.live)';

/** A button says for what it is: the demo's own bookings stand beside this test's. */
const on = (verb, item) => `${verb} ${item.model_name}, ${item.inventory_no}`;

/** From now for two hours, as a form says it. */
function fromNow(hours = 0) {
	const local = (at) =>
		new Intl.DateTimeFormat('sv-SE', {
			timeZone: 'Europe/Paris',
			dateStyle: 'short',
			timeStyle: 'short',
		})
			.format(Math.floor(at / 900_000) * 900_000)
			.replace(' ', 'T');
	const at = Date.now() + hours * 3_600_000;
	return `du=${local(at)}&au=${local(at + 2 * 3_600_000)}`;
}

describe('by keyboard alone: found, booked, agreed to, handed over, taken back', () => {
	let v, other, watcher;
	after(async () => {
		for (const one of [v, other, watcher]) await one?.context.close();
	});

	it('the first page is the day, with somewhere to go', async () => {
		v = await visit(browser, world.base, DESK);
		await v.go('/');
		await v.page.waitForSelector('#email');
		await v.tabTo('#email');
		await v.page.keyboard.type(world.account('animation'));
		await v.tabTo('#password');
		await v.page.keyboard.type(world.password);
		await v.page.keyboard.press('Enter');
		await v.reads('h1', /^Aujourd’hui$/);
		await v.reads('main', /EPN La Passerelle/);
		await v.sound('aujourd’hui');
		await key(v, 'Trouver du matériel');
		await v.reads('h1', /^Trouver du matériel$/);
		await v.focusIs('tagName', 'H1');
	});

	it('dates come first, then a family; what is free stands nearest first', async () => {
		await key(v, 'Maintenant');
		await v.reads('#family', new RegExp(desk.family)); // what there is to choose from has come
		await v.tabTo('#family');
		await v.page.keyboard.type(desk.family.split(' ')[0]); // a space would open the list
		await v.reads('.sentence', /^\d+ matériels? libres? /);
		await v.reads('.found', /ESSAI-1/);
		const query = new URL(v.page.url()).searchParams;
		assert.equal(query.get('famille'), desk.family);
		assert.match(query.get('du'), /^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
		const near = await v.page.$$eval('.found .task-what .muted', (all) =>
			all.map((one) => Number(one.textContent.match(/(\d+)/)?.[1] ?? 0)),
		);
		assert.ok(near.length > 1);
		await v.sound('trouver');
	});

	it('the preview tells what is blocked and who has to agree, before anything is asked', async () => {
		await v.page.waitForFunction(
			(no) =>
				[...document.querySelectorAll('.found .task')].some((row) =>
					row.textContent.includes(no),
				),
			{},
			desk.asks.inventory_no,
		);
		await key(v, on('Réserver', desk.asks));
		await v.reads('h1', /^Nouvelle réservation$/);
		await v.reads('.verdict', /C’est libre/);
		await v.reads('.judgement', new RegExp(`Accord demandé à ${desk.near.name}`));
		await v.reads('.blocked', /Bloqué .* acheminement et préparation compris/);
		await v.sound('réserver');
		await v.tabTo('#theme');
		await v.page.keyboard.type('Impression 3D');
		await key(v, 'Envoyer la demande');
		await v.reads('h1', /^Réservation \d+/);
		await v.reads('.notice [role=status]', /Demande envoyée/);
		await v.reads('.sheet-head .badge', /Demande en attente/);
		await v.sound('réservation, demandée');
	});

	it('somebody else agrees, by keyboard too, and the asker sees it without a reload', async () => {
		await v.reads('.net', /En direct/);
		await v.page.evaluate(() => {
			window.stayed = true;
		});
		other = await enter('pole', DESK);
		await other.reads('h1', /^Aujourd’hui$/);
		await other.tabTo('a[href="/demandes"]');
		await other.page.keyboard.press('Enter');
		await other.reads('h1', /^Demandes$/);
		await other.reads('.requests', /ESSAI-1/);
		await other.sound('demandes');
		await key(other, on('Accepter', desk.asks));
		await other.reads('.notice [role=status]', /Demande acceptée/);
		await other.page.waitForFunction(
			() => !document.querySelector('main ul')?.textContent.includes('ESSAI-1'),
		);
		await other.sound('demandes, une de moins');
		await v.reads('.sheet-head .badge', /Confirmée/);
		assert.equal(await v.page.evaluate(() => window.stayed), true);
	});

	it('it is handed over; another screen shows it without a reload', async () => {
		watcher = await enter('technique', DESK, `/materiel/${desk.asks.id}`);
		await watcher.reads(state, /À retirer/);
		await watcher.reads('.net', /En direct/);
		await key(v, on('Remettre', desk.asks));
		await v.page.waitForSelector('.counter');
		await v.focusIs('value', 'good');
		await v.page.keyboard.press('Escape'); // changed one's mind: back where one was
		await v.page.waitForFunction(() => document.activeElement.textContent.startsWith('Remettre'));
		await v.page.keyboard.press('Enter');
		await v.page.waitForSelector('.counter');
		await v.focusIs('value', 'good');
		await v.sound('remise');
		await v.page.keyboard.press('ArrowRight');
		await v.reads('.counter details[open]', /Remarque/);
		await v.tabTo(`input[id^="note-"]`);
		await v.page.keyboard.type('Plateau rayé');
		await v.page.keyboard.press('Enter');
		await v.reads('.notice [role=status]', /ESSAI-1 : remise enregistrée/);
		await v.reads('.timeline', /ESSAI-1 : remis/);
		await v.focusIs('tagName', 'BUTTON'); // of the same line: the focus is not lost with the form
		await v.sound('réservation, remise');
		await watcher.reads(state, /En prêt/);
		await watcher.reads('#item-status', /En prêt/);
	});

	it('it is taken back and inspected', async () => {
		await key(v, on('Récupérer', desk.asks));
		await v.page.waitForSelector('.counter');
		await key(v, 'Valider le retour');
		await v.reads('.notice [role=status]', /ESSAI-1 : retour enregistré/);
		await watcher.reads(state, /À contrôler/);
		await key(v, 'Contrôlé');
		await v.reads('.sheet-head .badge', /Terminée/);
		await v.sound('réservation, terminée');
		await watcher.reads(state, /Disponible/);
	});

	it('its hours stand in the Bilan, and lead back to the booking', async () => {
		await v.page.goto(`${world.base}/bilan`);
		await v.page.waitForSelector('.bilan-items');
		await v.sound('bilan');
		await v.page.focus(`#bilan-${desk.asks.id}`);
		await v.page.keyboard.press('Enter');
		await v.page.waitForSelector('.bilan-bookings');
		assert.equal(new URL(v.page.url()).pathname, '/bilan');
		assert.ok(await v.page.$('.bilan-bookings a[href^="/reservations/"]'));
		await v.sound('bilan d’un matériel');
	});
});

describe('two want the same hour', () => {
	let first, second;
	after(async () => {
		for (const one of [first, second]) await one?.context.close();
	});

	it('the second is told who holds it, and books the next start by one press; nothing typed is lost', async () => {
		const path = `/reserver?materiel=${desk.wanted.id}&${fromNow(26)}`;
		first = await enter('animation', DESK, path);
		second = await enter('lieu', DESK, path);
		for (const one of [first, second]) await one.reads('.verdict', /C’est libre/);
		await second.page.type('#theme', 'Robotique au collège');
		await press(first, 'Réserver', '.reserve-answer');
		await first.reads('.sheet-head .badge', /Confirmée/);
		await press(second, 'Réserver', '.reserve-answer');
		await second.reads('.reserve-form .problem', /Ce créneau est pris par EPN La Passerelle/);
		await second.reads('.reserve-form .conflicts', /Réservé par EPN La Passerelle/);
		await second.sound('conflit');
		assert.equal(await second.page.$eval('#theme', (box) => box.value), 'Robotique au collège');
		await press(second, 'Réserver', '.reserve-form .problem');
		await second.reads('h1', /^Réservation \d+/);
		await second.reads('.sheet-head .badge', /Confirmée/);
		await second.reads('.summary', /Robotique au collège/);
		await second.sound('conflit résolu');
	});
});

describe('a booking is held, prolonged and given up', () => {
	let v;
	after(() => v?.context.close());

	it('two things are chosen and held for 48 h, in one booking', async () => {
		const [day] = fromNow(72).match(/\d{4}-\d\d-\d\d/);
		const at = `du=${day}T10:00&au=${day}T12:00&famille=${encodeURIComponent(desk.family)}`;
		v = await enter('animation', DESK, `/trouver?${at}`);
		await v.reads('.found', /ESSAI-2/);
		await press(v, on('Choisir', desk.free));
		await press(v, on('Choisir', desk.wanted));
		await v.reads('.basket', /2 matériels choisis/);
		await v.sound('deux choisis');
		await press(v, 'Réserver', '.basket');
		await v.reads('.chosen', /ESSAI-2.*ESSAI-3/);
		await v.reads('.judgement', /ESSAI-2.*ESSAI-3/);
		await v.sound('réserver, deux matériels');
		await v.reads('.verdict', /C’est libre/);
		await press(v, 'Mettre une option 48 h');
		await v.reads('.sheet-head .badge', /Demande en attente/);
		await v.reads('.summary', /Sans réponse, la demande s’éteint/);
		await v.sound('option');
	});

	it('its asker confirms it, prolongs it, and cancels it with a reason', async () => {
		await press(v, 'Accepter');
		await v.reads('.sheet-head .badge', /Confirmée/);
		await v.reads('.summary .fact-main', /de 10 h à 12 h/);
		await press(v, 'Prolonger');
		await v.page.waitForSelector('#to-hour');
		await v.sound('prolonger');
		await v.page.$eval('#to-hour', (box) => {
			box.value = '13:00';
			box.dispatchEvent(new Event('change', { bubbles: true }));
		});
		await press(v, 'Prolonger', '.counter');
		await v.reads('.notice', /prolongée/);
		await v.reads('.summary .fact-main', /de 10 h à 13 h/);
		await press(v, 'Annuler la réservation');
		await v.page.waitForSelector('.counter textarea');
		await v.page.type('.counter textarea', 'Atelier reporté');
		await press(v, 'Annuler la réservation', '.counter');
		await v.reads('.sheet-head .badge', /Annulée/);
		await v.reads('.summary', /Atelier reporté/);
		await v.sound('annulée');
	});
});

describe('a refusal needs its reason', () => {
	let v, asker, deaf;
	after(async () => {
		for (const one of [v, asker, deaf]) await one?.context.close();
	});

	it('the field is named and gets the focus; the asker reads the reason', async () => {
		asker = await enter(
			'animation',
			DESK,
			`/reserver?materiel=${desk.asks.id}&${fromNow(50)}`,
		);
		await asker.reads('.verdict', /C’est libre/);
		await press(asker, 'Envoyer la demande', '.reserve-answer');
		await asker.reads('.sheet-head .badge', /Demande en attente/);
		v = await enter('pole', DESK, '/demandes');
		await v.reads('.requests', /ESSAI-1/);
		await press(v, on('Refuser', desk.asks));
		await v.page.waitForSelector('.counter textarea');
		await press(v, 'Refuser la demande');
		await v.reads('.field-error', /Indiquez le motif/);
		await v.focusIs('tagName', 'TEXTAREA');
		assert.match(
			await v.page.$eval('textarea', (box) => box.getAttribute('aria-describedby')),
			/-error$/,
		);
		await v.sound('refus sans motif');
		await v.page.keyboard.type('Machine promise à une autre classe');
		await press(v, 'Refuser la demande');
		await v.reads('.notice [role=status]', /Demande refusée/);
		await asker.reads('.sheet-head .badge', /Refusée/);
		await asker.reads('.summary', /Machine promise à une autre classe/);
		await asker.sound('réservation refusée');
	});

	it('a booking that changed meanwhile shows both versions, and is decided anew', async () => {
		const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
		const made = await world.officer.ask('POST', '/bookings', {
			place_id: desk.home.id,
			starts_at: at(80),
			ends_at: at(82),
			lines: [{ item_id: desk.asks.id }],
		});
		deaf = await visit(browser, world.base, DESK);
		await deaf.page.setRequestInterception(true);
		deaf.page.on('request', (request) =>
			request.url().endsWith('/api/v1/events') ? request.abort() : request.continue(),
		);
		await signIn(deaf, 'pole', `/reservations/${made.id}`);
		await deaf.reads('.sheet-head .badge', /Demande en attente/);
		await world.officer.ask('PATCH', `/bookings/${made.id}`, { starts_at: at(81) });
		await press(deaf, 'Accepter');
		await deaf.reads('.problem', /version\.stale/);
		await deaf.page.waitForFunction(() => {
			const [before, now] = document.querySelectorAll('.versions dd');
			return before && now && before.textContent !== now.textContent;
		});
		await deaf.sound('version dépassée');
		await press(deaf, 'Accepter');
		await deaf.reads('.sheet-head .badge', /Confirmée/);
	});
});

describe('on a phone, with a class at the door', () => {
	let v;
	before(async () => {
		v = await enter('animation', PHONE);
	});
	after(() => v?.context.close());

	it('a thing of one’s own goes out in few presses, and can be called back', async () => {
		await v.go(`/reserver?materiel=${desk.free.id}&${fromNow()}`);
		await v.reads('.verdict', /C’est libre/);
		await v.reads('.judgement', /Confirmée dès l’envoi/);
		await v.sound('réserver, téléphone');
		await press(v, 'Réserver', '.reserve-answer');
		await v.reads('.sheet-head .badge', /Confirmée/);
		await v.go('/');
		await v.reads('main', /À remettre.*ESSAI-2/);
		await v.sound('aujourd’hui, téléphone');
		await press(v, on('Remettre', desk.free), '.tasks');
		await v.sound('remise, téléphone');
		await press(v, 'Valider la remise');
		await v.reads('.notice', /ESSAI-2 : remise enregistrée.*Annuler la remise/);
		await v.sound('remise faite, téléphone');
		await press(v, 'Annuler la remise');
		await v.reads('.notice', /Remise annulée/);
		await v.reads('main', /À remettre.*ESSAI-2/);
	});

	it('the sheet hands over and takes back too', async () => {
		await v.go(`/materiel/${desk.free.id}`);
		await press(v, on('Remettre', desk.free));
		await press(v, 'Valider la remise');
		await v.reads(state, /En prêt/);
		await v.sound('fiche en prêt, téléphone');
		await press(v, on('Récupérer', desk.free));
		await press(v, 'Valider le retour');
		await v.reads(state, /À contrôler/);
		await v.reads('main', /Annuler le retour/);
		await press(v, 'Contrôlé');
		await v.reads(state, /Disponible/);
		await v.sound('fiche rendue, téléphone');
	});

	it('finding is for thumbs: everything to be touched is big enough, at 320 px too', async () => {
		await v.go('/trouver');
		await v.reads('.sentence', /libres? /);
		await v.sound('trouver, téléphone');
		const small = await v.page.$$eval(
			'main :is(button, select, summary, a.button, .tick), nav.tabs a',
			(all) =>
				all
					.filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
					.map((one) => one.outerHTML.slice(0, 80)),
		);
		assert.deepEqual(small, []);
		await v.page.setViewport({ ...PHONE, width: 320 });
		for (const path of ['/', '/trouver', `/reserver?materiel=${desk.free.id}`, '/demandes']) {
			await v.go(path);
			await v.page.waitForSelector('main h1');
			await v.sound(`${path} à 320 px`);
		}
		await v.page.setViewport(PHONE);
	});

	it('without a network the day keeps what it has, and says how old it is', async () => {
		await v.go('/');
		await v.reads('main', /EPN La Passerelle/);
		await v.page.setOfflineMode(true);
		await v.reads('.stale', /Données de \d+ h \d\d/);
		await v.sound('aujourd’hui, hors ligne');
		await v.page.setOfflineMode(false);
	});

	it('a booking one may not see is a page that does not exist', async () => {
		await v.go('/reservations/999999');
		await v.reads('h1', /^Page introuvable$/);
	});
});

describe('what has to travel', () => {
	let v, both;
	after(async () => {
		for (const one of [v, both]) await one?.context.close();
	});

	const book = (item) =>
		world.officer.ask('POST', '/bookings', {
			place_id: desk.home.id,
			starts_at: new Date(Date.now() + 60_000).toISOString(),
			ends_at: new Date(Date.now() + 3_600_000).toISOString(),
			lines: [{ item_id: item.id }],
		});

	it('who stands at one end says that it has come, then hands it over', async () => {
		await book(desk.travels);
		v = await enter('animation', DESK);
		await v.reads('main', /À recevoir.*ESSAI-4/);
		await press(v, on('Déclarer reçu', desk.travels));
		await v.reads('.notice', /ESSAI-4 : reçu à EPN La Passerelle/);
		await v.reads('main', /À remettre.*ESSAI-4/);
		await v.sound('reçu');
		await press(v, on('Remettre', desk.travels));
		await press(v, 'Valider la remise');
		await v.reads('.notice', /ESSAI-4 : remise enregistrée/);
		await v.go(`/materiel/${desk.travels.id}`);
		await press(v, on('Récupérer', desk.travels));
		await press(v, 'Valider le retour');
		await v.reads('main', new RegExp(`Confié à|${desk.home.name}`));
		await v.sound('retour à expédier');
		await press(v, on('Déclarer parti', desk.travels));
		await v.reads(state, /En transit/);
		await v.reads('main', /En route/);
		await v.sound('en transit');
	});

	it('who stands at both ends does it in one go', async () => {
		await book(desk.carried);
		both = await enter('pole', DESK);
		await both.page.waitForSelector('#place');
		await both.page.select('#place', String(desk.home.id));
		await both.reads('main', /À remettre.*ESSAI-5/);
		await press(both, on('Remettre', desk.carried), '.tasks');
		await press(both, 'Valider la remise');
		await both.reads('.notice', /ESSAI-5 : remise enregistrée/);
		await both.sound('remis en une fois');
	});
});

describe('bad days of the lending pages', () => {
	let v, answer, booking;
	const json = (status, body) => ({ status, contentType: 'application/json', body });
	const days = [
		['an error of the service', json(500, '{"code":"internal","status":500}'), /n’a pas pu répondre/],
		['an answer that is no JSON', json(200, '{"items":['), /illisible/],
		['an answer of another shape', json(200, '{"rows":[]}'), /illisible/],
		['no answer at all', 'cut', /ne répond pas/],
	];
	before(async () => {
		booking = await world.officer.ask('POST', '/bookings', {
			place_id: desk.home.id,
			starts_at: new Date(Date.now() + 100 * 3_600_000).toISOString(),
			ends_at: new Date(Date.now() + 101 * 3_600_000).toISOString(),
			lines: [{ item_id: desk.free.id }],
		});
		v = await enter('lieu', DESK);
		await v.page.setRequestInterception(true);
		v.page.on('request', (request) => {
			const isRead = /\/api\/v1\/(agenda|availability|bookings|transfers)/.test(request.url());
			if (!answer || !isRead) return request.continue();
			return answer === 'cut' ? request.abort() : request.respond(answer);
		});
	});
	after(() => v?.context.close());

	for (const [name, given, said] of days)
		it(`${name} is told on every page, and can be tried again`, async () => {
			for (const path of ['/', '/trouver', '/demandes', `/reservations/${booking.id}`]) {
				answer = given;
				await v.go(path);
				await v.reads('.problem', said);
				await v.sound(`${path}: ${name}`);
				answer = null;
				await press(v, 'Réessayer', '.problem');
				await v.page.waitForFunction(() => !document.querySelector('.problem'));
			}
		});

	it('a form keeps what was typed when nobody answers', async () => {
		await v.go(`/reserver?materiel=${desk.free.id}&${fromNow(120)}`);
		await v.reads('.verdict', /C’est libre/);
		await v.page.type('#theme', 'Robotique');
		answer = 'cut';
		await press(v, 'Réserver', '.reserve-answer');
		await v.reads('.problem', /ne répond pas.*Votre saisie est gardée/);
		await v.sound('réserver, sans réponse');
		assert.equal(await v.page.$eval('#theme', (box) => box.value), 'Robotique');
		answer = null;
		await press(v, 'Réserver', '.reserve-answer');
		await v.reads('.sheet-head .badge', /Confirmée/);
		await v.reads('.summary', /Robotique/);
	});
});
