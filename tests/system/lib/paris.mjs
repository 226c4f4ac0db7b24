// SPDX-License-Identifier: EUPL-1.2
// What the clocks of Europe/Paris show at an instant. Parts are taken by name: the order in which a language writes a
// date is nobody's promise.
const wall = new Intl.DateTimeFormat("en", {
	timeZone: "Europe/Paris", hourCycle: "h23", calendar: "gregory", numberingSystem: "latn",
	year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

// seconds since 1970 → { date: "2027-03-28", weekday: 0 (Monday) … 6, minute: of the day }
export function parisOf(seconds) {
	const part = {};
	for (const { type, value } of wall.formatToParts(seconds * 1000)) part[type] = value;
	const date = `${part.year}-${part.month}-${part.day}`;
	return {
		date,
		weekday: (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7,
		minute: Number(part.hour) * 60 + Number(part.minute),
	};
}

// Every minute of `days` days from an instant on a whole quarter hour. The offset of Paris changes on whole quarter
// hours only, so one question serves fifteen minutes.
export class ParisMinutes {
	static #asked = new Map();

	// The same days are asked once.
	static of(fromS, days) {
		const key = `${fromS} ${days}`;
		if (!this.#asked.has(key)) this.#asked.set(key, new ParisMinutes(fromS, days));
		return this.#asked.get(key);
	}

	constructor(fromS, days) {
		this.length = days * 1440;
		this.dates = [];
		this.weekdays = [];
		this.day = new Int32Array(this.length); // index of dates and weekdays
		this.minute = new Int16Array(this.length);
		for (let m = 0; m < this.length; m += 15) {
			const { date, weekday, minute } = parisOf(fromS + m * 60);
			if (date !== this.dates.at(-1)) this.dates.push(date), this.weekdays.push(weekday);
			this.day.fill(this.dates.length - 1, m, m + 15);
			for (let i = 0; i < 15; i++) this.minute[m + i] = minute + i;
		}
	}

	at(m) {
		return { date: this.dates[this.day[m]], weekday: this.weekdays[this.day[m]], minute: this.minute[m] };
	}
}
