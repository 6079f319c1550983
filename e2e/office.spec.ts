import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { apiOf, me, read, today } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { planRun } from "./planner.js";

type Region = { id: number; name: string };

/** Names that no other test uses. */
function names() {
	const own = randomUUID().slice(0, 8);
	return { region: `Wijk ${own}`, tour: `Ronde ${own}`, street: `Straat ${own}` };
}

async function addBuilding(page: Page, region: string, street: string, number: string): Promise<void> {
	await page.getByRole("button", { name: "Add a building" }).click();
	const form = page.getByRole("dialog", { name: "Add a building" });
	await form.getByLabel("Street").fill(street);
	await form.getByLabel("House number").fill(number);
	await form.getByLabel("Postal code").fill("9000");
	await form.getByLabel("Town").fill("Gent");
	await form.getByRole("combobox", { name: "Region" }).click();
	await page.getByRole("option", { name: region }).click();
	await form.getByRole("button", { name: "Add", exact: true }).click();
	await expect(form).toBeHidden();
}

async function addStop(page: Page, address: string): Promise<void> {
	await page.getByRole("combobox", { name: "Add a stop" }).fill(address);
	await page.getByRole("option", { name: address }).click();
	await expect(page.getByRole("list", { name: "Stops" }).getByText(address)).toBeVisible();
}

function stops(page: Page) {
	return page.getByRole("list", { name: "Stops" }).getByRole("listitem");
}

