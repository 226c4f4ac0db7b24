// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// The real broker with broker-config, the real service, and peers that are not ours (MQTT.js, mosquitto_pub/_sub):
// who is let in, who hears what, and how the broker follows the service's table. Judged by what is delivered.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Broker, connect, credential, freePort, mosquitto, publish, refusal, subscribe, until } from "./broker_lab.mjs";
import { Service } from "./service_lab.mjs";
import { macOf } from "./mac.mjs";
import { faultOf } from "./schemas.mjs";

const NOT_AUTHORISED = 135; // MQTT 5 §2.4
const control = "$CONTROL/dynamic-security/v1";
const topic = (gateway, leaf) => `navette/v1/gw/${gateway.enrolment.gateway}/${leaf}`;

let broker, service, a, b;

// One batch as a gateway seals it, and the acknowledgement under the same key.
const batchOf = (seq) => JSON.stringify({ epoch: "5f0c9a1b2d3e4f60", seq, oldest: seq, reports: [] });
async function send(client, enrolment, seq) {
	const name = `navette/v1/gw/${enrolment.gateway}`;
	const payload = batchOf(seq);
	const properties = { userProperties: { mac: macOf(enrolment.mac_key, `${name}/up`, payload) } };
	const ack = await until(`batch ${seq} of ${enrolment.username} is acknowledged`, async () => {
		// the service may be away at this moment: offered again, as a gateway does
		assert.equal(await publish(client, `${name}/up`, payload, { properties }), 0);
		await sleep(200);
		return client.received.find((m) => m.topic === `${name}/ack` && JSON.parse(m.text).seq === seq);
	});
	assert.equal(faultOf("ack", JSON.parse(ack.text)), "");
	assert.equal(ack.packet.properties.userProperties.mac, macOf(enrolment.mac_key, ack.topic, ack.text));
}

const provisioned = (gateway) =>
	until(`${gateway.enrolment.gateway} is provisioned`, async () => (await service.gateway(gateway.id)).provisioned);
const accepted = (enrolment) =>
	until(`${enrolment.username} is accepted`, () => connect(broker, credential(enrolment)).catch(() => null));
const refused = (enrolment) =>
	until(`${enrolment.username} is refused`, async () => (await refusal(broker, credential(enrolment))) === NOT_AUTHORISED);

// As the plugin stores a password: PBKDF2-SHA512.
const hashed = (password) => {
	const salt = randomBytes(12);
	const key = pbkdf2Sync(password, salt, 101, 64, "sha512");
	return { password: key.toString("base64"), salt: salt.toString("base64"), iterations: 101 };
};

// A display, made by hand: it is not the service's business, and must outlive every comparison.
const display = { clientId: "display-1", username: "display-1", password: "for the test" };
const addDisplay = () => {
	broker.prepare();
	broker.editUsers((users) => {
		users.clients.push({ username: display.username, clientid: display.clientId, ...hashed(display.password), roles: [{ rolename: "display" }] });
		const acl = (acltype) => ({ acltype, topic: "navette/v1/item/+/state", allow: true });
		users.roles.push({ rolename: "display", acls: [acl("subscribePattern"), acl("publishClientReceive")] });
	});
};

before(async () => {
	broker = await Broker.open();
	addDisplay();
	await broker.start();
	service = await Service.open(broker);
	a = await service.enrol();
	b = await service.enrol();
	await provisioned(a);
	await provisioned(b);
});

after(async () => {
	await service?.close();
	await broker?.close();
});

test("an enrolled gateway is accepted, and its enrolment says all it needs", async () => {
	assert.match(a.enrolment.gateway, /^gw-\d{4,}$/);
	assert.equal(a.enrolment.client_id, a.enrolment.gateway);
	assert.match(a.enrolment.mac_key, /^[A-Za-z0-9_-]{43}$/);
	const client = await connect(broker, credential(a.enrolment));
	assert.equal(await publish(client, topic(a, "stat"), "{}", { qos: 1 }), 0);
	client.end(true);
});

