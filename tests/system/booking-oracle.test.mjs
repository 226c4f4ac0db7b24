// SPDX-License-Identifier: EUPL-1.2
// The running service against the slow model of availability (lib/availability_model.mjs): thousands of random requests
// and edits, each judged by both, in a world of four places and five things that is dense enough to refuse most of what
// is asked. The service's clock jumps from week to week, over both changes of the hour. NAVETTE_SEED repeats a run,
// NAVETTE_REQUESTS says how many; nothing is judged by how long it took.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { PASSWORD, Service } from "./http_lab.mjs";
import { faultOf } from "./openapi.mjs";
import { Availability, instant, iso } from "./lib/availability_model.mjs";
import { Random } from "./lib/random.mjs";

const seed = Number(process.env.NAVETTE_SEED ?? randomInt(1 << 30));
const total = Number(process.env.NAVETTE_REQUESTS ?? 20100);
const MINUTE = 60, HOUR = 3600, DAY = 86400;
const random = new Random(seed);
const epochs = ["2026-12-07T07:03:00Z", "2027-03-25T06:55:00Z", "2027-10-28T09:31:00Z"].flatMap((first) => {
	let at = instant(first);
	return Array.from({ length: 6 }, () => (at += random.between(9 * 60, 26 * 60) * MINUTE));
});
const agent = new Agent({ keepAlive: true });
const world = new Availability({ from: instant("2026-11-20T00:00:00Z"), days: 850 });
const counts = {};
const lineOf = new Map(); // of the model, by id
let asked = 0; // requests and edits, each judged
let service, offset; // of the service's clock, in ms
let officer, animator; // the one may agree to everything, the other to nothing
let base = 0; // when this epoch began: what is asked depends on the seed, not on how fast this machine is
const blocks = []; // those that have not been ended: { id, one }

// ---- talking ---------------------------------------------------------------------------------------------------------

const clock = () => Math.floor((Date.now() + offset) / 1000);

async function ask(method, path, body, who = officer) {
	const headers = { Cookie: who.cookie, "X-CSRF-Token": who.csrf };
	const answer = await service.api(method, path, { headers, body, agent });
	const said = `${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`;
	assert.ok(answer.status < 500, said);
	assert.equal(faultOf(method, path.replace("/api/v1", ""), answer.status, answer.headers["content-type"] ?? "", answer.text), "", said);
	return answer;
}

async function must(method, path, body) {
	const answer = await ask(method, path, body);
	assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
	return answer.json;
}

// Sends, and has the model say what the answer must be. The service's `now` lies between two seconds; usually they are
// one. expect(now) → { seen, ...}: `seen` is compared with see(answer).
async function judged(what, items, { method = "POST", path, body, who }, see, expect) {
	const first = clock(), answer = await ask(method, path, body, who), last = clock();
	const seen = see(answer), tried = [];
	counts[what] = (counts[what] ?? 0) + 1;
	asked++;
	for (let now = first; now <= last; now++) {
		const expected = expect(now);
		if (isDeepStrictEqual(seen, expected.seen)) {
			const told = `${method} ${path}: ${answer.text}`;
			for (const conflict of answer.json.conflicts ?? []) compareConflict(conflict, told);
			return { ...expected, answer };
		}
		tried.push({ now: iso(now), ...expected.seen });
	}
	const places = [...world.places.values()].map(({ known, week, blocks, ...place }) =>
		JSON.stringify({ ...place, blocks: blocks.filter(({ ends_at }) => ends_at === null || ends_at > first) }));
	const things = [...new Set(items)].map((id) => {
		const { minutes, ...item } = world.items.get(id);
		return `${JSON.stringify(item)} of ${JSON.stringify(world.models.get(item.model_id))}\n${world.timeline(id)}`;
	});
	throw new assert.AssertionError({ message: [`NAVETTE_SEED=${seed}: they disagree about ${what}`,
		`${method} ${path} ${JSON.stringify(body)}`, `service: ${answer.status} ${answer.text}`,
		`service, in short: ${JSON.stringify(seen)}`, `model: ${JSON.stringify(tried)}`, ...places, ...things].join("\n") });
}

