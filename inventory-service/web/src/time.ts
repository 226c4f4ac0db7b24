// SPDX-License-Identifier: EUPL-1.2
// The service's clock, as far as a page can know it. Desk PCs are wrong by hours, and a demo may run faster
// than real time: ages are counted on the service's time, estimated from what /session said first and last.
import { signal } from "@preact/signals";

const TICK_MS = 5_000;

let first: { server: number; local: number } | null = null;
let last = { server: Date.now(), local: Date.now() };

export function observeServerTime(now: string): void {
	const server = Date.parse(now);
	if (Number.isNaN(server)) return;
	last = { server, local: Date.now() };
	first ??= last;
	tick.value = serverNow();
}

/** 1 unless the service's clock is plainly another: answers say whole seconds, so small differences mean
 * nothing. */
function rate(): number {
	if (!first || last.local - first.local < 20_000) return 1;
	const seen = (last.server - first.server) / (last.local - first.local);
	return Math.abs(seen - 1) > 0.2 ? seen : 1;
}

export const serverNow = (): number => last.server + (Date.now() - last.local) * rate();

/** Moves every few seconds while the page is looked at: what shows an age reads it. */
export const tick = signal(serverNow());

setInterval(() => {
	if (!document.hidden) tick.value = serverNow();
}, TICK_MS);
document.addEventListener("visibilitychange", () => {
	if (!document.hidden) tick.value = serverNow();
});
