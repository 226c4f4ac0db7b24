// SPDX-License-Identifier: EUPL-1.2
// A reason that has to be given: the field that lacks it is named and gets the focus.
import { useEffect, useRef, useState } from "preact/hooks";
import { useAct } from "../act";
import { t } from "../texts";
import { Ends } from "./ends";
import { Icon } from "./icons";
import { Refusal } from "./refusal";

type Props = {
	id: string;
	label: string;
	word: string;
	send: (reason: string) => Promise<unknown>;
	close: () => void;
};

export function ReasonForm({ id, label, word, send, close }: Props) {
	const [reason, setReason] = useState("");
	const [missing, setMissing] = useState(0);
	const act = useAct();
	const box = useRef<HTMLTextAreaElement>(null);
	useEffect(() => box.current?.focus(), [missing]);
	const submit = async (event: Event): Promise<void> => {
		event.preventDefault();
		if (!reason.trim()) return setMissing(missing + 1);
		if (await act.run(() => send(reason.trim()))) close();
	};
	return (
		<form
			class="counter"
			noValidate
			onSubmit={submit}
			onKeyDown={(event) => event.key === "Escape" && close()}
		>
			{act.problem && <Refusal problem={act.problem} />}
			<div class="field">
				<label for={id}>
					{label} <span class="muted">{t("field.required")}</span>
				</label>
				<textarea
					id={id}
					ref={box}
					rows={2}
					maxLength={300}
					required
					value={reason}
					aria-invalid={missing > 0 && !reason.trim()}
					aria-describedby={missing ? `${id}-error` : undefined}
					onInput={(event) => setReason(event.currentTarget.value)}
				/>
				{missing > 0 && !reason.trim() && (
					<p id={`${id}-error`} class="field-error">
						<Icon name="alert" /> {t("reason.missing")}
					</p>
				)}
			</div>
			<Ends word={word} busy={act.busy} close={close} />
		</form>
	);
}