// What is said to stand in the way stands there.
function compareConflict({ kind, from, to, line_id }, told) {
	const line = lineOf.get(line_id);
	const stays = kind === "blocked" ? world.stays.filter((stay) => stay?.block) : line ? [world.stays[line.number]] : [];
	const isIt = ({ starts_at, ends_at }) => (kind === "overdue" ? line.isOut && iso(ends_at) === from
		: iso(starts_at) === from && (ends_at === null || iso(ends_at) === to));
	assert.ok(stays.some(isIt), `NAVETTE_SEED=${seed}: ${told}`);
}

// A timeline costs a walk over two years: it is written only where somebody reads it.
function same(seen, expected, told) {
	if (!isDeepStrictEqual(seen, expected)) assert.deepEqual(seen, expected, `NAVETTE_SEED=${seed}, ${told()}`);
}

// A refusal in short.
function problemOf({ status, json }) {
	return { status, code: json.code, field: json.field ?? null, earliest: json.earliest_feasible ?? null };
}

const statusOf = (code) => (["booking.overlap", "booking.no_travel_time", "state.conflict"].includes(code) ? 409 : 422);
const refused = ({ code, field = null }, earliest = null) =>
	({ seen: { status: statusOf(code), code, field, earliest: earliest && iso(earliest) } });
const notNow = refused({ code: "state.conflict" });
const isoOrNull = (seconds) => (seconds === null ? null : iso(seconds));

// ---- a world ---------------------------------------------------------------------------------------------------------

const hours = ["", "Mo-Fr 09:00-12:00,14:00-18:00", "Tu-Sa 10:00-19:00", "Mo-Su 08:00-20:00",
	"Mo,We,Fr 08:30-12:30; Sa 01:00-04:00; Su 01:30-02:30,04:00-17:00"];

function someRules(now) {
	const day = (n) => iso(now + n * DAY).slice(0, 10);
	const from = random.between(0, 12);
	const closure = { from: day(from), to: day(from + random.below(4)), label: "fermé" };
	return {
		opening_hours: random.pick(hours), closures: random.chance(0.3) ? [closure] : [],
		notice_s: random.pick([0, 0, 0, 3 * HOUR, DAY]), horizon_s: random.pick([4 * DAY, 30 * DAY, 400 * DAY]),
		max_stay_s: random.pick([DAY, 5 * DAY, 30 * DAY]), quota: random.pick([null, null, 1, 3, 6]),
	};
}

async function changeRules() {
	const id = random.pick([...world.places.keys()]), rules = someRules(base);
	await must("PATCH", `/places/${id}`, rules);
	world.changePlace(id, rules);
	counts.rules = (counts.rules ?? 0) + 1;
}

