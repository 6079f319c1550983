import type { Page } from "@playwright/test";
import { expect } from "./fixtures.js";

/** Plans a run with the dialog of the planner, which is open in the page's window, and returns its id. */
export async function planRun(page: Page, tour: string, worker: string, day?: string): Promise<number> {
	await page.getByRole("button", { name: "Plan a run", exact: true }).click();
	const dialog = page.getByRole("dialog", { name: "Plan a run" });
	await dialog.getByRole("combobox", { name: "Tour" }).fill(tour);
	await page.getByRole("option", { name: tour, exact: true }).click();
	await dialog.getByRole("combobox", { name: "Worker" }).fill(worker);
	await page.getByRole("option", { name: worker, exact: true }).click();
	if (day !== undefined) {
		// By its name in the calendar: "27 November 2026".
		const name = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })
			.format(new Date(`${day}T12:00:00Z`));
		await dialog.getByLabel("Date").click();
		await page.getByRole("button", { name: new RegExp(`${name}$`) }).click();
	}
	const answer = page.waitForResponse(
		(response) => response.request().method() === "POST" && response.url().endsWith("/planning/runs"),
	);
	await dialog.getByRole("button", { name: "Plan run" }).click();
	await expect(dialog).toBeHidden();
	const { ids } = (await (await answer).json()) as { ids?: number[] };
	return ids?.[0] ?? 0;
}
