// SPDX-License-Identifier: EUPL-1.2
// Which items a filter keeps and in which order. Values in, values out.
import type { Hub, Item, Place } from "../api";
import { isEquipped } from "../parts/badges";
import type { Choice } from "../parts/select";
import { t } from "../texts";

export type Filter = { q: string; pole: string; famille: string; etat: string };
type By<T> = ReadonlyMap<number, T>;

/** "available" is a declared state; "live-active" what a tag or meter says. */
const LIVE = "live-";

export function filterOf(query: URLSearchParams): Filter {
	const text = (name: string): string => (query.get(name) ?? "").slice(0, 80);
	return { q: text("q"), pole: text("pole"), famille: text("famille"), etat: text("etat") };
}

/** Without accents and case: « cote » finds « Côte ». */
export const plain = (text: string): string =>
	text
		.normalize("NFD")
		.replace(/[\u0300-\u036f]/g, "")
		.toLowerCase()
		.replace(/[’']/g, "'");

const collator = new Intl.Collator("fr", { numeric: true });

function isState(item: Item, wanted: string): boolean {
	if (!wanted.startsWith(LIVE)) return item.state === wanted;
	return isEquipped(item) && (item.live?.state ?? "unknown") === wanted.slice(LIVE.length);
}

function wordsOf(item: Item, places: By<Place>, hubs: By<Hub>): string {
	const spots = [item.place_id, item.home_place_id].map((id) => places.get(id ?? 0));
	const hub = hubs.get(item.hub_id ?? 0);
	return plain(
		[item.model_name, item.inventory_no, item.code, item.serial, item.family, hub?.name]
			.concat(spots.flatMap((place) => [place?.name, place?.commune]))
			.filter(Boolean)
			.join(" "),
	);
}

export function matching(items: By<Item>, places: By<Place>, hubs: By<Hub>, filter: Filter): Item[] {
	const wanted = plain(filter.q).split(/\s+/).filter(Boolean);
	const hubName = (item: Item): string => hubs.get(item.hub_id ?? 0)?.name ?? "\uffff";
	const kept = [...items.values()].filter((item) => {
		if (filter.pole && String(item.hub_id) !== filter.pole) return false;
		if (filter.famille && item.family !== filter.famille) return false;
		if (filter.etat && !isState(item, filter.etat)) return false;
		if (!wanted.length) return true;
		const words = wordsOf(item, places, hubs);
		return wanted.every((word) => words.includes(word));
	});
	return kept.sort(
		(a, b) =>
			collator.compare(hubName(a), hubName(b)) ||
			collator.compare(a.model_name, b.model_name) ||
			collator.compare(a.inventory_no, b.inventory_no),
	);
}

/** What there is to choose from: only what would find something. */
export function choicesOf(
	items: By<Item>,
	hubs: By<Hub>,
): { hubs: Choice[]; families: Choice[]; states: Choice[] } {
	const all = [...items.values()];
	const byLabel = (list: Choice[]): Choice[] => list.sort((a, b) => collator.compare(a.label, b.label));
	const declared = [...new Set(all.map((item) => item.state))];
	const live = (["active", "idle", "off", "unknown"] as const).filter((state) =>
		all.some((item) => isState(item, LIVE + state)),
	);
	return {
		hubs: byLabel([...hubs.values()].map((hub) => ({ value: String(hub.id), label: hub.name }))),
		families: byLabel(
			[...new Set(all.map((item) => item.family))].map((family) => ({
				value: family,
				label: family,
			})),
		),
		states: [
			...declared.map((state) => ({ value: state, label: t(`state.${state}`) })),
			...live.map((state) => ({ value: LIVE + state, label: t(`live.${state}`) })),
		],
	};
}
