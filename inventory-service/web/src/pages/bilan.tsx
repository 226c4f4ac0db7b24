// SPDX-License-Identifier: EUPL-1.2
// Bilan: hours booked, available, measured and on site, by month and by item; a drawing, tables, a file. Each
// line opens what it is made of: a year its months, a month its days, a thing its bookings.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, Problem, type UsageRow } from "../api";
import { dayOf, longDay, noonOf } from "../format";
import { useLoad } from "../load";
import { Icon } from "../parts/icons";
import { PageTitle, useTitle } from "../parts/page";
import { Select, type Choice } from "../parts/select";
import { ProblemBox, Skeleton, StaleNote } from "../parts/states";
import { arrive, here, setQuery } from "../router";
import { freshAt, hubs, items, loadItems, loadPlaces, places, reading } from "../store";
import { t } from "../texts";
import { tick } from "../time";
import { Bookings } from "./bilanbookings";
import { Coverage, Drawing, type Bucket } from "./bilanchart";
import { ItemTable } from "./bilantable";
import { addressOf, periodName, type Asked } from "./bilanwords";
import { daysIn, groupBy, KINDS, monthAfter, periodAround, tallyOf } from "./tally";

/** The last ones read, newest first: shown at once to who comes back, and until the next one is there. */
type Kept = { query: string; asked: Asked; rows: UsageRow[]; days: UsageRow[] };
const kept = signal<Kept[]>([]);
const KEPT = 4;

function askedOf(query: URLSearchParams): Asked {
	const id = (name: string): string => query.get(name)?.match(/^[1-9]\d{0,15}$/)?.[0] ?? "";
	return {
		period: periodAround(query.get("periode"), query.get("le"), dayOf(tick.value)),
		place: id("lieu"),
		hub: id("pole"),
		item: id("materiel"),
	};
}

function queryOf({ period, place, hub, item }: Asked, group: string): string {
	const utc = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");
	const asked = new URLSearchParams({ from: utc(period.from), to: utc(period.to), group });
	if (place) asked.set("place_id", place);
	if (hub) asked.set("hub_id", hub);
	if (item) asked.set("item_id", item);
	return asked.toString();
}

/** A month is drawn by its days, which are asked for apart: they are told for all things at once. */
async function read(asked: Asked, query: string): Promise<void> {
	const byDay = asked.period.kind === "mois" ? api.usage(queryOf(asked, "day")) : null;
	const [rows, days] = await reading(Promise.all([api.usage(query), byDay]));
	if (!Array.isArray(rows.items)) throw new Problem(200, "answer.unreadable");
	const now = { query, asked, rows: rows.items, days: days?.items ?? [] };
	kept.value = [now, ...kept.value.filter((one) => one.query !== query)].slice(0, KEPT);
}

export function BilanPage() {
	const asked = askedOf(here.value.searchParams);
	const query = queryOf(asked, "item,month");
	const mine = kept.value.find((one) => one.query === query);
	const shown = mine ?? kept.value.find((one) => one.asked.item === asked.item);
	const load = useLoad(query, () => read(asked, query), shown !== undefined);
	const names = useLoad(
		"bilan names",
		() => Promise.all([loadPlaces(), loadItems()]),
		places.value.size > 0 && items.value.size > 0,
	);
	useEffect(arrive, [query]); // a line that was opened is another page at the same address
	const problem = (mine ? null : load.problem) ?? (names.ready ? null : names.problem);
	const stands = shown !== undefined && names.ready && !problem;
	return (
		<>
			{asked.item && (
				<nav class="crumbs" aria-label={t("crumbs")}>
					<a href={addressOf({ ...asked, item: "" })}>{t("nav.bilan")}</a>
				</nav>
			)}
			<Head asked={asked} />
			<Controls asked={asked} />
			{stands && <StaleNote load={load} at={freshAt.value} />}
			{problem && (
				<ProblemBox
					problem={problem}
					since={load.failedAt || names.failedAt}
					again={async () =>
						void (await Promise.all([load.again(), names.again()]))
					}
				/>
			)}
			{stands && <Content shown={shown} csv={api.usageCsv(shown.query)} />}
			{!stands && !problem && (load.slow || names.slow) && <Skeleton rows={8} />}
		</>
	);
}

