import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";
import { expect, test } from "./fixtures.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const sizes = [
	{ width: 360, height: 740 },
	{ width: 1440, height: 900 },
] as const;

/** Checks what is on screen in both sizes and, unless told otherwise, both colour schemes, by these rules or by all. */
export async function check(
	page: Page,
	colorSchemes: readonly ("light" | "dark")[] = ["light", "dark"],
	rules: readonly string[] = [],
): Promise<void> {
	for (const size of sizes) {
		await page.setViewportSize(size);
		for (const colorScheme of colorSchemes) {
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
			await test.step(`${new URL(page.url()).pathname} ${size.width} ${colorScheme}`, async () => {
				// What is no colour is the same in both schemes.
				expect(await violations(page, { only: colorScheme === "dark" ? ["color-contrast", "link-in-text-block"] : [...rules] })).toEqual([]);
				await fits(page);
			});
		}
	}
}

async function fits(page: Page): Promise<void> {
	const { inner, outer } = await page.evaluate(() => ({
		inner: document.documentElement.scrollWidth,
		outer: document.documentElement.clientWidth,
	}));
	expect(inner, "nothing is cut off at the side").toBeLessThanOrEqual(outer);
}

/**
 * Walks through the page with the Tab key and returns what it does not come to although a mouse can use it: fields, buttons
 * and links, and whatever else shows the hand of a link. What appears while it walks, as the marks of a map do, is come to
 * in the next round.
 */
export async function unreachable(page: Page): Promise<string[]> {
	await page.evaluate(() => {
		const shown = (element: Element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
		// In a group of choices the key comes to the chosen one, or to the first, and arrows to the others.
		const focusable = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex]';
		// A dialog keeps the keys.
		const dialog = [...document.querySelectorAll<HTMLElement>('[aria-modal="true"]')].filter(shown).at(-1);
		const within = dialog ?? document.body;
		const reached = new Set<Element>();
		const left = () =>
			[...within.querySelectorAll<HTMLElement>(focusable)].filter(
				(element) =>
					!reached.has(element) &&
					shown(element) &&
					!element.matches(':disabled, [tabindex="-1"], [inert] *') &&
					!(element instanceof HTMLInputElement && element.type === "radio"),
			);
		const mouse = () =>
			[...within.querySelectorAll<HTMLElement>("*")].filter(
				(element) =>
					shown(element) &&
					getComputedStyle(element).cursor === "pointer" &&
					getComputedStyle(element.parentElement ?? element).cursor !== "pointer" &&
					element.closest(`${focusable}, label`) === null &&
					element.querySelector(`${focusable}, label`) === null,
			);
		if (dialog === undefined) {
			(document.activeElement as HTMLElement | null)?.blur();
			window.getSelection()?.removeAllRanges();
		} else {
			left().at(-1)?.focus();
		}
		Object.assign(window, { reached, round: new Set<Element>(), left, mouse });
	});
	type Walk = { reached: Set<Element>; round: Set<Element>; left: () => HTMLElement[]; mouse: () => HTMLElement[] };
	// The key goes round: a round is over where it comes to what it came to in the same round before.
	for (let rounds = 0, done = false; rounds < 3 && !done; ) {
		await page.keyboard.press("Tab");
		const at = await page.evaluate(() => {
			const { reached, round, left } = window as unknown as Walk;
			const active = document.activeElement ?? document.body;
			const again = round.has(active);
			if (again) {
				round.clear();
			}
			round.add(active);
			reached.add(active);
			return { again, done: left().length === 0 };
		});
		rounds += at.again ? 1 : 0;
		done = at.done;
	}
	return page.evaluate(() => {
		const { left, mouse } = window as unknown as Walk;
		return [...left(), ...mouse()].map((element) => element.outerHTML.slice(0, 200));
	});
}

/** Has axe in the page. Evaluated by the debugger, which the content security policy does not concern. */
async function load(page: Page): Promise<void> {
	if (!(await page.evaluate(() => "axe" in window))) {
		await page.evaluate(axe);
	}
}

type Rules = {
	/** The names of the rules; all without one. */
	only?: string[];
	/** Rules that the page's makers cannot keep. */
	without?: string[];
};

/** What hinders people on the page as it is on screen. */
export async function violations(page: Page, { only = [], without = [] }: Rules = {}): Promise<string[]> {
	await load(page);
	const results = await page.evaluate(
		async ({ only, without }) => {
			const { axe } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
			return axe.run({
				resultTypes: ["violations"],
				...(only.length > 0 ? { runOnly: only } : {}),
				rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
			});
		},
		{ only, without },
	);
	return results.violations.flatMap(({ id, nodes }) =>
		// The choices of a field belong to it, by aria-controls, wherever in the document they stand.
		nodes.filter(({ target }) => id !== "region" || !target.join(" ").includes("mantine-Popover-dropdown")).map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary?.replaceAll(/\s+/g, " ")}`),
	);
}

/** What hinders people in a mail, and the lowest contrast that text has in it; 0 when that of a text cannot be told. */
export async function violationsAndContrast(page: Page): Promise<{ hindrances: string[]; lowest: number }> {
	// A mail has no parts for a reader to jump between.
	const hindrances = await violations(page, { without: ["region", "landmark-one-main", "page-has-heading-one"] });
	const lowest = await page.evaluate(async () => {
		const { axe } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
		const results = await axe.run({ runOnly: ["color-contrast"] });
		const nodes = [...results.passes, ...results.violations].flatMap((result) => result.nodes);
		const ratios = nodes.map((node): number => node.any[0]?.data?.contrastRatio ?? 0);
		return results.incomplete.length > 0 ? 0 : Math.min(...ratios);
	});
	return { hindrances, lowest };
}
