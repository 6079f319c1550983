import { randomUUID } from "node:crypto";
import type { Locator, Page } from "@playwright/test";
import { apiOf, me, read, today } from "./application.js";
import { expect, test, untilKeysCarry } from "./fixtures.js";

type Planned = { id: number; tour_id: number; worker_id: number; date: string; version: number };
type Plan = { workers: { id: number; last_name: string }[]; runs: Planned[] };

/** Two students and a tour in a region that no other test knows, in a week in which nothing is planned: each test has one of its own. */
async function crew(week: number) {
	const own = randomUUID().slice(0, 8);
	const api = await apiOf("admin");
	const post = async <T>(path: string, data: object): Promise<T> => {
		const answer = await api.post(path, { data });
		expect(answer.status(), await answer.text()).toBe(200);
		return (await answer.json()) as T;
	};
	const region = await post<{ id: number }>("/regions", { name: `Planwijk ${own}` });
	const building = await post<{ id: number }>("/buildings", {
		region_id: region.id,
		name: "",
		address: { street: `Planstraat ${own}`, house_number: "1", bus: "", postal_code: "9000", city: "Gent" },
		syndic_ids: [],
		customer_number: "",
		coordinates: null,
		agreed_minutes: 30,
		tell_syndic: false,
		public_photos: false,
		version: 0,
	});
	const tour = await post<{ id: number; version: number }>("/tours", {
		region_id: region.id,
		name: `Planronde ${own}`,
		hide_idle_stops: false,
		version: 0,
	});
	const stops = await api.put(`/tours/${tour.id}/stops`, {
		data: { building_ids: [building.id], version: tour.version },
	});
	expect(stops.status(), await stops.text()).toBe(200);
	const people = [await me("noor"), await me("mohamed")];
	for (const person of people) {
		const { region_ids } = await read<{ region_ids: number[] }>(api, `/users/${person.id}`);
		const put = await api.put(`/users/${person.id}/regions`, { data: { region_ids: [...region_ids, region.id] } });
		expect(put.status(), await put.text()).toBe(200);
	}
	const start = new Date(`${today()}T12:00:00Z`);
	start.setUTCDate(start.getUTCDate() + 280 + 7 * (week + 8 * (test.info().retry + 2 * test.info().repeatEachIndex)) - ((start.getUTCDay() + 6) % 7));
	const days = Array.from({ length: 7 }, (_, day) =>
		new Date(start.getTime() + day * 86_400_000).toISOString().slice(0, 10),
	);
	const plan = () => read<Plan>(api, `/planning/weeks?from=${days[0]}&to=${days[6]}&region=${region.id}`);
	const { workers } = await plan();
	const row = (id: number | undefined) => workers.findIndex((worker) => worker.id === id);
	return {
		api,
		tour,
		days,
		noor: people[0] as { id: number },
		mohamed: people[1] as { id: number },
		noorRow: row(people[0]?.id),
		mohamedRow: row(people[1]?.id),
		path: `/plan?date=${days[0]}&region=${region.id}`,
		/** Who does the tour on which day (from 0), in order. */
		stored: async () =>
			(await plan()).runs
				.filter((run) => run.tour_id === tour.id)
				.map((run) => `${run.worker_id === people[0]?.id ? "noor" : "mohamed"} ${days.indexOf(run.date)}`)
				.sort(),
		runs: async () => (await plan()).runs.filter((run) => run.tour_id === tour.id),
		make: async (...places: [number, number][]) => {
			await post("/planning/runs", {
				runs: places.map(([worker_id, day]) => ({ tour_id: tour.id, worker_id, date: days[day] })),
				despite_absence: true,
			});
		},
	};
}

const cell = (page: Page, row: number, column: number) =>
	page.locator(`[data-row="${row}"] [data-column="${column}"]`);
const chip = (page: Page, row: number, column: number) => cell(page, row, column).locator("[data-item]");

async function middle(of: Locator): Promise<{ x: number; y: number }> {
	const box = await of.boundingBox();
	if (box === null) {
		throw new Error("it is not on screen");
	}
	return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** What is read aloud while something is dragged. */
const said = (page: Page) => page.locator("[id^='DndLiveRegion']");

/** Drags by mouse, step by step as a hand does, until what is dragged is over a place. */
async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }, over: RegExp): Promise<void> {
	await page.mouse.move(from.x, from.y);
	await page.mouse.down();
	await page.mouse.move(from.x + 10, from.y, { steps: 3 });
	await page.mouse.move(to.x, to.y, { steps: 10 });
	await expect(said(page)).toContainText(over);
}

