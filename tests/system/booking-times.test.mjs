// SPDX-License-Identifier: EUPL-1.2
// Bookings across both changes of the clocks, 2027-03-28 and 2027-10-31, at a service whose clock stands before them:
// what the wall shows holds, a time that is skipped is refused by name, one that comes twice is the first unless an
// offset is said, and elapsed seconds are exact. The machine's own zone is far away and makes no difference.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "./broker_lab.mjs";
import { faultOf } from "./openapi.mjs";
import { ask as rows } from "./oracle.mjs";
import { Service } from "./service_lab.mjs";

const now = "2027-03-20T08:00:00Z";
let service, model, home, away;
let number = 0;

async function ask(method, path, body) {
	const answer = await fetch(service.base + path, { method, headers: service.headers, body: body && JSON.stringify(body) });
	const text = await answer.text();
	assert.equal(faultOf(method, path, answer.status, answer.headers.get("content-type") ?? "", text), "", text);
	return { status: answer.status, json: JSON.parse(text) };
}

async function make(path, body) {
	const { status, json } = await ask("POST", path, body);
	assert.equal(status, 201, JSON.stringify(json));
	return json;
}

const item = async () => (await make("/items", { model_id: model, inventory_no: `T-${++number}`, owner_place_id: home })).id;
const wish = (item_id, starts_at, ends_at, place_id = home) => ({ place_id, starts_at, ends_at, lines: [{ item_id }] });
const booked = (...words) => make("/bookings", wish(...words));

async function refused(method, path, body, code, field) {
	const { status, json } = await ask(method, path, body);
	assert.deepEqual([status, json.code, json.field], [422, code, field], `${path} ${JSON.stringify(body)} ${JSON.stringify(json)}`);
	return json;
}

const seconds = ({ id }) => rows(join(service.dir, "navette.db"),
	`SELECT h.ends_s - h.starts_s AS s FROM hold h JOIN line l ON l.id = h.line_id WHERE l.booking_id = ${id}`)[0].s;

async function openAt(opening_hours, closures = []) {
	const { status, json } = await ask("PATCH", `/places/${home}`, { opening_hours, closures });
	assert.equal(status, 200, JSON.stringify(json));
}

before(async () => {
	const passwordFile = join(process.env.TMPDIR ?? "/tmp", `navette-api-test-${process.pid}`);
	writeFileSync(passwordFile, "nobody\n", { mode: 0o600 });
	process.env.TZ = "Pacific/Auckland";
	service = await Service.open({ url: `mqtt://127.0.0.1:${await freePort()}`, passwordFile },
		{ service: `[clock]\noffset_ms = ${Date.parse(now) - Date.now()}` });
	home = (await make("/places", { name: "Maison" })).id;
	away = (await make("/places", { name: "Ailleurs" })).id;
	model = (await make("/models", { name: "Prusa", family: "Impression 3D", transport_class: "T2" })).id;
});
after(() => service?.close());

test("the service's clock stands before both changes", async () => {
	const { json } = await ask("GET", "/session");
	assert.ok(Math.abs(Date.parse(json.now) - Date.parse(now)) < 600_000, json.now);
});

// ---- local times -------------------------------------------------------------------------------------------------

test("a time that the clocks skip is refused by the name of its member, wherever it is said", async () => {
	const thing = await item();
	for (const gone of ["2027-03-28T02:00", "2027-03-28T02:30", "2027-03-28T02:59:59"]) {
		for (const path of ["/bookings", "/bookings/preview"]) {
			await refused("POST", path, wish(thing, gone, "2027-03-28T09:00"), "time.nonexistent", "starts_at");
			await refused("POST", path, wish(thing, "2027-03-27T09:00", gone), "time.nonexistent", "ends_at");
		}
		await refused("POST", "/blocks", { item_id: thing, reason: "x", starts_at: gone }, "time.nonexistent", "starts_at");
		await refused("POST", "/blocks", { item_id: thing, reason: "x", starts_at: "2027-03-27T09:00", ends_at: gone }, "time.nonexistent", "ends_at");
	}
	const { id, lines: [line] } = await booked(thing, "2027-03-27T09:00", "2027-03-27T10:00");
	await refused("PATCH", `/bookings/${id}`, { starts_at: "2027-03-28T02:30" }, "time.nonexistent", "starts_at");
	await refused("PATCH", `/bookings/${id}`, { ends_at: "2027-03-28T02:30" }, "time.nonexistent", "ends_at");
	await refused("POST", `/bookings/${id}/extend`, { ends_at: "2027-03-28T02:30" }, "time.nonexistent", "ends_at");
	await refused("POST", `/lines/${line.id}/hand-over`, { effective_at: "2027-03-28T02:30" }, "time.nonexistent", "effective_at");
	const { ends_at } = (await ask("GET", `/bookings/${id}`)).json;
	assert.equal(ends_at, "2027-03-27T09:00:00Z");
});

