// SPDX-License-Identifier: EUPL-1.2
// broker-config/asyncapi.yaml is AsyncAPI 3.0, its schemas compile, what the contract shows is valid, what it
// forbids is not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import Ajv from "ajv";
import { parse } from "yaml";
import { faultOf, folder, names } from "./schemas.mjs";

const document = parse(readFileSync(join(folder, "asyncapi.yaml"), "utf8"));

const batch = () => ({
	epoch: "5f0c9a1b2d3e4f60", seq: 1042, oldest: 1040, sent_ms: 1795000123456, boot: 12, mono_ms: 88123456, clock: "ntp",
	reports: [
		{ kind: "ble", mono_ms: 88120011, t_ms: 1795000120011, addr: "c0:98:e5:12:34:56", rssi: -71, uuid: "fcd2", data: "41ff" },
		{ kind: "ble", mono_ms: 88120950, addr: "d1:22:33:44:55:66", rssi: -80, company: "0499", data: "05ff" },
		{ kind: "lora", mono_ms: 88121000, rssi: -112, snr: 5.2, freq_hz: 868100000, dr: "SF7BW125", tmst: 3512348611, data: "40ff" },
		{ kind: "lorawan", mono_ms: 88121500, network: "chirpstack", dev_eui: "70b3d57ed0001234", session: "00189440",
			f_cnt: 12, f_port: 10, data: "00ff" },
		{ kind: "meter", mono_ms: 88122000, meter: "prusa-1", counter_epoch: 91, active_s: 182340, on_s: 260100,
			energy_wh: 91250, power_mw: 84200, state: "active", since_s: 45 },
	],
});

const good = {
	up: [batch(), { epoch: "5f0c9a1b2d3e4f60", seq: 1, oldest: 1, reports: [] },
		{ epoch: "5f0c9a1b2d3e4f60", seq: 7, oldest: 7, dropped: 200, reports: [], later: "unknown members are ignored" }],
	ack: [{ epoch: "5f0c9a1b2d3e4f60", seq: 0 },
		{ epoch: "5f0c9a1b2d3e4f60", seq: 9, refused: [{ seq: 8, code: "batch.too_large" }] }],
	status: [{ state: "ready", session: 41, version: "0.1.0", cfg: 7, boot: 3, mono_ms: 12 }, { state: "lost", session: 41 }],
	stat: [{
		sources: [{ name: "ble-1", kind: "ble", connected: true, deaf: false, age_s: null, heard: 3, forwarded: 2, bad: 0 }],
		spool: { depth: 0, age_s: null, full: false }, clock: "ntp", alerts: { bad_mac: 0 },
	}],
	cfg: [{ n: 8, version: 8, meters: [{ name: "prusa-1", off_mw: 0, idle_mw: 5000, active_mw: 30000, on_delay_s: 10, off_delay_s: 30 }] }],
	cmd: [{ n: 9, do: "rescan" }, { n: 10, do: "resend", epoch: "5f0c9a1b2d3e4f60", from_seq: 4 }],
	item_state: [
		{ state: "available", place_id: 3, observed: null, custody: { place_id: 3, line_id: null }, live: null },
		{ state: "available", place_id: 3, observed: { place_id: 4, since: "2026-11-25T08:55:00Z" },
			custody: { place_id: 3, line_id: null },
			live: { state: "active", active_s: 60, battery: 93, heard_at: "2026-11-25T08:56:00Z" } },
	],
};

test("the document is AsyncAPI 3.0", () => {
	const schema = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0.json");
	const meta = new Ajv.default({ strict: false, validateFormats: false, meta: false, validateSchema: false });
	assert.ok(meta.validate(schema, document), meta.errorsText(meta.errors));
	assert.ok(!meta.validate(schema, { ...document, channels: 7 }), "the check can fail");
});

test("each channel leads to a schema that is there, and each schema belongs to a channel", () => {
	const used = Object.values(document.channels).map((channel) => {
		const [[name, { $ref }]] = Object.entries(channel.messages);
		assert.equal($ref, `#/components/messages/${name}`);
		return document.components.messages[name].payload.$ref.match(/^\.\/schemas\/(\w+)\.json$/)[1];
	});
	assert.deepEqual(used.sort(), [...names].sort());
	for (const operation of Object.values(document.operations))
		assert.ok(document.channels[operation.channel.$ref.split("/").at(-1)], operation.channel.$ref);
});

for (const name of names)
	test(`${name}: what the contract shows is valid`, () => {
		assert.ok(good[name]?.length, "an example is here");
		for (const value of good[name]) assert.equal(faultOf(name, value), "");
	});

const spoiled = (change) => {
	const value = batch();
	change(value);
	return value;
};
const bad = [
	["up", "an epoch in capitals", spoiled((b) => (b.epoch = "5F0C9A1B2D3E4F60"))],
	["up", "a seq of 0", spoiled((b) => (b.seq = 0))],
	["up", "a seq beyond 2^53", spoiled((b) => (b.seq = 2 ** 53 + 2))],
	["up", "no oldest", spoiled((b) => delete b.oldest)],
	["up", "reports without the boot they belong to", spoiled((b) => delete b.boot)],
	["up", "201 reports", spoiled((b) => (b.reports = Array(201).fill(b.reports[0])))],
	["up", "a report without its time", spoiled((b) => delete b.reports[0].mono_ms)],
	["up", "a BLE report with both identifiers", spoiled((b) => (b.reports[0].company = "0499"))],
	["up", "an odd number of hex digits", spoiled((b) => (b.reports[0].data = "41f"))],
	["up", "a fraction of a second", spoiled((b) => (b.reports[4].active_s = 1.5))],
	["up", "a kind nobody knows", spoiled((b) => (b.reports[0].kind = "zigbee"))],
	["ack", "a code of refusal nobody knows", { epoch: "5f0c9a1b2d3e4f60", seq: 1, refused: [{ seq: 1, code: "no" }] }],
	["status", "ready without a version", { state: "ready", session: 1, cfg: 0 }],
	["cmd", "resend from nowhere", { n: 1, do: "resend" }],
	["cmd", "no n", { do: "rescan" }],
	["item_state", "no custody", { state: "available", place_id: 3, observed: null, live: null }],
];

for (const [name, what, value] of bad)
	test(`${name}: ${what} is not valid`, () => assert.notEqual(faultOf(name, value), ""));
