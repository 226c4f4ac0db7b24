#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// ./navette bench NAME|all: runs bench_NAME.mjs, each of which prints its figures beside the limits of their parts.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(here).map((file) => file.match(/^bench_(\w+)\.mjs$/)?.[1]).filter(Boolean).sort();
const wanted = process.argv[2] ?? "all";
const chosen = wanted === "all" ? names : names.filter((name) => name === wanted);

if (!chosen.length) {
	console.error(`navette: no measure of ${wanted} exists yet; there is: ${names.join(", ") || "none"}`);
	process.exit(1);
}
for (const name of chosen) {
	const done = spawnSync(process.execPath, [join(here, `bench_${name}.mjs`)], { stdio: "inherit" });
	if (done.status !== 0) process.exit(done.status ?? 1);
}
