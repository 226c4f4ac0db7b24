// SPDX-License-Identifier: EUPL-1.2
// navette-inventory alone, in a folder of its own, without a broker; people who sign in to it; raw sockets and event
// streams. Nothing of Navette's code is used: what is tested is what comes over the wire.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const build = process.env.NAVETTE_BUILD ?? join(root, "build/asan");
export const program = join(build, "inventory-service/navette-inventory");
export const PASSWORD = "quatre mots bien à moi";

// Asks until the answer is true; the limit is for a machine under load, not a promise.
export async function until(what, ask, limitMs = 30000) {
	const end = Date.now() + limitMs;
	for (;;) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
		await sleep(50);
	}
}

export class Service {
	constructor(extra = "") {
		this.dir = mkdtempSync(join(tmpdir(), "navette-http-"));
		this.conf = join(this.dir, "inventory.conf");
		this.web = join(this.dir, "web");
		this.extra = extra;
		mkdirSync(join(this.web, "assets"), { recursive: true });
		writeFileSync(join(this.dir, "broker.password"), "nobody\n", { mode: 0o600 });
		this.writeConf(0);
	}

	writeConf(port) {
		writeFileSync(this.conf, `[service]
database = ${this.dir}/navette.db
secret_file = ${this.dir}/secret.key
web_dir = ${this.web}
[http]
port = ${port}
${this.extra}
[broker]
url = mqtt://127.0.0.1:1
password_file = ${this.dir}/broker.password
`);
	}

	run(...words) {
		return this.feed("", ...words);
	}

	feed(input, ...words) {
		return spawnSync(program, [...words, "-c", this.conf], { input, encoding: "utf8" });
	}

	addUser(email, role, scope) {
		const done = this.feed(`${PASSWORD}\n`, "user", "add", "--email", email, "--name", email, "--role", role,
			...(scope ? ["--scope", scope] : []), "--password-stdin");
		if (done.status !== 0) throw new Error(`user add: ${done.stderr}`);
		return Number(done.stdout.split(" ")[1]);
	}

	async start() {
		this.process = spawn(program, ["serve", "-c", this.conf], { stdio: ["ignore", "ignore", "pipe"] });
		this.log = "";
		this.process.stderr.setEncoding("utf8").on("data", (text) => (this.log += text));
		this.exited = once(this.process, "exit");
		await until("the service listens", () => {
			if (this.process.exitCode !== null) throw new Error(`serve ended: ${this.log}`);
			return /ready version/.test(this.log);
		});
		this.port = Number(this.log.match(/listening address=127\.0\.0\.1 port=(\d+)/)[1]);
		return this;
	}

	async stop() {
		this.process.kill("SIGTERM");
		const [status] = await this.exited;
		return status;
	}

	async end() {
		const status = this.process?.exitCode === null ? await this.stop() : 0;
		rmSync(this.dir, { recursive: true, force: true });
		if (status !== 0 || /ERROR: |WARNING: ThreadSanitizer|runtime error/.test(this.log ?? ""))
			throw new Error(`the service ended with ${status}:\n${this.log}`);
	}

	// One request, with exactly these header fields. fetch would add and forbid some.
	ask(method, path, { headers = {}, body, agent } = {}) {
		return new Promise((resolve, reject) => {
			const bytes = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
			const all = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
			if (bytes !== undefined) {
				all["Content-Length"] ??= Buffer.byteLength(bytes);
				all["Content-Type"] ??= "application/json";
			}
			const rq = request({ host: "127.0.0.1", port: this.port, method, path, headers: all, agent }, (answer) => {
				const chunks = [];
				answer.on("data", (chunk) => chunks.push(chunk));
				answer.on("end", () => {
					const raw = Buffer.concat(chunks), text = raw.toString();
					let json = null;
					try {
						json = JSON.parse(text);
					} catch {}
					resolve({ status: answer.statusCode, headers: answer.headers, raw, text, json });
				});
			});
			rq.on("error", reject);
			rq.end(bytes);
		});
	}

	api(method, path, options) {
		return this.ask(method, `/api/v1${path}`, options);
	}

	async signIn(email, password = PASSWORD, headers = {}) {
		const answer = await this.api("POST", "/session", { body: { email, password }, headers });
		if (answer.status !== 200) throw new Error(`sign-in of ${email}: ${answer.text}`);
		return new Person(this, answer);
	}

	// What comes back for these bytes, and that the connection is closed then.
	raw(bytes, { keepOpen = false } = {}) {
		return new Promise((resolve, reject) => {
			const socket = connect(this.port, "127.0.0.1");
			let text = "";
			socket.setEncoding("latin1").on("data", (chunk) => (text += chunk));
			socket.on("error", (error) => (error.code === "ECONNRESET" || error.code === "EPIPE" ? resolve(text) : reject(error)));
			socket.on("close", () => resolve(text));
			socket.write(bytes);
			if (!keepOpen) socket.end();
		});
	}

	// Seconds of processor time so far.
	cpu() {
		const fields = readFileSync(`/proc/${this.process.pid}/stat`, "utf8").split(") ")[1].split(" ");
		return (Number(fields[11]) + Number(fields[12])) / 100;
	}
}

export class Person {
	constructor(service, answer) {
		this.service = service;
		this.session = answer.json;
		this.take(answer);
	}

	take(answer) {
		this.cookie = answer.headers["set-cookie"][0].split(";")[0];
		this.csrf = answer.json.csrf;
	}

	api(method, path, { headers = {}, body } = {}) {
		const own = { Cookie: this.cookie };
		if (method !== "GET") own["X-CSRF-Token"] = this.csrf;
		return this.service.api(method, path, { headers: { ...own, ...headers }, body });
	}
}

// Server-Sent Events as they come. Fields as the standard reads them; comments are counted.
export class Stream {
	constructor(service, headers, query = "") {
		this.events = [];
		this.comments = 0;
		this.isEnded = false;
		this.opened = new Promise((resolve, reject) => {
			this.request = request(
				{ host: "127.0.0.1", port: service.port, path: `/api/v1/events${query}`, headers, agent: false },
				(answer) => {
					this.status = answer.statusCode;
					this.headers = answer.headers;
					let text = "";
					answer.setEncoding("utf8").on("data", (chunk) => {
						text += chunk;
						for (let at; (at = text.indexOf("\n\n")) >= 0; text = text.slice(at + 2)) this.take(text.slice(0, at));
					});
					answer.on("end", () => (this.isEnded = true));
					answer.on("error", () => (this.isEnded = true));
					resolve(this);
				},
			);
			this.request.on("error", (error) => (this.isEnded ? null : reject(error)));
			this.request.end();
		});
	}

	take(block) {
		const event = {};
		for (const line of block.split("\n")) {
			if (line.startsWith(":")) this.comments++;
			const [, name, value] = line.match(/^(id|event|data|retry): ?(.*)$/) ?? [];
			if (name) event[name] = value;
		}
		if (event.data) this.events.push({ ...event, data: JSON.parse(event.data) });
	}

	close() {
		this.isEnded = true;
		this.request.destroy();
	}
}
