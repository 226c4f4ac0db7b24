#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// src/ → dist/: one bundle, named by its content, beside its .br and .gz; index.html points to it. Fails when
// the first load (HTML, style, code, French texts) is over its budget.
import { build } from "esbuild";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET = 60 * 1024; // bytes, gzip
const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(web, "dist");

async function bundle() {
	const { metafile } = await build({
		absWorkingDir: web,
		entryPoints: { app: "src/main.tsx", style: "src/style.css", icon: "src/icon.svg" },
		outdir: "dist/assets",
		entryNames: "[name]-[hash]",
		chunkNames: "[name]-[hash]",
		bundle: true,
		splitting: true,
		format: "esm",
		minify: true,
		metafile: true,
		jsx: "automatic",
		jsxImportSource: "preact",
		target: ["chrome109", "firefox115", "safari15"],
		loader: { ".svg": "copy" },
		charset: "utf8",
		legalComments: "none",
		logLevel: "warning",
	});
	const named = (start, end) =>
		Object.keys(metafile.outputs)
			.map((path) => relative("dist", path))
			.find((path) => path.startsWith(`assets/${start}-`) && path.endsWith(end));
	const needed = new Set([named("app", ".js")]);
	for (const path of needed)
		for (const part of metafile.outputs[`dist/${path}`].imports)
			if (part.kind === "import-statement") needed.add(relative("dist", part.path));
	// an entry that only passes on to a part is not worth a request: the page names the part itself
	const code = [...needed].filter((path) => Object.keys(metafile.outputs[`dist/${path}`].inputs).length);
	return { code, style: named("style", ".css"), icon: named("icon", ".svg") };
}

function page({ code, style, icon }) {
	const html = readFileSync(join(web, "src", "index.html"), "utf8")
		.replace("{style}", `/${style}`)
		.replace("{icon}", `/${icon}`)
		.replace("{app}", `/${code[0]}`)
		.replace(
			"{parts}",
			code
				.slice(1)
				.map((path) => `<link rel="modulepreload" href="/${path}">`)
				.join("\n"),
		);
	writeFileSync(join(dist, "index.html"), html);
}

function compress(dir) {
	for (const entry of readdirSync(dir, { withFileTypes: true })) {
		const path = join(dir, entry.name);
		if (entry.isDirectory()) {
			compress(path);
			continue;
		}
		const bytes = readFileSync(path);
		writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
		writeFileSync(
			`${path}.br`,
			brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
		);
	}
}

function weigh(paths) {
	const size = (path) => readFileSync(join(dist, `${path}.gz`)).length;
	const total = paths.reduce((sum, path) => sum + size(path), 0);
	for (const path of paths) console.log(`  ${String(size(path)).padStart(6)}  ${path}`);
	console.log(`first load ${(total / 1024).toFixed(1)} KiB gzip, at most ${BUDGET / 1024}`);
	return total;
}

rmSync(dist, { recursive: true, force: true });
const parts = await bundle();
page(parts);
compress(dist);
process.exitCode = weigh(["index.html", parts.style, ...parts.code, parts.icon]) > BUDGET ? 1 : 0;
if (process.exitCode)
	console.error("over the budget of the first load: what was added must go, or be loaded on demand");
