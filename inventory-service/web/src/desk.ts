// SPDX-License-Identifier: EUPL-1.2
// Where one stands: the place whose counter a person serves. Who serves several chooses one, and the choice
// stays on this device.
import { computed, signal } from "@preact/signals";
import type { Place, Session } from "./api";
import { places, session } from "./store";

type Role = Session["user"]["roles"][number];

const KEPT = "navette.place";
const AT_A_DESK: ReadonlySet<Role["role"]> = new Set(["animator", "manager", "coordinator", "region_officer"]);

const holds = (role: Role, place: Place): boolean =>
	role.scope === "region" ||
	(role.scope === "hub" ? place.hub_id === role.scope_id : place.id === role.scope_id);

const collator = new Intl.Collator("fr");

/** A technician or an auditor stands at no counter. Known before the places are. */
export const atDesk = computed(
	() => session.value?.user.roles.some((role) => AT_A_DESK.has(role.role)) ?? false,
);

/** The places one may hand over and take back at, by name. */
export const myPlaces = computed<Place[]>(() => {
	const roles = session.value?.user.roles.filter((role) => AT_A_DESK.has(role.role)) ?? [];
	return [...places.value.values()]
		.filter((place) => roles.some((role) => holds(role, place)))
		.sort((a, b) => collator.compare(a.name, b.name));
});

export const standsAt = (placeId: number | null | undefined): boolean =>
	myPlaces.value.some((place) => place.id === placeId);

function kept(): number {
	try {
		return Number(localStorage.getItem(KEPT));
	} catch {
		return 0; // private windows may refuse
	}
}

const chosen = signal(kept());

/** Undefined: at no counter, or the places are not read yet. */
export const myPlace = computed<Place | undefined>(
	() => myPlaces.value.find((place) => place.id === chosen.value) ?? myPlaces.value[0],
);

export function standAt(placeId: number): void {
	chosen.value = placeId;
	try {
		localStorage.setItem(KEPT, String(placeId));
	} catch {
		// the choice then lasts as long as the page
	}
}
