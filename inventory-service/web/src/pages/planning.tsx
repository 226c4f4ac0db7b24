// SPDX-License-Identifier: EUPL-1.2
// Planning: who has what over two weeks, as a grid or as a list with the same facts. The address holds the
// first day, the view, the filters and the page; what was read stays for who comes back.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { all, get, Problem } from "../api";
import { addDays, dayMonth, dayOf, noonOf } from "../format";
import { gathered, onChange } from "../live";
import { useLoad, type Load } from "../load";
import type { Schemas } from "../openapi";
import { Icon } from "../parts/icons";
import { PageTitle, useTitle } from "../parts/page";
import { Select, type Choice } from "../parts/select";
import { Skeleton, ProblemBox, StaleNote } from "../parts/states";
import { here, setQuery } from "../router";
import { freshAt, hubs, loadPlaces, places, reading } from "../store";
import { t, tn } from "../texts";
import { serverNow, tick } from "../time";
import { wide } from "../wide";
import { PlanGrid } from "./plangrid";
import { PlanList } from "./planlist";
import { dayIn, DAYS, mondayOf, staysOf, windowFrom, type Look } from "./slots";
import { iconOf, lookWord } from "./stays";

type Planning = Schemas["Planning"];
type View = { first: string; isGrid: boolean; place: string; hub: string; family: string; cursor: string };

/** The last page read: shown at once to who comes back, and until the next one is there. */
type Kept = { query: string; view: View; page: Planning; now: number };
const kept = signal<Kept | null>(null);
const families = signal<string[]>([]);

function viewOf(query: URLSearchParams): View {
	const text = (name: string): string => (query.get(name) ?? "").slice(0, 80);
	const wanted = text("vue");
	return {
		first: dayIn(query.get("du")) ?? mondayOf(dayOf(tick.value)),
		isGrid: wanted === "grille" || (wanted !== "liste" && wide.value),
		place: text("lieu"),
		hub: text("pole"),
		family: text("famille"),
		cursor: text("suite"),
	};
}

function queryOf(view: View): string {
	const { from, to } = windowFrom(view.first);
	const asked = new URLSearchParams({
		from: new Date(from).toISOString(),
		to: new Date(to).toISOString(),
	});
	for (const [name, value] of [
		["place_id", view.place],
		["hub_id", view.hub],
		["family", view.family],
		["cursor", view.cursor],
	] as const)
		if (value) asked.set(name, value);
	return asked.toString();
}

async function loadFamilies(): Promise<void> {
	if (families.value.length) return;
	const models = await reading(all<Schemas["Model"]>("/models"));
	families.value = [...new Set(models.map((model) => model.family))].sort(
		new Intl.Collator("fr").compare,
	);
}

export function PlanningPage() {
	useTitle(t("nav.planning"));
	const view = viewOf(here.value.searchParams);
	const query = queryOf(view);
	const load = useLoad(
		query,
		async () => {
			const page = await reading(get<Planning>(`/planning?${query}`));
			if (!Array.isArray(page.items)) throw new Problem(200, "answer.unreadable");
			kept.value = { query, view, page, now: serverNow() };
		},
		kept.value !== null,
	);
	useLoad("planning filters", () => Promise.all([loadPlaces(), loadFamilies()]), places.value.size > 0);
	useEffect(() => onChange(gathered(300, 15_000, load.again), "item", "booking"), []);
	const shown = kept.value?.query === query ? kept.value : load.problem ? null : kept.value;
	return (
		<>
			<Head view={view} shown={shown?.query === query ? shown : null} />
			<Filters view={view} />
			{shown && <StaleNote load={load} at={freshAt.value} />}
			{shown ? <Content shown={shown} isGrid={view.isGrid} /> : <Waiting load={load} />}
		</>
	);
}

function Waiting({ load }: { load: Load }) {
	if (load.problem)
		return <ProblemBox problem={load.problem} since={load.failedAt} again={load.again} />;
	return load.slow ? <Skeleton rows={10} /> : null;
}

// --- above ---

const periodOf = (first: string): string =>
	t("plan.period", {
		from: dayMonth(noonOf(first), false),
		to: dayMonth(noonOf(addDays(first, DAYS - 1)), true),
	});

function Head({ view, shown }: { view: View; shown: Kept | null }) {
	return (
		<div class="head plan-head">
			<PageTitle>{t("nav.planning")}</PageTitle>
			<p class="count" role="status">
				{shown
					? t("plan.said", {
							count: tn("list.count", shown.page.total),
							period: periodOf(view.first),
						})
					: periodOf(view.first)}
			</p>
			<ViewSwitch isGrid={view.isGrid} />
			<button type="button" class="button quiet plan-print" onClick={() => window.print()}>
				<Icon name="print" /> {t("plan.print")}
			</button>
		</div>
	);
}

function ViewSwitch({ isGrid }: { isGrid: boolean }) {
	const one = (value: "grille" | "liste", checked: boolean) => (
		<label>
			<input
				type="radio"
				name="vue"
				value={value}
				checked={checked}
				onChange={() => setQuery({ vue: value })}
			/>
			<span>{t(`plan.view.${value}`)}</span>
		</label>
	);
	return (
		<fieldset class="segments">
			<legend class="hidden">{t("plan.view")}</legend>
			{one("grille", isGrid)}
			{one("liste", !isGrid)}
		</fieldset>
	);
}

const byLabel = (list: Choice[]): Choice[] =>
	list.sort((a, b) => new Intl.Collator("fr").compare(a.label, b.label));

