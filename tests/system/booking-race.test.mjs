// SPDX-License-Identifier: EUPL-1.2
// One thing, one holder, whoever asks at once. Fifty clients want one slot; four people act on one line; then sixteen
// clients make, extend, move, confirm and cancel bookings of twenty things, each request repeated under its key until it
// is answered, while reports come in and service, gateway and broker die by kill -9. Judged from the stored rows.
// NAVETTE_RACE: requests of each client (500; 2000 in the long suite); the seed is printed.
import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { addGateway, addTags, openBroker, Service, Simulator, until } from "./lib/plant.mjs";
import { brokenHolds, custodyFaults, holdsOfLines } from "./lib/lending_oracle.mjs";
import { faultOf } from "./openapi.mjs";
import { ask } from "./oracle.mjs";

const requests = Number(process.env.NAVETTE_RACE ?? (process.env.NAVETTE_LONG ? 2000 : 500));
const seed = Number(process.env.NAVETTE_SEED ?? randomInt(1 << 30));
const clients = 16;

let broker, service, box, simulator, database;
const places = [], items = [];
let model;

before(async () => {
	broker = await openBroker();
	service = await Service.open(broker);
	database = join(service.dir, "navette.db");
	const tags = await addTags(service, 20);
	simulator = new Simulator(tags);
	box = await addGateway(service, [simulator.radio]);
	for (const name of ["Maison", "Nord", "Sud"]) places.push((await service.post("/places", { name })).id);
	model = (await service.post("/models", { name: "Presse", family: "presse", transport_class: "T2", prepare_s: 600, inspect_s: 0 })).id;
	for (let n = 0; n < 20; n++)
		items.push((await service.post("/items", { model_id: model, inventory_no: `COURSE-${n}`,
			owner_place_id: places[n % 3], approver: n % 4 ? "nobody" : "owner" })).id);
});

after(async () => {
	simulator?.close();
	box?.process?.kill("SIGKILL");
	box?.remove();
	await service?.stop("SIGKILL");
	if (service) rmSync(service.dir, { recursive: true, force: true });
	await broker?.close();
});

// ---- asking ----------------------------------------------------------------------------------------------------------

const statuses = {}, strange = [];
let cuts = 0, replays = 0, log = "";

// Until it is answered; the same request under the same key each time.
async function insist(method, path, body, headers = {}) {
	const request = { method, body: body && JSON.stringify(body), headers: { ...service.headers, ...headers } };
	if (method === "POST") request.headers["idempotency-key"] ??= randomUUID();
	for (;;) {
		try {
			const answer = await fetch(service.base + path, request);
			const text = await answer.text(), type = answer.headers.get("content-type") ?? "";
			if (answer.status === 503) throw new Error("again");
			statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
			const fault = faultOf(method, path, answer.status, type, text);
			if (answer.status >= 500 || fault) strange.push(`${method} ${path} ${answer.status} ${fault} ${text}`);
			const isReplayed = answer.headers.get("idempotency-replayed") === "true";
			replays += isReplayed;
			return { status: answer.status, json: JSON.parse(text), isReplayed, key: request.headers["idempotency-key"] };
		} catch {
			cuts++;
			await sleep(30);
		}
	}
}

const hour = 3600_000;
const stamp = (ms) => new Date(ms).toISOString().replace(/\.\d+/, "");
const firstHour = Math.ceil(Date.now() / hour) * hour;
const booking = (place_id, line, from, hours, more = {}) => ({ place_id, starts_at: stamp(firstHour + from * hour),
	ends_at: stamp(firstHour + (from + hours) * hour), lines: [line], ...more });
const count = (list, status) => list.filter((one) => one.status === status).length;

// ---- one slot --------------------------------------------------------------------------------------------------------

