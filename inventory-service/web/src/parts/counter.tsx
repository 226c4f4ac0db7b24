// SPDX-License-Identifier: EUPL-1.2
// The counter: a thing is handed over or taken back. All is well is one press; the rest is there for when
// something is wrong.
import { useEffect, useRef, useState } from "preact/hooks";
import { useAct } from "../act";
import type { Condition, Said } from "../lending";
import { t } from "../texts";
import { Ends } from "./ends";
import { Refusal } from "./refusal";

const CONDITIONS = ["good", "worn", "damaged", "incomplete", "broken"] as const satisfies readonly Condition[];

type Props = {
	kind: "hand_over" | "take_back";
	lineId: number;
	thing: string;
	send: (said: Said) => Promise<unknown>;
	close: () => void;
};

export function CounterForm({ kind, lineId, thing, send, close }: Props) {
	const [condition, setCondition] = useState<Condition>("good");
	const [note, setNote] = useState("");
	const [name, setName] = useState("");
	const act = useAct();
	const form = useRef<HTMLFormElement>(null);
	useEffect(() => form.current?.querySelector<HTMLElement>("input:checked")?.focus(), []);
	const submit = async (event: Event): Promise<void> => {
		event.preventDefault();
		const said = { condition, note: note.trim() || null, name: name.trim() || null };
		if (await act.run(() => send(said))) close();
	};
	return (
		<form
			ref={form}
			class="counter"
			aria-label={t(`counter.${kind}`, { thing })}
			onSubmit={submit}
			onKeyDown={(event) => event.key === "Escape" && close()}
		>
			{act.problem && <Refusal problem={act.problem} />}
			<Conditions lineId={lineId} chosen={condition} choose={setCondition} />
			<details class="fold" open={condition !== "good"}>
				<summary>{t("counter.more")}</summary>
				<div class="counter-more">
					<Words
						id={`name-${lineId}`}
						label={t(`counter.name.${kind}`)}
						most={120}
						value={name}
						set={setName}
					/>
					<Words
						id={`note-${lineId}`}
						label={t("counter.note")}
						most={1000}
						value={note}
						set={setNote}
					/>
				</div>
			</details>
			<Ends word={t(`counter.do.${kind}`)} busy={act.busy} close={close} />
		</form>
	);
}

type WordsProps = {
	id: string;
	label: string;
	most: number;
	value: string;
	set: (value: string) => void;
};

function Words({ id, label, most, value, set }: WordsProps) {
	return (
		<div class="field">
			<label for={id}>{label}</label>
			<input
				id={id}
				maxLength={most}
				autocomplete="off"
				value={value}
				onInput={(event) => set(event.currentTarget.value)}
			/>
		</div>
	);
}

function Conditions({
	lineId,
	chosen,
	choose,
}: {
	lineId: number;
	chosen: Condition;
	choose: (condition: Condition) => void;
}) {
	return (
		<fieldset class="choices">
			<legend>{t("counter.condition")}</legend>
			{CONDITIONS.map((condition) => (
				<label key={condition}>
					<input
						type="radio"
						name={`condition-${lineId}`}
						value={condition}
						checked={condition === chosen}
						onChange={() => choose(condition)}
					/>
					<span>{t(`condition.${condition}`)}</span>
				</label>
			))}
		</fieldset>
	);
}
