// SPDX-License-Identifier: EUPL-1.2
// Lending asked wrongly: each member of each write with a wrong type, range, length or foreign id, stale versions, and
// people who may not. Every refusal names what is wrong, and the stored rows are the same afterwards.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "./broker_lab.mjs";
import { faultOf, operations, wrongBodies } from "./openapi.mjs";
import { ask as rows } from "./oracle.mjs";
import { Service } from "./service_lab.mjs";

const password = "une-autre-phrase-secrete";
let service;
const people = {}, made = {};

// Whatever is asked, the answer is one of those described.
async function ask(who, method, path, body, headers = {}) {
	const answer = await fetch(service.base + path, { method, body: body && JSON.stringify(body),
		headers: { ...people[who], ...(body ? { "content-type": "application/json" } : {}), ...headers } });
	const text = await answer.text(), type = answer.headers.get("content-type") ?? "";
	assert.equal(faultOf(method, path, answer.status, type, text), "", `${method} ${path} ${answer.status} ${text.slice(0, 300)}`);
	return { status: answer.status, text, json: JSON.parse(text) };
}

async function make(path, body, who = "region") {
	const { status, json, text } = await ask(who, "POST", path, body);
	assert.ok(status === 200 || status === 201, `${path} ${text}`);
	return json;
}

const tables = ["booking", "line", "hold", "block", "transfer", "custody", "condition_report", "item", "place", "closure",
	"attention", "audit"];
const stored = () => tables.map((name) => rows(join(service.dir, "navette.db"),
	`SELECT * FROM ${name} ${name === "audit" ? "WHERE action <> 'denied'" : ""} ORDER BY id`));

// What is asked within changes no row.
async function unchanged(asked) {
	const was = stored();
	await asked();
	assert.deepEqual(stored(), was);
}

async function refused(who, method, path, body, status, code, field, headers) {
	const { status: is, json } = await ask(who, method, path, body, headers);
	assert.deepEqual([is, json.code, ...(field ? [json.field] : [])], [status, code, ...(field ? [field] : [])],
		`${who} ${method} ${path} ${JSON.stringify(body)} → ${JSON.stringify(json)}`);
	return json;
}

async function signIn(email) {
	const answer = await fetch(`${service.base}/session`, { method: "POST", headers: { "content-type": "application/json" },
		body: JSON.stringify({ email, password }) });
	return { cookie: answer.headers.get("set-cookie").split(";")[0], "x-csrf-token": (await answer.json()).csrf };
}

async function person(name, role, scope, scope_id) {
	const email = `${name}@navette.example`;
	await make("/users", { email, name, password, roles: [{ role, scope, scope_id }] });
	people[name] = await signIn(email);
}

const hour = 3600_000, day = 24 * hour;
const first = Math.ceil(Date.now() / hour) * hour;
const at = (days) => new Date(first + days * day).toISOString().replace(".000Z", "Z");
const wish = (item, from, more = {}) => ({ place_id: made.here, starts_at: at(from), ends_at: at(from + 1), lines: [{ item_id: item }], ...more });

