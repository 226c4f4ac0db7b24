// SPDX-License-Identifier: EUPL-1.2
// The lending side of a sheet: what the counter can do with the thing now, and who has asked for it next.
import { useEffect, useState } from "preact/hooks";
import { useAct } from "../act";
import { post, Problem, type Item } from "../api";
import { standsAt } from "../desk";
import { bookingOf, openWays, planned, type Booking, type PlannedItem, type Way } from "../lending";
import { gathered, onChange } from "../live";
import { useLoad } from "../load";
import { BookingBadge } from "../parts/badges";
import { handledLine, LineActs } from "../parts/lineacts";
import { tell } from "../parts/notice";
import { Refusal } from "../parts/refusal";
import { Until } from "../parts/states";
import { reading } from "../store";
import { t } from "../texts";
import { serverNow } from "../time";
import { moment, span } from "../when";

type Bar = PlannedItem["bars"][number];
type Now = { booking: Booking; lineId: number; way: Way | undefined };
type Read = { bars: Bar[]; now: Now[] };

const DAY_MS = 86_400_000;
const BACK_MS = 21 * DAY_MS; // a loan that is late began before
const AHEAD_MS = 40 * DAY_MS;

/** What the counter has to do with: what is out or to be inspected, and what begins within a day. */
function isNear(bar: Bar, now: number): boolean {
	if (bar.line_id === null || !["confirmed", "active"].includes(bar.state)) return false;
	if (bar.line_state === "on_loan" || bar.line_state === "taken_back") return true;
	return bar.line_state === "reserved" && Date.parse(bar.from) < now + DAY_MS;
}

/** Somebody else's booking is nobody's business: it is left out. */
async function detailOf(bar: Bar): Promise<Now[]> {
	if (bar.line_id === null || bar.booking_id === null) return [];
	try {
		const [booking, ways] = await Promise.all([bookingOf(bar.booking_id), openWays(bar.line_id)]);
		return [{ booking, lineId: bar.line_id, way: ways[0] }];
	} catch (caught) {
		const hidden = caught instanceof Problem && (caught.status === 404 || caught.status === 403);
		if (hidden) return [];
		throw caught;
	}
}

async function readAll(item: Item): Promise<Read> {
	const now = serverNow();
	const utc = (at: number): string => new Date(at).toISOString();
	const rows = await planned(item.home_place_id, item.family, utc(now - BACK_MS), utc(now + AHEAD_MS));
	const bars = rows.find((row) => row.item_id === item.id)?.bars ?? [];
	const near = bars.filter((bar) => isNear(bar, now)).slice(0, 2);
	return { bars, now: (await Promise.all(near.map(detailOf))).flat() };
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
				{now.map(({ booking, lineId, way }) => {
					const line = booking.lines.find(({ id }) => id === lineId);
					if (!line) return null;
					return (
						<li key={lineId} class="task">
							<div class="task-what">
								<h3>
									<a class="item-link" href={`/reservations/${booking.id}`}>
										{booking.place_name}
									</a>
								</h3>
								<p>
									{span(
										Date.parse(booking.starts_at),
										Date.parse(booking.ends_at),
									)}
								</p>
								<p class="muted">
									{t("line.due", { moment: moment(Date.parse(line.due_at)) })}
								</p>
							</div>
							<LineActs
								line={handledLine(booking, line)}
								way={way}
								changed={again}
								more
							/>
						</li>
					);
				})}
			</ul>
		</section>
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
