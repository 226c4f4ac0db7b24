// SPDX-License-Identifier: EUPL-1.2
// What the reader may do about a whole booking: agree, refuse, extend, move, cancel. Who has looked at an
// older version is shown both and decides again.
import { useEffect, useRef, useState } from "preact/hooks";
import { useAct, type Act } from "../act";
import { decide, move, type Booking } from "../lending";
import { useBack } from "../parts/back";
import { Ends } from "../parts/ends";
import type { Refusable } from "../parts/fault";
import { tell } from "../parts/notice";
import { ReasonForm } from "../parts/reason";
import { Refusal } from "../parts/refusal";
import { Times } from "../parts/times";
import { t } from "../texts";
import { lengthOf, localOf, moment, moved, span, type Span } from "../when";
import { Conflicts } from "./judgement";

type Open = "reject" | "cancel" | "extend" | "move" | null;
type Can = Booking["can"][number];
type Props = { booking: Booking; again: () => Promise<unknown> };

export function Decide({ booking, again }: Props) {
	const [open, setOpen] = useState<Open>(null);
	const act = useAct();
	const box = useBack<HTMLDivElement>(open !== null);
	const can = (what: Can): boolean => booking.can.includes(what);
	const plainly = (command: "confirm" | "submit") => () =>
		act.run(async () => {
			await decide(booking, command);
			await again();
			tell(t(`decide.done.${command}`));
		});
	if (!booking.can.length) return null;
	if (open === "reject" || open === "cancel")
		return <Reason kind={open} booking={booking} again={again} close={() => setOpen(null)} />;
	if (open) return <Dates kind={open} booking={booking} again={again} close={() => setOpen(null)} />;
	return (
		<div ref={box} class="decide">
			{act.problem && <Trouble act={act} booking={booking} again={again} />}
			<p class="actions">
				{can("confirm") && (
					<button type="button" class="button" onClick={plainly("confirm")}>
						{t("decide.confirm")}
					</button>
				)}
				{can("submit") && (
					<button type="button" class="button" onClick={plainly("submit")}>
						{t("decide.submit")}
					</button>
				)}
				{(["reject", "extend", "move", "cancel"] as const).filter(can).map((what) => (
					<button
						key={what}
						type="button"
						class="button quiet"
						onClick={() => setOpen(what)}
					>
						{t(`decide.${what}`)}
					</button>
				))}
			</p>
		</div>
	);
}

const describe = (booking: Booking): string =>
	t("stale.one", {
		state: t(`booking.${booking.state}`),
		span: span(Date.parse(booking.starts_at), Date.parse(booking.ends_at)),
	});

/** A refusal; a stale one shows what was looked at, and what stands now. */
export function Trouble({ act, booking, again }: Props & { act: Act }) {
	const before = useRef(booking);
	const problem = act.problem;
	const isStale = problem?.status === 412;
	useEffect(() => {
		if (isStale) void again();
	}, [problem]);
	if (!problem) return null;
	return (
		<Refusal problem={problem}>
			<Conflicts conflicts={problem.refusal.conflicts} />
			{isStale && (
				<dl class="versions">
					<dt>{t("stale.before")}</dt>
					<dd>{describe(before.current)}</dd>
					<dt>{t("stale.now")}</dt>
					<dd>{describe(booking)}</dd>
				</dl>
			)}
		</Refusal>
	);
}

type FormProps<Kind> = Props & { kind: Kind; close: () => void };

export function Reason({ kind, booking, again, close }: FormProps<"reject" | "cancel">) {
	return (
		<ReasonForm
			id={`reason-${booking.id}`}
			label={t(`decide.why.${kind}`)}
			word={t(`decide.do.${kind}`)}
			close={close}
			send={async (reason) => {
				await decide(booking, kind, { reason });
				await again();
				tell(t(`decide.done.${kind}`));
			}}
		/>
	);
}

function Dates({ kind, booking, again, close }: FormProps<"extend" | "move">) {
	const [times, setTimes] = useState<Span>({
		from: localOf(Date.parse(booking.starts_at)),
		to: localOf(Date.parse(booking.ends_at)),
	});
	const act = useAct();
	const form = useRef<HTMLFormElement>(null);
	useEffect(() => form.current?.querySelector("input")?.focus(), []);
	const fault: Refusable | undefined = act.problem
		? { field: act.problem.refusal.field, detail: act.problem.detail }
		: undefined;
	const send = async (): Promise<void> => {
		if (kind === "extend") await decide(booking, "extend", { ends_at: times.to });
		else await move(booking, { starts_at: times.from, ends_at: times.to });
		await again();
		tell(t(`decide.done.${kind}`));
	};
	const submit = async (event: Event): Promise<void> => {
		event.preventDefault();
		if (await act.run(send)) close();
	};
	const next = act.problem?.refusal.earliest_feasible;
	return (
		<form ref={form} class="counter" aria-label={t(`decide.${kind}`)} noValidate onSubmit={submit}>
			{act.problem && <Trouble act={act} booking={booking} again={again} />}
			{next && kind === "move" && (
				<button
					type="button"
					class="button quiet"
					onClick={() => {
						const from = localOf(Date.parse(next));
						setTimes({ from, to: moved(from, lengthOf(times.from, times.to)) });
					}}
				>
					{t("judged.leave", { moment: moment(Date.parse(next)) })}
				</button>
			)}
			<Times
				span={times}
				set={setTimes}
				problem={fault}
				endOnly={kind === "extend"}
			/>
			<Ends word={t(`decide.do.${kind}`)} busy={act.busy} close={close} />
		</form>
	);
}
