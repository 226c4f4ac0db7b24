#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// Budgets of the C sources: function 80 lines, file 1000, header 150, line 110 columns (tabs of 8), nesting 3.
// A function is what stands between "{" and "}" in the first column; nesting counts the blocks of if, else, for,
// while, do and switch, not the braces of initialisers.
import { codeOf, linesOf, report, sources } from "./sources.mjs";

const FUNCTION = 80, FILE = 1000, HEADER = 150, COLUMNS = 110, NESTING = 3;

function columns(line) {
	let n = 0;
	for (const sign of line) n = sign === "\t" ? n + 8 - (n % 8) : n + 1;
	return n;
}

function nestingOf(body) {
	const open = [];
	let deepest = 0;
	for (const { 0: brace, index } of body.matchAll(/[{}]/g)) {
		if (brace === "}") {
			open.pop();
			continue;
		}
		open.push(/(\)|\belse|\bdo)\s*$/.test(body.slice(0, index)));
		deepest = Math.max(deepest, open.filter(Boolean).length);
	}
	return deepest;
}

function* functionsOf(path) {
	const lines = codeOf(path, { literals: false }).split("\n");
	let start = -1;
	for (let i = 0; i < lines.length; i++) {
		if (lines[i] === "{" && start < 0) start = i;
		if (lines[i] !== "}" || start < 0) continue;
		const body = lines.slice(start + 1, i).join("\n");
		const name = lines.slice(Math.max(0, start - 6), start).join(" ").match(/(\w+)\s*\([^{};]*$/)?.[1];
		yield { name: name ?? "?", line: start + 1, length: i - start + 1, nesting: nestingOf(body) };
		start = -1;
	}
}

const files = sources(/\.[ch]$/);
const complaints = [];
for (const path of files) {
	const lines = linesOf(path);
	const budget = path.endsWith(".h") ? HEADER : FILE;
	if (lines.length - 1 > budget) complaints.push(`${path}: ${lines.length - 1} lines, at most ${budget}`);
	lines.forEach((line, i) => {
		if (columns(line) > COLUMNS) complaints.push(`${path}:${i + 1}: ${columns(line)} columns, at most ${COLUMNS}`);
	});
	for (const f of functionsOf(path)) {
		if (f.length > FUNCTION) complaints.push(`${path}:${f.line}: ${f.name}: ${f.length} lines, at most ${FUNCTION}`);
		if (f.nesting > NESTING) complaints.push(`${path}:${f.line}: ${f.name}: ${f.nesting} levels, at most ${NESTING}`);
	}
}
report(complaints, files.length);