test("a credential works under its own client id only", async () => {
	const other = { ...credential(a.enrolment), clientId: b.enrolment.client_id };
	assert.equal(await refusal(broker, other), NOT_AUTHORISED);
	assert.equal(await refusal(broker, { ...other, clientId: "navette-service" }), NOT_AUTHORISED);
	assert.notEqual(await refusal(broker, { ...other, clientId: "" }), null);
	const old = mosquitto("mosquitto_pub", broker, ["-V", "311", "-i", b.enrolment.client_id, "-u", a.enrolment.username,
		"-P", a.enrolment.password, "-t", topic(b, "up"), "-m", "x", "-q", "1"]);
	assert.notEqual(old.status, 0);
	assert.match(old.stderr, /not authorised/i);
});

test("nobody comes in without a name, or with a wrong password", async () => {
	assert.equal(await refusal(broker, { clientId: a.enrolment.client_id }), NOT_AUTHORISED);
	assert.equal(await refusal(broker, { ...credential(a.enrolment), password: b.enrolment.password }), NOT_AUTHORISED);
	assert.equal(await refusal(broker, { ...credential(a.enrolment), username: "admin" }), NOT_AUTHORISED);
	const old = mosquitto("mosquitto_sub", broker, ["-V", "311", "-i", "somebody", "-t", "navette/#", "-C", "1", "-W", "3"]);
	assert.notEqual(old.status, 0);
});

test("a gateway hears its own acknowledgements and nothing else", async () => {
	const spy = await connect(broker, credential(a.enrolment));
	const foreign = [topic(b, "up"), topic(b, "ack"), topic(b, "cfg"), topic(b, "status"), topic(a, "up"), topic(a, "#"),
		"#", "navette/#", "navette/v1/gw/+/ack", "navette/v1/gw/+/cfg", "navette/v1/item/+/state", "navette/v1/item/1/state",
		"$SYS/#", "$SYS/broker/version", "$CONTROL/#", control, `${control}/response`,
		`$share/all/${topic(b, "up")}`, "$share/all/#"];
	for (const filter of foreign) assert.equal(await subscribe(spy, filter), NOT_AUTHORISED, filter);
	for (const leaf of ["ack", "cfg", "cmd"]) assert.equal(await subscribe(spy, topic(a, leaf)), 1, leaf);

	// a control: what it may hear does arrive, while the other one is busy
	const other = await connect(broker, credential(b.enrolment));
	assert.equal(await subscribe(other, topic(b, "ack")), 1);
	for (const leaf of ["up", "status", "stat"]) await publish(other, topic(b, leaf), "{}", { retain: leaf === "status" });
	await send(spy, a.enrolment, 1);
	assert.deepEqual(spy.received.filter((m) => !m.topic.startsWith(topic(a, ""))), []);
	spy.end(true);
	other.end(true);
});

test("a gateway publishes into its own subtree, in its own direction, and nowhere else", async () => {
	const victim = await connect(broker, credential(b.enrolment));
	for (const leaf of ["ack", "cfg", "cmd"]) await subscribe(victim, topic(b, leaf));
	const attacker = await connect(broker, credential(a.enrolment));
	const foreign = [topic(b, "ack"), topic(b, "cfg"), topic(b, "cmd"), topic(b, "up"), topic(b, "status"), topic(a, "ack"),
		topic(a, "cmd"), topic(a, "other"), `${topic(a, "up")}/x`, "navette/v1/item/1/state", "else", "$SYS/broker/version"];
	for (const name of foreign) assert.equal(await publish(attacker, name, "{}"), NOT_AUTHORISED, name);
	for (const leaf of ["up", "status", "stat"]) assert.equal(await publish(attacker, topic(a, leaf), "{}"), 0, leaf);
	const old = mosquitto("mosquitto_pub", broker, ["-V", "311", "-i", a.enrolment.client_id, "-u", a.enrolment.username,
		"-P", a.enrolment.password, "-t", topic(b, "cmd"), "-m", "forged", "-q", "1", "-r"]);
	assert.equal(old.status, 0, "3.1.1 cannot say no: it is judged by what is delivered");
	assert.equal(await subscribe(victim, topic(b, "cmd")), 1, "asked again: a retained message would come now");
	assert.equal(await publish(victim, topic(b, "stat"), "{}"), 0, "a round trip later");
	assert.deepEqual(victim.received.map((m) => m.text).filter((text) => text === "{}" || text === "forged"), []);
	victim.end(true);
	attacker.end(true);
});

