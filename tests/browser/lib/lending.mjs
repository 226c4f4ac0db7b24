// SPDX-License-Identifier: EUPL-1.2
// People who book over the API, so that pages have something to show.
import assert from 'node:assert/strict';

const HOUR = 3600_000;

/** A signed-in person: ask(method, path, body) answers the JSON, or fails. */
export async function person(world, name) {
	const headers = { 'Content-Type': 'application/json' };
	const ask = async (method, path, body) => {
		const answer = await fetch(`${world.base}/api/v1${path}`, {
			method,
			headers,
			body: body && JSON.stringify(body),
		});
		const text = await answer.text();
		assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
		if (answer.headers.has('set-cookie'))
			headers.Cookie = answer.headers.get('set-cookie').split(';')[0];
		return answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
	};
	const { csrf } = await ask('POST', '/session', {
		email: world.account(name),
		password: world.password,
	});
	headers['X-CSRF-Token'] = csrf;
	return {
		ask,
		/** from, to: local, "2026-11-26T09:00". Agreed to where somebody has to. */
		async book(
			item_id,
			place_id,
			from,
			to,
			{ travel = 'fetch', agree = true, option = false } = {},
		) {
			const booking = await ask('POST', '/bookings', {
				place_id,
				starts_at: from,
				ends_at: to,
				lines: [{ item_id, travel }],
				option,
			});
			if (!agree || booking.state !== 'submitted') return booking;
			return ask('POST', `/bookings/${booking.id}/confirm`, {});
		},
	};
}

/** "2026-11-25" + n, local. */
export const dayAfter = (n, now = Date.now()) =>
	new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(now + n * 24 * HOUR);
