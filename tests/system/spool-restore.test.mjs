// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// What a gateway cannot keep is named, and nothing else is lost. One gateway with a small spool, tags that speak two
// thousand times a second, two hours of use in a minute. (a) The service is away, then frozen with batches in flight,
// until the spool evicts in the middle of what it has not acknowledged. (b) The service comes back on an old backup,
// when the gateway holds no longer all that has come since. Each time everything drains without a hand, each number is
// either stored whole or named as lost, and the hours are what the stored frames say. Seen red with: the lost range not
// stepped over; no resend asked for; numbers of commands that go back with the database; a published batch rewritten.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { addGateway, addTags, openBroker, Service, Simulator, until, Witness } from "./lib/plant.mjs";
import { appliedOf, ask, compare, heardOf, hoursOf, reportsOf, storedReports, truthOf } from "./oracle.mjs";

const RATE = 120, TAGS = 200, PER_SECOND = 2000;
const IN_FLIGHT = 32; // batches unacknowledged, at most
const LIMIT_MS = 300000;

let broker, service, witness, box, tags, simulator, database, epoch;

before(async () => {
	const clock = { origin_ms: Date.now(), rate: RATE, offset_ms: 0 };
	const section = `[clock]\norigin_ms = ${clock.origin_ms}\nrate = ${RATE}\n`;
	broker = await openBroker();
	service = await Service.open(broker, { more: section });
	database = join(service.dir, "navette.db");
	witness = new Witness(broker);
	tags = await addTags(service, TAGS);
	simulator = new Simulator(tags, RATE);
	simulator.words = ["--reports-per-second", PER_SECOND, "--clock", `${clock.origin_ms},${RATE},0`];
	box = await addGateway(service, [simulator.radio], `${section}[spool]\nmax_mib = 2\n`);
});

after(async () => {
	simulator?.close();
	box?.process?.kill("SIGKILL");
	box?.remove();
	await witness?.close();
	service?.process?.kill("SIGCONT");
	await service?.stop("SIGKILL");
	if (service) rmSync(service.dir, { recursive: true, force: true });
	await broker?.close();
});

// ---- what is known, from outside ---------------------------------------------------------------------------------------

const applied = () => appliedOf(database).get(`${box.gw} ${epoch}`);
const evictions = () => box.log.split("batches stepped over").length - 1;
const lostRanges = () => ask(database, "SELECT from_seq, until_seq FROM batch_lost ORDER BY from_seq");

async function spool() {
	const [, first, last] = /batches (\d+) to (\d+)/.exec(await box.read("stat"));
	return { first: Number(first), last: Number(last) };
}

// Behind by less than a window, while the tags go on.
async function caughtUp() {
	await until("the service has caught up", async () => applied() + IN_FLIGHT > (await spool()).last, LIMIT_MS);
}

// The last readings of all tags have come.
async function quiet() {
	await simulator.stop();
	await sleep(1500); // the last reports are sealed
	await until("all is drained", async () => applied() === (await spool()).last && (await box.isDrained()), LIMIT_MS);
}

// seq → its bytes, of every batch that was published or is held.
async function knownBatches() {
	const known = new Map();
	const note = (line) => known.set(JSON.parse(line).seq, line);
	witness.batches.forEach(note);
	(await box.accepted()).forEach(note);
	return known;
}

// ---- the judge -----------------------------------------------------------------------------------------------------------

// Every number up to the last is whole in the database or named as lost, never both.
async function judgeLedger() {
	const { last } = await spool(), lost = new Set(), known = await knownBatches();
	for (const { from_seq: from, until_seq: until } of lostRanges())
		for (let seq = from; seq <= until; seq++) {
			assert.ok(!lost.has(seq), `${seq} is lost twice`);
			lost.add(seq);
		}
	assert.equal(applied(), last);
	const kept = [];
	for (let seq = 1; seq <= last; seq++) if (!lost.has(seq)) kept.push(known.get(seq) ?? assert.fail(`nobody knows ${seq}`));
	const result = compare(reportsOf(box.gw, kept), storedReports(database));
	console.log(`# lost ${lost.size} of ${last} batches, ${JSON.stringify(result)}`);
	assert.deepEqual({ ...result, admitted: 0 }, { admitted: 0, duplicate: 0, missing: 0, stowaway: 0, examples: [] });
	return kept;
}

// Totals: the tags' truth. Counters are cumulative: what was lost comes back with the next reading, once.
function judgeTotals(kept) {
	const heard = heardOf(tags, kept), truth = truthOf(tags, simulator.truth), hours = hoursOf(tags, database);
	for (const { addr } of tags) {
		const [[no, { low, high }], ...more] = heard.get(addr);
		assert.deepEqual(more, [], "one life");
		assert.equal(high, truth.get(addr).totals.get(no), `${addr}: its last reading came`);
		assert.equal(hours.get(addr).stored.reduce((sum, row) => sum + row.active_s, 0), high - low, addr);
	}
}

