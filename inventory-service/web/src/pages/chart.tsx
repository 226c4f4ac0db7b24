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
	const told = kinds.flatMap((kind, k) =>
		slots.some(({ values }) => (values[k] ?? null) !== null) ? { kind, k } : [],
	);
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
						<text class="axis" x="-8" y={y(at) + 4} text-anchor="end">
							{duration(at)}
						</text>
					</g>
				))}
				{slots.map((slot, i) => (
					<Bars
						key={slot.key}
						slot={slot}
						i={i}
						n={slots.length}
						told={told}
						y={y}
					/>
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

/** A kind, and which of a slot's values it is. */
type Told = { kind: Kind; k: number };

/** Each kind that is told anywhere has its own room in every slot. */
function Bars({ slot, i, n, told, y }: At & { told: Told[]; y: (seconds: number) => number }) {
	const share = n <= 7 ? 0.4 : 0.72; // of the slot's width
	const width = share / Math.max(1, told.length);
	return (
		<g>
			{told.map(({ kind, k }, room) => {
				const seconds = slot.values[k];
				if (!seconds) return null;
				const height = Math.max(2, HEIGHT - y(seconds));
				return (
					<rect
						key={kind}
						class={`bar-${kind}`}
						x={pc((i + (1 - share) / 2 + room * width) / n)}
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
			<text class="axis" x={x} y={HEIGHT + 18} text-anchor="middle">
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