test("nobody but the service administers the broker", async () => {
	const attacker = await connect(broker, credential(a.enrolment));
	const command = { command: "createClient", username: "mallory", password: "m", roles: [{ rolename: "navette-service" }] };
	assert.equal(await publish(attacker, control, JSON.stringify({ commands: [command] })), NOT_AUTHORISED);
	assert.equal(await refusal(broker, { clientId: "mallory", username: "mallory", password: "m" }), NOT_AUTHORISED);
	attacker.end(true);
});

test("a packet over 64 KiB is not carried", async () => {
	const client = await connect(broker, credential(a.enrolment));
	const gone = new Promise((resolve) => client.once("close", () => resolve(true)));
	client.publish(topic(a, "up"), "x".repeat(70000), { qos: 1 }, () => {});
	assert.ok(await gone);
	client.end(true);
});

test("a rotation leaves the live connection alone, and takes the new credential beside the old", async () => {
	const gateway = await service.enrol();
	await provisioned(gateway);
	const live = await connect(broker, credential(gateway.enrolment));
	let closed = false;
	live.on("close", () => (closed = true));
	const rotated = await service.rotate(gateway.id);
	assert.equal(rotated.client_id, gateway.enrolment.client_id);
	assert.notEqual(rotated.username, gateway.enrolment.username);
	assert.notEqual(rotated.mac_key, gateway.enrolment.mac_key);
	await provisioned(gateway);
	assert.equal(await subscribe(live, topic(gateway, "ack")), 1);
	await send(live, gateway.enrolment, 1); // what it hears goes on being counted, under its old key
	assert.equal(closed, false);

	assert.equal(await refusal(broker, { ...credential(rotated), clientId: a.enrolment.client_id }), NOT_AUTHORISED);
	(await accepted(gateway.enrolment)).end(true); // both are good
	const next = await accepted(rotated);
	await until("the same client id takes over", () => closed);
	assert.equal(await subscribe(next, topic(gateway, "ack")), 1);
	await send(next, rotated, 2);
	next.end(true);
	await refused(gateway.enrolment); // the first batch under the new key ends the old one
});

test("a revoked gateway is dropped and not let in again", async () => {
	const gateway = await service.enrol();
	await provisioned(gateway);
	const rotated = await service.rotate(gateway.id);
	await provisioned(gateway);
	const live = await connect(broker, credential(rotated));
	let closed = false;
	live.on("close", () => (closed = true));
	await service.revoke(gateway.id);
	await until("the live connection is closed", () => closed);
	await refused(rotated);
	await refused(gateway.enrolment);
	assert.equal(await refusal(broker, credential(a.enrolment)), null, "another one is not touched");
});

test("a broker that lost its users gets them again", async () => {
	await broker.stop("SIGKILL");
	rmSync(broker.usersFile);
	addDisplay();
	await broker.start();
	(await accepted(a.enrolment)).end(true);
	(await accepted(b.enrolment)).end(true);
});

test("what a hand changed in the broker is undone at the next connection", async () => {
	const gone = await service.enrol();
	await provisioned(gone);
	await service.stop();
	await broker.stop();
	const mallory = { username: "gw-9999", textname: "1:0", roles: [{ rolename: "gw-9999" }] };
	broker.editUsers((users) => {
		const user = (gateway) => users.clients.find((client) => client.username === gateway.enrolment.username);
		const role = (gateway) => users.roles.find((each) => each.rolename === gateway.enrolment.gateway);
		const { password, salt, iterations } = user(a);
		users.clients.push({ ...mallory, password, salt, iterations }); // any client id, gateway a's password
		users.roles.push({ rolename: "gw-9999", acls: [{ acltype: "subscribePattern", topic: "#", allow: true }] });
		delete user(a).clientid; // any client id
		role(b).acls.push({ acltype: "publishClientSend", topic: "#", allow: true });
		users.clients = users.clients.filter((client) => client !== user(gone));
		users.defaultACLAccess.publishClientReceive = true;
		const own = users.roles.find((each) => each.rolename === "navette-service");
		// the service is deaf to gateways until it has mended its own role
		own.acls = own.acls.filter((acl) => acl.acltype !== "publishClientReceive" || acl.topic.startsWith(control));
	});
	await broker.start();
	assert.equal(await refusal(broker, { clientId: "x", username: "gw-9999", password: a.enrolment.password }), null);
	await service.start();

	(await accepted(gone.enrolment)).end(true);
	await refused({ client_id: "x", username: "gw-9999", password: a.enrolment.password });
	await refused({ ...a.enrolment, client_id: "x" });
	const client = await accepted(b.enrolment);
	await until("the right to publish anywhere is gone", async () => (await publish(client, "else", "x")) === NOT_AUTHORISED);
	await until("the service's own role is whole again", async () => {
		const users = JSON.parse(readFileSync(broker.usersFile, "utf8"));
		return users.roles.find((each) => each.rolename === "navette-service").acls.length === 13 &&
			users.defaultACLAccess.publishClientReceive === false;
	});
	assert.equal(await subscribe(client, topic(b, "ack")), 1);
	await send(client, b.enrolment, 1); // the service hears again
	client.end(true);
});

