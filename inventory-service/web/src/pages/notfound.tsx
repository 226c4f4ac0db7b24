// SPDX-License-Identifier: EUPL-1.2
// What does not exist and what one may not see: the same page.
import { PageTitle, useTitle } from "../parts/page";
import { t } from "../texts";

export function NotFoundPage() {
	useTitle(t("notfound.title"));
	return (
		<div class="narrow">
			<PageTitle>{t("notfound.title")}</PageTitle>
			<p>{t("notfound.text")}</p>
			<p>
				<a href="/materiel">{t("notfound.next")}</a>
			</p>
		</div>
	);
}
