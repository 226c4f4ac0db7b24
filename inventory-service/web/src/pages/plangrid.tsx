// SPDX-License-Identifier: EUPL-1.2
// The planning as a grid: items × half-days. One tab stop; the arrows go through bars and free half-days
// (gridkeys.ts). A cell exists where something is told, bars are drawn from the cell they begin in: 50 items
// fit in 2 500 elements.
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { axisDay, longDay, noonOf } from "../format";
import { standsAt } from "../desk";
import { Icon } from "../parts/icons";
import { go } from "../router";
import { t } from "../texts";
import { useGridKeys } from "./gridkeys";
import {
	cellsOf,
	dayOfHalf,
	DAYS,
	edgesOf,
	HALVES,
	staysOf,
	usefulOf,
	type Cell,
	type Placed,
	type PlannedItem,
	type Stay,
} from "./slots";
import { bookHref, iconOf, lateFlag, range, stayHref, stayName } from "./stays";

type Props = { items: PlannedItem[]; first: string; now: number; today: string; label: string };

export function PlanGrid({ items, first, now, today, label }: Props) {
	const box = useRef<HTMLDivElement>(null);
	const grid = useRef<HTMLTableElement>(null);
	const onKeyDown = useGridKeys(grid, items);
	const rows = useMemo(
		() => items.map((item) => <Row key={item.item_id} item={item} first={first} now={now} />),
		[items, first, now],
	);
	/** A free half-day; bars are links. Its booking is reckoned when it is wanted, not 1 400 times before. */
	const onClick = (event: MouseEvent): void => {
		const cell = event.target as HTMLElement;
		const { from, until } = cell.dataset;
		const id = Number(cell.closest<HTMLElement>("[data-item]")?.dataset.item);
		if (from && until) go(bookHref(id, { from: Number(from), to: Number(until) }));
	};
	useLayoutEffect(() => {
		const day = grid.current?.querySelector<HTMLElement>(".is-today");
		const names = grid.current?.querySelector<HTMLElement>("thead th");
		if (day && names && box.current) box.current.scrollLeft = day.offsetLeft - names.offsetWidth;
	}, [first]);
	return (
		<div class="plan-box" ref={box}>
			<table
				class="plan"
				role="grid"
				aria-label={label}
				ref={grid}
				onKeyDown={onKeyDown}
				onClick={onClick}
			>
				<colgroup>
					<col class="plan-names" />
					<col span={HALVES} />
				</colgroup>
				<thead>
					<tr>
						<th scope="col">{t("list.item")}</th>
						{Array.from({ length: DAYS }, (_, i) => (
							<DayHead
								key={i}
								day={dayOfHalf(first, 2 * i)}
								today={today}
							/>
						))}
					</tr>
				</thead>
				<tbody>{rows}</tbody>
			</table>
		</div>
	);
}

function DayHead({ day, today }: { day: string; today: string }) {
	const at = noonOf(day);
	const weekend = [0, 6].includes(new Date(at).getUTCDay());
	const name = day === today ? t("plan.today.is", { day: longDay(at) }) : longDay(at);
	return (
		<th
			scope="col"
			colSpan={2}
			aria-label={name}
			class={`${weekend ? "is-weekend" : ""}${day === today ? " is-today" : ""}`}
		>
			{axisDay(at, true)}
		</th>
	);
}

function Row({ item, first, now }: { item: PlannedItem; first: string; now: number }) {
	const stays = staysOf(item, now);
	return (
		<tr data-item={item.item_id}>
			<th scope="row">
				<a
					id={`p${item.item_id}`}
					href={`/materiel/${item.item_id}`}
					data-half="-1"
					tabIndex={-1}
				>
					{item.model_name}
				</a>
				{item.inventory_no} · {item.home_place_name}
			</th>
			{cellsOf(stays, first, now).map((cell) => (
				<CellView
					key={cell.first}
					item={item}
					cell={cell}
					stays={stays}
					first={first}
				/>
			))}
		</tr>
	);
}

