// SPDX-License-Identifier: EUPL-1.2
// A command that was refused: what happened, what to do, what was kept. The code stands small at the end.
import { useEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Problem } from "../api";
import { t } from "../texts";
import { Icon } from "./icons";
import { whatHappened } from "./states";

export function Refusal({ problem, children }: { problem: Problem; children?: ComponentChildren }) {
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => box.current?.focus(), [problem]);
	return (
		<div ref={box} class="problem" role="alert" tabIndex={-1}>
			<p>
				<Icon name="alert" /> <strong>{whatHappened(problem)}</strong>
			</p>
			{problem.status === 0 && <p>{t("act.kept")}</p>}
			{children}
			<small class="code">{t("problem.code", { code: problem.code })}</small>
		</div>
	);
}
