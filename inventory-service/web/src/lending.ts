// SPDX-License-Identifier: EUPL-1.2
// What pages ask and tell the service about bookings and loans.
import { all, ask, get, patch, post, whole, type Page } from "./api";
import type { Schemas } from "./openapi";

export type Booking = Schemas["Booking"];
export type BookingNew = Schemas["BookingNew"];
export type Line = Schemas["Line"];
export type Agenda = Schemas["Agenda"];
export type Task = Schemas["Task"];
export type Preview = Schemas["BookingPreview"];
export type Available = Schemas["AvailableItem"];
export type PlannedItem = Schemas["PlannedItem"];
export type Condition = NonNullable<Schemas["CounterAct"]["condition"]>;
export type Said = { condition: Condition; note: string | null; name: string | null };

/** A move of a thing, as far as somebody can act on it. */
export type Way = {
	id: number;
	version: number;
	line_id: number | null;
	state: string;
	from_place_id: number;
	from_place_name: string;
	to_place_id: number;
	to_place_name: string;
};

export async function agendaOf(placeId: number): Promise<Agenda> {
	const agenda = await get<Agenda>(`/agenda?place_id=${placeId}`);
	return whole(agenda, "to_hand_over", "to_take_back", "to_receive", "to_dispatch", "overdue");
}

export const wayOf = ({ transfer_id, ...rest }: Agenda["to_receive"][number]): Way => ({
	id: transfer_id,
	...rest,
});

export const bookingOf = async (id: number): Promise<Booking> =>
	whole(await get<Booking>(`/bookings/${id}`), "lines", "can");

export const pendingBookings = (): Promise<Booking[]> => all("/bookings?pending=1");

/** Of one thing: under way for somebody. */
export const activeBookings = async (itemId: number): Promise<Booking[]> =>
	whole(await get<Page<Booking>>(`/bookings?item_id=${itemId}&state=active`), "items").items;

/** Planned, or on its way. */
export const waysOf = async (itemId: number): Promise<Way[]> =>
	whole(await get<Page<Way>>(`/transfers?item_id=${itemId}&open=1`), "items").items;

export type Question = { from: string; to: string; duration_s: number; place_id: number; family: string };

export async function whatIsFree({ family, ...rest }: Question): Promise<Available[]> {
	const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]));
	if (family) query.set("family", family);
	return whole(await get<{ items: Available[] }>(`/availability?${query}`), "items").items;
}

export async function planned(placeId: number, family: string, from: string, to: string) {
	const query = new URLSearchParams({ place_id: String(placeId), family, from, to });
	return whole(await get<{ items: PlannedItem[] }>(`/planning?${query}`), "items").items;
}

export const previewOf = async (wish: BookingNew): Promise<Preview> =>
	whole(await ask<Preview>("/bookings/preview", wish), "lines", "refusals");

export const book = (wish: BookingNew): Promise<Booking> => post("/bookings", wish);

type Command = "confirm" | "reject" | "cancel" | "extend" | "submit";

export const decide = (booking: Booking, command: Command, body: object = {}): Promise<Booking> =>
	post(`/bookings/${booking.id}/${command}`, body, booking.version);

export const move = (booking: Booking, times: { starts_at: string; ends_at: string }): Promise<Booking> =>
	patch(`/bookings/${booking.id}`, times, booking.version);

type LineCommand = "hand-over" | "take-back" | "close" | "release" | "undo" | "declare-lost";

export const act = (
	lineId: number,
	command: LineCommand,
	body: object = {},
	version?: number,
): Promise<Booking> => post(`/lines/${lineId}/${command}`, body, version);

export const dispatch = (way: Way): Promise<unknown> => post(`/transfers/${way.id}/dispatch`, {}, way.version);

/** It is here, so it has left: what nobody said is said with it. */
export async function receive(way: Way): Promise<void> {
	if (way.state === "planned") await dispatch(way);
	await post(`/transfers/${way.id}/receive`, {});
}
