// SPDX-License-Identifier: EUPL-1.2
// node openapi.mjs IN.yaml OUT.json: the published description of the API as the service serves it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function yaml() {
	for (const folder of ["inventory-service/web", "tests"]) {
		try {
			return createRequire(join(root, folder, "package.json"))("yaml");
		} catch {
			// the other one, then
		}
	}
	console.error("openapi: the npm package yaml is missing: run npm ci in inventory-service/web");
	process.exit(1);
}

const [from, to] = process.argv.slice(2);
writeFileSync(to, `${JSON.stringify(yaml().parse(readFileSync(from, "utf8")), null, 1)}\n`);