function Filters({ view }: { view: View }) {
	const inHub = [...places.value.values()].filter(
		(place) => !view.hub || String(place.hub_id) === view.hub || String(place.id) === view.place,
	);
	const selects = (
		<>
			<Select
				name="pole"
				label={t("filter.hub")}
				all={t("filter.hub.all")}
				value={view.hub}
				choices={byLabel(
					[...hubs.value.values()].map(({ id, name }) => ({
						value: String(id),
						label: name,
					})),
				)}
				resets={{ suite: "", lieu: "" }}
			/>
			<Select
				name="lieu"
				label={t("filter.place")}
				all={t("filter.place.all")}
				value={view.place}
				choices={byLabel(
					inHub.map(({ id, name }) => ({ value: String(id), label: name })),
				)}
				resets={{ suite: "" }}
			/>
			<Select
				name="famille"
				label={t("filter.family")}
				all={t("filter.family.all")}
				value={view.family}
				choices={families.value.map((family) => ({ value: family, label: family }))}
				resets={{ suite: "" }}
			/>
		</>
	);
	const active = [view.hub, view.place, view.family].filter(Boolean).length;
	return (
		<div class="plan-tools">
			<When first={view.first} />
			{wide.value ? (
				<div class="plan-filters" role="group" aria-label={t("filter.group")}>
					{selects}
				</div>
			) : (
				<details class="fold">
					<summary>
						{active ? tn("filter.active", active) : t("filter.group")}
					</summary>
					<div class="plan-filters" role="group" aria-label={t("filter.group")}>
						<DayField first={view.first} />
						{selects}
					</div>
				</details>
			)}
		</div>
	);
}

function When({ first }: { first: string }) {
	const to = (day: string) => () => setQuery({ du: day });
	const today = mondayOf(dayOf(tick.value));
	return (
		<div class="plan-when" role="group" aria-label={t("plan.when")}>
			<button type="button" class="button quiet" onClick={to(addDays(first, -7))}>
				<span aria-hidden="true">−</span> {t("plan.week")}
				<span class="hidden"> {t("plan.earlier")}</span>
			</button>
			<button
				type="button"
				class="button quiet"
				aria-pressed={first === today}
				onClick={to("")}
			>
				{t("plan.today")}
			</button>
			<button type="button" class="button quiet" onClick={to(addDays(first, 7))}>
				<span aria-hidden="true">+</span> {t("plan.week")}
				<span class="hidden"> {t("plan.later")}</span>
			</button>
			{wide.value && <DayField first={first} />}
		</div>
	);
}

function DayField({ first }: { first: string }) {
	return (
		<div class="field">
			<label for="plan-day">{t("plan.day")}</label>
			<input
				id="plan-day"
				type="date"
				value={first}
				onChange={(event) => {
					const day = dayIn(event.currentTarget.value);
					if (day) setQuery({ du: day });
				}}
			/>
		</div>
	);
}

// --- the facts ---

function Content({ shown, isGrid }: { shown: Kept; isGrid: boolean }) {
	const { page, view, now } = shown;
	if (!page.items.length) return <Nothing view={view} />;
	const props = { items: page.items, first: view.first, now };
	return (
		<>
			{isGrid && <Legend shown={shown} />}
			{isGrid ? (
				<PlanGrid
					{...props}
					today={dayOf(now)}
					label={t("plan.grid", { period: periodOf(view.first) })}
				/>
			) : (
				<PlanList {...props} />
			)}
			<Pages page={page} cursor={view.cursor} />
		</>
	);
}

const LOOKS: Look[] = ["pending", "reserved", "loan", "late", "inspect", "out", "missing", "done"];

/** Only what is there to be seen; one line. */
function Legend({ shown: { page, now } }: { shown: Kept }) {
	const stays = page.items.flatMap((item) => staysOf(item, now));
	const seen = new Set(stays.map((stay) => stay.look));
	const margins = stays.some(
		(stay) => stay.blocked.from < stay.from || (stay.due !== null && stay.blocked.to > stay.due),
	);
	return (
		<div
			class="plan-legend"
			role="group"
			aria-label={t("plan.legend")}
			tabIndex={wide.value ? undefined : 0}
		>
			<ul>
				{LOOKS.filter((look) => seen.has(look)).map((look) => (
					<li key={look} class={`slot is-${look}`}>
						<Icon name={iconOf[look]} />
						{lookWord(look)}
					</li>
				))}
				{margins && (
					<li>
						<i class="plan-margin" />
						{t("plan.margin")}
					</li>
				)}
			</ul>
			<p class="plan-keys">{t("plan.keys")}</p>
		</div>
	);
}

function Nothing({ view }: { view: View }) {
	const filtered = view.place || view.hub || view.family || view.cursor;
	return (
		<div class="empty">
			<p>{filtered ? t("list.nomatch") : t("list.none")}</p>
			{filtered && (
				<button
					type="button"
					class="button"
					onClick={() =>
						setQuery({ lieu: "", pole: "", famille: "", suite: "" })
					}
				>
					{t("list.clear")}
				</button>
			)}
		</div>
	);
}

function Pages({ page, cursor }: { page: Planning; cursor: string }) {
	if (!cursor && !page.next) return null;
	const to = (suite: string) => () => {
		setQuery({ suite });
		document.querySelector<HTMLElement>("h1")?.focus();
	};
	return (
		<p class="more plan-pages">
			<span>{t("plan.part", { n: page.items.length, total: page.total })}</span>
			{cursor && (
				<button type="button" class="button quiet" onClick={to("")}>
					{t("plan.first")}
				</button>
			)}
			{page.next && (
				<button type="button" class="button quiet" onClick={to(page.next)}>
					{t("plan.next")}
				</button>
			)}
		</p>
	);
}
