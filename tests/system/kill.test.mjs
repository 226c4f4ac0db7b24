// SPDX-License-Identifier: EUPL-1.2
// What a gateway has accepted is counted exactly once, whatever is killed. Two gateways hear forty tags, people write
// through the API, and every second one of {service, gateway, broker} dies by kill -9: twenty times each; in the last
// third half of all frames are lost, too; and each batch is delivered at least twice. Judged by oracle.mjs. Durations
// are printed, not judged. Seen red with: acknowledged without commit; no look at what was applied; a second too many.
// It cannot see a missing fdatasync: what kill -9 leaves in the page cache survives.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { addGateway, addTags, openBroker, Service, Simulator, until, Witness } from "./lib/plant.mjs";
import { appliedOf, ask, brokenPromises, compare, filesOf, leaks, reportsOf, storedReports, wrongSeconds } from "./oracle.mjs";

const kills = Number(process.env.NAVETTE_KILLS ?? 20); // of each
const seed = Number(process.env.NAVETTE_SEED ?? randomInt(1 << 30));

let broker, service, witness, boxes, tags, simulator, database;
const answers = []; // ms from start to the first answer
const written = []; // names of places, each answered with 2xx
const promises = []; // acknowledged, not committed
const unsealed = []; // published, not in the spool
let isWriting = true;

before(async () => {
	broker = await openBroker();
	service = await Service.open(broker);
	database = join(service.dir, "navette.db");
	witness = new Witness(broker);
	tags = await addTags(service, 40);
	simulator = new Simulator(tags);
	boxes = [await addGateway(service, [simulator.radio]), await addGateway(service, [simulator.radio])];
});

after(async () => {
	isWriting = false;
	simulator?.close();
	for (const box of boxes ?? []) {
		box.process?.kill("SIGKILL");
		box.remove();
	}
	await witness?.close();
	await service?.stop("SIGKILL");
	if (service) rmSync(service.dir, { recursive: true, force: true });
	await broker?.close();
});

// ---- dying and rising ------------------------------------------------------------------------------------------------

let serviceLog = "", brokerLog = "";

async function killService() {
	await service.stop("SIGKILL");
	serviceLog += service.log;
	promises.push(...brokenPromises(database, witness.acked));
	const start = Date.now();
	await service.start();
	answers.push(Date.now() - start);
}

async function killGateway(box) {
	const published = [...witness.batches].filter(([key]) => key.startsWith(`${box.gw} `));
	await box.stop("SIGKILL");
	const kept = new Set(await box.accepted());
	unsealed.push(...published.filter(([, bytes]) => !kept.has(bytes)).map(([key]) => key));
	await box.start();
}

async function killBroker() {
	await broker.stop("SIGKILL");
	brokerLog += broker.log;
	await broker.start();
}

const victims = [killService, (n) => killGateway(boxes[n % 2]), killBroker];
const busy = [null, null, null];

// Every second another one dies, whether or not the others are up again; the same one only when it is.
async function rounds(from, to) {
	for (let i = from; i < to; i++) {
		await sleep(700 + (seed * (i + 1)) % 500);
		await busy[i % 3];
		busy[i % 3] = victims[i % 3](Math.floor(i / 3));
		busy[i % 3].catch(() => {}); // thrown where it is awaited
	}
	await Promise.all(busy);
}

// A person who insists: the same request under the same key until it is answered.
async function insist(n) {
	const name = `Antenne ${n}`;
	while (isWriting) {
		const answer = await fetch(`${service.base}/places`, { method: "POST", body: JSON.stringify({ name }),
			headers: { ...service.headers, "idempotency-key": `kill-${n}` } }).catch(() => null);
		if (answer?.ok) return void written.push(name);
		if (answer && answer.status < 500) throw new Error(`POST /places: ${answer.status} ${await answer.text()}`);
		await sleep(50);
	}
}

async function write() {
	for (let n = 1; isWriting; n++) {
		await insist(n);
		await sleep(200);
	}
}

// ---- the run ----------------------------------------------------------------------------------------------------------

test("twenty kills of each under 200 reports a second", async () => {
	console.log(`# seed ${seed}`);
	await simulator.start("--reports-per-second", 100);
	await Promise.all(boxes.map((box) => box.start()));
	await until("every tag was heard", () => new Set(storedReports(database).map((name) => name.split(" ")[4])).size === 40);
	const writing = write();
	await rounds(0, 2 * kills);
	await simulator.stop();
	await simulator.start("--reports-per-second", 200, "--loss", 0.5, "--seed", seed);
	await rounds(2 * kills, 3 * kills);
	await sleep(2000); // both scan again
	isWriting = false;
	await Promise.all([writing, simulator.stop()]);
	console.log(`# api after a restart: ${Math.max(...answers)} ms at most of ${answers.length}`);
	assert.equal(answers.length, kills);
});

test("what was acknowledged was committed, what was published was sealed, and bytes stay", () => {
	assert.deepEqual(promises, []);
	assert.deepEqual(unsealed, []);
	assert.deepEqual(witness.rewritten, []);
	assert.ok(witness.batches.size > kills);
});

