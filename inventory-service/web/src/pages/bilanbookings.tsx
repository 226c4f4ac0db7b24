// SPDX-License-Identifier: EUPL-1.2
// What the hours of one thing are made of: its bookings in the period, and its hours day by day.
import { useState } from "preact/hooks";
import { all } from "../api";
import type { Booking } from "../lending";
import { useLoad } from "../load";
import { Until } from "../parts/states";
import { reading } from "../store";
import { t } from "../texts";
import { span } from "../when";
import type { Period } from "./tally";

/** Those that count as booked hours. */
const COUNTED: ReadonlySet<Booking["state"]> = new Set(["confirmed", "active", "completed"]);

export function Bookings({ item, period }: { item: number; period: Period }) {
	const [bookings, setBookings] = useState<Booking[]>([]);
	const load = useLoad(`bookings of ${item}`, async () =>
		setBookings(await reading(all<Booking>(`/bookings?item_id=${item}`))),
	);
	const counted = bookings
		.filter(({ state, starts_at, ends_at }) => {
			const inside = Date.parse(ends_at) > period.from && Date.parse(starts_at) < period.to;
			return inside && COUNTED.has(state);
		})
		.sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
	return (
		<section class="part" aria-labelledby="bilan-bookings">
			<h2 id="bilan-bookings">{t("bilan.bookings")}</h2>
			<Until load={load} rows={3}>
				{() =>
					counted.length ? (
						<ul class="bilan-bookings">
							{counted.map((one) => (
								<li key={one.id}>
									<a href={`/reservations/${one.id}`}>
										{t("bilan.booking", {
											place: one.place_name,
											when: span(
												Date.parse(
													one.starts_at,
												),
												Date.parse(
													one.ends_at,
												),
											),
										})}
									</a>
								</li>
							))}
						</ul>
					) : (
						<p>{t("bilan.bookings.none")}</p>
					)
				}
			</Until>
			<p class="muted">{t("bilan.bookings.seen")}</p>
			<p>
				<a href={`/materiel/${item}?jours=90`}>{t("bilan.days")}</a>
			</p>
		</section>
	);
}
