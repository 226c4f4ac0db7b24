// SPDX-License-Identifier: EUPL-1.2
// Who may have what and when, decided the slow way from docs/decisions/0007: every item has an array of minutes that
// says whose each one is; a request walks its minutes, the due date walks to the next open minute, the earliest start is
// found by trying every quarter hour. Nothing is sorted, merged or jumped over, so that it is wrong in other ways than
// the service. Times are seconds since 1970; starts and ends are on whole minutes, what ends now is rounded up.
import { ParisMinutes } from "./paris.mjs";

const MINUTE = 60, QUARTER = 900, DAY = 86400, YEAR = 365 * DAY;
const LATE_GRACE = 900, PAST_GRACE = 900, RECOVERY = 7 * DAY;
const weekdays = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
// No later start changes these answers; nor a quota that is used up before this booking, nor a horizon.
const timeless = new Set(["item.out_of_service", "booking.not_lendable", "item.not_transportable", "booking.too_long"]);

// "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00" → for each weekday its [from, to] in minutes; a later rule replaces
// an earlier one on its days.
export function weekOf(text) {
	const week = weekdays.map(() => []);
	const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
	for (const rule of text.split(";").map((part) => part.trim()).filter(Boolean)) {
		const [days, times] = rule.split(" ");
		for (const range of days.split(",")) {
			const [first, last = first] = range.split("-").map((name) => weekdays.indexOf(name));
			for (let d = first; ; d = (d + 1) % 7) {
				week[d] = times === "off" ? [] : times.split(",").map((span) => span.split("-").map(minutes));
				if (d === last) break;
			}
		}
	}
	return week;
}

// Kilometres on a sphere; null where a place has no position. The same place is always near.
export function distance(a, b) {
	if (a.id === b.id && a.latitude !== null) return 0;
	if (a.latitude === null || b.latitude === null) return null;
	const rad = (degrees) => (degrees * Math.PI) / 180;
	const point = ({ latitude, longitude }) => [Math.cos(rad(latitude)) * Math.cos(rad(longitude)),
		Math.cos(rad(latitude)) * Math.sin(rad(longitude)), Math.sin(rad(latitude))];
	const p = point(a), q = point(b);
	return 12742 * Math.asin(Math.min(1, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) / 2));
}

export class Availability {
	// Stays are kept for `days` days from `from`, a UTC midnight; every question must lie a year within.
	constructor({ from, days, fetch_lead_s = 7200 }) {
		this.from = from;
		this.paris = ParisMinutes.of(from, days);
		this.lead = fetch_lead_s;
		this.places = new Map();
		this.models = new Map();
		this.items = new Map();
		this.stays = [null]; // by the number that stands in the minutes
		this.bookings = new Map();
		this.live = new Set(); // bookings that hold something
		this.out = new Set(); // lines on loan
		this.counts = new Map(); // answers of held() since the last change
	}

	// ---- the world ---------------------------------------------------------------------------------------------------

	addPlace(place) {
		this.places.set(place.id, { hub_id: null, latitude: null, longitude: null, blocks: [], opening_hours: "", closures: [],
			notice_s: 0, horizon_s: YEAR * 10, max_stay_s: YEAR * 10, quota: null });
		this.changePlace(place.id, place);
	}

	changePlace(id, fields) {
		const place = Object.assign(this.places.get(id), fields);
		place.week = weekOf(place.opening_hours);
		place.known = new Uint8Array(this.paris.length); // answers of isOpen: 0 not asked yet, 1 closed, 2 open
	}

	addModel(model) {
		this.models.set(model.id, { transport_class: "T1", prepare_s: 0, inspect_s: 0, max_loan_s: YEAR * 10, ...model });
	}

	addItem(item) {
		this.items.set(item.id, { owner_place_id: item.home_place_id, lend_to: "everyone", approver: "nobody", retired: false,
			late: null, minutes: new Int32Array(this.paris.length), ...item });
	}

