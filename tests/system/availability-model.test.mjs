// SPDX-License-Identifier: EUPL-1.2
// The judge is judged first: the slow model of availability against cases worked out by hand from decision 7. No
// service runs here.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Availability, distance, instant, iso, weekOf } from "./lib/availability_model.mjs";
import { parisOf } from "./lib/paris.mjs";

const HOUR = 3600, DAY = 86400;
const now = instant("2026-12-01T00:00:00Z"); // a Tuesday
const at = (text) => instant(text.length > 8 ? text : `2026-12-${text}:00Z`); // "03T09:00"
const HOME = 1, NEAR = 2, FAR = 3, NOWHERE = 4;
const PRINTER = 1, LASER = 2, KIT = 3;

let world, serial;

beforeEach(() => {
	serial = 0;
	world = new Availability({ from: instant("2026-11-30T00:00:00Z"), days: 800 });
	world.addPlace({ id: HOME, hub_id: 1, latitude: 49.1, longitude: -1.1 });
	world.addPlace({ id: NEAR, hub_id: 1, latitude: 49.2, longitude: -1.1 });
	world.addPlace({ id: FAR, hub_id: 2, latitude: 49.4, longitude: 1.1 });
	world.addPlace({ id: NOWHERE });
	world.addModel({ id: PRINTER, transport_class: "T2" });
	world.addModel({ id: LASER, transport_class: "T4" });
	world.addModel({ id: KIT, transport_class: "T1", prepare_s: 1800, inspect_s: HOUR, max_loan_s: 3 * DAY });
	world.addItem({ id: 1, model_id: PRINTER, home_place_id: HOME });
});

const ask = (place_id, from, to, lines = [{ item_id: 1, travel: "fetch" }]) =>
	({ place_id, starts_at: at(from), ends_at: at(to), lines });
const codeOf = (...words) => world.judge(ask(...words), now).code;
const dueOf = (...words) => iso(world.judge(ask(...words), now).lines[0].due_at);
const earliestOf = (...words) => {
	const start = world.earliest(ask(...words), now);
	return start && iso(start).slice(5, 16);
};
function book(...words) {
	const request = ask(...words), answer = world.judge(request, now);
	assert.equal(answer.code, null, `${words}: ${answer.code}`);
	return world.book(++serial, request, answer, { state: "confirmed", line_ids: answer.lines.map(() => ++serial) });
}
const onSite = [{ item_id: 1, travel: "on_site" }];

describe("local time", () => {
	test("summer and winter are told apart at the instant of the change", () => {
		assert.deepEqual(parisOf(instant("2027-03-28T00:59:00Z")), { date: "2027-03-28", weekday: 6, minute: 119 });
		assert.deepEqual(parisOf(instant("2027-03-28T01:00:00Z")), { date: "2027-03-28", weekday: 6, minute: 180 });
		assert.equal(parisOf(instant("2027-10-31T00:30:00Z")).minute, 150);
		assert.equal(parisOf(instant("2027-10-31T01:30:00Z")).minute, 150);
		assert.deepEqual(parisOf(instant("2026-12-31T23:30:00Z")), { date: "2027-01-01", weekday: 4, minute: 30 });
	});

	test("a week of opening hours", () => {
		const week = weekOf("Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00; We off");
		assert.deepEqual(week[0], [[540, 720], [840, 1080]]);
		assert.deepEqual([week[2], week[5], week[6]], [[], [[600, 720]], []]);
		assert.deepEqual(weekOf("Sa-Mo 09:00-10:00").map((day) => day.length), [1, 0, 0, 0, 0, 1, 1]);
		assert.deepEqual(weekOf("Tu,Th 14:00-18:00").map((day) => day.length), [0, 1, 0, 1, 0, 0, 0]);
	});
});

