// SPDX-License-Identifier: EUPL-1.2
// One booking: what, when, for whom, how far it has come, and what the reader may do about it.
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api";
import { bookingOf, waysOf, type Booking, type Line, type Way } from "../lending";
import { gathered, onChange } from "../live";
import { useLoad } from "../load";
import { BookingBadge, LineBadge } from "../parts/badges";
import { Icon } from "../parts/icons";
import { LateBadge } from "../parts/late";
import { handledLine, LineActs } from "../parts/lineacts";
import { PageTitle, useTitle } from "../parts/page";
import { StaleNote, Until } from "../parts/states";
import { freshAt, loadPlaces, reading } from "../store";
import { t } from "../texts";
import { moment, span } from "../when";
import { Decide } from "./decide";
import { NotFoundPage } from "./notfound";

const MOVES: readonly Line["state"][] = ["reserved", "taken_back"];

type Read = { booking: Booking; ways: ReadonlyMap<number, Way> };

async function readAll(id: number): Promise<Read> {
	const [booking] = await reading(Promise.all([bookingOf(id), loadPlaces()]));
	const moving = booking.lines.filter((line) => line.transfer_ids.length && MOVES.includes(line.state));
	const found = await reading(Promise.all(moving.map((line) => waysOf(line.item_id ?? 0))));
	return { booking, ways: new Map(found.flat().map((way) => [way.line_id ?? 0, way])) };
}

const isHidden = (problem: Problem | null): boolean => problem?.status === 404 || problem?.status === 403;

export function BookingPage({ id }: { id: number }) {
	const [read, setRead] = useState<Read | null>(null);
	const load = useLoad(`booking ${id}`, async () => setRead(await readAll(id)));
	useEffect(
		() =>
			onChange(
				gathered(200, 1_000, async (changed) => {
					if (changed === "all" || changed.has(id)) await load.again();
				}),
				"booking",
			),
		[],
	);
	const name = t("booking.title", { id });
	useTitle(name);
	if (isHidden(load.problem)) return <NotFoundPage />;
	return (
		<>
			<nav class="crumbs" aria-label={t("crumbs")}>
				<a href="/">{t("nav.today")}</a>
			</nav>
			<div class="sheet-head">
				<PageTitle>
					{name}
					{read && <span class="item-no"> {read.booking.place_name}</span>}
				</PageTitle>
				{read && (
					<p class="facts">
						<BookingBadge state={read.booking.state} />
					</p>
				)}
			</div>
			<StaleNote load={load} at={freshAt.value} />
			<Until load={load} rows={5}>
				{() => read && <Sheet {...read} again={load.again} />}
			</Until>
		</>
	);
}

type Again = () => Promise<void>;

function Sheet({ booking, ways, again }: Read & { again: Again }) {
	return (
		<>
			<Summary booking={booking} />
			<Decide booking={booking} again={again} />
			<section class="part" aria-labelledby="lines">
				<h2 id="lines">{t("booking.lines")}</h2>
				<ul>
					{booking.lines.map((line) => (
						<LineRow
							key={line.id}
							booking={booking}
							line={line}
							way={ways.get(line.id)}
							again={again}
						/>
					))}
				</ul>
			</section>
			<Timeline booking={booking} />
		</>
	);
}

function Summary({ booking }: { booking: Booking }) {
	const { theme, audience, note } = booking.purpose;
	const why = [theme, audience, note].filter(Boolean).join(" · ");
	return (
		<div class="summary">
			<p class="fact-main">{span(Date.parse(booking.starts_at), Date.parse(booking.ends_at))}</p>
			{why && <p>{why}</p>}
			{booking.requested_name && (
				<p class="muted">{t("booking.by", { name: booking.requested_name })}</p>
			)}
			{booking.expires_at && (
				<p class="elsewhere">
					<Icon name="clock" />{" "}
					{t("booking.expires", { moment: moment(Date.parse(booking.expires_at)) })}
				</p>
			)}
			{booking.at_risk && (
				<p class="elsewhere">
					<Icon name="alert" /> {t("line.at_risk")}
				</p>
			)}
			{booking.reason && <p>{t("booking.reason", { reason: booking.reason })}</p>}
		</div>
	);
}

type RowProps = { booking: Booking; line: Line; way: Way | undefined; again: Again };

function LineRow({ booking, line, way, again }: RowProps) {
	const agreed = booking.state === "confirmed" || booking.state === "active";
	return (
		<li class="task">
			<div class="task-what">
				<h3>
					<ThingName line={line} />
				</h3>
				<p class="facts">
					<LineBadge state={line.state} />
					{line.overdue && <LateBadge due={line.due_at} />}
				</p>
				<p class="muted">{whereabouts(line)}</p>
				{way && (
					<p class="muted">
						{t(way.state === "planned" ? "way.planned" : "way.moving", {
							from: way.from_place_name,
							to: way.to_place_name,
						})}
					</p>
				)}
				<Blocked line={line} />
			</div>
			<LineActs
				line={handledLine(booking, line)}
				way={agreed || line.state === "taken_back" ? way : undefined}
				changed={again}
				more
			/>
		</li>
	);
}

function ThingName({ line }: { line: Line }) {
	if (!line.item_id) return <>{line.model_name}</>;
	return (
		<a class="item-link" href={`/materiel/${line.item_id}`}>
			{line.model_name} <span class="item-no">{line.inventory_no}</span>
		</a>
	);
}

function whereabouts(line: Line): string {
	const due = t("line.due", { moment: moment(Date.parse(line.due_at)) });
	const from = line.home_place_name ? t("line.home", { place: line.home_place_name }) : "";
	return [line.travel === "on_site" ? t("line.onsite") : "", from, due].filter(Boolean).join(" · ");
}

function Blocked({ line }: { line: Line }) {
	if (!line.blocked) return null;
	return (
		<p class="muted small">
			{t("judged.blocked", {
				span: span(Date.parse(line.blocked.from), Date.parse(line.blocked.to)),
			})}
		</p>
	);
}

type Step = { at: string; text: string };

function steps(booking: Booking): Step[] {
	const list: Step[] = [
		{
			at: booking.created_at,
			text: booking.requested_name
				? t("step.made", { name: booking.requested_name })
				: t("step.made.unnamed"),
		},
	];
	if (booking.decided_at)
		list.push({
			at: booking.decided_at,
			text: t(booking.state === "rejected" ? "step.rejected" : "step.decided"),
		});
	for (const line of booking.lines) {
		const thing = t("item.title", { model: line.model_name, no: line.inventory_no ?? "" });
		if (line.approved_at) list.push({ at: line.approved_at, text: t("step.approved", { thing }) });
		if (line.handed_over_at)
			list.push({ at: line.handed_over_at, text: t("step.handed", { thing }) });
		if (line.taken_back_at)
			list.push({ at: line.taken_back_at, text: t("step.taken", { thing }) });
	}
	return list.sort((a, b) => a.at.localeCompare(b.at));
}

function Timeline({ booking }: { booking: Booking }) {
	return (
		<section class="part" aria-labelledby="steps">
			<h2 id="steps">{t("booking.steps")}</h2>
			<ol class="timeline">
				{steps(booking).map((step, i) => (
					<li key={i}>
						<time class="muted" dateTime={step.at}>
							{moment(Date.parse(step.at))}
						</time>
						<span>{step.text}</span>
					</li>
				))}
				<li aria-current="step">
					<BookingBadge state={booking.state} />
				</li>
			</ol>
		</section>
	);
}
