// SPDX-License-Identifier: EUPL-1.2
// The web's TypeScript, bundled as it is, to be called without a page.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = fileURLToPath(new URL('../../../inventory-service/web/', import.meta.url));

/** What the modules (paths below src/) export, as one; close() removes the bundle. */
export async function bundle(modules) {
	const { build } = createRequire(join(web, 'package.json'))('esbuild');
	const dir = mkdtempSync(join(tmpdir(), 'navette-web-'));
	const outfile = join(dir, 'rules.mjs');
	await build({
		stdin: {
			contents: modules.map((path) => `export * from "./src/${path}";`).join(''),
			resolveDir: web,
			loader: 'ts',
		},
		outfile,
		bundle: true,
		format: 'esm',
		platform: 'node',
		jsx: 'automatic',
		jsxImportSource: 'preact',
		logLevel: 'error',
	});
	const rules = await import(pathToFileURL(outfile));
	return { rules, close: () => rmSync(dir, { recursive: true }) };
}
