// SPDX-License-Identifier: EUPL-1.2
// Which page an address is, who may see it, and the frame around it.
import { Component, type ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Problem } from "./api";
import { atDesk } from "./desk";
import { later, Opening } from "./later";
import { useLoad } from "./load";
import { ListPage } from "./pages/list";
import { NotFoundPage } from "./pages/notfound";
import { SignInPage } from "./pages/signin";
import { Shell } from "./parts/shell";
import { ProblemBox } from "./parts/states";
import { go, here, ownAddress } from "./router";
import { openSession, session } from "./store";
import { t } from "./texts";
import { serverNow } from "./time";

const second = () => import("./pages/second");
/** What will be wanted comes while we ask who is there; a failure is told when it is needed. */
if (!["/materiel", "/connexion"].includes(location.pathname)) second().catch(() => undefined);

const BilanPage = later(async () => (await second()).BilanPage);
const BookingPage = later(async () => (await second()).BookingPage);
const FindPage = later(async () => (await second()).FindPage);
const ItemPage = later(async () => (await second()).ItemPage);
const PlanningPage = later(async () => (await second()).PlanningPage);
const RequestsPage = later(async () => (await second()).RequestsPage);
const ReservePage = later(async () => (await second()).ReservePage);
const TodayPage = later(async () => (await second()).TodayPage);

export function App() {
	return (
		<Net>
			<Shell>
				<Gate />
			</Shell>
		</Net>
	);
}

function Gate() {
	const load = useLoad("session", openSession);
	const path = here.value.pathname;
	const atDoor = path === "/connexion";
	const who = session.value;
	const to = redirection(atDoor, path, who);
	useEffect(() => {
		if (to) go(to, true);
	}, [to]);

	if (who === undefined) return <Opening load={load} />;
	if (to) return null;
	return atDoor ? <SignInPage /> : <Page path={path} />;
}

/** The outside waits at the door with the address it wanted; who is in has no business there. */
function redirection(atDoor: boolean, path: string, who: unknown): string | null {
	if (who === undefined) return null;
	if (who === null)
		return atDoor ? null : `/connexion?suite=${encodeURIComponent(path + here.value.search)}`;
	if (atDoor) return ownAddress(here.value.searchParams.get("suite"));
	return path === "/" && !atDesk.value ? "/materiel" : null;
}

function Page({ path }: { path: string }) {
	switch (path) {
		case "/":
			return <TodayPage />;
		case "/trouver":
			return <FindPage />;
		case "/reserver":
			return <ReservePage />;
		case "/planning":
			return <PlanningPage />;
		case "/demandes":
			return <RequestsPage />;
		case "/bilan":
			return <BilanPage />;
		case "/materiel":
			return <ListPage />;
	}
	const [, section, id] = path.match(/^\/([a-z]+)\/([1-9]\d{0,15})$/) ?? [];
	switch (section) {
		case "materiel":
			return <ItemPage key={id} id={Number(id)} />;
		case "reservations":
			return <BookingPage key={id} id={Number(id)} />;
	}
	return <NotFoundPage />;
}

/** A fault in our own code is told like any other: never a blank page. */
class Net extends Component<{ children: ComponentChildren }, { broken: boolean; at: number }> {
	override state = { broken: false, at: 0 };

	override componentDidCatch(error: unknown): void {
		console.error(error);
		this.setState({ broken: true, at: serverNow() });
	}

	override render() {
		if (!this.state.broken) return this.props.children;
		return (
			<main id="main" class="page">
				<h1>{t("problem.title")}</h1>
				<ProblemBox
					problem={new Problem(0, "page")}
					since={this.state.at}
					again={() => location.reload()}
				/>
			</main>
		);
	}
}
