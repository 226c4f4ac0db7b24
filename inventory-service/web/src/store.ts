// SPDX-License-Identifier: EUPL-1.2
// What this page knows of the service, kept while signed in: who I am, the places, the items. The list and
// the sheet read the same items, so a sheet opened from the list stands at once.
import { computed, signal } from "@preact/signals";
import { api, Problem, type Hub, type Item, type Place, type Session } from "./api";
import { serverNow } from "./time";

/** undefined: not asked yet; null: nobody. */
export const session = signal<Session | null | undefined>(undefined);
export const items = signal<ReadonlyMap<number, Item>>(new Map());
export const places = signal<ReadonlyMap<number, Place>>(new Map());
export const hubs = signal<ReadonlyMap<number, Hub>>(new Map());

/** When something was last read successfully: « Données de 9 h 12 ». */
export const freshAt = signal(0);
export const online = signal(navigator.onLine);
/** The service has not answered; cleared by the next answer. */
export const unreachable = signal(false);
export const offline = computed(() => !online.value || unreachable.value);

const byId = <T extends { id: number }>(list: T[]): ReadonlyMap<number, T> =>
	new Map(list.map((one) => [one.id, one]));

/** Runs one read: notes whether the service answered, and signs out where it no longer knows us. */
export async function reading<T>(read: Promise<T>): Promise<T> {
	try {
		const answer = await read;
		unreachable.value = false;
		freshAt.value = serverNow();
		return answer;
	} catch (caught) {
		const problem = caught instanceof Problem ? caught : new Problem(0, "page");
		if (problem.status === 401) forget();
		unreachable.value = problem.code === "network";
		throw problem;
	}
}

/** Asks whether the service still knows us; if not, the door. */
export async function checkSession(): Promise<void> {
	await reading(api.session()).catch(() => undefined);
}

export async function openSession(): Promise<void> {
	try {
		session.value = await reading(api.session());
	} catch (problem) {
		if ((problem as Problem).status !== 401) throw problem;
		session.value = null;
	}
}

export async function signIn(email: string, password: string): Promise<void> {
	session.value = await api.signIn(email, password);
}

export async function signOut(): Promise<void> {
	await api.signOut().catch((problem: Problem) => {
		if (problem.status !== 401) throw problem;
	});
	forget();
}

function forget(): void {
	session.value = null;
	items.value = new Map();
	places.value = new Map();
	hubs.value = new Map();
}

export async function loadPlaces(): Promise<void> {
	if (places.value.size) return;
	const [allPlaces, allHubs] = await reading(Promise.all([api.places(), api.hubs()]));
	hubs.value = byId(allHubs);
	places.value = byId(allPlaces);
}

export async function loadItems(): Promise<void> {
	items.value = byId(await reading(api.items()));
}

/** Several at once, shown at once; one that is gone does not hide the others. */
export async function loadSome(ids: number[]): Promise<void> {
	const answers = await Promise.allSettled(ids.map((id) => reading(api.item(id))));
	const now = new Map(items.value);
	for (const answer of answers)
		if (answer.status === "fulfilled") now.set(answer.value.id, answer.value);
	items.value = now;
}

export async function loadItem(id: number): Promise<void> {
	const item = await reading(api.item(id));
	items.value = new Map(items.value).set(id, item);
}

window.addEventListener("online", () => (online.value = true));
window.addEventListener("offline", () => (online.value = false));
