// SPDX-License-Identifier: EUPL-1.2
// What a journey needs to be true: a real broker, the real service with the demo's data, and one more gateway
// and tag, which are this test's own, so that it decides when the tag speaks. Nothing is put into the
// database by hand.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Broker, freePort, until } from '../../system/broker_lab.mjs';
import { Peer } from '../../system/lib/peer.mjs';
import { Tag } from '../../system/lib/wire.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(
	process.env.NAVETTE_BUILD ?? join(root, 'build/debug'),
	'inventory-service/navette-inventory',
);
const pages = join(root, 'inventory-service/web/dist');
const password = 'navette-demo';
const account = (name) => `${name}@demo.navette.example`;

/** A person of the region, who may set things up, over the same API as the pages. */
class Officer {
	constructor(base) {
		this.api = `${base}/api/v1`;
		this.headers = { 'Content-Type': 'application/json' };
	}

	async signIn() {
		const answer = await fetch(`${this.api}/session`, {
			method: 'POST',
			headers: this.headers,
			body: JSON.stringify({ email: account('region'), password }),
		});
		assert.equal(answer.status, 200, await answer.clone().text());
		this.headers.Cookie = answer.headers.get('set-cookie').split(';')[0];
		this.headers['X-CSRF-Token'] = (await answer.json()).csrf;
		return this;
	}

	async ask(method, path, body) {
		const answer = await fetch(this.api + path, {
			method,
			headers: this.headers,
			body: body && JSON.stringify(body),
		});
		assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
		return answer.json();
	}
}

async function startService(dir, broker, closers) {
	assert.ok(existsSync(program), `${program} is not built`);
	assert.ok(
		existsSync(join(pages, 'index.html')),
		'the pages are not built: npm run build in inventory-service/web',
	);
	const port = await freePort();
	const conf = join(dir, 'inventory.conf');
	writeFileSync(
		conf,
		[
			'[service]',
			`database = ${dir}/navette.db`,
			`secret_file = ${dir}/secret.key`,
			`web_dir = ${pages}`,
			'[http]',
			`port = ${port}`,
			'[broker]',
			`url = ${broker.url}`,
			`password_file = ${broker.passwordFile}`,
			'',
		].join('\n'),
	);
	const filled = spawnSync(program, ['demo-data', '-c', conf, '--out', join(dir, 'kit')], {
		encoding: 'utf8',
	});
	assert.equal(filled.status, 0, `demo-data: ${filled.stderr}`);
	const child = spawn(program, ['serve', '-c', conf], { stdio: ['ignore', 'ignore', 'pipe'] });
	const service = { child, log: '', base: `http://127.0.0.1:${port}` };
	closers.push(() => stop(child));
	child.stderr.on('data', (text) => {
		service.log += text;
	});
	await until('the service answers', async () => {
		assert.equal(child.exitCode, null, `the service ended: ${service.log}`);
		return fetch(`${service.base}/healthz`).then(
			(answer) => answer.ok,
			() => false,
		);
	});
	return service;
}

async function stop(child) {
	child.kill('SIGTERM');
	for (let i = 0; i < 100 && child.exitCode === null && child.signalCode === null; i++)
		await sleep(100);
	child.kill('SIGKILL');
}

/** A gateway and a tag of our own, bound to an item that nothing reported for. */
async function fit(officer, item) {
	const { enrolment, id } = await officer.ask('POST', '/gateways', {
		name: 'Boîtier du test',
		place_id: item.home_place_id,
	});
	await until(
		'the broker knows the gateway',
		async () => (await officer.ask('GET', `/gateways/${id}`)).provisioned,
	);
	const tag = new Tag({});
	const made = await officer.ask('POST', '/tags', {
		kind: 'ble',
		addr: tag.address,
		key: tag.key.toString('hex'),
	});
	await officer.ask('POST', `/items/${item.id}/tag`, { tag_id: made.id });
	return { tag, peer: await new Peer(enrolment).connect() };
}

export async function openWorld() {
	const closers = [];
	const close = async () => {
		for (const one of closers.splice(0).reverse()) await one();
	};
	try {
		return { ...(await build(closers)), close };
	} catch (error) {
		await close(); // nothing is left running by a world that was never whole
		throw error;
	}
}

async function build(closers) {
	const dir = mkdtempSync(join(tmpdir(), 'navette-browser-'));
	closers.push(() => rmSync(dir, { recursive: true, force: true }));
	const broker = await Broker.open();
	closers.push(() => broker.close());
	await broker.start();
	const service = await startService(dir, broker, closers);
	const officer = await new Officer(service.base).signIn();
	const { items } = await officer.ask('GET', '/items?limit=500');
	const [item, bare] = items.filter((one) => one.state === 'available' && !one.tag_id && !one.meter_id);
	const { tag, peer } = await fit(officer, item);
	closers.push(() => peer.close());
	const monoMs = () => 1_000_000 + Math.round(performance.now());

	/** The tag speaks and the service has committed it. more_s: seconds of use since it last spoke, at most
	 * 120: more in so short a time would be implausible. */
	const report = async ({ running, more_s = 0 }) => {
		tag.running = running;
		tag.active += more_s;
		peer.spool.seal([tag.report(monoMs())], monoMs());
		await peer.drain();
	};
	await report({ running: false });
	return {
		base: service.base,
		officer,
		account,
		password,
		item: { id: item.id, no: item.inventory_no },
		bare: { id: bare.id },
		report,
	};
}