	minuteOf(time) {
		return Math.ceil((time - this.from) / MINUTE);
	}

	timeOf(minute) {
		return this.from + minute * MINUTE;
	}

	// ---- opening hours -----------------------------------------------------------------------------------------------

	isOpenAt(place, m) {
		const { date, weekday, minute } = this.paris.at(m);
		if (place.closures.some(({ from, to }) => from <= date && date <= to)) return false;
		const at = this.timeOf(m);
		if (place.blocks.some(({ starts_at, ends_at }) => starts_at <= at && (ends_at === null || at < ends_at))) return false;
		return place.opening_hours === "" || place.week[weekday].some(([from, to]) => from <= minute && minute <= to);
	}

	isOpen(place, m) {
		place.known[m] ||= this.isOpenAt(place, m) ? 2 : 1;
		return place.known[m] === 2;
	}

	// When it comes back: at once, or at the counter's next open minute.
	dueAt(place, item, ends_at) {
		if (place === item.home_place_id) return ends_at;
		const counter = this.places.get(item.home_place_id);
		let m = this.minuteOf(ends_at);
		while (m < this.paris.length - 1 && !this.isOpen(counter, m)) m++;
		return this.timeOf(m);
	}

	// ---- does it fit -------------------------------------------------------------------------------------------------

	travel(a, b) {
		return a === b ? 0 : this.lead;
	}

	margins(stay) {
		const { prepare_s, inspect_s } = this.models.get(this.items.get(stay.item_id).model_id);
		return stay.block ? { before: 0, after: 0 } : { before: prepare_s, after: inspect_s };
	}

	need(a, b) {
		return this.margins(a).after + this.travel(a.place_id, b.place_id) + this.margins(b).before;
	}

	// The number of whoever has the item in minute m, 0 where nobody has it; `without` is a booking to be overlooked.
	holder(item, m, without) {
		const number = item.minutes[m] ?? 0;
		return number !== 0 && without !== null && this.stays[number].booking_id === without ? 0 : number;
	}

	// Whether the neighbour, the first held minute in one direction, leaves too little time.
	isTooNear(item, stay, hold, direction) {
		const first = this.minuteOf(stay.starts_at), end = this.minuteOf(stay.ends_at);
		const model = this.models.get(item.model_id);
		// farther away than this no neighbour is too near
		const far = Math.ceil((model.prepare_s + model.inspect_s + this.lead) / MINUTE);
		for (let n = 0; n < far; n++) {
			const number = hold(direction < 0 ? first - 1 - n : end + n);
			if (number === 0) continue;
			const other = this.stays[number];
			return n * MINUTE < (direction < 0 ? this.need(other, stay) : this.need(stay, other));
		}
		return false;
	}

	// null, or the refusal. Whoever asks for time, be it a longer stay or a block, also meets the one that should be back
	// and is not.
	clash(item, stay, { without = null, isExtension = false }) {
		const holds = [(m) => this.holder(item, m, without)];
		const { late } = item;
		if (late && this.stays[late.number].booking_id !== without)
			holds.push((m) => (late.from <= m && m < late.end ? late.number : 0));
		const first = this.minuteOf(stay.starts_at), end = this.minuteOf(stay.ends_at);
		for (const hold of holds)
			for (let m = first; m < end; m++) if (hold(m) !== 0) return "booking.overlap";
		const isNear = (hold) => this.isTooNear(item, stay, hold, 1) || (!isExtension && this.isTooNear(item, stay, hold, -1));
		return holds.some(isNear) ? "booking.no_travel_time" : null;
	}

	// On loan, past due and grace: others find it held for a week from now.
	markLate(now) {
		for (const item of this.items.values()) item.late = null;
		for (const { item_id, number, due_at, starts_at, isOut } of this.out)
			if (isOut && now > due_at + LATE_GRACE)
				this.items.get(item_id).late = { number, from: this.minuteOf(starts_at), end: this.minuteOf(now + RECOVERY) };
	}

