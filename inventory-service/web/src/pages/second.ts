// SPDX-License-Identifier: EUPL-1.2
// Every page but the list and the door, as one file: on a poor network one request more is worse than a few
// kilobytes more. The first load is named here, so that all of it is shared and stays one file as well.
import "../main";

export { BilanPage } from "./bilan";
export { BookingPage } from "./booking";
export { FindPage } from "./find";
export { ItemPage } from "./item";
export { PlanningPage } from "./planning";
export { RequestsPage } from "./requests";
export { ReservePage } from "./reserve";
export { TodayPage } from "./today";
