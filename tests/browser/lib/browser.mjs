// SPDX-License-Identifier: EUPL-1.2
// A real browser, and what every step of a journey is held to: no fault on the console, no rule of axe
// broken, no page wider than its screen.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import puppeteer from 'puppeteer-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
	existsSync,
);
const args = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

export const DESK = { width: 1366, height: 768 };
export const PHONE = { width: 375, height: 740, hasTouch: true, isMobile: true };
/** Ten times what is promised: a slow machine is not a failure, a page that never comes is. */
export const PATIENCE_MS = 20_000;

export async function launch() {
	assert.ok(executablePath, 'no Chromium: apt-get install chromium');
	return puppeteer.launch({ executablePath, headless: true, args });
}

/** A visitor without history, at one size of screen. visitor.faults gathers what the page complained
 * about. */
export async function visit(browser, base, viewport) {
	const context = await browser.createBrowserContext();
	const page = await context.newPage();
	page.setDefaultTimeout(PATIENCE_MS);
	await page.setViewport(viewport);
	const faults = [];
	page.on('pageerror', (error) => faults.push(`page: ${error.message}`));
	page.on('console', (line) => {
		// a refused request is told by the browser itself; journeys check what the page makes of it
		if (line.type() === 'error' && !line.text().startsWith('Failed to load resource'))
			faults.push(`console: ${line.text()}`);
	});
	return new Visitor(context, page, base, faults);
}

class Visitor {
	constructor(context, page, base, faults) {
		Object.assign(this, { context, page, base, faults });
	}

	go(path) {
		return this.page.goto(this.base + path, { waitUntil: 'domcontentloaded' });
	}

	text(selector) {
		return this.page.$eval(selector, (element) =>
			element.textContent.replace(/[\u00a0\u202f]/g, ' ').trim(),
		);
	}

	/** Waits until the text at the selector satisfies the pattern, and returns it. */
	async reads(selector, pattern) {
		try {
			await this.page.waitForFunction(
				(where, source) =>
					new RegExp(source).test(
						(document.querySelector(where)?.textContent ?? '').replace(
							/[\u00a0\u202f]/g,
							' ',
						),
					),
				{ polling: 50 },
				selector,
				pattern.source,
			);
		} catch {
			const now = await this.text(selector).catch(() => 'nothing');
			assert.fail(`${selector} should read ${pattern}, reads: ${now}`);
		}
		return this.text(selector);
	}

	/** The focus follows what is painted: waits until it is on the element whose property has this value. */
	async focusIs(name, value) {
		const has = (property, wanted) => document.activeElement?.[property] === wanted;
		await this.page.waitForFunction(has, { polling: 50 }, name, value).catch(async () => {
			const now = await this.page.evaluate((property) => document.activeElement?.[property], name);
			assert.fail(`the focus should be on ${name} ${value}, is on ${now}`);
		});
	}

	/** Tab until the element has the focus, as somebody without a mouse would. */
	async tabTo(selector) {
		for (let i = 0; i < 60; i++) {
			if (
				await this.page.evaluate(
					(where) => document.activeElement?.matches(where) ?? false,
					selector,
				)
			)
				return;
			await this.page.keyboard.press('Tab');
		}
		assert.fail(`${selector} is not reached by Tab`);
	}

	/** Held after each step. */
	async sound(step) {
		await this.page.evaluate(axe);
		const broken = await this.page.evaluate(async (rules) => {
			const { violations } = await globalThis.axe.run(document, { runOnly: rules });
			return violations.map(
				({ id, nodes }) =>
					`${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`,
			);
		}, RULES);
		assert.deepEqual(broken, [], `${step}: rules of axe`);
		assert.deepEqual(this.faults, [], `${step}: faults of the page`);
		const { over, titles } = await this.page.evaluate(() => ({
			over: document.documentElement.scrollWidth - window.innerWidth,
			titles: document.querySelectorAll('h1').length,
		}));
		assert.ok(over <= 0, `${step}: ${over} px wider than the screen`);
		assert.equal(titles, 1, `${step}: one h1`);
	}
}