	// ---- the rules of the house, in their order ----------------------------------------------------------------------

	isLent(item, place) {
		if (place === item.owner_place_id || item.lend_to === "everyone") return true;
		const hub = this.places.get(item.owner_place_id).hub_id;
		return item.lend_to === "hub" && hub !== null && hub === this.places.get(place).hub_id;
	}

	// Lines that a place has on things of a counter; `without` is a booking that is moved.
	held(place, counter, without) {
		const key = `${place} ${counter} ${without}`;
		if (!this.counts.has(key)) {
			const bookings = [...this.live].filter((booking) => booking.place_id === place && booking.id !== without);
			const lines = bookings.flatMap((booking) => booking.lines.filter(({ isEnded }) => !isEnded));
			this.counts.set(key, lines.filter((line) => this.items.get(line.item_id).home_place_id === counter).length);
		}
		return this.counts.get(key);
	}

	placeOfUse(ask, item, travel) {
		return travel === "on_site" ? item.home_place_id : ask.place_id;
	}

	// One line on one item; `others` are items of this booking's lines before it.
	judgeItem(ask, item, travel, now, others, without) {
		const model = this.models.get(item.model_id), counter = this.places.get(item.home_place_id);
		const use = this.placeOfUse(ask, item, travel), isElsewhere = ask.place_id !== counter.id;
		const length = ask.ends_at - ask.starts_at;
		if (item.retired) return { code: "item.out_of_service" };
		if (!this.isLent(item, ask.place_id)) return { code: "booking.not_lendable" };
		if (model.transport_class === "T4" && use !== counter.id) return { code: "item.not_transportable" };
		if (isElsewhere && ask.starts_at > now + counter.horizon_s) return { code: "booking.horizon" };
		if (isElsewhere && ask.starts_at < now + counter.notice_s) return { code: "booking.notice" };
		if (length > model.max_loan_s || (isElsewhere && length > counter.max_stay_s)) return { code: "booking.too_long" };
		if (isElsewhere && !this.isOpen(counter, this.minuteOf(ask.starts_at))) return { code: "booking.closed" };
		if (isElsewhere && counter.quota !== null) {
			const mine = others.filter((id) => this.items.get(id).home_place_id === counter.id).length;
			const held = this.held(ask.place_id, counter.id, without);
			if (held + mine + 1 > counter.quota) return { code: "booking.quota", isTimeless: held + 1 > counter.quota };
		}
		const due_at = this.dueAt(ask.place_id, item, ask.ends_at);
		const stay = { item_id: item.id, place_id: use, starts_at: ask.starts_at, ends_at: due_at };
		return { code: this.clash(item, stay, { without }), due_at, place_id: use };
	}

	inService(model_id) {
		return [...this.items.values()].filter((item) => item.model_id === model_id && !item.retired);
	}

	nearest(ask, model_id, taken) {
		const here = this.places.get(ask.place_id);
		const km = (item) => distance(here, this.places.get(item.home_place_id)) ?? Infinity;
		return this.inService(model_id).filter(({ id }) => !taken.has(id))
			.sort((a, b) => (km(a) === km(b) ? a.id - b.id : km(a) - km(b)));
	}

	judgeLine(ask, line, now, others, taken, without) {
		const judge = (item) => ({ ...this.judgeItem(ask, item, line.travel, now, others, without), item_id: item.id });
		if (line.item_id) return judge(this.items.get(line.item_id));
		const answers = this.nearest(ask, line.model_id, taken).map(judge);
		const free = answers.find((answer) => !answer.code);
		if (free) return free;
		const none = { code: this.inService(line.model_id).length > 0 ? "booking.overlap" : "item.out_of_service" };
		return { ...(answers[0] ?? none), isForever: answers.every(this.isForever) };
	}

	// The refusal of a booking is that of its first line that is refused.
	firstOf(lines) {
		const { code = null, field = null } = lines.find((line) => line.code) ?? {};
		return { code, field };
	}

