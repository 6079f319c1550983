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

/** Checks what is on screen in both sizes and both colour schemes. */
export async function check(page: Page): Promise<void> {
	for (const size of sizes) {
		await page.setViewportSize(size);
		for (const colorScheme of ["light", "dark"] as const) {
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
			await test.step(`${new URL(page.url()).pathname} ${size.width} ${colorScheme}`, async () => {
				expect(await violations(page)).toEqual([]);
				const { inner, outer } = await page.evaluate(() => ({
					inner: document.documentElement.scrollWidth,
					outer: document.documentElement.clientWidth,
				}));
				expect(inner, "nothing is cut off at the side").toBeLessThanOrEqual(outer);
			});
		}
	}
}

/** Has axe in the page. Evaluated by the debugger, which the content security policy does not concern. */
async function load(page: Page): Promise<void> {
	if (!(await page.evaluate(() => "axe" in window))) {
		await page.evaluate(axe);
	}
}

/** What hinders people on the page as it is on screen, but for rules that the page's makers cannot keep. */
export async function violations(page: Page, ...without: string[]): Promise<string[]> {
	await load(page);
	const results = await page.evaluate(async (without) => {
		const { axe } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
		return axe.run({
			resultTypes: ["violations"],
			rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
		});
	}, without);
	return results.violations.flatMap(({ id, nodes }) =>
		// The choices of a field belong to it, by aria-controls, wherever in the document they stand.
		nodes.filter(({ target }) => id !== "region" || !target.join(" ").includes("mantine-Popover-dropdown")).map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary?.replaceAll(/\s+/g, " ")}`),
	);
}

/** What hinders people in a mail, and the lowest contrast that text has in it; 0 when that of a text cannot be told. */
export async function violationsAndContrast(page: Page): Promise<{ hindrances: string[]; lowest: number }> {
	// A mail has no parts for a reader to jump between.
	const hindrances = await violations(page, "region", "landmark-one-main", "page-has-heading-one");
	const lowest = await page.evaluate(async () => {
		const { axe } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
		const results = await axe.run({ runOnly: ["color-contrast"] });
		const nodes = [...results.passes, ...results.violations].flatMap((result) => result.nodes);
		const ratios = nodes.map((node): number => node.any[0]?.data?.contrastRatio ?? 0);
		return results.incomplete.length > 0 ? 0 : Math.min(...ratios);
	});
	return { hindrances, lowest };
}
