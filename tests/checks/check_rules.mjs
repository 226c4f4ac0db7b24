#!/usr/bin/env node
// SPDX-License-Identifier: EUPL-1.2
// Who may include what, and what may stand where. The table is the rule; the code below only walks it.
import { codeOf, report, sources } from "./sources.mjs";

const portable = /^<(assert|limits|stdbool|stddef|stdint|string)\.h>$/;
const pure = /_rules\.[ch]$|\/(usage_meter|sieve|duty|span)\.[ch]$/;

const rules = [
	// the portable core: any C11 compiler, no OS, no memory, no text output
	{ in: /^common\/wire\//, only: [portable, /^"common\/wire\//] },
	{ in: /^firmware\/core\//, only: [portable, /^"(common\/wire|firmware\/core)\//, /^"firmware\/board\.h"/] },
	{ in: /^(common\/wire|firmware\/core)\//, never: /\b(malloc|calloc|realloc|free|float|double|s?n?printf)\b/ },

	// rules are pure: values in, values out
	{ in: pure, not: /^<(stdio|stdlib|time|unistd|pthread|errno)\.h>|^<sys\// },
	{ in: pure, not: /^".*\/(db|call|service|secret|audit|ingest|json|mqtt|clock|log|conf)\.h"/ },
	{ in: pure, never: /\b(x?[mc]alloc|x?realloc|time|clock_\w+|db_query|fatal|log_\w+)\s*\(/ },

	// each folder knows only what is upstream of it
	{ in: /^common\//, not: /^"(firmware|gateway|inventory-service|tests)\// },
	{ in: /^firmware\//, not: /^"(gateway|inventory-service|tests)\// },
	{ in: /^gateway\//, not: /^"(firmware|inventory-service|tests)\// },
	{ in: /^inventory-service\//, not: /^"(firmware|gateway|tests)\// },
	{ in: /^inventory-service\/domain\//, not: /^<(pthread|time)\.h>|^"common\/daemon\/(json|mqtt|clock|conf)\.h"/ },
	{ in: /^inventory-service\/domain\//, not: /^"inventory-service\/(call|service|http|routes|ingest|mqtt_door|api\/|outbox\/)/ },
	{ in: /^inventory-service\/domain\//, never: /\b(time|gettimeofday|clock_gettime|clock_now_m?s)\s*\(/ },
	{ in: /^inventory-service\/api\//, not: /^<(pthread|time)\.h>|^"common\/daemon\/(mqtt|clock)\.h"/ },
	{ in: /^inventory-service\/api\//, not: /^"inventory-service\/(db|migrate|http|ingest|mqtt_door|outbox\/)/ },
	{ in: /^inventory-service\/api\//, never: /\bdb_query\b|\bpthread_|"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s/ },
	{ in: /^inventory-service\/ingest/, not: /^"inventory-service\/(api\/|http\.h|routes\.h)/ },

	// one door to each part
	{ include: /^<(cjson\/)?cJSON\.h>/, onlyIn: /^common\/daemon\/json\.c$/ },
	{ include: /^<MQTTAsync\.h>/, onlyIn: /^common\/daemon\/mqtt\.c$/ },
	{ include: /^<ini\.h>/, onlyIn: /^common\/daemon\/conf\.c$/ },
	{ include: /^<microhttpd\.h>/, onlyIn: /^(inventory-service\/http|tests\/bench\/bench_http)\.c$/ },
	{ include: /^<zlib\.h>/, onlyIn: /^inventory-service\/gzip\.c$/ },
	{ include: /^<sqlite3\.h>/, onlyIn: /^inventory-service\/(db|migrate)\.c$|^tests\// },
	{ include: /^<(modbus\/)?modbus\.h>/, onlyIn: /^gateway\/source_modbus\.c$|^tests\// },
	{ text: /\$CONTROL/, onlyIn: /^inventory-service\/outbox\/broker_admin\.[ch]$|^tests\// },

	// never
	{ text: /\bsetlocale\b/, onlyIn: /^$/ },
	{ text: /\b(strcpy|strcat|sprintf|gets|alloca|strtok)\s*\(/, onlyIn: /^$/ },
	{ text: /INSERT OR REPLACE|SELECT \*|BEGIN DEFERRED/, onlyIn: /^tests\// },
];

function breach(rule, path, include, line) {
	if (rule.onlyIn) {
		const hit = rule.include ? include && rule.include.test(include) : rule.text.test(line);
		return hit && !rule.onlyIn.test(path) ? `only in ${rule.onlyIn}` : null;
	}
	if (!rule.in.test(path)) return null;
	if (rule.only && include && !rule.only.some((allowed) => allowed.test(include)))
		return `not among what ${rule.in} may include`;
	if (rule.not && include && rule.not.test(include)) return `${rule.in} may not include it`;
	if (rule.never && !include && rule.never.test(line)) return `${rule.in} may not say it`;
	return null;
}

const files = sources(/\.[ch]$/);
const complaints = [];
for (const path of files) {
	codeOf(path).split("\n").forEach((line, i) => {
		const include = line.match(/^\s*#\s*include\s+(<[^>]+>|"[^"]+")/)?.[1];
		for (const rule of rules) {
			const why = breach(rule, path, include, line);
			if (why) complaints.push(`${path}:${i + 1}: ${line.trim()}: ${why}`);
		}
	});
}
report(complaints, files.length);
