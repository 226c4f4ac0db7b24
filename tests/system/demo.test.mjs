// SPDX-License-Identifier: EUPL-1.2
// ./navette demo as a person or a script uses it: it says what to open, its accounts work, its things report, it stops
// what it started, and it says in one line what is wrong.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const navette = join(dirname(fileURLToPath(import.meta.url)), "../../navette");
const folder = mkdtempSync(join(tmpdir(), "navette-demo-test-"));
const running = new Set();
after(() => {
	for (const demo of running) demo.kill("SIGTERM");
	rmSync(folder, { recursive: true, force: true });
});

async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

// Resolves once stdout has said its last line, or the demo has ended.
function start(data, lines, ...options) {
	const demo = spawn(navette, ["demo", "--data", data, ...options], { stdio: ["ignore", "pipe", "pipe"] });
	demo.said = "";
	demo.complained = "";
	demo.stderr.on("data", (text) => (demo.complained += text));
	demo.ended = new Promise((resolve) => demo.once("close", (code) => (running.delete(demo), resolve(code))));
	running.add(demo);
	return new Promise((resolve, reject) => {
		demo.stdout.on("data", (text) => {
			demo.said += text;
			if (demo.said.split("\n").length > lines) resolve(demo);
		});
		demo.ended.then((code) => reject(new Error(`the demo ended with ${code}: ${demo.complained}`)));
	});
}

async function stop(demo, signal = "SIGTERM") {
	const began = Date.now();
	demo.kill(signal);
	const code = await demo.ended;
	return { code, took_ms: Date.now() - began };
}

const pidsIn = (data) => readdirSync(data).filter((name) => name.endsWith(".pid"))
	.map((name) => Number(readFileSync(join(data, name), "utf8")));
const isAlive = (pid) => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;

async function until(what, seconds, probe) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
		const found = await probe();
		if (found) return found;
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	assert.fail(`not within ${seconds} s: ${what}`);
}

async function signIn(url, email, password) {
	const answer = await fetch(`${url}/api/v1/session`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ email, password }),
	});
	assert.equal(answer.status, 200, await answer.clone().text());
	const cookie = answer.headers.get("set-cookie").split(";")[0];
	return { user: (await answer.json()).user, get: async (path) => (await fetch(url + path, { headers: { cookie } })).json() };
}

const roles = ["animator", "manager", "coordinator", "region_officer", "technician", "auditor"];

test("a demo says where it is, its accounts sign in, its things report, and it stops whole", async () => {
	const data = join(folder, "world");
	const [http, mqtt] = [await freePort(), await freePort()];
	const demo = await start(data, 7, "--http", String(http), "--mqtt", String(mqtt), "--speed", "20");
	const [ready, ...accounts] = demo.said.trim().split("\n");
	const url = `http://127.0.0.1:${http}`;
	assert.equal(ready, `ready ${url}`);
	assert.deepEqual(accounts.map((line) => line.split(" ")[0]), roles);

	for (const [role, email, password] of accounts.map((line) => line.split(" "))) {
		const { user } = await signIn(url, email, password);
		assert.equal(user.roles[0].role, role);
	}
	const region = await signIn(url, "region@demo.navette.example", "navette-demo");
	const { items } = await region.get("/api/v1/items?limit=100");
	assert.equal(items.length, 60);
	assert.equal(items.filter((item) => item.tag_id || item.meter_id).length, 20);

	// all that report are heard, at their gateways' places; one does something
	const { items: gateways } = await region.get("/api/v1/gateways");
	const reporting = await until("every tag and meter is heard", 90, async () => {
		const now = (await region.get("/api/v1/items?limit=100")).items.filter((item) => item.tag_id || item.meter_id);
		return now.every((item) => item.live && item.live.state !== "unknown") && now;
	});
	await until("the meters and tags say that something is in use", 60, async () =>
		(await region.get("/api/v1/items?limit=100")).items.some((item) => item.live?.state === "active"));
	const places = new Set(gateways.map((gateway) => gateway.place_id));
	assert.ok(places.size >= 3);
	for (const item of reporting) if (item.observed) assert.ok(places.has(item.observed.place_id));

	const pids = pidsIn(data);
	assert.ok(pids.length >= 5 + gateways.length, "each daemon's pid is in a file");
	const { code, took_ms } = await stop(demo);
	assert.equal(code, 0);
	console.log(`stopped in ${took_ms} ms`);
	assert.deepEqual(pids.filter(isAlive), []);
	assert.deepEqual(pidsIn(data), []);
});