// "here" asks, "there" lends, "elsewhere" has nothing to do with it; here is in the north, the others are in the south.
before(async () => {
	const passwordFile = join(process.env.TMPDIR ?? "/tmp", `navette-api-test-${process.pid}`);
	writeFileSync(passwordFile, "nobody\n", { mode: 0o600 });
	service = await Service.open({ url: `mqtt://127.0.0.1:${await freePort()}`, passwordFile });
	people.region = { ...service.headers };
	delete people.region["content-type"];
	made.north = (await make("/hubs", { name: "Nord" })).id;
	made.south = (await make("/hubs", { name: "Sud" })).id;
	for (const [name, hub] of [["here", "north"], ["there", "south"], ["elsewhere", "south"]])
		made[name] = (await make("/places", { name, hub_id: made[hub] })).id;
	made.model = (await make("/models", { name: "Prusa", family: "Impression 3D", transport_class: "T2", max_loan_s: 30 * 86400 })).id;
	const item = async (no, more = {}) => (await make("/items", { model_id: made.model, inventory_no: no, owner_place_id: made.there, ...more })).id;
	made.item = await item("A-1");
	made.asked = await item("A-2", { approver: "owner" });
	made.blocked = await item("A-3");
	made.own = await item("B-1", { owner_place_id: made.here });
	made.foreign = await item("C-1", { owner_place_id: made.elsewhere });
	for (const [name, role, scope, where] of [["animator", "animator", "place", "here"], ["manager", "manager", "place", "here"],
		["coordinator", "coordinator", "hub", "north"], ["technician", "technician", "place", "here"], ["auditor", "auditor", "region"],
		["lender", "animator", "place", "there"], ["owner", "manager", "place", "there"], ["south", "coordinator", "hub", "south"],
		["stranger", "manager", "place", "elsewhere"]])
		await person(name, role, scope, where ? made[where] : null);
	const confirmed = await make("/bookings", wish(made.item, 2), "animator");
	[made.booking, made.line, made.transfer] = [confirmed.id, confirmed.lines[0].id, confirmed.lines[0].transfer_ids[0]];
	made.submitted = (await make("/bookings", wish(made.asked, 2), "animator")).id;
	made.draft = (await make("/bookings", wish(made.item, 2, { draft: true }), "animator")).id;
	made.block = (await make("/blocks", { item_id: made.blocked, reason: "entretien", starts_at: at(5), ends_at: at(6) }, "owner")).id;
});
after(() => service?.close());

// ---- wrong bodies ------------------------------------------------------------------------------------------------

const objectOf = { bookings: "booking", lines: "line", transfers: "transfer", blocks: "block", items: "item" };
const addressOf = ({ path }) => path.replace("{id}", made[objectOf[path.split("/")[1]]]);

const whole = () => ({ ...wish(made.own, 20), purpose: { theme: "Essais" }, lines: [{ item_id: made.own, travel: "fetch" }] });
const bodies = () => ({
	bookings_add: whole(), booking_preview: whole(), booking_change: { purpose: {} },
	booking_reject: { reason: "panne" }, booking_cancel: { reason: "plus besoin" }, booking_extend: { ends_at: at(10) },
	line_declare_lost: { reason: "introuvable" },
	blocks_add: { item_id: made.blocked, reason: "entretien", starts_at: at(30), ends_at: at(31) },
});

test("each member sent wrongly is refused by its name, and no row changes", () => unchanged(async () => {
	let n = 0;
	for (const operation of operations) {
		if (operation.tags[0] !== "lending" || operation.method === "GET") continue;
		for (const { field, body } of wrongBodies(operation, bodies()[operation.operationId] ?? {})) {
			const { status, json } = await ask("region", operation.method, addressOf(operation), body);
			const what = `${operation.operationId} ${JSON.stringify(body).slice(0, 200)} → ${JSON.stringify(json)}`;
			n++;
			if (field === "item_id" && body.item_id === 999999 && /^line_/.test(operation.operationId)) {
				assert.equal(status, 409, what); // not the thing of this line, or not the moment
				continue;
			}
			assert.equal(status, 422, what);
			assert.ok(json.field && (field.startsWith(json.field) || json.field.startsWith(field)), what);
		}
	}
	assert.ok(n > 150, `${n} wrong bodies`);
}));

test("a body that is no object, too deep, or not JSON is refused before anything else", () => unchanged(async () => {
	for (const text of ["", "{", "[]", "7", "null", '{"a":1,"a":2}', `${"[".repeat(20)}${"]".repeat(20)}`, '{"place_id":"\\u0000"}']) {
		const answer = await fetch(`${service.base}/bookings`, { method: "POST", body: text,
			headers: { ...people.animator, "content-type": "application/json" } });
		assert.ok([400, 422].includes(answer.status), `${text} ${answer.status}`);
	}
}));

