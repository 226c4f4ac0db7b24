// SPDX-License-Identifier: EUPL-1.2
// Bars by day or month. Widths are percentages and heights pixels, so the drawing follows its box without
// being measured and its words keep their size. Evidence A is solid, B hatched; a time that was not measured
// is a grey band.
import { duration } from "../format";
import { ticksOf } from "./usage";

const HEIGHT = 176;

export type Kind = "booked" | "a" | "b" | "site";

/** A day or a month. values: seconds, one a kind, null where there is no source; no values: nothing to tell
 * yet. */
export type Slot = { key: string; values: (number | null)[]; title: string; tick: string | null };

const pc = (share: number): string => `${(share * 100).toFixed(3)}%`;

export function Chart({ slots, kinds, label }: { slots: Slot[]; kinds: Kind[]; label: string }) {
	const ticks = ticksOf(Math.max(0, ...slots.flatMap(({ values }) => values.map((s) => s ?? 0))));
	const top = ticks[ticks.length - 1] as number;
	const y = (seconds: number): number => HEIGHT - (seconds / top) * HEIGHT;
	return (
		<div class="plot">
			<svg width="100%" height={HEIGHT} role="img" aria-label={label}>
				<defs>
					<pattern
						id="hatch"
						width="5"
						height="5"
						patternUnits="userSpaceOnUse"
						patternTransform="rotate(45)"
					>
						<rect class="hatch-ground" width="5" height="5" />
						<path class="hatch-line" d="M0 0V5" />
					</pattern>
				</defs>
				{slots.map((slot, i) => (
					<Band key={slot.key} slot={slot} i={i} n={slots.length} />
				))}
				{[0, ...ticks].map((at) => (
					<g key={at}>
						<line
							class={at ? "rule" : "ground"}
							x1="0"
							x2="100%"
							y1={y(at)}
							y2={y(at)}
						/>
						<text class="tick" x="-8" y={y(at) + 4} text-anchor="end">
							{duration(at)}
						</text>
					</g>
				))}
				{slots.map((slot, i) => (
					<Bars key={slot.key} slot={slot} i={i} n={slots.length} kinds={kinds} y={y} />
				))}
				{slots.map((slot, i) => (
					<Name key={slot.key} slot={slot} i={i} n={slots.length} />
				))}
			</svg>
		</div>
	);
}

type At = { slot: Slot; i: number; n: number };

function Band({ slot, i, n }: At) {
	if (!slot.values.length || slot.values.some((s) => s !== null)) return null;
	return <rect class="band" x={pc(i / n)} y="0" width={pc(1 / n)} height={HEIGHT} />;
}

function Bars({ slot, i, n, kinds, y }: At & { kinds: Kind[]; y: (seconds: number) => number }) {
	const known = slot.values.flatMap((seconds, k) =>
		seconds === null ? [] : [{ seconds, kind: kinds[k] as Kind }],
	);
	const share = n <= 7 ? 0.4 : 0.72; // of the slot's width
	const width = share / Math.max(1, known.length);
	return (
		<g>
			{known.map(({ kind, seconds }, k) => {
				if (!seconds) return null;
				const height = Math.max(2, HEIGHT - y(seconds));
				return (
					<rect
						key={kind}
						class={`bar-${kind}`}
						x={pc((i + (1 - share) / 2 + k * width) / n)}
						width={pc(width / n)}
						y={HEIGHT - height}
						height={height}
					/>
				);
			})}
			<rect class="hover" x={pc(i / n)} y="0" width={pc(1 / n)} height={HEIGHT}>
				<title>{slot.title}</title>
			</rect>
		</g>
	);
}

function Name({ slot, i, n }: At) {
	if (slot.tick === null) return null;
	const x = pc((i + 0.5) / n);
	return (
		<g>
			<line class="ground" x1={x} x2={x} y1={HEIGHT} y2={HEIGHT + 4} />
			<text class="tick" x={x} y={HEIGHT + 18} text-anchor="middle">
				{slot.tick}
			</text>
		</g>
	);
}

/** The key of a drawing. */
export function Swatch({ kind }: { kind: Kind | "gap" }) {
	return (
		<svg class="swatch" width="16" height="12" aria-hidden="true" focusable="false">
			<rect class={`bar-${kind}`} x="0.5" y="0.5" width="15" height="11" />
		</svg>
	);
}
