#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// What README and the other Markdown files name is there: linked files, `paths` from the root or by their last parts,
// `functions()`. A star stands for any name.
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { codeOf, linesOf, report, sources } from "./sources.mjs";

const source = /\.(c|h|mjs|tsx?|sql|ya?ml|md|in|ini|css|1|service)$/;
const files = sources(/./);
const top = new Set(files.filter((path) => path.includes("/")).map((path) => path.split("/")[0]));
const code = files.filter((path) => /\.[ch]$/.test(path)).map((path) => codeOf(path)).join("\n");
const functions = new Set([...code.matchAll(/\b(\w+)\(/g)].map((hit) => hit[1]));

const escaped = (text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "[^/]*");
const isFile = (span) => files.some((path) => new RegExp(`(^|/)${escaped(span)}$`).test(path));
const isFolder = (span) => files.some((path) => path.startsWith(span) || path.includes(`/${span}`));

function faultOfSpan(span) {
	const named = span.match(/^(\w+)\(\)$/)?.[1];
	if (named) return functions.has(named) ? null : "no such function";
	if (!/^[\w.*/-]+$/.test(span) || span.startsWith("/") || span.startsWith(".")) return null;
	if (source.test(span)) return isFile(span) ? null : "no such file";
	if (!span.includes("/") || !top.has(span.split("/")[0])) return null;
	return isFile(span) || isFolder(span.endsWith("/") ? span : `${span}/`) ? null : "no such path";
}

function faultOfLink(from, target) {
	const path = target.split("#")[0];
	if (!path || /^[a-z]+:/.test(path)) return null;
	return existsSync(normalize(join(dirname(from), path))) ? null : "leads nowhere";
}

const complaints = [];
let n = 0;
for (const file of files.filter((path) => path.endsWith(".md")))
	linesOf(file).forEach((line, i) => {
		const spans = [...line.matchAll(/`([^`]+)`/g)].map((hit) => [hit[1], faultOfSpan(hit[1])]);
		const links = [...line.matchAll(/\]\(([^)\s]+)\)/g)].map((hit) => [hit[1], faultOfLink(file, hit[1])]);
		n += spans.length + links.length;
		for (const [what, fault] of [...spans, ...links]) if (fault) complaints.push(`${file}:${i + 1}: ${what}: ${fault}`);
	});
report(complaints, n);