async function makeWorld() {
	officer = await service.signIn("region@x.fr");
	const hub = [];
	for (const name of ["Pôle d'ici", "Pôle de là"]) hub.push((await must("POST", "/hubs", { name })).id);
	const place = async (name, fields) => {
		const { id } = await must("POST", "/places", { name, ...fields });
		world.addPlace({ id, ...fields });
		const rules = someRules(base);
		await must("PATCH", `/places/${id}`, rules);
		world.changePlace(id, rules);
		return id;
	};
	const a = await place("A", { hub_id: hub[0], latitude: 49.11, longitude: -1.09 });
	const b = await place("B", { hub_id: hub[0], latitude: 49.27, longitude: -0.7 });
	const c = await place("C", { hub_id: hub[1], latitude: 49.44, longitude: 1.1 });
	const d = await place("D", {});
	const model = async (name, fields) => {
		const { id } = await must("POST", "/models", { name, family: "essais", ...fields });
		world.addModel({ id, ...fields });
		return id;
	};
	const printer = await model("Imprimante", { transport_class: "T2", prepare_s: 0, inspect_s: 0, max_loan_s: 10 * DAY });
	const kit = await model("Malle", { transport_class: "T1", prepare_s: 30 * MINUTE, inspect_s: HOUR, max_loan_s: 3 * DAY });
	const laser = await model("Laser", { transport_class: "T4", prepare_s: 15 * MINUTE, inspect_s: 0, max_loan_s: 2 * DAY });
	const item = async (model_id, home_place_id, fields) => {
		const no = `M-${world.items.size + 1}`;
		const owner_place_id = fields.owner_place_id ?? home_place_id;
		const { id } = await must("POST", "/items", { model_id, inventory_no: no, home_place_id, ...fields, owner_place_id });
		world.addItem({ id, model_id, home_place_id, ...fields, owner_place_id });
	};
	await item(printer, a, { lend_to: "everyone", approver: "nobody" });
	await item(printer, c, { lend_to: "everyone", approver: "nobody" });
	await item(kit, a, { lend_to: "hub", approver: "owner" });
	await item(kit, b, { owner_place_id: c, lend_to: "everyone", approver: "hub" });
	await item(laser, d, { lend_to: "everyone", approver: "nobody" });
	await must("POST", "/users", { email: "animation@x.fr", name: "Animation", password: PASSWORD,
		roles: [a, b, c, d].map((scope_id) => ({ role: "animator", scope: "place", scope_id })) });
	animator = await service.signIn("animation@x.fr");
}

// ---- what is asked ---------------------------------------------------------------------------------------------------

const minuteOf = (seconds) => Math.round(seconds / MINUTE) * MINUTE;
const lengthOf = () => random.weighed([[6, random.between(1, 24) * 900], [3, random.between(1, 72) * HOUR],
	[1, random.between(1, 6) * DAY], [1, random.between(10, 600) * MINUTE]]);

// Often just where another stay begins or ends, a margin away, a minute more or less.
function someTimes(now, item_id) {
	const length = lengthOf();
	const lines = [...world.live].flatMap((booking) => booking.lines);
	const stays = lines.filter((line) => line.item_id === item_id && line.due_at > now);
	if (stays.length > 0 && random.chance(0.5)) {
		const stay = random.pick(stays), gap = random.below(10) * 30 * MINUTE + random.pick([-1, 0, 0, 0, 1]) * MINUTE;
		const starts_at = random.chance(0.5) ? stay.due_at + gap : stay.starts_at - gap - length;
		return { starts_at, ends_at: starts_at + length };
	}
	const away = random.weighed([[95, random.below(6 * DAY)], [3, random.below(100 * DAY)], [1, -random.below(DAY)]]);
	const step = random.pick([900, 900, 900, 300, MINUTE]);
	const starts_at = Math.ceil((now + away) / step) * step;
	return { starts_at, ends_at: random.chance(0.01) ? starts_at - random.below(2) * HOUR : starts_at + length };
}

// The counter's hours would refuse most of it: asks again, though not always.
function timesWhenOpen(now, item_id) {
	const counter = world.places.get(world.items.get(item_id).home_place_id);
	let times = someTimes(now, item_id);
	for (let n = 0; n < 4 && !world.isOpen(counter, world.minuteOf(times.starts_at)); n++) times = someTimes(now, item_id);
	return times;
}

function someLines() {
	const items = [...world.items.keys()], lines = [];
	const isFixed = ({ item_id, model_id }) =>
		world.models.get(model_id ?? world.items.get(item_id).model_id).transport_class === "T4";
	const push = (line) => {
		const travel = random.chance(isFixed(line) ? 0.9 : 0.25) ? "on_site" : "fetch";
		lines.push({ ...line, travel });
	};
	for (let n = random.weighed([[8, 1], [2, 2], [1, 3]]); n > 0; n--) {
		if (random.chance(0.35)) {
			push({ model_id: random.pick([...world.models.keys()]), quantity: random.pick([1, 1, 1, 2]) });
			continue;
		}
		const item_id = random.pick(items);
		if (!lines.some((line) => line.item_id === item_id)) push({ item_id });
	}
	return lines;
}