describe("two stays of one thing", () => {
	test("[9, 10) and [10, 11) at one place touch and do not overlap", () => {
		book(HOME, "03T10:00", "03T11:00");
		assert.equal(codeOf(HOME, "03T09:00", "03T10:00"), null);
		assert.equal(codeOf(HOME, "03T11:00", "03T12:00"), null);
		assert.equal(codeOf(HOME, "03T09:00", "03T10:01"), "booking.overlap");
		assert.equal(codeOf(HOME, "03T10:59", "03T12:00"), "booking.overlap");
		assert.equal(codeOf(HOME, "03T10:15", "03T10:30"), "booking.overlap");
		assert.equal(codeOf(HOME, "03T09:00", "03T12:00"), "booking.overlap");
	});

	test("at one place away from home they touch as well", () => {
		book(NEAR, "03T10:00", "03T11:00");
		assert.equal(codeOf(NEAR, "03T11:00", "03T12:00"), null);
		assert.equal(codeOf(NEAR, "03T09:00", "03T10:00"), null);
	});

	test("between two places lies the travel, from either to either, home or not", () => {
		book(NEAR, "03T10:00", "03T11:00");
		for (const place of [HOME, FAR]) {
			assert.equal(codeOf(place, "03T13:00", "03T14:00"), null);
			assert.equal(codeOf(place, "03T12:59", "03T14:00"), "booking.no_travel_time");
			assert.equal(codeOf(place, "03T07:00", "03T08:00"), null);
			assert.equal(codeOf(place, "03T07:00", "03T08:01"), "booking.no_travel_time");
		}
	});

	test("onward is direct: two hours between two borrowers, though the way over home takes four", () => {
		book(NEAR, "03T10:00", "03T11:00");
		book(FAR, "03T13:00", "03T14:00");
		assert.equal(codeOf(HOME, "03T11:30", "03T12:30"), "booking.no_travel_time");
		book(NEAR, "03T16:00", "03T17:00");
	});

	test("preparation in front, inspection behind, travel between", () => {
		world.addItem({ id: 2, model_id: KIT, home_place_id: HOME });
		const kit = [{ item_id: 2, travel: "fetch" }];
		book(HOME, "03T10:00", "03T11:00", kit);
		assert.equal(codeOf(HOME, "03T12:30", "03T13:00", kit), null); // 1 h inspected, 30 min prepared
		assert.equal(codeOf(HOME, "03T12:29", "03T13:00", kit), "booking.no_travel_time");
		assert.equal(codeOf(HOME, "03T08:00", "03T08:30", kit), null);
		assert.equal(codeOf(HOME, "03T08:00", "03T08:31", kit), "booking.no_travel_time");
		assert.equal(codeOf(NEAR, "03T14:30", "03T15:00", kit), null); // and two hours on the road
		assert.equal(codeOf(NEAR, "03T14:29", "03T15:00", kit), "booking.no_travel_time");
	});

	test("an overlap with one neighbour weighs more than too short a gap to the other", () => {
		book(NEAR, "03T10:00", "03T11:00");
		book(FAR, "03T15:00", "03T16:00");
		assert.equal(codeOf(HOME, "03T12:00", "03T15:30"), "booking.overlap");
	});

	test("used on site it stands at home, whoever asks", () => {
		book(NEAR, "03T10:00", "03T11:00", onSite);
		assert.equal(codeOf(HOME, "03T11:00", "03T12:00"), null);
		assert.equal(codeOf(FAR, "03T11:00", "03T12:00", onSite), null);
		assert.equal(codeOf(NEAR, "03T11:00", "03T12:00"), "booking.no_travel_time");
	});

	test("what has ended, moved or been cancelled leaves its minutes", () => {
		const booking = book(HOME, "03T10:00", "03T11:00");
		world.move(booking, ...moved(booking, "03T10:30", "03T12:00"));
		assert.equal(codeOf(HOME, "03T10:00", "03T10:30"), null);
		assert.equal(codeOf(HOME, "03T11:59", "03T13:00"), "booking.overlap");
		world.drop(booking, "cancelled");
		assert.equal(codeOf(HOME, "03T11:59", "03T13:00"), null);
	});

	test("a submission is no stay from the second at which it expires", () => {
		const request = ask(HOME, "03T10:00", "03T11:00");
		const option = { state: "submitted", expires_at: now + 100, line_ids: [1] };
		const booking = world.book(1, request, world.judge(request, now), option);
		world.expire(now + 99);
		assert.equal(world.judge(request, now + 99).code, "booking.overlap");
		world.expire(now + 100);
		assert.equal(world.judge(request, now + 100).code, null);
		assert.equal(booking.state, "expired");
	});

	test("giving one thing to two is noticed by the model itself", () => {
		const request = ask(HOME, "03T10:00", "03T11:00"), answer = world.judge(request, now);
		world.book(1, request, answer, { state: "confirmed", line_ids: [1] });
		assert.throws(() => world.book(2, request, answer, { state: "confirmed", line_ids: [2] }), /twice/);
	});
});

