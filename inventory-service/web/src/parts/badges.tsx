// SPDX-License-Identifier: EUPL-1.2
// A state is always an icon, a word and a colour. What people declare is a filled badge; what a tag or a
// meter reports is an outlined one: two kinds of fact, told apart at a glance.
import type { Item } from "../api";
import type { Booking, Line } from "../lending";
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

const bookingIcons: Record<Booking["state"], IconName> = {
	draft: "pen",
	submitted: "question",
	confirmed: "calendar",
	active: "arrow",
	completed: "check",
	rejected: "cross",
	expired: "clock",
	cancelled: "cross",
	no_show: "cross",
};

export function BookingBadge({ state }: { state: Booking["state"] }) {
	return (
		<span class={`badge is-${state}`}>
			<Icon name={bookingIcons[state]} /> {t(`booking.${state}`)}
		</span>
	);
}

const lineIcons: Record<Line["state"], IconName> = {
	reserved: "calendar",
	ready: "parcel",
	on_loan: "arrow",
	taken_back: "magnifier",
	closed: "check",
	cancelled: "cross",
	released: "cross",
	substituted: "arrow",
	lost: "cross",
};

export function LineBadge({ state }: { state: Line["state"] }) {
	return (
		<span class={`badge is-${state}`}>
			<Icon name={lineIcons[state]} /> {t(`line.${state}`)}
		</span>
	);
}

/** Something reports for it. Where nothing does, nothing about tags is shown. */
export const isEquipped = (item: Item): boolean => item.tag_id != null || item.meter_id != null;