test("an admin enters a region, buildings and a tour, and plans a run", async ({ open, complaints }) => {
	test.slow();
	// A building at an address that is taken, which is tried below.
	complaints.expect(/^error: Failed to load resource: .* 409 .*\(\/buildings\)$/);
	const { region, tour, street } = names();
	const worker = await me("mohamed");
	const name = `${worker.first_name} ${worker.last_name}`;
	const page = await open("admin");

	await test.step("a region with a worker", async () => {
		await page.goto("/manage/regions");
		await page.getByRole("button", { name: "Add a region" }).click();
		await page.getByRole("textbox", { name: "Name" }).fill(region);
		await page.getByRole("button", { name: "Add", exact: true }).click();
		await page.getByRole("button", { name: `0 people, ${region}` }).click();
		const people = page.getByRole("dialog", { name: `Who works in ${region}` });
		await people.getByRole("checkbox", { name }).check();
		await people.getByRole("button", { name: "Done" }).click();
		await expect(page.getByRole("button", { name: `1 person, ${region}` })).toBeVisible();
	});

	await test.step("buildings, each address once", async () => {
		await page.getByRole("link", { name: "Buildings" }).click();
		await addBuilding(page, region, street, "1");
		await addBuilding(page, region, street, "2");
		// Key by key, as people type: the list is narrowed meanwhile.
		const search = page.getByRole("searchbox", { name: "Search" });
		await search.pressSequentially(street, { delay: 60 });
		await expect(search).toBeFocused();
		await expect(search).toHaveValue(street);
		await expect(page.getByRole("link", { name: `${street} 2` })).toBeVisible();

		await page.getByRole("button", { name: "Add a building" }).click();
		const form = page.getByRole("dialog", { name: "Add a building" });
		await form.getByRole("button", { name: "Add", exact: true }).click();
		await expect(form.getByText("Enter the street")).toBeVisible();
		await form.getByLabel("Street").fill(street.toUpperCase());
		await form.getByLabel("House number").fill("2");
		await form.getByLabel("Postal code").fill("9000");
		await form.getByLabel("Town").fill("Gent");
		await form.getByRole("combobox", { name: "Region" }).click();
		await page.getByRole("option", { name: region }).click();
		await form.getByRole("button", { name: "Add", exact: true }).click();
		await expect(form.getByText("There is a building at this address already.")).toBeVisible();
		await check(page);

		await form.getByRole("button", { name: "Cancel" }).click();
		await page.getByRole("button", { name: "Leave without saving" }).click();
		await expect(form).toBeHidden();
	});

	await test.step("a tour with stops in order", async () => {
		await page.getByRole("link", { name: "Tours" }).click();
		await page.getByRole("button", { name: "Make a tour" }).click();
		const form = page.getByRole("dialog", { name: "Make a tour" });
		await form.getByLabel("Name").fill(tour);
		await form.getByRole("combobox", { name: "Region" }).click();
		await page.getByRole("option", { name: region }).click();
		await form.getByRole("button", { name: "Make the tour" }).click();
		await expect(page.getByRole("heading", { name: tour, level: 1 })).toBeVisible();

		await addStop(page, `${street} 1`);
		await addStop(page, `${street} 2`);
		await page.getByRole("button", { name: "Save stops" }).click();
		await expect(page.getByText("Not saved yet")).toBeHidden();

		await page.getByRole("button", { name: `Move ${street} 2 up` }).click();
		await expect(stops(page).first()).toContainText(`${street} 2`);
		await expect(page.getByRole("button", { name: `Move ${street} 2 down` })).toBeFocused();
		await check(page);

		// Leaving now would lose the new order.
		await page.getByRole("link", { name: "Today" }).click();
		await page.getByRole("button", { name: "Stay here" }).click();
		await page.getByRole("button", { name: "Save stops" }).click();
		await expect(page.getByText("Not saved yet")).toBeHidden();
		await page.reload();
		await expect(stops(page).first()).toContainText(`${street} 2`);
	});

	await test.step("order by dragging, and by keys", async () => {
		const handle = page.getByRole("button", { name: `Drag ${street} 2` });
		const target = await stops(page).last().boundingBox();
		const from = await handle.boundingBox();
		if (target === null || from === null) {
			throw new Error("the stops are not on the page");
		}
		await page.mouse.move(from.x + 10, from.y + 10);
		await page.mouse.down();
		await page.mouse.move(from.x + 10, target.y + target.height / 2, { steps: 8 });
		await page.mouse.move(from.x + 10, target.y + target.height - 4, { steps: 4 });
		await page.mouse.up();
		await expect(stops(page).first()).toContainText(`${street} 1`);

		await handle.focus();
		await page.keyboard.press("Space");
		await expect(page.getByText(`Picked up ${street} 2`)).toBeAttached();
		await page.keyboard.press("ArrowUp");
		await expect(page.getByText(`${street} 2 is now stop 1 of 2`)).toBeAttached();
		await page.keyboard.press("Space");
		await expect(stops(page).first()).toContainText(`${street} 2`);
		await expect(page.getByText("Not saved yet"), "it is as it is stored").toBeHidden();
	});

	await test.step("the run is planned in that order", async () => {
		await page.getByRole("link", { name: "Planning" }).click();
		await planRun(page, tour, name);
		await expect(page.getByText("1 run planned")).toBeVisible();
	});

	// What is left would offer the tour to other tests.
	const api = await apiOf("admin");
	const runs = await read<{ items: { id: number; tour: { name: string } }[] }>(
		api,
		`/runs?from=${today()}&to=${today()}&worker=${worker.id}&limit=200`,
	);
	const run = runs.items.find((candidate) => candidate.tour.name === tour);
	const planned = await read<{ stops: { building: { name: string } }[] }>(api, `/runs/${run?.id}`);
	expect(planned.stops.map((stop) => stop.building.name)).toEqual([`${street} 2`, `${street} 1`]);
	expect((await api.post(`/runs/${run?.id}/cancel`, { data: { reason: "End of the test" } })).status()).toBe(200);
	const kept = { data: { region_ids: worker.region_ids } };
	expect((await api.put(`/users/${worker.id}/regions`, kept)).status()).toBe(200);

	await test.step("the tour and a building are archived and found again", async () => {
		await page.getByRole("link", { name: "Tours" }).click();
		await page.getByRole("link", { name: tour }).click();
		await page.getByRole("button", { name: "Archive" }).click();
		await page
			.getByRole("dialog", { name: `Archive ${tour}?` })
			.getByRole("button", { name: "Archive" })
			.click();
		await expect(page.getByText("This tour is archived and cannot be planned.")).toBeVisible();

		await page.goto(`/manage/buildings?q=${encodeURIComponent(street)}`);
		await page.getByRole("link", { name: `${street} 1` }).click();
		await page.getByRole("button", { name: "Change building" }).click();
		await page.getByRole("button", { name: "Archive" }).click();
		await page
			.getByRole("dialog", { name: `Archive ${street} 1?` })
			.getByRole("button", { name: "Archive" })
			.click();
		await expect(page.getByRole("main").getByText("This building is archived")).toBeVisible();
		await page.goto(`/manage/buildings?q=${encodeURIComponent(street)}`);
		await expect(page.getByRole("link", { name: `${street} 2` })).toBeVisible();
		await expect(page.getByRole("link", { name: `${street} 1` })).toBeHidden();
		await page.getByRole("switch", { name: "Only archived" }).check();
		await expect(page.getByRole("link", { name: `${street} 1` })).toBeVisible();
	});

	await test.step("a region in use stays", async () => {
		complaints.expect(/^error: Failed to load resource: .* 400 .*\(\/regions\/\d+\)$/);
		await page.getByRole("link", { name: "Regions" }).click();
		await page.getByRole("button", { name: `Delete ${region}` }).click();
		const question = page.getByRole("dialog", { name: `Delete ${region}?` });
		await question.getByRole("button", { name: "Delete the region" }).click();
		await expect(question.getByRole("alert")).toHaveText("Buildings, tours or people still belong to this region, perhaps archived ones.");
		const all = await read<{ items: Region[] }>(api, "/regions?limit=200");
		expect(all.items.map((candidate) => candidate.name)).toContain(region);
	});
	await api.dispose();
});

