// SPDX-License-Identifier: EUPL-1.2
// Aujourd'hui: what this counter has to do, in the order of the day, one main button a line.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Place } from "../api";
import { myPlace, standsAt } from "../desk";
import { axisDay, dayOf, longDay } from "../format";
import { agendaOf, pendingBookings, wayOf, type Agenda, type Task } from "../lending";
import { gathered, onChange } from "../live";
import { useLoad } from "../load";
import { Icon } from "../parts/icons";
import { LateBadge } from "../parts/late";
import { handledTask, LineActs, WayButtons } from "../parts/lineacts";
import { PageTitle, useTitle } from "../parts/page";
import { AtPlace, PlaceSwitch } from "../parts/place";
import { StaleNote, Until } from "../parts/states";
import { freshAt, reading } from "../store";
import { t, tn } from "../texts";
import { tick } from "../time";
import { wide } from "../wide";
import { moment, shortClock } from "../when";

type Carriage = Agenda["to_receive"][number];
type Again = () => Promise<unknown>;

export function TodayPage() {
	const at = myPlace.value?.name;
	useTitle(t("nav.today"), ...(at ? [at] : []));
	return (
		<>
			<div class="head">
				<PageTitle>{t("nav.today")}</PageTitle>
				<p class="count">{longDay(tick.value)}</p>
				{wide.value && (
					<a class="button head-main" href="/trouver">
						{t("today.find")}
					</a>
				)}
			</div>
			<AtPlace rows={4}>{(place) => <Day key={place.id} place={place} />}</AtPlace>
		</>
	);
}

function Day({ place }: { place: Place }) {
	const [agenda, setAgenda] = useState<Agenda | null>(null);
	const [asked, setAsked] = useState(0);
	const load = useLoad(`agenda ${place.id}`, async () => {
		const [day, pending] = await reading(Promise.all([agendaOf(place.id), pendingBookings()]));
		setAgenda(day);
		setAsked(pending.filter((one) => one.can.some((can) => can === "reject")).length);
	});
	useEffect(() => onChange(gathered(300, 3_000, load.again), "booking", "transfer"), []);
	return (
		<>
			<PlaceSwitch />
			{asked > 0 && (
				<p class="asked">
					<Icon name="question" /> <a href="/demandes">{tn("today.asked", asked)}</a>
				</p>
			)}
			<StaleNote load={load} at={freshAt.value} />
			<Until load={load} rows={4}>
				{() => agenda && <Lists agenda={agenda} again={load.again} />}
			</Until>
		</>
	);
}

/** How a thing that is not here yet comes, where somebody else sends it: it stands under « à recevoir ». Who
 * stands at both ends just hands it over. */
function lists(agenda: Agenda) {
	const wayFor = (task: Task) => agenda.to_receive.find(({ line_id }) => line_id === task.line_id);
	const mine = (one: Carriage) => standsAt(one.from_place_id) && standsAt(one.to_place_id);
	const hand = agenda.to_hand_over
		.map((task) => ({ task, way: task.state === "reserved" ? wayFor(task) : undefined }))
		.filter(({ way }) => !way || mine(way));
	const handed = new Set(hand.map(({ way }) => way?.transfer_id));
	return { ...agenda, hand, to_receive: agenda.to_receive.filter((one) => !handed.has(one.transfer_id)) };
}

