// SPDX-License-Identifier: EUPL-1.2
// Which field a refusal is about.
export type Refusable = { field?: string | undefined; detail: string };

/** What is said of that field; "" where it is not at fault. */
export const faultOf = (problem: Refusable | undefined, field: string): string =>
	problem?.field === field ? problem.detail : "";
