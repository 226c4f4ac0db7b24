// SPDX-License-Identifier: EUPL-1.2
// The keys of a grid of unequal cells: one tab stop, which follows the focus. Up and down keep to the
// half-day one came from. What is focused is found again after the grid was drawn anew, in its own place or
// in the cell that took it.
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const PAGE_ROWS = 10;

/** Which row, which half-day; where the focus was last. */
type Spot = { item: string; half: number; id: string };

const stopsOf = (row: Element): HTMLElement[] => [...row.querySelectorAll<HTMLElement>("[data-half]")];
const halfOf = (stop: HTMLElement): number => Number(stop.dataset.half);
const rowsOf = (grid: Element): HTMLElement[] => [...grid.querySelectorAll<HTMLElement>("[data-item]")];

/** The last stop that begins at or before a half-day. */
function stopAt(row: Element, half: number): HTMLElement | undefined {
	const stops = stopsOf(row);
	return [...stops].reverse().find((stop) => halfOf(stop) <= half) ?? stops[0];
}

function target(
	grid: Element,
	from: HTMLElement,
	event: KeyboardEvent,
	half: number,
): HTMLElement | undefined {
	const rows = rowsOf(grid);
	const row = from.closest<HTMLElement>("[data-item]");
	if (!row) return undefined;
	const stops = stopsOf(row);
	const at = stops.indexOf(from);
	const down = (n: number): HTMLElement | undefined => {
		const to = Math.min(rows.length - 1, Math.max(0, rows.indexOf(row) + n));
		return stopAt(rows[to] as HTMLElement, half);
	};
	const edge = event.ctrlKey ? rows : [row];
	switch (event.key) {
		case "ArrowRight":
			return stops[at + 1];
		case "ArrowLeft":
			return stops[at - 1];
		case "ArrowDown":
			return down(1);
		case "ArrowUp":
			return down(-1);
		case "PageDown":
			return down(PAGE_ROWS);
		case "PageUp":
			return down(-PAGE_ROWS);
		case "Home":
			return stopsOf(edge[0] as HTMLElement)[0];
		case "End":
			return stopsOf(edge[edge.length - 1] as HTMLElement).pop();
		default:
			return undefined;
	}
}

const KEYS = /^(Arrow(Left|Right|Up|Down)|Page(Up|Down)|Home|End)$/;

export function useGridKeys(
	grid: RefObject<HTMLElement | null>,
	drawn: unknown,
): (event: KeyboardEvent) => void {
	const spot = useRef<Spot | null>(null);
	const held = useRef(false);
	const keepsHalf = useRef(false);

	useLayoutEffect(() => {
		const root = grid.current;
		if (!root) return;
		const take = (event: FocusEvent): void => {
			const stop = event.target as HTMLElement;
			const item = stop.closest<HTMLElement>("[data-item]")?.dataset.item;
			if (item === undefined || stop.dataset.half === undefined) return;
			root.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
			stop.tabIndex = 0;
			const moved = spot.current?.id !== stop.id;
			spot.current = {
				item,
				half:
					moved && !keepsHalf.current
						? halfOf(stop)
						: (spot.current?.half ?? halfOf(stop)),
				id: stop.id,
			};
			keepsHalf.current = false;
			held.current = true;
		};
		const leave = (event: FocusEvent): void => {
			// what is taken away from under the focus gives it to nobody
			if (event.relatedTarget) held.current = false;
		};
		root.addEventListener("focusin", take);
		root.addEventListener("focusout", leave);
		return () => {
			root.removeEventListener("focusin", take);
			root.removeEventListener("focusout", leave);
		};
	}, []);

	useLayoutEffect(() => {
		const root = grid.current;
		if (!root) return;
		const was = spot.current;
		const row = was && root.querySelector(`[data-item="${was.item}"]`);
		const same = row && stopsOf(row).find((one) => one.id === was.id);
		const stop = same ?? (row && stopAt(row, was.half)) ?? stopsOf(root)[0];
		for (const old of root.querySelectorAll<HTMLElement>('[tabindex="0"]')) old.tabIndex = -1;
		if (!stop) return;
		stop.tabIndex = 0;
		const at = document.activeElement;
		const lost = at === document.body || (at && root.contains(at) && at !== stop);
		if (held.current && lost) stop.focus({ preventScroll: true });
	}, [drawn]);

	return (event) => {
		const root = grid.current;
		const from = (event.target as HTMLElement).closest<HTMLElement>("[data-half]");
		if (!root || !from || event.altKey || event.metaKey) return;
		if (event.key === "Enter" && from.dataset.until) {
			event.preventDefault();
			from.click();
			return;
		}
		if (!KEYS.test(event.key)) return;
		event.preventDefault();
		const to = target(root, from, event, spot.current?.half ?? halfOf(from));
		if (!to) return;
		keepsHalf.current = /Up|Down/.test(event.key);
		to.focus();
		to.scrollIntoView({ block: "nearest", inline: "nearest" });
	};
}
