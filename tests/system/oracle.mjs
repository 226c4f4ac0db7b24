// SPDX-License-Identifier: EUPL-1.2
// The outside judge. It keeps its own list of what was accepted, opens the frames with node's own AES-CCM, and reads the
// database with the sqlite3 command only. It shares no code with what it judges.
import { spawnSync } from "node:child_process";
import { createDecipheriv } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

// Rows of a query; read-only, beside a running service or after its death.
export function ask(database, sql) {
	const done = spawnSync("sqlite3", ["-readonly", "-json", "-cmd", ".timeout 20000", database, sql],
		{ encoding: "utf8", maxBuffer: 1 << 28 });
	if (done.status !== 0) throw new Error(`sqlite3: ${done.stderr}`);
	return JSON.parse(done.stdout || "[]");
}

// ---- I1, I2: every report once ---------------------------------------------------------------------------------------

const nameOf = (gw, boot, seq, mono, addr, data) => [gw, boot, seq, mono, addr, data].join(" ");
const bare = (addr) => addr.replaceAll(":", "");

// Accepted: lines of batches of a gateway, as sealed. A batch's dropped reports are the gateway's own loss.
export function reportsOf(gw, lines) {
	return lines.map((line) => JSON.parse(line)).flatMap(({ boot, seq, reports }) =>
		reports.map((r) => nameOf(gw, boot, seq, r.mono_ms, bare(r.addr), r.data)));
}

// Reports of tags as the service keeps them. A stranger's address is not in its table: "?" then.
export function storedReports(database) {
	return ask(database, "SELECT g.gw, b.boot, r.seq, r.mono_ms, coalesce(d.address, '?') AS addr, lower(hex(r.data)) AS data " +
		"FROM report r JOIN boot b ON b.id = r.boot_id JOIN gateway g ON g.id = b.gateway_id " +
		"LEFT JOIN device d ON d.id = r.device_id WHERE d.kind IS NOT 'meter'")
		.map((r) => nameOf(r.gw, r.boot, r.seq, r.mono_ms, r.addr, r.data));
}

// admitted, duplicate, missing, stowaway: two lists of names compared as bags.
export function compare(accepted, stored) {
	const count = (list) => list.reduce((map, name) => map.set(name, (map.get(name) ?? 0) + 1), new Map());
	const should = count(accepted), is = count(stored);
	const result = { admitted: accepted.length, duplicate: 0, missing: 0, stowaway: 0, examples: [] };
	const tell = (what, name, n) => {
		if (n <= 0) return;
		result[what] += n;
		if (result.examples.length < 5) result.examples.push(`${what}: ${name}`);
	};
	for (const [name, n] of should) tell("missing", name, n - (is.get(name) ?? 0));
	for (const [name, n] of is) tell(should.has(name) ? "duplicate" : "stowaway", name, n - (should.get(name) ?? 0));
	return result;
}

// What the service says it has of each spool: "gw epoch" → seq.
export function appliedOf(database) {
	const rows = ask(database, "SELECT g.gw, s.epoch, s.applied_seq FROM spool s JOIN gateway g ON g.id = s.gateway_id");
	return new Map(rows.map((row) => [`${row.gw} ${row.epoch}`, row.applied_seq]));
}

// Acknowledged and not committed: what would be lost for good.
export function brokenPromises(database, acked) {
	const applied = appliedOf(database);
	return [...acked].filter(([key, seq]) => seq > (applied.get(key) ?? 0)).map(([key, seq]) =>
		`${key}: acknowledged ${seq}, committed ${applied.get(key)}`);
}

// ---- I3: seconds of use -----------------------------------------------------------------------------------------------

// The counter of a sealed BTHome frame: {counter, epoch, active}, null for a frame without one.
export function openFrame(addr, key, data) {
	const frame = Buffer.from(data, "hex");
	const nonce = Buffer.concat([Buffer.from(bare(addr), "hex"), Buffer.from([0xd2, 0xfc, frame[0]]), frame.subarray(-8, -4)]);
	const open = createDecipheriv("aes-128-ccm", Buffer.from(key, "hex"), nonce, { authTagLength: 4 });
	open.setAuthTag(frame.subarray(-4));
	const objects = open.update(frame.subarray(1, -8));
	open.final();
	const lengths = { 0x00: 1, 0x01: 1, 0x0c: 2, 0x27: 1, 0x3d: 2, 0x3e: 4, 0xf2: 3 };
	const found = { counter: frame.readUInt32LE(frame.length - 8), epoch: null, active: null };
	for (let i = 0; i < objects.length; i += 1 + lengths[objects[i]]) {
		if (objects[i] === 0x3d) found.epoch = objects.readUInt16LE(i + 1);
		if (objects[i] === 0x3e) found.active = objects.readUInt32LE(i + 1);
	}
	return found.active === null ? null : found;
}

// Per tag and counter epoch the lowest and highest counter of what was accepted: addr → Map(epoch → {low, high}).
export function heardOf(tags, lines) {
	const keys = new Map(tags.map(({ addr, key }) => [addr, key]));
	const heard = new Map(tags.map(({ addr }) => [addr, new Map()]));
	for (const { addr, data } of lines.flatMap((line) => JSON.parse(line).reports)) {
		const frame = keys.has(addr) ? openFrame(addr, keys.get(addr), data) : null;
		if (!frame) continue;
		const span = heard.get(addr).get(frame.epoch) ?? { low: Infinity, high: 0 };
		heard.get(addr).set(frame.epoch, { low: Math.min(span.low, frame.active), high: Math.max(span.high, frame.active) });
	}
	return heard;
}