test("what the schema cannot say of a booking is refused by name", () => unchanged(async () => {
	const book = (body, status, code, field) => refused("animator", "POST", "/bookings", { ...whole(), ...body }, status, code, field);
	const own = { item_id: made.own };
	await book({ ends_at: at(20) }, 422, "time.invalid", "ends_at");
	await book({ ends_at: at(19) }, 422, "time.invalid", "ends_at");
	await book({ starts_at: at(-1) }, 422, "time.invalid", "starts_at");
	await book({ starts_at: "2026-02-30T10:00:00Z" }, 422, "time.invalid", "starts_at");
	await book({ starts_at: "2026-12-01" }, 422, "time.invalid", "starts_at");
	await book({ starts_at: "" }, 422, "field.required", "starts_at");
	await book({ ends_at: at(200) }, 422, "booking.too_long", "lines[0]");
	await book({ ends_at: "9999-12-31T23:59:59Z" }, 422, "booking.too_long");
	await book({ lines: [{}] }, 422, "field.required", "lines[0].item_id");
	await book({ lines: [{ item_id: made.own, model_id: made.model }] }, 422, "field.range", "lines[0].model_id");
	await book({ lines: [own, own] }, 422, "field.range", "lines[1].item_id");
	await book({ lines: [{ ...own, quantity: 2 }] }, 422, "field.range", "lines[0].quantity");
	await book({ lines: [{ ...own, travel: "shuttle" }] }, 422, "field.range", "lines[0].travel");
	await book({ lines: [own, { model_id: made.model, quantity: 40 }] }, 422, "field.range", "lines[1].quantity");
	await book({ lines: [own, { item_id: 999999 }] }, 422, "reference.unknown", "lines[1]");
	await book({ lines: [{ model_id: 999999 }] }, 422, "reference.unknown", "lines[0]");
	await book({ purpose: { theme: "x".repeat(81) } }, 422, "field.length", "purpose.theme");
	await book({ purpose: { note: "é".repeat(501) } }, 422, "field.length", "purpose.note");
	await book({ place_id: made.there }, 403, "auth.forbidden", "place_id");
	await book({ place_id: 999999 }, 422, "reference.unknown", "place_id");
	await book({ state: "confirmed" }, 422, "request.unknown_field", "state");
	await book({ approved_by: 1 }, 422, "request.unknown_field", "approved_by");
}));

