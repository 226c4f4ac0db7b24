// SPDX-License-Identifier: EUPL-1.2
export function BilanPage() { return null; }
