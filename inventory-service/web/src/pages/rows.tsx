// SPDX-License-Identifier: EUPL-1.2
// The list in its two shapes, with the same facts: a table by pôle, or cards.
import type { Item } from "../api";
import { isEquipped, LiveBadge, StateBadge } from "../parts/badges";
import { Icon } from "../parts/icons";
import { Age } from "../parts/page";
import { hubs, places } from "../store";
import { t } from "../texts";

type Group = { hub: string; items: Item[] };

function byHub(items: Item[]): Group[] {
	const groups: Group[] = [];
	for (const item of items) {
		const hub = hubs.value.get(item.hub_id ?? 0)?.name ?? t("list.nohub");
		const last = groups[groups.length - 1];
		if (last?.hub === hub) last.items.push(item);
		else groups.push({ hub, items: [item] });
	}
	return groups;
}

export function ItemTable({ items }: { items: Item[] }) {
	return (
		<table class="items">
			<caption class="hidden">{t("list.caption")}</caption>
			<thead>
				<tr>
					<th scope="col">{t("list.item")}</th>
					<th scope="col">{t("list.place")}</th>
					<th scope="col">{t("list.state")}</th>
					<th scope="col">{t("list.live")}</th>
				</tr>
			</thead>
			{byHub(items).map(({ hub, items: members }) => (
				<tbody key={hub}>
					<tr class="group">
						<th scope="rowgroup" colSpan={4}>
							{hub}
						</th>
					</tr>
					{members.map((item) => (
						<tr key={item.id}>
							<th scope="row">
								<ItemLink item={item} />
							</th>
							<td>
								<Whereabouts item={item} />
							</td>
							<td>
								<StateBadge state={item.state} />
							</td>
							<td>
								<Live item={item} />
							</td>
						</tr>
					))}
				</tbody>
			))}
		</table>
	);
}

export function ItemCards({ items }: { items: Item[] }) {
	return (
		<>
			{byHub(items).map(({ hub, items: members }) => (
				<section key={hub}>
					<h2 class="group">{hub}</h2>
					<ul class="cards">
						{members.map((item) => (
							<li key={item.id} class="card">
								<h3>
									<ItemLink item={item} />
								</h3>
								<Whereabouts item={item} />
								<p class="facts">
									<StateBadge state={item.state} />{" "}
									<Live item={item} />
								</p>
							</li>
						))}
					</ul>
				</section>
			))}
		</>
	);
}

function ItemLink({ item }: { item: Item }) {
	return (
		<a id={`item-${item.id}`} class="item-link" href={`/materiel/${item.id}`}>
			{item.model_name} <span class="item-no">{item.inventory_no}</span>
		</a>
	);
}

/** Where it is declared; and where it is seen, when that is elsewhere. */
function Whereabouts({ item }: { item: Item }) {
	const place = places.value.get(item.place_id ?? item.home_place_id);
	const seen = item.observed ? places.value.get(item.observed.place_id) : undefined;
	return (
		<div class="where">
			{place?.name} {place?.commune && <span class="muted">{place.commune}</span>}
			{seen && seen.id !== place?.id && (
				<span class="elsewhere">
					<Icon name="pin" /> {t("list.seen", { place: seen.name })}
				</span>
			)}
		</div>
	);
}

function Live({ item }: { item: Item }) {
	if (!isEquipped(item)) return null;
	return (
		<span class="live-cell">
			<LiveBadge state={item.live?.state ?? "unknown"} />{" "}
			<span class="muted">
				{item.live?.heard_at ? <Age at={item.live.heard_at} /> : t("live.never")}
			</span>
		</span>
	);
}
