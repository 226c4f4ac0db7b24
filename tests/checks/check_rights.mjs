#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// A route without its row of rights does not compile: each row is taken out in turn, and so is each route.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { report } from "./sources.mjs";

const dir = mkdtempSync(join(tmpdir(), "navette-rights-"));
mkdirSync(join(dir, "inventory-service"));
const headers = { rights: "inventory-service/rights_list.h", routes: "inventory-service/routes.h" };
const texts = Object.fromEntries(Object.entries(headers).map(([name, path]) => [name, readFileSync(path, "utf8")]));

// With the headers of dir in the place of the project's.
function compiles(changed) {
	for (const [name, path] of Object.entries(headers)) writeFileSync(join(dir, path), changed[name] ?? texts[name]);
	const source = join(dir, "inventory-service/rights.c");
	writeFileSync(source, readFileSync("inventory-service/rights.c"));
	return spawnSync("cc", ["-std=gnu11", "-fsyntax-only", "-w", `-I${dir}`, "-I.", source]).status === 0;
}

const rowsOf = (text, list) =>
	text.slice(text.indexOf(`#define ${list}(X)`)).split(/\n(?!\t)/)[0].match(/\tX\(\w+,[^\n]*/g);
const without = (text, row) => text.replace(`${row}\n`, row.trimEnd().endsWith("\\") ? "" : "\t\n");
const nameOf = (row) => row.match(/X\((\w+)/)[1];

const complaints = [];
if (!compiles({})) complaints.push("rights.c does not compile as it is");
const rights = rowsOf(texts.rights, "RIGHTS_LIST"), routes = rowsOf(texts.routes, "ROUTE_LIST");
for (const row of rights)
	if (compiles({ rights: without(texts.rights, row) })) complaints.push(`the build does not miss the right of ${nameOf(row)}`);
for (const row of routes.slice(0, 3))
	if (compiles({ routes: without(texts.routes, row) })) complaints.push(`the build does not miss the route ${nameOf(row)}`);
if (rights.length !== routes.length) complaints.push(`${routes.length} routes, ${rights.length} rights`);
rmSync(dir, { recursive: true, force: true });
report(complaints, rights.length);
