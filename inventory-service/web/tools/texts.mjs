#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// Every text is used, every language has every text with the same {values}, French spaces are no-break ones.
// (That a key used in the code exists is tsc's part.)
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const src = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

const textsOf = (language) => JSON.parse(readFileSync(join(src, "texts", `${language}.json`), "utf8"));
const valuesOf = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join(" ");

function sourceOf(dir) {
	return readdirSync(dir, { withFileTypes: true })
		.map((entry) => {
			if (entry.isDirectory()) return sourceOf(join(dir, entry.name));
			return /\.tsx?$/.test(entry.name) ? readFileSync(join(dir, entry.name), "utf8") : "";
		})
		.join("\n");
}

/** A key stands in the code as "key", as the stem of "key.one", or under a computed end: `live.${…}`. */
function isUsed(key, code) {
	const stem = key.replace(/\.(one|other)$/, "");
	const family = key.slice(0, key.lastIndexOf(".") + 1);
	return (
		code.includes(`"${key}"`) ||
		code.includes(`"${stem}"`) ||
		(family && code.includes(`\`${family}\${`))
	);
}

const code = sourceOf(src);
const fr = textsOf("fr");
const complaints = [];

for (const [key, text] of Object.entries(fr)) {
	if (!isUsed(key, code)) complaints.push(`fr.json: ${key}: nobody uses it`);
	if (/ [:;!?%»]|« /.test(text)) complaints.push(`fr.json: ${key}: an ordinary space at a French sign`);
	if (/'/.test(text)) complaints.push(`fr.json: ${key}: a typewriter apostrophe`);
}
for (const language of ["en"]) {
	const other = textsOf(language);
	for (const key of Object.keys(other))
		if (!(key in fr)) complaints.push(`${language}.json: ${key}: not in fr.json`);
	for (const [key, text] of Object.entries(fr)) {
		if (!(key in other)) complaints.push(`${language}.json: ${key}: missing`);
		else if (valuesOf(text) !== valuesOf(other[key]))
			complaints.push(`${language}.json: ${key}: other {values}`);
	}
}
for (const complaint of complaints) console.error(complaint);
console.log(`${Object.keys(fr).length} texts, ${complaints.length} complaints`);
process.exit(complaints.length ? 1 : 0);