test("fifty clients for one slot: one has it, the others are told who and from when", async () => {
	const item = { item_id: items[1] }; // of places[1]
	const body = booking(places[1], item, 900, 2);
	const answers = await Promise.all(Array.from({ length: 50 }, () => insist("POST", "/bookings", body)));
	assert.deepEqual([count(answers, 201), count(answers, 409)], [1, 49]);
	const won = answers.find((one) => one.status === 201).json;
	for (const { status, json } of answers) {
		if (status === 201) continue;
		assert.equal(json.code, "booking.overlap");
		assert.deepEqual(json.conflicts, [{ kind: "booked", from: body.starts_at, to: body.ends_at, line_id: won.lines[0].id,
			place_id: places[1], place_name: "Nord" }]);
		assert.equal(json.earliest_feasible, stamp(firstHour + 902 * hour + 900_000), "ten minutes to prepare, on the quarter hour");
	}
	const again = await Promise.all(answers.map(({ key }) => insist("POST", "/bookings", body, { "idempotency-key": key })));
	again.forEach((one, i) => {
		assert.ok(one.isReplayed);
		assert.deepEqual([one.status, one.json], [answers[i].status, answers[i].json]);
	});
	assert.equal(ask(database, `SELECT count(*) AS n FROM booking WHERE starts_s = ${(firstHour + 900 * hour) / 1000}`)[0].n, 1);
	const next = await insist("POST", "/bookings", booking(places[1], item, 902.25, 2));
	assert.equal(next.status, 201, "what was offered is free");
});

// ---- one line --------------------------------------------------------------------------------------------------------

const four = (path, body = {}, headers = {}) => Promise.all([1, 2, 3, 4].map(() => insist("POST", path, body, headers)));
const custodyOf = async (item) => (await service.get(`/items/${item}`)).custody;

async function onlyOne(answers, loser, code) {
	assert.deepEqual([count(answers, 200), count(answers, loser)], [1, 3], JSON.stringify(answers.map((one) => one.json)));
	answers.filter((one) => one.status !== 200).forEach((one) => assert.equal(one.json.code, code));
	return answers.find((one) => one.status === 200).json;
}

const now = () => stamp(Date.now());
const lend = async (place, item) => (await insist("POST", "/bookings", { place_id: place, starts_at: now(),
	ends_at: stamp(Date.now() + 2 * hour), lines: [{ item_id: item }] })).json;

test("four people at one counter: each act has one winner and leaves one custodian", async () => {
	const [item, home] = [items[2], places[2]];
	const { id, lines: [line] } = await lend(home, item);
	await onlyOne(await four(`/lines/${line.id}/hand-over`), 409, "state.conflict");
	assert.deepEqual(await custodyOf(item), { place_id: home, line_id: line.id });
	await onlyOne(await four(`/lines/${line.id}/take-back`, { condition: "worn" }), 409, "state.conflict");
	assert.deepEqual(await custodyOf(item), { place_id: home, line_id: null });
	const { version } = await service.get(`/bookings/${id}`);
	await onlyOne(await four(`/lines/${line.id}/undo`, {}, { "if-match": `"${version}"` }), 412, "version.stale");
	assert.deepEqual(await custodyOf(item), { place_id: home, line_id: line.id });
	await onlyOne(await four(`/lines/${line.id}/take-back`), 409, "state.conflict");
	assert.equal((await service.get(`/bookings/${id}`)).state, "completed");
	assert.deepEqual(custodyFaults(database), []);
});

test("four people on one journey, there and back", async () => {
	const [item, home, there] = [items[5], places[2], places[0]];
	const { lines: [{ id: line, transfer_ids: [out] }] } = (await insist("POST", "/bookings", booking(there, { item_id: item }, 3, 2))).json;
	await onlyOne(await four(`/transfers/${out}/dispatch`), 409, "state.conflict");
	assert.deepEqual(await custodyOf(item), { place_id: there, line_id: null });
	await onlyOne(await four(`/transfers/${out}/receive`), 409, "state.conflict");
	await onlyOne(await four(`/lines/${line}/hand-over`), 409, "state.conflict");
	const { lines: [{ transfer_ids }] } = await onlyOne(await four(`/lines/${line}/take-back`), 409, "state.conflict");
	assert.equal(transfer_ids.length, 2, "one way back");
	await onlyOne(await four(`/transfers/${transfer_ids[1]}/dispatch`), 409, "state.conflict");
	await onlyOne(await four(`/transfers/${transfer_ids[1]}/receive`), 409, "state.conflict");
	assert.deepEqual(await custodyOf(item), { place_id: home, line_id: null });
	for (const journey of [out, transfer_ids[1]]) // each is over, though the thing is where the first began
		for (const word of ["dispatch", "receive", "cancel"])
			assert.equal((await insist("POST", `/transfers/${journey}/${word}`, {})).status, 409, word);
	assert.deepEqual(custodyFaults(database), []);
});

