// SPDX-License-Identifier: EUPL-1.2
// Numbers by chance that a seed repeats (splitmix32).
export class Random {
	constructor(seed) {
		this.state = seed >>> 0;
	}

	word() {
		this.state = (this.state + 0x9e3779b9) >>> 0;
		let z = this.state;
		z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
		z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
		return (z ^ (z >>> 15)) >>> 0;
	}

	// 0 … n − 1
	below(n) {
		return Math.floor((this.word() / 2 ** 32) * n);
	}

	between(from, to) {
		return from + this.below(to - from + 1);
	}

	chance(share) {
		return this.word() < share * 2 ** 32;
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	// one of [[weight, what], …]
	weighed(list) {
		let at = (this.word() / 2 ** 32) * list.reduce((sum, [weight]) => sum + weight, 0);
		return list.find(([weight]) => (at -= weight) < 0)[1];
	}
}
