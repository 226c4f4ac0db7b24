// SPDX-License-Identifier: EUPL-1.2
// A whole Navette of real programs: mosquitto, the service, gateways, simulated tags; and a witness on the broker, who
// reads along and says every batch again. What the tests judge by is in oracle.mjs.
import { spawn } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";
import { Broker, until } from "../broker_lab.mjs";
import { Service } from "../service_lab.mjs";
import { Gateway } from "./gateway_world.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const build = process.env.NAVETTE_BUILD ?? join(root, "build/asan");
const program = (name) => join(build, name);

// ---- a broker with a witness ------------------------------------------------------------------------------------------

const witness = { clientId: "witness", username: "witness", password: "reads along" };

// hears and writes: the topics that are the witness's
export async function openBroker(hears = ["navette/v1/gw/+/up", "navette/v1/gw/+/ack"], writes = ["navette/v1/gw/+/up"]) {
	const broker = Object.assign(await Broker.open(), { witness });
	const salt = randomBytes(12);
	const key = pbkdf2Sync(witness.password, salt, 101, 64, "sha512");
	const acls = hears.flatMap((topic) =>
		["subscribePattern", "publishClientReceive"].map((acltype) => ({ acltype, topic, allow: true })));
	acls.push(...writes.map((topic) => ({ acltype: "publishClientSend", topic, allow: true })));
	broker.prepare();
	broker.editUsers((users) => {
		users.roles.push({ rolename: "witness", acls });
		users.clients.push({ username: "witness", clientid: "witness", roles: [{ rolename: "witness" }], iterations: 101,
			salt: salt.toString("base64"), password: key.toString("base64") });
	});
	await broker.start();
	return broker;
}

const REPEAT_MS = 1500; // behind the batches that came after it

// Every batch and every acknowledgement that passed while the broker lived. A broker may deliver a message twice (QoS 1):
// the witness sees to it that each batch is, long after its acknowledgement.
export class Witness {
	constructor(broker) {
		this.batches = new Map(); // "gw epoch seq" → bytes
		this.acked = new Map(); // "gw epoch" → the highest acknowledged
		this.rewritten = []; // batches whose bytes changed under one number
		this.client = mqtt.connect(broker.url, { protocolVersion: 5, ...witness, reconnectPeriod: 100 });
		this.client.on("error", () => {});
		this.client.on("message", (topic, payload, packet) => this.hear(topic, payload, packet));
		this.client.on("connect", () => {
			for (const leaf of ["up", "ack"]) this.client.subscribe(`navette/v1/gw/+/${leaf}`, { qos: 1 });
		});
	}

	hear(topic, payload, { properties }) {
		const [, , , gw, leaf] = topic.split("/");
		const message = JSON.parse(payload);
		if (leaf === "ack") {
			const key = `${gw} ${message.epoch}`;
			return void this.acked.set(key, Math.max(this.acked.get(key) ?? 0, message.seq));
		}
		const key = `${gw} ${message.epoch} ${message.seq}`;
		const bytes = payload.toString();
		if (!this.batches.has(key)) setTimeout(() => this.client.publish(topic, payload, { qos: 1, properties }), REPEAT_MS);
		else if (this.batches.get(key) !== bytes) this.rewritten.push(key);
		this.batches.set(key, bytes);
	}

	close() {
		return this.client.endAsync(true);
	}
}

// ---- gateways -------------------------------------------------------------------------------------------------------

export class Box extends Gateway {
	constructor(enrolment, conf) {
		super(enrolment, conf);
		this.gw = enrolment.gateway;
		this.program = program("gateway/navette-gateway");
	}

	async read(word) {
		const { code, out, err } = await this.command("spool", word, "-c", this.conf);
		if (code !== 0) throw new Error(`navette-gateway spool ${word}: ${err}`);
		return out;
	}

	// What it has accepted, in order: the sealed bytes of each batch.
	async accepted() {
		return (await this.read("export")).split("\n").filter(Boolean);
	}

	async isDrained() {
		const text = await this.read("stat");
		const last = [...text.matchAll(/batches \d+ to (\d+)/g)].pop();
		return last && text.includes(`acknowledged up to ${last[1]} `);
	}
}

// Enrolled at the service and installed; not started. more: sections for its configuration.
export async function addGateway(service, radios, more = "") {
	const { id, enrolment } = await service.enrol();
	const sources = radios.map((path, i) => `[source ble-${i}]\nhci = unix:${path}\n`).join("");
	const box = new Box(enrolment, sources + more);
	box.enrolment = enrolment;
	const done = await box.enrol();
	if (done.code !== 0) throw new Error(done.err);
	await until(`${box.gw} is provisioned`, async () => (await service.gateway(id)).provisioned);
	return box;
}

// ---- tags -----------------------------------------------------------------------------------------------------------

// n ≤ 256 tags, each known to the service and on an item of its own before it says a word.
export async function addTags(service, n) {
	const tags = [];
	for (let i = 0; i < n; i++) {
		const addr = `c0:98:e5:00:00:${i.toString(16).padStart(2, "0")}`, key = randomBytes(16).toString("hex");
		const { id } = await service.post("/tags", { kind: "ble", addr, key });
		const item = await service.item();
		await service.post(`/items/${item}/tag`, { tag_id: id });
		tags.push({ addr, key, item });
	}
	return tags;
}

export class Simulator {
	// scale: of the seconds in the script
	constructor(tags, scale = 1) {
		this.dir = mkdtempSync(join(tmpdir(), "navette-tags-"));
		this.radio = join(this.dir, "radio");
		this.truth = join(this.dir, "truth");
		this.script = join(this.dir, "script");
		// at rest for the first seconds, so that nothing has been used before a tag is first heard
		writeFileSync(this.script, tags.map(({ addr, key }, i) =>
			`tag ${addr} ${key}\ncycle ${addr} ${(2 + i % 5) * scale} ${(3 + i % 4) * scale} ${(2 + i % 5) * scale}\n`).join(""));
		this.log = "";
	}

	async start(...words) {
		this.process = spawn(program("firmware/navette-tag-sim"), ["--script", this.script, "--hci", `unix:${this.radio}`,
			"--truth", this.truth, "--state", join(this.dir, "flash"), ...words.map(String)],
			{ stdio: ["ignore", "ignore", "pipe"] });
		this.process.stderr.on("data", (text) => (this.log += text));
		this.exited = new Promise((done) => this.process.once("exit", (code, signal) => done(code ?? signal)));
		await until("the tags speak", () => {
			if (this.process.exitCode !== null) throw new Error(`navette-tag-sim: ${this.log}`);
			return existsSync(this.radio) && /running/.test(this.log);
		});
	}

	// Each tag says its last reading to whoever listens.
	async stop() {
		this.process.kill("SIGTERM");
		const code = await this.exited;
		this.log = this.log.replaceAll("running", "ran");
		if (code !== 0) throw new Error(`navette-tag-sim ended with ${code}: ${this.log}`);
	}

	close() {
		this.process?.kill("SIGKILL");
		rmSync(this.dir, { recursive: true, force: true });
	}
}

export { Service, until };
