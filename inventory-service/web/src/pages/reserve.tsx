// SPDX-License-Identifier: EUPL-1.2
// Nouvelle réservation: what, when, what for; and beside it what the service would answer, before it is asked.
// Things and times live in the address, the purpose until it is sent.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { useAct } from "../act";
import type { Item, Place } from "../api";
import { book, type Booking, type BookingNew } from "../lending";
import { useLoad } from "../load";
import { faultOf, type Refusable } from "../parts/fault";
import { Icon } from "../parts/icons";
import { tell } from "../parts/notice";
import { PageTitle, useTitle } from "../parts/page";
import { AtPlace, PlaceSwitch } from "../parts/place";
import { Until } from "../parts/states";
import { Times } from "../parts/times";
import { go, here, setQuery } from "../router";
import { items, loadSome } from "../store";
import { t } from "../texts";
import { lengthOf, localOf, moved, type Span } from "../when";
import { wide } from "../wide";
import { idsOf, spanOf } from "./find";
import { Judgement, Refused, usePreview } from "./judgement";

type Way = { any: boolean; onSite: boolean };
type Purpose = { theme: string; audience: string; note: string };

const NO_PURPOSE: Purpose = { theme: "", audience: "", note: "" };
const purpose = signal<Purpose>(NO_PURPOSE);

export function ReservePage() {
	useTitle(t("reserve.title"));
	const ids = idsOf(here.value.searchParams.get("materiel")).slice(0, 40);
	const key = ids.join(",");
	const load = useLoad(
		`items ${key}`,
		() => loadSome(ids.filter((id) => !items.value.has(id))),
		ids.every((id) => items.value.has(id)),
	);
	return (
		<>
			<PageTitle>{t("reserve.title")}</PageTitle>
			<AtPlace rows={5}>
				{(place) => (
					<Until load={load} rows={5}>
						{() => (
							<Form
								key={place.id}
								place={place}
								things={ids.flatMap((id) => items.value.get(id) ?? [])}
							/>
						)}
					</Until>
				)}
			</AtPlace>
		</>
	);
}

function wishOf(place: Place, things: Item[], ways: ReadonlyMap<number, Way>, span: Span): BookingNew {
	return {
		place_id: place.id,
		starts_at: span.from,
		ends_at: span.to,
		lines: things.map((item) => {
			const way = ways.get(item.id);
			const what = way?.any ? { model_id: item.model_id } : { item_id: item.id };
			return { ...what, travel: way?.onSite ? "on_site" : "fetch" };
		}),
	};
}

const wordsOf = ({ theme, audience, note }: Purpose) => ({
	theme: theme.trim() || null,
	audience: audience.trim() || null,
	note: note.trim() || null,
});

const setSpan = ({ from, to }: Span): void => setQuery({ du: from, au: to });

function arriveAt(booking: Booking): void {
	const path = `/reservations/${booking.id}`;
	purpose.value = NO_PURPOSE;
	tell(t(booking.state === "confirmed" ? "reserve.done" : "reserve.asked"), undefined, path);
	go(path);
}

function Form({ place, things }: { place: Place; things: Item[] }) {
	const [ways, setWays] = useState<ReadonlyMap<number, Way>>(new Map());
	const span = spanOf(here.value.searchParams);
	const wish = wishOf(place, things, ways, span);
	const { preview, problem, asking } = usePreview(things.length ? wish : null);
	const act = useAct();
	const refused = act.problem ?? problem;
	const field: Refusable | undefined = refused
		? { field: refused.refusal.field, detail: refused.detail }
		: preview?.refusals.find((one) => one.field && !one.field.startsWith("lines"));

	const send = (more: Partial<BookingNew> = {}) =>
		act.run(async () =>
			arriveAt(await book({ ...wish, purpose: wordsOf(purpose.value), ...more })),
		);
	const bookAt = (at: number): void => {
		const from = localOf(at);
		const to = moved(from, lengthOf(span.from, span.to));
		setSpan({ from, to });
		void send({ starts_at: from, ends_at: to });
	};
	const submit = (event: Event): void => {
		event.preventDefault();
		void send();
	};
	if (!things.length) return <NothingChosen />;
	return (
		<form class="reserve" noValidate onSubmit={submit}>
			<div class="reserve-form">
				{act.problem && <Refused problem={act.problem} bookAt={bookAt} />}
				<PlaceSwitch />
				<What place={place} things={things} ways={ways} set={setWays} />
				<section aria-labelledby="when">
					<h2 id="when">{t("reserve.when")}</h2>
					<Times span={span} set={setSpan} problem={field} />
				</section>
				<Why fault={field} />
			</div>
			<aside class="reserve-answer" aria-labelledby="answer">
				<h2 id="answer">{t("reserve.answer")}</h2>
				<Judgement
					preview={preview}
					problem={problem}
					asking={asking}
					span={span}
					choose={setSpan}
				/>
				<p class="actions">
					<button
						type="submit"
						class={preview && !preview.ok ? "button quiet" : "button"}
						aria-disabled={act.busy}
					>
						{t(preview?.approval ? "reserve.ask" : "act.reserve")}
					</button>
					<button
						type="button"
						class="button quiet"
						onClick={() => void send({ option: true })}
					>
						{t("reserve.option")}
					</button>
				</p>
				<p class="muted small">{t("reserve.option.hint")}</p>
			</aside>
		</form>
	);
}

