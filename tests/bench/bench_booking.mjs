#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// ./navette bench booking: bench_booking.c in a folder of its own. Prints; judges nothing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const program = join(process.env.NAVETTE_BUILD ?? join(root, "build/release"), "tests/bench/bench_booking");

if (!existsSync(program)) {
	console.error(`navette: ${program} is not built: ./navette bench booking builds it`);
	process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "navette-bench-"));
const done = spawnSync(program, [folder], { stdio: "inherit" });
rmSync(folder, { recursive: true });
process.exit(done.status ?? 1);
