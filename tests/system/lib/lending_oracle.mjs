// SPDX-License-Identifier: EUPL-1.2
// What the rows about lending must be, whatever happened: read with the sqlite3 command, derived anew from
// docs/decisions/0007. Shares no code with the service.
import { ask } from "../oracle.mjs";

const LEAD_S = 7200; // the setting's default

const way = (a, b) => (a === b ? 0 : LEAD_S);

// The end of what a keeps blocked and the beginning of what b does, which comes next.
function meeting(a, b) {
	const byHome = b.starts_s - a.ends_s >= a.behind + way(a.place_id, a.home) + way(a.home, b.place_id) + b.front;
	return { until: a.ends_s + a.behind + (byHome ? way(a.place_id, a.home) : 0),
		from: b.starts_s - b.front - way(byHome ? a.home : a.place_id, b.place_id) };
}

// Stored intervals that are not what their neighbours make them.
export function brokenHolds(database) {
	const rows = ask(database, "SELECT h.id, h.item_id, h.place_id, h.starts_s, h.ends_s, h.from_s, h.until_s, " +
		"i.home_place_id AS home, iif(h.block_id IS NULL, m.prepare_s, 0) AS front, iif(h.block_id IS NULL, m.inspect_s, 0) AS behind " +
		"FROM hold h JOIN item i ON i.id = h.item_id JOIN model m ON m.id = i.model_id ORDER BY h.item_id, h.starts_s");
	return rows.filter((row, n) => {
		const before = rows[n - 1]?.item_id === row.item_id ? rows[n - 1] : null;
		const after = rows[n + 1]?.item_id === row.item_id ? rows[n + 1] : null;
		const from = before ? meeting(before, row).from : row.starts_s - row.front - way(row.home, row.place_id);
		const until = after ? meeting(row, after).until : row.ends_s + row.behind + way(row.place_id, row.home);
		return row.from_s !== from || row.until_s !== until || (before && before.until_s > row.from_s);
	});
}

// Lines without the stay they should have, and stays of lines that have ended.
export function holdsOfLines(database) {
	return ask(database, "SELECT l.id, l.state, b.state AS booking, h.id AS hold FROM line l JOIN booking b ON b.id = l.booking_id " +
		"LEFT JOIN hold h ON h.line_id = l.id WHERE CASE " +
		"WHEN b.state = 'draft' OR l.state IN ('cancelled', 'released') THEN h.id IS NOT NULL " +
		"WHEN l.state = 'reserved' THEN h.id IS NULL OR h.item_id <> l.item_id OR h.starts_s <> b.starts_s OR h.ends_s <> l.due_s " +
		"WHEN l.state = 'on_loan' THEN h.id IS NULL OR h.ends_s <> l.due_s " +
		"ELSE coalesce(h.ends_s > l.due_s, 0) END");
}

// Instants with no custodian or two, and loans that custody does not know of.
export function custodyFaults(database) {
	const gaps = ask(database, "SELECT item_id, id, from_s, until_s, lead(from_s) OVER (PARTITION BY item_id ORDER BY id) AS next_s, " +
		"lead(id) OVER (PARTITION BY item_id ORDER BY id) AS next_id FROM custody")
		.filter((row) => row.until_s !== row.next_s || (row.until_s !== null && row.until_s < row.from_s));
	return gaps.concat(ask(database, "SELECT l.id, l.state, c.id AS custody FROM line l LEFT JOIN custody c " +
		"ON c.line_id = l.id AND c.until_s IS NULL WHERE (l.state = 'on_loan' AND c.id IS NULL) " +
		"OR (l.state NOT IN ('on_loan', 'lost') AND c.id IS NOT NULL)"));
}