const moved = (booking, from, to) => {
	const request = world.askAgain(booking, at(from), at(to));
	const answer = world.judge(request, now, booking.id);
	assert.equal(answer.code, null);
	return [request, answer];
};

describe("blocks", () => {
	test("of an item: a stay at home, without preparation and inspection", () => {
		world.addItem({ id: 2, model_id: KIT, home_place_id: HOME });
		const kit = [{ item_id: 2, travel: "fetch" }];
		world.block(1, { item_id: 2, starts_at: at("03T10:00"), ends_at: at("03T11:00") });
		assert.equal(codeOf(HOME, "03T11:30", "03T12:00", kit), null); // prepared, nothing to inspect
		assert.equal(codeOf(HOME, "03T11:29", "03T12:00", kit), "booking.no_travel_time");
		assert.equal(codeOf(HOME, "03T08:00", "03T09:00", kit), null); // inspected, nothing to prepare
		assert.equal(codeOf(HOME, "03T08:00", "03T09:01", kit), "booking.no_travel_time");
		assert.equal(codeOf(NEAR, "03T13:30", "03T14:00", kit), null);
		assert.equal(codeOf(NEAR, "03T13:29", "03T14:00", kit), "booking.no_travel_time");
		assert.equal(codeOf(HOME, "03T10:59", "03T12:00", kit), "booking.overlap");
	});

	test("without an end: until it is ended", () => {
		const block = world.block(1, { item_id: 1, starts_at: at("03T10:00") });
		assert.equal(codeOf(HOME, "20T10:00", "20T11:00"), "booking.overlap");
		assert.equal(earliestOf(HOME, "20T10:00", "20T11:00"), null);
		assert.equal(earliestOf(HOME, "02T10:00", "02T11:00"), "12-02T10:00");
		world.endBlock(block, at("04T10:00") + 30);
		assert.equal(codeOf(HOME, "04T10:00", "04T11:00"), "booking.overlap");
		assert.equal(codeOf(HOME, "04T10:01", "04T11:00"), null);
	});

	test("ended before it began it was never there", () => {
		const block = world.block(1, { item_id: 1, starts_at: at("03T10:00") });
		world.endBlock(block, at("02T10:00"));
		assert.equal(codeOf(HOME, "03T10:00", "03T11:00"), null);
	});

	test("does not fit over a booking, nor where the way home is too long", () => {
		book(NEAR, "03T10:00", "03T11:00");
		const block = (from, to) => world.judgeBlock({ item_id: 1, starts_at: at(from), ends_at: to && at(to) }, now).code;
		assert.equal(block("03T13:00"), null);
		assert.equal(block("03T12:59"), "booking.no_travel_time");
		assert.equal(block("03T10:59"), "booking.overlap");
		assert.equal(block("01T12:00"), "booking.overlap");
		assert.equal(block("03T07:00", "03T08:00"), null);
		assert.equal(block("03T07:00", "03T08:01"), "booking.no_travel_time");
	});

	test("of a place: its counter is closed, its things are not", () => {
		world.block(1, { place_id: HOME, starts_at: at("03T10:00"), ends_at: at("03T12:00") });
		assert.equal(codeOf(NEAR, "03T10:00", "03T13:00"), "booking.closed");
		assert.equal(codeOf(NEAR, "03T11:59", "03T13:00"), "booking.closed");
		assert.equal(codeOf(NEAR, "03T12:00", "03T13:00"), null);
		assert.equal(dueOf(NEAR, "03T09:00", "03T10:30"), "2026-12-03T12:00:00Z");
		assert.equal(dueOf(HOME, "03T09:00", "03T10:30"), "2026-12-03T10:30:00Z");
	});
});

