// SPDX-License-Identifier: EUPL-1.2
// What every check begins with: the project's own text files (committed or not), and one way to complain.
// A check reads the tree it is started in, so that check_checks.mjs can show it a broken one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const foreign = /^(\.git|build|node_modules|dist|corpus|vectors|\.navette-demo.*)$/;

export function sources(pattern, dir = ".") {
	return readdirSync(dir, { withFileTypes: true })
		.filter((entry) => !foreign.test(entry.name))
		.flatMap((entry) => {
			const path = dir === "." ? entry.name : join(dir, entry.name);
			if (entry.isDirectory()) return sources(pattern, path);
			return entry.isFile() && pattern.test(path) ? [path] : [];
		})
		.sort();
}

export const linesOf = (path) => readFileSync(path, "utf8").split("\n");

// C without comments (and, where asked, without the insides of literals); line numbers stay.
export function codeOf(path, { literals = true } = {}) {
	const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
	return readFileSync(path, "utf8").replace(token, (t) => {
		if (t[0] === "/") return t.replace(/[^\n]/g, " ");
		return literals ? t : t[0] + " ".repeat(t.length - 2) + t[0];
	});
}

export function report(complaints, checked) {
	for (const complaint of complaints) console.log(complaint);
	if (!checked) console.log("nothing to check: started in the wrong folder?");
	console.log(`${checked} checked, ${complaints.length} complaints`);
	process.exit(complaints.length || !checked ? 1 : 0);
}
