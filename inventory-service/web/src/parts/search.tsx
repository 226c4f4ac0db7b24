// SPDX-License-Identifier: EUPL-1.2
// « code, matériel, lieu »: filters the list as one types; from any other page Enter goes to the list.
import { useEffect, useRef } from "preact/hooks";
import { go, here, setQuery } from "../router";
import { t } from "../texts";
import { Icon } from "./icons";

const onList = (): boolean => here.value.pathname === "/materiel";

/** Slash goes to the search box, unless somebody is writing. */
function isSlash(event: KeyboardEvent): boolean {
	const writing = (event.target as Element).closest?.("input, select, textarea, [contenteditable]");
	return event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey;
}

export function SearchBox() {
	const box = useRef<HTMLInputElement>(null);
	const wanted = onList() ? (here.value.searchParams.get("q") ?? "") : "";
	useEffect(() => {
		const slash = (event: KeyboardEvent): void => {
			if (!isSlash(event)) return;
			event.preventDefault();
			box.current?.focus();
		};
		document.addEventListener("keydown", slash);
		return () => document.removeEventListener("keydown", slash);
	}, []);
	const submit = (event: Event): void => {
		event.preventDefault();
		const q = box.current?.value.trim() ?? "";
		if (!onList()) go(`/materiel${q ? `?q=${encodeURIComponent(q)}` : ""}`);
	};
	return (
		<form class="search" role="search" onSubmit={submit}>
			<label class="hidden" for="search">
				{t("search.label")}
			</label>
			<Icon name="magnifier" />
			<input
				id="search"
				ref={box}
				type="search"
				name="q"
				autocomplete="off"
				spellcheck={false}
				maxLength={80}
				placeholder={t("search.hint")}
				value={wanted}
				aria-keyshortcuts="/"
				onInput={(event) => onList() && setQuery({ q: event.currentTarget.value })}
			/>
			<kbd aria-hidden="true">/</kbd>
		</form>
	);
}