describe("the house rules", () => {
	const rules = (fields) => world.changePlace(HOME, fields);

	test("a booking ends after it starts, and does not start in the past", () => {
		assert.deepEqual([codeOf(HOME, "03T10:00", "03T10:00"), earliestOf(HOME, "03T10:00", "03T10:00")], ["time.invalid", null]);
		const past = (seconds) => world.judge({ ...ask(HOME, "03T10:00", "03T10:00"), starts_at: now - seconds }, now);
		assert.equal(past(900).code, null);
		assert.deepEqual([past(960).code, past(960).field], ["time.invalid", "starts_at"]);
		assert.equal(world.judge(ask(HOME, "03T10:00", "03T10:00"), now).field, "ends_at");
		assert.equal(world.earliest(ask(HOME, "2026-11-30T22:10:00Z", "2026-11-30T23:10:00Z"), now), now - 900);
	});

	test("retired, and lent to whom", () => {
		world.addItem({ id: 2, model_id: PRINTER, home_place_id: HOME, retired: true });
		assert.equal(codeOf(HOME, "03T10:00", "03T11:00", [{ item_id: 2, travel: "fetch" }]), "item.out_of_service");
		for (const [lend_to, near, far] of [["nobody", "booking.not_lendable", "booking.not_lendable"],
			["hub", null, "booking.not_lendable"], ["everyone", null, null]]) {
			world.addItem({ id: 3, model_id: PRINTER, home_place_id: HOME, lend_to });
			const line = [{ item_id: 3, travel: "fetch" }];
			assert.equal(codeOf(HOME, "03T10:00", "03T11:00", line), null);
			assert.equal(codeOf(NEAR, "03T10:00", "03T11:00", line), near);
			assert.equal(codeOf(FAR, "03T10:00", "03T11:00", line), far);
		}
		assert.equal(earliestOf(FAR, "03T10:00", "03T11:00", [{ item_id: 2, travel: "fetch" }]), null);
	});

	test("the owner counts, not the home; without a hub there is no hub to lend to", () => {
		world.addItem({ id: 2, model_id: PRINTER, home_place_id: HOME, owner_place_id: FAR, lend_to: "nobody" });
		world.addItem({ id: 3, model_id: PRINTER, home_place_id: NOWHERE, lend_to: "hub" });
		world.addPlace({ id: 5 });
		assert.equal(codeOf(HOME, "03T10:00", "03T11:00", [{ item_id: 2, travel: "fetch" }]), "booking.not_lendable");
		assert.equal(codeOf(FAR, "03T10:00", "03T11:00", [{ item_id: 2, travel: "fetch" }]), null);
		assert.equal(codeOf(5, "03T10:00", "03T11:00", [{ item_id: 3, travel: "fetch" }]), "booking.not_lendable");
	});

	test("what never travels is used at home only", () => {
		world.addItem({ id: 2, model_id: LASER, home_place_id: HOME });
		const laser = (travel) => [{ item_id: 2, travel }];
		assert.equal(codeOf(NEAR, "03T10:00", "03T11:00", laser("fetch")), "item.not_transportable");
		assert.equal(codeOf(NEAR, "03T10:00", "03T11:00", laser("on_site")), null);
		assert.equal(codeOf(HOME, "03T10:00", "03T11:00", laser("fetch")), null);
	});

	test("notice and horizon, to the second, for others", () => {
		rules({ notice_s: 2 * DAY, horizon_s: 10 * DAY });
		assert.equal(codeOf(NEAR, "03T00:00", "03T01:00"), null);
		assert.equal(codeOf(NEAR, "02T23:59", "03T01:00"), "booking.notice");
		assert.equal(codeOf(NEAR, "11T00:00", "11T01:00"), null);
		assert.equal(codeOf(NEAR, "11T00:01", "11T01:00"), "booking.horizon");
		assert.equal(codeOf(NEAR, "02T23:59", "03T01:00", onSite), "booking.notice");
		assert.equal(codeOf(HOME, "01T10:00", "01T11:00"), null);
		assert.equal(codeOf(HOME, "31T10:00", "31T11:00"), null);
		assert.equal(earliestOf(NEAR, "01T10:00", "01T11:00"), "12-03T00:00");
		assert.equal(world.earliest(ask(NEAR, "01T10:00", "01T11:00"), now + 1), at("03T00:15"));
		assert.equal(earliestOf(NEAR, "11T00:01", "11T01:00"), null);
	});

	test("how long: the model's limit for all, the counter's for others", () => {
		world.addItem({ id: 2, model_id: KIT, home_place_id: HOME });
		const kit = [{ item_id: 2, travel: "fetch" }];
		rules({ max_stay_s: 2 * DAY });
		assert.equal(codeOf(NEAR, "03T10:00", "05T10:00", kit), null);
		assert.equal(codeOf(NEAR, "03T10:00", "05T10:01", kit), "booking.too_long");
		assert.equal(codeOf(HOME, "03T10:00", "06T10:00", kit), null);
		assert.equal(codeOf(HOME, "03T10:00", "06T10:01", kit), "booking.too_long");
	});

	test("open at both ends of the hours, closed beyond them and on closed days", () => {
		rules({ opening_hours: "Mo-Fr 09:00-12:00,14:00-18:00", closures: [{ from: "2026-12-04", to: "2026-12-08", label: "congés" }] });
		for (const [from, code] of [["03T07:59", "booking.closed"], ["03T08:00", null], ["03T11:00", null],
			["03T11:01", "booking.closed"], ["03T12:59", "booking.closed"], ["03T13:00", null], ["03T17:00", null],
			["03T17:01", "booking.closed"], ["04T10:00", "booking.closed"], ["08T10:00", "booking.closed"], ["09T10:00", null]])
			assert.equal(codeOf(NEAR, from, "09T10:30"), code, from);
		assert.equal(codeOf(HOME, "05T22:00", "05T23:00"), null);
	});

	test("due when the counter opens again", () => {
		rules({ opening_hours: "Mo-Fr 09:00-12:00,14:00-18:00", closures: [{ from: "2026-12-07", to: "2026-12-07", label: "pont" }] });
		assert.equal(dueOf(NEAR, "03T09:00", "03T11:00"), "2026-12-03T11:00:00Z");
		assert.equal(dueOf(NEAR, "03T09:00", "03T11:01"), "2026-12-03T13:00:00Z");
		assert.equal(dueOf(NEAR, "03T09:00", "04T17:00"), "2026-12-04T17:00:00Z");
		assert.equal(dueOf(NEAR, "03T09:00", "04T17:01"), "2026-12-08T08:00:00Z"); // a week-end and a bridge
		assert.equal(dueOf(NEAR, "03T09:00", "04T17:01", onSite), "2026-12-08T08:00:00Z");
		assert.equal(dueOf(HOME, "03T09:00", "04T17:01"), "2026-12-04T17:01:00Z");
	});

	test("what waits for the counter is held until it opens", () => {
		rules({ opening_hours: "Mo-Fr 09:00-18:00" });
		book(NEAR, "03T10:00", "04T20:00"); // Friday evening; due on Monday at nine
		assert.equal(codeOf(HOME, "05T10:00", "05T11:00"), "booking.overlap");
		assert.equal(codeOf(HOME, "07T09:59", "07T11:00"), "booking.no_travel_time");
		assert.equal(codeOf(HOME, "07T10:00", "07T11:00"), null);
	});

	test("a quota counts live lines of a place on the things of one counter", () => {
		world.addItem({ id: 2, model_id: PRINTER, home_place_id: HOME });
		world.addItem({ id: 3, model_id: PRINTER, home_place_id: FAR });
		rules({ quota: 2 });
		const first = book(NEAR, "03T10:00", "03T11:00");
		book(NEAR, "03T10:00", "03T11:00", [{ item_id: 3, travel: "fetch" }]);
		assert.equal(codeOf(NEAR, "13T10:00", "13T11:00"), null);
		assert.equal(codeOf(NEAR, "13T10:00", "13T11:00", [{ item_id: 1, travel: "fetch" }, { item_id: 2, travel: "fetch" }]),
			"booking.quota");
		book(NEAR, "13T10:00", "13T11:00", [{ item_id: 2, travel: "on_site" }]);
		assert.equal(codeOf(NEAR, "23T10:00", "23T11:00"), "booking.quota");
		assert.equal(codeOf(FAR, "23T10:00", "23T11:00"), null);
		assert.equal(codeOf(HOME, "23T10:00", "23T11:00"), null);
		world.move(first, ...moved(first, "03T12:00", "03T13:00")); // a moved booking does not count twice
		world.drop(first, "cancelled");
		assert.equal(codeOf(NEAR, "23T10:00", "23T11:00"), null);
	});

	test("the first rule that refuses is the one that is named", () => {
		world.addItem({ id: 2, model_id: LASER, home_place_id: HOME, lend_to: "nobody" });
		rules({ notice_s: 4 * DAY, horizon_s: 20 * DAY, max_stay_s: DAY, opening_hours: "Mo 09:00-10:00", quota: 0 });
		book(HOME, "11T10:00", "11T11:00");
		const laser = [{ item_id: 2, travel: "fetch" }];
		const steps = [
			["booking.not_lendable", () => world.addItem({ id: 2, model_id: LASER, home_place_id: HOME }), laser, "03T10:00"],
			["item.not_transportable", () => {}, laser, "03T10:00"],
			["booking.horizon", () => rules({ horizon_s: 40 * DAY }), undefined, "22T10:00"],
			["booking.notice", () => rules({ notice_s: 0 }), undefined, "03T10:00"],
			["booking.too_long", () => rules({ max_stay_s: 90 * DAY }), undefined, "03T10:00"],
			["booking.closed", () => rules({ opening_hours: "" }), undefined, "03T10:00"],
			["booking.quota", () => rules({ quota: null }), undefined, "03T10:00"],
			["booking.overlap", () => {}, undefined, "03T10:00"],
		];
		for (const [code, lift, lines, from] of steps) {
			assert.equal(codeOf(NEAR, from, "23T10:00", lines), code);
			lift();
		}
	});
});

