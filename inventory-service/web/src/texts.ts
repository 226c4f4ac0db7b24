// SPDX-License-Identifier: EUPL-1.2
// The words of the page: one flat JSON file per language. tsc refuses a key that is not there;
// tools/texts.mjs refuses one that nobody uses, or that a language lacks. French comes with the page, English
// when it is asked for.
import { signal } from "@preact/signals";
import fr from "./texts/fr.json";

type Text = keyof typeof fr;
type Counted<K> = K extends `${infer Stem}.one` ? Stem : never;
export type Language = "fr" | "en";
type Values = Record<string, string | number>;

const KEPT = "navette.language";

const texts = signal<Record<Text, string>>(fr);
export const language = signal<Language>("fr");

/** What dates and numbers are written in. */
export const locale = (): string => (language.value === "en" ? "en-GB" : "fr-FR");

function fill(text: string, values: Values): string {
	return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export const t = (key: Text, values: Values = {}): string => fill(texts.value[key], values);

/** « 1 matériel », « 60 matériels »: {n} is written in the language's way. */
export function tn(stem: Counted<Text>, n: number, values: Values = {}): string {
	const form = new Intl.PluralRules(locale()).select(n) === "one" ? "one" : "other";
	return t(`${stem}.${form}` as Text, { n: new Intl.NumberFormat(locale()).format(n), ...values });
}

export async function speak(wanted: Language): Promise<void> {
	texts.value = wanted === "en" ? (await import("./texts/en.json")).default : fr;
	language.value = wanted;
	document.documentElement.lang = wanted;
	try {
		localStorage.setItem(KEPT, wanted);
	} catch {
		// private windows may refuse: the choice then lasts as long as the page
	}
}

export function speakAsBefore(): void {
	try {
		if (localStorage.getItem(KEPT) === "en") void speak("en");
	} catch {
		// as above
	}
}
