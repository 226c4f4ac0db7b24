// SPDX-License-Identifier: EUPL-1.2
// The messages' schemas of broker-config, compiled.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Ajv from "ajv/dist/2020.js";

export const folder = join(dirname(fileURLToPath(import.meta.url)), "../../broker-config");
export const names = readdirSync(join(folder, "schemas")).map((file) => file.replace(".json", ""));

const ajv = new Ajv.default({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
for (const name of names) ajv.addSchema(JSON.parse(readFileSync(join(folder, "schemas", `${name}.json`), "utf8")));

// "" where the value is a message of that name, else why not.
export function faultOf(name, value) {
	const validate = ajv.getSchema(`${name}.json`);
	return validate(value) ? "" : ajv.errorsText(validate.errors);
}