describe("any of this model", () => {
	const any = (quantity = 1, travel = "fetch") => [{ model_id: PRINTER, quantity, travel }];
	const itemsOf = (...words) => world.judge(ask(...words), now).lines.map((line) => line.item_id);

	beforeEach(() => {
		world.addItem({ id: 2, model_id: PRINTER, home_place_id: FAR });
		world.addItem({ id: 3, model_id: PRINTER, home_place_id: NEAR });
		world.addItem({ id: 4, model_id: PRINTER, home_place_id: NOWHERE });
	});

	test("distances are those of a sphere", () => {
		const km = distance(world.places.get(HOME), world.places.get(FAR));
		assert.ok(km > 162 && km < 165, `${km}`); // 2.2° of longitude at 49.25° N, 0.3° of latitude
		assert.equal(distance(world.places.get(HOME), world.places.get(NOWHERE)), null);
		assert.equal(distance(world.places.get(HOME), world.places.get(HOME)), 0);
	});

	test("the nearest that is free, then the next; without position last; then the smaller id", () => {
		assert.deepEqual(itemsOf(HOME, "03T10:00", "03T11:00", any(4)), [1, 3, 2, 4]);
		assert.deepEqual(itemsOf(FAR, "03T10:00", "03T11:00", any(4)), [2, 3, 1, 4]);
		book(HOME, "03T10:00", "03T11:00");
		assert.deepEqual(itemsOf(HOME, "03T10:00", "03T11:00", any()), [3]);
		assert.deepEqual(itemsOf(NOWHERE, "03T10:00", "03T11:00", any(3)), [2, 3, 4]);
		world.addItem({ id: 5, model_id: PRINTER, home_place_id: HOME });
		assert.deepEqual(itemsOf(HOME, "04T10:00", "04T11:00", any(2)), [1, 5]);
	});

	test("not what another line of the booking names", () => {
		const lines = [...any(), { item_id: 1, travel: "fetch" }];
		assert.deepEqual(itemsOf(HOME, "03T10:00", "03T11:00", lines), [3, 1]);
	});

	test("not what a rule forbids", () => {
		world.changePlace(HOME, { opening_hours: "Mo 09:00-10:00" });
		assert.deepEqual(itemsOf(NEAR, "03T10:00", "03T11:00", any(2)), [3, 2]);
	});

	test("where none is free the earliest start is that of whichever comes first", () => {
		book(HOME, "03T10:00", "03T18:00");
		book(HOME, "03T10:00", "03T12:10", [{ item_id: 2, travel: "fetch" }]);
		book(HOME, "03T10:00", "03T12:05", [{ item_id: 3, travel: "fetch" }]);
		book(HOME, "03T10:00", "03T18:00", [{ item_id: 4, travel: "fetch" }]);
		assert.equal(codeOf(HOME, "03T11:00", "03T11:30", any()), "booking.overlap");
		assert.equal(earliestOf(HOME, "03T11:00", "03T11:30", any()), "12-03T12:15");
		assert.equal(earliestOf(HOME, "03T11:00", "03T11:30", any(2)), "12-03T12:15");
		assert.equal(earliestOf(HOME, "03T11:00", "03T11:30", any(3)), "12-03T18:00");
	});
});