test("what the schema cannot say of an act is refused by name", () => unchanged(async () => {
	const { booking, line, transfer, block } = made;
	const later = at(100);
	await refused("animator", "POST", `/lines/${line}/hand-over`, { effective_at: later }, 422, "time.invalid", "effective_at");
	await refused("animator", "POST", `/lines/${line}/hand-over`, { item_id: made.own }, 409, "line.wrong_item", "item_id");
	await refused("animator", "POST", `/lines/${line}/hand-over`, {}, 409, "line.not_ready");
	await refused("animator", "POST", `/lines/${line}/undo`, { effective_at: at(-1) }, 422, "time.invalid", "effective_at");
	await refused("animator", "POST", `/transfers/${transfer}/dispatch`, { effective_at: later }, 422, "time.invalid", "effective_at");
	await refused("animator", "POST", `/transfers/${transfer}/receive`, { place_id: made.elsewhere }, 422, "reference.unknown", "place_id");
	await refused("animator", "POST", `/transfers/${transfer}/receive`, { place_id: 999999 }, 422, "reference.unknown", "place_id");
	await refused("animator", "POST", `/transfers/${transfer}/receive`, {}, 409, "state.conflict");
	await refused("animator", "POST", `/bookings/${booking}/extend`, { ends_at: at(2) }, 422, "field.range", "ends_at");
	await refused("animator", "POST", `/bookings/${booking}/extend`, { ends_at: at(90) }, 422, "booking.too_long", "lines[0]");
	await refused("animator", "PATCH", `/bookings/${booking}`, { ends_at: at(1) }, 422, "time.invalid", "ends_at");
	await refused("animator", "PATCH", `/bookings/${booking}`, { place_id: made.there }, 422, "request.unknown_field", "place_id");
	await refused("animator", "PATCH", `/bookings/${booking}`, { lines: [] }, 422, "request.unknown_field", "lines");
	await refused("owner", "POST", "/blocks", { item_id: made.blocked, reason: "x", starts_at: at(9), ends_at: at(8) }, 422, "time.invalid", "ends_at");
	await refused("owner", "POST", "/blocks", { item_id: made.blocked, reason: "x", starts_at: at(5.5) }, 409, "booking.overlap");
	await refused("owner", "POST", "/blocks", { item_id: made.item, reason: "x", starts_at: at(2) }, 409, "booking.overlap");
	await refused("owner", "POST", "/blocks", { reason: "x", starts_at: at(2) }, 422, "field.required", "item_id");
	await refused("owner", "POST", `/items/${made.item}/found`, {}, 409, "state.conflict");
	for (const word of ["submit", "confirm", "no-show"])
		await refused("region", "POST", `/bookings/${booking}/${word}`, {}, 409, "state.conflict");
	for (const word of ["take-back", "close", "undo"])
		await refused("animator", "POST", `/lines/${line}/${word}`, {}, 409, "state.conflict");
	await refused("animator", "POST", `/lines/${line}/declare-lost`, { reason: "x" }, 409, "state.conflict");
	assert.equal((await ask("region", "GET", `/blocks/${block}`)).json.ended_at, null);
}));

test("a wrong question is refused by the name of its parameter", async () => {
	const window = "from=2026-12-01T00:00:00Z&to=2026-12-08T00:00:00Z";
	for (const [path, code, field] of [
		["/bookings?state=lost", "field.range", "state"], ["/bookings?pending=2", "field.range", "pending"],
		["/bookings?place_id=x", "field.type", "place_id"], ["/bookings?nonsense=1", "request.unknown_field", "nonsense"],
		["/transfers?state=ready", "field.range", "state"], ["/transfers?open=x", "field.type", "open"], ["/blocks?item_id=0", "field.range", "item_id"],
		["/availability", "field.required", "from"], ["/availability?from=2026-12-01T00:00:00Z", "field.required", "to"],
		["/availability?from=2026-12-08T00:00:00Z&to=2026-12-01T00:00:00Z", "time.invalid", "to"],
		["/availability?from=2026-12-01T00:00:00Z&to=2027-12-01T00:00:00Z", "field.range", "to"],
		[`/availability?${window}&duration_s=1`, "field.range", "duration_s"], [`/availability?${window}&travel=walk`, "field.range", "travel"],
		[`/availability?${window}&place_id=999999`, "reference.unknown", "place_id"],
		["/planning", "field.required", "from"], [`/planning?${window}&hub_id=x`, "field.type", "hub_id"],
		["/agenda", "field.required", "place_id"], [`/agenda?place_id=${made.here}&date=2026-02-30`, "time.invalid", "date"],
		["/agenda?place_id=999999", "reference.unknown", "place_id"],
	]) await refused("region", "GET", path, undefined, 422, code, field);
});

// ---- versions ----------------------------------------------------------------------------------------------------

test("a stale version changes nothing, whatever is asked", () => unchanged(async () => {
	for (const operation of operations) {
		if (operation.tags[0] !== "lending" || operation.method === "GET" || !operation.path.includes("{id}")) continue;
		const body = bodies()[operation.operationId] ?? {};
		await refused("region", operation.method, addressOf(operation), body, 412, "version.stale", undefined, { "if-match": '"99"' });
	}
}));

// ---- who may -----------------------------------------------------------------------------------------------------

const asking = ["animator", "manager", "coordinator", "region"];
const desks = [...asking, "lender", "owner", "south"];
const looking = ["technician", "auditor"]; // see it, and do nothing to it
const everybody = [...desks, ...looking, "stranger"];

