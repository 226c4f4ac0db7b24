#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// ./navette bench http: questions that pages ask of a service with the demo's 14 months, beside a bare libmicrohttpd
// server that answers 2 kB (bench_http.c), asked by the same loader in the same run. Prints; judges nothing.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const build = process.env.NAVETTE_BUILD ?? join(root, "build/release");
const loader = join(build, "tests/bench/bench_http");
const program = join(build, "inventory-service/navette-inventory");
const SECONDS = Number(process.env.NAVETTE_BENCH_SECONDS ?? 3);
const DAY_MS = 86400e3;

if (!existsSync(loader)) {
	console.error(`navette: ${loader} is not built: ./navette bench http builds it`);
	process.exit(1);
}
const dir = mkdtempSync(join(tmpdir(), "navette-bench-"));
const conf = join(dir, "inventory.conf");
const request = join(dir, "request");

function rate(port, text) {
	writeFileSync(request, text);
	const done = spawnSync(loader, [String(port), String(SECONDS), request], { encoding: "utf8" });
	if (done.status !== 0) throw new Error(done.stderr.trim());
	const [answers, bytes] = done.stdout.trim().split(" ").map(Number);
	return { answers, bytes };
}

async function startService() {
	writeFileSync(join(dir, "broker.password"), "nobody\n", { mode: 0o600 });
	writeFileSync(conf, `[service]\ndatabase = ${dir}/navette.db\nsecret_file = ${dir}/secret.key\nweb_dir =\n[http]\nport = 0\n` +
		`[broker]\nurl = mqtt://127.0.0.1:1\npassword_file = ${dir}/broker.password\n`);
	const made = spawnSync(program, ["demo-data", "-c", conf], { encoding: "utf8" });
	if (made.status !== 0) throw new Error(made.stderr);
	const log = join(dir, "log");
	const service = spawn("/bin/sh", ["-c", `exec ${program} serve -c ${conf} 2>${log}`], { stdio: "ignore" });
	for (let i = 0; i < 600; i++, await sleep(50)) {
		const port = existsSync(log) && readFileSync(log, "utf8").match(/listening address=127\.0\.0\.1 port=(\d+)/)?.[1];
		if (port && /ready version/.test(readFileSync(log, "utf8"))) return { service, port };
	}
	throw new Error("the service does not start");
}

async function token(url) {
	const signed = await fetch(`${url}/session`, {
		method: "POST", headers: { "content-type": "application/json" },
		body: JSON.stringify({ email: "region@demo.navette.example", password: "navette-demo" }),
	});
	const { csrf } = await signed.json();
	const made = await fetch(`${url}/tokens`, {
		method: "POST",
		headers: { "content-type": "application/json", "x-csrf-token": csrf, cookie: signed.headers.get("set-cookie").split(";")[0] },
		body: JSON.stringify({ label: "bench", role: "region_officer", scope: "region" }),
	});
	const answer = await made.json();
	if (!answer.token) throw new Error(JSON.stringify(answer));
	return answer.token;
}

const ask = (method, path, bearer, body) => `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
	(bearer ? `Authorization: Bearer ${bearer}\r\n` : "") +
	(body ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` : "") + `\r\n${body ?? ""}`;

const bare = spawn(loader, ["--serve"], { stdio: ["pipe", "pipe", "inherit"] });
const [said] = await once(bare.stdout, "data");
const { service, port } = await startService();
try {
	const bearer = await token(`http://127.0.0.1:${port}/api/v1`);
	const at = (days) => new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS + days * DAY_MS).toISOString().replace(".000", "");
	const window = `from=${at(0)}&to=${at(14)}`;
	const preview = JSON.stringify({ place_id: 1, starts_at: at(50), ends_at: at(51), lines: [{ item_id: 1 }] });
	const questions = [
		["an item", "GET", "/api/v1/items/1"],
		["50 items", "GET", "/api/v1/items?limit=50"],
		["a day's agenda", "GET", "/api/v1/agenda?place_id=1"],
		["planning of a hub, 14 days", "GET", `/api/v1/planning?hub_id=1&${window}`],
		["availability of a family, 14 days", "GET", `/api/v1/availability?family=Impression%203D&place_id=1&${window}`],
		["preview of a booking", "POST", "/api/v1/bookings/preview", preview],
	];
	const limit = rate(Number(String(said)), ask("GET", "/", null)).answers;
	console.log(`http, 16 connections, ${SECONDS} s each`);
	console.log(`  ${"bare server, 2 kB".padEnd(36)} ${String(limit).padStart(7)} answers/s`);
	for (const [name, method, path, body] of questions) {
		const { answers, bytes } = rate(port, ask(method, path, bearer, body));
		console.log(`  ${name.padEnd(36)} ${String(answers).padStart(7)} answers/s   ${(answers / limit).toFixed(2)} of it   ` +
			`${(bytes / 1000).toFixed(1)} kB`);
	}
} finally {
	bare.stdin.end();
	service.kill();
	await once(service, "exit");
	rmSync(dir, { recursive: true });
}
