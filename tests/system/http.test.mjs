// SPDX-License-Identifier: EUPL-1.2
// The HTTP door as a stranger, a browser and a script meet it. tsan
// Nothing here is judged by how long it took; limits of waiting are ten times what is promised, or more.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { PASSWORD, Service, Stream, program, until } from "./http_lab.mjs";

let service, officer;

before(async () => {
	service = new Service();
	service.addUser("region@x.fr", "region_officer");
	service.addUser("tech@x.fr", "technician");
	service.addUser("audit@x.fr", "auditor");
	writeFileSync(join(service.web, "index.html"), "<!doctype html><title>page</title>");
	writeFileSync(join(service.web, "index.html.br"), "br bytes");
	writeFileSync(join(service.web, "assets", "app-ABCDEFG2.js"), "let a;");
	writeFileSync(join(service.web, "assets", "plain.js"), "let b;");
	writeFileSync(join(service.web, ".hidden.txt"), "hidden");
	symlinkSync("/etc/passwd", join(service.web, "link.txt"));
	await service.start();
	officer = await service.signIn("region@x.fr");
});
after(() => service.end());

const isProblem = (answer, status, code, field) => {
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.headers["content-type"], "application/problem+json");
	assert.equal(answer.json.code, code);
	assert.equal(answer.json.status, status);
	for (const name of ["type", "title", "detail"]) assert.equal(typeof answer.json[name], "string");
	assert.doesNotMatch(answer.text, /SELECT|sqlite|\.c:\d/i);
	assert.doesNotMatch(`${answer.json.title} ${answer.json.detail}`, /\b(not|the|of|given|unknown|is|beyond|more)\b/i);
	assert.match(answer.json.detail, /^[A-ZÀÉÊ].*\.$/, "a sentence");
	if (field !== undefined) assert.equal(answer.json.field, field);
};

let serial = 0;
const newUser = () => ({
	email: `user${++serial}@x.fr`, name: "Une personne", password: PASSWORD,
	roles: [{ role: "technician", scope: "region", scope_id: null }],
});