describe("the earliest start", () => {
	test("is what was asked where that may be had, else on a quarter hour", () => {
		assert.equal(earliestOf(HOME, "03T10:07", "03T11:07"), "12-03T10:07");
		book(HOME, "03T10:00", "03T11:00");
		assert.equal(earliestOf(HOME, "03T10:07", "03T11:07"), "12-03T11:00");
		book(HOME, "03T11:00", "03T11:01");
		assert.equal(earliestOf(HOME, "03T10:07", "03T11:07"), "12-03T11:15");
	});

	test("passes over gaps that are too short, and waits for the travel", () => {
		book(NEAR, "03T10:00", "03T11:00");
		book(NEAR, "03T15:30", "03T16:00");
		assert.equal(earliestOf(HOME, "03T10:00", "03T10:30"), "12-03T13:00");
		assert.equal(earliestOf(HOME, "03T10:00", "03T10:31"), "12-03T18:00");
		assert.equal(earliestOf(NEAR, "03T10:00", "03T14:30"), "12-03T11:00");
		assert.equal(earliestOf(NEAR, "03T10:00", "03T14:31"), "12-03T16:00");
	});

	test("waits for the counter", () => {
		world.changePlace(HOME, { opening_hours: "Mo-Fr 09:10-12:00" });
		assert.equal(earliestOf(NEAR, "04T12:00", "04T13:00"), "12-07T08:15"); // 09:15, not 09:10
		assert.equal(earliestOf(HOME, "04T12:00", "04T13:00"), "12-04T12:00");
	});

	test("is within a year", () => {
		const block = (until) => world.block(1, { item_id: 1, starts_at: now, ends_at: instant(until) });
		const first = block("2027-12-03T10:00:00Z");
		assert.equal(iso(world.earliest(ask(HOME, "03T10:00", "03T11:00"), now)), "2027-12-03T10:00:00Z");
		world.endBlock(first, now);
		block("2027-12-03T10:01:00Z");
		assert.equal(earliestOf(HOME, "03T10:00", "03T11:00"), null);
	});
});

