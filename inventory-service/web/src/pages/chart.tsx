// SPDX-License-Identifier: EUPL-1.2
// Bars by day. Widths are percentages and heights pixels, so the drawing follows its box without being
// measured and its words keep their size. Evidence A is solid, B hatched; a day that was not measured is a
// grey band.
import { axisDay, duration, longDay, noonOf } from "../format";
import { t } from "../texts";
import { ticksOf, type Day } from "./usage";

const HEIGHT = 176;

const pc = (share: number): string => `${(share * 100).toFixed(3)}%`;

export function Chart({ days, label }: { days: Day[]; label: string }) {
	const ticks = ticksOf(days);
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
				{days.map((day, i) => (
					<Band key={day.day} day={day} i={i} n={days.length} />
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
				{days.map((day, i) => (
					<Bars key={day.day} day={day} i={i} n={days.length} y={y} />
				))}
				<DayNames days={days} />
			</svg>
		</div>
	);
}

type Slot = { day: Day; i: number; n: number };

function Band({ day, i, n }: Slot) {
	if (day.a_s !== null || day.b_s !== null) return null;
	return <rect class="band" x={pc(i / n)} y="0" width={pc(1 / n)} height={HEIGHT} />;
}

function Bars({ day, i, n, y }: Slot & { y: (seconds: number) => number }) {
	const series = [
		["a", day.a_s],
		["b", day.b_s],
	] as const;
	const known = series.filter(([, seconds]) => seconds !== null);
	const share = n <= 7 ? 0.4 : 0.72; // of the day's width
	const width = share / Math.max(1, known.length);
	return (
		<g>
			{known.map(([kind, seconds], k) => {
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
				<title>{titleOf(day)}</title>
			</rect>
		</g>
	);
}

function titleOf(day: Day): string {
	const parts = [];
	if (day.a_s !== null) parts.push(t("hours.a", { hours: duration(day.a_s) }));
	if (day.b_s !== null) parts.push(t("hours.b", { hours: duration(day.b_s) }));
	return t("chart.day", {
		day: longDay(noonOf(day.day)),
		what: parts.join(t("hours.and")) || t("unmeasured"),
	});
}

/** Every day of a week; Mondays of a month; every other Monday of a quarter. */
function DayNames({ days }: { days: Day[] }) {
	const n = days.length;
	const monday = days.findIndex((day) => new Date(noonOf(day.day)).getUTCDay() === 1);
	const every = n <= 7 ? 1 : n <= 31 ? 7 : 14;
	const start = n <= 7 ? 0 : Math.max(0, monday);
	return (
		<>
			{days.map((day, i) =>
				i >= start && (i - start) % every === 0 ? (
					<g key={day.day}>
						<line
							class="ground"
							x1={pc((i + 0.5) / n)}
							x2={pc((i + 0.5) / n)}
							y1={HEIGHT}
							y2={HEIGHT + 4}
						/>
						<text
							class="tick"
							x={pc((i + 0.5) / n)}
							y={HEIGHT + 18}
							text-anchor="middle"
						>
							{axisDay(noonOf(day.day), n <= 7)}
						</text>
					</g>
				) : null,
			)}
		</>
	);
}