test("the state of an item is retained for displays, when it changed and after a broker has forgotten", async () => {
	const screen = await accepted({ ...display, client_id: display.clientId });
	assert.equal(await subscribe(screen, "navette/v1/item/+/state"), 1);
	const item = await service.item();
	const name = `navette/v1/item/${item}/state`;
	const state = await until("the new item is shown", () => screen.received.find((m) => m.topic === name));
	assert.equal(faultOf("item_state", JSON.parse(state.text)), "");
	const { state: word, place_id, observed, custody, live } = await service.get(`/items/${item}`);
	assert.deepEqual(JSON.parse(state.text), { state: word, place_id, observed, custody, live });
	screen.received.length = 0;
	await service.post(`/items/${item}/retire`, { reason: "essai" });
	await until("its end is shown", () => screen.received.find((m) => m.topic === name && JSON.parse(m.text).state === "retired"));
	screen.end(true);

	await broker.stop("SIGKILL"); // it kept nothing
	await broker.start();
	const again = await accepted({ ...display, client_id: display.clientId });
	assert.equal(await subscribe(again, "navette/v1/item/+/state"), 1);
	await until("it is shown again", () => again.received.find((m) => m.topic === name && JSON.parse(m.text).state === "retired"));
	again.end(true);
});

test("prepare keeps what is good and mends what is not", async () => {
	const fresh = await Broker.open();
	try {
		fresh.prepare();
		const password = readFileSync(fresh.passwordFile, "utf8");
		const users = readFileSync(fresh.usersFile, "utf8");
		assert.match(password, /^[0-9a-f]{64}$/);
		assert.equal(statSync(fresh.passwordFile).mode & 0o777, 0o600);
		assert.equal(statSync(fresh.usersFile).mode & 0o777, 0o600);
		assert.ok(!users.includes(password));
		fresh.prepare();
		assert.equal(readFileSync(fresh.passwordFile, "utf8"), password);
		assert.equal(readFileSync(fresh.usersFile, "utf8"), users);
		truncateSync(fresh.usersFile, 0); // a power cut after the plugin's rename
		await fresh.start();
		const own = { clientId: "navette-service", username: "navette-service", password };
		assert.equal(await refusal(fresh, own), null);
		assert.equal(await refusal(fresh, { ...own, clientId: "x" }), NOT_AUTHORISED);
		assert.match(readFileSync(join(fresh.dir, "mosquitto.conf"), "utf8"), new RegExp(`^listener ${fresh.port} 127.0.0.1$`, "m"));
	} finally {
		await fresh.close();
	}
});

test("an ordinary user can prepare and start a broker", { skip: process.getuid() !== 0 && "this run is one" }, async () => {
	const nobody = 65534;
	const dir = mkdtempSync(join(tmpdir(), "navette-broker-"));
	const asNobody = (...command) =>
		spawnSync("setpriv", [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", ...command], { encoding: "utf8", timeout: 5000 });
	try {
		chmodSync(dir, 0o755);
		chownSync(dir, nobody, nobody);
		cpSync(join(dirname(fileURLToPath(import.meta.url)), "../../broker-config"), join(dir, "config"), { recursive: true });
		spawnSync("chmod", ["-R", "a+rX", dir]);
		const done = asNobody(join(dir, "config/prepare"), "--port", String(await freePort()), join(dir, "data"));
		assert.equal(done.status, 0, done.stderr);
		const run = asNobody("timeout", "1", "/usr/sbin/mosquitto", "-c", join(dir, "data/mosquitto.conf"));
		assert.equal(run.status, 124, `it ran until it was stopped: ${run.stderr}`);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
});
