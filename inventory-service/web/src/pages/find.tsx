// SPDX-License-Identifier: EUPL-1.2
// Trouver: when and for which place come first, then what is free, nearest first. What is asked for lives in
// the address.
import { useEffect, useState } from "preact/hooks";
import type { Place } from "../api";
import { gathered, onChange } from "../live";
import { whatIsFree, type Available } from "../lending";
import { useLoad } from "../load";
import { Icon } from "../parts/icons";
import { PageTitle, useTitle } from "../parts/page";
import { AtPlace, PlaceSwitch } from "../parts/place";
import { StaleNote, Until } from "../parts/states";
import { Times } from "../parts/times";
import { here, setQuery } from "../router";
import { freshAt, items, loadItems, reading } from "../store";
import { t, tn } from "../texts";
import { serverNow } from "../time";
import { instantOf, isLocal, lengthOf, localOf, moment, moved, span, usualSpans, type Span } from "../when";

const LOOK_AHEAD_MS = 21 * 86_400_000;
const QUARTER_MS = 900_000;

/** What the address asks for; nothing said, tomorrow morning. */
export function spanOf(query: URLSearchParams): Span {
	const from = query.get("du");
	const to = query.get("au");
	return isLocal(from) && isLocal(to) && to > from ? { from, to } : usualSpans(serverNow()).morning;
}

export const idsOf = (text: string | null): number[] =>
	(text ?? "").split(",").map(Number).filter((id) => Number.isSafeInteger(id) && id > 0);

export function FindPage() {
	useTitle(t("nav.find"));
	const wanted = spanOf(here.value.searchParams);
	return (
		<>
			<PageTitle>{t("find.title")}</PageTitle>
			<AtPlace rows={6}>
				{(place) => (
					<>
						<div class="find-form">
							<PlaceSwitch />
							<Times
								span={wanted}
								usual
								set={({ from, to }) => setQuery({ du: from, au: to })}
							/>
							<Family />
						</div>
						<Found place={place} wanted={wanted} />
					</>
				)}
			</AtPlace>
		</>
	);
}

function Family() {
	const load = useLoad("items", loadItems, items.value.size > 0);
	const chosen = here.value.searchParams.get("famille") ?? "";
	const families = [...new Set([...items.value.values()].map((item) => item.family))].sort((a, b) =>
		a.localeCompare(b, "fr"),
	);
	return (
		<div class="field">
			<label for="family">{t("filter.family")}</label>
			<span class="select">
				<select
					id="family"
					value={chosen}
					aria-busy={!load.ready}
					onChange={(event) => setQuery({ famille: event.currentTarget.value })}
				>
					<option value="">{t("filter.family.all")}</option>
					{chosen && !families.includes(chosen) && <option value={chosen}>{chosen}</option>}
					{families.map((family) => (
						<option key={family} value={family}>
							{family}
						</option>
					))}
				</select>
				<Icon name="chevron" />
			</span>
		</div>
	);
}

type Judged = { free: Available[]; later: Available[] };

/** Free: one may leave at the wanted moment (where that has just begun: now), or at the quarter that follows. */
function judged(all: Available[], from: number): Judged {
	const wanted = Math.max(from, serverNow());
	const isFree = ({ starts }: Available): boolean =>
		starts[0] !== undefined && Date.parse(starts[0]) - wanted < QUARTER_MS;
	const lent = all.filter(({ changes }) => changes[0]?.reason !== "owner");
	return { free: lent.filter(isFree), later: lent.filter((one) => !isFree(one)) };
}

function Found({ place, wanted }: { place: Place; wanted: Span }) {
	const [found, setFound] = useState<Judged>({ free: [], later: [] });
	const family = here.value.searchParams.get("famille") ?? "";
	const from = instantOf(wanted.from);
	const load = useLoad(`${place.id} ${wanted.from} ${wanted.to} ${family}`, async () => {
		const all = await reading(
			whatIsFree({
				from: new Date(from).toISOString(),
				to: new Date(from + LOOK_AHEAD_MS).toISOString(),
				duration_s: lengthOf(wanted.from, wanted.to) / 1000,
				place_id: place.id,
				family,
			}),
		);
		setFound(judged(all, from));
	});
	useEffect(() => onChange(gathered(500, 5_000, load.again), "booking", "transfer"), []);
	const asked = span(from, instantOf(wanted.to));
	return (
		<>
			<h2 class="sentence">
				<span role="status">
					{load.ready ? tn("find.count", found.free.length, { span: asked }) : asked}
				</span>
			</h2>
			<StaleNote load={load} at={freshAt.value} />
			<Until load={load} rows={6}>
				{() => <Results found={found} wanted={wanted} />}
			</Until>
		</>
	);
}

