// SPDX-License-Identifier: EUPL-1.2
// openapi.yaml as a judge: is this answer one of those it describes? And as a source of wrong bodies: for each member of
// a request its wrong types, lengths, ranges and words.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Ajv from "ajv/dist/2020.js";
import { parse } from "yaml";

const service = join(dirname(fileURLToPath(import.meta.url)), "../../inventory-service");
export const document = parse(readFileSync(join(service, "openapi.yaml"), "utf8"));

const ajv = new Ajv.default({ allErrors: true, strict: false });
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
ajv.addFormat("date", /^\d{4}-\d\d-\d\d$/);
ajv.addFormat("local-or-date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/);
ajv.addSchema(document, "openapi");

const methods = ["get", "post", "patch", "put", "delete"];
export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
	methods.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path, ...item[method] })));

// What routes.h says, in the same words: the table is the truth about what exists.
export function routesOfTable() {
	const text = readFileSync(join(service, "routes.h"), "utf8");
	return [...text.matchAll(/^\tX\((\w+), ([A-Z]+), "([^"]+)", (READ|WRITE)\)/gm)].map(([, name, method, path]) => ({
		name, method, path: path.replace("[.csv]", ""), hasCsv: path.endsWith("[.csv]"),
	}));
}

export function resolved(schema) {
	if (!schema?.$ref) return schema;
	return resolved(schema.$ref.replace("#/", "").split("/").reduce((at, name) => at[name], document));
}

function operationOf(method, path) {
	const plain = path.split("?")[0].replace(/\.csv$/, "");
	return operations.find((one) => one.method === method && (one.path === plain ||
		new RegExp(`^${one.path.replace(/\{\w+\}/g, "\\d+")}$`).test(plain)));
}

// "" where openapi.yaml describes the answer, else why not.
export function faultOf(method, path, status, type, text) {
	const operation = operationOf(method, path);
	if (!operation) return status === 404 || status === 405 ? "" : `${method} ${path} is not described`;
	const answer = resolved(operation.responses[status] ?? (status >= 400 ? operation.responses.default : undefined));
	if (!answer) return `${status} is not described`;
	if (!answer.content) return text ? "there is a body" : "";
	const content = answer.content[type.split(";")[0]];
	if (!content) return `${type} is not described`;
	if (!type.includes("json")) return "";
	const reference = content.schema.$ref;
	const validate = reference ? ajv.getSchema(`openapi${reference}`) : ajv.compile(content.schema);
	return validate(JSON.parse(text)) ? "" : ajv.errorsText(validate.errors);
}

// ---- wrong bodies ----------------------------------------------------------------------------------------------

function plain(schema) { // without its null: [schema, may be null]
	const one = resolved(schema);
	if (one.oneOf) return [resolved(one.oneOf.find((each) => each.type !== "null")), one.oneOf.some((each) => each.type === "null")];
	return [one, [one.type].flat().includes("null")];
}

const typesOf = (schema) => [schema.type ?? (schema.enum || schema.const ? "string" : "object")].flat().filter((type) => type !== "null");

const wrongType = { string: 7, integer: "7", number: "seven", boolean: "yes", array: "none", object: 7 };

function* wrongTexts(schema) {
	if (schema.maxLength) yield "x".repeat(schema.maxLength + 1);
	if (schema.minLength) yield "";
	if (schema.pattern || schema.format || schema.enum || schema.const) yield "?";
}

function* wrongNumbers(name, schema, type) {
	if (type === "integer") yield 1.5;
	if (schema.minimum !== undefined) yield schema.minimum - 1;
	if (schema.maximum !== undefined) yield schema.maximum + 1;
	if (name.endsWith("_id")) yield 999999; // nothing has it
}

function* wrongLists(schema) {
	const item = resolved(schema.items);
	if (schema.maxItems) yield Array.from({ length: schema.maxItems + 1 }, () => "x");
	if (schema.minItems) yield [];
	yield [wrongType[typesOf(item)[0]]];
	if (item.pattern) yield ["?"];
}

// [name of the member at fault, wrong value]; valid is what it stands for
function* wrongValues(name, schema, valid) {
	const [inner, mayBeNull] = plain(schema);
	const types = typesOf(inner);
	if (!mayBeNull) yield [name, null];
	if (!types.includes("number") || !types.includes("string")) yield [name, wrongType[types[0]]];
	if (!types.includes("boolean")) yield [name, true];
	if (types.includes("string")) for (const value of wrongTexts(inner)) yield [name, value];
	if (types.includes("integer") || types.includes("number"))
		for (const value of wrongNumbers(name, inner, types[0])) yield [name, value];
	if (types.includes("array")) for (const value of wrongLists(inner)) yield [name, value];
	if (types.includes("array") && valid?.[0])
		for (const [field, value] of wrongMembers(resolved(inner.items), `${name}[0]`, valid[0])) yield [field, [value]];
	if (types.includes("object")) yield* wrongMembers(inner, name, valid);
}

function* wrongMembers(schema, outer, valid = {}) {
	yield [`${outer}.nonsense`, { ...valid, nonsense: 1 }];
	for (const [name, inner] of Object.entries(schema.properties))
		for (const [field, value] of wrongValues(name, inner, valid[name]))
			yield [`${outer}.${field}`, { ...valid, [name]: value }];
}

export const bodyOf = (operation) => resolved(resolved(operation.requestBody)?.content["application/json"].schema);

// Every way to send valid wrongly: { field, body }.
export function* wrongBodies(operation, valid) {
	const schema = bodyOf(operation);
	yield { field: "nonsense", body: { ...valid, nonsense: 1 } };
	for (const name of schema.required ?? []) {
		const { [name]: _, ...rest } = valid;
		yield { field: name, body: rest };
	}
	for (const [name, inner] of Object.entries(schema.properties))
		for (const [field, value] of wrongValues(name, inner, valid[name])) yield { field, body: { ...valid, [name]: value } };
}
