import type { APIRequestContext, Locator, Page } from "@playwright/test";
import { apiOf, me, read, type Run, today } from "./application.js";
import { check, violations } from "./axe.js";
import { expect, staysLoaded, test } from "./fixtures.js";

type Tour = { id: number; name: string; archived: boolean; region: { id: number } };

/** A day so many days from today. */
function later(days: number): string {
	return new Date(Date.parse(`${today()}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** A run of Lotte's that Lucas may take, on a day on which neither has its tour otherwise. */
async function runToSwap(office: APIRequestContext, days: number): Promise<Run> {
	const [lotte, lucas] = [await me("lotte"), await me("lucas")];
	const tours = await read<{ items: Tour[] }>(office, "/tours?limit=200");
	const tour = tours.items.find(
		({ archived, region }) => !archived && [lotte, lucas].every(({ region_ids }) => region_ids.includes(region.id)),
	);
	const day = later(days);
	const left = await read<{ items: Run[] }>(office, `/runs?from=${day}&to=${day}&tour=${tour?.id}&status=planned`);
	for (const run of left.items) { // of a try before
		expect((await office.post(`/runs/${run.id}/cancel`, { data: { reason: "End of the test" } })).status()).toBe(200);
	}
	const planned = await office.post("/runs", { data: { tour_id: tour?.id, worker_id: lotte.id, date: day } });
	expect(planned.status(), await planned.text()).toBe(200);
	return (await planned.json()) as Run;
}

function itemOf(page: Page, run: Run): Locator {
	return page.getByRole("listitem").filter({ has: page.locator(`a[href="/work/${run.id}"]`) });
}

test("a run changes hands: one asks, another takes it, the office approves", async ({ open }) => {
	const office = await apiOf("office");
	const run = await runToSwap(office, 22);
	const message = `Exam ${crypto.randomUUID()}`;
	const [asker, taker] = [await open("lotte", { phone: true }), await open("lucas", { phone: true })];
	await asker.goto("/work");
	await taker.goto("/work");
	const stays = await staysLoaded(taker);
	await expect(taker.getByRole("region", { name: "Swaps", exact: true })).toBeVisible();

	await itemOf(asker, run).getByRole("button", { name: /^More:/ }).tap();
	await asker.getByRole("menuitem", { name: "Ask somebody else" }).tap();
	const dialog = asker.getByRole("dialog", { name: "Ask somebody else" });
	await dialog.getByLabel(/^Message/).fill(message);
	expect(await violations(asker)).toEqual([]);
	await dialog.getByRole("button", { name: "Ask", exact: true }).tap();
	await expect(itemOf(asker, run)).toContainText("somebody else is asked");

	const offer = taker.getByRole("listitem").filter({ hasText: message });
	await expect(offer).toContainText("Asked by Lotte");
	expect(await violations(taker)).toEqual([]);
	await offer.getByRole("button", { name: /^Take over:/ }).tap();
	await taker.getByRole("dialog").getByRole("button", { name: "Take over" }).tap();
	await expect(taker.getByRole("region", { name: "Your swaps" }).getByRole("listitem").filter({ hasText: message }))
		.toContainText("waits for the office");
	await expect(offer).toHaveCount(1);
	await expect(itemOf(asker, run)).toContainText("Lucas would take it, the office decides");

	const page = await open("office");
	await page.goto(`/plan?date=${run.date}`);
	await page.getByRole("grid").hover();
	const chip = page.locator(`[data-item="${run.id}"]`);
	await expect(async () => {
		// Only the people who are in view are there.
		await page.mouse.wheel(0, 200);
		await expect(chip).toBeVisible({ timeout: 500 });
	}).toPass();
	await expect(chip).toHaveAccessibleName(/swap to decide/);
	await page.goto("/today");
	await page.getByRole("link", { name: "See the swaps" }).click();
	const decision = page.getByRole("region", { name: "To decide" }).getByRole("listitem").filter({ hasText: message });
	await expect(decision).toContainText(/Lucas .* instead of Lotte/);
	await check(page);
	await decision.getByRole("button", { name: /^Approve:/ }).click();
	await expect(page.getByRole("region", { name: "Ended" }).getByRole("listitem").filter({ hasText: message }))
		.toContainText("Approved: Lucas does it instead of Lotte");

	await expect(itemOf(taker, run)).toBeVisible();
	await expect(itemOf(asker, run)).toHaveCount(0);
	await stays();
});

test("a swap is refused, and both read why", async ({ open }) => {
	const office = await apiOf("office");
	const run = await runToSwap(office, 23);
	const [lotte, lucas] = [await apiOf("lotte"), await apiOf("lucas")];
	const [id, reason] = [crypto.randomUUID(), `No ${crypto.randomUUID()}`];
	const asked = await lotte.post("/swaps", { data: { id, run_id: run.id, message: reason } });
	expect(asked.status(), await asked.text()).toBe(200);
	const taken = await lucas.post(`/swaps/${id}/take`);
	expect(taken.status(), await taken.text()).toBe(200);
	const [asker, taker] = [await open("lotte", { phone: true }), await open("lucas", { phone: true })];
	await asker.goto("/work");
	await taker.goto("/work");
	await expect(itemOf(asker, run)).toContainText("Lucas would take it, the office decides");

	const page = await open("office");
	await page.goto("/manage/swaps");
	const decision = page.getByRole("listitem").filter({ hasText: reason });
	await decision.getByRole("button", { name: /^Refuse:/ }).click();
	const dialog = page.getByRole("dialog", { name: "Refuse the swap" });
	await dialog.getByLabel("Reason").fill(reason);
	await dialog.getByRole("button", { name: "Refuse" }).click();
	await expect(dialog).toHaveCount(0);

	for (const phone of [asker, taker]) {
		await expect(phone.getByRole("region", { name: "Your swaps" })).toContainText(`Refused: ${reason}`);
	}
	await expect(itemOf(asker, run)).toBeVisible();
	await expect(itemOf(taker, run)).toHaveCount(0);
});