describe("what is held around a stay", () => {
	const holdOf = ({ lines }) => {
		const { before, behind, next, least } = world.holdOf(lines[0].number);
		return [before && iso(before).slice(8, 16), behind && iso(behind).slice(8, 16), next && least];
	};
	const kit = [{ item_id: 2, travel: "fetch" }];
	beforeEach(() => world.addItem({ id: 2, model_id: KIT, home_place_id: HOME }));

	test("alone: prepared and brought, brought home and inspected", () => {
		assert.deepEqual(holdOf(book(NEAR, "03T10:00", "03T11:00", kit)), ["03T07:30", "03T14:00", null]);
		assert.deepEqual(holdOf(book(HOME, "05T10:00", "05T11:00", kit)), ["05T09:30", "05T12:00", null]);
	});

	test("it goes home where there is time for both ways, else onward", () => {
		const first = book(NEAR, "03T10:00", "03T11:00", kit), second = book(FAR, "03T16:30", "03T17:00", kit);
		assert.deepEqual(holdOf(first), ["03T07:30", "03T14:00", 5.5 * HOUR - 2 * HOUR]);
		assert.deepEqual(holdOf(second), ["03T14:00", "03T20:00", null]);
		world.move(second, ...moved(second, "03T16:29", "03T17:00"));
		assert.deepEqual(holdOf(first), ["03T07:30", null, 3.5 * HOUR]);
		assert.deepEqual(holdOf(second), [null, "03T20:00", null]);
	});

	test("beside a block it is at home", () => {
		const booking = book(NEAR, "03T10:00", "03T11:00", kit);
		world.block(1, { item_id: 2, starts_at: at("03T14:00") });
		assert.deepEqual(holdOf(booking), ["03T07:30", "03T14:00", 3 * HOUR]);
	});
});

describe("extension", () => {
	test("up to the next stay and the way to it, whatever the start", () => {
		const booking = book(NEAR, "03T10:00", "03T11:00");
		book(FAR, "03T18:00", "03T19:00");
		const extended = (to) => world.judgeExtension(booking, at(to), now).code;
		assert.equal(extended("03T16:00"), null);
		assert.equal(extended("03T16:01"), "booking.no_travel_time");
		assert.equal(extended("03T18:01"), "booking.overlap");
		world.extend(booking, at("03T16:00"), world.judgeExtension(booking, at("03T16:00"), now));
		assert.equal(codeOf(NEAR, "03T15:59", "03T16:00"), "booking.overlap");
		assert.equal(booking.lines[0].due_at, at("03T16:00"));
	});

	test("not longer than allowed; due at the next opening; notice, quota and the start are not asked again", () => {
		const booking = book(NEAR, "03T10:00", "03T11:00");
		world.changePlace(HOME, { opening_hours: "Mo 09:00-10:00", max_stay_s: 2 * DAY, notice_s: 30 * DAY, quota: 0 });
		assert.equal(world.judgeExtension(booking, at("05T10:01"), now).code, "booking.too_long");
		const answer = world.judgeExtension(booking, at("05T10:00"), now);
		assert.deepEqual([answer.code, iso(answer.lines[0].due_at)], [null, "2026-12-07T08:00:00Z"]);
	});
});