test("whatever four people do at once to one thing, it has one custodian", async () => {
	const home = places[2], plain = (await service.post("/models", { name: "Tablette", family: "tablette", transport_class: "T1" })).id;
	const item = (await service.post("/items", { model_id: plain, inventory_no: "COMPTOIR", owner_place_id: home })).id;
	const words = ["hand-over", "take-back", "undo", "release"];
	for (let round = 0; round < 15; round++) {
		const { id, lines: [line] } = await lend(home, item);
		await Promise.all(words.flatMap((word) => [1, 2].map(() => insist("POST", `/lines/${line.id}/${word}`, {})))
			.concat(insist("POST", `/bookings/${id}/cancel`, { reason: "essai" })));
		const { state } = (await service.get(`/bookings/${id}`)).lines[0];
		assert.equal((await custodyOf(item)).line_id, state === "on_loan" ? line.id : null);
		if (state === "on_loan") await insist("POST", `/lines/${line.id}/take-back`, {});
		if (state === "reserved" || state === "ready") await insist("POST", `/bookings/${id}/cancel`, { reason: "essai" });
	}
	assert.deepEqual(custodyFaults(database), []);
});

test("whatever a dozen people do at once to a thing that travels, it has one custodian", async () => {
	const inspected = (await service.post("/models", { name: "Scanner", family: "scanner", transport_class: "T2", inspect_s: 900 })).id;
	const acts = ({ id, lines: [{ id: line, transfer_ids: [out] }] }, item) => [`/transfers/${out}/dispatch`, `/transfers/${out}/receive`,
		`/transfers/${out}/cancel`, `/lines/${line}/hand-over`, `/lines/${line}/take-back`, `/lines/${line}/undo`, `/lines/${line}/close`,
		`/lines/${line}/release`, `/lines/${line}/declare-lost`, `/items/${item}/found`, `/bookings/${id}/cancel`, `/bookings/${id}/no-show`];
	for (let round = 0; round < 8; round++) {
		const item = (await service.post("/items", { model_id: round % 2 ? model : inspected, inventory_no: `VOYAGE-${round}`,
			owner_place_id: places[2] })).id;
		const { json } = await insist("POST", "/bookings", booking(places[0], { item_id: item }, 3, 2));
		for (let n = 0; n < 4; n++) // in another order each time
			await Promise.all(acts(json, item).slice(0, round + 4).sort(() => randomInt(3) - 1).map((path) =>
				insist("POST", path, /cancel|lost/.test(path) && !/transfers/.test(path) ? { reason: "essai" } : {})));
		assert.deepEqual(custodyFaults(database), []);
	}
	assert.deepEqual(brokenHolds(database), []);
	assert.deepEqual(holdsOfLines(database), []);
});

// ---- the storm -------------------------------------------------------------------------------------------------------