type CellProps = { item: PlannedItem; cell: Cell; stays: Stay[]; first: string };

function CellView({ item, cell, stays, first }: CellProps) {
	const day = dayOfHalf(first, cell.first);
	const half = cell.first % 2 ? "pm" : "am";
	const stops = cell.free !== null || cell.begins.length === 0; // else its links are the stops
	const mixed = cell.begins.length > 0; // then its name is its content
	const name = stops ? cellName(item, cell, stays, first) : undefined;
	const classes = [half, cell.free ? "is-free" : cell.past ? "is-past" : ""];
	return (
		<td
			id={`p${item.item_id}-${day}${half}`}
			colSpan={cell.span}
			class={classes.filter(Boolean).join(" ")}
			data-half={stops ? cell.first : undefined}
			data-span={cell.span}
			data-from={cell.free?.from}
			data-until={cell.free?.to}
			aria-label={mixed ? undefined : name}
			tabIndex={stops ? -1 : undefined}
		>
			{name && mixed && <span class="hidden">{name}</span>}
			{cell.begins.map((one) => (
				<BarView
					key={one.stay.key}
					item={item}
					placed={one}
					cell={cell}
					first={first}
				/>
			))}
		</td>
	);
}

function cellName(item: PlannedItem, cell: Cell, stays: Stay[], first: string): string {
	const useful = usefulOf(first, cell.first);
	const day = longDay(useful.from);
	const half = t(cell.first % 2 ? "plan.half.pm" : "plan.half.am", { day });
	if (cell.free) {
		const whole = cell.free.from <= useful.from && cell.free.to >= useful.to;
		return whole
			? t("plan.cell.free", { half })
			: t("plan.cell.partly", { when: range(cell.free.from, cell.free.to) });
	}
	if (cell.past) return t("plan.cell.past", { half });
	const end = usefulOf(first, cell.first + cell.span - 1).to;
	const by = stays.find((stay) => stay.blocked.from < end && stay.blocked.to > useful.from);
	return by
		? t("plan.cell.blocked", { half, text: stayName(item, by) })
		: t("plan.cell.short", { half });
}

// of a half-day
const SLIGHT = 0.02;
const SEEN = 0.2; // how wide a margin is drawn at least
const WORDY = 1.4; // from here on there is room for more than an icon

const pc = (share: number): string => `${(share * 100).toFixed(2)}%`;

type BarProps = { item: PlannedItem; placed: Placed; cell: Cell; first: string };

function BarView({ item, placed, cell, first }: BarProps) {
	const { stay, edges } = placed;
	const { left, right } = edges;
	const isWordy = right - left >= WORDY;
	const exact = edgesOf(first, stay);
	const around = edgesOf(first, stay.blocked);
	const at = (from: number, to: number) => ({
		left: pc((from - cell.first) / cell.span),
		width: pc((to - from) / cell.span),
	});
	return (
		<>
			{around.left < exact.left - SLIGHT && (
				<i class="plan-margin" style={at(Math.min(around.left, left - SEEN), left)} />
			)}
			{around.right > exact.right + SLIGHT && (
				<i
					class="plan-margin"
					style={at(right, Math.max(around.right, right + SEEN))}
				/>
			)}
			<a
				id={`p${item.item_id}-${stay.key}`}
				class={`slot is-${stay.look}${isWordy ? "" : " is-narrow"}`}
				href={stayHref(item, stay, standsAt)}
				aria-label={stayName(item, stay)}
				data-half={cell.first}
				data-stay={stay.key}
				data-flag={lateFlag(stay) || undefined}
				tabIndex={-1}
				style={at(left, right)}
			>
				<Icon name={iconOf[stay.look]} />
				{isWordy && (stay.look === "out" ? t("plan.look.out") : stay.place)}
			</a>
		</>
	);
}