function NothingChosen() {
	return (
		<div class="empty">
			<p>{t("reserve.nothing")}</p>
			<a class="button" href="/trouver">
				{t("today.find")}
			</a>
		</div>
	);
}

type WhatProps = {
	place: Place;
	things: Item[];
	ways: ReadonlyMap<number, Way>;
	set: (ways: ReadonlyMap<number, Way>) => void;
};

function What({ place, things, ways, set }: WhatProps) {
	const ids = things.map((item) => item.id);
	const more = new URLSearchParams(here.value.searchParams);
	more.delete("materiel");
	more.set("choix", ids.join(","));
	return (
		<section aria-labelledby="what">
			<h2 id="what">{t("reserve.what")}</h2>
			<ul class="chosen">
				{things.map((item) => (
					<Chosen
						key={item.id}
						item={item}
						elsewhere={item.home_place_id !== place.id}
						way={ways.get(item.id) ?? { any: false, onSite: false }}
						set={(way) => set(new Map(ways).set(item.id, way))}
						remove={() =>
							setQuery({
								materiel: ids.filter((id) => id !== item.id).join(","),
							})
						}
					/>
				))}
			</ul>
			<a class="csv" href={`/trouver?${more}`}>
				{t("reserve.more")}
			</a>
		</section>
	);
}

type ChosenProps = {
	item: Item;
	elsewhere: boolean;
	way: Way;
	set: (way: Way) => void;
	remove: () => void;
};

function Chosen({ item, elsewhere, way, set, remove }: ChosenProps) {
	const name = t("item.title", { model: item.model_name, no: item.inventory_no });
	return (
		<li class="card">
			<div class="chosen-head">
				<p>
					<a class="item-link" href={`/materiel/${item.id}`}>
						{item.model_name} <span class="item-no">{item.inventory_no}</span>
					</a>
					{item.home_place_name}
				</p>
				<button type="button" class="button quiet" onClick={remove}>
					{t("reserve.remove")} <span class="hidden">{name}</span>
				</button>
			</div>
			<label class="tick">
				<input
					type="checkbox"
					checked={way.any}
					onChange={(event) => set({ ...way, any: event.currentTarget.checked })}
				/>
				<span>{t("reserve.any")}</span>
			</label>
			{elsewhere && (
				<label class="tick">
					<input
						type="checkbox"
						checked={way.onSite}
						onChange={(event) => set({ ...way, onSite: event.currentTarget.checked })}
					/>
					<span>{t("reserve.onsite", { place: item.home_place_name })}</span>
				</label>
			)}
		</li>
	);
}

function Why({ fault }: { fault: Refusable | undefined }) {
	return (
		<details class="fold" open={wide.value || fault?.field?.startsWith("purpose")}>
			<summary>
				<h2>{t("reserve.why")}</h2>
			</summary>
			<div class="why">
				{(["theme", "audience", "note"] as const).map((name) => (
					<Words key={name} name={name} fault={faultOf(fault, `purpose.${name}`)} />
				))}
			</div>
		</details>
	);
}

function Words({ name, fault }: { name: keyof Purpose; fault: string }) {
	const described = [`${name}-hint`, fault && `${name}-error`].filter(Boolean).join(" ");
	return (
		<div class="field">
			<label for={name}>{t(`reserve.${name}`)}</label>
			<input
				id={name}
				maxLength={name === "note" ? 1000 : 80}
				autocomplete="off"
				value={purpose.value[name]}
				aria-invalid={fault !== ""}
				aria-describedby={described}
				onInput={(event) =>
					(purpose.value = { ...purpose.value, [name]: event.currentTarget.value })
				}
			/>
			<p id={`${name}-hint`} class="muted small">
				{t(`reserve.hint.${name}`)}
			</p>
			{fault && (
				<p id={`${name}-error`} class="field-error">
					<Icon name="alert" /> {fault}
				</p>
			)}
		</div>
	);
}
