// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// Whoever forges, replays or clones moves nothing, and a person is told. A real broker, service and two real gateways,
// each with a radio; against them an intruder who owns the broker (hears and writes every topic, holds no mac key), a
// thief with one gateway's enrolment, and somebody with a radio, recorded frames and, at worst, a tag's key.
// What must not move is read from the API and from the database (oracle.mjs). Seen red with: no look at the mac, a mac
// without its topic, n not compared, no replay state, a clear frame taken, clones heard for the place, no gateway.forged.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, credential, publish, refusal, subscribe } from "./broker_lab.mjs";
import { Controller } from "./lib/gateway_world.mjs";
import { Peer } from "./lib/peer.mjs";
import { addGateway, openBroker, Service, until } from "./lib/plant.mjs";
import { Tag, mac } from "./lib/wire.mjs";
import { ask } from "./oracle.mjs";

const NOT_AUTHORISED = 135; // MQTT 5 §2.4
const topicOf = (box, leaf) => `navette/v1/gw/${box.gw}/${leaf}`;
const keyOf = (box) => Buffer.from(box.enrolment.mac_key, "base64url");

let broker, service, database, intruder, here, there, thief;

// A gateway at a place of its own, its radio scanned.
async function standUp(name) {
	service.place = (await service.post("/places", { name })).id;
	const radio = await new Controller().start(join(service.dir, `radio-${service.place}`));
	const box = await addGateway(service, [radio.path]);
	await box.start();
	await until(`${name} scans`, () => radio.isScanned);
	return Object.assign(box, { radio, place: service.place, key: keyOf(box) });
}

before(async () => {
	broker = await openBroker(["#"], ["#"]);
	service = await Service.open(broker);
	database = join(service.dir, "navette.db");
	intruder = await connect(broker, broker.witness);
	assert.equal(await subscribe(intruder, "#"), 1);
	[here, there] = [await standUp("Ici"), await standUp("Ailleurs")];
	const { id, enrolment } = await service.enrol("Volé");
	await until("the third is provisioned", async () => (await service.gateway(id)).provisioned);
	thief = Object.assign(await new Peer(enrolment).connect(), { id });
});

after(async () => {
	await thief?.close();
	intruder?.end(true);
	for (const box of [here, there].filter(Boolean)) {
		await box.stop("SIGKILL");
		await box.radio.stop();
		box.remove();
	}
	await service?.close();
	await broker?.close();
});

// ---- what must not move -----------------------------------------------------------------------------------------------

// A tag on an item of its own, heard twice at "here": it has hours and a place to lose.
async function tagAtHere() {
	const tag = new Tag({ active: 1000, counter: 100 });
	tag.id = (await service.post("/tags", { kind: "ble", addr: tag.address, key: tag.key.toString("hex") })).id;
	tag.item = await service.item();
	await service.post(`/items/${tag.item}/tag`, { tag_id: tag.id });
	await speak(tag, 0);
	await speak(tag, 5);
	return tag;
}

// The true tag: so many seconds of use later, at "here"; the frame as it went out, once it counted.
async function speak(tag, seconds) {
	tag.active += seconds;
	const frame = tag.frame();
	here.radio.advert(tag.address, Buffer.from(frame, "hex"));
	await until("the true tag counts", () => storedOf(tag).counter === tag.counter - 1);
	await until("the intruder heard the answer", () => seqOf(trueOf("ack").at(-1)) === appliedOf(here));
	return frame;
}

const storedOf = (tag) => ask(database, "SELECT d.epoch_no, e.counter_max AS counter, d.seen_place_id, d.candidate_place_id, " +
	"d.state, d.battery_pct, (SELECT count(*) FROM reading WHERE device_id = d.id) AS readings, " +
	"(SELECT sum(u.active_s) FROM usage_slice u JOIN binding b ON b.id = u.binding_id WHERE b.device_id = d.id) AS seconds " +
	`FROM device d LEFT JOIN counter_epoch e ON e.device_id = d.id AND e.no = d.epoch_no WHERE d.id = ${tag.id}`)[0];

async function factsOf(tag) {
	const { state, place_id, observed, custody, live } = await service.get(`/items/${tag.item}`);
	return { ...storedOf(tag), item: { state, place_id, observed, custody, use: live.state, active_s: live.active_s } };
}

const attentionOf = async (code, id) =>
	(await service.get("/attention?limit=500")).items.find((each) => each.code === code && each.object_id === id) ?? { n: 0 };

