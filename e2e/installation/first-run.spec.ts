import { type Browser, expect, type Page, test } from "@playwright/test";
import type { Run, StepName } from "../application.js";
import { doStep, outboxBadge, startFromList } from "../worker.js";

// The link that the backend of a new installation writes to its log.
const link = process.env.LINK ?? "";
const password = "regen op de stoep";
const city = { postal_code: "9000", city: "Gent" };
const addresses = [
	{ street: "Korenlei", number: "7" },
	{ street: "Graslei", number: "12" },
] as const;
const steps: readonly StepName[] = ["arrival", "inside", "departure"];

test("from the first start to a finished run", async ({ browser }) => {
	expect(link, "LINK is the registration link of the first administrator").toMatch(/^https?:\/\/.+\/register\?token=/);
	const complaints: string[] = [];
	const admin = await window(browser, complaints);

	await test.step("the administrator registers", async () => {
		await admin.goto(link);
		await register(admin, "An", "De Clercq");
		await expect(admin.getByText("Live", { exact: true })).toBeVisible();
	});

	await test.step("a region, two buildings and a tour", async () => {
		await admin.getByRole("link", { name: "Regions" }).click();
		await admin.getByRole("button", { name: "Add a region" }).first().click();
		await admin.getByRole("textbox", { name: "Name" }).fill("Gent centrum");
		await admin.getByRole("button", { name: "Add", exact: true }).click();
		await expect(admin.getByRole("button", { name: "0 people, Gent centrum" })).toBeVisible();

		await admin.getByRole("link", { name: "Buildings" }).click();
		for (const { street, number } of addresses) {
			await admin.getByRole("button", { name: "Add a building" }).first().click();
			const form = admin.getByRole("dialog", { name: "Add a building" });
			await form.getByLabel("Street").fill(street);
			await form.getByLabel("House number").fill(number);
			await form.getByLabel("Postal code").fill(city.postal_code);
			await form.getByLabel("Town").fill(city.city);
			await form.getByRole("combobox", { name: "Region" }).click();
			await admin.getByRole("option", { name: "Gent centrum" }).click();
			await form.getByRole("button", { name: "Add", exact: true }).click();
			await expect(form).toBeHidden();
		}

		await admin.getByRole("link", { name: "Tours" }).click();
		await admin.getByRole("button", { name: "Make a tour" }).first().click();
		const form = admin.getByRole("dialog", { name: "Make a tour" });
		await form.getByLabel("Name").fill("Leieronde");
		await form.getByRole("combobox", { name: "Region" }).click();
		await admin.getByRole("option", { name: "Gent centrum" }).click();
		await form.getByRole("button", { name: "Make the tour" }).click();
		for (const { street, number } of addresses) {
			await admin.getByRole("combobox", { name: "Add a stop" }).fill(street);
			await admin.getByRole("option", { name: `${street} ${number}` }).click();
		}
		await admin.getByRole("button", { name: "Save stops" }).click();
		await expect(admin.getByText("Not saved yet")).toBeHidden();
	});

	const phone = await window(browser, complaints, true);
	await test.step("a student is invited and registers", async () => {
		await admin.getByRole("link", { name: "People" }).click();
		await admin.getByRole("button", { name: "Invite someone" }).click();
		const form = admin.getByRole("dialog", { name: "Invite someone" });
		await form.getByLabel("E-mail address").fill("emma@trottoir.example");
		await form.getByRole("combobox", { name: "Role" }).click();
		await admin.getByRole("option", { name: "Student", exact: true }).click();
		await form.getByRole("combobox", { name: "Regions" }).click();
		await admin.getByRole("option", { name: "Gent centrum" }).click();
		await admin.keyboard.press("Tab");
		await form.getByRole("button", { name: "Make invitation" }).click();
		const shown = admin.getByRole("dialog", { name: "Invitation for emma@trottoir.example" });
		const invitation = await shown.getByRole("textbox", { name: "Link" }).inputValue();
		await shown.getByRole("button", { name: "Done" }).click();

		await phone.goto(invitation);
		await register(phone, "Emma", "Peeters");
		await expect(phone.getByRole("heading", { name: "My runs" })).toBeVisible();
	});

	const run = await test.step("the run is planned", async () => {
		await admin.getByRole("link", { name: "Plan a run" }).first().click();
		await admin.getByRole("combobox", { name: "Tour" }).click();
		await admin.getByRole("option", { name: "Leieronde" }).click();
		await admin.getByRole("combobox", { name: "Student" }).click();
		await admin.getByRole("option", { name: "Emma Peeters" }).click();
		const answer = admin.waitForResponse((response) => response.request().method() === "POST");
		await admin.getByRole("button", { name: "Plan run" }).click();
		const planned = (await (await answer).json()) as Run;
		await admin.getByRole("link", { name: "Today" }).first().click();
		return planned;
	});

	await test.step("the student does it, the office sees it", async () => {
		const row = admin.getByRole("listitem").filter({ hasText: "Leieronde" });
		await startFromList(phone, run);
		for (const { position } of run.stops) {
			for (const step of steps) {
				await doStep(phone, run, position, step);
				await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
			}
			await expect(row.getByText(`${position} / ${run.stops.length}`)).toBeVisible();
		}
		await expect(row.getByText(/^done \d/)).toBeVisible();
		const photo = row.getByRole("img", { name: "Last photo of Leieronde" });
		await expect.poll(() => photo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
	});

	// The app asks who is signed in; the browser reports the answer "nobody".
	expect(complaints.filter((text) => !/ 401 .*\/me\)$/.test(text))).toEqual([]);
});

async function window(browser: Browser, complaints: string[], phone = false): Promise<Page> {
	const context = await browser.newContext({
		...(phone ? { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } : {}),
		storageState: {
			cookies: [],
			origins: [{ origin: new URL(link).origin, localStorage: [{ name: "trottoir.language", value: "en" }] }],
		},
	});
	const page = await context.newPage();
	page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
	page.on("console", (message) => {
		if (message.type() === "error") {
			complaints.push(`${message.text()} (${message.location().url})`);
		}
	});
	return page;
}

async function register(page: Page, first: string, last: string): Promise<void> {
	await page.getByLabel("First name").fill(first);
	await page.getByLabel("Last name").fill(last);
	await page.getByRole("textbox", { name: "Password" }).fill(password);
	await page.getByRole("button", { name: "Create account" }).click();
}