function Head({ asked }: { asked: Asked }) {
	const item = items.value.get(Number(asked.item));
	const name = item && t("item.title", { model: item.model_name, no: item.inventory_no });
	useTitle(...(name ? [name] : []), t("nav.bilan"));
	return (
		<div class="head">
			<PageTitle>
				{item ? item.model_name : t("nav.bilan")}
				{item && <span class="item-no"> {item.inventory_no}</span>}
			</PageTitle>
			<p class="count" role="status">
				{periodName(asked.period)}
			</p>
		</div>
	);
}

// --- what is asked ---

const choices = (list: Iterable<{ id: number; name: string }>): Choice[] =>
	[...list]
		.map(({ id, name }) => ({ value: String(id), label: name }))
		.sort((a, b) => new Intl.Collator("fr").compare(a.label, b.label));

function Controls({ asked }: { asked: Asked }) {
	const { period, place, hub } = asked;
	const inHub = [...places.value.values()].filter(
		(one) => !hub || String(one.hub_id) === hub || String(one.id) === place,
	);
	return (
		<div class="bilan-tools">
			<fieldset class="segments">
				<legend class="hidden">{t("hours.period")}</legend>
				{KINDS.map((kind) => (
					<label key={kind}>
						<input
							type="radio"
							name="periode"
							value={kind}
							checked={kind === period.kind}
							onChange={() => setQuery({ periode: kind })}
						/>
						<span>{t(`bilan.kind.${kind}`)}</span>
					</label>
				))}
			</fieldset>
			<div class="bilan-turn" role="group" aria-label={t("hours.period")}>
				{([-1, 1] as const).map((n) => (
					<button
						key={n}
						type="button"
						class="button quiet"
						onClick={() => setQuery({ le: monthAfter(period, n) })}
					>
						{n < 0 ? t("bilan.before") : t("bilan.after")}
					</button>
				))}
			</div>
			{!asked.item && (
				<div class="bilan-filters" role="group" aria-label={t("filter.group")}>
					<Select
						name="pole"
						label={t("filter.hub")}
						all={t("filter.hub.all")}
						value={hub}
						choices={choices(hubs.value.values())}
						resets={{ lieu: "" }}
					/>
					<Select
						name="lieu"
						label={t("filter.place")}
						all={t("filter.place.all")}
						value={place}
						choices={choices(inHub)}
					/>
				</div>
			)}
		</div>
	);
}

// --- what is told ---

function Content({ shown, csv }: { shown: Kept; csv: string }) {
	const { asked, rows } = shown;
	if (!rows.length)
		return (
			<div class="empty">
				<p>{t("bilan.none", { period: periodName(asked.period) })}</p>
				<button
					type="button"
					class="button"
					onClick={() => setQuery({ le: monthAfter(asked.period, -1) })}
				>
					{t("bilan.widen")}
				</button>
			</div>
		);
	const total = tallyOf(rows);
	return (
		<>
			<Coverage total={total} />
			<Drawing asked={asked} buckets={bucketsOf(shown)} total={total} />
			{asked.item ? (
				<Bookings item={Number(asked.item)} period={asked.period} />
			) : (
				<ItemTable asked={asked} rows={rows} total={total} />
			)}
			<p>
				<a class="csv" href={csv} download="bilan.csv">
					<Icon name="download" /> {t("bilan.csv")}
				</a>
			</p>
		</>
	);
}

/** The months of the period, or the days of the month; null: nothing is known of it yet. */
function bucketsOf({ asked, rows, days }: Kept): Bucket[] {
	const { kind, months } = asked.period;
	if (kind === "mois") {
		const byDay = groupBy(days, (row) => row.key.day);
		return daysIn(months[0] as string).map((day) => {
			const found = byDay.get(day);
			return { key: day, name: longDay(noonOf(day)), tally: found ? tallyOf(found) : null };
		});
	}
	const byMonth = groupBy(rows, (row) => row.key.month);
	return months.map((month) => {
		const found = byMonth.get(month);
		return {
			key: month,
			name: periodName(periodAround("mois", month, "")),
			tally: found ? tallyOf(found) : null,
		};
	});
}
