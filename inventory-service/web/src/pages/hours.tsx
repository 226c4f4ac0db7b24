// SPDX-License-Identifier: EUPL-1.2
// The hours of one item by day: one sentence, a drawing, the same figures as a table, and as a file.
import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { axisDay, dayOf, duration, longDay, noonOf, percent, shortDate } from "../format";
import { useLoad } from "../load";
import { Icon } from "../parts/icons";
import { ProblemBox, Until } from "../parts/states";
import { here, setQuery } from "../router";
import { reading } from "../store";
import { t, tn } from "../texts";
import { tick } from "../time";
import { Chart, Swatch, type Kind, type Slot } from "./chart";
import { daysOf, PERIODS, periodOf, totalOf, windowOf, type Day, type Total } from "./usage";

export function Hours({ id, counted }: { id: number; counted: number }) {
	const n = periodOf(here.value.searchParams.get("jours"));
	const { first, query } = windowOf(dayOf(tick.value), n);
	const asked = `item_id=${id}&${query}`;
	const [days, setDays] = useState<Day[]>([]);
	const load = useLoad(
		asked,
		async () => {
			const page = await reading(api.usage(asked));
			setDays(daysOf(page.items, first, n));
		},
		days.length > 0,
	);
	useEffect(() => {
		if (counted) void load.again();
	}, [counted]);
	return (
		<section class="part" aria-labelledby="hours">
			<div class="part-head">
				<h2 id="hours">{t("hours.title")}</h2>
				<Period chosen={n} />
			</div>
			{load.ready && load.problem && (
				<ProblemBox problem={load.problem} since={load.failedAt} again={load.again} />
			)}
			<Until load={load} rows={3}>
				{() => <Figures days={days} csv={api.usageCsv(asked)} />}
			</Until>
		</section>
	);
}

function Period({ chosen }: { chosen: number }) {
	return (
		<fieldset class="segments">
			<legend class="hidden">{t("hours.period")}</legend>
			{PERIODS.map((n) => (
				<label key={n}>
					<input
						type="radio"
						name="period"
						value={n}
						checked={n === chosen}
						onChange={() =>
							setQuery({ jours: n === 30 ? "" : String(n) })
						}
					/>
					<span>{tn("hours.days", n)}</span>
				</label>
			))}
		</fieldset>
	);
}

/** « 12 h 40 mesurées sur 30 jours, couverture 91 % ». Classes of evidence are never added. */
function sentence(total: Total, n: number): string {
	const days = tn("hours.days", n);
	const coverage =
		total.coverage === null
			? t("hours.coverage.unknown")
			: t("hours.coverage", { share: percent(total.coverage) });
	if (total.a_s === null && total.b_s === null) return t("hours.unmeasured", { days });
	const parts = [];
	if (total.a_s !== null) parts.push(t("hours.a", { hours: duration(total.a_s) }));
	if (total.b_s !== null) parts.push(t("hours.b", { hours: duration(total.b_s) }));
	return t("hours.sentence", { what: parts.join(t("hours.and")), days, coverage });
}

function Figures({ days, csv }: { days: Day[]; csv: string }) {
	const total = totalOf(days);
	const text = sentence(total, days.length);
	if (total.a_s === null && total.b_s === null) return <p class="sentence">{text}</p>;
	return (
		<>
			<figure class="chart">
				<figcaption class="sentence">{text}</figcaption>
				<Chart
					slots={days.map(slotOf)}
					kinds={KINDS}
					label={t("chart.label", { what: text })}
				/>
				<Legend days={days} total={total} />
			</figure>
			<details class="fold">
				<summary>
					<Icon name="table" /> {t("hours.table")}
				</summary>
				<Table days={days} total={total} />
			</details>
			<p>
				<a class="csv" href={csv} download="heures.csv">
					<Icon name="download" /> {t("hours.csv")}
				</a>
			</p>
		</>
	);
}

const KINDS: Kind[] = ["a", "b"];

/** Names: every day of a week; Mondays of a month; every other Monday of a quarter. */
function slotOf(day: Day, i: number, days: Day[]): Slot {
	const n = days.length;
	const monday = days.findIndex((one) => new Date(noonOf(one.day)).getUTCDay() === 1);
	const every = n <= 7 ? 1 : n <= 31 ? 7 : 14;
	const start = n <= 7 ? 0 : Math.max(0, monday);
	const named = i >= start && (i - start) % every === 0;
	return {
		key: day.day,
		values: [day.a_s, day.b_s],
		title: titleOf(day),
		tick: named ? axisDay(noonOf(day.day), n <= 7) : null,
	};
}

function titleOf(day: Day): string {
	const parts = [];
	if (day.a_s !== null) parts.push(t("hours.a", { hours: duration(day.a_s) }));
	if (day.b_s !== null) parts.push(t("hours.b", { hours: duration(day.b_s) }));
	return t("chart.day", {
		day: longDay(noonOf(day.day)),
		what: parts.join(t("hours.and")) || t("unmeasured"),
	});
}

function Legend({ days, total }: { days: Day[]; total: Total }) {
	const gaps = days.some((day) => day.a_s === null && day.b_s === null);
	return (
		<ul class="legend">
			{total.a_s !== null && (
				<li>
					<Swatch kind="a" /> {t("chart.a")}
				</li>
			)}
			{total.b_s !== null && (
				<li>
					<Swatch kind="b" /> {t("chart.b")}
				</li>
			)}
			{gaps && (
				<li>
					<Swatch kind="gap" /> {t("chart.gap")}
				</li>
			)}
		</ul>
	);
}

const hours = (seconds: number | null): string => (seconds === null ? t("unmeasured") : duration(seconds));
const share = (coverage: number | null): string => (coverage === null ? t("unknown") : percent(coverage));

function Table({ days, total }: { days: Day[]; total: Total }) {
	const withA = total.a_s !== null,
		withB = total.b_s !== null;
	const cells = (row: Total) => (
		<>
			{withA && <td>{hours(row.a_s)}</td>}
			{withB && <td>{hours(row.b_s)}</td>}
			<td>{hours(row.bounded_s)}</td>
			<td>{hours(row.retained_s)}</td>
			<td>{share(row.coverage)}</td>
		</>
	);
	return (
		<div class="scroll" role="region" aria-labelledby="hours-caption" tabIndex={0}>
			<table class="figures">
				<caption id="hours-caption">{t("hours.caption")}</caption>
				<thead>
					<tr>
						<th scope="col">{t("hours.day")}</th>
						{withA && <th scope="col">{t("hours.col.a")}</th>}
						{withB && <th scope="col">{t("hours.col.b")}</th>}
						<th scope="col">{t("hours.col.bounded")}</th>
						<th scope="col">{t("hours.col.retained")}</th>
						<th scope="col">{t("hours.col.coverage")}</th>
					</tr>
				</thead>
				<tbody>
					{days.map((day) => (
						<tr key={day.day}>
							<th scope="row">{shortDate(noonOf(day.day))}</th>
							{cells(day)}
						</tr>
					))}
				</tbody>
				<tfoot>
					<tr>
						<th scope="row">{t("hours.total")}</th>
						{cells(total)}
					</tr>
				</tfoot>
			</table>
		</div>
	);
}
