// SPDX-License-Identifier: EUPL-1.2
// A state is always an icon, a word and a colour. What people declare is a filled badge; what a tag or a
// meter reports is an outlined one: two kinds of fact, told apart at a glance.
import type { Item } from "../api";
import { t } from "../texts";
import { Icon, type IconName } from "./icons";

type ItemState = Item["state"];
type LiveState = NonNullable<Item["live"]>["state"];

const itemIcons: Record<ItemState, IconName> = {
	available: "check",
	reserved: "calendar",
	awaiting_pickup: "parcel",
	in_transit: "van",
	on_loan: "arrow",
	inspection: "magnifier",
	out_of_service: "spanner",
	missing: "cross",
	retired: "drawer",
};

export function StateBadge({ state }: { state: ItemState }) {
	return (
		<span class={`badge is-${state}`}>
			<Icon name={itemIcons[state]} />
			{t(`state.${state}`)}
		</span>
	);
}

const liveIcons: Record<LiveState, IconName> = {
	active: "active",
	idle: "idle",
	off: "off",
	unknown: "silent",
};

export function LiveBadge({ state }: { state: LiveState }) {
	return (
		<span class={`badge live is-${state}`}>
			<Icon name={liveIcons[state]} />
			{t(`live.${state}`)}
		</span>
	);
}

/** Something reports for it. Where nothing does, nothing about tags is shown. */
export const isEquipped = (item: Item): boolean => item.tag_id != null || item.meter_id != null;
