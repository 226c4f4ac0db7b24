// SPDX-License-Identifier: EUPL-1.2
// From a tag's sealed frame to an hour that a person reads: sign in, open an item, see its state and its
// hours change while the page stands. By keyboard at a desk, by touch on a phone; axe after each step.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DESK, launch, PHONE, visit } from './lib/browser.mjs';
import { openWorld } from './lib/world.mjs';

let world, browser; // each journey signs in as somebody else: a person may hold only so many streams

before(
	async () => {
		world = await openWorld();
		browser = await launch();
	},
	{ timeout: 180_000 },
);
after(async () => {
	await browser?.close();
	await world?.close();
});

const live = '.sheet-head .badge.live';

/** « 1 h 05 mesurées … » → 3900. */
function secondsOf(sentence) {
	const [, h, m] = sentence.match(/^(?:(\d+) h)? ?(?:(\d+)(?: min)?)? (?:mesurées|relevées)/) ?? [];
	assert.ok(h ?? m, `no figure in: ${sentence}`);
	return Number(h ?? 0) * 3600 + Number(m ?? 0) * 60;
}

async function signIn(visitor, who, path = '/materiel') {
	await visitor.go(path);
	await visitor.page.waitForSelector('#email');
	await visitor.page.type('#email', world.account(who));
	await visitor.page.type('#password', world.password);
	await visitor.page.keyboard.press('Enter');
}

describe('at a desk, by keyboard', () => {
	let v;
	before(async () => {
		v = await visit(browser, world.base, DESK);
	});
	after(() => v?.context.close());

	it('the outside is led to the door, and told nothing else', async () => {
		await v.go(`/materiel/${world.item.id}`);
		await v.reads('h1', /^Connexion$/);
		assert.equal(await v.page.title(), 'Connexion – Navette');
		await v.sound('connexion');
	});

	it('a missing field is named, tied to its message, and gets the focus', async () => {
		await v.tabTo('#email');
		await v.page.keyboard.press('Enter');
		await v.reads('#email-error', /Indiquez votre adresse/);
		await v.focusIs('id', 'email');
		assert.equal(
			await v.page.$eval('#email', (box) => box.getAttribute('aria-describedby')),
			'email-error',
		);
		await v.sound('connexion, champ manquant');
	});

	it('an unknown address and a wrong password say the same; what was typed is kept', async () => {
		await v.page.keyboard.type('personne@demo.navette.example');
		await v.tabTo('#password');
		await v.page.keyboard.type('pas le bon mot de passe');
		await v.page.keyboard.press('Enter');
		await v.reads('.problem', /Adresse ou mot de passe inconnu/);
		assert.equal(
			await v.page.$eval('#email', (box) => box.value),
			'personne@demo.navette.example',
		);
		await v.sound('connexion refusée');
	});

	it('signing in leads to the page that was wanted, its title has the focus', async () => {
		for (const [box, text] of [
			['#email', world.account('animation')],
			['#password', world.password],
		]) {
			await v.page.$eval(box, (element) => element.select());
			await v.page.focus(box);
			await v.page.keyboard.type(text);
		}
		await v.page.keyboard.press('Enter');
		await v.reads('h1', new RegExp(world.item.no));
		await v.focusIs('tagName', 'H1');
		assert.match(await v.page.title(), /^.+, .+ – Matériel – Navette$/);
		await v.page.waitForSelector('.chart');
		await v.sound('fiche');
	});

	it('the list opens; slash searches it; Enter opens an item; back is where one was', async () => {
		await v.tabTo('.crumbs a');
		await v.page.keyboard.press('Enter');
		await v.reads('h1', /^Matériel$/);
		await v.reads('.count', /^\d+ matériels$/);
		await v.sound('matériel');
		await v.page.keyboard.press('/');
		await v.focusIs('id', 'search');
		await v.page.keyboard.type(world.item.no);
		await v.reads('.count', /^1 matériel$/);
		assert.equal(new URL(v.page.url()).searchParams.get('q'), world.item.no);
		await v.tabTo('.item-link');
		await v.page.keyboard.press('Enter');
		await v.reads('h1', new RegExp(world.item.no));
		await v.page.goBack();
		await v.reads('.count', /^1 matériel$/);
		await v.focusIs('id', `item-${world.item.id}`);
		await v.sound('matériel, filtré');
	});

	it('the first row stands above the fold', async () => {
		await v.go('/materiel');
		await v.page.waitForSelector('.items .item-link');
		const bottom = await v.page.$eval(
			'.items .item-link',
			(link) => link.getBoundingClientRect().bottom,
		);
		assert.ok(bottom < DESK.height / 2, `first row ends at ${bottom} px`);
	});

	it('a filter that finds nothing offers to be cleared', async () => {
		await v.page.keyboard.press('/');
		await v.page.keyboard.type('zzzz');
		await v.reads('.empty', /Aucun matériel/);
		await v.sound('matériel, rien');
		await v.tabTo('.empty .button');
		await v.page.keyboard.press('Enter');
		await v.reads('.count', /^\d+ matériels$/);
		assert.equal(new URL(v.page.url()).search, '');
	});
});