// Does it, and waits until attention has counted one more of that code.
async function named(code, id, act) {
	const { n } = await attentionOf(code, id);
	await act();
	const row = await until(`${code} is said`, async () => {
		const now = await attentionOf(code, id);
		return now.n > n && now;
	}, 90000);
	assert.equal(row.object, code.split(".")[0]);
}

const verdictsOf = (data) => ask(database, `SELECT verdict FROM report WHERE data = x'${data}' ORDER BY id`).map((r) => r.verdict);
const heardBy = (topic) => intruder.received.filter((m) => m.topic === topic);
// what went over the broker between "here" and the service, without what was forged since
const trueOf = (leaf) => heardBy(topicOf(here, leaf)).filter(({ topic, text, packet }) =>
	packet.properties?.userProperties?.mac === mac(here.key, topic, text));
const seqOf = (message) => JSON.parse(message?.text ?? "{}").seq;
const gatewayId = (box) => Number(/\d+$/.exec(box.gw)[0]);
const appliedOf = (box) => ask(database, `SELECT applied_seq FROM spool WHERE gateway_id = ${gatewayId(box)}`)[0].applied_seq;

const write = (topic, payload, given) =>
	publish(intruder, topic, payload, given ? { properties: { userProperties: { mac: given } } } : {});

// ---- the broker is broken into ------------------------------------------------------------------------------------------

test("a batch with a missing, wrong, borrowed or old mac counts for nothing", async () => {
	const tag = await tagAtHere();
	const facts = await factsOf(tag), up = topicOf(here, "up");
	const { text, packet } = trueOf("up").at(-1), last = JSON.parse(text), lastMac = packet.properties.userProperties.mac;
	const clone = new Tag({ ...tag, active: tag.active + 60 }); // the frames are true; who brings them is not
	const forged = JSON.stringify({ ...last, seq: last.seq + 1, mono_ms: last.mono_ms + 5000,
		reports: [clone.report(last.mono_ms + 4000)] });
	const attempts = {
		missing: [forged, undefined],
		wrong: [forged, randomBytes(32).toString("base64url")],
		"of other bytes": [forged, lastMac],
		"of another gateway's key": [forged, mac(there.key, up, forged)],
		"for another gateway's topic": [forged, mac(here.key, topicOf(there, "up"), forged)],
		"not base64url": [forged, "?".repeat(43)],
		cut: [forged, mac(here.key, up, forged).slice(0, 42)],
	};
	for (const [what, [payload, given]] of Object.entries(attempts)) {
		await named("gateway.mac", gatewayId(here), () => write(up, payload, given));
		assert.deepEqual(await factsOf(tag), facts, what);
	}
	assert.equal(appliedOf(here), last.seq);
	await speak(tag, 7);
	assert.equal(storedOf(tag).seconds, facts.seconds + 7, "the next true batch counts under the number that was forged");
});

test("one gateway's own batch under another's name counts for nothing", async () => {
	const tag = await tagAtHere();
	const facts = await factsOf(tag);
	const own = trueOf("up").at(-1);
	await named("gateway.mac", gatewayId(there), () =>
		write(topicOf(there, "up"), own.text, own.packet.properties.userProperties.mac));
	assert.deepEqual(await factsOf(tag), facts);
});

test("batches said again, a hundred times and backwards, move no second", async () => {
	const tag = await tagAtHere();
	const facts = await factsOf(tag);
	const all = trueOf("up");
	const reports = () => ask(database, "SELECT count(*) AS n FROM report")[0].n;
	const n = reports(), acks = heardBy(topicOf(here, "ack")).length;
	for (let i = 0; i < 100; i++) {
		const { topic, text, packet } = all[all.length - 1 - i % all.length];
		assert.equal(await write(topic, text, packet.properties.userProperties.mac), 0);
	}
	await until("they were answered", () => heardBy(topicOf(here, "ack")).length > acks);
	await speak(tag, 0);
	assert.equal(reports(), n + 1, "the true one only");
	assert.deepEqual({ ...(await factsOf(tag)), counter: facts.counter }, facts);
});