test("runs are given, moved, copied, repeated and cancelled by mouse, and another office sees it at once", async ({
	open,
}) => {
	const { path, noor, noorRow, mohamedRow, stored, make } = await crew(0);
	await make([noor.id, 0]);
	const [page, other] = [await open("office"), await open("admin")];
	await page.goto(path);
	await other.goto(path);
	await expect(chip(other, noorRow, 0)).toBeVisible();

	await drag(page, await middle(chip(page, noorRow, 0)), await middle(cell(page, mohamedRow, 1)), /Mohamed.*Tuesday/);
	await page.mouse.up();
	await expect(chip(page, mohamedRow, 1)).toBeVisible();
	await expect(chip(other, mohamedRow, 1)).toBeVisible({ timeout: 1000 });
	await expect(page.getByText("1 run moved")).toBeVisible();
	expect(await stored()).toEqual(["mohamed 1"]);
	await page.getByRole("button", { name: "Undo" }).click();
	await expect(chip(page, noorRow, 0)).toBeVisible();
	await expect.poll(stored).toEqual(["noor 0"]);

	await page.keyboard.down("Alt");
	await drag(page, await middle(chip(page, noorRow, 0)), await middle(cell(page, mohamedRow, 0)), /Mohamed.*Monday/);
	await page.mouse.up();
	await page.keyboard.up("Alt");
	await expect(chip(page, mohamedRow, 0)).toContainText("planned twice");
	await expect.poll(stored).toEqual(["mohamed 0", "noor 0"]);

	const edge = await middle(chip(page, noorRow, 0).locator("[data-edge]"));
	await drag(page, edge, { x: (await middle(cell(page, noorRow, 3))).x, y: edge.y }, /Noor.*Thursday/);
	await page.mouse.up();
	await expect.poll(stored).toEqual(["mohamed 0", "noor 0", "noor 1", "noor 2", "noor 3"]);

	await chip(page, noorRow, 1).click({ modifiers: ["Control"] });
	await chip(page, noorRow, 2).click({ modifiers: ["Control"] });
	await page.getByRole("region", { name: "With the chosen runs" }).getByRole("button", { name: "Cancel" }).click();
	await page.getByRole("textbox", { name: "Reason" }).fill("Staking");
	await page.getByRole("button", { name: "Cancel 2 runs" }).click();
	await expect(chip(other, noorRow, 2)).toHaveCount(0, { timeout: 2000 });
	expect(await stored()).toEqual(["mohamed 0", "noor 0", "noor 3"]);
	await page.getByRole("button", { name: "Undo" }).click();
	await expect.poll(stored).toEqual(["mohamed 0", "noor 0", "noor 1", "noor 2", "noor 3"]);
});

test("keys alone give and repeat", async ({ open }) => {
	const { path, noor, noorRow, mohamedRow, stored, make } = await crew(1);
	await make([noor.id, 0]);
	const page = await open("office");
	await page.goto(path);
	await chip(page, noorRow, 0).focus();
	await page.keyboard.press("r");
	await expect(said(page)).toContainText("Monday");
	await untilKeysCarry(page);
	await page.keyboard.press("ArrowRight");
	await expect(said(page)).toContainText("Tuesday");
	await page.keyboard.press("ArrowRight");
	await expect(said(page)).toContainText("Wednesday");
	await page.keyboard.press("Enter");
	await expect.poll(stored).toEqual(["noor 0", "noor 1", "noor 2"]);
	await expect(page.getByText("2 runs planned")).toBeVisible();

	await chip(page, noorRow, 2).focus();
	await page.keyboard.press("m");
	await expect(said(page)).toContainText("Noor");
	await untilKeysCarry(page);
	for (let row = noorRow; row !== mohamedRow; row += Math.sign(mohamedRow - noorRow)) {
		await page.keyboard.press(mohamedRow > noorRow ? "ArrowDown" : "ArrowUp");
	}
	await expect(said(page)).toContainText("Mohamed");
	await page.keyboard.press("Enter");
	await expect.poll(stored).toEqual(["mohamed 2", "noor 0", "noor 1"]);
	await expect(chip(page, mohamedRow, 2)).toBeFocused();
});

