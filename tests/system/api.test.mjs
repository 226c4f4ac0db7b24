// SPDX-License-Identifier: EUPL-1.2
// The HTTP API against its own description: every answer is one that openapi.yaml describes, every member sent wrongly
// is refused by name and changes nothing, and nobody touches what is not theirs.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "./broker_lab.mjs";
import { bodyOf, document, faultOf, operations, routesOfTable, wrongBodies } from "./openapi.mjs";
import { Service } from "./service_lab.mjs";

const password = "une-autre-phrase-secrete";
let service;
const region = {}, people = {};
const made = {}; // ids

// Whatever is asked, the answer is one of those described.
async function ask(who, method, path, body, headers = {}) {
	const answer = await fetch(service.base + path, {
		method,
		headers: { ...(who?.headers ?? {}), ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	const text = Buffer.from(await answer.arrayBuffer()).toString(); // with its byte order mark, if any
	const type = answer.headers.get("content-type") ?? "";
	assert.equal(faultOf(method, path, answer.status, type, text), "", `${method} ${path} ${answer.status} ${text.slice(0, 300)}`);
	return { status: answer.status, type, text, headers: answer.headers, json: type.includes("json") ? JSON.parse(text) : null };
}

async function get(path, who = region) {
	const answer = await ask(who, "GET", path);
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}

async function make(path, body, who = region) {
	const answer = await ask(who, "POST", path, body);
	assert.equal(answer.status, 201, answer.text);
	assert.equal(answer.headers.get("location"), `/api/v1${path}/${answer.json.id}`);
	assert.equal(answer.headers.get("etag"), `"${answer.json.version}"`);
	return answer.json;
}

async function refused(who, method, path, body, status, code, field) {
	const answer = await ask(who, method, path, body);
	assert.equal(`${answer.status} ${answer.json.code}`, `${status} ${code}`, `${method} ${path} ${JSON.stringify(body)}`);
	if (field) assert.equal(answer.json.field, field);
	return answer;
}

const collections = ["hubs", "places", "models", "items", "tags", "meters", "gateways"];
const everything = () => Promise.all(collections.map((name) => get(`/${name}?limit=500`)));

async function signIn(email) {
	const answer = await fetch(`${service.base}/session`, {
		method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email, password }),
	});
	assert.equal(answer.status, 200);
	const cookie = answer.headers.get("set-cookie").split(";")[0];
	return { headers: { cookie, "x-csrf-token": (await answer.json()).csrf } };
}

async function person(role, scope, scope_id) {
	const email = `${role}-${scope}-${scope_id}@navette.example`;
	await ask(region, "POST", "/users", { email, name: role, password, roles: [{ role, scope, scope_id }] });
	return signIn(email);
}

async function furnish() {
	made.north = (await make("/hubs", { name: "Pôle nord" })).id;
	made.south = (await make("/hubs", { name: "Pôle sud" })).id;
	made.here = (await make("/places", { name: "EPN d'ici", hub_id: made.north, commune: "Saint-Lô", insee: "50502" })).id;
	made.there = (await make("/places", { name: "Fablab d'ailleurs", hub_id: made.south })).id;
	made.model = (await make("/models", { name: "Prusa MK4", family: "Impression 3D", transport_class: "T2" })).id;
	made.item = (await make("/items", { model_id: made.model, inventory_no: "A-1", owner_place_id: made.here })).id;
	made.far = (await make("/items", { model_id: made.model, inventory_no: "B-1", owner_place_id: made.there })).id;
	made.gateway = (await make("/gateways", { name: "Accueil", place_id: made.here })).id;
	made.meter = (await make("/meters", { gateway_id: made.gateway, name: "prusa-1" })).id;
	made.tag = (await make("/tags", { kind: "ble", addr: "C0:98:E5:00:00:01", key: "00112233445566778899aabbccddeeff" })).id;
	assert.equal((await ask(region, "POST", `/items/${made.item}/tag`, { tag_id: made.tag })).json.tag_id, made.tag);
	assert.equal((await ask(region, "POST", `/items/${made.item}/meter`, { meter_id: made.meter })).json.meter_id, made.meter);
}

before(async () => {
	// No broker: what is said here needs none, and a service without one must answer all the same.
	const passwordFile = join(process.env.TMPDIR ?? "/tmp", `navette-api-test-${process.pid}`);
	writeFileSync(passwordFile, "nobody\n", { mode: 0o600 });
	service = await Service.open({ url: `mqtt://127.0.0.1:${await freePort()}`, passwordFile });
	region.headers = { ...service.headers };
	delete region.headers["content-type"];
	await furnish();
	people.coordinator = await person("coordinator", "hub", made.south);
	people.manager = await person("manager", "place", made.here);
	people.animator = await person("animator", "place", made.here);
	people.technician = await person("technician", "hub", made.north);
	people.auditor = await person("auditor", "region", null);
});
after(() => service?.close());

// ---- the description ---------------------------------------------------------------------------------------------

test("the document describes every route of the table, and no other", async () => {
	const table = routesOfTable();
	assert.ok(table.length > 40);
	assert.deepEqual(operations.map((one) => `${one.method} ${one.path} ${one.operationId}`).sort(),
		table.map((one) => `${one.method} ${one.path} ${one.name}`).sort());
	for (const { path, method, hasCsv } of table)
		assert.equal("text/csv" in (document.paths[path][method.toLowerCase()].responses["200"]?.content ?? {}), hasCsv, path);
});

test("it is served as it is written", async () => {
	assert.deepEqual(await get("/openapi.json", null), document);
});

test("nobody gets anything without signing in", async () => {
	for (const { method, path, security } of operations) {
		if (security?.length === 0) continue;
		await refused(null, method, path.replace("{id}", "1"), method === "GET" || method === "DELETE" ? undefined : {}, 401, "auth.required");
	}
});

// ---- wrong bodies ------------------------------------------------------------------------------------------------

const valid = () => ({
	users_add: { email: "x@navette.example", name: "X", password },
	user_change: {},
	tokens_add: { label: "essai", role: "auditor", scope: "region" },
	user_disable: {},
	token_revoke: {},
	hubs_add: { name: "Pôle d'essai" },
	hub_change: { name: "Pôle d'essai" },
	places_add: { name: "Lieu d'essai", latitude: 49.1, longitude: -1.08 },
	place_change: { latitude: 49.1, longitude: -1.08 },
	models_add: { name: "Modèle d'essai", family: "Essais", transport_class: "T1" },
	model_change: {},
	items_add: { model_id: made.model, inventory_no: "ESSAI", owner_place_id: made.here },
	item_change: {},
	item_retire: { reason: "cassé" },
	item_tag: { tag_id: null },
	item_meter: { meter_id: null },
	tags_add: { kind: "ble", addr: "c0:98:e5:ff:ff:ff" },
	tag_change: {},
	tag_release: { reason: "vue sur place" },
	tag_counter_reset: { reason: "pile changée" },
	meters_add: { gateway_id: made.gateway, name: "essai" },
	meter_change: {},
	meter_release: { reason: "vu sur place" },
	gateways_add: { name: "Essai", place_id: made.here },
	gateway_change: { name: "Atelier" },
	gateway_revoke: {},
	gateway_rotate: {},
});

const objectOf = { hubs: "north", places: "here", models: "model", items: "item", tags: "tag", meters: "meter", gateways: "gateway" };

function addressOf({ path }) {
	const collection = path.split("/")[1];
	return path.replace("{id}", made[objectOf[collection]] ?? 1);
}

test("each member sent wrongly is refused by its name, and nothing changes", async () => {
	const bodies = valid(), was = await everything();
	let n = 0;
	for (const operation of operations) {
		if (!bodyOf(operation) || ["session", "lending"].includes(operation.tags[0])) continue; // booking-input.test.mjs
		assert.ok(bodies[operation.operationId], `a valid body of ${operation.operationId} to spoil`);
		for (const { field, body } of wrongBodies(operation, bodies[operation.operationId])) {
			const answer = await ask(region, operation.method, addressOf(operation), body);
			const what = `${operation.operationId} ${JSON.stringify(body).slice(0, 200)} → ${answer.text.slice(0, 200)}`;
			assert.equal(answer.status, 422, what);
			const said = answer.json.field; // the member, the one it is in, or one in it
			assert.ok(said && (field.startsWith(said) || said.startsWith(field)), what);
			n++;
		}
	}
	assert.ok(n > 300, `${n} wrong bodies`);
	assert.deepEqual(await everything(), was);
});

test("what the schema cannot say is refused too", async () => {
	const was = await everything();
	await refused(region, "POST", "/hubs", { name: "Pôle nord" }, 409, "exists", "name");
	await refused(region, "POST", "/items", { ...valid().items_add, inventory_no: "A-1" }, 409, "exists", "inventory_no");
	await refused(region, "POST", "/tags", { kind: "ble", addr: "c0:98:e5:00:00:01" }, 409, "tag.exists", "addr");
	await refused(region, "POST", "/meters", { gateway_id: made.gateway, name: "prusa-1" }, 409, "tag.exists", "name");
	await refused(region, "POST", "/tags", { kind: "lorawan", dev_eui: "70b3d57ed0001234" }, 422, "field.range", "kind");
	await refused(region, "PATCH", `/models/${made.model}`, { usage_profile: { idle_mw: 40000 } }, 422, "field.range", "usage_profile.active_mw");
	await refused(region, "PATCH", `/places/${made.here}`, { parent_id: made.here }, 422, "field.range", "parent_id");
	await refused(region, "POST", "/places", { name: "Lieu", latitude: 49 }, 422, "field.required", "longitude");
	await refused(region, "POST", `/items/${made.item}/tag`, { tag_id: made.meter }, 422, "reference.unknown", "tag_id");
	await refused(region, "POST", `/tags/${made.tag}/release`, { reason: "x", effective_at: "2020-01-01T00:00:00Z" }, 422, "time.invalid", "effective_at");
	await refused(region, "POST", `/items/${made.item}/retire`, { reason: "x", effective_at: "2199-01-01T00:00:00Z" }, 422, "time.invalid", "effective_at");
	for (const path of ["/hubs/999999", "/places/999999", "/models/999999", "/items/999999", "/tags/999999", `/tags/${made.meter}`, "/meters/999999", "/gateways/999999"])
		await refused(region, "GET", path, undefined, 404, "not_found");
	assert.deepEqual(await everything(), was);
});

test("a wrong question is refused by the name of its parameter", async () => {
	const period = "from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z";
	for (const [path, code, field] of [
		["/items?limit=0", "field.range", "limit"], ["/items?limit=501", "field.range", "limit"],
		["/items?limit=x", "field.type", "limit"], ["/items?nonsense=1", "request.unknown_field", "nonsense"],
		["/items/1?nonsense=1", "request.unknown_field", "nonsense"],
		["/items?state=lost", "field.range", "state"], ["/items?hub_id=0", "field.range", "hub_id"],
		["/items?code=123", "field.range", "code"], ["/items?code=0000017", "code.checksum", "code"],
		["/tags?bound=1", "field.type", "bound"],
		["/attention?scope=place", "field.required", "scope_id"], ["/attention?scope=all", "field.range", "scope"],
		["/attention?scope=region&scope_id=1", "field.range", "scope_id"],
		["/usage", "field.required", "from"], ["/usage?from=2026-11-01T00:00:00Z", "field.required", "to"],
		["/usage?from=2026-11-01T00:30:00Z&to=2026-11-02T00:00:00Z", "time.invalid", "from"],
		["/usage?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:01Z", "time.invalid", "to"],
		["/usage?from=2026-11-02T00:00:00Z&to=2026-11-02T00:00:00Z", "time.invalid", "to"],
		["/usage?from=yesterday&to=2026-11-02T00:00:00Z", "time.invalid", "from"],
		["/usage?from=2024-11-01T00:00:00Z&to=2026-11-02T00:00:00Z", "field.range", "to"],
		[`/usage?${period}&group=item,,day`, "field.range", "group"], [`/usage?${period}&group=year`, "field.range", "group"],
	]) await refused(region, "GET", path, undefined, 422, code, field);
});

// ---- objects -----------------------------------------------------------------------------------------------------

test("a change is conditional on the version it was made to", async () => {
	const path = `/hubs/${made.south}`, { version } = await get(path);
	const stale = await ask(region, "PATCH", path, { name: "Pôle du sud" }, { "if-match": `"${version + 1}"` });
	assert.equal(`${stale.status} ${stale.json.code}`, "412 version.stale");
	assert.equal((await get(path)).name, "Pôle sud");
	const changed = await ask(region, "PATCH", path, { name: "Pôle du sud" }, { "if-match": `"${version}"` });
	assert.equal(changed.status, 200);
	assert.equal(changed.json.version, version + 1);
	assert.equal(changed.headers.get("etag"), `"${version + 1}"`);
	const same = await ask(region, "PATCH", path, { name: "Pôle du sud" });
	assert.equal(same.json.version, version + 1, "what changes nothing makes no version");
});

test("a place keeps its 32 columns as they were given", async () => {
	const national = { id: "x-1", nom: "EPN", latitude: 49.1155, longitude: "-1.0835", services: "A|B" };
	const place = await make("/places", { name: "Lieu au standard", national });
	assert.deepEqual((await get(`/places/${place.id}`)).national, national);
	const emptied = await ask(region, "PATCH", `/places/${place.id}`, { national: null, commune: "Caen" });
	assert.deepEqual([emptied.json.national, emptied.json.commune], [{}, "Caen"]);
});

test("an absent member stays as it was; null empties what may be unknown", async () => {
	const item = await make("/items", { ...valid().items_add, inventory_no: "N-1", serial: "S", cost_cents: 89900, in_service_on: "2026-03-29" });
	assert.deepEqual([item.in_service_on, item.home_place_id, item.lend_to, item.approver], ["2026-03-29", made.here, "everyone", "nobody"]);
	const { json } = await ask(region, "PATCH", `/items/${item.id}`, { serial: null, lend_to: "hub" });
	assert.deepEqual([json.serial, json.cost_cents, json.lend_to, json.in_service_on], [null, 89900, "hub", "2026-03-29"]);
});

test("an item without a device is not measured; with one it is, from now on", async () => {
	const bare = await get(`/items/${made.far}`), item = await get(`/items/${made.item}`);
	assert.deepEqual([bare.live, bare.observed, bare.tag_id], [null, null, null]);
	assert.deepEqual(item.live, { state: "unknown", active_s: 0, battery: null, heard_at: null });
	assert.deepEqual(item.custody, { place_id: made.here, line_id: null });
	const hour = new Date(Math.floor(Date.now() / 3.6e6) * 3.6e6), z = (date) => date.toISOString().replace(".000Z", "Z");
	const [from, to] = [z(new Date(+hour - 24 * 3.6e6)), z(new Date(+hour + 3.6e6))];
	const { items } = await get(`/usage?from=${from}&to=${to}&group=item,hub,grant,theme,month`);
	const row = (id) => items.find(({ key }) => key.item_id === id);
	assert.deepEqual(Object.keys(row(made.item).key), ["item_id", "hub_id", "grant_id", "theme", "month"]);
	assert.deepEqual([row(made.far).measured_a_s, row(made.far).retained_s, row(made.far).coverage], [null, null, null]);
	assert.deepEqual([row(made.item).measured_a_s, row(made.item).measured_b_s, row(made.item).retained_s], [0, 0, 0]);
});

test("a label's code finds its item however it is typed", async () => {
	const { id, code } = await get(`/items/${made.item}`);
	for (const typed of [code, code.toLowerCase(), `${code.slice(0, 3)}-${code.slice(3)}`, ` ${code.slice(0, 4)} ${code.slice(4)} `])
		assert.deepEqual((await get(`/items?code=${encodeURIComponent(typed)}`)).items.map((one) => one.id), [id]);
	const codes = (await get("/items?limit=500")).items.map((one) => one.code);
	assert.equal(new Set(codes).size, codes.length);
	const unused = ["0000000", "0000016"].find((one) => !codes.includes(one));
	assert.deepEqual((await get(`/items?code=${unused}`)).items, []);
});

test("pages follow one another and lose nothing", async () => {
	const all = (await get("/items?limit=500")).items.map((one) => one.id), paged = [];
	for (let next = ""; next !== null; ) {
		const page = await get(`/items?limit=2${next && `&cursor=${next}`}`);
		assert.ok(page.items.length <= 2);
		paged.push(...page.items.map((one) => one.id));
		next = page.next;
	}
	assert.deepEqual(paged, all);
});

test("retiring frees the devices and is done once", async () => {
	const item = await make("/items", { ...valid().items_add, inventory_no: "R-1" });
	const tag = await make("/tags", { kind: "ble", addr: "c0:98:e5:00:00:99" });
	await ask(region, "POST", `/items/${item.id}/tag`, { tag_id: tag.id });
	const retired = (await ask(region, "POST", `/items/${item.id}/retire`, { reason: "cassé", note: "irréparable" })).json;
	assert.deepEqual([retired.state, retired.tag_id], ["retired", null]);
	assert.ok((await get("/tags?bound=false&limit=500")).items.some((one) => one.id === tag.id));
	const again = (await ask(region, "POST", `/items/${item.id}/retire`, { reason: "encore" })).json;
	assert.equal(again.version, retired.version);
	await refused(region, "POST", `/items/${item.id}/tag`, { tag_id: tag.id }, 409, "state.conflict");
	assert.ok((await get("/items?state=retired&limit=500")).items.every((one) => one.state === "retired"));
});

test("a gateway gets another name, and another place; one that is revoked does not", async () => {
	const { id, version } = await make("/gateways", { name: "Atelier", place_id: made.here });
	const change = (body, headers) => ask(region, "PATCH", `/gateways/${id}`, body, headers);
	const renamed = (await change({ name: "Accueil du public" })).json;
	assert.deepEqual([renamed.name, renamed.place_id, renamed.version], ["Accueil du public", made.here, version + 1]);
	assert.equal("enrolment" in renamed, false);
	assert.equal((await change({ name: "Accueil du public" })).json.version, version + 1, "nothing changed");
	const moved = (await change({ place_id: made.there })).json;
	assert.deepEqual([moved.name, moved.place_id], ["Accueil du public", made.there]);
	await refused(region, "PATCH", `/gateways/${id}`, { place_id: 999999 }, 422, "reference.unknown", "place_id");
	await refused(region, "PATCH", `/gateways/${id}`, { name: "" }, 422, "field.required", "name");
	await refused(people.coordinator, "PATCH", `/gateways/${id}`, { place_id: made.here }, 422, "reference.unknown", "place_id");
	assert.deepEqual(await get(`/gateways/${id}`), moved);
	assert.equal((await change({ place_id: made.here }, { "if-match": `"${version}"` })).status, 412);
	assert.equal((await change({ place_id: made.here }, { "if-match": `"${moved.version}"` })).json.place_id, made.here);
	await ask(region, "POST", `/gateways/${id}/revoke`, {});
	await refused(region, "PATCH", `/gateways/${id}`, { name: "Atelier" }, 409, "state.conflict");
});

test("keys are shown once, or never", async () => {
	const gateway = await make("/gateways", { name: "Atelier", place_id: made.here });
	assert.equal(gateway.enrolment.gateway, gateway.gateway);
	assert.equal("enrolment" in (await get(`/gateways/${gateway.id}`)), false);
	const rotated = (await ask(region, "POST", `/gateways/${gateway.id}/rotate`)).json;
	assert.notEqual(rotated.enrolment.mac_key, gateway.enrolment.mac_key);
	const revoked = (await ask(region, "POST", `/gateways/${gateway.id}/revoke`, {})).json;
	assert.ok(revoked.revoked_at && !revoked.provisioned);
	await refused(region, "POST", `/gateways/${gateway.id}/rotate`, {}, 409, "state.conflict");
	for (const path of ["/tags", "/gateways", "/tags.csv", "/gateways.csv"]) {
		const { text } = await ask(region, "GET", path);
		for (const secret of ["00112233445566778899aabbccddeeff", gateway.enrolment.mac_key, gateway.enrolment.password])
			assert.ok(!text.includes(secret), path);
	}
});

// ---- CSV ---------------------------------------------------------------------------------------------------------

test("lists come as CSV that a French spreadsheet opens and does not run", async () => {
	await make("/items", { ...valid().items_add, inventory_no: "=1+1", serial: "a;\"b\"", cost_cents: 123450 });
	const { text, type } = await ask(region, "GET", "/items.csv?q=%3D1");
	assert.equal(type, "text/csv; charset=utf-8");
	const [titles, row, end] = text.replace(/^\ufeff/, "").split("\r\n");
	assert.ok(text.startsWith("\ufeffN°;N° d'inventaire;Modèle;"));
	assert.equal(row.split(";").length - 1, titles.split(";").length, "one ; is within quotes");
	assert.ok(row.includes(`;"'=1+1";Prusa MK4;Impression 3D;"a;""b""";EPN d'ici;`), row);
	assert.ok(row.includes(";non mesuré;"), row);
	assert.ok(row.includes(";1234,50;"), row);
	assert.equal(end, "");
	for (const name of collections.slice(0, -1).concat("gateways", "attention"))
		assert.ok((await ask(region, "GET", `/${name}.csv`)).text.startsWith("\ufeffN°;"));
	const usage = (await ask(region, "GET", "/usage.csv?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z&group=item,day")).text;
	assert.ok(usage.startsWith("\ufeffN° d'exemplaire;Jour;Heures réservées;Heures disponibles;Dont heures d'ouverture;"));
});

// ---- rights ------------------------------------------------------------------------------------------------------

test("who looks after one hub does not touch another's devices", async () => {
	const { coordinator } = people, was = await everything();
	await refused(coordinator, "POST", `/items/${made.item}/tag`, { tag_id: null }, 403, "auth.forbidden");
	await refused(coordinator, "POST", `/items/${made.item}/meter`, { meter_id: null }, 403, "auth.forbidden");
	await refused(coordinator, "POST", `/items/${made.far}/tag`, { tag_id: made.tag }, 422, "reference.unknown", "tag_id");
	await refused(coordinator, "POST", `/items/${made.far}/meter`, { meter_id: made.meter }, 422, "reference.unknown", "meter_id");
	await refused(coordinator, "POST", "/gateways", { name: "X", place_id: made.here }, 403, "auth.forbidden", "place_id");
	await refused(coordinator, "POST", "/meters", { gateway_id: made.gateway, name: "x" }, 422, "reference.unknown", "gateway_id");
	for (const [method, path, body] of [
		["GET", `/gateways/${made.gateway}`], ["PATCH", `/gateways/${made.gateway}`, { name: "x" }], ["POST", `/gateways/${made.gateway}/rotate`, {}], ["POST", `/gateways/${made.gateway}/revoke`, {}],
		["GET", `/tags/${made.tag}`], ["PATCH", `/tags/${made.tag}`, { label: "x" }], ["POST", `/tags/${made.tag}/release`, { reason: "x" }],
		["POST", `/tags/${made.tag}/counter-reset`, { reason: "x" }],
		["GET", `/meters/${made.meter}`], ["PATCH", `/meters/${made.meter}`, { label: "x" }], ["POST", `/meters/${made.meter}/release`, { reason: "x" }],
	]) {
		const foreign = await refused(coordinator, method, path, body, 404, "not_found");
		const absent = await refused(coordinator, method, path.replace(/\d+/, "999999"), body, 404, "not_found");
		assert.equal(foreign.text, absent.text, "what is somebody else's is as good as absent");
	}
	assert.deepEqual((await get("/gateways", coordinator)).items, []);
	assert.deepEqual((await get("/meters", coordinator)).items, []);
	assert.ok((await get("/tags?limit=500", coordinator)).items.every((tag) => tag.item_id === null));
	assert.deepEqual(await everything(), was);
});

test("a place's people change what is theirs, and give nothing away", async () => {
	const { manager, animator } = people;
	assert.equal((await ask(manager, "PATCH", `/items/${made.item}`, { serial: "S-1" })).status, 200);
	assert.equal((await ask(manager, "PATCH", `/places/${made.here}`, { opening_hours: "Tu-Fr 09:30-12:30" })).status, 200);
	const was = await everything();
	await refused(manager, "PATCH", `/items/${made.far}`, { serial: "S-2" }, 403, "auth.forbidden");
	await refused(manager, "PATCH", `/items/${made.item}`, { owner_place_id: made.there }, 403, "auth.forbidden", "owner_place_id");
	await refused(manager, "PATCH", `/items/${made.item}`, { home_place_id: made.there }, 403, "auth.forbidden", "home_place_id");
	await refused(manager, "POST", "/items", { ...valid().items_add, owner_place_id: made.there }, 403, "auth.forbidden", "owner_place_id");
	await refused(manager, "POST", `/items/${made.far}/retire`, { reason: "x" }, 403, "auth.forbidden");
	await refused(manager, "PATCH", `/places/${made.there}`, { commune: "X" }, 403, "auth.forbidden");
	await refused(manager, "PATCH", `/places/${made.here}`, { hub_id: made.south }, 403, "auth.forbidden", "hub_id");
	for (const path of ["/hubs", "/places", "/models", "/tags", "/meters", "/gateways", "/users"])
		await refused(manager, "POST", path, {}, 403, "auth.forbidden");
	for (const path of ["/tags", "/meters", "/gateways"]) await refused(manager, "GET", path, undefined, 403, "auth.forbidden");
	for (const who of [animator, people.auditor])
		for (const { method, path, operationId, tags } of operations)
			if (["POST", "PATCH"].includes(method) && tags[0] !== "lending" && !/^(session|tokens?|events)/.test(operationId))
				await refused(who, method, addressOf({ path }), {}, 403, "auth.forbidden");
	assert.deepEqual(await everything(), was);
});

test("a technician binds within the hub, and sees what needs a person there", async () => {
	const { technician } = people;
	const unbound = await ask(technician, "POST", `/items/${made.item}/meter`, { meter_id: null });
	assert.equal(unbound.json.meter_id, null);
	assert.equal((await ask(technician, "POST", `/items/${made.item}/meter`, { meter_id: made.meter })).json.meter_id, made.meter);
	await refused(technician, "POST", `/items/${made.far}/tag`, { tag_id: null }, 403, "auth.forbidden");
	await refused(technician, "PATCH", `/items/${made.item}`, { serial: "x" }, 403, "auth.forbidden");
	assert.deepEqual((await get("/gateways?limit=500", technician)).items.map((one) => one.place_id).filter((id) => id !== made.here), []);
	assert.deepEqual((await get(`/attention?scope=hub&scope_id=${made.north}`, technician)).items, []);
	await refused(people.animator, "GET", "/attention", undefined, 403, "auth.forbidden");
});