function Lists({ agenda, again }: { agenda: Agenda; again: Again }) {
	const { hand, to_take_back, to_receive, to_dispatch, overdue } = lists(agenda);
	const all = [hand, to_take_back, to_receive, to_dispatch, overdue];
	if (all.every((one) => one.length === 0)) return <Nothing next={agenda.next_hand_over_at} />;
	return (
		<>
			<Part name={t("today.hand_over")} of={hand}>
				{({ task, way }) => (
					<TaskRow
						key={task.line_id}
						task={task}
						way={way}
						at={task.starts_at}
						again={again}
					/>
				)}
			</Part>
			<Part name={t("today.take_back")} of={to_take_back}>
				{(task) => <TaskRow key={task.line_id} task={task} at={task.due_at} again={again} />}
			</Part>
			<Part name={t("today.receive")} of={to_receive}>
				{(one) => <WayRow key={one.transfer_id} one={one} from again={again} />}
			</Part>
			<Part name={t("today.dispatch")} of={to_dispatch}>
				{(one) => <WayRow key={one.transfer_id} one={one} from={false} again={again} />}
			</Part>
			<Part name={t("today.overdue")} of={overdue}>
				{(task) => <TaskRow key={task.line_id} task={task} at={task.due_at} again={again} />}
			</Part>
		</>
	);
}

function Nothing({ next }: { next: string | null }) {
	return (
		<div class="empty">
			<p>
				{t("today.none")}{" "}
				{next ? t("today.next", { day: longDay(Date.parse(next)) }) : t("today.none.next")}
			</p>
			{!wide.value && (
				<a class="button" href="/trouver">
					{t("today.find")}
				</a>
			)}
		</div>
	);
}

function Part<T>({
	name,
	of,
	children,
}: {
	name: string;
	of: readonly T[];
	children: (one: T) => ComponentChildren;
}) {
	if (!of.length) return null;
	return (
		<section class="tasks">
			<h2>
				{name} <span class="muted">({of.length})</span>
			</h2>
			<ul>{of.map(children)}</ul>
		</section>
	);
}

/** « 9 h » today; else the day with it: what was due yesterday is not told by its hour. */
function When({ at }: { at: string }) {
	const when = Date.parse(at);
	const today = dayOf(when) === dayOf(tick.value);
	return (
		<time class="task-when" dateTime={at} title={moment(when)}>
			{!today && axisDay(when, true)} {shortClock(when)}
		</time>
	);
}

type RowProps = { task: Task; way?: Carriage | undefined; at: string; again: Again };

function TaskRow({ task, way, at, again }: RowProps) {
	return (
		<li class="task">
			<When at={at} />
			<div class="task-what">
				<h3>
					<a class="item-link" href={`/materiel/${task.item_id}`}>
						{task.model_name} <span class="item-no">{task.inventory_no}</span>
					</a>
				</h3>
				<p>
					<a href={`/reservations/${task.booking_id}`}>
						{t("today.for", { place: task.place_name })}
					</a>
					{task.requested_name && <span class="muted"> · {task.requested_name}</span>}
				</p>
				<Flags task={task} />
			</div>
			<LineActs line={handledTask(task)} way={way && wayOf(way)} changed={again} />
		</li>
	);
}

function Flags({ task }: { task: Task }) {
	return (
		<>
			{task.overdue && <LateBadge due={task.due_at} />}
			{task.at_risk && (
				<p class="elsewhere">
					<Icon name="alert" /> {t("line.at_risk")}
				</p>
			)}
			{task.state === "reserved" && (
				<p class="elsewhere">
					<Icon name="van" /> {t("today.nothere")}
				</p>
			)}
		</>
	);
}

function WayRow({ one, from, again }: { one: Carriage; from: boolean; again: Again }) {
	const thing = t("item.title", { model: one.model_name, no: one.inventory_no });
	return (
		<li class="task">
			<When at={one.dispatched_at ?? one.planned_at} />
			<div class="task-what">
				<h3>
					<a class="item-link" href={`/materiel/${one.item_id}`}>
						{one.model_name} <span class="item-no">{one.inventory_no}</span>
					</a>
				</h3>
				<p>
					{from
						? t("way.from", { place: one.from_place_name })
						: t("way.to", { place: one.to_place_name })}
					{one.dispatched_at && <span class="muted"> · {t("way.gone")}</span>}
				</p>
			</div>
			<div class="acts">
				<WayButtons way={wayOf(one)} thing={thing} changed={again} />
			</div>
		</li>
	);
}
