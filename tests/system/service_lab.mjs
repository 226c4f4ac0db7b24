// SPDX-License-Identifier: EUPL-1.2
// A real navette-inventory on a database of its own, spoken to over HTTP only.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, until } from "./broker_lab.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const program = join(process.env.NAVETTE_BUILD ?? join(root, "build/asan"), "inventory-service/navette-inventory");
const account = { email: "region@navette.example", password: "une-phrase-pour-les-essais" };

export class Service {
	// settings: more of the configuration: { service: "lines of that section", more: "[other]\nsections" }
	static async open(broker, settings = {}) {
		const service = new Service();
		service.dir = mkdtempSync(join(tmpdir(), "navette-service-"));
		service.port = await freePort();
		service.base = `http://127.0.0.1:${service.port}/api/v1`;
		service.configure(broker, settings);
		service.command("user", "add", "--email", account.email, "--name", "Essai", "--role", "region_officer", "--password-stdin");
		await service.start();
		await service.signIn();
		service.place = (await service.post("/places", { name: "EPN d'essai" })).id;
		return service;
	}

	configure(broker, settings) {
		const web = join(this.dir, "web");
		mkdirSync(web);
		writeFileSync(join(web, "index.html"), "<!doctype html>");
		this.conf = join(this.dir, "inventory.conf");
		writeFileSync(this.conf, [
			"[service]", `database = ${this.dir}/navette.db`, `secret_file = ${this.dir}/secret.key`, `web_dir = ${web}`,
			settings.service ?? "", "[http]", "bind = 127.0.0.1", `port = ${this.port}`,
			"[broker]", `url = ${broker.url}`, "user = navette-service", `password_file = ${broker.passwordFile}`,
			settings.more ?? "", "",
		].join("\n"));
	}

	command(...words) {
		const done = spawnSync(program, [...words.slice(0, 2), "-c", this.conf, ...words.slice(2)],
			{ input: `${account.password}\n`, encoding: "utf8" });
		if (done.status !== 0) throw new Error(`navette-inventory ${words.join(" ")}: ${done.stderr}`);
		return done.stdout;
	}

	async start() {
		this.log = "";
		const [file, ...words] = [...(this.wrap ?? []), program, "serve", "-c", this.conf];
		this.process = spawn(file, words, { stdio: ["ignore", "ignore", "pipe"] });
		this.process.stderr.on("data", (text) => (this.log += text));
		await until("the service answers", async () => {
			if (this.process.exitCode !== null) throw new Error(`the service ended: ${this.log}`);
			return (await fetch(`http://127.0.0.1:${this.port}/healthz`).catch(() => null))?.ok;
		});
	}

	async stop(signal = "SIGTERM") {
		if (this.process.exitCode !== null || this.process.signalCode) return;
		const gone = once(this.process, "exit");
		this.process.kill(signal);
		const [code] = await gone;
		if (signal === "SIGTERM" && code !== 0) throw new Error(`the service ended with ${code}: ${this.log}`);
	}

	async close() {
		await this.stop();
		rmSync(this.dir, { recursive: true, force: true });
	}

	async signIn() {
		const answer = await fetch(`${this.base}/session`, {
			method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(account),
		});
		if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
		this.headers = { cookie: answer.headers.get("set-cookie").split(";")[0], "content-type": "application/json" };
		this.headers["x-csrf-token"] = (await answer.json()).csrf;
	}

	async ask(method, path, body) {
		const answer = await fetch(this.base + path, { method, headers: this.headers, body: body && JSON.stringify(body) });
		const text = await answer.text();
		if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
		return JSON.parse(text);
	}

	get(path) {
		return this.ask("GET", path);
	}
	post(path, body = {}) {
		return this.ask("POST", path, body);
	}

	// { id, enrolment }
	async enrol(name = "Accueil") {
		const { id, enrolment } = await this.post("/gateways", { name, place_id: this.place });
		return { id, enrolment };
	}
	// the id of a new item in this.place
	async item() {
		this.model ??= (await this.post("/models", { name: "Imprimante 3D d'essai", family: "impression 3D", transport_class: "T2" })).id;
		this.items = (this.items ?? 0) + 1;
		return (await this.post("/items", { model_id: this.model, inventory_no: `ESSAI-${this.items}`,
			owner_place_id: this.place, home_place_id: this.place, in_service_on: "2026-01-15" })).id;
	}
	gateway(id) {
		return this.get(`/gateways/${id}`);
	}
	async rotate(id) {
		return (await this.post(`/gateways/${id}/rotate`)).enrolment;
	}
	revoke(id) {
		return this.post(`/gateways/${id}/revoke`);
	}
}
