// SPDX-License-Identifier: EUPL-1.2
// A page that comes when it is asked for: the first load carries only what everybody opens first.
import type { ComponentType } from "preact";
import { useLoad, type Load } from "./load";
import { useTitle } from "./parts/page";
import { ProblemBox, Skeleton } from "./parts/states";
import { t } from "./texts";

export function later<P extends object>(bring: () => Promise<ComponentType<P>>): ComponentType<P> {
	let Page: ComponentType<P> | null = null;
	return function Later(props: P) {
		const load = useLoad(
			"page",
			async () => {
				Page ??= await bring();
			},
			Page !== null,
		);
		return Page ? <Page {...props} /> : <Opening load={load} />;
	};
}

/** Before there is a page: waiting, or what went wrong. */
export function Opening({ load }: { load: Load }) {
	useTitle(t("wait"));
	return (
		<>
			<h1 class={load.problem ? "" : "hidden"}>
				{load.problem ? t("problem.title") : t("wait")}
			</h1>
			{load.problem && (
				<ProblemBox problem={load.problem} since={load.failedAt} again={load.again} />
			)}
			{load.slow && <Skeleton rows={6} />}
		</>
	);
}