test("everything drains without a hand", async () => {
	const start = Date.now();
	await sleep(1500); // the last reports are sealed
	await until("both spools are acknowledged", async () =>
		(await boxes[0].isDrained()) && (await boxes[1].isDrained()), 300000);
	console.log(`# drained in ${Date.now() - start} ms`);
	for (const [key, seq] of witness.acked) assert.ok(appliedOf(database).get(key) >= seq, key);
});

test("every accepted report is there once, and no other", async () => {
	const accepted = [];
	for (const box of boxes) {
		const lines = await box.accepted();
		const batches = lines.map((line) => JSON.parse(line));
		assert.equal(new Set(batches.map((batch) => batch.epoch)).size, 1, "no spool began anew");
		assert.deepEqual(batches.map((batch) => batch.seq), batches.map((_, i) => i + 1), "no number is missing");
		const kept = new Set(lines);
		for (const [key, bytes] of witness.batches) assert.ok(!key.startsWith(`${box.gw} `) || kept.has(bytes), key);
		accepted.push(...reportsOf(box.gw, lines));
	}
	const result = compare(accepted, storedReports(database));
	console.log(`# ${JSON.stringify(result)}`);
	assert.deepEqual({ ...result, admitted: 0 }, { admitted: 0, duplicate: 0, missing: 0, stowaway: 0, examples: [] });
	assert.ok(result.admitted > 1000);
});

test("each tag's seconds are the simulator's truth, in the database and over the API", async () => {
	const lines = [...(await boxes[0].accepted()), ...(await boxes[1].accepted())];
	const { wrong, seconds } = wrongSeconds(tags, lines, simulator.truth, database);
	console.log(`# wrong seconds: ${wrong.length} of ${tags.length} tags, ${seconds} s of use in all`);
	assert.deepEqual(wrong, []);
	assert.ok(seconds > 0);
	assert.deepEqual(await saidOverHttp(), Object.fromEntries(tags.map((tag) => [tag.item, storedOf(tag)])));
});

const storedOf = (tag) => ask(database, "SELECT coalesce(sum(u.active_s), 0) AS s FROM usage_slice u JOIN binding b " +
	`ON b.id = u.binding_id WHERE b.item_id = ${tag.item}`)[0].s;

// item → seconds, where GET /items/{id} and GET /usage agree.
async function saidOverHttp() {
	const hour = (ms) => new Date(Math.floor(Date.now() / 3600000) * 3600000 + ms).toISOString().replace(".000", "");
	const { items } = await service.get(`/usage?from=${hour(-3600000)}&to=${hour(3600000)}&group=item&limit=500`);
	const said = {};
	for (const { item } of tags) {
		const row = items.find((each) => each.key.item_id === item);
		assert.equal((await service.get(`/items/${item}`)).live.active_s, row.measured_b_s);
		said[item] = row.measured_b_s;
	}
	return said;
}

test("what people wrote is there once, with one line of audit each", async () => {
	const names = ask(database, "SELECT name FROM place WHERE name LIKE 'Antenne %'").map((row) => row.name);
	assert.deepEqual([...names].sort(), [...new Set([...names, ...written])].sort());
	const audit = ask(database, "SELECT count(*) AS n FROM audit WHERE action = 'place.create'")[0].n;
	const places = ask(database, "SELECT count(*) AS n FROM place")[0].n;
	assert.equal(audit, places);
	console.log(`# places written: ${written.length}`);
	assert.ok(written.length > 0);
});

test("check and audit verify are clean, nobody is under suspicion", async () => {
	assert.match(service.command("check"), /, 0 complaints/);
	assert.match(service.command("audit", "verify"), /the chain holds/);
	const codes = (await service.get("/attention")).items.map((each) => each.code);
	assert.deepEqual(codes.filter((code) => code !== "gateway.lost"), []);
});

test("no secret in a log or in the database", () => {
	const secrets = { password: "une-phrase-pour-les-essais", session: service.headers.cookie.split("=")[1],
		broker: readFileSync(broker.passwordFile, "utf8").trim() };
	tags.forEach((tag) => (secrets[`key of ${tag.addr}`] = Buffer.from(tag.key, "hex")));
	for (const { gw, enrolment } of boxes) {
		secrets[`password of ${gw}`] = enrolment.password;
		secrets[`mac key of ${gw}`] = Buffer.from(enrolment.mac_key, "base64url");
	}
	const texts = { service: serviceLog + service.log, broker: brokerLog + broker.log, tags: simulator.log };
	boxes.forEach((box) => (texts[box.gw] = box.log));
	assert.deepEqual(leaks({ csrf: service.headers["x-csrf-token"] }, texts), []); // beside its session in the database
	Object.assign(texts, filesOf(database, `${database}-wal`));
	assert.ok(Object.values(texts).every((text) => text.length > 0));
	assert.deepEqual(leaks(secrets, texts), []);
});
