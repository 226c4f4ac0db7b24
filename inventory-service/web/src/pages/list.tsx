// SPDX-License-Identifier: EUPL-1.2
// Matériel: everything there is, by pôle, then by name; filters live in the address.
import { useEffect, useMemo, useState } from "preact/hooks";
import { api, type Item } from "../api";
import { gathered, onChange } from "../live";
import { useLoad } from "../load";
import { Icon } from "../parts/icons";
import { PageTitle, useTitle } from "../parts/page";
import { SearchBox } from "../parts/search";
import { Select } from "../parts/select";
import { StaleNote, Until } from "../parts/states";
import { here, setQuery } from "../router";
import { freshAt, hubs, items, loadItems, loadPlaces, loadSome, places } from "../store";
import { t, tn } from "../texts";
import { wide } from "../wide";
import { choicesOf, filterOf, matching, type Filter } from "./filter";
import { ItemCards, ItemTable } from "./rows";

const STEP = 60; // rows added at a time: the page stays light with 1 500 items
const EACH = 24; // more changes than this at once: the list is read again as a whole

export function ListPage() {
	useTitle(t("nav.items"));
	const load = useLoad("items", () => Promise.all([loadPlaces(), loadItems()]), items.value.size > 0);
	const filter = filterOf(here.value.searchParams);
	const key = JSON.stringify(filter);
	const [limit, setLimit] = useState(STEP);
	const found = useMemo(
		() => matching(items.value, places.value, hubs.value, filter),
		[items.value, places.value, hubs.value, key],
	);
	useEffect(() => setLimit(STEP), [key]);
	useLive(found.slice(0, limit), load.again);

	return (
		<>
			<div class="head">
				<PageTitle>{t("nav.items")}</PageTitle>
				<p class="count" role="status">
					{load.ready ? tn("list.count", found.length) : ""}
				</p>
				{wide.value && <CsvLink />}
			</div>
			{!wide.value && <SearchBox />}
			<Filters filter={filter} />
			<StaleNote load={load} at={freshAt.value} />
			<Until load={load} rows={10}>
				{() =>
					found.length ? (
						<Rows
							found={found}
							limit={limit}
							more={() => setLimit(limit + STEP)}
						/>
					) : (
						<Nothing />
					)
				}
			</Until>
			{!wide.value && load.ready && <CsvLink />}
		</>
	);
}

function CsvLink() {
	return (
		<a class="csv" href={api.itemsCsv} download="materiel.csv">
			<Icon name="download" /> {t("list.csv")}
		</a>
	);
}

/** Reads again what changed and is shown: at once, then at most every ten seconds. */
function useLive(shown: Item[], again: () => Promise<void>): void {
	const ids = new Set(shown.map((item) => item.id));
	const kept = useMemo(() => ({ ids }), []);
	kept.ids = ids;
	useEffect(
		() =>
			onChange(
				gathered(300, 10_000, async (changed) => {
					const concerned =
						changed === "all"
							? null
							: [...changed].filter((id) => kept.ids.has(id));
					if (!concerned || concerned.length > EACH) await again();
					else if (concerned.length) await loadSome(concerned);
				}),
			),
		[],
	);
}

function Rows({ found, limit, more }: { found: Item[]; limit: number; more: () => void }) {
	const shown = found.slice(0, limit);
	return (
		<>
			{wide.value ? <ItemTable items={shown} /> : <ItemCards items={shown} />}
			{found.length > limit && (
				<p class="more">
					<button type="button" class="button quiet" onClick={more}>
						{tn("list.more", Math.min(STEP, found.length - limit))}
					</button>
				</p>
			)}
		</>
	);
}

function Nothing() {
	const none = items.value.size === 0;
	return (
		<div class="empty">
			<p>{none ? t("list.none") : t("list.nomatch")}</p>
			{!none && (
				<button
					type="button"
					class="button"
					onClick={() => setQuery({ q: "", pole: "", famille: "", etat: "" })}
				>
					{t("list.clear")}
				</button>
			)}
		</div>
	);
}

function Filters({ filter }: { filter: Filter }) {
	const choices = choicesOf(items.value, hubs.value);
	const active = [filter.pole, filter.famille, filter.etat].filter(Boolean).length;
	const selects = (
		<div class="filters" role="group" aria-label={t("filter.group")}>
			<Select
				name="pole"
				label={t("filter.hub")}
				all={t("filter.hub.all")}
				value={filter.pole}
				choices={choices.hubs}
			/>
			<Select
				name="famille"
				label={t("filter.family")}
				all={t("filter.family.all")}
				value={filter.famille}
				choices={choices.families}
			/>
			<Select
				name="etat"
				label={t("filter.state")}
				all={t("filter.state.all")}
				value={filter.etat}
				choices={choices.states}
			/>
		</div>
	);
	if (wide.value) return selects;
	return (
		<details class="fold">
			<summary>{active ? tn("filter.active", active) : t("filter.group")}</summary>
			{selects}
		</details>
	);
}
