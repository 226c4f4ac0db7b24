// SPDX-License-Identifier: EUPL-1.2
// The hours by item, by pôle and then by name: nobody is ranked. Each name opens what its figures are made of.
import { useEffect, useState } from "preact/hooks";
import type { UsageRow } from "../api";
import { hubs, items } from "../store";
import { t, tn } from "../texts";
import { Cells, Heads } from "./bilanchart";
import { addressOf, type Asked } from "./bilanwords";
import { groupBy, tallyOf, type Tally } from "./tally";

const STEP = 100; // lines added at a time: the page stays light with 1 500 items

type Line = { id: number; hub: string; model: string; no: string; tally: Tally };

const collator = new Intl.Collator("fr", { numeric: true });

function linesOf(rows: UsageRow[]): Line[] {
	const lines = [...groupBy(rows, (row) => row.key.item_id as number)].map(([id, own]) => {
		const item = items.value.get(id);
		return {
			id,
			hub: hubs.value.get(item?.hub_id ?? 0)?.name ?? t("list.nohub"),
			model: item?.model_name ?? t("bilan.gone"),
			no: item?.inventory_no ?? String(id),
			tally: tallyOf(own),
		};
	});
	return lines.sort(
		(a, b) =>
			collator.compare(a.hub, b.hub) ||
			collator.compare(a.model, b.model) ||
			collator.compare(a.no, b.no),
	);
}

export function ItemTable({ asked, rows, total }: { asked: Asked; rows: UsageRow[]; total: Tally }) {
	const [limit, setLimit] = useState(STEP);
	useEffect(() => setLimit(STEP), [rows]);
	const lines = linesOf(rows);
	const shown = lines.slice(0, limit);
	return (
		<section class="part" aria-labelledby="bilan-items">
			<h2 id="bilan-items">{t("bilan.items")}</h2>
			<div
				class="scroll bilan-items"
				role="region"
				aria-labelledby="bilan-lines"
				tabIndex={0}
			>
				<table class="figures">
					<caption id="bilan-lines">{t("bilan.caption.items")}</caption>
					<Heads first={t("list.item")} withCoverage />
					{[...groupByHub(shown)].map(([hub, members]) => (
						<tbody key={hub}>
							<tr class="group">
								<th scope="rowgroup" colSpan={8}>
									{hub}
								</th>
							</tr>
							{members.map(({ id, model, no, tally }) => (
								<tr key={id} data-item={id}>
									<th scope="row">
										<a
											id={`bilan-${id}`}
											href={addressOf({
												...asked,
												item: String(
													id,
												),
											})}
										>
											{model}{" "}
											<span class="muted">
												{no}
											</span>
										</a>
									</th>
									<Cells tally={tally} withCoverage />
								</tr>
							))}
						</tbody>
					))}
					<tfoot>
						<tr>
							<th scope="row">{t("hours.total")}</th>
							<Cells tally={total} withCoverage />
						</tr>
					</tfoot>
				</table>
			</div>
			{lines.length > limit && (
				<p class="more">
					<button
						type="button"
						class="button quiet"
						onClick={() => setLimit(limit + STEP)}
					>
						{tn("list.more", Math.min(STEP, lines.length - limit))}
					</button>
				</p>
			)}
		</section>
	);
}

function groupByHub(lines: Line[]): Map<string, Line[]> {
	const groups = new Map<string, Line[]>();
	for (const line of lines) groups.set(line.hub, [...(groups.get(line.hub) ?? []), line]);
	return groups;
}
