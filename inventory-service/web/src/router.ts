// SPDX-License-Identifier: EUPL-1.2
// Addresses. The URL holds what is looked at, filters included; links are plain links, taken over on click.
// Going back returns to the same scroll and the same link; going on puts the focus on the new page's title.
import { computed, signal } from "@preact/signals";

const current = signal(location.pathname + location.search);

export const here = computed(() => new URL(current.value, location.origin));

type Arrival = { kind: "first" } | { kind: "on" } | { kind: "back"; scroll: number; focus: string };
let arrival: Arrival = { kind: "first" };

type Kept = { scroll?: number; focus?: string } | null;

if ("scrollRestoration" in history) history.scrollRestoration = "manual";

export function go(to: string, replace = false): void {
	if (!replace) {
		history.replaceState({ scroll: window.scrollY, focus: document.activeElement?.id ?? "" }, "");
		history.pushState(null, "", to);
	} else history.replaceState(history.state, "", to);
	arrival = { kind: "on" };
	current.value = to;
}

/** Changes the query of the page that is shown: not a new page, the focus stays. */
export function setQuery(values: Record<string, string>): void {
	const url = new URL(here.value);
	for (const [name, value] of Object.entries(values))
		value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
	history.replaceState(history.state, "", url);
	current.value = url.pathname + url.search;
}

/** Called by a page once its title stands. */
export function arrive(): void {
	const how = arrival;
	arrival = { kind: "first" };
	if (how.kind === "first") return;
	const kept = how.kind === "back" && how.focus ? document.getElementById(how.focus) : null;
	(kept ?? document.querySelector<HTMLElement>("h1"))?.focus({ preventScroll: true });
	window.scrollTo(0, how.kind === "back" ? how.scroll : 0);
}

/** An address of this site, or the first page: what "suite" asks for is not to be trusted. */
export function ownAddress(wanted: string | null): string {
	if (!wanted) return "/";
	const url = new URL(wanted, location.origin);
	return url.origin === location.origin ? url.pathname + url.search : "/";
}

window.addEventListener("popstate", (event) => {
	const kept = event.state as Kept;
	arrival = { kind: "back", scroll: kept?.scroll ?? 0, focus: kept?.focus ?? "" };
	current.value = location.pathname + location.search;
});

document.addEventListener("click", (event) => {
	const link = (event.target as Element).closest?.("a");
	if (!link || event.defaultPrevented || event.button !== 0) return;
	if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
	if (link.origin !== location.origin || link.hasAttribute("download") || link.target) return;
	if (link.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
	event.preventDefault();
	go(link.pathname + link.search);
});
