import type { Page } from "@playwright/test";
import { sizes, violations } from "./axe.js";
import { expect, test } from "./fixtures.js";

// Its headings begin below those of a page, and the row of an operation is a button with buttons in it.
const markupOfSwaggerUI = ["heading-order", "nested-interactive"];

async function openExplorer(page: Page): Promise<void> {
	await page.goto("/docs/ui/");
	await expect(page.getByRole("heading", { level: 1, name: "Trottoir API" })).toBeVisible();
	await expect(page.locator(".opblock").first()).toBeVisible();
}

test("the API's documentation is filtered, opened and tried as who is signed in", async ({ open }) => {
	const page = await open("office");
	await openExplorer(page);
	const operations = page.locator(".opblock");
	const all = await operations.count();
	await page.getByPlaceholder("Filter by tag").fill("REGIONS");
	await expect(operations.filter({ hasNotText: "regions" })).toHaveCount(0);
	expect(await operations.count()).toBeLessThan(all);

	const list = operations.filter({ has: page.locator('[data-path="/regions"]'), hasText: "GET" });
	await list.getByRole("button").first().click();
	await list.getByRole("button", { name: "Execute" }).click();
	const answer = list.locator(".live-responses-table");
	await expect(answer.locator(".response-col_status").last()).toContainText("200");
	await expect(answer).toContainText("next_cursor");
	await expect(answer, "a region of the demo company").toContainText("Gent");
});

test("who is not signed in is told so by the endpoint", async ({ open, complaints }) => {
	complaints.expect(/ 401 .*\/regions/);
	const page = await open();
	await openExplorer(page);
	await page.getByPlaceholder("Filter by tag").fill("/regions");
	const list = page.locator(".opblock").filter({ has: page.locator('[data-path="/regions"]'), hasText: "GET" });
	await list.getByRole("button").first().click();
	await list.getByRole("button", { name: "Execute" }).click();
	await expect(list.locator(".live-responses-table")).toContainText("unauthenticated");
});

test("the API's documentation can be read by everybody, on a phone too", async ({ open }) => {
	const page = await open();
	await openExplorer(page);
	for (const size of sizes) {
		await page.setViewportSize(size);
		expect(await violations(page, { without: markupOfSwaggerUI })).toEqual([]);
		const { inner, outer } = await page.evaluate(() => ({
			inner: document.documentElement.scrollWidth,
			outer: document.documentElement.clientWidth,
		}));
		expect(inner, "nothing is cut off at the side").toBeLessThanOrEqual(outer);
	}
});