// operation → who may; an unknown member tells those from the others, and does nothing.
const rights = {
	booking_change: asking, booking_submit: asking,
	booking_cancel: [...asking, "owner", "south"], booking_extend: [...asking, "owner", "south"], booking_no_show: [...asking, "owner", "south"],
	line_hand_over: desks, line_take_back: desks, line_close: desks, line_release: desks, line_undo: desks, line_declare_lost: desks,
	transfer_dispatch: desks, transfer_receive: desks, transfer_cancel: desks,
};

test("each act on a booking, its lines and its journeys is for those it concerns", () => unchanged(async () => {
	for (const [name, allowed] of Object.entries(rights)) {
		const operation = operations.find((one) => one.operationId === name);
		for (const who of everybody) {
			const { status, json } = await ask(who, operation.method, addressOf(operation), { nonsense: 1 });
			const should = allowed.includes(who) ? 422 : who === "stranger" ? 404 : 403;
			assert.equal(status, should, `${name} by ${who}: ${JSON.stringify(json)}`);
		}
	}
}));

test("somebody else's is as good as absent", () => unchanged(async () => {
	for (const operation of operations) {
		if (!/^\/(bookings|lines|transfers)\/\{id\}/.test(operation.path)) continue;
		const body = operation.method === "GET" ? undefined : bodies()[operation.operationId] ?? {};
		const foreign = await refused("stranger", operation.method, addressOf(operation), body, 404, "not_found");
		const absent = await refused("stranger", operation.method, operation.path.replace("{id}", 999999), body, 404, "not_found");
		assert.deepEqual(foreign, absent);
	}
	for (const path of ["/bookings", "/transfers"]) {
		assert.deepEqual((await ask("stranger", "GET", path)).json.items, []);
		for (const who of [...desks, ...looking]) assert.ok((await ask(who, "GET", path)).json.items.length > 0, `${path} ${who}`);
	}
	for (const who of [...desks, ...looking])
		assert.equal((await ask(who, "GET", `/bookings/${made.booking}`)).status, 200, who);
}));

test("who asks for a place has a role there, and who blocks looks after the thing", () => unchanged(async () => {
	for (const who of everybody) {
		const mayAsk = asking.includes(who), mayBlock = ["owner", "south", "region"].includes(who);
		for (const path of ["/bookings", "/bookings/preview"]) {
			const { status } = await ask(who, "POST", path, { ...whole(), lines: [{ item_id: 999999 }] });
			assert.equal(status, mayAsk ? 422 : 403, `${path} by ${who}`);
		}
		const blocking = { item_id: made.item, reason: "x", starts_at: at(2) }; // in the way of the booking
		assert.equal((await ask(who, "POST", "/blocks", blocking)).status, mayBlock ? 409 : 403, `/blocks by ${who}`);
		assert.equal((await ask(who, "POST", `/blocks/${made.block}/end`, { nonsense: 1 })).status, mayBlock ? 422 : 403, `end by ${who}`);
	}
	assert.equal((await ask("technician", "POST", "/blocks", { item_id: made.own, reason: "x", starts_at: at(9), ends_at: at(8) })).status, 422);
}));

test("the owner agrees, and who asked does not", async () => {
	const path = `/bookings/${made.submitted}`;
	await unchanged(async () => {
		for (const who of ["animator", "manager", "coordinator", "lender", "technician", "auditor"])
			for (const [word, body] of [["confirm", {}], ["reject", { reason: "x" }]])
				await refused(who, "POST", `${path}/${word}`, body, 403, "auth.forbidden");
		for (const word of ["confirm", "reject"])
			await refused("stranger", "POST", `${path}/${word}`, { reason: "x" }, 404, "not_found");
	});
	assert.equal((await make(`${path}/confirm`, {}, "owner")).state, "confirmed");
});