function someRequest(now) {
	const lines = someLines();
	const item = lines[0].item_id ?? [...world.items.values()].find(({ model_id }) => model_id === lines[0].model_id).id;
	const place_id = random.chance(0.25) ? world.items.get(item).home_place_id : random.pick([...world.places.keys()]);
	return { place_id, ...timesWhenOpen(now, item), lines };
}

const bodyOf = ({ place_id, starts_at, ends_at, lines }) =>
	({ place_id, starts_at: iso(starts_at), ends_at: iso(ends_at), purpose: {}, lines });

const itemsOf = ({ lines }) => [...world.items.values()].filter((item) =>
	lines.some(({ item_id, model_id }) => item_id === item.id || model_id === item.model_id)).map(({ id }) => id);

const somebody = () => (random.chance(0.5) ? officer : animator);

// Nobody asks itself.
function approvalOf(place_id, lines) {
	const items = lines.map(({ item_id }) => world.items.get(item_id));
	const who = items.filter(({ owner_place_id }) => owner_place_id !== place_id).map(({ approver }) => approver);
	return who.includes("hub") ? "hub" : who.includes("owner") ? "owner" : null;
}

// ---- acts ------------------------------------------------------------------------------------------------------------

async function preview() {
	const request = someRequest(base), who = somebody();
	const see = ({ status, json }) => ({
		status, ok: json.ok, refusals: json.refusals.map(({ code, field }) => ({ code, field })),
		lines: json.lines.map(({ item_id, due_at }) => ({ item_id, due_at: json.ok && due_at })),
		earliest: json.earliest_feasible, approval: json.ok ? json.approval : null,
	});
	await judged("preview", itemsOf(request), { path: "/bookings/preview", body: bodyOf(request), who }, see, (now) => {
		const verdict = world.judge(request, now), { lines } = verdict, ok = verdict.code === null;
		const refusals = (lines.length > 0 ? lines : [verdict]).filter((line) => line.code);
		return { seen: { status: 200, ok, refusals: refusals.map(({ code, field }) => ({ code, field })),
			lines: lines.map(({ item_id = null, due_at }) => ({ item_id, due_at: ok && iso(due_at) })),
			earliest: isoOrNull(world.earliest(request, now)), approval: ok ? approvalOf(request.place_id, lines) : null } };
	});
}

const linesOf = (json) => json.lines.map(({ item_id, due_at }) => ({ item_id, due_at }));
const toLines = (lines) => lines.map(({ item_id, due_at }) => ({ item_id, due_at: iso(due_at) }));

const seeMade = (status) => (answer) => (answer.status !== status ? problemOf(answer)
	: { status, state: answer.json.state, lines: linesOf(answer.json) });

// What submitting must answer; the model's verdict is kept for what follows.
function expectMade(request, status, option) {
	return (now) => {
		const verdict = world.judge(request, now);
		if (verdict.code) return refused(verdict, world.earliest(request, now));
		const state = option || approvalOf(request.place_id, verdict.lines) ? "submitted" : "confirmed";
		return { verdict, seen: { status, state, lines: toLines(verdict.lines) } };
	};
}

function keep(request, { verdict, answer: { status, json, text } }) {
	const what = verdict ? json.state : json.code;
	counts[what] = (counts[what] ?? 0) + 1;
	if (!verdict) return;
	const { id, state, expires_at, lines } = json;
	assert.equal(expires_at !== null, state === "submitted", text);
	const booking = world.book(id, request, verdict, { state, expires_at: expires_at && instant(expires_at),
		line_ids: lines.map((line) => line.id) });
	booking.approval = approvalOf(request.place_id, verdict.lines);
	for (const line of booking.lines) lineOf.set(line.id, line);
	if (state === "submitted") assert.ok(booking.expires_at > clock(), text);
}

