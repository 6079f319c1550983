import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { apiOf, me, read } from "./application.js";
import { check, sizes } from "./axe.js";
import { expect, test } from "./fixtures.js";

type Region = { id: number; name: string };

test("the office finds who changed what, and takes it along", async ({ open }) => {
	test.slow(); // the page is looked at four times
	const api = await apiOf("admin");
	const [before, after] = [`Audit ${randomUUID().slice(0, 8)}`, `Audit ${randomUUID().slice(0, 8)}`];
	const made = await api.post("/regions", { data: { name: before } });
	expect(made.status(), await made.text()).toBe(200);
	const { id } = (await made.json()) as Region;
	const renamed = await api.put(`/regions/${id}`, { data: { name: after } });
	expect(renamed.status(), await renamed.text()).toBe(200);
	// The log takes a change over a moment later.
	await expect
		.poll(async () => (await read<{ items: unknown[] }>(api, `/audit?thing_kind=region&thing_id=${id}`)).items.length)
		.toBe(2);

	const office = await open("office");
	await office.setViewportSize(sizes[1]);
	await office.goto("/today");
	await office.getByRole("link", { name: "Changes", exact: true }).click();
	const rows = office.getByRole("list", { name: "Changes" }).getByRole("listitem");
	await expect(rows.first()).toBeVisible();
	await check(office);
	await office.getByRole("combobox", { name: "About" }).click();
	await office.getByRole("option", { name: "Region", exact: true }).click();
	await office.getByRole("combobox", { name: "Region" }).fill(after);
	await office.getByRole("option", { name: after }).click();
	await expect(office).toHaveURL(new RegExp(`thing_kind=region&thing_id=${id}`));
	await expect(rows).toHaveCount(2);
	const admin = await me("admin");
	const name = `${admin.first_name} ${admin.last_name}`;
	await expect(rows.first()).toContainText("Region changed");
	await expect(rows.first()).toContainText(name);

	await rows.getByRole("link", { name: /^Region changed/ }).press("Enter");
	const panel = office.getByRole("complementary");
	await expect(panel.getByText(before)).toBeVisible();
	await expect(panel.getByText(after).last()).toBeVisible();
	await check(office);
	await office.reload();
	await expect(panel.getByText(before)).toBeVisible();
	await panel.getByRole("link", { name: "Everything by and about this person" }).click();
	await expect(office.getByRole("combobox", { name: "Person" })).toHaveValue(name);
	await expect(panel).toBeHidden();

	await office.getByRole("combobox", { name: "What" }).click();
	await office.getByRole("option", { name: "Region changed" }).click();
	await expect(office).toHaveURL(/kind=region.changed/);
	await expect(rows.first()).toContainText(after);
	const [download] = await Promise.all([
		office.waitForEvent("download"),
		office.getByRole("button", { name: "Download as CSV" }).click(),
	]);
	expect(download.suggestedFilename()).toMatch(/^trottoir-.*\.csv$/);
	const file = await readFile(await download.path(), "utf8");
	expect(file).toContain(after);
	expect(file).toContain("region.changed");
	expect(file).not.toContain("region.created");
	expect((await api.delete(`/regions/${id}`)).status()).toBe(200);
	await api.dispose();
});

test("a worker has no part in it", async ({ open }) => {
	const phone = await open("student", { phone: true });
	await phone.goto("/manage/audit");
	await expect(phone.getByRole("heading", { name: "This page is not for you" })).toBeVisible();
	for (const path of ["/audit", "/audit/csv", "/audit/entries/1"]) {
		expect((await phone.request.get(path)).status(), path).toBe(403);
	}
});
