#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// Each source file names the licence in its first three lines, and LICENSE is the whole EUPL 1.2.
import { existsSync, readFileSync } from "node:fs";
import { linesOf, report, sources } from "./sources.mjs";

const source = /\.(c|h|cpp|sh|mjs|js|ts|tsx|css|sql|cmake|ya?ml|html|ini|service|py|ld|S)$|CMakeLists\.txt$/;
const program = /^(navette|\.ci\/run|broker-config\/prepare)$/;

const files = [...sources(source), ...sources(program), ...(existsSync(".ci/run") ? [".ci/run"] : [])];
const complaints = [...new Set(files)]
	.filter((path) => !linesOf(path).slice(0, 3).some((line) => line.includes("SPDX-License-Identifier: EUPL-1.2")))
	.map((path) => `${path}: no "SPDX-License-Identifier: EUPL-1.2" in its first three lines`);

const licence = existsSync("LICENSE") ? readFileSync("LICENSE", "utf8") : "";
const articles = licence.match(/^\d+\.\s*[A-Z]/gm) ?? [];
if (!/EUROPEAN UNION PUBLIC LICENCE v\. 1\.2/.test(licence) || articles.length !== 15 || !/Appendix/.test(licence))
	complaints.push("LICENSE: not the whole EUPL 1.2 (15 articles and the appendix)");
report(complaints, files.length);
