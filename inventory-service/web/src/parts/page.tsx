// SPDX-License-Identifier: EUPL-1.2
// A page has one h1, one title, and says when it has arrived.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { arrive } from "../router";
import { t } from "../texts";
import { tick } from "../time";
import { age, clock, longDay } from "../format";

export function useTitle(...parts: string[]): void {
	const title = [...parts, "Navette"].join(" – ");
	useLayoutEffect(() => {
		document.title = title;
	}, [title]);
}

export function PageTitle({ children }: { children: ComponentChildren }) {
	useEffect(arrive, []);
	return <h1 tabIndex={-1}>{children}</h1>;
}

/** « il y a 2 min »; the full date for who asks (hover, or in the text where there is room). */
export function Age({ at }: { at: string }) {
	const when = Date.parse(at);
	return (
		<time dateTime={at} title={t("at", { day: longDay(when), time: clock(when) })}>
			{age(when, tick.value) ?? t("age.now")}
		</time>
	);
}
