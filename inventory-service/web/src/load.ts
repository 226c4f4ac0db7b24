// SPDX-License-Identifier: EUPL-1.2
// The states of anything that is read: waiting (a skeleton after 300 ms), there, failed (what, since when,
// again). A failed second reading keeps what stands and says how old it is.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "./api";
import { serverNow } from "./time";

const PATIENCE_MS = 300;

export type Load = {
	/** At least one reading succeeded. */
	ready: boolean;
	/** Not ready, and the reader has waited long enough to deserve a sign. */
	slow: boolean;
	problem: Problem | null;
	/** When the first of the failures in a row came. */
	failedAt: number;
	again: () => Promise<void>;
};

type State = Omit<Load, "again">;
const WAITING: State = { ready: false, slow: false, problem: null, failedAt: 0 };

/** Reads when the component appears and whenever key changes; stands: what was read before may be shown
 * meanwhile. */
export function useLoad(key: string, read: () => Promise<unknown>, stands = false): Load {
	const [state, setState] = useState<State>({ ...WAITING, ready: stands });
	const asked = useRef(0);
	const reader = useRef(read);
	reader.current = read;

	const again = useCallback(async () => {
		const mine = ++asked.current;
		const settle = (change: (was: State) => State): void => {
			if (mine === asked.current) setState(change);
		};
		try {
			await reader.current();
			settle(() => ({ ...WAITING, ready: true }));
		} catch (caught) {
			const problem = caught instanceof Problem ? caught : new Problem(0, "page");
			settle((was) => ({
				...was,
				slow: false,
				problem,
				failedAt: was.failedAt || serverNow(),
			}));
		}
	}, []);

	useEffect(() => {
		setState({ ...WAITING, ready: stands });
		const timer = setTimeout(
			() => setState((was) => ({ ...was, slow: !was.ready && !was.problem })),
			PATIENCE_MS,
		);
		void again();
		return () => {
			clearTimeout(timer);
			asked.current++;
		};
	}, [key]);

	return { ...state, again };
}
