import { randomUUID } from "node:crypto";
import type { Locator, Page } from "@playwright/test";
import { apiOf, read, today } from "./application.js";
import { expect, test, untilKeysCarry } from "./fixtures.js";

type Collection = { id: number; building_id: number; type: string; date: string; version: number };

type Block = {
	/** The calendar of these buildings in a week in which no rule collects anything. */
	path: string;
	/** Its days, from Monday. */
	days: string[];
	buildings: number[];
	/** What the server has: building (from 0), kind and day (from 0), in order. */
	stored: () => Promise<string[]>;
	collections: () => Promise<Collection[]>;
	/** Makes collections of a kind. */
	make: (type: string, day: number, ...buildings: number[]) => Promise<void>;
};

/** Two buildings that no other test knows, alone in a region. */
async function block(): Promise<Block> {
	const own = randomUUID().slice(0, 8);
	const api = await apiOf("admin");
	const post = async <T>(path: string, data: object): Promise<T> => {
		const answer = await api.post(path, { data });
		expect(answer.status(), await answer.text()).toBe(200);
		return (await answer.json()) as T;
	};
	const region = await post<{ id: number }>("/regions", { name: `Blok ${own}` });
	const buildings: number[] = [];
	for (const number of ["1", "2"]) {
		const building = await post<{ id: number }>("/buildings", {
			region_id: region.id,
			name: "",
			address: { street: `Blokstraat ${own}`, house_number: number, bus: "", postal_code: "9000", city: "Gent" },
			syndic_ids: [],
			customer_number: "",
			coordinates: null,
			agreed_minutes: 10,
			tell_syndic: false,
			public_photos: false,
			version: 0,
		});
		buildings.push(building.id);
	}
	const start = new Date(`${today()}T12:00:00Z`);
	start.setUTCDate(start.getUTCDate() + 210 - ((start.getUTCDay() + 6) % 7));
	const days = Array.from({ length: 7 }, (_, day) =>
		new Date(start.getTime() + day * 86_400_000).toISOString().slice(0, 10),
	);
	const collections = async () => {
		const query = `from=${days[0]}&to=${days[6]}&region=${region.id}`;
		return (await read<{ collections: Collection[] }>(api, `/planning/collections?${query}`)).collections;
	};
	return {
		path: `/manage/collections?view=week&date=${days[0]}&region=${region.id}`,
		days,
		buildings,
		collections,
		stored: async () =>
			(await collections()).map(
				({ building_id, type, date }) => `${buildings.indexOf(building_id)} ${type} ${days.indexOf(date)}`,
			),
		make: async (type, day, ...some) => {
			await post("/planning/collections", {
				type,
				dates: [days[day]],
				building_ids: some.map((index) => buildings[index]),
				note: "",
				put_out: true,
				bring_in: true,
				time_from: "",
				time_to: "",
			});
		},
	};
}

function cell(page: Page, row: number, column: number): Locator {
	return page.locator(`[data-row="${row}"] [data-column="${column}"]`);
}

function chip(page: Page, row: number, column: number): Locator {
	return cell(page, row, column).getByRole("button");
}

async function middle(locator: Locator): Promise<{ x: number; y: number }> {
	const box = await locator.boundingBox();
	if (box === null) {
		throw new Error("it is not on screen");
	}
	return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Drags by mouse, step by step as a hand does. */
async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
	const [start, end] = [await middle(from), await middle(to)];
	await page.mouse.move(start.x, start.y);
	await page.mouse.down();
	await page.mouse.move(start.x + 10, start.y, { steps: 3 });
	await page.mouse.move(end.x, start.y, { steps: 10 });
	await expect(page.getByRole("grid")).toHaveAttribute("data-drop", /move|copy/);
	await page.mouse.up();
}