	// { lines: [{ code, field, item_id, due_at, place_id }], code, field }: code is null where all may be had, else the
	// first line's that may not. `without` is a booking that is moved: what it has does not stand in its own way.
	judge(ask, now, without = null) {
		this.markLate(now);
		return this.decide(ask, now, without);
	}

	decide(ask, now, without) {
		const lines = [], others = [], taken = new Set(ask.lines.map((line) => line.item_id));
		if (ask.ends_at <= ask.starts_at) return { code: "time.invalid", field: "ends_at", lines };
		if (ask.starts_at < now - PAST_GRACE) return { code: "time.invalid", field: "starts_at", lines };
		for (const [index, line] of ask.lines.entries())
			for (let n = 0; n < (line.quantity ?? 1); n++) {
				const answer = this.judgeLine(ask, line, now, others, taken, without);
				lines.push({ ...answer, field: `lines[${index}]` });
				if (!answer.code) others.push(answer.item_id);
				if (answer.item_id) taken.add(answer.item_id); // by a refused line too: a preview judges the next ones beside it
			}
		return { ...this.firstOf(lines), lines };
	}

	isForever({ code, isTimeless }) {
		return timeless.has(code) || code === "booking.horizon" || isTimeless === true;
	}

	// The first start, on the quarter hour or as asked, at which everything may be had; null within a year.
	earliest(ask, now, without = null) {
		const length = ask.ends_at - ask.starts_at;
		if (length <= 0) return null;
		const last = ask.starts_at + YEAR;
		this.markLate(now);
		for (let at = ask.starts_at; at <= last; at = (Math.floor(at / QUARTER) + 1) * QUARTER) {
			const { code, lines } = this.decide({ ...ask, starts_at: at, ends_at: at + length }, now, without);
			if (code === null) return at;
			// a shortcut for speed only
			if (lines.some((line) => line.code && (line.isForever ?? this.isForever(line)))) return null;
		}
		return null;
	}

	// ---- what was accepted -------------------------------------------------------------------------------------------

	paint(stay) {
		const { minutes } = this.items.get(stay.item_id);
		const end = stay.ends_at === null ? this.paris.length : this.minuteOf(stay.ends_at);
		for (let m = this.minuteOf(stay.starts_at); m < end; m++) {
			if (minutes[m] !== 0) throw new Error(`item ${stay.item_id} is given away twice at ${iso(this.timeOf(m))}`);
			minutes[m] = stay.number;
		}
	}

	wipe(stay) {
		const { minutes } = this.items.get(stay.item_id);
		for (let m = this.minuteOf(stay.starts_at); minutes[m] === stay.number; m++) minutes[m] = 0;
	}

	addStay(stay) {
		const whole = { ...stay, number: this.stays.length };
		this.stays.push(whole);
		this.paint(whole);
		return whole;
	}

	// answer: of judge(); names of lines and states are the service's
	book(id, ask, answer, { state, expires_at = null, line_ids }) {
		const { place_id, starts_at, ends_at } = ask;
		const travels = ask.lines.flatMap(({ travel, quantity = 1 }) => Array(quantity).fill(travel));
		const lines = answer.lines.map(({ item_id, due_at, place_id: use }, n) => {
			const { number } = this.addStay({ item_id, place_id: use, booking_id: id, starts_at, ends_at: due_at });
			return { id: line_ids[n], item_id, travel: travels[n], due_at, starts_at, number, isOut: false, isEnded: false };
		});
		const booking = { id, place_id, starts_at, ends_at, state, expires_at, lines };
		this.bookings.set(id, booking);
		this.live.add(booking);
		this.counts.clear();
		return booking;
	}

	// Cancelled, rejected, expired: no stay.
	drop(booking, state) {
		booking.state = state;
		for (const line of booking.lines) this.wipe(this.stays[line.number]);
		this.live.delete(booking);
		this.counts.clear();
	}

	expire(now) {
		for (const booking of [...this.live])
			if (booking.state === "submitted" && booking.expires_at <= now) this.drop(booking, "expired");
	}

