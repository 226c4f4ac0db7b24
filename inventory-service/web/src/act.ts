// SPDX-License-Identifier: EUPL-1.2
// One gesture that changes something: busy while it runs, and what came of it.
import { useState } from "preact/hooks";
import { Problem } from "./api";
import { reading } from "./store";

export type Act = {
	busy: boolean;
	problem: Problem | null;
	/** True when it was done. A second press while it runs does nothing. */
	run: (work: () => Promise<unknown>) => Promise<boolean>;
	clear: () => void;
};

export function useAct(): Act {
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<Problem | null>(null);
	const run = async (work: () => Promise<unknown>): Promise<boolean> => {
		if (busy) return false;
		setBusy(true);
		setProblem(null);
		try {
			await reading(work());
			return true;
		} catch (caught) {
			setProblem(caught instanceof Problem ? caught : new Problem(0, "page"));
			return false;
		} finally {
			setBusy(false);
		}
	};
	return { busy, problem, run, clear: () => setProblem(null) };
}