const reserve = (ids: number[], { from, to }: Span): string =>
	`/reserver?${new URLSearchParams({ materiel: ids.join(","), du: from, au: to })}`;

function Results({ found, wanted }: { found: Judged; wanted: Span }) {
	const chosen = idsOf(here.value.searchParams.get("choix"));
	const toggle = (id: number): void => {
		const left = chosen.filter((one) => one !== id);
		setQuery({ choix: (left.length < chosen.length ? left : [...chosen, id]).join(",") });
	};
	return (
		<>
			{found.free.length > 0 && (
				<ul class="found">
					{found.free.map((one) => (
						<Free
							key={one.item_id}
							one={one}
							chosen={chosen.includes(one.item_id)}
							toggle={toggle}
							to={reserve([...new Set([...chosen, one.item_id])], wanted)}
						/>
					))}
				</ul>
			)}
			{found.free.length === 0 && <p class="empty">{t("find.none")}</p>}
			{found.later.length > 0 && <Later later={found.later} wanted={wanted} open={!found.free.length} />}
			{chosen.length > 0 && (
				<div class="basket">
					<p role="status">{tn("find.chosen", chosen.length)}</p>
					<a class="button" href={reserve(chosen, wanted)}>
						{t("act.reserve")}
					</a>
				</div>
			)}
		</>
	);
}

const nameOf = (one: Available): string => t("item.title", { model: one.model_name, no: one.inventory_no });

function distance({ distance_km: km }: Available): string {
	if (km === null) return "";
	return km === 0 ? t("find.here") : t("find.km", { km });
}

function What({ one }: { one: Available }) {
	return (
		<div class="task-what">
			<h3>
				<a id={`item-${one.item_id}`} class="item-link" href={`/materiel/${one.item_id}`}>
					{one.model_name} <span class="item-no">{one.inventory_no}</span>
				</a>
			</h3>
			<p>
				{one.home_place_name} <span class="muted">{distance(one)}</span>
			</p>
		</div>
	);
}

type FreeProps = { one: Available; chosen: boolean; toggle: (id: number) => void; to: string };

/** One press books it; ticked ones are booked together. */
function Free({ one, chosen, toggle, to }: FreeProps) {
	return (
		<li class="task">
			<What one={one} />
			<div class="acts">
				<label class="tick">
					<input type="checkbox" checked={chosen} onChange={() => toggle(one.item_id)} />
					<span>
						{t("find.tick")} <span class="hidden">{nameOf(one)}</span>
					</span>
				</label>
				<a class="button" href={to}>
					{t("act.reserve")} <span class="hidden">{nameOf(one)}</span>
				</a>
			</div>
		</li>
	);
}

function Later({ later, wanted, open }: { later: Available[]; wanted: Span; open: boolean }) {
	const length = lengthOf(wanted.from, wanted.to);
	return (
		<details class="fold" open={open}>
			<summary>{tn("find.later", later.length)}</summary>
			<ul class="found">
				{later.map((one) => (
					<li key={one.item_id} class="task">
						<What one={one} />
						<Next one={one} length={length} />
					</li>
				))}
			</ul>
		</details>
	);
}

/** The next start, as one press. */
function Next({ one, length }: { one: Available; length: number }) {
	const next = one.starts[0];
	if (!next) return <p class="muted acts">{t("find.never")}</p>;
	const at = Date.parse(next);
	return (
		<div class="acts">
			<a class="button quiet" href={reserveAt(one.item_id, at, length)}>
				{t("find.from", { moment: moment(at) })} <span class="hidden">{nameOf(one)}</span>
			</a>
		</div>
	);
}

const reserveAt = (id: number, at: number, length: number): string =>
	reserve([id], { from: localOf(at), to: moved(localOf(at), length) });
