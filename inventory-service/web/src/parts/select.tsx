// SPDX-License-Identifier: EUPL-1.2
// A choice that lives in the address.
import { setQuery } from "../router";
import { t } from "../texts";
import { Icon } from "./icons";

export type Choice = { value: string; label: string };

/** name: of the parameter; resets: what else a choice clears. */
type Props = {
	name: string;
	label: string;
	all: string;
	value: string;
	choices: Choice[];
	resets?: Record<string, "">;
};

export function Select({ name, label, all, value, choices, resets }: Props) {
	const known = choices.some((choice) => choice.value === value);
	// an address may ask for what does not exist: it still shows, to be cleared
	const loaded = choices.length > 0;
	return (
		<div class="field">
			<label for={`filter-${name}`}>{label}</label>
			<span class="select">
				<select
					id={`filter-${name}`}
					value={value}
					class={value ? "is-set" : ""}
					onChange={(event) =>
						setQuery({ ...resets, [name]: event.currentTarget.value })
					}
				>
					<option value="">{all}</option>
					{value && !known && (
						<option value={value}>
							{loaded ? value : t("filter.kept")}
						</option>
					)}
					{choices.map((choice) => (
						<option key={choice.value} value={choice.value}>
							{choice.label}
						</option>
					))}
				</select>
				<Icon name="chevron" />
			</span>
		</div>
	);
}