test("with an offset the same hour exists", async () => {
	const { starts_at, ends_at } = await booked(await item(), "2027-03-28T02:30:00+01:00", "2027-03-28T02:30:00+00:00");
	assert.deepEqual([starts_at, ends_at], ["2027-03-28T01:30:00Z", "2027-03-28T02:30:00Z"]);
});

test("the hours around the change are what the wall shows", async () => {
	const { starts_at, ends_at } = await booked(await item(), "2027-03-28T01:59", "2027-03-28T03:00");
	assert.deepEqual([starts_at, ends_at], ["2027-03-28T00:59:00Z", "2027-03-28T01:00:00Z"]);
});

test("a time that comes twice is the first, and with an offset as said", async () => {
	const thing = await item();
	const first = await booked(thing, "2027-10-31T02:30", "2027-10-31T02:30:00+01:00");
	assert.deepEqual([first.starts_at, first.ends_at], ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"]);
	assert.equal(seconds(first), 3600);
	const second = await booked(thing, "2027-10-31T02:30:00+01:00", "2027-10-31T03:30");
	assert.deepEqual([second.starts_at, second.ends_at], ["2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"]);
	await booked(thing, "2027-10-31T02:00", "2027-10-31T02:30:00+02:00"); // up to the first
	await refused("POST", "/bookings", wish(thing, "2027-10-31T02:45:00+01:00", "2027-10-31T02:45"), "time.invalid", "ends_at");
});

// ---- elapsed -----------------------------------------------------------------------------------------------------

test("elapsed seconds are exact", async () => {
	for (const [from, to, s] of [
		["2027-03-28T01:00", "2027-03-28T04:00", 2 * 3600], ["2027-10-31T01:00", "2027-10-31T04:00", 4 * 3600],
		["2027-03-27T12:00", "2027-03-28T12:00", 23 * 3600], ["2027-10-30T12:00", "2027-10-31T12:00", 25 * 3600],
		["2027-03-28T00:00", "2027-03-29T00:00", 23 * 3600], ["2027-10-31T00:00", "2027-11-01T00:00", 25 * 3600],
		["2027-03-27T00:00", "2027-04-03T00:00", 7 * 86400 - 3600], ["2028-02-28T12:00", "2028-03-01T12:00", 2 * 86400],
	]) assert.equal(seconds(await booked(await item(), from, to)), s, `${from} ${to}`);
});

test("a longest stay is a number of seconds, not of days", async () => {
	const { id } = await make("/models", { name: "Un jour", family: "Essais", transport_class: "T1", max_loan_s: 86400 });
	const thing = (await make("/items", { model_id: id, inventory_no: "J-1", owner_place_id: home })).id;
	await refused("POST", "/bookings", wish(thing, "2027-10-30T12:00", "2027-10-31T12:00"), "booking.too_long", "lines[0]");
	const day = await booked(thing, "2027-10-30T12:00", "2027-10-31T11:00");
	assert.equal(seconds(day), 86400);
	await refused("POST", `/bookings/${day.id}/extend`, { ends_at: "2027-10-31T11:00:01" }, "booking.too_long", "lines[0]");
	assert.equal(seconds(await booked(thing, "2027-03-27T12:00", "2027-03-28T13:00")), 86400);
});

test("stays that touch at the change fit, and what they keep blocked is theirs", async () => {
	const thing = await item();
	for (const [from, to] of [["2027-03-28T00:00", "2027-03-28T03:00"], ["2027-03-28T03:00", "2027-03-28T04:00"],
		["2027-10-31T01:00", "2027-10-31T03:00"], ["2027-10-31T03:00", "2027-10-31T05:00"]]) {
		const { starts_at, ends_at, lines: [{ blocked }] } = await booked(thing, from, to);
		assert.deepEqual(blocked, { from: starts_at, to: ends_at });
	}
	const { items: [{ changes }] } = (await ask("GET", `/availability?item_id=${thing}&from=2027-10-30T20:00:00Z&to=2027-10-31T12:00:00Z`)).json;
	assert.deepEqual(changes.map(({ at, free }) => [at, free]),
		[["2027-10-30T20:00:00Z", true], ["2027-10-30T23:00:00Z", false], ["2027-10-31T04:00:00Z", true]]);
});

// ---- the counter -------------------------------------------------------------------------------------------------

test("opening hours are those of the wall on both sides of the change", async () => {
	await openAt("Mo-Sa 09:00-12:00");
	for (const [starts_at, next] of [
		["2027-03-27T07:59:00Z", "2027-03-27T08:00:00Z"], ["2027-03-27T11:01:00Z", "2027-03-29T07:00:00Z"],
		["2027-03-29T06:59:00Z", "2027-03-29T07:00:00Z"], ["2027-03-28T10:00:00Z", "2027-03-29T07:00:00Z"],
		["2027-10-30T06:59:00Z", "2027-10-30T07:00:00Z"], ["2027-10-31T10:00:00Z", "2027-11-01T08:00:00Z"],
	]) {
		const ends_at = new Date(Date.parse(starts_at) + 1800_000).toISOString().replace(".000Z", "Z");
		const json = await refused("POST", "/bookings", wish(await item(), starts_at, ends_at, away), "booking.closed", "lines[0]");
		assert.equal(json.earliest_feasible, next, starts_at);
	}
	for (const starts_at of ["2027-03-27T08:00:00Z", "2027-03-27T11:00:00Z", "2027-03-29T07:00:00Z", "2027-03-29T10:00:00Z"])
		await booked(await item(), starts_at, "2027-03-31T10:00", away);
	for (const starts_at of ["2027-10-30T07:00:00Z", "2027-11-01T08:00:00Z"]) await booked(await item(), starts_at, "2027-11-03T10:00", away);
});

test("what is due on a closed day is due at the next opening, across the change too", async () => {
	const due = async (from, to) => (await booked(await item(), from, to, away)).lines[0].due_at;
	await openAt("Mo-Sa 09:00-12:00");
	assert.equal(await due("2027-03-27T09:00", "2027-03-27T12:00"), "2027-03-27T11:00:00Z", "the minute of closing");
	assert.equal(await due("2027-03-27T09:00", "2027-03-27T12:01"), "2027-03-29T07:00:00Z");
	assert.equal(await due("2027-03-27T09:00", "2027-03-28T10:00"), "2027-03-29T07:00:00Z");
	assert.equal(await due("2027-10-30T09:00", "2027-10-31T10:00"), "2027-11-01T08:00:00Z");
	await openAt("Mo-Sa 09:00-12:00", [{ from: "2027-03-29", to: "2027-03-30" }, { from: "2027-11-01", to: "2027-11-01" }]);
	assert.equal(await due("2027-03-27T09:00", "2027-03-28T10:00"), "2027-03-31T07:00:00Z");
	assert.equal(await due("2027-10-30T09:00", "2027-10-31T10:00"), "2027-11-02T08:00:00Z");
	await openAt(null, [{ from: "2027-03-28", to: "2027-03-28" }, { from: "2027-10-31", to: "2027-10-31" }]);
	assert.equal(await due("2027-03-27T09:00", "2027-03-28T00:00"), "2027-03-28T22:00:00Z", "a closed day of 23 hours");
	assert.equal(await due("2027-10-30T09:00", "2027-10-31T00:00"), "2027-10-31T23:00:00Z", "of 25");
	await openAt("Sa 09:00-12:00; Su 02:30-05:00");
	assert.equal(await due("2027-03-27T09:00", "2027-03-27T20:00"), "2027-03-28T01:00:00Z", "it opens as the hour is skipped");
	assert.equal(await due("2027-10-30T09:00", "2027-10-30T20:00"), "2027-10-31T00:30:00Z", "it opens the first time");
});

test("an extension is due at the next opening, and a block of the counter moves it", async () => {
	await openAt("Mo-Sa 09:00-12:00");
	const { id } = await booked(await item(), "2027-10-29T09:00", "2027-10-29T12:00", away);
	await make("/blocks", { place_id: home, reason: "inventaire", starts_at: "2027-11-01T00:00", ends_at: "2027-11-01T10:30" });
	const { json } = await ask("POST", `/bookings/${id}/extend`, { ends_at: "2027-10-31T02:30" });
	assert.deepEqual([json.ends_at, json.lines[0].due_at], ["2027-10-31T00:30:00Z", "2027-11-01T09:30:00Z"]);
});

// ---- days --------------------------------------------------------------------------------------------------------

test("a day's agenda is the local day, of 23 and of 25 hours", async () => {
	await openAt(null);
	const at = async (...words) => (await booked(await item(), ...words)).lines[0].id;
	const late = await at("2027-03-28T23:45", "2027-03-29T08:00"), next = await at("2027-03-29T00:00", "2027-03-29T08:00");
	const later = await at("2027-10-31T23:45", "2027-11-01T08:00"), after = await at("2027-11-01T00:00", "2027-11-01T08:00");
	const lines = async (date) => (await ask("GET", `/agenda?place_id=${home}&date=${date}`)).json.to_hand_over.map((one) => one.line_id);
	const march = await lines("2027-03-28"), october = await lines("2027-10-31");
	assert.deepEqual([march.includes(late), march.includes(next)], [true, false]);
	assert.deepEqual([october.includes(later), october.includes(after)], [true, false]);
});