test("a key that a rotation retired opens nothing", async () => {
	const tag = await tagAtHere();
	const old = thief.key, rotated = await service.rotate(thief.id);
	await until("the new one is provisioned", async () => (await service.gateway(thief.id)).provisioned);
	await thief.close();
	const spool = thief.spool;
	thief = Object.assign(await new Peer(rotated, { epoch: spool.epoch }).connect(), { id: thief.id });
	thief.spool.seal([], 1000);
	await thief.drain(); // the first batch under the new key
	const facts = await factsOf(tag);
	const topic = thief.spool.topic, seq = thief.spool.seq + 1;
	const late = new Tag({ ...tag, active: tag.active + 60 });
	const payload = JSON.stringify({ epoch: spool.epoch, seq, oldest: 1, boot: 1, mono_ms: 5000, clock: "none",
		reports: [late.report(4000)] });
	await named("gateway.mac", thief.id, () => write(topic, payload, mac(old, topic, payload)));
	assert.deepEqual(await factsOf(tag), facts);
});

test("forged and replayed acknowledgements free nothing from a gateway's spool", async () => {
	const tag = await tagAtHere();
	const ack = topicOf(here, "ack"), seconds = storedOf(tag).seconds;
	const last = trueOf("ack").at(-1), before = JSON.parse(last.text);
	const earlier = trueOf("ack").filter((m) => seqOf(m) < before.seq).at(-1);
	await service.stop();
	tag.active += 9;
	const frame = tag.frame();
	here.radio.advert(tag.address, Buffer.from(frame, "hex"));
	await until("it is sealed", () => trueOf("up").at(-1).text.includes(frame));
	const forged = JSON.stringify({ ...before, seq: before.seq + 1 }), alerts = statOf(here).alerts.bad_mac;
	await write(ack, forged);
	await write(ack, forged, mac(there.key, ack, forged));
	await write(ack, forged, last.packet.properties.userProperties.mac);
	await write(ack, forged, mac(here.key, topicOf(here, "cmd"), forged));
	await write(ack, earlier.text, earlier.packet.properties.userProperties.mac); // true, and old: no alarm, and no effect
	await until("the gateway has counted four", () => statOf(here).alerts.bad_mac === alerts + 4);
	assert.equal(statOf(here).spool.acked, before.seq);
	assert.equal(statOf(here).spool.depth, 1);
	await service.start();
	await until("what was kept is delivered", () => storedOf(tag).seconds === seconds + 9);
	await named("gateway.forged", gatewayId(here), () => write(ack, forged));
});

const statOf = (box) => JSON.parse(readFileSync(join(box.state, "stat.json")));

test("forged, moved and replayed commands are not obeyed", async () => {
	const tag = await tagAtHere();
	const cmd = topicOf(here, "cmd"), up = topicOf(here, "up");
	const facts = await factsOf(tag);
	const real = await realCommand();
	const scans = here.radio.commands.length, said = heardBy(up).length;
	const forged = JSON.stringify({ n: 1e9, do: "rescan" });
	const resend = JSON.stringify({ ...JSON.parse(real.text), n: 1e9, from_seq: 1 });
	const given = real.packet.properties.userProperties.mac;
	const attempts = { missing: [forged], wrong: [forged, mac(there.key, cmd, forged)],
		"a resend of all": [resend, given], "for cfg": [forged, mac(here.key, topicOf(here, "cfg"), forged)] };
	for (const [what, [payload, mac]] of Object.entries(attempts)) {
		await named("gateway.forged", gatewayId(here), () => write(cmd, payload, mac));
		assert.equal(heardBy(up).length, said, what);
	}
	await named("gateway.forged", gatewayId(there), () => write(topicOf(there, "cmd"), real.text, given));
	await named("gateway.forged", gatewayId(here), () => write(cmd, real.text, given));
	assert.match(here.log, /cmd refused: its n was there before/);
	assert.equal(here.radio.commands.length, scans, "no rescan");
	assert.equal(heardBy(up).length, said, "nothing was said again");
	assert.deepEqual(await factsOf(tag), facts);
});

// The service's own word to the gateway, as it went over the broker: a batch from beyond makes it ask for the missing.
async function realCommand() {
	const up = topicOf(here, "up"), last = JSON.parse(trueOf("up").at(-1).text), n = trueOf("cmd").length;
	const payload = JSON.stringify({ ...last, seq: last.seq + 5, oldest: 1, reports: [] });
	await until("the service asks to send again", async () => {
		await write(up, payload, mac(here.key, up, payload));
		await sleep(500);
		return trueOf("cmd").length > n;
	}, 60000);
	await until("the gateway obeys it", () => /the service asks to send again/.test(here.log));
	await sleep(500); // what it sends again is out
	return trueOf("cmd").at(-1);
}

