// SPDX-License-Identifier: EUPL-1.2
// The states every page has: waiting, failed, old, nothing there. Never a blank page, never a spinner.
import type { ComponentChildren } from "preact";
import { Problem } from "../api";
import { clock, longDay } from "../format";
import type { Load } from "../load";
import { t } from "../texts";
import { Icon } from "./icons";

export function Skeleton({ rows }: { rows: number }) {
	return (
		<div class="skeleton" aria-busy="true">
			<p class="hidden" role="status">
				{t("wait")}
			</p>
			{Array.from({ length: rows }, (_, i) => (
				<div key={i} class="bone" />
			))}
		</div>
	);
}

export function whatHappened(problem: Problem): string {
	if (problem.code === "network") return t("problem.network");
	if (problem.code === "answer.unreadable") return t("problem.unreadable");
	if (problem.status === 429) return t("problem.busy");
	return problem.detail || t("problem.service");
}

/** What, since when, and again. Codes stand small at the end, for support. */
export function ProblemBox({
	problem,
	since,
	again,
}: {
	problem: Problem;
	since: number;
	again: () => void;
}) {
	return (
		<div class="problem" role="alert">
			<p>
				<Icon name="alert" />
				<strong>{whatHappened(problem)}</strong>{" "}
				{t("problem.since", { time: clock(since) })}
			</p>
			<p>{t("problem.next")}</p>
			<button type="button" class="button" onClick={again}>
				{t("problem.again")}
			</button>
			<small class="code">{t("problem.code", { code: problem.code })}</small>
		</div>
	);
}

/** Over a page that keeps what it had. */
export function StaleNote({ load, at }: { load: Load; at: number }) {
	if (!load.ready || !load.problem || !at) return null;
	return (
		<p class="stale" role="status">
			<Icon name="clock" /> {t("stale", { time: clock(at), day: longDay(at) })}{" "}
			<button type="button" class="linklike" onClick={load.again}>
				{t("problem.again")}
			</button>
		</p>
	);
}

/** Waiting and failed, in the place of a content that was never read. */
export function Until({
	load,
	rows,
	children,
}: {
	load: Load;
	rows: number;
	children: () => ComponentChildren;
}) {
	if (load.ready) return <>{children()}</>;
	if (load.problem)
		return <ProblemBox problem={load.problem} since={load.failedAt} again={load.again} />;
	return load.slow ? <Skeleton rows={rows} /> : null;
}
