// SPDX-License-Identifier: EUPL-1.2
// The sheet of one item: what is declared and what is seen, side by side; then its hours.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Item } from "../api";
import { clock, duration, longDay, percent, shortDate } from "../format";
import { gathered, onChange } from "../live";
import { useLoad } from "../load";
import { isEquipped, LiveBadge, StateBadge } from "../parts/badges";
import { Icon } from "../parts/icons";
import { Age, PageTitle, useTitle } from "../parts/page";
import { StaleNote, Until } from "../parts/states";
import { freshAt, hubs, items, loadItem, loadPlaces, places } from "../store";
import { t } from "../texts";
import { atDesk } from "../desk";
import { Hours } from "./hours";
import { Lending } from "./lend";
import { NotFoundPage } from "./notfound";

export function ItemPage({ id }: { id: number }) {
	const item = items.value.get(id);
	const load = useLoad(
		`item ${id}`,
		() => Promise.all([loadPlaces(), loadItem(id)]),
		item !== undefined && places.value.size > 0,
	);
	const counted = useLive(id, load.again);
	if (load.problem && (load.problem.status === 404 || load.problem.status === 403))
		return <NotFoundPage />;
	return (
		<>
			<nav class="crumbs" aria-label={t("crumbs")}>
				<a href="/materiel">{t("nav.items")}</a>
			</nav>
			<Title item={item} />
			<StaleNote load={load} at={freshAt.value} />
			<Until load={load} rows={5}>
				{() => item && <Sheet item={item} counted={counted} />}
			</Until>
		</>
	);
}

function Title({ item }: { item: Item | undefined }) {
	const name = item
		? t("item.title", { model: item.model_name, no: item.inventory_no })
		: t("item.page");
	useTitle(name, t("nav.items"));
	return (
		<div class="sheet-head">
			<PageTitle>
				{item ? item.model_name : t("item.page")}
				{item && <span class="item-no"> {item.inventory_no}</span>}
			</PageTitle>
			{item && (
				<p class="facts">
					<StateBadge state={item.state} />
					{isEquipped(item) && (
						<LiveBadge state={item.live?.state ?? "unknown"} />
					)}
					{atDesk.value && item.state !== "retired" && item.state !== "missing" && (
						<a class="button" href={`/reserver?materiel=${item.id}`}>
							{t("act.reserve")}
						</a>
					)}
				</p>
			)}
		</div>
	);
}

/** Reads the item again when it changed; rises when its counter moved, so that its hours follow. */
function useLive(id: number, again: () => Promise<void>): number {
	const [counted, setCounted] = useState(0);
	useEffect(
		() =>
			onChange(
				gathered(100, 1_000, async (changed) => {
					if (changed !== "all" && !changed.has(id)) return;
					const before = items.value.get(id)?.live?.active_s;
					await again();
					if (
						changed === "all" ||
						items.value.get(id)?.live?.active_s !== before
					)
						setCounted((n) => n + 1);
				}),
			),
		[id],
	);
	return counted;
}

function Sheet({ item, counted }: { item: Item; counted: number }) {
	return (
		<>
			<Facts item={item} />
			<Lending item={item} />
			<Hours id={item.id} counted={counted} />
			<Identity item={item} />
			<Announcer item={item} />
		</>
	);
}

function Facts({ item }: { item: Item }) {
	const declared = item.place_id ?? item.home_place_id;
	return (
		<section class="facts-grid" aria-label={t("item.where")}>
			<div class="fact">
				<h2>
					<Icon name="pin" /> {t("item.declared")}
				</h2>
				{item.place_id === null ? (
					<p class="fact-main">{t("item.moving")}</p>
				) : (
					<PlaceLines id={declared} />
				)}
				<p class="muted">
					{item.custody.place_id !== item.place_id
						? t("item.custody", {
								place:
									places.value.get(item.custody.place_id)?.name ??
									t("place.unknown"),
							})
						: hubs.value.get(item.hub_id ?? 0)?.name}
				</p>
			</div>
			{isEquipped(item) && <Seen item={item} declared={declared} />}
			{isEquipped(item) && <Heard item={item} />}
		</section>
	);
}

