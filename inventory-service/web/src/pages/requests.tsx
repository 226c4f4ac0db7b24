// SPDX-License-Identifier: EUPL-1.2
// Demandes: what waits for the reader's agreement, oldest first; and what the reader's places wait for.
import { useEffect, useState } from "preact/hooks";
import { useAct } from "../act";
import { decide, pendingBookings, type Booking } from "../lending";
import { gathered, onChange } from "../live";
import { useLoad } from "../load";
import { useBack } from "../parts/back";
import { Icon } from "../parts/icons";
import { tell } from "../parts/notice";
import { PageTitle, useTitle } from "../parts/page";
import { StaleNote, Until } from "../parts/states";
import { freshAt, reading } from "../store";
import { t } from "../texts";
import { moment, span } from "../when";
import { Reason, Trouble } from "./decide";

type Again = () => Promise<unknown>;

export function RequestsPage() {
	useTitle(t("requests.title"));
	const [pending, setPending] = useState<Booking[]>([]);
	const load = useLoad("pending", async () => setPending(await reading(pendingBookings())));
	useEffect(() => onChange(gathered(300, 2_000, load.again), "booking"), []);
	const mine = pending.filter((one) => one.can.includes("reject"));
	const others = pending.filter((one) => !one.can.includes("reject"));
	return (
		<>
			<nav class="crumbs" aria-label={t("crumbs")}>
				<a href="/">{t("nav.today")}</a>
			</nav>
			<PageTitle>{t("requests.title")}</PageTitle>
			<StaleNote load={load} at={freshAt.value} />
			<Until load={load} rows={4}>
				{() => (
					<>
						{mine.length > 0 ? (
							<ToDecide mine={mine} again={load.again} />
						) : (
							<p class="empty">{t("requests.none")}</p>
						)}
						{others.length > 0 && <Waiting others={others} />}
					</>
				)}
			</Until>
		</>
	);
}

const things = (booking: Booking): string =>
	booking.lines
		.map((line) => t("item.title", { model: line.model_name, no: line.inventory_no ?? "" }))
		.join(" ; ");

function Facts({ booking }: { booking: Booking }) {
	const { theme, audience, note } = booking.purpose;
	return (
		<div class="task-what">
			<h3>
				<a class="item-link" href={`/reservations/${booking.id}`}>
					{things(booking)}
				</a>
			</h3>
			<p>{span(Date.parse(booking.starts_at), Date.parse(booking.ends_at))}</p>
			<p>
				{booking.place_name}
				{booking.requested_name && <span class="muted"> · {booking.requested_name}</span>}
			</p>
			{(theme || audience || note) && (
				<p class="muted">{[theme, audience, note].filter(Boolean).join(" · ")}</p>
			)}
			{booking.expires_at && (
				<p class="elsewhere">
					<Icon name="clock" />{" "}
					{t("booking.expires", { moment: moment(Date.parse(booking.expires_at)) })}
				</p>
			)}
		</div>
	);
}

function Request({ booking, again }: { booking: Booking; again: Again }) {
	const [refusing, setRefusing] = useState(false);
	const act = useAct();
	const box = useBack<HTMLDivElement>(refusing);
	const confirm = () =>
		act.run(async () => {
			await decide(booking, "confirm");
			await again();
			tell(t("decide.done.confirm"));
		});
	const what = <span class="hidden"> {things(booking)}</span>;
	return (
		<li class="task">
			<Facts booking={booking} />
			{refusing ? (
				<Reason kind="reject" booking={booking} again={again} close={() => setRefusing(false)} />
			) : (
				<div ref={box} class="acts">
					{act.problem && <Trouble act={act} booking={booking} again={again} />}
					{booking.can.includes("confirm") && (
						<button type="button" class="button" onClick={confirm}>
							{t("decide.confirm")}
							{what}
						</button>
					)}
					<button type="button" class="button quiet" onClick={() => setRefusing(true)}>
						{t("decide.reject")}
						{what}
					</button>
				</div>
			)}
		</li>
	);
}

function ToDecide({ mine, again }: { mine: Booking[]; again: Again }) {
	return (
		<section aria-labelledby="mine">
			<h2 id="mine">{t("requests.mine")}</h2>
			<ul class="requests">
				{mine.map((one) => (
					<Request key={one.id} booking={one} again={again} />
				))}
			</ul>
		</section>
	);
}

function Waiting({ others }: { others: Booking[] }) {
	return (
		<section class="part" aria-labelledby="waiting">
			<h2 id="waiting">{t("requests.others")}</h2>
			<ul>
				{others.map((one) => (
					<li key={one.id} class="task">
						<Facts booking={one} />
					</li>
				))}
			</ul>
		</section>
	);
}
