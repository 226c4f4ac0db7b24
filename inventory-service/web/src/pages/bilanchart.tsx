// SPDX-License-Identifier: EUPL-1.2
// The hours of a period: one sentence, a drawing by month or day, the same figures as a table.
import { axisDay, monthShort, noonOf, percent } from "../format";
import { Icon } from "../parts/icons";
import { t } from "../texts";
import { addressOf, hoursOr, sentence, shareOr, type Asked } from "./bilanwords";
import { Chart, Swatch, type Kind, type Slot } from "./chart";
import { LITTLE, periodAround, type Tally } from "./tally";

/** A month or a day; tally null: nothing is known of it yet. */
export type Bucket = { key: string; name: string; tally: Tally | null };

/** What the measured hours are worth. */
export function Coverage({ total }: { total: Tally }) {
	if (total.coverage === null)
		return (
			<p class="stale">
				<Icon name="alert" /> {t("bilan.unmetered")}
			</p>
		);
	if (total.coverage >= LITTLE) return null;
	return (
		<p class="stale">
			<Icon name="alert" /> {t("bilan.little", { share: percent(total.coverage) })}
		</p>
	);
}

const KINDS: Kind[] = ["booked", "a", "b", "site"];
const valuesOf = ({ booked_s, a_s, b_s, site_s }: Tally): (number | null)[] => [booked_s, a_s, b_s, site_s];

function slotOf({ key, name, tally }: Bucket): Slot {
	const isDay = key.length > 7;
	const weekday = new Date(noonOf(isDay ? key : `${key}-15`)).getUTCDay();
	return {
		key,
		values: tally ? valuesOf(tally) : [],
		title: t("chart.day", { day: name, what: tally ? sentence(tally) : t("bilan.later") }),
		tick: isDay ? (weekday === 1 ? axisDay(noonOf(key), false) : null) : monthShort(key),
	};
}

type Props = { asked: Asked; buckets: Bucket[]; total: Tally };

export function Drawing({ asked, buckets, total }: Props) {
	const text = sentence(total);
	return (
		<section class="part bilan-part" aria-label={t("bilan.hours")}>
			<figure class="chart">
				<figcaption class="sentence">{text}</figcaption>
				<Chart
					slots={buckets.map(slotOf)}
					kinds={KINDS}
					label={t("bilan.chart", { what: text })}
				/>
				<ul class="legend">
					{KINDS.filter((_, k) => valuesOf(total)[k] !== null).map((kind) => (
						<li key={kind}>
							<Swatch kind={kind} /> {t(`bilan.key.${kind}`)}
						</li>
					))}
				</ul>
			</figure>
			<details class="fold">
				<summary>
					<Icon name="table" /> {t("hours.table")}
				</summary>
				<BucketTable asked={asked} buckets={buckets} total={total} />
			</details>
		</section>
	);
}

function Figure({ seconds }: { seconds: number | null }) {
	return <td class={seconds === null ? "is-unknown" : undefined}>{hoursOr(seconds)}</td>;
}

/** The figures of a line, in the order of the heads. Coverage by day is not told: a day of all things at once
 * does not say which of them can be measured. */
export function Cells({ tally, withCoverage }: { tally: Tally; withCoverage: boolean }) {
	const { booked_s, available_s, open_s, a_s, b_s, site_s, coverage } = tally;
	return (
		<>
			<Figure seconds={booked_s} />
			<Figure seconds={available_s} />
			{open_s === null ? (
				<td class="is-unknown">{t("unknown")}</td>
			) : (
				<Figure seconds={open_s} />
			)}
			<Figure seconds={a_s} />
			<Figure seconds={b_s} />
			<Figure seconds={site_s} />
			{withCoverage && (
				<td class={coverage === null ? "is-unknown" : undefined}>
					{shareOr(coverage)}
				</td>
			)}
		</>
	);
}

export function Heads({ first, withCoverage }: { first: string; withCoverage: boolean }) {
	return (
		<thead>
			<tr>
				<th scope="col">{first}</th>
				<th scope="col">{t("bilan.col.booked")}</th>
				<th scope="col">{t("bilan.col.available")}</th>
				<th scope="col">{t("bilan.col.open")}</th>
				<th scope="col">{t("hours.col.a")}</th>
				<th scope="col">{t("hours.col.b")}</th>
				<th scope="col">{t("bilan.col.site")}</th>
				{withCoverage && <th scope="col">{t("hours.col.coverage")}</th>}
			</tr>
		</thead>
	);
}

function BucketTable({ asked, buckets, total }: Props) {
	const byMonth = asked.period.kind !== "mois";
	return (
		<div class="scroll" role="region" aria-labelledby="bilan-times" tabIndex={0}>
			<table class="figures">
				<caption id="bilan-times">
					{byMonth ? t("bilan.caption.months") : t("bilan.caption.days")}
				</caption>
				<Heads
					first={byMonth ? t("bilan.month") : t("hours.day")}
					withCoverage={byMonth}
				/>
				<tbody>
					{buckets.map(({ key, name, tally }) => (
						<tr key={key}>
							<th scope="row">
								{byMonth && tally ? (
									<a
										href={addressOf({
											...asked,
											period: periodAround(
												"mois",
												key,
												key,
											),
										})}
									>
										{name}
									</a>
								) : (
									name
								)}
							</th>
							{tally ? (
								<Cells tally={tally} withCoverage={byMonth} />
							) : (
								<td colSpan={byMonth ? 7 : 6}>
									{t("bilan.later")}
								</td>
							)}
						</tr>
					))}
				</tbody>
				<tfoot>
					<tr>
						<th scope="row">{t("hours.total")}</th>
						<Cells tally={total} withCoverage={byMonth} />
					</tr>
				</tfoot>
			</table>
		</div>
	);
}