// The simulator's word: addr → { totals: Map(epoch → seconds), used_ms }.
export function truthOf(tags, file) {
	const truth = new Map(tags.map(({ addr }) => [addr, { totals: new Map(), used_ms: 0 }]));
	for (const row of readFileSync(file, "utf8").split("\n")) {
		const [what, addr, ...numbers] = row.split(",");
		if (what === "use") truth.get(addr).used_ms += numbers[1] - numbers[0];
		if (what === "total") truth.get(addr).totals.set(Number(numbers[0]), Number(numbers[1]));
	}
	return truth;
}

// Seconds of use by tag, as stored.
export function storedSeconds(database) {
	const rows = ask(database, "SELECT d.address, sum(u.active_s) AS active_s FROM usage_slice u " +
		"JOIN binding b ON b.id = u.binding_id JOIN device d ON d.id = b.device_id GROUP BY d.id");
	return new Map(rows.map((row) => [row.address, row.active_s]));
}

// The first reading after binding adds nothing; later epochs count from 0. Returns what does not agree.
export function wrongSeconds(tags, lines, truthFile, database) {
	const heard = heardOf(tags, lines), truth = truthOf(tags, truthFile), stored = storedSeconds(database);
	const wrong = [];
	let seconds = 0;
	for (const { addr } of tags) {
		const { totals, used_ms: used } = truth.get(addr);
		const spans = [...heard.get(addr)];
		const should = [...totals.values()].reduce((a, b) => a + b, 0) - (spans[0]?.[1].low ?? 0);
		const is = stored.get(bare(addr)) ?? 0;
		const isLastHeard = spans.every(([epoch, span]) => totals.get(epoch) === span.high);
		seconds += is;
		if (is !== should || !isLastHeard || Math.abs(is + (spans[0]?.[1].low ?? 0) - used / 1000) >= 1)
			wrong.push({ addr, should, is, used, spans, totals: [...totals] });
	}
	return { wrong, seconds };
}

// ---- hours ------------------------------------------------------------------------------------------------------------

const HOUR_MS = 3600000;

// Seconds that the counter gained within [from, until), spread evenly: Map(hour in s → seconds).
function spread(hours, from, until, seconds) {
	const add = (hour, n) => n > 0 && hours.set(hour * 3600, (hours.get(hour * 3600) ?? 0) + n);
	const hourOf = (ms) => Math.floor(ms / HOUR_MS);
	if (until <= from) return void add(hourOf(until), seconds);
	let given = 0;
	for (let hour = hourOf(from); given < seconds; hour++) {
		const end = Math.min((hour + 1) * HOUR_MS, until);
		const upto = end === until ? seconds : Number(BigInt(seconds) * BigInt(end - from) / BigInt(until - from));
		add(hour, upto - given);
		given = upto;
	}
}

// Of tags with one life and one binding: addr → { stored, should }: rows of usage, and what the stored frames say.
export function hoursOf(tags, database) {
	const rows = ask(database, "SELECT d.address, r.heard_ms, lower(hex(r.data)) AS data FROM report r " +
		"JOIN device d ON d.id = r.device_id WHERE r.verdict IN (1, 2)");
	const slices = ask(database, "SELECT d.address, u.hour_s, u.active_s FROM usage_slice u JOIN binding b " +
		"ON b.id = u.binding_id JOIN device d ON d.id = b.device_id WHERE u.active_s <> 0 ORDER BY u.hour_s");
	const framesOf = new Map(tags.map(({ addr }) => [bare(addr), []]));
	rows.forEach((row) => framesOf.get(row.address)?.push(row));
	return new Map(tags.map(({ addr, key }) => {
		const times = new Map(); // active → [first, last]
		for (const { heard_ms: at, data } of framesOf.get(bare(addr))) {
			const frame = openFrame(addr, key, data);
			if (!frame) continue;
			const [first, last] = times.get(frame.active) ?? [at, at];
			times.set(frame.active, [Math.min(first, at), Math.max(last, at)]);
		}
		const hours = new Map(), readings = [...times].sort((a, b) => a[0] - b[0]);
		for (let i = 1; i < readings.length; i++)
			spread(hours, readings[i - 1][1][1], readings[i][1][0], readings[i][0] - readings[i - 1][0]);
		const should = [...hours].sort((a, b) => a[0] - b[0]).map(([hour_s, active_s]) => ({ hour_s, active_s }));
		const stored = slices.filter(({ address }) => address === bare(addr)).map(({ hour_s, active_s }) => ({ hour_s, active_s }));
		return [addr, { stored, should }];
	}));
}

// ---- I8: secrets ------------------------------------------------------------------------------------------------------

// Which of the named secrets stand somewhere in the text, in any usual spelling.
export function leaks(secrets, texts) {
	const found = [];
	for (const [name, value] of Object.entries(secrets)) {
		const raw = Buffer.isBuffer(value) ? value : null;
		const spellings = raw ? [raw.toString("hex"), raw.toString("base64url"), raw.toString("base64")] : [value];
		for (const [where, text] of Object.entries(texts)) {
			const isBytes = Buffer.isBuffer(text);
			if (spellings.some((s) => text.includes(s)) || (isBytes && raw && text.includes(raw))) found.push(`${name} in ${where}`);
		}
	}
	return found;
}

export function filesOf(...paths) {
	return Object.fromEntries(paths.filter(existsSync).map((path) => [path, readFileSync(path)]));
}