test("collections are made, dragged, copied and deleted by mouse, and another office sees it at once", async ({ open }) => {
	const { path, stored } = await block();
	const [page, other] = [await open("office"), await open("admin")];
	await page.goto(path);
	await other.goto(path);
	await expect(cell(other, 1, 6)).toBeVisible();

	await test.step("for two buildings at once", async () => {
		await cell(page, 0, 0).click();
		await cell(page, 1, 0).click({ modifiers: ["Shift"] });
		await page.keyboard.press("n");
		const form = page.getByRole("dialog", { name: "New collections" });
		await form.getByRole("button", { name: "Add", exact: true }).click();
		await expect(form.getByText("Choose a kind").last()).toBeVisible();
		await form.getByRole("combobox", { name: "Kind of waste" }).click();
		await page.getByRole("option", { name: /^Glass/ }).click();
		await form.getByRole("button", { name: "Add", exact: true }).click();
		await expect(form).toBeHidden();
		await expect(chip(page, 0, 0)).toHaveAccessibleName(/^Glass/);
		await expect(chip(page, 1, 0)).toHaveAccessibleName(/^Glass/);
		await expect(chip(other, 1, 0)).toHaveAccessibleName(/^Glass/);
		expect(await stored()).toEqual(["0 GLS 0", "1 GLS 0"]);
	});

	await test.step("dragging moves", async () => {
		await drag(page, chip(page, 0, 0), cell(page, 0, 2));
		await expect(chip(page, 0, 2)).toBeVisible();
		await expect(chip(page, 0, 0)).toHaveCount(0);
		await expect(chip(other, 0, 2)).toBeVisible();
		await expect(chip(other, 0, 0)).toHaveCount(0);
		expect(await stored()).toEqual(["0 GLS 2", "1 GLS 0"]);
	});

	await test.step("with Alt it copies", async () => {
		await page.keyboard.down("Alt");
		await drag(page, chip(page, 0, 2), cell(page, 0, 4));
		await page.keyboard.up("Alt");
		await expect(chip(page, 0, 4)).toBeVisible();
		await expect(chip(other, 0, 4)).toBeVisible();
		expect(await stored()).toEqual(["0 GLS 2", "0 GLS 4", "1 GLS 0"]);
	});

	await test.step("several move together", async () => {
		await chip(page, 0, 2).click({ modifiers: ["ControlOrMeta"] });
		await chip(page, 0, 4).click({ modifiers: ["ControlOrMeta"] });
		await chip(page, 1, 0).click({ modifiers: ["ControlOrMeta"] });
		await expect(page.getByText("3 selected")).toBeVisible();
		await drag(page, chip(page, 0, 2), cell(page, 0, 3));
		await expect(chip(page, 1, 1)).toBeVisible();
		await expect.poll(stored).toEqual(["0 GLS 3", "0 GLS 5", "1 GLS 1"]);
	});

	await test.step("deleting can be undone", async () => {
		await page.getByRole("button", { name: "Delete" }).click();
		await expect(page.getByRole("grid").getByRole("button")).toHaveCount(0);
		await expect(other.getByRole("grid").getByRole("button")).toHaveCount(0);
		await page.getByRole("button", { name: "Undo" }).click();
		await expect(page.getByRole("grid").getByRole("button")).toHaveCount(3);
		await expect(other.getByRole("grid").getByRole("button")).toHaveCount(3);
		expect(await stored()).toEqual(["0 GLS 3", "0 GLS 5", "1 GLS 1"]);
	});
});

test("everything is done with keys, and what happens is said", async ({ open }) => {
	const { path, make, stored } = await block();
	await make("GLS", 1, 0);
	await make("PMD", 1, 0);
	const page = await open("office");
	await page.goto(path);
	await chip(page, 0, 1).first().focus();
	await page.keyboard.press("ArrowDown");
	await expect(chip(page, 0, 1).nth(1)).toBeFocused();
	await page.keyboard.press("ArrowDown");
	await expect(cell(page, 1, 1)).toBeFocused();
	await page.keyboard.press("ArrowUp");
	await expect(chip(page, 0, 1).nth(1)).toBeFocused();

	await test.step("M picks up, arrows carry, Enter puts down", async () => {
		const said = page.locator("[id^=DndLiveRegion]");
		await page.keyboard.press("m");
		await expect(said).toContainText("picked up");
		await untilKeysCarry(page);
		await page.keyboard.press("ArrowRight");
		await expect(said).toContainText("Over Wednesday");
		await page.keyboard.press("ArrowRight");
		await expect(said).toContainText("Over Thursday");
		await page.keyboard.press("Enter");
		await expect(chip(page, 0, 3)).toBeFocused();
		await expect.poll(stored).toEqual(["0 GLS 1", "0 PMD 3"]);
	});

	await test.step("Esc leaves everything as it was", async () => {
		const said = page.locator("[id^=DndLiveRegion]");
		await page.keyboard.press("m");
		await expect(said).toContainText("picked up");
		await untilKeysCarry(page);
		await page.keyboard.press("ArrowRight");
		await expect(said).toContainText("Over Friday");
		await page.keyboard.press("Escape");
		await expect(page.getByRole("grid")).not.toHaveAttribute("data-drop");
		expect(await stored()).toEqual(["0 GLS 1", "0 PMD 3"]);
	});

	await test.step("C and V copy, to another building too", async () => {
		await chip(page, 0, 3).focus();
		await page.keyboard.press("c");
		await page.keyboard.press("ArrowDown");
		await page.keyboard.press("ArrowRight");
		await page.keyboard.press("v");
		await expect(chip(page, 1, 4)).toHaveAccessibleName(/^PMD/);
		await expect.poll(stored).toEqual(["0 GLS 1", "0 PMD 3", "1 PMD 4"]);
	});

	await test.step("Shift spans, Delete deletes", async () => {
		await chip(page, 0, 1).focus();
		await page.keyboard.press("Shift+ArrowRight");
		await page.keyboard.press("Shift+ArrowRight");
		await expect(page.getByText("2 selected")).toBeVisible();
		await page.keyboard.press("Delete");
		await expect.poll(stored).toEqual(["1 PMD 4"]);
	});

	await test.step("Enter opens, and saving changes it", async () => {
		await chip(page, 1, 4).focus();
		await page.keyboard.press("Enter");
		const form = page.getByRole("dialog");
		await form.getByLabel("Note").fill("At the back");
		await form.getByRole("button", { name: "Save" }).click();
		await expect(form).toBeHidden();
		await expect(chip(page, 1, 4)).toHaveAccessibleName(/At the back/);
		await expect(chip(page, 1, 4)).toBeFocused();
	});
});

