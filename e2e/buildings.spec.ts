import { randomUUID } from "node:crypto";
import { apiOf, me, read } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { startFromList } from "./worker.js";

type Building = { id: number; name: string; syndics: { id: number; name: string }[] };
type Comment = { id: number; text: string; version: number };

test("the office writes a note, the worker reads it at the stop at once, and the syndic never does", async ({
	open,
	plan,
}) => {
	test.slow(); // two windows
	const { run, worker } = await plan("student", "lotte", "noor");
	const building = run.stops[0]?.building;
	if (building === undefined) {
		throw new Error("the run has no stops");
	}
	const code = `Code ${randomUUID().slice(0, 8)}`;
	const office = await open("office");
	await office.goto(`/manage/buildings/${building.id}`);
	await expect(office.getByRole("heading", { level: 1, name: building.name })).toBeVisible();
	await office.getByRole("button", { name: "Add note" }).click();
	await check(office);
	await office.getByRole("textbox", { name: "Note" }).fill(code);
	await office.getByRole("button", { name: "Save" }).click();
	const notes = office.getByRole("list", { name: "Notes" });
	await expect(notes.getByText(code)).toBeVisible();
	await check(office);

	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	const shown = phone.getByRole("list", { name: "Notes of the office" });
	await expect(shown.getByText(code)).toBeVisible();
	await check(phone);

	// It changes while the worker stands there, and is read without network.
	await office.getByRole("button", { name: `Edit note: ${code}` }).click();
	await office.getByRole("textbox", { name: "Note" }).fill(`${code} bis`);
	await office.getByRole("button", { name: "Save" }).click();
	await expect(shown.getByText(`${code} bis`)).toBeVisible();

	const syndics = [await apiOf("syndic"), await apiOf("philippe")];
	for (const syndic of syndics) {
		expect((await syndic.get(`/buildings/${building.id}/comments`)).status()).toBe(403);
		await syndic.dispose();
	}

	await office.getByRole("button", { name: `Delete note: ${code} bis` }).click();
	await office.getByRole("dialog").getByRole("button", { name: "Delete note" }).click();
	await expect(notes.getByText(code)).toBeHidden();
	await expect(shown.getByText(code)).toBeHidden();
	const api = await apiOf("office");
	const left = await read<{ items: Comment[] }>(api, `/buildings/${building.id}/comments`);
	expect(left.items.filter(({ text }) => text.startsWith(code))).toEqual([]);
	await api.dispose();
});

/** A file that is taken for a PDF, with these words in it. */
function pdf(words: string): { name: string; mimeType: string; buffer: Buffer } {
	return { name: "manual.pdf", mimeType: "application/pdf", buffer: Buffer.from(`%PDF-1.7\n${words}\n%%EOF\n`) };
}

