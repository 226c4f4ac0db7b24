#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// ./navette bench ingest: ingest beside its limits (bench_ingest.c, through a broker of its own), then the memory of a
// running demo beside what it may take. Prints; judges nothing. docs/bench.md says how to read it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Broker, freePort } from "../system/broker_lab.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const build = process.env.NAVETTE_BUILD ?? join(root, "build/release");
const program = join(build, "tests/bench/bench_ingest");
const DEMO_S = 60;
const limitsMb = { service: 60, gateway: 8 };

function stop(what) {
	console.error(`navette: ${what}`);
	process.exit(1);
}

async function rates() {
	const broker = await Broker.open();
	try {
		await broker.start();
		// not spawnSync: somebody must read what the broker says, or it stands still when the pipe is full
		const bench = spawn(program, [broker.dir, String(broker.port), String(broker.process.pid)], {
			stdio: ["ignore", "inherit", "pipe"],
		});
		let complained = "";
		bench.stderr.on("data", (text) => (complained += text));
		const [code] = await once(bench, "close");
		if (code !== 0) throw new Error(`bench_ingest failed: ${complained.trim().split("\n").pop()}`);
	} finally {
		await broker.close();
	}
}

// Resolves when the demo has said its accounts.
function startDemo(data, http, mqtt) {
	const demo = spawn(join(root, "navette"), ["demo", "--data", data, "--http", http, "--mqtt", mqtt], {
		env: { ...process.env, NAVETTE_BUILD: build }, stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "", complained = "";
	demo.stderr.on("data", (text) => (complained += text));
	demo.ended = new Promise((resolve) => demo.once("close", resolve));
	return new Promise((resolve, reject) => {
		demo.stdout.on("data", (text) => {
			said += text;
			if (/^auditor /m.test(said)) resolve(demo);
		});
		demo.ended.then(() => reject(new Error(`the demo ended: ${complained.trim().split("\n").pop()}`)));
	});
}

// Somebody signs in (a password's hash takes 19 MiB for its time) and has the page open: lists, hours, events.
async function visit(url) {
	const answer = await fetch(`${url}/api/v1/session`, {
		method: "POST", headers: { "content-type": "application/json" },
		body: JSON.stringify({ email: "region@demo.navette.example", password: "navette-demo" }),
	});
	if (!answer.ok) throw new Error(`sign-in: ${answer.status}`);
	const headers = { cookie: answer.headers.get("set-cookie").split(";")[0] };
	const events = new AbortController();
	const { body } = await fetch(`${url}/api/v1/events`, { headers, signal: events.signal });
	body.pipeTo(new WritableStream()).catch(() => {}); // read, until it is aborted
	const { items } = await (await fetch(`${url}/api/v1/items?limit=100`, { headers })).json();
	for (const item of items) await (await fetch(`${url}/api/v1/items/${item.id}`, { headers })).text();
	return events;
}

const mb = (pid, field) =>
	(Number(readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"))[1]) * 1024) / 1e6;

function printMemory(name, kind, pid) {
	const now = mb(pid, "VmRSS"), most = mb(pid, "VmHWM"), limit = limitsMb[kind];
	console.log(`  ${name.padEnd(12)} ${now.toFixed(1).padStart(6)} MB now   ${most.toFixed(1).padStart(6)} MB at most   ` +
		`limit ${limit} MB   ratio ${(most / limit).toFixed(2)}   aim 1 or less`);
}

async function memory() {
	const folder = mkdtempSync(join(tmpdir(), "navette-bench-")), data = join(folder, "demo");
	const http = await freePort(), mqtt = await freePort();
	let demo, events;
	try {
		demo = await startDemo(data, String(http), String(mqtt));
		events = await visit(`http://127.0.0.1:${http}`);
		await sleep(DEMO_S * 1000);
		console.log(`memory: resident, in a demo of ${DEMO_S} s with a page open`);
		const pids = readdirSync(data).filter((file) => file.endsWith(".pid"))
			.map((file) => [basename(file, ".pid"), readFileSync(join(data, file), "utf8").trim()]);
		for (const [name, pid] of pids) if (name === "inventory") printMemory("service", "service", pid);
		for (const [name, pid] of pids) if (name.startsWith("gw-")) printMemory(name, "gateway", pid);
	} finally {
		events?.abort();
		demo?.kill("SIGTERM");
		await demo?.ended;
		rmSync(folder, { recursive: true, force: true });
	}
}

if (!existsSync("/usr/sbin/mosquitto")) stop("mosquitto is missing: apt-get install --no-install-recommends mosquitto");
if (!existsSync(program)) stop(`${program} is not built: type ./navette bench ingest`);
try {
	await rates();
	await memory();
} catch (error) {
	stop(error.message);
}