test("an old cfg is not taken again", async () => {
	const cfg = topicOf(here, "cfg");
	const first = await until("a first cfg", () => heardBy(cfg)[0]);
	const meter = await service.post("/meters", { gateway_id: gatewayId(here), name: "m" });
	await service.post(`/items/${await service.item()}/meter`, { meter_id: meter.id });
	const second = await until("a newer one", () => heardBy(cfg).find((m) => m.text !== first.text && m.text.includes('"m"')));
	const kept = () => readFileSync(join(here.state, "cfg.json"), "utf8");
	await until("it is kept", () => kept() === second.text);
	const again = { old: [first.text, first], changed: [second.text.replace('"m"', '"x"'), second] };
	for (const [what, [text, { packet }]] of Object.entries(again)) {
		await named("gateway.forged", gatewayId(here), () => write(cfg, text, packet.properties.userProperties.mac));
		assert.equal(kept(), second.text, what);
	}
});

test("a rotation is no forgery: the service speaks under the old key until it hears the new one", async () => {
	const tag = await tagAtHere();
	const forged = (await attentionOf("gateway.forged", gatewayId(here))).n, { seconds } = storedOf(tag);
	writeFileSync(join(here.dir, "enrolment.json"), JSON.stringify(await service.rotate(gatewayId(here))));
	await until("the new one is provisioned", async () => (await service.gateway(gatewayId(here))).provisioned);
	await here.enrol();
	const bad = statOf(here).alerts.bad_mac;
	here.process.kill("SIGHUP");
	await until("it is in use", () => /new enrolment in use/.test(here.log));
	here.key = Buffer.from(JSON.parse(readFileSync(join(here.state, "enrolment.json"))).mac_key, "base64url");
	await speak(tag, 6);
	await speak(tag, 1);
	assert.equal(storedOf(tag).seconds, seconds + 7);
	await named("gateway.forged", gatewayId(here), () => write(topicOf(here, "ack"), "{}"));
	assert.equal(statOf(here).alerts.bad_mac, bad + 1, "what was forged, and nothing else");
	assert.equal((await attentionOf("gateway.forged", gatewayId(here))).n, forged + 1);
});

// ---- a good password, misused -----------------------------------------------------------------------------------------

// The broker keeps these out; its log says that somebody was refused, not who: that is what attention says.
test("a good password opens no other client id, and throws nobody out", async () => {
	const tag = await tagAtHere();
	const facts = await factsOf(tag), own = credential(thief.enrolment), said = [here.log.length, there.log.length];
	for (const clientId of [here.gw, there.gw, "navette-service", "witness", "somebody"])
		assert.equal(await refusal(broker, { ...own, clientId }), NOT_AUTHORISED, clientId);
	assert.match(broker.log, /not authorised/);
	await until("attention says that the broker refused somebody", async () => (await attentionOf("broker.refused", 1)).n > 0);
	assert.deepEqual(await factsOf(tag), facts);
	assert.doesNotMatch(here.log.slice(said[0]) + there.log.slice(said[1]), /the broker is away/);
	await speak(tag, 1);
});

test("a good password writes and hears nothing of another's", async () => {
	const tag = await tagAtHere();
	const facts = await factsOf(tag), client = thief.client, n = intruder.received.length;
	const payload = JSON.stringify({ n: 1e9, do: "rescan" });
	const foreign = ["up", "ack", "cfg", "cmd", "status", "stat"].map((leaf) => topicOf(here, leaf))
		.concat(["ack", "cfg", "cmd"].map((leaf) => topicOf(thief, leaf)), `navette/v1/item/${tag.item}/state`,
			"$CONTROL/dynamic-security/v1");
	for (const topic of foreign) {
		const properties = { userProperties: { mac: mac(thief.key, topic, payload) } };
		assert.equal(await publish(client, topic, payload, { properties }), NOT_AUTHORISED, topic);
	}
	for (const filter of ["#", "navette/v1/gw/+/up", topicOf(here, "cmd"), topicOf(here, "cfg"), "navette/v1/item/+/state"])
		assert.equal(await subscribe(client, filter), NOT_AUTHORISED, filter);
	assert.deepEqual(intruder.received.slice(n).filter((m) => m.text === payload), [], "the broker's owner saw none of it");
	assert.deepEqual(await factsOf(tag), facts);
});

// ---- on the air ---------------------------------------------------------------------------------------------------------

const air = (box, tag, data, rssi = -30) => box.radio.advert(tag.address, Buffer.from(data, "hex"), rssi);

