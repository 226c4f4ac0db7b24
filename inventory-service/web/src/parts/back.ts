// SPDX-License-Identifier: EUPL-1.2
// A form that closes gives the focus back to where it was opened.
import { useEffect, useRef } from "preact/hooks";

/** For the element whose first button opened it. */
export function useBack<Box extends HTMLElement>(isOpen: boolean) {
	const box = useRef<Box>(null);
	const was = useRef(isOpen);
	useEffect(() => {
		if (was.current && !isOpen) box.current?.querySelector("button")?.focus();
		was.current = isOpen;
	}, [isOpen]);
	return box;
}