async function create() {
	const request = someRequest(base), option = random.chance(0.1);
	const call = { path: "/bookings", body: { ...bodyOf(request), option }, who: somebody() };
	keep(request, await judged("create", itemsOf(request), call, seeMade(201), expectMade(request, 201, option)));
}

const drafts = [];

async function draft() {
	const request = someRequest(base + DAY);
	if (request.ends_at <= request.starts_at || request.starts_at < base + HOUR) return;
	const { id, state } = await must("POST", "/bookings", { ...bodyOf(request), draft: true });
	assert.equal(state, "draft");
	const lines = request.lines.flatMap(({ quantity = 1, ...line }) => Array(quantity).fill(line)); // as it stores them
	drafts.push({ id, request: { ...request, lines } });
}

async function submit() {
	if (drafts.length === 0) return;
	const [{ id, request }] = drafts.splice(random.below(drafts.length), 1);
	const call = { path: `/bookings/${id}/submit`, who: somebody() };
	keep(request, await judged("submit", itemsOf(request), call, seeMade(200), expectMade(request, 200, false)));
}

const open = new Set(["submitted", "confirmed"]);

function someBooking() {
	const live = [...world.live];
	if (live.length > 0 && random.chance(0.95)) return random.pick(live);
	return random.pick([...world.bookings.values()]);
}

// A command that changes the state only.
async function command(name, from, to, body, who = officer) {
	const booking = someBooking();
	if (!booking || (name === "reject" && !booking.approval)) return; // an option is nobody's to reject
	await judged(name, [], { path: `/bookings/${booking.id}/${name}`, body, who },
		(answer) => (answer.status === 200 ? { status: 200, state: answer.json.state } : problemOf(answer)),
		() => (from.has(booking.state) ? { seen: { status: 200, state: to } } : notNow));
	if (!from.has(booking.state)) return;
	if (to === "confirmed") booking.state = to;
	else world.drop(booking, to);
}

const cancel = () => command("cancel", open, "cancelled", { reason: "essai" }, somebody());
const confirm = () => command("confirm", new Set(["submitted"]), "confirmed");
const reject = () => command("reject", new Set(["submitted"]), "rejected", { reason: "essai" });

const seeTimes = (answer) => (answer.status !== 200 ? problemOf(answer) : { status: 200, state: answer.json.state,
	starts_at: answer.json.starts_at, ends_at: answer.json.ends_at, lines: linesOf(answer.json) });

async function extend() {
	const booking = someBooking();
	if (!booking) return;
	const ends_at = booking.ends_at + random.pick([-30, 0, 15, 30, 60, 60, 120, 180, 240, 1440, 4320, 7]) * MINUTE;
	const items = booking.lines.map(({ item_id }) => item_id);
	const call = { path: `/bookings/${booking.id}/extend`, body: { ends_at: iso(ends_at) }, who: somebody() };
	const { verdict } = await judged("extend", items, call,
		(answer) => ({ ...seeTimes(answer), earliest: null }), (now) => {
			if (!world.live.has(booking)) return notNow;
			if (ends_at <= booking.ends_at) return refused({ code: "field.range", field: "ends_at" });
			if (ends_at <= now) return refused({ code: "time.invalid", field: "ends_at" });
			const verdict = world.judgeExtension(booking, ends_at, now);
			if (verdict.code) return refused(verdict);
			const after = booking.lines.map((line) => ({ ...line, ...verdict.lines.find((other) => other.line === line) }));
			return { verdict, seen: { status: 200, state: booking.state, starts_at: iso(booking.starts_at),
				ends_at: iso(ends_at), lines: toLines(after), earliest: null } };
		});
	if (verdict) world.extend(booking, ends_at, verdict);
}

