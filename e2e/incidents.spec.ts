import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { received } from "./inbox.js";

test("what a resident reports is answered, by mail and for the syndic", async ({ open }) => {
	test.slow();
	const office = await open("office");
	const syndic = await open("syndic");
	const resident = await open();
	const mine = (await (await syndic.request.get("/buildings")).json()) as { items: { id: number; public_id: string }[] };
	const building = mine.items[0];
	expect(building).toBeDefined();
	const words = `PMD ${Date.now()}`;
	const email = `resident${Date.now()}@elsewhere.example`;

	await office.goto("/manage/incidents");
	await expect(office.getByRole("heading", { level: 1, name: "Reports" })).toBeVisible();
	await resident.goto(`/b/${building?.public_id}?lang=en`);
	await resident.locator('select[name="kind"]').selectOption("missed_collection");
	await resident.locator('textarea[name="text"]').fill(words);
	await resident.locator('input[name="email"]').fill(email);
	await resident.locator("form button").click();
	await expect(resident.locator("form")).toHaveCount(0);
	const { html: confirmation } = await received(office, email, /We have received your report/);
	expect(confirmation, "nobody's words go to an address that nobody confirmed").not.toContain(words);

	// Without a reload.
	const row = office.getByRole("listitem").filter({ hasText: words });
	await expect(row).toBeVisible();
	await row.getByRole("link").click();
	const panel = office.getByRole("complementary", { name: "Not collected" });
	await expect(panel.getByText(email)).toBeVisible();
	await check(office, ["light", "dark"]);
	await panel.getByRole("button", { name: "Acknowledge" }).click();
	await received(office, email, /We are working on your report/);
	await panel.getByRole("textbox", { name: "Answer" }).fill("It was fetched this morning.");
	await panel.getByRole("button", { name: "Resolve" }).click();
	const { html: answer } = await received(office, email, /Your report is resolved/);
	expect(answer).toContain("It was fetched this morning.");
	await expect(panel.getByRole("button", { name: "Reopen" })).toBeVisible();

	await syndic.goto(`/my-buildings/${building?.id}`);
	const reported = syndic.getByRole("list", { name: "Reports" }).getByRole("listitem").filter({ hasText: words });
	await expect(reported.getByText("Resolved", { exact: true })).toBeVisible();
	await reported.getByRole("button", { name: "History" }).click();
	await expect(reported.getByText("It was fetched this morning.")).toBeVisible();
	await expect(syndic.getByText(email)).toHaveCount(0);
});

test("a worker reports a problem at a stop, also without network", async ({ open, plan, complaints }) => {
	complaints.expect(/ERR_INTERNET_DISCONNECTED/);
	const { run, worker } = await plan("student", "lucas");
	const page = await open(worker, { phone: true });
	const office = await open("office");
	const words = `Lid ${Date.now()}`;
	await page.goto(`/work/${run.id}`);
	await page.getByRole("button", { name: /^Start/ }).click();
	await expect(page.getByRole("button", { name: "Report a problem" })).toBeVisible();
	await page.context().setOffline(true);
	await page.getByRole("button", { name: "Report a problem" }).click();
	const sheet = page.getByRole("dialog", { name: "Report a problem" });
	await sheet.getByRole("button", { name: "Report" }).click();
	await expect(sheet.getByText("Choose what is wrong.")).toBeVisible();
	await sheet.getByRole("radio", { name: "Damaged" }).click();
	await sheet.getByRole("textbox", { name: "Explanation" }).fill(words);
	await sheet.getByRole("button", { name: "Report", exact: true }).click();
	await expect(page.getByText("Your report is ready and is sent by itself.")).toBeVisible();
	await page.context().setOffline(false);
	await office.goto("/manage/incidents");
	await expect(office.getByRole("listitem").filter({ hasText: words })).toBeVisible();
});