function PlaceLines({ id }: { id: number }) {
	const place = places.value.get(id);
	return (
		<p class="fact-main">
			{place?.name ?? t("place.unknown")}
			{place?.commune && <span class="muted">{place.commune}</span>}
		</p>
	);
}

function Seen({ item, declared }: { item: Item; declared: number }) {
	const seen = item.observed;
	if (!seen)
		return (
			<div class="fact">
				<h2>
					<Icon name="waves" /> {t("item.seen")}
				</h2>
				<p class="fact-main">{t("item.seen.never")}</p>
			</div>
		);
	const since = Date.parse(seen.since);
	const elsewhere = seen.place_id !== declared;
	return (
		<div class={`fact${elsewhere ? " is-elsewhere" : ""}`}>
			<h2>
				<Icon name="waves" /> {t("item.seen")}
			</h2>
			<PlaceLines id={seen.place_id} />
			<p class="muted">
				{t("item.seen.since", { day: longDay(since), time: clock(since) })}
			</p>
			{elsewhere && (
				<p class="elsewhere">
					<Icon name="alert" /> {t("item.elsewhere")}
				</p>
			)}
		</div>
	);
}

function Heard({ item }: { item: Item }) {
	const live = item.live;
	return (
		<div class="fact">
			<h2>
				<Icon name="clock" /> {t("item.heard")}
			</h2>
			<p class="fact-main">
				{live?.heard_at ? <Age at={live.heard_at} /> : t("live.never")}
				{live?.heard_at && <span class="muted">{dateTime(live.heard_at)}</span>}
			</p>
			{live?.heard_at && live.state === "unknown" && (
				<p class="elsewhere">
					<Icon name="silent" />{" "}
					{item.meter_id != null && item.tag_id == null
						? t("item.silent.meter")
						: t("item.silent.tag")}
				</p>
			)}
			{live?.active_s != null && (
				<p class="muted">{t("item.counter", { hours: duration(live.active_s) })}</p>
			)}
			{live?.battery != null && (
				<p class={live.battery <= 20 ? "elsewhere" : "muted"}>
					<Icon name="battery" />{" "}
					{t(live.battery <= 20 ? "item.battery.low" : "item.battery", {
						share: percent(live.battery / 100),
					})}
				</p>
			)}
		</div>
	);
}

const dateTime = (at: string): string => {
	const when = Date.parse(at);
	return t("at", { day: longDay(when), time: clock(when) });
};

function Identity({ item }: { item: Item }) {
	const rows: [string, string | null | undefined][] = [
		[t("item.inventory"), item.inventory_no],
		[t("item.family"), item.family],
		[t("item.owner"), places.value.get(item.owner_place_id)?.name],
		[t("item.lend"), t(`lend.${item.lend_to}`)],
		[t("item.code"), item.code],
		[t("item.serial"), item.serial],
		[
			t("item.since"),
			item.in_service_on && shortDate(Date.parse(`${item.in_service_on}T12:00:00Z`)),
		],
	];
	return (
		<section class="part">
			<h2>{t("item.identity")}</h2>
			<dl class="identity">
				{rows
					.filter(([, value]) => value)
					.map(([name, value]) => (
						<div key={name}>
							<dt>{name}</dt>
							<dd>{value}</dd>
						</div>
					))}
			</dl>
		</section>
	);
}

/** What there is to say of its state: what people declare, and what a tag or meter reports. */
function stateWords(item: Item): string {
	const live = isEquipped(item) ? [t(`live.${item.live?.state ?? "unknown"}`)] : [];
	return [t(`state.${item.state}`), ...live].join(", ");
}

/** Says a change of state to who listens rather than looks: at most once in ten seconds. */
function Announcer({ item }: { item: Item }) {
	const state = stateWords(item);
	const [said, setSaid] = useState("");
	const known = useRef(state);
	const quietUntil = useRef(0);
	useEffect(() => {
		if (state === known.current) return;
		const timer = setTimeout(
			() => {
				known.current = state;
				quietUntil.current = Date.now() + 10_000;
				setSaid(t("item.now", { model: item.model_name, state }));
			},
			Math.max(0, quietUntil.current - Date.now()),
		);
		return () => clearTimeout(timer);
	}, [state]);
	return (
		<p class="hidden" role="status" id="item-status">
			{said}
		</p>
	);
}
