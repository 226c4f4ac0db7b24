// SPDX-License-Identifier: EUPL-1.2
// Open pages hear of changes. One stream per browser: the tab that holds the lock listens for all and tells
// the others; a tab hidden for a minute steps down; who saves data is not streamed to. Without a stream,
// everything shown is read again each minute. What is heard is only "item 7 changed", "booking 3 changed":
// pages read what they show.
import { effect, signal } from "@preact/signals";
import { api } from "./api";
import { checkSession, session } from "./store";

const POLL_MS = 60_000;
const HIDDEN_MS = 60_000;
const RETRY_MS = [2_000, 5_000, 15_000, 60_000];

const KINDS = ["item", "booking", "transfer"] as const;

export type Kind = (typeof KINDS)[number];
export type Changed = ReadonlySet<number> | "all";
type Listener = (changed: Changed) => void;
type Message =
	| { kind: "changed"; of: Kind; id: number }
	| { kind: "all" }
	| { kind: "stream"; open: boolean }
	| { kind: "who" };

/** True while changes arrive as they happen. */
export const streaming = signal(false);

const listeners = new Map<Listener, readonly Kind[]>();
const channel = "BroadcastChannel" in window ? new BroadcastChannel("navette.changes") : null;
const savesData = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;

let stream: EventSource | null = null;
let leave: (() => void) | null = null;
let wasOpen = false;
let failures = 0;
let retry = 0;
let toldAt = Date.now();

export function onChange(listener: Listener, ...kinds: Kind[]): () => void {
	listeners.set(listener, kinds.length ? kinds : ["item"]);
	return () => listeners.delete(listener);
}

function tellOf(kind: Kind, id: number): void {
	for (const [listener, kinds] of listeners) if (kinds.includes(kind)) listener(new Set([id]));
}

function tellAllHere(): void {
	toldAt = Date.now();
	for (const listener of listeners.keys()) listener("all");
}

// --- the tab that listens ---

function setOpen(open: boolean): void {
	streaming.value = open;
	channel?.postMessage({ kind: "stream", open } satisfies Message);
	if (open && wasOpen) tellAll(); // telemetry is not replayed: what was missed is read
	wasOpen ||= open;
}

function hear(event: MessageEvent<string>): void {
	const of = event.type as Kind;
	const id = idOf(of, event.data);
	if (!id) return;
	channel?.postMessage({ kind: "changed", of, id } satisfies Message);
	tellOf(of, id);
}

function idOf(kind: Kind, data: string): number | null {
	try {
		const said = JSON.parse(data) as { kind?: unknown; id?: unknown };
		return said.kind === kind && Number.isInteger(said.id) ? (said.id as number) : null;
	} catch {
		return null;
	}
}

function tellAll(): void {
	channel?.postMessage({ kind: "all" } satisfies Message);
	tellAllHere();
}

function listen(): void {
	stream = new EventSource(api.eventsUrl);
	stream.onopen = () => {
		failures = 0;
		setOpen(true);
	};
	for (const kind of KINDS) stream.addEventListener(kind, hear as EventListener);
	stream.addEventListener("reset", tellAll); // we did not keep up: start over
	stream.onerror = () => {
		setOpen(false);
		if (stream?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
		void checkSession(); // refused: perhaps nobody is signed in any more
		const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] as number;
		retry = window.setTimeout(listen, wait);
	};
}

function hangUp(): void {
	clearTimeout(retry);
	stream?.close();
	stream = null;
	setOpen(false);
}

/** Holds the lock until the returned promise is kept. Browsers without locks listen tab by tab. */
function join(): void {
	if (leave || savesData) return;
	if (!navigator.locks) {
		listen();
		leave = hangUp;
		return;
	}
	const patience = new AbortController();
	let release = (): void => patience.abort();
	leave = () => release();
	navigator.locks
		.request("navette.changes", { signal: patience.signal }, () => {
			listen();
			return new Promise<void>((done) => {
				release = () => {
					hangUp();
					done();
				};
			});
		})
		.catch(() => undefined); // aborted while waiting: another tab listens
}

function part(): void {
	leave?.();
	leave = null;
	streaming.value = false;
}

// --- every tab ---

if (channel)
	channel.onmessage = ({ data }: MessageEvent<Message>) => {
		if (!leave) return;
		if (data.kind === "changed") tellOf(data.of, data.id);
		else if (data.kind === "all") tellAllHere();
		else if (data.kind === "stream" && !stream) streaming.value = data.open;
		else if (data.kind === "who" && stream)
			channel.postMessage({ kind: "stream", open: streaming.value } satisfies Message);
	};

let hiddenTimer = 0;
document.addEventListener("visibilitychange", () => {
	clearTimeout(hiddenTimer);
	if (document.hidden) {
		hiddenTimer = window.setTimeout(part, HIDDEN_MS);
	} else if (session.value && !leave) {
		join();
		channel?.postMessage({ kind: "who" } satisfies Message);
		tellAllHere();
	}
});

setInterval(() => {
	if (session.value && !document.hidden && !streaming.value && Date.now() - toldAt >= POLL_MS - 1_000)
		tellAllHere();
}, POLL_MS / 4);

/** Streams while somebody is signed in. */
export function followSession(): void {
	effect(() => {
		if (!session.value) return part();
		join();
		channel?.postMessage({ kind: "who" } satisfies Message);
	});
}

/** Gathers changes: work runs delay_ms after the first, then at most once every pause_ms, never twice at a
 * time. */
export function gathered(
	delay_ms: number,
	pause_ms: number,
	work: (changed: Changed) => Promise<unknown>,
): Listener {
	let waiting = new Set<number>();
	let everything = false;
	let timer = 0;
	let notBefore = 0;

	const run = async (): Promise<void> => {
		const changed: Changed = everything ? "all" : waiting;
		waiting = new Set();
		everything = false;
		await work(changed).catch(() => undefined); // the page shows its problem itself
		notBefore = Date.now() + pause_ms;
		timer = 0;
		if (everything || waiting.size) schedule();
	};
	const schedule = (): void => {
		timer ||= window.setTimeout(run, Math.max(delay_ms, notBefore - Date.now()));
	};
	return (changed) => {
		if (changed === "all") everything = true;
		else for (const id of changed) waiting.add(id);
		schedule();
	};
}
