import { apiOf, type Person, type Run, startRun } from "./application.js";
import { check, sizes } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { doStep } from "./worker.js";

test("sign-in", async ({ open }) => {
	const page = await open();
	await page.goto("/sign-in");
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByText("Enter your password")).toBeVisible();
	await check(page);
});

for (const person of ["admin", "office"] as const satisfies readonly Person[]) {
	test(`${person}: the dashboard and a run`, async ({ open }) => {
		const page = await open(person);
		await page.goto("/today");
		await expect(page.getByRole("link", { name: /^Show run/ }).first()).toBeVisible();
		await check(page);
		await page.setViewportSize(sizes[1]);
		await page.getByRole("link", { name: /^Show run .* of Lucas/ }).first().click();
		await expect(page.getByRole("complementary").getByRole("list", { name: "Stops" })).toBeVisible();
		await check(page);
		await page.getByRole("button", { name: "Cancel run …" }).click();
		await expect(page.getByRole("dialog")).toBeVisible();
		await check(page);
	});

	test(`${person}: planning`, async ({ open }) => {
		const page = await open(person);
		await page.goto("/plan");
		await expect(page.locator("[data-item]").first()).toBeVisible();
		await check(page);
		await page.getByRole("button", { name: "Plan a run", exact: true }).click();
		await page.getByRole("button", { name: "Plan run" }).click();
		await expect(page.getByText("Choose a worker", { exact: true })).toBeVisible();
		await check(page);
	});
}

test("student: the runs and the work", async ({ open, plan }) => {
	const { run: planned, worker } = await plan("noor", "lucas", "mohamed", "lotte");
	const page = await open(worker, { phone: true, context: { isMobile: false } });
	await page.goto("/work");
	await expect(page.getByRole("article").first()).toBeVisible();
	await check(page);

	await page.goto(`/work/${planned.id}`);
	await expect(page.getByRole("button", { name: "Start run" })).toBeVisible();
	await check(page);

	const api = await apiOf(worker);
	const run: Run = await startRun(api, planned);
	await api.dispose();
	await page.reload();
	await doStep(page, run, 1, "arrival");
	await check(page);

	await page.setViewportSize(sizes[0]);
	await page.getByRole("button", { name: "Skip …" }).tap();
	await expect(page.getByRole("dialog")).toBeVisible();
	await check(page);
	await page.getByRole("button", { name: "Close" }).tap();
	await page.getByRole("button", { name: /show all stops$/ }).tap();
	await expect(page.getByRole("dialog", { name: "All stops" })).toBeVisible();
	await check(page);
});

test("syndic: the buildings, a closed page and a page that does not exist", async ({ open }) => {
	const page = await open("syndic");
	await page.goto("/my-buildings");
	await expect(page.getByRole("list", { name: "My buildings" })).toBeVisible();
	await check(page);
	await page.goto("/today");
	await expect(page.getByRole("heading", { name: "This page is not for you" })).toBeVisible();
	await check(page);
	await page.goto("/nowhere");
	await expect(page.getByRole("heading", { name: "This page does not exist" })).toBeVisible();
	await check(page);
});

test("forced colours: what is filled stays filled, and a button keeps its shape", async ({ open }) => {
	const page = await open("office", { context: { forcedColors: "active" } });
	await page.goto("/today");
	await expect(page.getByRole("link", { name: /^Show run/ }).first()).toBeVisible();
	const fill = await page
		.locator('[data-state="done"]')
		.first()
		.evaluate((segment) => getComputedStyle(segment, "::before").backgroundColor);
	const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	expect(fill).not.toBe(ground);
	const edge = await page
		.getByRole("link", { name: "Plan a run" })
		.last()
		.evaluate((button) => getComputedStyle(button).borderTopWidth);
	expect(edge).toBe("1px");
});

test("single keys: explained, quiet in dialogs, and with a switch", async ({ open }) => {
	const page = await open("office");
	await page.goto("/manage/tours");
	await expect(page.getByRole("heading", { name: "Tours", level: 1 })).toBeVisible();
	await page.keyboard.press("?");
	const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
	await expect(help).toBeVisible();
	await check(page);
	await page.keyboard.press("n");
	await expect(help).toBeVisible();
	await help.getByRole("switch", { name: "Use single keys" }).uncheck();
	await page.keyboard.press("Escape");
	await expect(help).toBeHidden();
	await page.keyboard.press("n");
	await expect(page).toHaveURL(/\/manage\/tours$/);
});