async function move() {
	const booking = someBooking();
	if (!booking) return;
	const { starts_at, ends_at } = random.chance(0.3)
		? { starts_at: booking.starts_at + random.between(-8, 8) * 900, ends_at: booking.ends_at + random.between(-8, 8) * 900 }
		: someTimes(base, booking.lines[0].item_id);
	if (starts_at === booking.starts_at && ends_at === booking.ends_at) return; // changes nothing, whatever its state
	const request = world.askAgain(booking, starts_at, ends_at), who = somebody();
	const body = { starts_at: iso(starts_at), ends_at: iso(ends_at) };
	const call = { method: "PATCH", path: `/bookings/${booking.id}`, body, who };
	const { verdict, answer } = await judged("move", itemsOf(request), call, seeTimes, (now) => {
		if (!open.has(booking.state)) return notNow;
		const verdict = world.judge(request, now, booking.id);
		if (verdict.code) return refused(verdict, world.earliest(request, now, booking.id));
		const state = booking.approval && who !== officer ? "submitted" : booking.state; // agreed to anew
		return { verdict, seen: { status: 200, state, starts_at: iso(starts_at), ends_at: iso(ends_at),
			lines: toLines(verdict.lines) } };
	});
	if (!verdict) return;
	world.move(booking, request, verdict);
	booking.state = answer.json.state;
	booking.expires_at = answer.json.expires_at && instant(answer.json.expires_at);
}

async function blockItem() {
	const item_id = random.pick([...world.items.keys()]);
	const { starts_at, ends_at } = someTimes(base + HOUR, item_id);
	if (starts_at < base + HOUR || ends_at <= starts_at) return;
	const block = { item_id, starts_at, ends_at: random.chance(0.1) ? null : ends_at };
	await addBlock("block of a thing", block, (now) => world.judgeBlock(block, now).code);
}

async function blockPlace() {
	const starts_at = minuteOf(base + HOUR + random.below(10 * DAY));
	const block = { place_id: random.pick([...world.places.keys()]), starts_at, ends_at: starts_at + lengthOf() };
	await addBlock("block of a place", block, () => null);
}

async function addBlock(what, block, judge) {
	const body = { ...block, reason: "maintenance", starts_at: iso(block.starts_at), ends_at: isoOrNull(block.ends_at) };
	if (body.ends_at === null) delete body.ends_at;
	const { answer } = await judged(what, block.item_id ? [block.item_id] : [], { path: "/blocks", body },
		(answer) => (answer.status === 201 ? { status: 201 } : { ...problemOf(answer), earliest: null }),
		(now) => (judge(now) ? refused({ code: judge(now) }) : { seen: { status: 201 } }));
	if (answer.status === 201) blocks.push({ id: answer.json.id, one: world.block(answer.json.id, block) });
}

async function endBlock() {
	const n = random.below(blocks.length);
	if (blocks.length === 0) return;
	const [{ id, one }] = blocks.splice(n, 1);
	const { ended_at } = await must("POST", `/blocks/${id}/end`, {});
	counts["end of a block"] = (counts["end of a block"] ?? 0) + 1;
	world.endBlock(one, ended_at === null ? clock() : instant(ended_at)); // null: it was over
}

const seeLine = ({ id }) => (answer) => (answer.status !== 200 ? problemOf(answer)
	: { status: 200, state: answer.json.lines.find((line) => line.id === id).state });

const isHere = ({ place_id }, { travel, item_id }) =>
	travel === "on_site" || world.items.get(item_id).home_place_id === place_id;

// What stands where it is used may be handed over once its time has come.
async function handOver() {
	const ready = [...world.live].filter((b) => b.state !== "submitted" && b.starts_at <= base).flatMap((booking) =>
		booking.lines.map((line) => ({ booking, line })));
	const isOut = ({ item_id }) => [...world.out].some((other) => other.item_id === item_id);
	const able = ready.filter(({ booking, line }) => isHere(booking, line) && !line.isEnded && !isOut(line) && line.due_at > base);
	if (able.length === 0) return;
	const { booking, line } = random.pick(able);
	await judged("hand-over", [line.item_id], { path: `/lines/${line.id}/hand-over`, body: {} }, seeLine(line),
		() => ({ seen: { status: 200, state: "on_loan" } }));
	world.handOver(booking, line);
}

