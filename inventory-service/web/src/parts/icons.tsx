// SPDX-License-Identifier: EUPL-1.2
// Our own 16-pixel strokes. Always beside a word, so hidden from who does not see them.
const strokes = {
	check: "M3 8.5l3.2 3L13 4.5",
	calendar: "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5V5M10.5 2.5V5",
	parcel: "M2.5 5 8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5 8 7.5 13.5 5M8 7.5v6",
	arrow: "M2.5 8h10.5M9 4l4 4-4 4",
	van: "M1.5 4h7.5v7H1.5zM9 6.5h3l2.5 2.5v2H9M4.5 12.5a1 1 0 1 0 0-.1M11.5 12.5a1 1 0 1 0 0-.1",
	magnifier: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5 14 14",
	spanner:
		"M13.5 4.5a3.5 3.5 0 0 1-4.6 4.2L4.5 13.5 2.5" +
		" 11.5l4.8-4.4A3.5 3.5 0 0 1 11.5 2.5L9.5 4.5l2 2z",
	cross: "M3.5 3.5l9 9M12.5 3.5l-9 9",
	drawer: "M2.5 3h11v3.5h-11zM3.5 6.5v7h9v-7M6.5 9.5h3",
	active:
		"M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z" +
		"M2.8 3.2a7 7 0 0 0 0 9.6M13.2 3.2a7 7 0 0 1 0 9.6",
	idle: "M8 13a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM6.7 6v4M9.3 6v4",
	off: "M8 2v5.5M5 3.8a5.3 5.3 0 1 0 6 0",
	silent:
		"M2.5 2.5l11 11M4.6 9.4a5 5 0 0 1 1.9-1.2M2.3 6.8A8.5 8.5 0 0 1 4.7 5.2" +
		"M8 4a8.5 8.5 0 0 1 5.7 2.8M9.8 8.3a5 5 0 0 1 1.6 1.1M7.5 12.5h1",
	pin:
		"M8 14s4.5-4.3 4.5-7.7a4.5 4.5 0 0 0-9 0C3.5 9.7 8 14 8 14z" +
		"M8 7.7a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
	waves:
		"M8 8.7a.7.7 0 1 0 0-1.4.7.7 0 0 0 0 1.4zM5.2 10.8a4 4 0 0 1 0-5.6" +
		"M10.8 10.8a4 4 0 0 0 0-5.6M3 13a7.1 7.1 0 0 1 0-10M13 13a7.1 7.1 0 0 0 0-10",
	clock: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 5v3.2l2 1.3",
	bars: "M3 13.5V8.5M8 13.5v-11M13 13.5v-7M1.5 13.5h13",
	battery: "M1.5 5h11v6h-11zM14.5 7v2M3.5 7v2M5.5 7v2M7.5 7v2",
	alert: "M8 3v6M8 12v.5",
	question: "M5.5 6a2.5 2.5 0 1 1 3.7 2.2c-.8.4-1.2.9-1.2 1.8M8 12.5v.5",
	pen: "M3 13l.7-3L11 2.700l2.300 2.300L6 12.300z",
	person: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 13.5c.5-2.7 2.5-4 5.2-4s4.7 1.3 5.2 4",
	chevron: "M4.5 6.5 8 10l3.5-3.5",
	download: "M8 2.5v8M4.8 7.5 8 10.7l3.2-3.2M3 13.5h10",
	print: "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z",
	table: "M2.5 3h11v10h-11zM2.5 6.5h11M2.5 9.7h11M6.5 6.5V13",
} as const;

export type IconName = keyof typeof strokes;

export function Icon({ name }: { name: IconName }) {
	return (
		<svg
			class="icon"
			viewBox="0 0 16 16"
			width="16"
			height="16"
			aria-hidden="true"
			focusable="false"
		>
			<path d={strokes[name]} />
		</svg>
	);
}