describe('the open page follows the tag', () => {
	let v;
	before(async () => {
		v = await visit(browser, world.base, DESK);
		await world.report({ running: false });
		await signIn(v, 'lieu', `/materiel/${world.item.id}`);
		await v.page.waitForSelector('.chart');
		await v.reads('.net', /En direct/);
	});
	after(() => v?.context.close());

	it('its state changes and is announced, its hours grow, without a reload', async () => {
		await v.page.evaluate(() => {
			window.stayed = true;
		});
		await v.reads(live, /^En veille|^Arrêté/);
		const told = await v.page.$eval('.sentence', (sentence) => sentence.textContent);
		const before = secondsOf(await v.text('.sentence'));
		await world.report({ running: true, more_s: 120 });
		await v.reads(live, /^En marche$/);
		await v.page.waitForFunction(
			(old) => document.querySelector('.sentence').textContent !== old,
			{},
			told,
		);
		assert.equal(secondsOf(await v.text('.sentence')) - before, 120);
		await v.reads('.hidden[role=status]', /En marche/);
		assert.equal(await v.page.evaluate(() => window.stayed), true);
		await v.sound('fiche, après le relevé');
	});

	it('chart, table and sentence say the same', async () => {
		await v.page.click('.part .fold summary');
		const bars = await v.page.$$eval('.hover title', (titles) => titles.length);
		const rows = await v.page.$$eval('.figures tbody tr', (all) => all.length);
		const total = await v.text('.figures tfoot td');
		assert.equal(bars, 30);
		assert.equal(rows, 30);
		assert.ok((await v.text('.sentence')).startsWith(total), `${total} in the table`);
		await v.sound('fiche, tableau ouvert');
	});

	it('the period is in the address', async () => {
		await v.page.click('.segments input[value="7"]');
		await v.page.waitForFunction(() => document.querySelectorAll('.hover').length === 7);
		assert.equal(new URL(v.page.url()).searchParams.get('jours'), '7');
		await v.sound('fiche, 7 jours');
	});

	it('a second tab follows too, and the browser holds one stream', async () => {
		const second = await v.context.newPage();
		const asked = [];
		second.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await second.goto(`${world.base}/materiel/${world.item.id}`);
		await second.waitForSelector('.net');
		await second.waitForFunction(() =>
			document.querySelector('.net').textContent.includes('En direct'),
		);
		await world.report({ running: false });
		await second.waitForFunction(() =>
			/En veille|Arrêté/.test(
				document.querySelector('.sheet-head .badge.live').textContent,
			),
		);
		assert.ok(asked.includes(`/api/v1/items/${world.item.id}`));
		assert.ok(!asked.includes('/api/v1/events'), 'the second tab opened a stream of its own');
		await second.close();
	});

	it('what has no tag shows nothing about tags, and is not measured rather than 0 h', async () => {
		await v.go(`/materiel/${world.bare.id}`);
		await v.reads('.sentence', /^Non mesuré/);
		const text = await v.text('main');
		assert.doesNotMatch(text, /balise|compteur|relevé|signal|\b0 h\b/i);
		await v.sound('fiche sans balise');
	});
});

describe('bad days', () => {
	let v, answer;
	before(async () => {
		v = await visit(browser, world.base, DESK);
		await signIn(v, 'pole');
		await v.page.waitForSelector('.items');
		await v.page.setRequestInterception(true);
		v.page.on('request', (request) => {
			const isRead = /\/api\/v1\/(items|places|hubs|usage)/.test(request.url());
			if (!answer || !isRead) return request.continue();
			return answer === 'cut' ? request.abort() : request.respond(answer);
		});
	});
	after(() => v?.context.close());

	for (const [name, given, said] of [
		[
			'an error of the service',
			{
				status: 500,
				contentType: 'application/json',
				body: '{"code":"internal","status":500}',
			},
			/n’a pas pu répondre/,
		],
		[
			'an answer that is no JSON',
			{ status: 200, contentType: 'application/json', body: '{"items":[' },
			/illisible/,
		],
		[
			'an answer of another shape',
			{ status: 200, contentType: 'application/json', body: '{"lines":[]}' },
			/illisible/,
		],
		['no answer at all', 'cut', /ne répond pas/],
	]) {
		it(`${name} is told, and can be tried again`, async () => {
			answer = given;
			await v.go('/materiel');
			await v.reads('.problem', said);
			await v.sound(name);
			answer = null;
			await v.page.click('.problem .button');
			await v.reads('.count', /^\d+ matériels$/);
		});
	}

	it('what does not exist is a page of its own', async () => {
		await v.go('/materiel/999999999');
		await v.reads('h1', /^Page introuvable$/);
		await v.sound('introuvable');
		await v.go('/nulle-part');
		await v.reads('h1', /^Page introuvable$/);
	});

	it('without a network the page keeps what it has, and says how old it is', async () => {
		await v.go('/materiel');
		await v.page.waitForSelector('.items');
		await v.page.setOfflineMode(true);
		await v.reads('.stale', /Données de \d+ h \d\d/);
		await v.sound('hors ligne');
		await v.page.setOfflineMode(false);
		await v.page.waitForFunction(() => !document.querySelector('.stale'));
	});
});