describe("a late loan", () => {
	test("stands in the way of whoever asks for time, for a week from now", () => {
		const booking = book(HOME, "03T10:00", "03T11:00");
		world.handOver(booking, booking.lines[0]);
		const next = book(HOME, "04T10:00", "04T11:00");
		const from = (text, later) => world.judge(ask(HOME, text, "20T10:00"), at(later)).code;
		assert.equal(from("05T10:00", "03T11:15"), null); // the grace is not over
		assert.equal(world.judge(ask(HOME, "05T10:00", "20T10:00"), at("03T11:15") + 1).code, "booking.overlap");
		assert.equal(from("10T11:59", "03T12:00"), "booking.overlap");
		assert.equal(from("10T12:00", "03T12:00"), null);
		assert.equal(world.judgeExtension(next, at("04T12:00"), at("03T11:15")).code, null);
		assert.equal(world.judgeExtension(next, at("04T12:00"), at("03T12:00")).code, "booking.overlap");
		assert.equal(world.judgeExtension(booking, at("04T10:00"), at("03T12:00")).code, null); // its own does not
		world.takeBack(booking, booking.lines[0], at("03T10:30") + 1);
		assert.equal(from("05T10:00", "03T12:00"), null);
		assert.equal(codeOf(HOME, "03T10:30", "03T11:00"), "booking.overlap"); // one second of that minute
		assert.equal(codeOf(HOME, "03T10:31", "03T11:00"), null);
		assert.equal(booking.state, "completed");
	});
});

describe("the days of 23 and 25 hours", () => {
	beforeEach(() => world.changePlace(HOME, { opening_hours: "Sa 09:00-18:00; Su 01:30-02:30,03:00-04:00; Mo 09:00-10:00" }));
	const opens = (text) => codeOf(NEAR, text, "2027-11-20T10:00:00Z") === null;

	test("2027-03-28: from 02:00 it is 03:00", () => {
		assert.deepEqual(["2027-03-28T00:29:00Z", "2027-03-28T00:30:00Z", "2027-03-28T00:59:00Z", "2027-03-28T01:00:00Z",
			"2027-03-28T02:00:00Z", "2027-03-28T02:01:00Z"].map(opens), [false, true, true, true, true, false]);
		assert.equal(dueOf(NEAR, "2027-03-27T10:00:00Z", "2027-03-27T17:01:00Z"), "2027-03-28T00:30:00Z");
		assert.equal(dueOf(NEAR, "2027-03-27T10:00:00Z", "2027-03-28T02:01:00Z"), "2027-03-29T07:00:00Z");
	});

	test("2027-10-31: the hour from 02:00 comes twice", () => {
		assert.deepEqual(["2027-10-30T23:29:00Z", "2027-10-30T23:30:00Z", "2027-10-31T00:30:00Z", "2027-10-31T00:31:00Z",
			"2027-10-31T00:59:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:30:00Z", "2027-10-31T01:31:00Z", "2027-10-31T02:00:00Z"]
			.map(opens), [false, true, true, false, false, true, true, false, true]);
		assert.equal(dueOf(NEAR, "2027-10-30T10:00:00Z", "2027-10-31T00:31:00Z"), "2027-10-31T01:00:00Z");
		assert.equal(dueOf(NEAR, "2027-10-30T10:00:00Z", "2027-10-31T03:01:00Z"), "2027-11-01T08:00:00Z");
	});

	test("a stay is as long as its elapsed seconds", () => {
		world.changePlace(HOME, { opening_hours: "", max_stay_s: DAY });
		assert.equal(codeOf(NEAR, "2027-03-27T12:00:00+01:00", "2027-03-28T12:00:00+02:00"), null); // 23 h
		assert.equal(codeOf(NEAR, "2027-10-30T12:00:00+02:00", "2027-10-31T12:00:00+01:00"), "booking.too_long"); // 25 h
	});
});
