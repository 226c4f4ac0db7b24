#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// ./navette bench NAME…|all: runs bench_NAME.mjs, each of which prints its figures beside the limits of their parts.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(here).map((file) => file.match(/^bench_(\w+)\.mjs$/)?.[1]).filter(Boolean).sort();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ["all"];
const chosen = wanted.flatMap((name) => (name === "all" ? names : [name]));
const unknown = chosen.find((name) => !names.includes(name));

if (unknown) {
	console.error(`navette: no measure of ${unknown} exists; there is: ${names.join(", ")}`);
	process.exit(1);
}
for (const name of chosen) {
	const done = spawnSync(process.execPath, [join(here, `bench_${name}.mjs`)], { stdio: "inherit" });
	if (done.status !== 0) process.exit(done.status ?? 1);
}