test("a finger that stays drags, and a phone shows a list", async ({ open }) => {
	const { path, make, stored } = await block();
	await make("GLS", 0, 0);
	const page = await open("office", { phone: true });
	await page.goto(path);
	const [from, to] = [await middle(chip(page, 0, 0)), await middle(cell(page, 0, 1))];
	const touch = await page.context().newCDPSession(page);
	const send = (type: "touchStart" | "touchMove" | "touchEnd", x: number) =>
		touch.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y: from.y }] });
	await send("touchStart", from.x);
	await expect(page.getByRole("grid")).toHaveAttribute("data-drop", "move");
	for (let step = 1; step <= 8; step++) {
		await send("touchMove", from.x + ((to.x - from.x) * step) / 8);
	}
	await send("touchEnd", to.x);
	await expect.poll(stored).toEqual(["0 GLS 1"]);

	await page.goto(path.replace("view=week&", ""));
	await page.getByRole("checkbox", { name: /^Select Glass/ }).tap();
	await page.getByRole("button", { name: "Move …" }).tap();
	const form = page.getByRole("dialog", { name: "Move 1 collection" });
	await form.getByText("By some days").tap();
	await form.getByLabel("Days later").fill("2");
	await form.getByRole("button", { name: "Move", exact: true }).tap();
	await expect.poll(stored).toEqual(["0 GLS 3"]);
});

test("what another office has changed meanwhile is told, and nothing is moved", async ({ open, complaints }) => {
	complaints.expect(/^error: Failed to load resource: .* 409 .*\(\/planning\/collections\)$/);
	const { path, days, make, collections, stored } = await block();
	await make("GLS", 0, 0, 1);
	const page = await open("office");
	// This window hears of nothing.
	await page.routeWebSocket(/\/ws$/, () => undefined);
	await page.goto(path);
	await expect(chip(page, 0, 0)).toBeVisible();
	const api = await apiOf("admin");
	const [first] = await collections();
	const moved = await api.put("/planning/collections", {
		data: {
			items: [{ id: first?.id, version: first?.version, date: days[5] }],
			type: "",
			note: null,
			put_out: null,
			bring_in: null,
			times: null,
		},
	});
	expect(moved.status(), await moved.text()).toBe(200);
	await chip(page, 0, 0).click({ modifiers: ["ControlOrMeta"] });
	await chip(page, 1, 0).click({ modifiers: ["ControlOrMeta"] });
	await drag(page, chip(page, 0, 0), cell(page, 0, 2));
	const alert = page.getByRole("alert");
	await expect(alert).toContainText("Nothing was moved.");
	await expect(alert.getByRole("listitem")).toHaveCount(1);
	// It is shown where it is now, and the other one is where it was.
	await expect(chip(page, 0, 5)).toBeVisible();
	await expect(chip(page, 1, 0)).toBeVisible();
	expect(await stored()).toEqual(["0 GLS 5", "1 GLS 0"]);
	await api.dispose();
});

test("a week is copied after a look at what comes of it, and kinds narrow what is shown", async ({ open }) => {
	const { path, make, stored } = await block();
	await make("GLS", 0, 0, 1);
	await make("PMD", 2, 0);
	const page = await open("office");
	await page.goto(path);

	await page.getByRole("button", { name: "More" }).click();
	await page.getByRole("menuitem", { name: "Copy a period to later weeks" }).click();
	const copy = page.getByRole("dialog", { name: "Copy a period to later weeks" });
	await copy.getByRole("combobox", { name: "To the weeks" }).click();
	await page.getByRole("option").first().click();
	await copy.getByRole("button", { name: "Show what happens" }).click();
	await expect(copy.getByText("3 collections will be added")).toBeVisible();
	await copy.getByRole("button", { name: "Add 3 collections" }).click();
	await expect(copy).toBeHidden();
	await expect(page.getByText("3 collections added")).toBeVisible();
	await page.getByRole("button", { name: "Next week" }).click();
	await expect(page.getByRole("grid").getByRole("button")).toHaveCount(3);

	await page.getByRole("button", { name: "Previous week" }).click();
	await page.getByRole("button", { name: "Glass" }).first().click();
	await expect(page).toHaveURL(/kind=/);
	await expect(page.getByRole("grid").getByRole("button")).toHaveCount(2);
	expect(await stored()).toEqual(["0 GLS 0", "0 PMD 2", "1 GLS 0"]);
});
