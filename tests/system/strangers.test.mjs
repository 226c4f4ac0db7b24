// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// What gateways hear and nobody has registered can be listed, so that it can be paired: by those who look after the
// gateway, once for each gateway, at most a hundred of each. A flood of random addresses fills one gateway's list, and
// costs no more than a few rows a second. Seen red with: no bound, no turn-taking, no look at the gateway's place, a row
// left after registering.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "./lib/peer.mjs";
import { openBroker, Service, until } from "./lib/plant.mjs";
import { Tag } from "./lib/wire.mjs";
import { faultOf } from "./openapi.mjs";
import { ask } from "./oracle.mjs";

const MOST = 100, A_SECOND = 10;
const password = "une-phrase-pour-les-essais";
let broker, service, database, north, south;
const people = {};

// A gateway of the contract at a place in a hub of its own; its clock has run for an hour.
async function standUp(name) {
	const hub = (await service.post("/hubs", { name: `Pôle ${name}` })).id;
	const place = (await service.post("/places", { name: `EPN ${name}`, hub_id: hub })).id;
	const { id, enrolment } = await service.post("/gateways", { name, place_id: place });
	await until(`${name} is provisioned`, async () => (await service.gateway(id)).provisioned);
	return Object.assign(await new Peer(enrolment).connect(), { id, hub, place, started: Date.now() - 3600000 });
}

async function person(role, hub) {
	const email = `${role}-${hub}@navette.example`;
	await service.post("/users", { email, name: role, password, roles: [{ role, scope: "hub", scope_id: hub }] });
	const answer = await fetch(`${service.base}/session`, { method: "POST",
		headers: { "content-type": "application/json" }, body: JSON.stringify({ email, password }) });
	return { cookie: answer.headers.get("set-cookie").split(";")[0] };
}

before(async () => {
	broker = await openBroker();
	service = await Service.open(broker);
	database = join(service.dir, "navette.db");
	[north, south] = [await standUp("nord"), await standUp("sud")];
	people.region = service.headers;
	people.north = await person("coordinator", north.hub);
	people.south = await person("technician", south.hub);
});

after(async () => {
	await north?.close();
	await south?.close();
	await service?.close();
	await broker?.close();
});

async function list(path, who = people.region) {
	const answer = await fetch(service.base + path, { headers: who });
	const text = await answer.text();
	assert.equal(faultOf("GET", path, answer.status, answer.headers.get("content-type"), text), "", text.slice(0, 300));
	assert.equal(answer.status, 200);
	return path.includes(".csv") ? text : JSON.parse(text).items;
}

const unbound = async (who) => (await list("/tags?bound=false&limit=500", who)).filter((each) => each.id === null);
const found = async (tag, who) => (await unbound(who)).filter((each) => each.addr === tag.address);

async function hears(gateway, reports) {
	const mono = Date.now() - gateway.started;
	for (let i = 0; i < reports.length; i += 200)
		gateway.spool.seal(reports.slice(i, i + 200).map((report) => ({ ...report, mono_ms: mono })), mono);
	await gateway.drain();
}

test("a stranger is listed for each gateway that hears it, with how loud and when", async () => {
	const tag = new Tag({}), at = Date.now();
	await hears(north, [{ ...tag.report(0), rssi: -48 }]);
	await hears(south, [{ ...tag.report(0), rssi: -90 }]);
	const rows = await found(tag);
	assert.deepEqual(rows.map(({ heard_gateway_id: by, rssi_dbm: rssi }) => [by, rssi]), [[north.id, -48], [south.id, -90]]);
	for (const row of rows) {
		assert.ok(Math.abs(Date.parse(row.heard_at) - at) < 60000, row.heard_at);
		const { kind, version, item_id: item, has_key: key, state } = row;
		assert.deepEqual({ kind, version, item, key, state }, { kind: "ble", version: null, item: null, key: false, state: "unknown" });
	}
	for (const other of ["/tags?limit=500", "/tags?bound=true&limit=500"])
		assert.ok((await list(other)).every((each) => each.addr !== tag.address), other);
	assert.match(await list("/tags.csv?bound=false"), new RegExp(`;${tag.address};.*;${north.id};-48\r?\n`));
});

test("who looks after a gateway sees what it hears, and no other", async () => {
	const tag = new Tag({});
	await hears(north, [tag.report(0)]);
	assert.equal((await found(tag, people.north)).length, 1);
	assert.equal((await found(tag, people.south)).length, 0);
	assert.equal((await found(tag)).length, 1);
	assert.ok((await unbound(people.south)).every((each) => each.heard_gateway_id === south.id));
});

