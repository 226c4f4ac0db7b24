// SPDX-License-Identifier: EUPL-1.2
// The planning as a list: the same facts as the grid, in the order of time.
import { standsAt } from "../desk";
import { Icon } from "../parts/icons";
import { t } from "../texts";
import { freeOf, shownStays, staysOf, proposalIn, type PlannedItem, type Span, type Stay } from "./slots";
import { bookHref, freeText, iconOf, itemName, lateFlag, moment, stayHref, stayText } from "./stays";

type Props = { items: PlannedItem[]; first: string; now: number };

export function PlanList({ items, first, now }: Props) {
	return (
		<ul class="plan-cards">
			{items.map((item) => (
				<li key={item.item_id} class="plan-card">
					<h2>
						<a id={`p${item.item_id}`} href={`/materiel/${item.item_id}`}>
							{item.model_name}
						</a>
					</h2>
					<p class="plan-where">
						{item.inventory_no} · {item.home_place_name}
					</p>
					<Facts item={item} first={first} now={now} />
				</li>
			))}
		</ul>
	);
}

type Fact = { at: number; free: Span; stay?: never } | { at: number; stay: Stay; free?: never };

function Facts({ item, first, now }: { item: PlannedItem; first: string; now: number }) {
	const stays = staysOf(item, now);
	const facts: Fact[] = [
		...shownStays(stays, first).map((stay) => ({ at: stay.from, stay })),
		...freeOf(stays, first, now).map((free) => ({ at: free.from, free })),
	].sort((a, b) => a.at - b.at);
	if (!facts.length) return <p class="muted">{t("plan.nothing")}</p>;
	return (
		<ul class="plan-facts">
			{facts.map(({ free, stay }) =>
				stay ? (
					<StayLine key={stay.key} item={item} stay={stay} />
				) : (
					<FreeLine
						key={free.from}
						item={item}
						free={free}
						text={freeText(free, first, now)}
					/>
				),
			)}
		</ul>
	);
}

function StayLine({ item, stay }: { item: PlannedItem; stay: Stay }) {
	return (
		<li>
			<a
				id={`p${item.item_id}-${stay.key}`}
				class="plan-stay"
				href={stayHref(item, stay, standsAt)}
				data-stay={stay.key}
			>
				<span class={`slot is-${stay.look}`} aria-hidden="true">
					<Icon name={iconOf[stay.look]} />
					{lateFlag(stay)}
				</span>
				<span class="hidden">{itemName(item)}</span>
				{stayText(stay)}
			</a>
		</li>
	);
}

function FreeLine({ item, free, text }: { item: PlannedItem; free: Span; text: string }) {
	return (
		<li class="plan-free" data-from={free.from} data-until={free.to}>
			{text}{" "}
			<a
				id={`p${item.item_id}-${free.from}`}
				class="plan-book"
				href={bookHref(item.item_id, free)}
			>
				{t("plan.book")}
				<span class="hidden">
					{" "}
					{t("plan.book.what", {
						item: itemName(item),
						from: moment(proposalIn(free).from),
					})}
				</span>
			</a>
		</li>
	);
}