test("the office changes a building on a phone, and somebody else was faster", async ({ open, complaints }) => {
	complaints.expect(/^error: Failed to load resource: .* 409 .*\(\/buildings\/\d+\)$/);
	const { street } = names();
	const api = await apiOf("office");
	const regions = await read<{ items: Region[] }>(api, "/regions");
	const facts = {
		region_id: regions.items[0]?.id,
		name: "Residentie",
		address: { street, house_number: "7", bus: "", postal_code: "9000", city: "Gent" },
		syndic_ids: [],
		agreed_minutes: 10,
	};
	const made = await api.post("/buildings", { data: facts });
	expect(made.status(), await made.text()).toBe(200);
	const building = (await made.json()) as { id: number; version: number };

	const page = await open("office", { phone: true });
	await page.goto(`/manage/buildings?q=${encodeURIComponent(street)}`);
	await page.getByRole("link", { name: `${street} 7` }).tap();
	await page.getByRole("button", { name: "Change building" }).tap();
	const form = page.getByRole("dialog", { name: "Change building" });
	await form.getByLabel("Agreed working time").fill("25");
	const other = { ...facts, name: "Ter Duinen", version: building.version };
	expect((await api.put(`/buildings/${building.id}`, { data: other })).status()).toBe(200);
	await form.getByRole("button", { name: "Save" }).tap();
	// Both changes stand side by side; the one that was typed is still there.
	await expect(form.getByRole("alert")).toContainText("Someone else has saved this differently");
	await expect(form.getByText("Ter Duinen")).toBeVisible();
	await expect(form.getByLabel("Agreed working time")).toHaveValue("25 min");
	await form.getByRole("button", { name: "Take that version" }).tap();
	await expect(form.getByLabel("Name")).toHaveValue("Ter Duinen");
	await form.getByLabel("Agreed working time").fill("25");
	await form.getByRole("button", { name: "Save" }).tap();
	await expect(form).toBeHidden();
	await expect(page.getByRole("heading", { level: 1, name: "Ter Duinen" })).toBeVisible();
	await expect(page.getByText("25 min")).toBeVisible();
	await check(page);

	await api.delete(`/buildings/${building.id}`);
	await api.dispose();
});