test("a cloned tag elsewhere at once moves nothing, is named, and the second time put in quarantine", async () => {
	const tag = await tagAtHere();
	const clone = new Tag({ ...tag, counter: tag.counter - 1, active: tag.active + 30 });
	clone.running = true;
	const facts = await factsOf(tag);
	await named("tag.clone", tag.id, () => air(there, tag, clone.frame()));
	assert.deepEqual(await factsOf(tag), facts);
	await speak(tag, 3);
	const after = await factsOf(tag);
	assert.equal(after.seconds, facts.seconds + 3, "the true one goes on counting");
	clone.counter = tag.counter - 1;
	await named("tag.clone", tag.id, () => air(there, tag, clone.frame()));
	assert.ok((await service.get(`/tags/${tag.id}`)).quarantined_at);
	air(there, tag, clone.frame());
	const own = tag.frame();
	air(here, tag, own);
	await until("it was heard", () => verdictsOf(own).length === 1);
	assert.deepEqual(await factsOf(tag), after, "in quarantine neither of them counts");
	await service.post(`/tags/${tag.id}/release`, { reason: "clone retrouvé" });
	await speak(tag, 2);
	assert.equal((await attentionOf("tag.clone", tag.id)).n, 0);
});

test("a clear frame under the address of a tag with a key counts for nothing", async () => {
	const tag = await tagAtHere();
	const facts = await factsOf(tag);
	await named("tag.downgrade", tag.id, () => air(there, tag, "400007015f27013d07003e0f270000"));
	assert.deepEqual(await factsOf(tag), facts);
	await named("tag.problem", tag.id, () => air(there, tag, "402601"));
	assert.deepEqual(await factsOf(tag), facts);
	await speak(tag, 1);
});

test("frames under a wrong key, however many, move no replay state", async () => {
	const tag = await tagAtHere();
	const facts = await factsOf(tag);
	const forger = new Tag({ ...tag, key: randomBytes(16), counter: tag.counter + 1000, active: tag.active + 50 });
	await named("tag.bad_mic", tag.id, () => air(there, tag, forger.frame()));
	const frames = Array.from({ length: 20 }, () => forger.frame());
	for (const frame of frames) air(there, tag, frame);
	await until("all were heard", () => verdictsOf(frames.at(-1)).length === 1);
	assert.deepEqual(await factsOf(tag), facts);
	await speak(tag, 1);
});

test("a recorded frame played again moves nothing, at once or long after", async () => {
	const tag = await tagAtHere();
	const old = await speak(tag, 0), newest = await speak(tag, 4);
	const { candidate_place_id: _, ...counters } = storedOf(tag);
	for (const frame of [old, newest]) {
		air(there, tag, frame, -90);
		await until("it is a copy", () => verdictsOf(frame).join() === "1,3");
	}
	const { candidate_place_id, ...now } = storedOf(tag);
	assert.deepEqual(now, counters);
	assert.equal(candidate_place_id, here.place);
});

// The thief's gateway says when it heard what: minutes pass without waiting for them.
test("frames nobody heard, recorded and played minutes later, are named and move nothing", async () => {
	const tag = new Tag({ active: 500, counter: 7 });
	tag.id = (await service.post("/tags", { kind: "ble", addr: tag.address, key: tag.key.toString("hex") })).id;
	tag.item = await service.item();
	await service.post(`/items/${tag.item}/tag`, { tag_id: tag.id });
	const [copied, ...unheard] = Array.from({ length: 3 }, () => tag.frame());
	tag.active += 40;
	const at = 10_000_000;
	thief.spool.seal([tag.report(at - 400_000, copied), tag.report(at - 300_000)], at);
	await thief.drain();
	await until("the gateway's clock is known", () =>
		ask(database, `SELECT min(is_settled) AS known FROM boot WHERE gateway_id = ${thief.id}`)[0].known);
	const facts = await factsOf(tag);
	await named("tag.clone", tag.id, async () => {
		thief.spool.seal([tag.report(at + 1000, copied), tag.report(at + 1000, unheard[0])], at + 2000);
		await thief.drain();
	});
	assert.deepEqual(verdictsOf(copied), [1, 3]);
	assert.deepEqual(verdictsOf(unheard[0]), [9]);
	assert.deepEqual(await factsOf(tag), facts);
});

test("in the end nobody stands accused of what nobody did", async () => {
	const codes = new Set((await service.get("/attention?limit=500")).items.map((each) => each.code));
	const named = ["broker.refused", "gateway.forged", "gateway.mac", "tag.bad_mic", "tag.clone", "tag.downgrade", "tag.problem"];
	assert.deepEqual([...codes].sort(), named);
	assert.match(service.command("check"), /, 0 complaints/);
});
