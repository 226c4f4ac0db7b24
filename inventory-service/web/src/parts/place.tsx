// SPDX-License-Identifier: EUPL-1.2
// For which place: said to who serves one, chosen by who serves several.
import type { ComponentChildren } from "preact";
import type { Place } from "../api";
import { myPlace, myPlaces, standAt } from "../desk";
import { useLoad } from "../load";
import { loadPlaces, places } from "../store";
import { t } from "../texts";
import { Icon } from "./icons";
import { Until } from "./states";

/** What follows depends on where one stands. */
export function AtPlace({ rows, children }: { rows: number; children: (place: Place) => ComponentChildren }) {
	const load = useLoad("places", loadPlaces, places.value.size > 0);
	const place = myPlace.value;
	return (
		<Until load={load} rows={rows}>
			{() => (place ? children(place) : <p class="empty">{t("place.none")}</p>)}
		</Until>
	);
}

export function PlaceSwitch() {
	const place = myPlace.value;
	if (!place) return null;
	if (myPlaces.value.length === 1)
		return (
			<p class="place-said">
				<Icon name="pin" /> {place.name}
			</p>
		);
	return (
		<div class="place-switch">
			<label for="place">{t("place.at")}</label>
			<span class="select">
				<select
					id="place"
					value={place.id}
					onChange={(event) => standAt(Number(event.currentTarget.value))}
				>
					{myPlaces.value.map((one) => (
						<option key={one.id} value={one.id}>
							{one.name}
						</option>
					))}
				</select>
				<Icon name="chevron" />
			</span>
		</div>
	);
}
