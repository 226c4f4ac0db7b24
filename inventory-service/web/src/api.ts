// SPDX-License-Identifier: EUPL-1.2
// The only door to the service. Every answer is JSON or a Problem; nothing else is thrown. Types come from
// the published openapi.yaml (openapi.ts is generated from it), so a renamed field fails the build, not a
// page.
import type { Schemas } from "./openapi";
import { observeServerTime } from "./time";

export type Item = Schemas["Item"];
export type Place = Schemas["Place"];
export type Hub = Schemas["Hub"];
export type Session = Schemas["Session"];
export type UsageRow = Schemas["UsageRow"];
export type Page<T> = { items: T[]; next: string | null };
export type Conflict = Schemas["Conflict"];
type Refusal = { field?: string; conflicts?: Conflict[]; earliest_feasible?: string | null };

const BASE = "/api/v1";
const PAGE = 500;
const GIVE_UP_MS = 20_000;

/** What went wrong, in the shape of problem+json. status 0: nobody answered. */
export class Problem extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		readonly detail = "",
		readonly retryAfter_s = 0,
		/** Of a refusal: the field at fault, who is in the way, from when on nobody is. */
		readonly refusal: Refusal = {},
	) {
		super(code);
	}
}

let csrf = "";

async function fetchInTime(path: string, init: RequestInit): Promise<Response> {
	const giveUp = new AbortController();
	const timer = setTimeout(() => giveUp.abort(), GIVE_UP_MS);
	try {
		return await fetch(BASE + path, {
			...init,
			signal: giveUp.signal,
			credentials: "same-origin",
			cache: "no-cache",
		});
	} catch {
		throw new Problem(0, "network");
	} finally {
		clearTimeout(timer);
	}
}

async function problemOf(answer: Response): Promise<Problem> {
	type Said = Refusal & { code?: string; detail?: string };
	const said = (await answer.json().catch(() => null)) as Said | null;
	const wait = Number(answer.headers.get("Retry-After")) || 0;
	return new Problem(
		answer.status,
		String(said?.code ?? `http.${answer.status}`),
		String(said?.detail ?? ""),
		wait,
		said ?? {},
	);
}

type Extra = Record<string, string>;

async function call<T>(method: string, path: string, body?: unknown, extra: Extra = {}): Promise<T> {
	const headers: Record<string, string> = { Accept: "application/json", ...extra };
	if (body !== undefined) headers["Content-Type"] = "application/json";
	if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
	const answer = await fetchInTime(path, {
		method,
		headers,
		body: body === undefined ? null : JSON.stringify(body),
	});
	if (!answer.ok) throw await problemOf(answer);
	if (answer.status === 204) return undefined as T;
	try {
		return (await answer.json()) as T;
	} catch {
		throw new Problem(answer.status, "answer.unreadable");
	}
}

export const get = <T>(path: string) => call<T>("GET", path);

const newKey = (): string =>
	[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What was sent and never answered, with its key: sent again, it is done once. */
const unanswered = new Map<string, string>();

/** A command. version: what the page has read; another one by now is 412. */
export async function post<T>(path: string, body: unknown = {}, version?: number): Promise<T> {
	const what = path + JSON.stringify(body);
	const key = unanswered.get(what) ?? newKey();
	unanswered.set(what, key);
	const extra: Extra = { "Idempotency-Key": key };
	if (version !== undefined) extra["If-Match"] = `"${version}"`;
	try {
		const answer = await call<T>("POST", path, body, extra);
		unanswered.delete(what);
		return answer;
	} catch (problem) {
		if ((problem as Problem).status) unanswered.delete(what);
		throw problem;
	}
}

/** A question too long for an address: it changes nothing. */
export const ask = <T>(path: string, body: unknown) => call<T>("POST", path, body);

export const patch = <T>(path: string, body: unknown, version: number) =>
	call<T>("PATCH", path, body, { "If-Match": `"${version}"` });

/** What was read has the lists that it should have; a page would break on less. */
export function whole<T extends object>(answer: T, ...lists: (keyof T)[]): T {
	for (const name of lists)
		if (!Array.isArray(answer?.[name])) throw new Problem(200, "answer.unreadable");
	return answer;
}

async function* pages<T>(path: string): AsyncGenerator<T[]> {
	const asked = `${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}`;
	let next: string | null = "";
	while (next !== null) {
		const page: Page<T> = await get(asked + (next ? `&cursor=${encodeURIComponent(next)}` : ""));
		if (!Array.isArray(page.items)) throw new Problem(200, "answer.unreadable");
		yield page.items;
		next = page.next ?? null;
	}
}

/** Every page of a list. */
export async function all<T>(path: string): Promise<T[]> {
	const list: T[] = [];
	for await (const page of pages<T>(path)) list.push(...page);
	return list;
}

function opened(session: Session): Session {
	csrf = session.csrf ?? "";
	observeServerTime(session.now);
	return session;
}

export const api = {
	session: async () => opened(await get<Session>("/session")),
	signIn: async (email: string, password: string) =>
		opened(await call<Session>("POST", "/session", { email, password })),
	signOut: () => call<unknown>("DELETE", "/session"),
	items: () => all<Item>("/items"),
	item: (id: number) => get<Item>(`/items/${id}`),
	places: () => all<Place>("/places"),
	hubs: () => all<Hub>("/hubs"),
	usage: (query: string) => get<Page<UsageRow>>(`/usage?${query}`),
	eventsUrl: `${BASE}/events`,
	itemsCsv: `${BASE}/items.csv`,
	usageCsv: (query: string) => `${BASE}/usage.csv?${query}`,
};