async function takeBack() {
	const booking = [...world.live].find(({ lines }) => lines.some(({ isOut }) => isOut));
	const line = booking?.lines.find(({ isOut }) => isOut);
	if (line && random.chance(0.1)) await giveBack(booking, line);
}

async function giveBack(booking, line) {
	const { inspect_s } = world.models.get(world.items.get(line.item_id).model_id);
	const { answer } = await judged("take-back", [line.item_id], { path: `/lines/${line.id}/take-back`, body: {} }, seeLine(line),
		() => ({ seen: { status: 200, state: inspect_s > 0 ? "taken_back" : "closed" } }));
	if (inspect_s > 0) await must("POST", `/lines/${line.id}/close`, {});
	world.takeBack(booking, line, instant(answer.json.lines.find(({ id }) => id === line.id).taken_back_at));
}

// One thing goes for good.
async function retire() {
	const item = [...world.items.values()].at(-1);
	for (const booking of [...world.live].filter(({ lines }) => lines.some(({ item_id }) => item_id === item.id))) {
		for (const line of booking.lines.filter(({ isOut }) => isOut)) await giveBack(booking, line);
		if (!open.has(booking.state)) continue;
		await must("POST", `/bookings/${booking.id}/cancel`, { reason: "fin" });
		world.drop(booking, "cancelled");
	}
	await must("POST", `/items/${item.id}/retire`, { reason: "hors d'usage" });
	item.retired = true;
}

// ---- what is shown ---------------------------------------------------------------------------------------------------

// Between two stays the thing goes home where there is time for both ways; else its margins are what the direct way
// needs.
async function compareHolds() {
	const lines = [];
	for (const booking of [...world.live].filter(({ ends_at }) => ends_at > base)) {
		const { json } = await ask("GET", `/bookings/${booking.id}`);
		booking.lines.forEach((line, n) => lines.push({ ...line, ...json.lines[n], number: line.number, booking }));
	}
	for (const { number, blocked, at_risk, booking } of lines) {
		const stay = world.stays[number], { before, behind, next, least } = world.holdOf(number);
		const told = () => `booking ${booking.id} at ${iso(clock())}: ${JSON.stringify({ blocked, at_risk })}\n`
			+ `${JSON.stringify(world.items.get(stay.item_id).late)}\n${world.timeline(stay.item_id)}`;
		same(at_risk, world.isAtRisk(number, clock()), told);
		if (before !== null) same(blocked.from, iso(before), told);
		if (behind !== null) same(blocked.to, iso(behind), told);
		const after = lines.find((other) => other.number === next);
		if (behind !== null || !after) continue;
		const sum = instant(blocked.to) - stay.ends_at + world.stays[next].starts_at - instant(after.blocked.from);
		same({ sum, isDisjoint: instant(blocked.to) <= instant(after.blocked.from) }, { sum: least, isDisjoint: true }, told);
		counts["onward without going home"] = (counts["onward without going home"] ?? 0) + 1;
	}
}