test("a second run in the same folder goes on from the first, also after a crash, and the clock never goes back", async () => {
	const data = join(folder, "world");
	const first = await start(data, 7, "--speed", "1");
	const left = pidsIn(data).filter((pid) => pid !== first.pid);
	assert.ok(left.every(isAlive));
	await stop(first, "SIGKILL");
	assert.ok(left.every(isAlive), "a killed script leaves them running");

	const again = await start(data, 7);
	assert.deepEqual(left.filter(isAlive), [], "the next run stops what was left");
	const url = again.said.match(/ready (\S+)/)[1];
	const region = await signIn(url, "region@demo.navette.example", "navette-demo");
	assert.equal((await region.get("/api/v1/items?limit=100")).items.length, 60, "loaded once");
	const [, , offset] = readFileSync(join(data, "clock"), "utf8").trim().split(" ").map(Number);
	assert.ok(offset > 0, "twenty times as fast is ahead of real time");

	const second = spawnSync(navette, ["demo", "--data", data], { encoding: "utf8" });
	assert.equal(second.status, 1);
	assert.match(second.stderr, /already running/);

	const pid = Number(readFileSync(join(data, "navette-meter-sim.pid"), "utf8"));
	process.kill(pid, "SIGKILL");
	await until("it says who was killed", 10, () => /navette-meter-sim was killed/.test(again.complained));
	assert.ok(again.complained.includes(`Ctrl-C and type ./navette demo --data ${data}\n`), again.complained);
	assert.ok(isAlive(Number(readFileSync(join(data, "inventory.pid"), "utf8"))), "the others go on");

	process.kill(Number(readFileSync(join(data, "inventory.pid"), "utf8")), "SIGTERM");
	assert.equal(await again.ended, 1, "a daemon that ends by itself ends the demo");
	assert.match(again.complained, /inventory ended/);
	assert.ok(again.complained.endsWith(`type ./navette demo --data ${data}\n`), again.complained);
});

test("an empty one has one account, whose password is its own", async () => {
	const demo = await start(join(folder, "empty"), 2, "--empty");
	const [ready, account, ...rest] = demo.said.trim().split("\n");
	const [role, email, password] = account.split(" ");
	assert.deepEqual(rest, []);
	assert.equal(role, "region_officer");
	assert.notEqual(password, "navette-demo");
	const region = await signIn(ready.split(" ")[1], email, password);
	assert.deepEqual((await region.get("/api/v1/items")).items, []);
	assert.equal((await stop(demo, "SIGINT")).code, 0);
});

test("what cannot be is said in one line", async () => {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const port = String(server.address().port);
	for (const option of ["--http", "--mqtt"]) {
		const done = spawnSync(navette, ["demo", "--data", join(folder, "busy"), option, port], { encoding: "utf8" });
		assert.equal(done.status, 1);
		assert.match(done.stderr, new RegExp(`^navette: port ${port} is in use: [^\n]*\n$`));
		assert.equal(done.stdout, "");
	}
	server.close();
	for (const wrong of [["demo", "--speed", "0"], ["demo", "--http", "70000"], ["demo", "--what"], ["nothing"], []]) {
		const done = spawnSync(navette, wrong, { encoding: "utf8" });
		assert.equal(done.status, 2, wrong.join(" "));
		if (wrong.length) assert.match(done.stderr, /^navette: [^\n]*type \.\/navette -h[^\n]*\n$/);
	}
	assert.match(spawnSync(navette, ["--version"], { encoding: "utf8" }).stdout, /^navette \d+\.\d+\.\d+\n$/);
});