test("registering takes it off the list; what is heard then is a tag that nobody has bound", async () => {
	const tag = new Tag({});
	await hears(north, [tag.report(0)]);
	await hears(south, [tag.report(0)]);
	assert.equal((await found(tag)).length, 2);
	const { id } = await service.post("/tags", { kind: "ble", addr: tag.address, key: tag.key.toString("hex") });
	assert.equal((await found(tag)).length, 0);
	await hears(north, [tag.report(0)]);
	const row = (await list("/tags?bound=false&limit=500")).find((each) => each.id === id);
	assert.deepEqual([row.addr, row.heard_gateway_id, row.rssi_dbm], [tag.address, north.id, -60]);
	assert.equal((await found(tag)).length, 0);
});

test("a meter that nobody registered, and a Ruuvi tag, are listed too", async () => {
	const meter = { kind: "meter", meter: "prusa-9", counter_epoch: 1, active_s: 5, on_s: 9, energy_wh: 1, power_mw: 1, state: "idle" };
	const ruuvi = { kind: "ble", addr: "d1:22:33:44:55:66", rssi: -80, company: "0499", data: "05" + "00".repeat(23) };
	await hears(south, [meter, ruuvi]);
	const rows = () => list("/meters?bound=false&limit=500").then((all) => all.filter((each) => each.name === "prusa-9"));
	assert.deepEqual((await rows()).map((each) => [each.id, each.gateway_id]), [[null, south.id]]);
	assert.deepEqual(await list("/meters?bound=false&limit=500", people.north), []);
	assert.deepEqual((await unbound()).filter((each) => each.addr === ruuvi.addr).map((each) => each.kind), ["ruuvi"]);
	const { id } = await service.post("/meters", { gateway_id: south.id, name: "prusa-9" });
	assert.deepEqual((await rows()).map((each) => each.id), [id]);
});

test("page by page each is told once", async () => {
	const all = await list("/tags?bound=false&limit=500");
	const seen = [];
	for (let cursor = "", i = 0; cursor !== null && i < 50; i++) {
		const page = await service.get(`/tags?bound=false&limit=2${cursor && `&cursor=${cursor}`}`);
		seen.push(...page.items);
		cursor = page.next;
	}
	assert.deepEqual(seen, all);
	assert.ok(all.length >= 5 && all.some((each) => each.id !== null) && all.some((each) => each.id === null));
});

const stranger = (n) => ({ kind: "ble", addr: randomBytes(6).toString("hex").match(/../g).join(":"), rssi: -70, uuid: "fcd2", data: `4001${n}` });

test("a flood of random addresses fills one list, takes turns, and pushes nobody else's out", async () => {
	const mine = new Tag({}), theirs = new Tag({});
	await hears(south, [theirs.report(0)]);
	const lastRow = () => ask(database, "SELECT coalesce(max(id), 0) AS id FROM stranger")[0].id;
	const start = Date.now(), first = lastRow();
	for (let i = 0; i < 20; i++)
		await hears(north, [...Array.from({ length: 999 }, (_, n) => stranger(n % 90 + 10)), mine.report(0)]);
	const seconds = (Date.now() - start) / 1000;
	const rows = ask(database, "SELECT gateway_id, count(*) AS n FROM stranger WHERE kind <> 'meter' GROUP BY gateway_id");
	console.log(`# 20 000 strangers in ${seconds.toFixed(1)} s, ${lastRow() - first} rows written`);
	assert.ok(rows.every(({ n }) => n <= MOST), JSON.stringify(rows));
	assert.ok(lastRow() - first <= A_SECOND * (seconds + 2), `${lastRow() - first} rows in ${seconds} s`);
	assert.equal((await found(theirs)).length, 1);
	await until("who goes on speaking is listed", async () => {
		await hears(north, [mine.report(0)]);
		return (await found(mine)).length === 1;
	});
	assert.equal(ask(database, "SELECT count(*) AS n FROM report WHERE verdict = 5")[0].n >= 20000, true, "each is kept raw");
});

test("beyond a hundred the longest unheard is forgotten", async () => {
	const tags = Array.from({ length: MOST + 5 }, () => new Tag({}));
	for (let i = 0; i < tags.length; i += 5) {
		await hears(south, tags.slice(i, i + 5).map((tag) => tag.report(0)));
		await until("their turn", async () => {
			await hears(south, tags.slice(i, i + 5).map((tag) => tag.report(0)));
			const listed = new Set((await unbound()).map((each) => each.addr));
			return tags.slice(i, i + 5).every((tag) => listed.has(tag.address));
		});
	}
	const listed = (await unbound()).filter((each) => each.heard_gateway_id === south.id).map((each) => each.addr);
	assert.equal(listed.length, MOST);
	assert.deepEqual(new Set(listed), new Set(tags.slice(5).map((tag) => tag.address)));
});