describe('on a phone', () => {
	let v;
	before(async () => {
		v = await visit(browser, world.base, PHONE);
	});
	after(() => v?.context.close());

	it('one signs in, finds, opens and reads', async () => {
		await signIn(v, 'technique');
		await v.page.waitForSelector('.cards');
		await v.sound('matériel, téléphone');
		await v.page.type('#search', world.item.no);
		await v.reads('.count', /^1 matériel$/);
		await v.page.tap('.item-link');
		await v.reads('h1', new RegExp(world.item.no));
		await v.page.waitForSelector('.chart');
		await v.sound('fiche, téléphone');
	});

	it('everything to be touched is big enough', async () => {
		const small = await v.page.$$eval('button, select, input:not([type=radio]), summary', (all) =>
			all
				.filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
				.map((one) => one.outerHTML.slice(0, 80)),
		);
		assert.deepEqual(small, []);
	});

	it('English is a choice of the account, and stays', async () => {
		await v.page.tap('.account-button');
		await v.page.waitForSelector('.account-name');
		await v.sound('compte');
		await v.page.tap('.account-panel button[lang=en]');
		await v.page.waitForFunction(() => document.documentElement.lang === 'en');
		await v.reads('.account-button', /Account/);
		await v.page.reload();
		await v.page.waitForFunction(
			() => document.documentElement.lang === 'en' && document.title.includes('Equipment'),
		);
		await v.sound('in English');
	});

	it('signing out closes the door behind one', async () => {
		await v.page.tap('.account-button');
		await v.page.waitForSelector('.account-name');
		await v.page.tap('.account-panel button:last-of-type');
		await v.reads('h1', /^Sign in$/);
		await v.go('/materiel');
		await v.reads('h1', /^Sign in$/);
	});
});

/** Bytes that came over the wire since, by kind: the code of the pages, and what they read. */
async function weigh(page) {
	const cdp = await page.createCDPSession();
	const kinds = new Map();
	const weight = { code: 0, data: 0 };
	await cdp.send('Network.enable');
	cdp.on('Network.responseReceived', ({ requestId, type }) =>
		kinds.set(requestId, type === 'Fetch' || type === 'XHR' ? 'data' : 'code'),
	);
	cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
		weight[kinds.get(requestId) ?? 'code'] += encodedDataLength;
	});
	return weight;
}

describe('light', () => {
	it('the code and each page keep to their weight, headers included', async () => {
		const v = await visit(browser, world.base, DESK);
		const weight = await weigh(v.page);
		await v.page.setCacheEnabled(false);
		const step = async (name, budget_kB, act) => {
			weight.code = weight.data = 0;
			await act();
			await v.page.waitForNetworkIdle({ idleTime: 500, concurrency: 1 }); // the stream stays open
			console.log(`# ${name}: ${weight.code} bytes of code, ${weight.data} of data`);
			assert.ok(weight.data <= budget_kB * 1000, `${name}: ${weight.data} bytes`);
		};
		await step('sign-in page', 25, () => v.go('/connexion'));
		assert.ok(weight.code > 0 && weight.code <= 60_000, `${weight.code} bytes of code`);
		await step('list', 25, () => signIn(v, 'animation'));
		await step('sheet', 25, async () => {
			await v.page.click('.item-link');
			await v.page.waitForSelector('.sheet-head');
		});
		await v.context.close();
	});

	it('a cold list is few requests and few bytes, without jumps', async () => {
		const v = await visit(browser, world.base, DESK);
		await signIn(v, 'audit');
		await v.page.waitForSelector('.items');
		const seen = [];
		v.page.on('request', (request) => seen.push(new URL(request.url()).pathname));
		await v.page.setCacheEnabled(false);
		await v.go('/materiel');
		await v.page.evaluate(() => {
			window.moved = 0;
			window.movers = [];
			new PerformanceObserver((list) => {
				for (const entry of list.getEntries()) {
					window.moved += entry.value;
					window.movers.push(
						...entry.sources.map(
							({ node }) => node?.className || node?.nodeName,
						),
					);
				}
			}).observe({ type: 'layout-shift', buffered: true });
		});
		await v.page.waitForSelector('.items');
		const once = seen.filter((path) => path !== '/api/v1/events');
		assert.ok(once.length <= 8, `${once.length} requests: ${once.join(' ')}`);
		const { elements, moved, movers } = await v.page.evaluate(() => ({
			elements: document.querySelectorAll('*').length,
			moved: window.moved,
			movers: window.movers,
		}));
		assert.ok(elements <= 2500, `${elements} elements`);
		console.log(
			`# ${once.length} requests, ${elements} elements, layout shift ${moved.toFixed(3)}`,
		);
		assert.ok(moved <= 0.02, `layout shift ${moved}: ${movers.join(', ')}`);
		await v.context.close();
	});
});