test("two syndics share a building: each sees its visits and adds to its manual, and one who leaves sees it no more", async ({
	open,
	complaints,
}) => {
	test.slow(); // three windows
	const api = await apiOf("office");
	const regions = await read<{ items: { id: number }[] }>(api, "/regions");
	const street = `Straat ${randomUUID().slice(0, 8)}`;
	const [first, second] = [await me("syndic"), await me("philippe")];
	const made = await api.post("/buildings", {
		data: {
			region_id: regions.items[0]?.id,
			name: "",
			address: { street, house_number: "3", bus: "", postal_code: "9000", city: "Gent" },
			syndic_ids: [first.id],
			customer_number: "",
			coordinates: null,
			agreed_minutes: 10,
		},
	});
	expect(made.status(), await made.text()).toBe(200);
	const building = (await made.json()) as Building;

	const office = await open("office");
	await office.goto(`/manage/buildings/${building.id}`);
	await office.getByRole("button", { name: "Change building" }).click();
	const form = office.getByRole("dialog", { name: "Change building" });
	await form.getByLabel("Syndics", { exact: true }).click();
	await office.getByRole("option", { name: `${second.first_name} ${second.last_name}` }).click();
	await office.keyboard.press("Escape");
	await form.getByLabel("Customer number").fill("IV-1");
	await form.getByLabel("Coordinates").fill("51.05, 3.72");
	await check(office);
	await form.getByRole("button", { name: "Save" }).click();
	await expect(form).toBeHidden();
	await expect(office.getByText("51.05, 3.72")).toBeVisible();
	for (const { first_name, last_name } of [first, second]) {
		await expect(office.getByRole("link", { name: `${first_name} ${last_name}` })).toBeVisible();
	}

	const syndic = await open("philippe");
	await syndic.goto("/my-buildings");
	await syndic.getByRole("link", { name: `${street} 3` }).click();
	await expect(syndic).toHaveURL(`/my-buildings/${building.id}`);
	await expect(syndic.getByText("No manual yet.")).toBeVisible();
	await expect(syndic.getByText("Nobody has been here yet.")).toBeVisible();
	await expect(syndic.getByRole("heading", { name: "Notes" })).toBeHidden();
	await check(syndic);

	await test.step("a manual, and a file that is none", async () => {
		complaints.expect(/^error: Failed to load resource: .* 400 .*\/manuals\)$/);
		const choose = syndic.locator('input[type="file"]');
		await choose.setInputFiles({ ...pdf(""), buffer: Buffer.from("a letter") });
		await expect(syndic.getByRole("alert")).toBeVisible();
		await choose.setInputFiles(pdf("one"));
		await expect(syndic.getByText("Version 1", { exact: true })).toBeVisible();
		// The office sees it at once.
		await expect(office.getByText("Version 1", { exact: true })).toBeVisible();
		await office.getByRole("button", { name: "Needs an update" }).click();
		await expect(syndic.getByText("needs an update")).toBeVisible();
		await choose.setInputFiles(pdf("two"));
		await expect(office.getByText("Version 2", { exact: true })).toBeVisible();
		await office.getByRole("button", { name: "View version 2" }).click();
		const dialog = office.getByRole("dialog", { name: "Manual, version 2" });
		const [download] = await Promise.all([
			office.waitForEvent("download"),
			dialog.getByRole("link", { name: "Download PDF" }).click(),
		]);
		expect(download.suggestedFilename()).toBe(`manual-${building.id}-v2.pdf`);
		await dialog.getByRole("button", { name: "Close" }).click();
		await check(office);
	});

	await test.step("who leaves sees it no more", async () => {
		complaints.expect(/^error: Failed to load resource: .* 404 .*\/buildings\/\d+/);
		const present = await read<Building & { version: number; address: object; region: { id: number } }>(api, `/buildings/${building.id}`);
		const { address, name, version } = present;
		const left = await api.put(`/buildings/${building.id}`, {
			data: { region_id: present.region.id, name, address, version, syndic_ids: [first.id], customer_number: "IV-1", coordinates: null, agreed_minutes: 10 },
		});
		expect(left.status(), await left.text()).toBe(200);
		await syndic.reload();
		await expect(syndic.getByText("Not found")).toBeVisible();
		const theirs = await apiOf("philippe");
		const file = await read<{ items: { url: string }[] }>(api, `/buildings/${building.id}/manuals`);
		expect((await theirs.get(file.items[0]?.url ?? "")).status()).toBe(404);
		await theirs.dispose();
	});
	await api.delete(`/buildings/${building.id}`);
	await api.dispose();
});

test("the visits at a building are seen day by day, and their photos one by one", async ({ open }) => {
	const api = await apiOf("syndic");
	const { items } = await read<{ items: Building[] }>(api, "/buildings?q=gravensteen");
	await api.dispose();
	const page = await open("syndic");
	await page.goto(`/my-buildings/${items[0]?.id}`);
	const visits = page.getByRole("list", { name: "Visits", exact: true });
	await expect(visits.getByRole("img").first()).toBeVisible();
	await check(page);
	// Of a visit that no other test makes, and that was done: which one that is depends on the day.
	const earlier = visits
		.getByRole("listitem")
		.filter({ has: page.getByRole("time") })
		.filter({ has: page.getByRole("button"), hasNotText: /today/i })
		.first();
	const day = await earlier.getByRole("time").getAttribute("datetime");
	await earlier.getByRole("button").first().click();
	const dialog = page.getByRole("dialog");
	await expect(dialog.getByRole("status")).toHaveText("Photo 1 of 3");
	await page.keyboard.press("ArrowRight");
	await expect(dialog.getByRole("status")).toHaveText("Photo 2 of 3");
	await page.keyboard.press("Escape");
	await expect(dialog).toBeHidden();

	await page.goto(`/my-buildings/${items[0]?.id}?from=${day}&to=${day}`);
	await expect(visits.getByRole("time")).toHaveCount(1);
	await page.getByRole("button", { name: "Show all" }).click();
	await expect(visits.getByRole("time").nth(1)).toBeVisible();
});
