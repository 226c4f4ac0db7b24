// SPDX-License-Identifier: EUPL-1.2
// What can be done now with one thing of a booking: one main button, the rest beside it. Who stands at both
// ends of a way says in one press that it was gone; else each end says its half.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useAct } from "../act";
import { standsAt } from "../desk";
import { act, dispatch, receive, type Booking, type Line, type Said, type Task, type Way } from "../lending";
import { serverNow } from "../time";
import { t } from "../texts";
import { useBack } from "./back";
import { CounterForm } from "./counter";
import { tell } from "./notice";
import { ReasonForm } from "./reason";
import { Refusal } from "./refusal";

const UNDO_MS = 15 * 60_000;

/** A line as an agenda or a booking tells it. */
export type Handled = {
	id: number;
	version: number;
	thing: string;
	state: Line["state"];
	can: readonly Line["can"][number][];
	undo: "hand_over" | "take_back" | null;
};

type Props = { line: Handled; way?: Way | undefined; changed: () => Promise<unknown>; more?: boolean };

const recent = (at: string | null): boolean => at !== null && serverNow() - Date.parse(at) < UNDO_MS;

export function handledLine(booking: Booking, line: Line): Handled {
	const back = line.state === "taken_back" || line.state === "closed";
	return {
		id: line.id,
		version: booking.version,
		thing: t("item.title", { model: line.model_name, no: line.inventory_no ?? "" }),
		state: line.state,
		can: line.can,
		undo:
			back && recent(line.taken_back_at)
				? "take_back"
				: line.state === "on_loan" && recent(line.handed_over_at)
					? "hand_over"
					: null,
	};
}

/** The agenda shows only what its counter may do. */
export const handledTask = (task: Task): Handled => ({
	id: task.line_id,
	version: task.booking_version,
	thing: t("item.title", { model: task.model_name, no: task.inventory_no }),
	state: task.state,
	can: task.state === "ready" ? ["hand_over"] : task.state === "on_loan" ? ["take_back"] : [],
	undo: null,
});

export function undoOf(kind: "hand_over" | "take_back", lineId: number, changed: () => Promise<unknown>) {
	const run = async (): Promise<void> => {
		await act(lineId, "undo");
		await changed();
		tell(t(`undo.done.${kind}`));
	};
	return { word: t(`undo.${kind}`), run };
}

export function LineActs({ line, way, changed, more = false }: Props) {
	const [open, setOpen] = useState<"hand_over" | "take_back" | "declare_lost" | null>(null);
	const doing = useAct();
	const box = useBack<HTMLDivElement>(open !== null);
	const gone = way && standsAt(way.from_place_id) && standsAt(way.to_place_id);
	const awaited = line.state === "reserved" && way !== undefined;

	const counter = async (kind: "hand_over" | "take_back", said: Said): Promise<void> => {
		if (kind === "hand_over" && awaited && way) await receive(way);
		const version = awaited ? undefined : line.version;
		await act(line.id, kind === "hand_over" ? "hand-over" : "take-back", said, version);
		await changed();
		tell(t(`counter.done.${kind}`, { thing: line.thing }), undoOf(kind, line.id, changed));
	};
	const plainly = (done: string, work: () => Promise<unknown>) => () =>
		doing.run(async () => {
			await work();
			await changed();
			tell(done);
		});

	if (open === "declare_lost")
		return (
			<ReasonForm
				id={`lost-${line.id}`}
				label={t("line.lost.why")}
				word={t("line.lost")}
				close={() => setOpen(null)}
				send={async (reason) => {
					await act(line.id, "declare-lost", { reason }, line.version);
					await changed();
					tell(t("line.lost.done", { thing: line.thing }));
				}}
			/>
		);
	if (open)
		return (
			<CounterForm
				kind={open}
				lineId={line.id}
				thing={line.thing}
				send={(said) => counter(open, said)}
				close={() => setOpen(null)}
			/>
		);
	return (
		<div ref={box} class="acts">
			{doing.problem && <Refusal problem={doing.problem} />}
			{(line.can.includes("hand_over") || (awaited && gone)) && (
				<Main thing={line.thing} act={() => setOpen("hand_over")}>
					{t("act.hand_over")}
				</Main>
			)}
			{line.can.includes("take_back") && (
				<Main thing={line.thing} act={() => setOpen("take_back")}>
					{t("act.take_back")}
				</Main>
			)}
			{way && !(awaited && gone) && <WayButtons way={way} thing={line.thing} changed={changed} />}
			{line.can.includes("close") && (
				<Main
					thing={line.thing}
					act={plainly(t("line.close.done", { thing: line.thing }), () =>
						act(line.id, "close", {}, line.version),
					)}
				>
					{t("line.close")}
				</Main>
			)}
			{more && line.undo && <Quiet line={line} plainly={plainly} changed={changed} />}
			{more && line.can.includes("release") && (
				<button
					type="button"
					class="button quiet"
					onClick={plainly(t("line.release.done", { thing: line.thing }), () =>
						act(line.id, "release", {}, line.version),
					)}
				>
					{t("line.release")} <Named thing={line.thing} />
				</button>
			)}
			{more && line.can.includes("declare_lost") && (
				<button type="button" class="button quiet" onClick={() => setOpen("declare_lost")}>
					{t("line.lost")} <Named thing={line.thing} />
				</button>
			)}
		</div>
	);
}

type Plainly = (done: string, work: () => Promise<unknown>) => () => Promise<boolean>;

function Quiet({ line, plainly, changed }: { line: Handled; plainly: Plainly; changed: Props["changed"] }) {
	if (!line.undo) return null;
	const { word } = undoOf(line.undo, line.id, changed);
	return (
		<button
			type="button"
			class="button quiet"
			onClick={plainly(t(`undo.done.${line.undo}`), () => act(line.id, "undo"))}
		>
			{word} <Named thing={line.thing} />
		</button>
	);
}

/** A name for who hears the button without its line. */
const Named = ({ thing }: { thing: string }) => <span class="hidden"> {thing}</span>;

function Main({ thing, act, children }: { thing: string; act: () => void; children: ComponentChildren }) {
	return (
		<button type="button" class="button" onClick={act}>
			{children} <Named thing={thing} />
		</button>
	);
}

/** « Déclarer parti » where it stands, « Déclarer reçu » where it is awaited. */
export function WayButtons({ way, thing, changed }: { way: Way; thing: string; changed: Props["changed"] }) {
	const doing = useAct();
	const leaves = way.state === "planned" && standsAt(way.from_place_id) && !standsAt(way.to_place_id);
	const arrives = standsAt(way.to_place_id);
	const say = (done: string, work: () => Promise<unknown>) => () =>
		doing.run(async () => {
			await work();
			await changed();
			tell(done);
		});
	return (
		<>
			{doing.problem && <Refusal problem={doing.problem} />}
			{leaves && (
				<Main
					thing={thing}
					act={say(t("way.left", { thing, to: way.to_place_name }), () => dispatch(way))}
				>
					{t("way.leave")}
				</Main>
			)}
			{arrives && (
				<Main
					thing={thing}
					act={say(t("way.arrived", { thing, to: way.to_place_name }), () => receive(way))}
				>
					{t("way.arrive")}
				</Main>
			)}
		</>
	);
}
