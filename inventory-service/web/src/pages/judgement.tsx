// SPDX-License-Identifier: EUPL-1.2
// What the service says of a wish: free or not, blocked from when to when, who has to agree, what is in the
// way, and the next start as a button that keeps everything else.
import { useEffect, useState } from "preact/hooks";
import { Problem, type Conflict } from "../api";
import { previewOf, type BookingNew, type Preview } from "../lending";
import { Icon } from "../parts/icons";
import { Refusal } from "../parts/refusal";
import { whatHappened } from "../parts/states";
import { hubs, items, places, reading } from "../store";
import { t } from "../texts";
import { lengthOf, localOf, moment, moved, span as spanText, type Span } from "../when";

type Asked = { preview: Preview | null; problem: Problem | null; asking: boolean };

/** Asks anew whenever the wish changes; the last answer stands until the next one comes. */
export function usePreview(wish: BookingNew | null): Asked {
	const [asked, setAsked] = useState<Asked>({ preview: null, problem: null, asking: true });
	const key = JSON.stringify(wish);
	useEffect(() => {
		let isLast = true;
		if (!wish) return;
		setAsked((was) => ({ ...was, asking: true }));
		reading(previewOf(wish)).then(
			(preview) => isLast && setAsked({ preview, problem: null, asking: false }),
			(caught) =>
				isLast &&
				setAsked({
					preview: null,
					problem: caught instanceof Problem ? caught : new Problem(0, "page"),
					asking: false,
				}),
		);
		return () => {
			isLast = false;
		};
	}, [key]);
	return asked;
}

type Props = Asked & { span: Span; choose: (span: Span) => void };

export function Judgement({ preview, problem, asking, span, choose }: Props) {
	const next = preview && !preview.ok && preview.earliest_feasible;
	return (
		<div class="judgement" aria-busy={asking}>
			<p role="status" class={`verdict${preview ? (preview.ok ? " is-ok" : " is-not") : ""}`}>
				{preview && (
					<>
						<Icon name={preview.ok ? "check" : "alert"} />{" "}
						{t(preview.ok ? "judged.free" : "judged.refused")}
					</>
				)}
				{problem && whatHappened(problem)}
			</p>
			{preview?.refusals.map((one, i) => (
				<div key={i} class="judged-no">
					<p>
						{thingAt(preview, one.field)} {one.detail}
					</p>
					<Conflicts conflicts={one.conflicts} />
					<small class="code">{t("problem.code", { code: one.code })}</small>
				</div>
			))}
			{next && (
				<button
					type="button"
					class="button"
					onClick={() => {
						const from = localOf(Date.parse(next));
						choose({ from, to: moved(from, lengthOf(span.from, span.to)) });
					}}
				>
					{t("judged.leave", { moment: moment(Date.parse(next)) })}
				</button>
			)}
			{preview?.ok && <p>{approvalText(preview)}</p>}
			{preview?.ok && <Blocked preview={preview} />}
		</div>
	);
}

/** « lines[1] » → the name of the second thing, where there are several. */
function thingAt(preview: Preview, field: string | undefined): string {
	const i = Number(field?.match(/^lines\[(\d+)\]/)?.[1]);
	const item = items.value.get(preview.lines[i]?.item_id ?? 0);
	return item && preview.lines.length > 1
		? t("judged.thing", { thing: t("item.title", { model: item.model_name, no: item.inventory_no }) })
		: "";
}

export function Conflicts({ conflicts }: { conflicts: Conflict[] | undefined }) {
	if (!conflicts?.length) return null;
	return (
		<ul class="conflicts">
			{conflicts.map((one, i) => (
				<li key={i}>
					{t(`conflict.${one.kind}`, {
						place: one.place_name ?? t("place.unknown"),
						span: spanText(Date.parse(one.from), Date.parse(one.to)),
					})}
				</li>
			))}
		</ul>
	);
}

function approvalText({ approval, lines }: Preview): string {
	if (!approval) return t("judged.atonce");
	const asked = lines.filter((line) => line.approval === approval);
	const owners = asked.flatMap((line) => {
		const owner = places.value.get(items.value.get(line.item_id ?? 0)?.owner_place_id ?? 0);
		return (approval === "hub" ? hubs.value.get(owner?.hub_id ?? 0)?.name : owner?.name) ?? [];
	});
	return t(`judged.${approval}`, { who: [...new Set(owners)].join(", ") });
}

function Blocked({ preview }: { preview: Preview }) {
	return (
		<ul class="blocked">
			{preview.lines.map((line, i) => {
				const item = items.value.get(line.item_id ?? 0);
				if (!line.blocked) return null;
				return (
					<li key={i}>
						{item && (
							<strong>
								{t("item.title", {
									model: item.model_name,
									no: item.inventory_no,
								})}
							</strong>
						)}{" "}
						{t("judged.blocked", {
							span: spanText(
								Date.parse(line.blocked.from),
								Date.parse(line.blocked.to),
							),
						})}
						{line.due_at && (
							<span class="muted">
								{" "}
								{t("judged.due", { moment: moment(Date.parse(line.due_at)) })}
							</span>
						)}
					</li>
				);
			})}
		</ul>
	);
}

/** A submission that was refused. */
export function Refused({ problem, bookAt }: { problem: Problem; bookAt: (at: number) => void }) {
	const next = problem.refusal.earliest_feasible;
	return (
		<Refusal problem={problem}>
			<Conflicts conflicts={problem.refusal.conflicts} />
			{next && (
				<button type="button" class="button" onClick={() => bookAt(Date.parse(next))}>
					{t("judged.book", { moment: moment(Date.parse(next)) })}
				</button>
			)}
		</Refusal>
	);
}