// mulberry32: a seed, a sequence
function dice(state) {
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

const told = new Map(); // id → the newest that was said of a booking
const made = []; // ids, in the order of the answers

function remember({ status, json }) {
	if (status !== 200 && status !== 201) return;
	if (status === 201) made.push(json.id);
	if (json.version >= (told.get(json.id)?.version ?? 0)) told.set(json.id, json);
}

function anyBooking(roll) {
	return told.get(made[Math.max(0, made.length - 1 - roll(60))]); // most are of the last ones: many hands on one
}

function wish(roll) {
	const line = roll(5) ? { item_id: items[roll(20)] } : { model_id: model };
	return booking(places[roll(3)], { ...line, travel: roll(4) ? "fetch" : "on_site" }, 5 + roll(240), 1 + roll(10), { option: !roll(4) });
}

const acts = {
	create: (roll) => insist("POST", "/bookings", wish(roll)),
	extend: (roll, { id, ends_at }) => insist("POST", `/bookings/${id}/extend`, { ends_at: stamp(Date.parse(ends_at) + (1 + roll(5)) * hour) }),
	cancel: (roll, { id }) => insist("POST", `/bookings/${id}/cancel`, { reason: "essai" }),
	confirm: (roll, { id }) => insist("POST", `/bookings/${id}/confirm`, {}),
	move: (roll, { id }) => { // a PATCH has no key: the same change twice is one change
		const { starts_at, ends_at } = wish(roll);
		return insist("PATCH", `/bookings/${id}`, { starts_at, ends_at });
	},
	purpose: async (roll, { id, version }) => { // stale: somebody's change, or this one, whose answer was cut
		const answer = await insist("PATCH", `/bookings/${id}`, { purpose: { note: `${roll(1e6)}` } }, { "if-match": `"${version}"` });
		return answer.status === 412 ? insist("GET", `/bookings/${id}`) : answer;
	},
};
const odds = ["create", "create", "create", "extend", "extend", "cancel", "confirm", "move", "move", "purpose"];

async function client(n) {
	const roll = dice(seed + n);
	for (let i = 0; i < requests; i++) {
		const target = anyBooking(roll);
		remember(await acts[target ? odds[roll(odds.length)] : "create"](roll, target));
	}
}

async function killer(isOver) {
	const victims = [
		async () => {
			await service.stop("SIGKILL");
			log += service.log;
			await service.start();
		},
		async () => {
			await box.stop("SIGKILL");
			await box.start();
		},
		async () => {
			await broker.stop("SIGKILL");
			await broker.start();
		},
	];
	let kills = 0;
	for (; !isOver() || kills < 3; kills++) {
		await sleep(1200 + (seed * (kills + 1)) % 800);
		await victims[kills % 3]();
	}
	return kills;
}

test("sixteen clients on twenty things, while everything is killed", async () => {
	console.log(`# seed ${seed}`);
	await simulator.start("--reports-per-second", 200);
	await box.start();
	await until("reports come in", () => ask(database, "SELECT count(*) AS n FROM report")[0].n > 0);
	const start = Date.now();
	let isOver = false;
	const killing = killer(() => isOver);
	await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
	isOver = true;
	const kills = await killing;
	await simulator.stop();
	console.log(`# ${clients * requests} requests in ${Date.now() - start} ms, ${kills} kills, ${cuts} cut, ${replays} replayed, ${JSON.stringify(statuses)}`);
	assert.deepEqual(strange, []);
	assert.ok(kills >= 3 && statuses[201] > clients && statuses[409] > clients);
});

test("no two stored intervals of one thing overlap, and each is what its neighbours make it", () => {
	assert.deepEqual(ask(database, "SELECT a.id, b.id AS other FROM hold a JOIN hold b ON b.item_id = a.item_id " +
		"AND b.id > a.id AND b.from_s < a.until_s AND a.from_s < b.until_s"), []);
	assert.deepEqual(brokenHolds(database), []);
	assert.deepEqual(holdsOfLines(database), []);
	assert.deepEqual(custodyFaults(database), []);
});

test("what was told is stored, and nothing that nobody was told", () => {
	const stored = ask(database, "SELECT id, version, state, starts_s, ends_s, note FROM booking");
	const news = new Map(stored.map((one) => [one.id, one]));
	for (const [id, { version, state, starts_at, ends_at, purpose }] of told)
		assert.deepEqual(news.get(id), { id, version, state, starts_s: Date.parse(starts_at) / 1000,
			ends_s: Date.parse(ends_at) / 1000, note: purpose.note ?? "" });
	assert.equal(new Set(made).size, made.length, "a key makes one booking");
	const first = Math.min(...made);
	assert.deepEqual(stored.filter(({ id }) => id >= first).map(({ id }) => id), [...told.keys()].sort((a, b) => a - b));
});

test("each change has its row of audit and its event, and the chain holds", async () => {
	const first = Math.min(...made);
	assert.deepEqual(ask(database, "SELECT b.id, b.version, count(e.id) AS events, max(e.object_version) AS last FROM booking b " +
		`LEFT JOIN event e ON e.kind = 'booking' AND e.object_id = b.id WHERE b.id >= ${first} GROUP BY b.id ` +
		"HAVING events <> b.version OR count(DISTINCT e.object_version) <> b.version OR last <> b.version"), []);
	assert.deepEqual(ask(database, "SELECT b.id, b.version, count(a.id) AS rows FROM booking b LEFT JOIN audit a ON " +
		`a.object = 'booking' AND a.object_id = b.id WHERE b.id >= ${first} GROUP BY b.id HAVING rows <> b.version`), []);
	assert.match(service.command("check"), /, 0 complaints/);
	assert.match(service.command("audit", "verify"), /the chain holds/);
	assert.doesNotMatch(log + service.log, /^<[0-3]>|ERROR: |WARNING: ThreadSanitizer|runtime error/m);
});
