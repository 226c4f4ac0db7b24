#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// openapi.yaml → src/openapi.ts: the named schemas as TypeScript, so that tsc checks the pages against what
// the service publishes. Only what our document uses is understood; anything else stops the build.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = process.env.NAVETTE_OPENAPI ?? join(web, "..", "openapi.yaml");

const primitives = {
	string: "string",
	integer: "number",
	number: "number",
	boolean: "boolean",
	null: "null",
};

function nameOf(ref) {
	const name = ref.match(/^#\/components\/schemas\/(\w+)$/)?.[1];
	if (!name) throw new Error(`${source}: $ref ${ref}: only named schemas are understood`);
	return `Schemas["${name}"]`;
}

function objectOf({ properties = {}, required = [], additionalProperties }, indent) {
	const inner = `${indent}\t`;
	const members = Object.entries(properties).map(([name, schema]) => {
		const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
		return `${inner}${key}${required.includes(name) ? "" : "?"}: ${typeOf(schema, inner)};\n`;
	});
	if (!members.length)
		return `Record<string, ${typeOf(additionalProperties || true, inner)}>`;
	return `{\n${members.join("")}${indent}}`;
}

function plainOf(schema, type, indent) {
	if (type === "object") return objectOf(schema, indent);
	if (type === "array") return `(${typeOf(schema.items ?? true, indent)})[]`;
	if (!primitives[type]) throw new Error(`${source}: type ${type} is not understood`);
	return primitives[type];
}

function typeOf(schema, indent) {
	if (schema === true) return "unknown";
	if (schema.$ref) return nameOf(schema.$ref);
	if (schema.allOf) return schema.allOf.map((one) => typeOf(one, indent)).join(" & ");
	const either = schema.oneOf ?? schema.anyOf;
	if (either) return either.map((one) => typeOf(one, indent)).join(" | ");
	if ("const" in schema) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
	if (schema.type === undefined) return schema.properties ? objectOf(schema, indent) : "unknown";
	return [schema.type]
		.flat()
		.map((type) => plainOf(schema, type, indent))
		.join(" | ");
}

const { components } = parse(readFileSync(source, "utf8"));
const names = Object.keys(components.schemas).sort();
const body = names.map((name) => `\t${name}: ${typeOf(components.schemas[name], "\t")};\n`).join("");
const head = "// SPDX-License-Identifier: EUPL-1.2\n// Generated from openapi.yaml by tools/types.mjs.";
writeFileSync(join(web, "src", "openapi.ts"), `${head}\nexport type Schemas = {\n${body}};\n`);
console.log(`${names.length} types from openapi.yaml`);
