// SPDX-License-Identifier: EUPL-1.2
// A folder of a stopped service moved onto a disk of a few megabytes that can be filled to the last byte: a tmpfs, mounted
// by root, or by anybody else in a user and mount namespace of the service's own.
import { spawnSync } from "node:child_process";
import { closeSync, cpSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function run(...words) {
	const done = spawnSync(words[0], words.slice(1), { encoding: "utf8" });
	if (done.status !== 0) throw new Error(`${words.join(" ")}: ${done.stderr}`);
}

export class SmallDisk {
	constructor(service, megabytes) {
		this.service = service;
		this.saved = mkdtempSync(join(tmpdir(), "navette-saved-"));
		this.isRoot = process.getuid() === 0;
		cpSync(service.dir, this.saved, { recursive: true });
		const mount = ["mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "navette-test"];
		if (this.isRoot) {
			run(...mount, service.dir);
			cpSync(this.saved, service.dir, { recursive: true });
		} else {
			service.wrap = ["unshare", "-rm", "sh", "-c",
				`${mount.join(" ")} "$0" && cp -a ${this.saved}/. "$0" && exec "$@"`, service.dir];
		}
	}

	// The folder as the running service sees it.
	get dir() {
		return this.isRoot ? this.service.dir : `/proc/${this.service.process.pid}/root${this.service.dir}`;
	}

	fill() {
		const file = openSync(join(this.dir, "filler"), "a");
		for (let size = 1 << 20; size >= 1;) {
			try {
				writeSync(file, Buffer.alloc(size));
			} catch (error) {
				if (error.code !== "ENOSPC") throw error;
				size >>= 1;
			}
		}
		closeSync(file);
	}

	free() {
		unlinkSync(join(this.dir, "filler"));
	}

	// A copy of the database, where there is room to look into it. Nothing must be writing.
	copy() {
		const dir = mkdtempSync(join(this.saved, "copy-"));
		for (const suffix of ["", "-wal"]) cpSync(join(this.dir, `navette.db${suffix}`), join(dir, `navette.db${suffix}`));
		return join(dir, "navette.db");
	}

	close() {
		if (this.isRoot) run("umount", "-l", this.service.dir);
		rmSync(this.saved, { recursive: true, force: true });
	}
}