// At instants by chance, and the starts that are offered.
async function compareAvailability() {
	const from = Math.ceil(base / 900) * 900 + HOUR, to = from + 8 * DAY;
	for (const { id, home_place_id, retired } of world.items.values()) {
		const place_id = random.pick([...world.places.keys()]), travel = random.pick(["fetch", "on_site"]);
		const duration_s = random.pick([MINUTE, HOUR, DAY]);
		const query = `item_id=${id}&from=${iso(from)}&to=${iso(to)}&place_id=${place_id}&travel=${travel}`
			+ `&duration_s=${duration_s}`;
		const { items } = await must("GET", `/availability?${query}`);
		assert.equal(items.length, retired ? 0 : 1);
		if (retired) continue;
		const { changes, starts } = items[0];
		const now = clock(), expected = [];
		for (let at = from; at < to && expected.length < 20; at += 900) {
			const request = { place_id, starts_at: at, ends_at: at + duration_s, lines: [{ item_id: id, travel }] };
			if (world.judge(request, now).code === null) expected.push(iso(at));
		}
		const told = () => `${query} at ${iso(now)}: ${JSON.stringify(changes)}\nhome ${home_place_id} `
			+ `${JSON.stringify({ ...world.places.get(home_place_id), known: 0, blocks: 0 })}\n${world.timeline(id)}`;
		same(starts, expected, told);
		for (let n = 0; n < 60; n++) {
			const at = from + random.below((to - from) / MINUTE) * MINUTE;
			const { free } = changes.filter((change) => instant(change.at) <= at).at(-1);
			same(free, world.isFree(id, place_id, travel, at, now), () => `${iso(at)} ${told()}`);
			counts["instants compared"] = (counts["instants compared"] ?? 0) + 1;
		}
	}
}

// ---- the run ---------------------------------------------------------------------------------------------------------

const acts = [[28, preview], [32, create], [2, draft], [2, submit], [10, cancel], [4, confirm], [3, reject], [8, extend],
	[8, move], [1.5, blockItem], [0.7, blockPlace], [3, endBlock], [0.7, changeRules], [3, handOver], [1, takeBack]];

// Nothing of what runs out by itself may do so while this epoch lasts.
function calm(at) {
	const edges = [...world.live].flatMap(({ expires_at, lines }) => [expires_at, ...lines.map(({ due_at }) => due_at + 900)]);
	while (edges.some((edge) => edge !== null && edge >= at && edge < at + 30 * MINUTE)) at += 7 * MINUTE;
	return at;
}

// Rather where something may be handed over.
function landing(epoch) {
	const lines = [...world.live].filter(({ state }) => state === "confirmed").flatMap((booking) =>
		booking.lines.filter((line) => isHere(booking, line)));
	const near = lines.filter(({ starts_at }) => starts_at > base && Math.abs(starts_at - epoch) < 20 * HOUR);
	return near.length > 0 ? random.pick(near).starts_at + 3 * MINUTE : Math.max(epoch, base + HOUR);
}

async function jump(epoch) {
	if (service.process) assert.equal(await service.stop(), 0);
	base = calm(landing(epoch));
	offset = base * 1000 - Date.now();
	service.extra = `[clock]\noffset_ms = ${offset}`;
	service.writeConf(0);
	await service.start();
	world.expire(clock());
}

before(() => {
	console.log(`# NAVETTE_SEED=${seed}`);
	service = new Service();
	service.addUser("region@x.fr", "region_officer");
});
after(() => service.end());

test("service and model agree on every request and every edit", { timeout: 3600_000 }, async () => {
	for (const [n, epoch] of epochs.entries()) {
		await jump(epoch);
		if (n === 0) await makeWorld();
		if (n === epochs.length - 2) await retire();
		for (let acted = 1; asked < (total * (n + 1)) / epochs.length; acted++) {
			const isFull = [...world.live].filter(({ ends_at }) => ends_at > base).length > 40;
			await (isFull && random.chance(0.4) ? cancel : random.weighed(acts))();
			if (acted % 500 === 0) await compareHolds();
		}
		await compareHolds();
		await compareAvailability();
	}
	console.log(`# ${asked} asked: ${JSON.stringify(counts)}`);
});

test("every booking stands in the service as it stands in the model", async () => {
	for (const booking of world.bookings.values()) {
		const { json } = await ask("GET", `/bookings/${booking.id}`);
		assert.deepEqual({ state: json.state, starts_at: json.starts_at, ends_at: json.ends_at, lines: linesOf(json) },
			{ state: booking.state, starts_at: iso(booking.starts_at), ends_at: iso(booking.ends_at),
				lines: toLines(booking.lines) });
	}
});
