#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// The checks can fail: each is shown a small tree with one thing wrong and has to name it.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const spdx = "/* SPDX-License-Identifier: EUPL-1.2 */\n";
const body = (n) => `int f(void)\n{\n${"\tg();\n".repeat(n)}}\n`;
const nested = "int f(void)\n{\n\tif (a) {\n\t\tif (b) {\n\t\t\tif (c) {\n\t\t\t\tif (d) {\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t}\n}\n";

const cases = [
	["rules", "common/wire/x.c", "#include <stdio.h>\n"],
	["rules", "common/wire/x.c", "int *f(void) { return malloc(4); }\n"],
	["rules", "common/daemon/x.c", '#include "gateway/spool.h"\n'],
	["rules", "common/daemon/x.c", "#include <cjson/cJSON.h>\n"],
	["rules", "gateway/x.c", '#include "inventory-service/db.h"\n'],
	["rules", "gateway/x.c", "#include <MQTTAsync.h>\n"],
	["rules", "gateway/source_ble.c", "#include <modbus.h>\n"],
	["rules", "inventory-service/service.c", "#include <microhttpd.h>\n"],
	["rules", "inventory-service/service.c", "#include <sqlite3.h>\n"],
	["rules", "inventory-service/service.c", 'const char *t = "$CONTROL/dynamic-security/v1";\n'],
	["rules", "inventory-service/domain/a/b_rules.c", '#include "inventory-service/db.h"\n'],
	["rules", "inventory-service/domain/a/b_rules.c", "long f(void) { return time(0); }\n"],
	["rules", "inventory-service/domain/a/b.c", '#include "common/daemon/json.h"\n'],
	["rules", "inventory-service/domain/a/b.c", '#include "inventory-service/call.h"\n'],
	["rules", "inventory-service/api/x.c", 'const char *q = "SELECT id FROM item";\n'],
	["rules", "inventory-service/api/x.c", '#include "inventory-service/db.h"\n'],
	["rules", "inventory-service/ingest.c", '#include "inventory-service/api/items.h"\n'],
	["rules", "gateway/main.c", 'int f(void) { setlocale(0, ""); }\n'],
	["rules", "inventory-service/x.c", 'const char *q = "SELECT * FROM item";\n'],
	["size", "gateway/x.c", body(79)],
	["size", "gateway/x.c", "int x;\n".repeat(1000)],
	["size", "gateway/x.h", "int x;\n".repeat(150)],
	["size", "gateway/x.c", `\t/* ${"x".repeat(100)} */\n`],
	["size", "gateway/x.c", nested],
	["secrets", "gateway/x.c", 'void f(void)\n{\n\tlog_info("x: %s", conf->password);\n}\n'],
	["secrets", "docs/key.pem", `-----BEGIN ${"RSA "}PRIVATE KEY-----\n`],
	["secrets", "tests/package-lock.json", '{ "resolved": "https://registry.example/x.tgz" }\n'],
	["paths", "docs/x.md", "read `common/wire/gone.c` first\n"],
	["paths", "docs/x.md", "read `gone.c` first\n"],
	["paths", "docs/x.md", "all is in `common/gone/`\n"],
	["paths", "docs/x.md", "`f()` calls `gone()`\n"],
	["paths", "docs/x.md", "see [there](../common/gone.c)\n"],
	["licence", "gateway/x.c", "int x;\n", ""],
	["licence", "LICENSE", "All rights reserved\n", ""],
];

const good = [
	["common/wire/ok.c", '#include <stdint.h>\n\n#include "common/wire/ok.h"\n' + body(78)],
	["README.md", "[ok](common/wire/ok.c), `wire/ok.c`, `*.c`, `common/wire/`, `f()`, `GET /x`, [out](https://x.example/)\n"],
	["common/daemon/json.c", "#include <cjson/cJSON.h>\n/* never setlocale; $CONTROL is elsewhere */\n"],
];

function plant(tree, [path, text], head) {
	mkdirSync(dirname(join(tree, path)), { recursive: true });
	writeFileSync(join(tree, path), head + text);
}

function run(check, planted) {
	const tree = mkdtempSync(join(tmpdir(), "navette-check-"));
	cpSync("LICENSE", join(tree, "LICENSE"));
	for (const file of good) plant(tree, file, spdx);
	if (planted) plant(tree, planted.slice(1, 3), planted[3] ?? spdx);
	const done = spawnSync(process.execPath, [join(here, `check_${check}.mjs`)], { cwd: tree, encoding: "utf8" });
	rmSync(tree, { recursive: true });
	return done;
}

let failed = 0;
for (const check of ["rules", "size", "secrets", "paths", "licence"]) {
	const done = run(check);
	if (done.status === 0) continue;
	failed++;
	console.log(`${check}: complains about a clean tree: ${done.stdout}${done.stderr}`);
}
for (const planted of cases) {
	const done = run(planted[0], planted);
	if (done.status === 1 && done.stdout.includes(planted[1])) continue;
	failed++;
	console.log(`${planted[0]}: does not see ${JSON.stringify(planted[2].slice(0, 60))} in ${planted[1]}: ${done.stdout}${done.stderr}`);
}
console.log(`${cases.length} broken trees, ${failed} unseen`);
process.exit(failed ? 1 : 0);