describe("sign-in", () => {
	test("gives a session, its user and settings, and a cookie scripts cannot read", async () => {
		const answer = await service.api("POST", "/session", { body: { email: "REGION@x.fr", password: PASSWORD } });
		assert.equal(answer.status, 200);
		assert.match(answer.headers["set-cookie"][0], /^navette=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=/);
		assert.deepEqual(answer.json.user.roles, [{ role: "region_officer", scope: "region", scope_id: null }]);
		assert.equal(answer.json.settings.timezone, "Europe/Paris");
		assert.equal(answer.json.settings.silent_s, 900);
		assert.match(answer.json.now, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		assert.equal(answer.headers["cache-control"], "no-store");
	});

	test("behind a proxy that speaks TLS the cookie is bound to the host", async () => {
		const tls = { "X-Forwarded-Proto": "https" };
		const person = await service.signIn("region@x.fr", PASSWORD, tls);
		assert.match(person.cookie, /^__Host-navette=/);
		assert.equal((await person.api("GET", "/session", { headers: tls })).status, 200);
		assert.equal((await person.api("GET", "/session")).status, 401);
	});

	test("a wrong password, an unknown address and a closed account get one answer", async () => {
		const closed = (await officer.api("POST", "/users", { body: newUser() })).json;
		assert.equal((await officer.api("POST", `/users/${closed.id}/disable`)).status, 200);
		const answers = [];
		for (const body of [{ email: "region@x.fr", password: "pas le bon, non" }, { email: "nobody@x.fr", password: PASSWORD },
			{ email: closed.email, password: PASSWORD }, { email: "no address", password: PASSWORD }])
			answers.push(await service.api("POST", "/session", { body }));
		for (const answer of answers) {
			isProblem(answer, 401, "auth.failed");
			assert.equal(answer.text, answers[0].text);
			assert.equal(answer.headers["set-cookie"], undefined);
		}
	});

	test("makes a new id and ends the session the browser came with", async () => {
		const first = await service.signIn("tech@x.fr");
		const second = await service.signIn("tech@x.fr", PASSWORD, { Cookie: first.cookie });
		assert.notEqual(second.cookie, first.cookie);
		assert.equal((await first.api("GET", "/session")).status, 401);
		const chosen = `navette=${"A".repeat(43)}`;
		const third = await service.signIn("tech@x.fr", PASSWORD, { Cookie: chosen });
		assert.notEqual(third.cookie, chosen);
	});

	test("sign-out ends it", async () => {
		const person = await service.signIn("tech@x.fr");
		const answer = await person.api("DELETE", "/session");
		assert.equal(answer.status, 204);
		assert.match(answer.headers["set-cookie"][0], /^navette=; .*Max-Age=0/);
		assert.equal((await person.api("GET", "/session")).status, 401);
	});

	test("a guesser is held back, from elsewhere the owner gets in, others do not notice", async () => {
		const victim = newUser();
		assert.equal((await officer.api("POST", "/users", { body: victim })).status, 201);
		const guess = (address) => service.api("POST", "/session",
			{ body: { email: victim.email, password: "au hasard, toujours" }, headers: { "X-Forwarded-For": address } });
		const answers = [];
		for (let i = 0; i < 40; i++) answers.push(await guess("192.0.2.7"));
		const evaluated = answers.filter((answer) => answer.status === 401).length;
		assert.ok(evaluated >= 1 && evaluated <= 20, `${evaluated} evaluated`);
		const last = answers.at(-1);
		isProblem(last, 429, "rate.limited");
		assert.ok(Number(last.headers["retry-after"]) >= 1 && Number(last.headers["retry-after"]) <= 60);
		await service.signIn(victim.email, PASSWORD, { "X-Forwarded-For": "192.0.2.8" });
		await service.signIn("tech@x.fr", PASSWORD, { "X-Forwarded-For": "192.0.2.7" });
	});

	test("the own password changes with the present one, ends the other sessions, and must be good", async () => {
		const user = newUser();
		await officer.api("POST", "/users", { body: user });
		const one = await service.signIn(user.email), two = await service.signIn(user.email);
		const change = (current, password) => one.api("POST", "/session/password", { body: { current, password } });
		isProblem(await change("autre chose, tiens", "une phrase neuve ici"), 422, "field.range", "current");
		isProblem(await change(PASSWORD, "trop court"), 422, "field.length", "password");
		isProblem(await change(PASSWORD, "Motdepasse1234"), 422, "field.range", "password");
		isProblem(await change(PASSWORD, "aaaaaaaaaaaaaaaa"), 422, "field.range", "password");
		const answer = await change(PASSWORD, "une phrase neuve ici");
		assert.equal(answer.status, 200);
		assert.equal((await two.api("GET", "/session")).status, 401);
		assert.equal((await one.api("GET", "/session")).status, 401);
		one.take(answer);
		assert.equal((await one.api("GET", "/session")).status, 200);
		await service.signIn(user.email, "une phrase neuve ici");
	});
});

describe("changes by cookie", () => {
	test("need the token of the page", async () => {
		const body = newUser();
		isProblem(await officer.api("POST", "/users", { body, headers: { "X-CSRF-Token": undefined } }), 403, "auth.csrf");
		isProblem(await officer.api("POST", "/users", { body, headers: { "X-CSRF-Token": "A".repeat(43) } }), 403, "auth.csrf");
		const other = await service.signIn("region@x.fr");
		isProblem(await officer.api("POST", "/users", { body, headers: { "X-CSRF-Token": other.csrf } }), 403, "auth.csrf");
	});

	test("are refused to a foreign page, even at sign-in", async () => {
		for (const Origin of ["https://evil.example", "null", `http://127.0.0.1:1`])
			isProblem(await officer.api("POST", "/users", { body: newUser(), headers: { Origin } }), 403, "auth.csrf");
		isProblem(await service.api("POST", "/session",
			{ body: { email: "region@x.fr", password: PASSWORD }, headers: { Origin: "https://evil.example" } }), 403, "auth.csrf");
		const own = `http://127.0.0.1:${service.port}`;
		assert.equal((await officer.api("POST", "/users", { body: newUser(), headers: { Origin: own } })).status, 201);
	});

	test("are JSON, never a form", async () => {
		for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"])
			isProblem(await officer.api("POST", "/users", { body: JSON.stringify(newUser()), headers: { "Content-Type": type } }),
				415, "request.content_type");
		const type = "Application/JSON; charset=utf-8";
		assert.equal((await officer.api("POST", "/users", { body: JSON.stringify(newUser()), headers: { "Content-Type": type } })).status, 201);
	});

	test("are never a GET, and a wrong method says which are right", async () => {
		const answer = await officer.api("GET", "/users/1/disable");
		isProblem(answer, 405, "request.method");
		assert.equal(answer.headers.allow, "POST");
		const many = await officer.api("PUT", "/session");
		isProblem(many, 405, "request.method");
		assert.equal(many.headers.allow, "GET, HEAD, POST, DELETE");
	});
});

describe("a keyed POST", () => {
	const keyed = (person, key, body, path = "/users") => person.api("POST", path, { body, headers: { "Idempotency-Key": key } });

	test("repeated gives the first answer and changes nothing", async () => {
		const body = newUser();
		const first = await keyed(officer, "key-1", body), again = await keyed(officer, "key-1", body);
		assert.equal(first.status, 201);
		assert.equal(first.headers["idempotency-replayed"], undefined);
		assert.equal(again.status, 201);
		assert.equal(again.headers["idempotency-replayed"], "true");
		assert.equal(again.text, first.text);
		assert.equal(again.headers.location, first.headers.location);
	});

	test("with another body is refused, under another path or by another user it is another key", async () => {
		const body = newUser();
		await keyed(officer, "key-2", body);
		isProblem(await keyed(officer, "key-2", newUser()), 422, "idempotency.mismatch");
		const token = { label: "a", role: "technician", scope: "region" };
		const technician = await service.signIn("tech@x.fr");
		const one = await keyed(technician, "key-2", token, "/tokens");
		assert.equal(one.status, 201);
		assert.equal(one.headers["idempotency-replayed"], undefined);
		const same = await keyed(technician, "key-2", token, "/tokens");
		assert.equal(same.json.token, one.json.token, "what is shown once is shown again to who asked first");
	});

	test("remembers 409 and 422, not 401 and 403", async () => {
		const body = newUser();
		const made = (await officer.api("POST", "/users", { body })).json;
		isProblem(await keyed(officer, "key-3", body), 409, "exists", "email");
		await officer.api("PATCH", `/users/${made.id}`, { body: { email: `moved${serial}@x.fr` } });
		const again = await keyed(officer, "key-3", body);
		isProblem(again, 409, "exists", "email");
		assert.equal(again.headers["idempotency-replayed"], "true");
		const technician = await service.signIn("tech@x.fr");
		isProblem(await keyed(technician, "key-4", newUser()), 403, "auth.forbidden");
		assert.equal((await keyed(technician, "key-4", newUser())).headers["idempotency-replayed"], undefined);
	});

	test("sent ten times at once is done once", async () => {
		const body = newUser();
		const answers = await Promise.all(Array.from({ length: 10 }, () => keyed(officer, "key-5", body)));
		assert.deepEqual([...new Set(answers.map((answer) => answer.text))].length, 1);
		assert.equal(answers.filter((answer) => !answer.headers["idempotency-replayed"]).length, 1);
	});

	test("has a key of 1 to 64 signs", async () => {
		isProblem(await keyed(officer, "k".repeat(65), newUser()), 422, "field.length", "Idempotency-Key");
		assert.equal((await keyed(officer, "k".repeat(64), newUser())).status, 201);
	});

	test("keeps no secret in the clear", () => {
		const bytes = readFileSync(join(service.dir, "navette.db"), "latin1") +
			(existsSync(join(service.dir, "navette.db-wal")) ? readFileSync(join(service.dir, "navette.db-wal"), "latin1") : "");
		assert.ok(bytes.includes("key-2"));
		assert.ok(!bytes.includes("nvt_"), "a token stands in the database");
		assert.ok(!bytes.includes(PASSWORD));
	});
});

describe("what is not acceptable", () => {
	const post = (body) => officer.api("POST", "/users", { body });
	const bytes = (body) => post(Buffer.from(body, "latin1"));

	test("bytes that are no JSON are 400", async () => {
		for (const body of ["", "{", "[1,", '{"email":"a","email":"b"}', `${"[".repeat(17)}${"]".repeat(17)}`, '{"name":"\\u0000"}',
			'{"a":01}', '{"name":"\xff"}', '{"a":1}x', "\xef\xbb\xbf{}", '{"a":1e400}', '{"a":NaN}'])
			isProblem(await bytes(body), 400, "request.malformed");
	});

	test("JSON that says the wrong thing is 422 and names the member", async () => {
		isProblem(await post({ ...newUser(), admin: true }), 422, "request.unknown_field", "admin");
		isProblem(await post({ ...newUser(), Name: "x" }), 422, "request.unknown_field", "Name");
		isProblem(await post({ ...newUser(), name: 7 }), 422, "field.type", "name");
		isProblem(await post({ ...newUser(), name: "n".repeat(121) }), 422, "field.length", "name");
		isProblem(await post({ ...newUser(), email: undefined }), 422, "field.required", "email");
		isProblem(await post({ ...newUser(), email: "nobody" }), 422, "field.range", "email");
		isProblem(await post({ ...newUser(), password: "court" }), 422, "field.length", "password");
		isProblem(await post({ ...newUser(), roles: [{ role: "king", scope: "region" }] }), 422, "field.range", "role");
		isProblem(await post({ ...newUser(), roles: [{ role: "manager", scope: "place", scope_id: 999 }] }), 422, "reference.unknown");
		isProblem(await post({ ...newUser(), roles: [{ role: "manager", scope: "place" }] }), 422, "field.range", "scope_id");
		isProblem(await post({ ...newUser(), roles: [{ role: "manager", scope: "region", scope_id: 1.5 }] }), 422, "field.type", "scope_id");
		isProblem(await post([]), 422, "field.type");
	});

	test("queries: unknown, doubled, out of range, badly encoded", async () => {
		isProblem(await officer.api("GET", "/users?colour=red"), 422, "request.unknown_field", "colour");
		isProblem(await officer.api("GET", "/users?limit=501"), 422, "field.range", "limit");
		isProblem(await officer.api("GET", "/users?limit=x"), 422, "field.type", "limit");
		isProblem(await officer.api("GET", "/users?limit=1&limit=2"), 422, "field.range", "limit");
		isProblem(await officer.api("GET", "/users?limit=%zz"), 400, "request.malformed", "limit");
		isProblem(await officer.api("GET", "/users?limit=1%00"), 400, "request.malformed", "limit");
		const page = await officer.api("GET", "/users?limit=2");
		assert.equal(page.json.items.length, 2);
		const next = await officer.api("GET", `/users?limit=2&cursor=${page.json.next}`);
		assert.ok(next.json.items[0].id > page.json.items[1].id);
	});

	test("absent and hidden are one answer, and so are odd ids", async () => {
		const absent = await officer.api("GET", "/users/999999");
		isProblem(absent, 404, "not_found");
		for (const path of ["/users/0", "/users/-1", "/users/01", "/users/1x", "/users/99999999999999999999", "/nothing", "/users/1/", "//users"])
			assert.equal((await officer.api("GET", path)).text, absent.text, path);
		const technician = await service.signIn("tech@x.fr");
		const own = (await officer.api("POST", "/tokens", { body: { label: "x", role: "auditor", scope: "region" } }));
		isProblem(own, 403, "auth.forbidden");
		const token = (await officer.api("POST", "/tokens", { body: { label: "x", role: "manager", scope: "region" } })).json;
		assert.equal((await technician.api("POST", `/tokens/${token.id}/revoke`)).text, absent.text);
	});

	test("who is not signed in is told so, who may not is told so", async () => {
		const answer = await service.api("GET", "/users");
		isProblem(answer, 401, "auth.required");
		assert.equal(answer.headers["www-authenticate"], "Bearer");
		const technician = await service.signIn("tech@x.fr");
		isProblem(await technician.api("GET", "/users"), 403, "auth.forbidden");
		isProblem(await technician.api("GET", "/users/999999"), 403, "auth.forbidden");
	});

	test("a stale version is 412", async () => {
		const made = await officer.api("POST", "/users", { body: newUser() });
		assert.equal(made.headers.etag, '"1"');
		const change = (match) => officer.api("PATCH", `/users/${made.json.id}`, { body: { name: "Autre" }, headers: { "If-Match": match } });
		assert.equal((await change('"1"')).headers.etag, '"2"');
		isProblem(await change('"1"'), 412, "version.stale");
		isProblem(await change('W/"2"'), 412, "version.stale");
		assert.equal((await change("*")).status, 200);
	});

	test("too much is 413: announced, in pieces, and beyond all measure", async () => {
		const big = (n) => Buffer.from(JSON.stringify({ name: "n".repeat(n) }));
		isProblem(await officer.api("POST", "/users", { body: big(65 * 1024) }), 413, "request.too_large");
		isProblem(await officer.api("POST", "/users", { body: big(900 * 1024) }), 413, "request.too_large");
		isProblem(await officer.api("POST", "/users", { body: big(60 * 1024) }), 422, "field.length", "name");
		const head = "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
		const chunk = `4000\r\n${"n".repeat(0x4000)}\r\n`;
		assert.match(await service.raw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(5)}0\r\n\r\n`), /^HTTP\/1\.1 413 /);
		assert.match(await service.raw(`${head}Content-Length: 10000000\r\n\r\n`, { keepOpen: true }), /^HTTP\/1\.1 413 /);
		assert.match(await service.raw(`${head}Content-Length: 99999999999999999999999\r\n\r\n`, { keepOpen: true }), /^HTTP\/1\.1 (400|413) /);
	});
});

describe("on the wire", () => {
	const one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	const answersOf = (text) => text.match(/HTTP\/1\.1 \d{3} /g)?.map((line) => Number(line.slice(9))) ?? [];

	test("ambiguous framing is 400 and closes: nothing after it is a request", async () => {
		const post = "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
		for (const [what, head] of Object.entries({
			"length and coding": `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
			"coding and length": `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
			"two lengths": `${post}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`,
			"two equal lengths": `${post}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`,
			"a list of lengths": `${post}Content-Length: 0, 0\r\n\r\n`,
			"a signed length": `${post}Content-Length: +0\r\n\r\n`,
			"an unknown coding": `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
			"two codings": `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
			"two hosts": "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
			"no host": "GET /healthz HTTP/1.1\r\n\r\n",
			"a folded header": "GET /healthz HTTP/1.1\r\nHost: a\r\n b\r\nContent-Length: 1\r\nContent-Length: 0\r\n\r\n",
		})) {
			// libmicrohttpd writes the head of its own refusals twice; what counts is that nothing was answered
			const answers = answersOf(await service.raw(head + one, { keepOpen: true }));
			assert.deepEqual([...new Set(answers)], [400], what);
		}
	});

	test("odd addresses are 400", async () => {
		for (const path of ["/healthz%00", "/a%2fb", "/a%5cb", "/a%zz", "/%", "/%c3%28", "http://x/healthz", "*"])
			assert.deepEqual(answersOf(await service.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n${one}`, { keepOpen: true })), [400], path);
		assert.deepEqual(answersOf(await service.raw(`GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, { keepOpen: true })), [400]);
	});

	test("two requests on one connection are two answers", async () => {
		const last = one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
		assert.deepEqual(answersOf(await service.raw(one + last, { keepOpen: true })), [200, 200]);
	});

	test("HEAD is GET without the content", async () => {
		const get = await service.ask("GET", "/healthz"), head = await service.ask("HEAD", "/healthz");
		assert.equal(head.status, 200);
		assert.equal(head.text, "");
		assert.equal(head.headers["content-length"], get.headers["content-length"]);
		assert.equal((await officer.api("HEAD", "/session", { headers: { "X-CSRF-Token": undefined } })).status, 200);
	});

	test("a sender who dribbles is cut off, however busy it looks, and others are served meanwhile", async () => {
		const sockets = await Promise.all(Array.from({ length: 60 }, () => new Promise((resolve) => {
			const socket = connect(service.port, "127.0.0.1", () => resolve(socket));
			socket.on("error", () => {});
			socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n");
		})));
		let open = sockets.length;
		for (const socket of sockets) socket.resume().on("close", () => open--);
		const dribble = setInterval(() => sockets.forEach((socket, i) => socket.writable && socket.write(`X-${i}: y\r\n`)), 500);
		assert.equal((await service.ask("GET", "/healthz")).status, 200);
		try {
			await until("all are cut off", () => open === 0, 150000);
		} finally {
			clearInterval(dribble);
		}
	});

	test("a long list is packed for who can unpack it; what is short, or named by an ETag, goes as it is", async () => {
		const ask = (path, coding) => officer.api("GET", path, { headers: { "Accept-Encoding": coding } });
		const plain = await ask("/openapi.json", "identity"), packed = await ask("/openapi.json", "br;q=1, gzip");
		assert.equal(plain.headers["content-encoding"], undefined);
		assert.equal(packed.headers["content-encoding"], "gzip");
		assert.match(packed.headers.vary, /Accept-Encoding/);
		assert.equal(packed.headers["content-type"], "application/json");
		assert.deepEqual(gunzipSync(packed.raw), plain.raw);
		assert.ok(packed.raw.length * 3 < plain.raw.length, `${plain.raw.length} -> ${packed.raw.length}`);
		const national = { presentation_detail: "Un lieu. ".repeat(300) };
		const place = (await officer.api("POST", "/places", { body: { name: "Un lieu bavard", national } })).json;
		assert.equal((await ask("/places", "gzip")).headers["content-encoding"], "gzip");
		for (const [path, coding] of [["/places", "gzip;q=0"], [`/places/${place.id}`, "gzip"], ["/session", "gzip"], ["/none", "gzip"]])
			assert.equal((await ask(path, coding)).headers["content-encoding"], undefined, path);
	});

	test("every answer forbids frames, sniffing and foreign content", async () => {
		for (const path of ["/", "/healthz", "/api/v1/session", "/nothing.js", "/assets/plain.js"]) {
			const { headers } = await service.ask("GET", path);
			assert.match(headers["content-security-policy"], /default-src 'self'.*frame-ancestors 'none'/, path);
			assert.equal(headers["x-content-type-options"], "nosniff");
			assert.equal(headers["referrer-policy"], "no-referrer");
		}
	});
});

describe("the files of the page", () => {
	test("any page is index.html, in the coding that is asked for", async () => {
		for (const path of ["/", "/materiel", "/materiel/7", "/connexion"]) {
			const answer = await service.ask("GET", path);
			assert.equal(answer.status, 200);
			assert.match(answer.text, /<title>page/);
			assert.equal(answer.headers["cache-control"], "no-cache");
		}
		const packed = await service.ask("GET", "/", { headers: { "Accept-Encoding": "gzip, br" } });
		assert.equal(packed.headers["content-encoding"], "br");
		assert.equal(packed.text, "br bytes");
		assert.match(packed.headers["content-type"], /^text\/html/);
		assert.equal((await service.ask("GET", "/", { headers: { "Accept-Encoding": "br;q=0" } })).headers["content-encoding"], undefined);
		const same = await service.ask("GET", "/", { headers: { "If-None-Match": (await service.ask("GET", "/")).headers.etag } });
		assert.equal(same.status, 304);
	});

	test("named by their content they are kept for a year, the others are asked for again", async () => {
		const hashed = await service.ask("GET", "/assets/app-ABCDEFG2.js");
		assert.equal(hashed.text, "let a;");
		assert.match(hashed.headers["cache-control"], /immutable/);
		assert.match(hashed.headers["content-type"], /^text\/javascript/);
		assert.equal((await service.ask("GET", "/assets/plain.js")).headers["cache-control"], "no-cache");
	});

	test("nothing outside the folder can be named", async () => {
		for (const path of ["/../navette.db", "/assets/../../navette.db", "/%2e%2e/navette.db", "/.hidden.txt", "/link.txt",
			"/assets/.%2e/%2e%2e/secret.key", "//etc/passwd.txt", "/assets//plain.js", "/missing.js", "/navette.db"]) {
			const answer = await service.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
			assert.match(answer, /^HTTP\/1\.1 40[04] /, path);
			assert.doesNotMatch(answer, /root:|SQLite|hidden$/);
		}
		assert.equal((await service.ask("POST", "/", { body: "{}" })).status, 405);
	});

	test("a folder that is built again is served as it is now", async () => {
		const old = (await service.ask("GET", "/")).headers.etag;
		renameSync(service.web, `${service.web}.old`);
		assert.equal((await service.ask("GET", "/")).status, 404);
		mkdirSync(service.web);
		writeFileSync(join(service.web, "index.html"), "<!doctype html><title>next</title>");
		const next = await service.ask("GET", "/", { headers: { "If-None-Match": old } });
		assert.equal(next.status, 200, "as long as the one before, and yet another");
		assert.match(next.text, /<title>next/);
		rmSync(service.web, { recursive: true });
		renameSync(`${service.web}.old`, service.web);
		assert.match((await service.ask("GET", "/")).text, /<title>page/);
	});
});

describe("the event stream", () => {
	const open = async (person, headers = {}, query = "") =>
		new Stream(service, { Cookie: person.cookie, ...headers }, query).opened;

	test("tells what changed, with an id to resume behind", async () => {
		const stream = await open(officer);
		assert.equal(stream.status, 200);
		assert.match(stream.headers["content-type"], /^text\/event-stream/);
		const made = (await officer.api("POST", "/users", { body: newUser() })).json;
		const event = await until("the event", () => stream.events.find((e) => e.data.id === made.id));
		assert.equal(event.event, "user");
		assert.deepEqual(event.data, { kind: "user", id: made.id, version: 1, fields: ["email", "name", "roles"] });
		assert.match(event.id, /^\d+$/);
		stream.close();
	});

	test("resumes with exactly what was missed, in order", async () => {
		const first = await open(officer);
		await officer.api("POST", "/users", { body: newUser() });
		const last = (await until("one event", () => first.events.at(-1))).id;
		first.close();
		const made = [];
		for (let i = 0; i < 5; i++) made.push((await officer.api("POST", "/users", { body: newUser() })).json.id);
		const second = await open(officer, { "Last-Event-ID": last });
		const third = await open(officer, {}, `?last_event_id=${last}`);
		made.push((await officer.api("POST", "/users", { body: newUser() })).json.id);
		for (const stream of [second, third]) {
			await until("all six", () => stream.events.length >= 6);
			assert.deepEqual(stream.events.map((e) => e.data.id), made);
			assert.deepEqual(stream.events.map((e) => Number(e.id)), made.map((_, i) => Number(last) + 1 + i));
			stream.close();
		}
	});

	test("says so where what was missed is not known", async () => {
		const stream = await open(officer, { "Last-Event-ID": "999999999" });
		await until("reset", () => stream.events.some((e) => e.event === "reset"));
		stream.close();
	});

	test("tells only what one may read", async () => {
		const technician = await service.signIn("tech@x.fr");
		const theirs = await open(technician), own = await open(officer);
		await officer.api("POST", "/users", { body: newUser() });
		await until("the officer's event", () => own.events.length > 0);
		assert.equal(theirs.events.length, 0);
		theirs.close();
		own.close();
	});

	test("needs a session and ends with it", async () => {
		assert.equal((await new Stream(service, {}).opened).status, 401);
		const person = await service.signIn("tech@x.fr"), stream = await open(person);
		assert.equal(stream.status, 200);
		await person.api("DELETE", "/session");
		await until("the end", () => stream.isEnded, 50000);
	});

	test("ends when the account is closed, even from the console", async () => {
		const user = newUser();
		await officer.api("POST", "/users", { body: user });
		const person = await service.signIn(user.email), stream = await open(person);
		assert.equal(service.run("user", "disable", "--email", user.email).status, 0);
		assert.equal((await person.api("GET", "/session")).status, 401);
		await until("the end", () => stream.isEnded, 50000);
	});

	test("a user has eight at most, and sleeping ones cost nothing", async () => {
		const person = await service.signIn("audit@x.fr");
		const streams = [];
		for (let i = 0; i < 8; i++) streams.push(await open(person));
		assert.deepEqual(streams.map((stream) => stream.status), Array(8).fill(200));
		const ninth = await open(person);
		assert.equal(ninth.status, 503);
		const before = service.cpu();
		await sleep(3000);
		const used = service.cpu() - before;
		assert.ok(used < 1.5, `${used} s of processor time in 3 s of silence`);
		// a closed page is noticed at once, not with the next heartbeat (20 s)
		for (let round = 0; round < 2; round++) {
			for (const stream of streams.splice(0)) stream.close();
			await until("eight places are free again", async () => {
				const again = await open(person);
				if (again.status === 200) streams.push(again);
				return streams.length === 8;
			}, 10000);
		}
		assert.equal((await open(person)).status, 503);
		for (const stream of streams) stream.close();
	});
});

describe("a token for scripts", () => {
	const bearer = (token) => ({ Authorization: `Bearer ${token}` });

	test("carries one role of its owner, needs no CSRF token, and ends when revoked", async () => {
		const made = await officer.api("POST", "/tokens", { body: { label: "export", role: "region_officer", scope: "region" } });
		assert.equal(made.status, 201);
		assert.match(made.json.token, /^nvt_[\w-]{43}$/);
		const { token, id } = made.json;
		assert.equal((await service.api("POST", "/users", { body: newUser(), headers: bearer(token) })).status, 201);
		assert.ok(!(await officer.api("GET", "/tokens")).text.includes(token));
		assert.equal((await officer.api("POST", `/tokens/${id}/revoke`)).status, 200);
		isProblem(await service.api("GET", "/users", { headers: bearer(token) }), 401, "auth.required");
		isProblem(await officer.api("POST", `/tokens/${id}/revoke`), 409, "state.conflict");
	});

	test("of a lesser role may less, and never more than its owner", async () => {
		const small = (await officer.api("POST", "/tokens", { body: { label: "s", role: "animator", scope: "region" } })).json;
		isProblem(await service.api("GET", "/users", { headers: bearer(small.token) }), 403, "auth.forbidden");
		const technician = await service.signIn("tech@x.fr");
		isProblem(await technician.api("POST", "/tokens", { body: { label: "x", role: "region_officer", scope: "region" } }), 403, "auth.forbidden");
		isProblem(await service.api("GET", "/users", { headers: bearer("nvt_short") }), 401, "auth.required");
		isProblem(await service.api("GET", "/users", { headers: { Authorization: "Basic eDp5" } }), 401, "auth.required");
	});
});

describe("accounts", () => {
	test("a role that changes ends the sessions and takes effect", async () => {
		const user = newUser();
		const { id } = (await officer.api("POST", "/users", { body: user })).json;
		const person = await service.signIn(user.email);
		const roles = [{ role: "region_officer", scope: "region", scope_id: null }];
		assert.deepEqual((await officer.api("PATCH", `/users/${id}`, { body: { roles } })).json.roles, roles);
		assert.equal((await person.api("GET", "/session")).status, 401);
		assert.equal((await (await service.signIn(user.email)).api("GET", "/users")).status, 200);
	});

	test("one does not close one's own", async () => {
		isProblem(await officer.api("POST", `/users/${officer.session.user.id}/disable`), 409, "state.conflict");
	});
});

describe("what runs is told", () => {
	test("health, readiness, numbers", async () => {
		const health = (await service.ask("GET", "/healthz")).json;
		assert.match(health.version, /^\d+\.\d+\.\d+$/);
		assert.ok(health.build);
		assert.deepEqual((await service.ask("GET", "/readyz")).json, { ready: true, broker: false });
		const { text } = await service.ask("GET", "/metrics");
		assert.match(text, /^navette_http_calls_total\{route="users_add",status="201"\} [1-9]/m);
		for (const name of ["ingest_batches_total", "database_bytes", "sessions", "sse_clients"])
			assert.match(text, new RegExp(`^navette_${name} \\d+$`, "m"));
	});

	test("no secret in the log, files are the service's own", () => {
		assert.ok(!service.log.includes(PASSWORD));
		assert.doesNotMatch(service.log, /nvt_|[\w-]{43}/);
		for (const name of ["navette.db", "secret.key"]) assert.equal(statSync(join(service.dir, name)).mode & 0o777, 0o600);
	});
});

describe("the console", () => {
	test("says wrong usage with 2, failure with 1, one line each", () => {
		for (const words of [[], ["nonsense"], ["user", "add"], ["backup"], ["user", "add", "--email", "x"]]) {
			const done = service.run(...words);
			assert.equal(done.status, 2, words.join(" "));
			assert.equal(done.stderr.trim().split("\n").length, 1);
		}
		const missing = spawnSync(program, ["check", "-c", "/nowhere.conf"], { encoding: "utf8" });
		assert.equal(missing.status, 1);
		assert.match(spawnSync(program, ["--version"], { encoding: "utf8" }).stdout, /^navette-inventory \d/);
		const example = spawnSync(program, ["--example"], { encoding: "utf8" }).stdout;
		writeFileSync(join(service.dir, "example.conf"), example);
		assert.equal(spawnSync(program, ["serve", "-n", "-c", join(service.dir, "example.conf")]).status, 0);
	});

	test("checks, verifies, and refuses a second service on one database", () => {
		assert.match(service.run("check").stdout, /0 complaints[\s\S]*chain holds/);
		assert.match(service.run("audit", "verify").stdout, /^audit: [1-9]\d* rows, the chain holds/);
		const second = service.run("serve");
		assert.equal(second.status, 1);
		assert.match(second.stderr, /in use by another navette-inventory/);
		assert.equal(service.run("restore", service.conf).status, 1);
	});

	test("a backup made while it runs is what restore gives back", async () => {
		const file = join(service.dir, "copy.db");
		const kept = (await officer.api("POST", "/users", { body: newUser() })).json;
		assert.match(service.run("backup", file).stdout, /^backup: \d+ bytes/);
		assert.equal(service.run("backup", file).status, 1, "an existing file is not overwritten");
		const lost = (await officer.api("POST", "/users", { body: newUser() })).json;
		assert.equal(await service.stop(), 0);
		const done = service.run("restore", file);
		assert.match(done.stdout, /^restored: \d+ bytes/, done.stderr);
		await service.start();
		officer = await service.signIn("region@x.fr");
		assert.equal((await officer.api("GET", `/users/${kept.id}`)).status, 200);
		assert.equal((await officer.api("GET", `/users/${lost.id}`)).status, 404);
		assert.match(service.run("check").stdout, /0 complaints/);
	});

	test("a row of the journal that was changed is named", async () => {
		const file = join(service.dir, "forged.db");
		service.run("backup", file);
		const change = "DROP TRIGGER audit_no_update; UPDATE audit SET action = 'nothing' WHERE id = 3;";
		const forged = new Service();
		try {
			assert.equal(spawnSync("sqlite3", [file, change]).status, 0);
			assert.equal(forged.run("restore", file).status, 0);
			const done = forged.run("audit", "verify");
			assert.equal(done.status, 1);
			assert.match(done.stdout, /breaks at row 3/);
		} finally {
			await forged.end();
		}
	});
});

describe("sessions end by themselves", () => {
	test("unused for long, and after their time in any case", async () => {
		for (const limit of ["session_idle_s = 2", "session_max_s = 2"]) {
			const brief = new Service(limit);
			brief.addUser("a@x.fr", "auditor");
			await brief.start();
			try {
				const person = await brief.signIn("a@x.fr"), stream = await new Stream(brief, { Cookie: person.cookie }).opened;
				await until(limit, async () => {
					if (limit.includes("idle")) await sleep(2500);
					return (await person.api("GET", "/session")).status === 401;
				});
				await until("the stream's end", () => stream.isEnded, 50000);
			} finally {
				await brief.end();
			}
		}
	});
});