	// { code, field, lines: [{ line, due_at }] }: only the new end and the next stay are looked at.
	judgeExtension(booking, ends_at, now) {
		this.markLate(now);
		const lines = booking.lines.map((line, n) => {
			const item = this.items.get(line.item_id), length = ends_at - booking.starts_at;
			const counter = this.places.get(item.home_place_id), isElsewhere = booking.place_id !== counter.id;
			const { max_loan_s } = this.models.get(item.model_id);
			const isTooLong = length > max_loan_s || (isElsewhere && length > counter.max_stay_s);
			const due_at = this.dueAt(booking.place_id, item, ends_at);
			const stay = { ...this.stays[line.number], ends_at: due_at };
			return { line, due_at, field: `lines[${n}]`, code: isTooLong ? "booking.too_long"
				: this.clash(item, stay, { without: booking.id, isExtension: true }) };
		}).filter(({ line }) => !line.isEnded);
		return { ...this.firstOf(lines), lines };
	}

	extend(booking, ends_at, answer) {
		booking.ends_at = ends_at;
		for (const { line, due_at } of answer.lines) this.restay(line, { ends_at: due_at }), (line.due_at = due_at);
	}

	restay(line, change) {
		const stay = this.stays[line.number];
		this.wipe(stay);
		Object.assign(stay, change);
		this.paint(stay);
	}

	// A booking as it would be asked for at other times.
	askAgain(booking, starts_at, ends_at) {
		const lines = booking.lines.map(({ item_id, travel }) => ({ item_id, travel }));
		return { place_id: booking.place_id, starts_at, ends_at, lines };
	}

	// answer: of judge(askAgain(…), now, booking.id)
	move(booking, ask, answer) {
		booking.lines.forEach((line) => this.wipe(this.stays[line.number]));
		Object.assign(booking, { starts_at: ask.starts_at, ends_at: ask.ends_at });
		booking.lines.forEach((line, n) => {
			const { item_id, due_at, place_id } = answer.lines[n];
			Object.assign(line, { item_id, due_at, starts_at: ask.starts_at });
			Object.assign(this.stays[line.number], { item_id, place_id, starts_at: ask.starts_at, ends_at: due_at });
			this.paint(this.stays[line.number]);
		});
	}

	handOver(booking, line) {
		booking.state = "active";
		line.isOut = true;
		this.out.add(line);
	}

	// Early, the rest is free at once; late, it has been nobody else's anyway.
	takeBack(booking, line, at) {
		if (at < line.due_at) this.restay(line, { ends_at: at });
		Object.assign(line, { isOut: false, isEnded: true });
		this.out.delete(line);
		this.counts.clear();
		if (booking.lines.every(({ isEnded }) => isEnded)) booking.state = "completed", this.live.delete(booking);
	}

	judgeBlock({ item_id, starts_at, ends_at }, now) {
		this.markLate(now);
		const item = this.items.get(item_id);
		const end = ends_at ?? this.timeOf(this.paris.length);
		const stay = { item_id, place_id: item.home_place_id, starts_at, ends_at: end, block: true };
		return { code: this.clash(item, stay, {}) };
	}

	// of an item or of a place; ends_at null: until further notice
	block(id, block) {
		const { item_id = null, place_id = null, starts_at, ends_at = null } = block;
		if (item_id === null) {
			const place = this.places.get(place_id), one = { id, place_id, starts_at, ends_at };
			this.changePlace(place_id, { blocks: [...place.blocks, one] });
			return one;
		}
		const { home_place_id } = this.items.get(item_id);
		return this.addStay({ id, block: true, item_id, place_id: home_place_id, booking_id: null, starts_at, ends_at });
	}

	endBlock(one, now) {
		if (one.ends_at !== null && one.ends_at <= now) return;
		if (one.block) this.wipe(one);
		one.ends_at = Math.max(now, one.starts_at);
		if (one.block) this.paint(one);
		else this.changePlace(one.place_id, { blocks: this.places.get(one.place_id).blocks.filter(({ starts_at, ends_at }) =>
			ends_at === null || ends_at > starts_at) });
	}

