import { expect, test } from "./fixtures.js";

test("a worker reports a problem at a stop, also without network", async ({ open, plan, complaints }) => {
	complaints.expect(/ERR_INTERNET_DISCONNECTED|WebSocket connection/);
	const { run, worker } = await plan("student", "lucas");
	const page = await open(worker, { phone: true });
	const office = await open("office");
	const words = `Lid ${Date.now()}`;
	await page.goto(`/work/${run.id}`);
	await page.getByRole("button", { name: /^Start/ }).click();
	await expect(page.getByRole("button", { name: "Report a problem" })).toBeVisible();
	await page.waitForLoadState("networkidle");
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