// Hours: what the stored frames say, each opened and split by the oracle.
function judgeHours() {
	const spread = new Set();
	for (const [addr, { stored, should }] of hoursOf(tags, database)) {
		assert.deepEqual(stored, should, addr);
		stored.forEach((row) => spread.add(row.hour_s));
	}
	console.log(`# ${spread.size} hours of use`);
	assert.ok(spread.size > 1, "more than one hour was used");
	const { off_ms: off } = ask(database, "SELECT max(abs(heard_ms - t_ms)) AS off_ms FROM report")[0];
	console.log(`# placed within ${off} virtual ms`);
	assert.ok(off < 60000); // half a real second: every boot was heard live
}

async function judgeNaming(from, until) {
	const { items } = await service.get("/attention");
	const [said] = items.filter(({ code }) => code === "gateway.batch_lost");
	assert.equal(said.label, "Accueil");
	assert.ok(said.detail.includes(`${from} to ${until} `), `${said.detail} names ${from} to ${until}`);
	assert.deepEqual(items.map(({ code }) => code).filter((code) => !/^gateway\.(batch_lost|lost|clock)$/.test(code)), []);
}

async function judge() {
	const kept = await judgeLedger();
	judgeTotals(kept);
	judgeHours();
	const { from_seq: from, until_seq: to } = ask(database, "SELECT * FROM batch_lost ORDER BY id DESC LIMIT 1")[0];
	await judgeNaming(from, to);
	await service.stop();
	assert.match(service.command("rebuild-usage", "--dry-run"), new RegExp(`${TAGS} devices, 0 would change`));
	assert.match(service.command("check"), /, 0 complaints/);
	await service.start();
}

// ---- (a) eviction --------------------------------------------------------------------------------------------------------

test("evicted while the service is away: it drains, and the range is named", async () => {
	await simulator.start(...simulator.words);
	await box.start();
	await until("every tag was heard", () => new Set(storedReports(database).map((name) => name.split(" ")[4])).size === TAGS);
	epoch = [...appliedOf(database).keys()][0].split(" ")[1];
	await until("it runs", () => applied() > 20);
	await service.stop("SIGKILL");
	const away = applied();
	await until("the spool evicts", () => evictions() >= 3, LIMIT_MS);
	await service.start();
	await until("it goes on behind the gap", () => lostRanges().length > 0 && applied() > lostRanges()[0].until_seq, LIMIT_MS);
	const [{ from_seq: from, until_seq: to }] = lostRanges();
	console.log(`# away: lost ${from} to ${to} after ${away}`);
	assert.ok(from > away && to >= from);
});

test("evicted while batches are in flight to a frozen service: what came is kept, the middle is named", async () => {
	await caughtUp();
	service.process.kill("SIGSTOP");
	const frozen = applied(), n = lostRanges().length;
	await until("the spool evicts beyond what is in flight", async () => (await spool()).first > frozen + IN_FLIGHT + 1, LIMIT_MS);
	service.process.kill("SIGCONT");
	await until("it goes on behind the gap", () => lostRanges().length > n, LIMIT_MS);
	const { from_seq: from, until_seq: to } = lostRanges()[n];
	console.log(`# frozen: lost ${from} to ${to} after ${frozen}`);
	assert.ok(from > frozen + 1, "some in flight were applied first: the gap is in the middle");
});

test("each batch is stored or named, each hour is right", async () => {
	await quiet();
	assert.deepEqual(witness.rewritten, [], "what was published once keeps its bytes");
	await judge();
});

// ---- (b) an old backup ---------------------------------------------------------------------------------------------------

test("restored from an old backup: the gateway is asked to go back, what it no longer holds is named", async () => {
	const backup = join(service.dir, "old-backup.db"), old = applied(), n = lostRanges().length;
	service.command("backup", backup);
	await simulator.start(...simulator.words);
	for (let i = 0; i < 3; i++) {
		await until("new batches are applied", () => applied() > old + 5 * (i + 1));
		await service.stop();
		await service.start(); // gives each gateway a new cfg, under a new number
	}
	await until("the gateway has dropped some that the backup lacks", async () => (await spool()).first > old + 1, LIMIT_MS);
	await service.stop();
	service.command("restore", backup);
	assert.equal(applied(), old);
	await service.start();
	await until("what is gone is named", () => lostRanges().length > n, LIMIT_MS);
	await quiet();
	const lost = lostRanges().slice(n);
	console.log(`# restored at ${old}: lost ${JSON.stringify(lost)}`);
	assert.equal(lost[0].from_seq, old + 1);
	assert.match(box.log, /asks to send again/);
	assert.doesNotMatch(box.log, /its n was there before/);
});

test("each batch since is stored or named, no second is counted twice", judge);
