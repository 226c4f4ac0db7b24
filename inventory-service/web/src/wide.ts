// SPDX-License-Identifier: EUPL-1.2
// A table where there is room for one, cards where there is not: one of the two is in the page, never both.
import { signal } from "@preact/signals";

const query = window.matchMedia("(min-width: 48em)");

export const wide = signal(query.matches);
query.addEventListener("change", (event) => (wide.value = event.matches));
