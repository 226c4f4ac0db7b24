// SPDX-License-Identifier: EUPL-1.2
// The lending side of a sheet: what the counter can do with the thing now, and who has asked for it next.
import { useEffect, useState } from "preact/hooks";
import { useAct } from "../act";
import { post, Problem, type Item } from "../api";
import { standsAt } from "../desk";
import {
	activeBookings,
	bookingOf,
	planned,
	waysOf,
	type Booking,
	type Line,
	type PlannedItem,
	type Way,
} from "../lending";
import { gathered, onChange } from "../live";
import { useLoad } from "../load";
import { BookingBadge } from "../parts/badges";
import { Icon } from "../parts/icons";
import { LateBadge } from "../parts/late";
import { handledLine, LineActs } from "../parts/lineacts";
import { tell } from "../parts/notice";
import { Refusal } from "../parts/refusal";
import { Until } from "../parts/states";
import { reading } from "../store";
import { t } from "../texts";
import { serverNow } from "../time";
import { moment, span } from "../when";

type Bar = PlannedItem["bars"][number];
type Now = { booking: Booking; line: Line; way: Way | undefined };
type Read = { bars: Bar[]; now: Now[] };

const DAY_MS = 86_400_000;
const BACK_MS = 21 * DAY_MS; // a loan that is late began before
const AHEAD_MS = 40 * DAY_MS;

const LIVE: readonly Line["state"][] = ["reserved", "ready", "on_loan", "taken_back"];

/** The line of that thing which the counter still has to do with. */
const lineOf = (booking: Booking, item: Item): Line | undefined =>
	booking.lines.find((line) => line.item_id === item.id && LIVE.includes(line.state));

const begins = (bar: Bar, now: number): boolean =>
	bar.state === "confirmed" && bar.line_state === "reserved" && Date.parse(bar.from) < now + DAY_MS;

/** Somebody else's booking is nobody's business: it is left out. */
async function seen(bar: Bar | undefined): Promise<Booking[]> {
	if (!bar?.booking_id) return [];
	try {
		return [await bookingOf(bar.booking_id)];
	} catch (caught) {
		if (caught instanceof Problem && (caught.status === 404 || caught.status === 403)) return [];
		throw caught;
	}
}

/** What is out or on its way, then what begins within a day. */
async function readAll(item: Item): Promise<Read> {
	const now = serverNow();
	const utc = (at: number): string => new Date(at).toISOString();
	const [rows, active, ways] = await Promise.all([
		planned(item.home_place_id, item.family, utc(now - BACK_MS), utc(now + AHEAD_MS)),
		activeBookings(item.id),
		waysOf(item.id),
	]);
	const bars = rows.find((row) => row.item_id === item.id)?.bars ?? [];
	const soon = await seen(bars.find((bar) => begins(bar, now)));
	const found = [...active, ...soon].flatMap((booking) => {
		const line = lineOf(booking, item);
		return line ? [{ booking, line, way: ways.find((way) => way.line_id === line.id) }] : [];
	});
	return { bars, now: found };
}

export function Lending({ item }: { item: Item }) {
	const [read, setRead] = useState<Read | null>(null);
	const load = useLoad(
		`lending ${item.id}`,
		async () => setRead(await reading(readAll(item))),
		read !== null,
	);
	useEffect(() => onChange(gathered(300, 2_000, load.again), "booking", "transfer"), []);
	useEffect(() => {
		if (read) void load.again();
	}, [item.state]);
	return (
		<>
			{item.state === "missing" && standsAt(item.home_place_id) && <Found item={item} />}
			<Until load={load} rows={2}>
				{() =>
					read && (
						<>
							<AtCounter now={read.now} again={load.again} />
							<Next bars={read.bars} item={item} />
						</>
					)
				}
			</Until>
		</>
	);
}

function Found({ item }: { item: Item }) {
	const act = useAct();
	const found = () =>
		act.run(async () => {
			await post(`/items/${item.id}/found`);
			tell(t("item.found.done"));
		});
	return (
		<div class="decide">
			{act.problem && <Refusal problem={act.problem} />}
			<button type="button" class="button" onClick={found}>
				{t("item.found")}
			</button>
		</div>
	);
}

function AtCounter({ now, again }: { now: Now[]; again: () => Promise<unknown> }) {
	if (!now.length) return null;
	return (
		<section class="part" aria-labelledby="counter">
			<h2 id="counter">{t("item.counter.now")}</h2>
			<ul>
				{now.map((one) => (
					<OutRow key={one.line.id} {...one} again={again} />
				))}
			</ul>
		</section>
	);
}

function OutRow({ booking, line, way, again }: Now & { again: () => Promise<unknown> }) {
	return (
		<li class="task">
			<div class="task-what">
				<h3>
					<a class="item-link" href={`/reservations/${booking.id}`}>
						{booking.place_name}
					</a>
				</h3>
				<p>{span(Date.parse(booking.starts_at), Date.parse(booking.ends_at))}</p>
				<p class="muted">{t("line.due", { moment: moment(Date.parse(line.due_at)) })}</p>
				{line.overdue && <LateBadge due={line.due_at} />}
				{line.at_risk && (
					<p class="elsewhere">
						<Icon name="alert" /> {t("line.at_risk")}
					</p>
				)}
			</div>
			<LineActs line={handledLine(booking, line)} way={way} changed={again} more />
		</li>
	);
}

function Next({ bars, item }: { bars: Bar[]; item: Item }) {
	const next = bars.filter((bar) => Date.parse(bar.to) > serverNow());
	const mayOpen = (bar: Bar): boolean => standsAt(bar.place_id) || standsAt(item.home_place_id);
	return (
		<section class="part" aria-labelledby="next">
			<h2 id="next">{t("item.next")}</h2>
			{next.length === 0 && <p class="muted">{t("item.next.none")}</p>}
			<ul class="nexts">
				{next.map((bar, i) => (
					<li key={i}>
						<span>{span(Date.parse(bar.from), Date.parse(bar.to))}</span>
						<span>
							{bar.booking_id !== null && mayOpen(bar) ? (
								<a href={`/reservations/${bar.booking_id}`}>{bar.place_name}</a>
							) : bar.block_id !== null ? (
								t("item.blocked")
							) : (
								bar.place_name
							)}
						</span>
						{bar.state !== "blocked" && <BookingBadge state={bar.state} />}
					</li>
				))}
			</ul>
		</section>
	);
}
