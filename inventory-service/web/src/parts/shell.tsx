// SPDX-License-Identifier: EUPL-1.2
// The frame, the same on every page and in the same order: skip link, bar, content, foot.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { atDesk } from "../desk";
import { streaming } from "../live";
import { here } from "../router";
import { freshAt, hubs, loadPlaces, offline, places, session, signOut } from "../store";
import { language, speak, t } from "../texts";
import { clock } from "../format";
import { wide } from "../wide";
import { Icon, type IconName } from "./icons";
import { Notice } from "./notice";
import { SearchBox } from "./search";

export function Shell({ children }: { children: ComponentChildren }) {
	return (
		<>
			<a class="skip" href="#main" onClick={skip}>
				{t("skip")}
			</a>
			<Bar />
			{session.value && offline.value && freshAt.value > 0 && (
				<p class="stale across" role="status">
					<Icon name="silent" />{" "}
					{t("offline.since", { time: clock(freshAt.value) })}
				</p>
			)}
			<main
				id="main"
				class={session.value === null ? "page" : "page is-tall"}
				tabIndex={-1}
			>
				<Notice />
				{children}
			</main>
			<footer class="foot">
				<p>{t("foot")}</p>
				{session.value === null && <LanguageButton />}
			</footer>
			{session.value && !wide.value && <Nav kind="tabs" />}
		</>
	);
}

function skip(event: Event): void {
	event.preventDefault();
	document.getElementById("main")?.focus();
}

function Bar() {
	const who = session.value;
	return (
		<header class="bar">
			<div class="bar-in">
				<a class="brand" href="/" aria-label={t("brand.home")}>
					<Mark /> Navette
				</a>
				{who && (
					<>
						{wide.value && <Nav kind="level" />}
						{wide.value && <SearchBox />}
						<Network />
						<Account />
					</>
				)}
			</div>
		</header>
	);
}

type EntryOf = { to: string; word: string; icon: IconName; desk?: true; phone?: true };

/** The same entries in the same order on every page; a phone has room for one more and a thumb for it. */
const entries = (): EntryOf[] => [
	{ to: "/", word: t("nav.today"), icon: "calendar", desk: true },
	{ to: "/trouver", word: t("nav.find"), icon: "magnifier", desk: true, phone: true },
	{ to: "/materiel", word: t("nav.items"), icon: "parcel" },
	{ to: "/planning", word: t("nav.planning"), icon: "table" },
	{ to: "/bilan", word: t("nav.bilan"), icon: "bars" },
];

/** level: words in the bar at the top; tabs: at the thumb, with icons. */
function Nav({ kind }: { kind: "level" | "tabs" }) {
	const shown = entries().filter((one) => (atDesk.value || !one.desk) && (kind === "tabs" || !one.phone));
	return (
		<nav class={kind} aria-label={t("nav.main")}>
			{shown.map(({ to, word, icon }) => (
				<a key={to} href={to} aria-current={currency(to, here.value.pathname)}>
					{kind === "tabs" && <Icon name={icon} />}
					{word}
				</a>
			))}
		</nav>
	);
}

/** The page itself, or a page below it. */
function currency(to: string, at: string): "page" | "true" | undefined {
	if (at === to) return "page";
	return to !== "/" && at.startsWith(`${to}/`) ? "true" : undefined;
}

/** A shuttle on its way between two places. */
function Mark() {
	return (
		<svg
			class="mark"
			viewBox="0 0 28 20"
			width="28"
			height="20"
			aria-hidden="true"
			focusable="false"
		>
			<path d="M3 15.5C8 3.5 20 3.5 25 15.5" />
			<circle cx="3" cy="16" r="2.5" />
			<circle cx="25" cy="16" r="2.5" />
			<path class="mark-thing" d="M10.5 3h7v6h-7z" />
		</svg>
	);
}

function Network() {
	const [icon, word] = offline.value
		? (["silent", t("net.off")] as const)
		: streaming.value
			? (["waves", t("net.live")] as const)
			: (["clock", t("net.poll")] as const);
	return (
		<p class={`net${offline.value ? " is-off" : ""}`}>
			<Icon name={icon} /> {word}
		</p>
	);
}

function Account() {
	const [open, setOpen] = useState(false);
	const box = useRef<HTMLDivElement>(null);
	const button = useRef<HTMLButtonElement>(null);
	useEffect(() => {
		if (!open) return;
		const outside = (event: Event): void => {
			if (!box.current?.contains(event.target as Node)) setOpen(false);
		};
		const escape = (event: KeyboardEvent): void => {
			if (event.key !== "Escape") return;
			setOpen(false);
			button.current?.focus();
		};
		document.addEventListener("pointerdown", outside);
		document.addEventListener("focusin", outside);
		document.addEventListener("keydown", escape);
		return () => {
			document.removeEventListener("pointerdown", outside);
			document.removeEventListener("focusin", outside);
			document.removeEventListener("keydown", escape);
		};
	}, [open]);
	return (
		<div class="account" ref={box}>
			<button
				ref={button}
				type="button"
				class="account-button"
				aria-expanded={open}
				aria-controls="account"
				onClick={() => setOpen(!open)}
			>
				<Icon name="person" /> {t("account")} <Icon name="chevron" />
			</button>
			<div id="account" class="account-panel" hidden={!open}>
				{open && <AccountPanel />}
			</div>
		</div>
	);
}

function AccountPanel() {
	const [failed, setFailed] = useState(false);
	useEffect(() => void loadPlaces().catch(() => undefined), []);
	const user = session.value?.user;
	if (!user) return null;
	return (
		<>
			<p class="account-name">{user.name}</p>
			<ul class="account-roles">
				{user.roles.map((role, i) => (
					<li key={i}>{roleOf(role)}</li>
				))}
			</ul>
			<LanguageButton />
			<button
				type="button"
				class="button quiet"
				onClick={() => signOut().catch(() => setFailed(true))}
			>
				{t("signout")}
			</button>
			{failed && (
				<p role="alert" class="field-error">
					{t("signout.failed")}
				</p>
			)}
		</>
	);
}

type Role = NonNullable<typeof session.value>["user"]["roles"][number];

/** « Animation, EPN La Passerelle »: a function and where it holds. */
function roleOf({ role, scope, scope_id }: Role): string {
	const where =
		scope === "place"
			? places.value.get(scope_id ?? 0)?.name
			: hubs.value.get(scope_id ?? 0)?.name;
	return scope !== "region" && where
		? t("role.at", { role: t(`role.${role}`), where })
		: t(`role.${role}`);
}

function LanguageButton() {
	const other = language.value === "fr" ? "en" : "fr";
	return (
		<button type="button" class="button quiet" lang={other} onClick={() => void speak(other)}>
			{t("language.other")}
		</button>
	);
}
