// SPDX-License-Identifier: EUPL-1.2
// How a form that opened on the spot ends: its word does it, « Retour » closes it.
import { t } from "../texts";

export function Ends({ word, busy, close }: { word: string; busy: boolean; close: () => void }) {
	return (
		<p class="actions">
			<button type="submit" class="button" aria-disabled={busy}>
				{word}
			</button>
			<button type="button" class="button quiet" onClick={close}>
				{t("act.back")}
			</button>
		</p>
	);
}
