// SPDX-License-Identifier: EUPL-1.2
// From when to when: two days, two hours, and what people usually ask for as one press.
import { faultOf, type Refusable } from "./fault";
import { Icon } from "./icons";
import { t } from "../texts";
import { tick } from "../time";
import { lengthOf, moved, usualSpans, type Span } from "../when";

type Props = {
	span: Span;
	set: (span: Span) => void;
	problem?: Refusable | undefined;
	usual?: boolean;
	endOnly?: boolean;
};

/** A later start takes the end along: one asks for as long as before. */
const startAt = (span: Span, from: string): Span => ({
	from,
	to: moved(from, Math.max(lengthOf(span.from, span.to), 900_000)),
});

export function Times({ span, set, problem, usual = false, endOnly = false }: Props) {
	return (
		<div class="times">
			{usual && <Usual set={set} />}
			{!endOnly && (
				<Moment
					name="from"
					legend={t("times.from")}
					at={span.from}
					set={(from) => set(startAt(span, from))}
					fault={faultOf(problem, "starts_at")}
				/>
			)}
			<Moment
				name="to"
				legend={t("times.to")}
				at={span.to}
				set={(to) => set({ ...span, to })}
				fault={faultOf(problem, "ends_at")}
			/>
		</div>
	);
}

function Usual({ set }: { set: (span: Span) => void }) {
	const spans = usualSpans(tick.value);
	return (
		<p class="usual" role="group" aria-label={t("times.usual")}>
			{(["now", "morning", "afternoon"] as const).map((name) => (
				<button key={name} type="button" class="button quiet" onClick={() => set(spans[name])}>
					{t(`times.${name}`)}
				</button>
			))}
		</p>
	);
}

type MomentProps = {
	name: "from" | "to";
	legend: string;
	at: string;
	set: (local: string) => void;
	fault: string;
};

function Moment({ name, legend, at, set, fault }: MomentProps) {
	const [day = "", hour = ""] = at.split("T");
	const errorId = fault ? `${name}-error` : undefined;
	return (
		<fieldset class="moment">
			<legend class="hidden">{legend}</legend>
			<div class="field">
				<label for={`${name}-day`}>{legend}</label>
				<input
					id={`${name}-day`}
					type="date"
					required
					value={day}
					aria-invalid={fault !== ""}
					aria-describedby={errorId}
					onChange={(event) =>
						event.currentTarget.value && set(`${event.currentTarget.value}T${hour}`)
					}
				/>
			</div>
			<div class="field">
				<label for={`${name}-hour`}>{t("times.hour")}</label>
				<input
					id={`${name}-hour`}
					type="time"
					required
					value={hour}
					aria-invalid={fault !== ""}
					aria-describedby={errorId}
					onChange={(event) =>
						event.currentTarget.value && set(`${day}T${event.currentTarget.value}`)
					}
				/>
			</div>
			{fault && (
				<p id={errorId} class="field-error">
					<Icon name="alert" /> {fault}
				</p>
			)}
		</fieldset>
	);
}
