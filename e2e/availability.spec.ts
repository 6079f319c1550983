import { apiOf, freeTours, me, read, today } from "./application.js";
import { expect, test } from "./fixtures.js";
import { planRun } from "./planner.js";

/** A day so many days from today. */
function later(days: number): string {
	return new Date(Date.parse(`${today()}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

test("a worker says on the phone when they are away, and the office plans around it", async ({
	open,
	complaints,
}) => {
	const worker = await me("lotte");
	const office = await apiOf("office");
	const own = await apiOf("lotte");
	for (const absence of (await read<{ items: { id: number }[] }>(own, "/absences")).items) {
		expect((await own.delete(`/absences/${absence.id}`)).status()).toBe(200); // of a try before
	}
	const phone = await open("lotte", { phone: true });
	await phone.goto("/profile?tab=availability");
	await phone.getByRole("button", { name: "Add an absence" }).tap();
	const dialog = phone.getByRole("dialog");
	await dialog.getByRole("button", { name: /^First day/ }).tap();
	// Tomorrow, by its name in the calendar: "27 November 2026".
	const name = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })
		.format(new Date(`${later(1)}T12:00:00Z`));
	await phone.getByRole("button", { name: new RegExp(`${name}$`) }).tap();
	await dialog.getByLabel("Note").fill("Statistiek");
	await dialog.getByRole("button", { name: "Save" }).tap();
	await expect(phone.getByRole("listitem").filter({ hasText: "tomorrow" })).toContainText("Holiday · Statistiek");

	const page = await open("office");
	await page.goto(`/people/${worker.id}`);
	await expect(page.getByRole("list", { name: "Absences" })).toContainText("Statistiek");

	const [tour] = await freeTours(office, worker);
	const plan = { tour_id: tour?.id, worker_id: worker.id, date: later(1) };
	const refused = await office.post("/runs", { data: plan });
	expect(((await refused.json()) as { details: { reason: string } }).details.reason).toBe("absent");
	await page.goto(`/plan?date=${later(1)}`);
	complaints.expect(/^error: Failed to load resource: .* 400 .*\(\/planning\/runs\)$/);
	await planRun(page, tour?.name ?? "", `${worker.first_name} ${worker.last_name}`, later(1));
	await expect(page.getByRole("alert")).toContainText("This person is absent on that day.");
	await page.getByRole("button", { name: "Do it all the same" }).click();
	await expect(page.getByText("1 run planned")).toBeVisible();
});
