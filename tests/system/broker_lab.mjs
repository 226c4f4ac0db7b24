// SPDX-License-Identifier: EUPL-1.2
// A real broker from broker-config in a folder of its own, and peers that speak to it. Nothing here knows the service.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as dial, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";

const prepareScript = join(dirname(fileURLToPath(import.meta.url)), "../../broker-config/prepare");

export async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

// Asks until the answer is true; the limit is for a machine under load, not a promise.
export async function until(what, ask, limitMs = 30000) {
	const start = Date.now();
	for (;;) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() - start > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
		await sleep(100);
	}
}

const listens = (port) =>
	new Promise((resolve) => {
		const socket = dial(port, "127.0.0.1", () => resolve(true) || socket.destroy());
		socket.on("error", () => resolve(false));
	});

export class Broker {
	static async open() {
		const broker = new Broker();
		// a folder that another user can reach, so that a root's broker drops its rights as it does in service
		broker.dir = join(mkdtempSync(join(tmpdir(), "navette-broker-")), "data");
		broker.port = await freePort();
		spawnSync("chmod", ["755", dirname(broker.dir)]);
		return broker;
	}

	get url() {
		return `mqtt://127.0.0.1:${this.port}`;
	}
	get passwordFile() {
		return join(this.dir, "service.password");
	}
	get usersFile() {
		return join(this.dir, "dynamic-security.json");
	}

	prepare() {
		const done = spawnSync(prepareScript, ["--port", String(this.port), this.dir], { encoding: "utf8" });
		if (done.status !== 0) throw new Error(`prepare: ${done.stderr}`);
	}

	async start() {
		this.prepare();
		this.log = "";
		this.process = spawn("/usr/sbin/mosquitto", ["-c", join(this.dir, "mosquitto.conf")]);
		this.process.stderr.on("data", (text) => (this.log += text));
		this.process.on("exit", (code) => (this.exit = code));
		await until("the broker listens", () => listens(this.port));
	}

	async stop(signal = "SIGTERM") {
		if (!this.process || this.process.exitCode !== null || this.process.signalCode) return;
		const gone = once(this.process, "exit");
		this.process.kill(signal);
		await gone;
	}

	// Changes the users' file of a stopped broker, as a careless hand would.
	editUsers(change) {
		const users = JSON.parse(readFileSync(this.usersFile, "utf8"));
		change(users);
		writeFileSync(this.usersFile, JSON.stringify(users));
	}

	async close() {
		await this.stop("SIGKILL");
		rmSync(dirname(this.dir), { recursive: true, force: true });
	}
}

// Connects once. On refusal the error carries the broker's reason code.
export async function connect(broker, options) {
	const client = mqtt.connect(broker.url, {
		protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 10000, clean: true, ...options,
	});
	client.received = [];
	client.on("message", (topic, payload, packet) => client.received.push({ topic, text: payload.toString(), packet }));
	await new Promise((resolve, reject) => {
		client.once("connect", resolve);
		client.once("error", reject);
		client.once("close", () => reject(new Error("closed before it was accepted")));
	});
	client.on("error", () => {});
	return client;
}

export const refusal = async (broker, options) => {
	try {
		(await connect(broker, options)).end(true);
	} catch (error) {
		return error.code ?? error.message;
	}
	return null;
};

export const credential = (enrolment) => ({
	clientId: enrolment.client_id, username: enrolment.username, password: enrolment.password,
});

// The reason codes of one SUBSCRIBE (MQTT 5 §3.9.3): 0…2 granted, 135 not authorised.
export const subscribe = async (client, topic) =>
	new Promise((resolve) => {
		client.subscribe(topic, { qos: 1 }, (error, granted, packet) =>
			resolve(packet?.granted?.[0] ?? granted?.[0]?.qos ?? error.code ?? error.message));
	});

// The reason code of one PUBLISH (MQTT 5 §3.4.2.1): 0, 16 (nobody listens), 135 not authorised.
export const publish = async (client, topic, payload, options = {}) =>
	new Promise((resolve) => {
		client.publish(topic, payload, { qos: 1, ...options }, (error, packet) =>
			resolve(error ? (error.code ?? error.message) : (packet?.reasonCode ?? 0)));
	});

// mosquitto's own clients: another peer, and another protocol version.
export const mosquitto = (program, broker, args) =>
	spawnSync(program, ["-h", "127.0.0.1", "-p", String(broker.port), ...args], { encoding: "utf8", timeout: 15000 });
