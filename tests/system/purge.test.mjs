// SPDX-License-Identifier: EUPL-1.2
// quiet: it mostly waits
// Two months later, by the virtual clock: the raw reports are thrown away, the hours stay, on the pages, in a rebuild, and
// when the tags go on speaking. What is thrown away is an hour of reports a minute at most, here all there was.
import assert from "node:assert/strict";
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addGateway, addTags, openBroker, Service, Simulator, until } from "./lib/plant.mjs";
import { ask, storedSeconds } from "./oracle.mjs";

const DAYS = 61;

let broker, service, box, tags, simulator, database;

before(async () => {
	broker = await openBroker();
	service = await Service.open(broker);
	database = join(service.dir, "navette.db");
	tags = await addTags(service, 5);
	simulator = new Simulator(tags);
	box = await addGateway(service, [simulator.radio]);
	await box.start();
});

after(async () => {
	simulator?.close();
	box?.process?.kill("SIGKILL");
	box?.remove();
	await service?.stop("SIGKILL");
	if (service) rmSync(service.dir, { recursive: true, force: true });
	await broker?.close();
});

const reports = () => ask(database, "SELECT count(*) AS n FROM report")[0].n;
const slices = () => ask(database, "SELECT * FROM usage_slice ORDER BY binding_id, hour_s");

async function speak() {
	const before = storedSeconds(database);
	const hasRun = ([address, seconds]) => seconds > (before.get(address) ?? 0);
	await simulator.start("--reports-per-second", 50);
	await until("all tags have run", () => [...storedSeconds(database)].filter(hasRun).length === tags.length);
	await simulator.stop();
	await until("all is applied", () => box.isDrained());
}

async function rebuildFindsNothing() {
	await service.stop();
	assert.match(service.command("rebuild-usage", "--dry-run"), new RegExp(`^usage: ${tags.length} devices, 0 would change`));
	await service.start();
}

test("after 61 days the reports are gone and the hours are there", async () => {
	await speak();
	const used = slices(), n = reports();
	assert.ok(used.length >= tags.length);
	await service.stop();
	appendFileSync(service.conf, `[clock]\noffset_ms = ${DAYS * 86400000}\n`);
	await service.start();
	await until("old reports are thrown away", () => reports() < n / 2);
	await until("all but the newest", () => reports() === 1);
	assert.deepEqual(slices(), used);
	for (const { item } of tags) assert.ok((await service.get(`/items/${item}`)).live.active_s > 0);
	await rebuildFindsNothing();
	assert.deepEqual(slices(), used);
	assert.match(service.command("check"), /, 0 complaints/);
});

test("the tags go on speaking: their hours join on", async () => {
	await speak();
	await rebuildFindsNothing();
});
