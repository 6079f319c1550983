import { expect, type Locator, type Page } from "@playwright/test";
import type { Run, StepName } from "./application.js";
import { takePhoto } from "./fixtures.js";

const confirmations: Record<StepName, string> = {
	arrival: "Done with arrival",
	inside: "Done inside",
	departure: "Done, finish stop",
};

/** The badge that says what has not been sent yet. */
export function outboxBadge(page: Page): Locator {
	return page.getByRole("button", { name: /^Everything is sent$|items? (to send|refused)$/ });
}

export function street(stop: Run["stops"][number]): string {
	return `${stop.building.address.street} ${stop.building.address.house_number}`;
}

/** Opens a run from the list of today and starts it. */
export async function startFromList(page: Page, run: Run): Promise<void> {
	await page.goto("/");
	await page.getByRole("article", { name: run.tour.name }).getByRole("link").tap();
	await page.getByRole("button", { name: "Start run" }).tap();
	await expect(page.getByRole("heading", { name: street(first(run)) })).toBeVisible();
	// What a run needs later comes behind its first stop; these browsers keep no app that would have it already.
	await page.waitForLoadState("networkidle");
}

export function first(run: Run): Run["stops"][number] {
	const stop = run.stops[0];
	if (stop === undefined) {
		throw new Error(`run ${run.id} has no stops`);
	}
	return stop;
}

/** Takes a photo of the step on screen and confirms it, until the screen shows the step as done. */
export async function doStep(page: Page, run: Run, position: number, step: StepName): Promise<void> {
	const photo = await takePhoto(page, `${run.tour.name}, stop ${position}, ${step}`);
	await page.getByLabel("Add photo").setInputFiles(photo);
	await expect(page.getByRole("img", { name: /^Photo .+ (sent|waits)/ })).toHaveCount(1);
	await page.getByRole("button", { name: confirmations[step], exact: true }).tap();
	// What can be undone is not sent for ten seconds, unless the worker says that it is right.
	await page.getByRole("button", { name: "Right as it is, send it" }).tap();
	if (step === "departure") {
		const next = run.stops[position];
		await expect(
			page.getByRole("heading", { level: 2, name: next === undefined ? "Run done" : street(next) }),
		).toBeVisible();
	} else {
		const after = step === "arrival" ? "Done inside" : "Done, finish stop";
		await expect(page.getByRole("button", { name: after })).toBeVisible();
	}
}
