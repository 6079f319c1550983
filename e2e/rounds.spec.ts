import type { Page } from "@playwright/test";
import { apiOf, freeTours, me, type Person, type Run, read, type StepName, steps, today } from "./application.js";
import { expect, staysLoaded, test } from "./fixtures.js";
import { planRun } from "./planner.js";
import { doStep, outboxBadge, startFromList, street } from "./worker.js";

/** How long the dashboard may take to show what the student's phone has sent. */
const live = { timeout: 1000 };

const shown: Record<StepName, string> = { arrival: "arrived", inside: "been inside", departure: "done" };

test("the office plans a run and follows it live while the student does it", async ({ open }) => {
	const { person, name, tour } = await somebodyFree("student", "seppe");

	const watching = await open("admin");
	await watching.goto("/today");
	await expect(watching.getByText("Live", { exact: true })).toBeVisible();
	const stayed = await staysLoaded(watching);

	const planning = await open("office");
	const run = await planThroughForm(planning, tour, name);

	// By its address: a run of the same tour that was cancelled goes by the same name.
	const row = watching.getByRole("listitem").filter({ has: watching.locator(`a[href$="run=${run.id}"]`) });
	await expect(row.getByText(/^not started/)).toBeVisible(live);

	const phone = await open(person, { phone: true });
	await startFromList(phone, run);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	await expect(row.getByText(/^started \d/)).toBeVisible(live);

	for (const { position } of run.stops) {
		for (const step of steps) {
			await test.step(`stop ${position}, ${step}`, async () => {
				await doStep(phone, run, position, step);
				await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
				await expect(row.getByTitle(`Stop ${position}: ${shown[step]}`)).toBeVisible(live);
			});
		}
		await expect(row.getByText(`${position} / ${run.stops.length}`)).toBeVisible(live);
	}
	await expect(row.getByText(/^done \d/)).toBeVisible(live);

	const photo = row.getByRole("img", { name: `Last photo of ${tour}` });
	await expect.poll(() => photo.evaluate((image: HTMLImageElement) => image.naturalWidth), live).toBeGreaterThan(0);
	await stayed();

	await test.step("the panel shows every stop with its photos", async () => {
		await row.getByRole("link", { name: `Show run ${tour} of ${name}` }).click();
		const panel = watching.getByRole("complementary", { name: `${tour}, ${name}` });
		await expect(panel.getByText(street(run.stops[0] as Run["stops"][number]))).toBeVisible();
		await expect(panel.getByRole("img", { name: /^Photo / })).toHaveCount(run.stops.length * steps.length);
		await stayed();
	});

	await test.step("the server has each step and photo once", async () => {
		const office = await apiOf("office");
		const done = await read<Run>(office, `/runs/${run.id}`);
		await office.dispose();
		expect(done.status).toBe("completed");
		for (const { visit } of done.stops) {
			expect(visit?.outcome).toBe("done");
			expect(visit?.steps.map(({ step }) => step)).toEqual(steps);
			expect(visit?.pictures.map(({ step }) => step)).toEqual(steps);
		}
	});
});

/** Somebody with a tour that is not planned today yet. */
async function somebodyFree(...people: Person[]): Promise<{ person: Person; name: string; tour: string }> {
	const office = await apiOf("office");
	try {
		for (const person of people) {
			const account = await me(person);
			const [tour] = await freeTours(office, account);
			if (tour !== undefined) {
				return { person, name: `${account.first_name} ${account.last_name}`, tour: tour.name };
			}
		}
	} finally {
		await office.dispose();
	}
	throw new Error(`no tour is left today for ${people.join(", ")}`);
}

async function planThroughForm(page: Page, tour: string, worker: string): Promise<Run> {
	await page.goto("/");
	await page.getByRole("link", { name: "Planning" }).first().click();
	const id = await planRun(page, tour, worker);
	await expect(page.getByText("1 run planned")).toBeVisible();
	const office = await apiOf("office");
	const run = await read<Run>(office, `/runs/${id}`);
	await office.dispose();
	expect(run.date).toBe(today());
	return run;
}