test("a run that another office has moved meanwhile is not overwritten", async ({ open, complaints }) => {
	complaints.expect(/^error: Failed to load resource: .* 409 .*\(\/planning\/runs\)$/);
	const { api, path, days, noor, mohamed, noorRow, mohamedRow, stored, runs, make } = await crew(2);
	await make([noor.id, 0]);
	const page = await open("office");
	// This window hears of nothing.
	await page.routeWebSocket(/\/ws$/, () => undefined);
	await page.goto(path);
	await expect(chip(page, noorRow, 0)).toBeVisible();
	const [first] = await runs();
	const moved = await api.put("/planning/runs", {
		data: {
			items: [{ id: first?.id, version: first?.version, tour_id: first?.tour_id, worker_id: mohamed.id, date: days[5] }],
			despite_absence: true,
		},
	});
	expect(moved.status(), await moved.text()).toBe(200);
	await drag(page, await middle(chip(page, noorRow, 0)), await middle(cell(page, noorRow, 3)), /Noor.*Thursday/);
	await page.mouse.up();
	await expect(page.getByRole("alert")).toContainText("Nothing was moved.");
	// It is shown where it is now.
	await expect(chip(page, mohamedRow, 5)).toBeVisible();
	expect(await stored()).toEqual(["mohamed 5"]);
});

test("a run that nobody has is dragged from the tray to a person", async ({ open }) => {
	const { api, tour, path, noor, noorRow, stored } = await crew(4);
	const { version } = await read<{ version: number }>(api, `/tours/${tour.id}`);
	const rhythm = await api.put(`/tours/${tour.id}/rhythm`, {
		data: { rrule: "FREQ=WEEKLY;BYDAY=TH", start_date: today(), held_from: "", held_until: "", usual_walker_ids: [noor.id], version },
	});
	expect(rhythm.status(), await rhythm.text()).toBe(200);
	const page = await open("office");
	await page.goto(path);
	const need = page.getByRole("button", { name: /^Give Planronde/ });
	// Its own day is where it goes, whichever day of the person it is dropped on.
	await drag(page, await middle(need), await middle(cell(page, noorRow, 0)), /Noor.*Thursday/);
	await page.mouse.up();
	await expect(chip(page, noorRow, 3)).toBeVisible();
	await expect(need).toBeHidden();
	await expect.poll(stored).toEqual(["noor 3"]);
	await page.getByRole("button", { name: "Undo" }).click();
	await expect(need).toBeVisible();
	await expect.poll(stored).toEqual([]);
});

test("a finger that stays picks a run up, and puts it down at somebody else's", async ({ open }) => {
	const { path, noor, noorRow, mohamedRow, stored, make } = await crew(5);
	await make([noor.id, 0]);
	const page = await open("office", { context: { viewport: { width: 820, height: 1180 }, hasTouch: true } });
	await page.goto(path);
	const from = await middle(chip(page, noorRow, 0));
	const to = await middle(cell(page, mohamedRow, 2));
	const session = await page.context().newCDPSession(page);
	const touch = (type: "touchStart" | "touchMove" | "touchEnd", at?: { x: number; y: number }) =>
		session.send("Input.dispatchTouchEvent", { type, touchPoints: at === undefined ? [] : [at] });
	await touch("touchStart", from);
	await expect(said(page)).toContainText("picked up");
	for (const part of [0.3, 0.7, 1]) {
		await touch("touchMove", { x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) });
	}
	await expect(said(page)).toContainText(/Mohamed.*Wednesday/);
	await touch("touchEnd");
	await expect(chip(page, mohamedRow, 2)).toBeVisible();
	await expect.poll(stored).toEqual(["mohamed 2"]);
});

test("on a phone a run is chosen and moved to the day that is tapped", async ({ open }) => {
	const { path, noor, stored, make } = await crew(6);
	await make([noor.id, 2]);
	const page = await open("office", { phone: true });
	await page.goto(path);
	await page.getByRole("checkbox", { name: /^Choose Planronde/ }).tap();
	await page.getByRole("button", { name: /^Move here: Sat/ }).tap();
	await expect.poll(stored).toEqual(["noor 5"]);
	await page.getByRole("button", { name: "Undo" }).tap();
	await expect.poll(stored).toEqual(["noor 2"]);
});

test("a phone shows a list by day", async ({ open }) => {
	const { path, noor, make } = await crew(3);
	await make([noor.id, 2]);
	const page = await open("office", { phone: true });
	await page.goto(path);
	await expect(page.getByRole("grid")).toBeHidden();
	await expect(page.getByRole("listitem").filter({ hasText: "Planronde" })).toContainText("Noor");
});
