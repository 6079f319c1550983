import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { accounts, apiOf, startRun, today } from "./application.js";
import { check } from "./axe.js";
import { expect, staysLoaded, test } from "./fixtures.js";
import { received } from "./inbox.js";
import { doStep, first, startFromList } from "./worker.js";

/** How many stops of the day the legend of the map counts as this. */
async function counted(page: Page, state: string): Promise<number> {
	const line = page.locator(`[data-state="${state}"]`);
	await expect(line).toBeVisible();
	return Number((await line.textContent())?.match(/\d+$/)?.[0]);
}

test("what a student does shows on the dashboard, the map and the wall, without loading anything again", async ({ open, plan }) => {
	test.slow(); // three windows
	const { run, worker } = await plan("lotte", "noor", "seppe", "mohamed");
	const office = await open("office");
	await office.goto("/today");
	const row = office.getByRole("listitem").filter({ has: office.getByRole("link", { name: new RegExp(`${run.tour.name}.*${run.worker.first_name}`) }) });
	await expect(row.getByText("not started")).toBeVisible();
	await expect(office.getByRole("group", { name: "Map of the day" })).toBeVisible();
	const underWay = await counted(office, "under_way");
	const wall = await open("office", { context: { viewport: { width: 1920, height: 1080 } } });
	await wall.goto("/wall");
	await expect(wall.getByText("Live", { exact: true })).toBeVisible();
	await expect(wall.getByRole("navigation")).toHaveCount(0);
	const stays = [await staysLoaded(office), await staysLoaded(wall)];

	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	await doStep(phone, run, 1, "arrival");

	await expect(row.getByText(/^started /)).toBeVisible();
	await expect.poll(() => counted(office, "under_way")).toBeGreaterThan(underWay);
	await shownOnWall(wall, run.tour.name);

	await test.step("a stop that is skipped is told as it comes", async () => {
		const reason = `Road works ${run.id}`;
		const api = await apiOf(worker);
		const answer = await api.put(`/runs/${run.id}/visits/${first(run).building.id}/outcome`, {
			data: { id: randomUUID(), outcome: "skipped", reason, occurred_at: new Date().toISOString() },
		});
		expect(answer.status(), await answer.text()).toBe(200);
		await api.dispose();
		const log = office.getByRole("log", { name: "What happens" });
		await expect(log.getByText(reason)).toBeVisible();
	});
	await Promise.all(stays.map((check) => check()));
	await check(office);
	await check(wall);
});

/** The wall pages through what does not fit. */
async function shownOnWall(wall: Page, tour: string): Promise<void> {
	const line = wall.getByRole("listitem").filter({ hasText: tour }).filter({ hasText: /started/ });
	await expect(line.first()).toBeVisible({ timeout: 60_000 });
}

test("the wall says that it is not live any more, and fits every screen", async ({ open, complaints }) => {
	complaints.expect(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection/);
	const wall = await open("office", { context: { viewport: { width: 1024, height: 768 } } });
	await wall.goto("/wall");
	await expect(wall.getByText("Live", { exact: true })).toBeVisible();
	for (const [width, height] of [[1024, 768], [1920, 1080], [3840, 2160]] as const) {
		await wall.setViewportSize({ width, height });
		const box = await wall.getByRole("region", { name: "Today's runs" }).boundingBox();
		expect((box?.y ?? 0) + (box?.height ?? 0), `${width} × ${height}`).toBeLessThanOrEqual(height);
	}
	await wall.context().setOffline(true);
	await expect(wall.getByText(/^Not live since .*: this may be out of date$/)).toBeVisible();
	await wall.context().setOffline(false);
	await expect(wall.getByText("Live", { exact: true })).toBeVisible({ timeout: 30_000 });
});

test("the day is narrowed to a region, in the address", async ({ open }) => {
	const page = await open("office");
	await page.goto("/today");
	const rows = page.getByRole("region", { name: "Today's runs" }).getByRole("listitem");
	await expect(rows.first()).toBeVisible();
	const all = await rows.count();
	await page.getByRole("combobox", { name: "Region" }).click();
	await page.getByRole("option").nth(1).click();
	await expect(page).toHaveURL(/region=\d+/);
	await expect.poll(() => rows.count()).toBeLessThan(all);
	await page.reload();
	await expect.poll(() => rows.count()).toBeLessThan(all);
});

test("the summary of a day is read, sent, and arrives", async ({ open, plan }) => {
	const { run, worker } = await plan("lotte", "noor", "seppe", "mohamed");
	const api = await apiOf(worker);
	await startRun(api, run);
	const reason = `The gate is locked ${run.id}`;
	const answer = await api.put(`/runs/${run.id}/visits/${first(run).building.id}/outcome`, {
		data: { id: randomUUID(), outcome: "failed", reason, occurred_at: new Date().toISOString() },
	});
	expect(answer.status(), await answer.text()).toBe(200);
	await api.dispose();

	const page = await open("office");
	await page.goto("/today");
	await page.getByRole("link", { name: "Summary of the day" }).click();
	await expect(page).toHaveURL(new RegExp(`/today/summary\\?date=${today()}`));
	await expect(page.getByText(`failed: ${reason}`)).toBeVisible();
	await check(page);

	await page.getByRole("button", { name: "Send" }).click();
	const dialog = page.getByRole("dialog", { name: "Send the summary" });
	await dialog.getByRole("button", { name: "Send" }).click();
	await expect(dialog.getByText("Choose who gets the summary.")).toBeVisible();
	const address = `board-${run.id}-${Date.now()}@example.org`;
	await dialog.getByLabel("Other addresses").fill(`${address}, ${accounts.admin.email}`);
	await check(page);
	await dialog.getByRole("button", { name: "Send" }).click();
	await expect(page.getByRole("dialog", { name: "Summary sent" }).getByText("It goes to 2 receivers.")).toBeVisible();
	const { html } = await received(page, address, /^Samenvatting van/);
	expect(html).toContain(reason);
	await received(page, accounts.admin.email, /^(Samenvatting van|Summary of|Résumé du)/);
});