	// ---- what is held around a stay ----------------------------------------------------------------------------------

	neighbour(stay, direction) {
		const { minutes } = this.items.get(stay.item_id);
		let m = direction < 0 ? this.minuteOf(stay.starts_at) - 1 : this.minuteOf(stay.ends_at);
		while (minutes[m] === 0) m += direction;
		return minutes[m] ? this.stays[minutes[m]] : null;
	}

	// What the way home and back takes between two stays, either of which may be none: [behind a, before b].
	homeward(a, b) {
		const { home_place_id } = this.items.get((a ?? b).item_id);
		return [a ? this.margins(a).after + this.travel(a.place_id, home_place_id) : 0,
			b ? this.margins(b).before + this.travel(home_place_id, b.place_id) : 0];
	}

	goesHome(a, b) {
		if (!a || !b) return true;
		const [behind, before] = this.homeward(a, b);
		return b.starts_at - a.ends_at >= behind + before;
	}

	// { before, behind, next, least }: when the stay's hold begins and ends, null on a side where the thing does not go
	// home; the number of the next stay, and the margins of both together towards it.
	holdOf(number) {
		const stay = this.stays[number], last = this.neighbour(stay, -1), next = this.neighbour(stay, 1);
		return {
			before: this.goesHome(last, stay) ? stay.starts_at - this.homeward(last, stay)[1] : null,
			behind: this.goesHome(stay, next) ? stay.ends_at + this.homeward(stay, next)[0] : null,
			next: next?.number ?? null, least: next && this.need(stay, next),
		};
	}

	// ---- for people --------------------------------------------------------------------------------------------------

	// Whether a line that is agreed would have to wait for the one that should be back and is not.
	isAtRisk(number, now) {
		this.markLate(now);
		const stay = this.stays[number], item = this.items.get(stay.item_id), { late } = item;
		if (late === null || late.number === number || stay.starts_at < this.stays[late.number].starts_at) return false;
		const hold = (m) => (late.from <= m && m < late.end ? late.number : 0);
		return hold(this.minuteOf(stay.starts_at)) !== 0 || this.isTooNear(item, stay, hold, -1);
	}

	// Whether a place could have an item at an instant, for a minute; opening hours and quotas aside.
	isFree(item_id, place_id, travel, at, now) {
		const item = this.items.get(item_id), counter = this.places.get(item.home_place_id);
		const use = this.placeOfUse({ place_id }, item, travel), isElsewhere = place_id !== counter.id;
		if (item.retired || !this.isLent(item, place_id)) return false;
		if (this.models.get(item.model_id).transport_class === "T4" && use !== counter.id) return false;
		if (isElsewhere && (at > now + counter.horizon_s || at < now + counter.notice_s)) return false;
		this.markLate(now);
		const { late } = item, m = this.minuteOf(at);
		if (item.minutes[m] !== 0 || (late && late.from <= m && m < late.end)) return false;
		return this.clash(item, { item_id, place_id: use, starts_at: at, ends_at: at + MINUTE }, {}) === null;
	}

	timeline(item_id) {
		const { minutes } = this.items.get(item_id), lines = [];
		for (let m = 0; m < minutes.length; m++) {
			if (minutes[m] === 0 || minutes[m] === minutes[m - 1]) continue;
			const { starts_at, ends_at, place_id, booking_id, id } = this.stays[minutes[m]];
			const who = booking_id === null ? `block ${id}` : `booking ${booking_id} (${this.bookings.get(booking_id).state})`;
			lines.push(`  ${iso(starts_at)} … ${ends_at === null ? "open" : iso(ends_at)} at place ${place_id}: ${who}`);
		}
		return lines.join("\n");
	}
}

export const iso = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
export const instant = (text) => Date.parse(text) / 1000;
