// SPDX-License-Identifier: EUPL-1.2
// What has just been done, said where the eye and the ear are, with the way back where there is one. It stays
// until something else is done or the page is left.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api";
import { here } from "../router";
import { t } from "../texts";
import { Icon } from "./icons";

export type Undo = { word: string; run: () => Promise<unknown> };
type Told = { text: string; path: string; undo: Undo | undefined };

const told = signal<Told | null>(null);

/** path: the page it belongs to, where that is not the one that is open. */
export function tell(text: string, undo?: Undo, path = here.value.pathname): void {
	told.value = { text, path, undo };
}

export function Notice() {
	const shown = told.value?.path === here.value.pathname ? told.value : null;
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		// what had the focus has usually gone with what was done
		if (shown && (!document.activeElement || document.activeElement === document.body))
			box.current?.focus();
	}, [shown]);
	useEffect(() => {
		if (told.value && told.value.path !== here.value.pathname) told.value = null;
	}, [here.value.pathname]);
	return (
		<div ref={box} class={shown ? "notice" : undefined} tabIndex={-1}>
			<p role="status">
				{shown && <Icon name="check" />} {shown?.text}
			</p>
			{shown?.undo && <UndoButton undo={shown.undo} />}
		</div>
	);
}

function UndoButton({ undo }: { undo: Undo }) {
	const [problem, setProblem] = useState("");
	const run = async (): Promise<void> => {
		try {
			await undo.run();
		} catch (caught) {
			setProblem((caught instanceof Problem && caught.detail) || t("problem.service"));
		}
	};
	return (
		<>
			<button type="button" class="button quiet" onClick={run}>
				{undo.word}
			</button>
			{problem && (
				<p role="alert" class="field-error">
					{problem}
				</p>
			)}
		</>
	);
}
