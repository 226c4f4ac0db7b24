#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// Nothing secret in the tree, nothing secret on its way to a log line, and no lock file that names a host.
// The demo's one password is public by design.
import { linesOf, report, sources } from "./sources.mjs";

const rules = [
	{ in: /./, never: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, why: "a private key" },
	{ in: /^(?!tests\/).*/, never: /\bnvt_[A-Za-z0-9_-]{32,}/, why: "a bearer token" },
	{ in: /package-lock\.json$/, never: /"resolved"/, why: "a registry's address" },
	{
		in: /\.c$/,
		never: /\blog_(err|warn|info|debug)\(.*[,>.]\s*(password|mac_key|secret|token|csrf|cookie|key)\b\s*[,)]/,
		why: "a secret in a log line",
	},
];

const text = /\.(c|h|sh|mjs|js|ts|tsx|css|sql|cmake|ya?ml|html|ini|conf|json|md|txt|csv|pem|key)$|^navette$/;
const files = sources(text);
const complaints = [];
for (const path of files) {
	linesOf(path).forEach((line, i) => {
		for (const rule of rules)
			if (rule.in.test(path) && rule.never.test(line)) complaints.push(`${path}:${i + 1}: ${rule.why}`);
	});
}
report(complaints, files.length);
