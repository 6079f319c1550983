import type { Locator, Page } from "@playwright/test";
import { apiOf, read } from "./application.js";
import { check } from "./axe.js";
import { expect, takePhoto, test } from "./fixtures.js";

type Tour = { id: number; name: string; version: number; stops: { building: { id: number } }[] };

test("the regions are on a map that needs no network beside the app's own", async ({ open }) => {
	const page = await open("office");
	const asked = new Set<string>();
	page.on("request", (request) => asked.add(new URL(request.url()).origin));
	await page.goto("/manage/regions");
	const map = page.getByRole("group", { name: "Map of the buildings" });
	await expect(map.getByRole("button", { name: /buildings, zoom in$/ }).first()).toBeVisible();
	await check(page);
	expect([...asked].filter((origin) => origin.startsWith("http"))).toEqual([new URL(page.url()).origin]);

	// By keys to a building: a group opens, a point leads to its page.
	for (let group = map.getByRole("button", { name: /buildings, zoom in$/ }); (await group.count()) > 0; ) {
		await group.first().focus();
		await page.keyboard.press("Enter");
	}
	await map.getByRole("button", { name: /^[A-Z].* \d+/ }).first().focus();
	await page.keyboard.press("Enter");
	await expect(page).toHaveURL(/\/manage\/buildings\/\d+$/);
	await expect(page.getByRole("group", { name: /^Map of / })).toBeVisible();
});

test("a shorter order is suggested, shown, taken over and saved", async ({ open }) => {
	const api = await apiOf("office");
	const { items } = await read<{ items: Tour[] }>(api, "/tours?limit=200");
	const id = items.find(({ name }) => name === "Centrum Zuid")?.id ?? 0;
	const before = await read<Tour>(api, `/tours/${id}`);
	const stops = before.stops.map(({ building }) => building.id);
	try {
		const page = await open("office");
		await page.goto(`/manage/tours/${id}`);
		await page.getByRole("button", { name: "Suggest an order" }).click();
		const dialog = page.getByRole("dialog");
		await expect(dialog.getByText(/as the crow flies: \d+\.\d km less/)).toBeVisible();
		await expect(dialog.getByRole("group", { name: "Map of the stops" })).toBeVisible();
		await check(page);
		await dialog.getByRole("button", { name: "Take over" }).click();
		await page.getByRole("button", { name: "Save stops" }).click();
		await expect(page.getByText("The stops are saved.")).toBeVisible();
		const after = (await read<Tour>(api, `/tours/${id}`)).stops.map(({ building }) => building.id);
		expect(after).not.toEqual(stops);
		expect([...after].sort()).toEqual([...stops].sort());
		expect(after[0], "it begins where it began").toBe(stops[0]);
	} finally {
		const { version } = await read<Tour>(api, `/tours/${id}`);
		const back = await api.put(`/tours/${id}/stops`, { data: { building_ids: stops, version } });
		expect(back.status(), await back.text()).toBe(200);
		await api.dispose();
	}
});

test("the office gives a building a photo of its front, and the syndic sees it", async ({ open }) => {
	const api = await apiOf("office");
	const { items } = await read<{ items: { id: number; photo: unknown }[] }>(api, "/buildings?q=elisabeth");
	const building = items[0]?.id ?? 0;
	const page = await open("office");
	await page.goto(`/manage/buildings/${building}`);
	const front = page.getByRole("region", { name: "Front" });
	await expect(front.getByText(/No photo yet/)).toBeVisible();
	await page.locator('input[type="file"][accept*="webp"]').setInputFiles(await takePhoto(page, "front"));
	await expect(front.getByRole("button", { name: /enlarge$/ })).toBeVisible();
	await check(page);

	const syndic = await open("syndic");
	await syndic.goto(`/my-buildings/${building}`);
	const image = syndic.getByRole("region", { name: "Front" }).locator("img");
	await expect(image).toBeVisible();
	await expect.poll(() => image.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBeGreaterThan(1000);

	await front.getByRole("button", { name: "Remove" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
	await expect(front.getByText(/No photo yet/)).toBeVisible();
	await api.dispose();
});

for (const colorScheme of ["light", "dark"] as const) {
	test(`streets of a style that the installation names lie below the points, ${colorScheme}`, async ({ open, complaints }) => {
		complaints.expect(drawnWithoutGraphicsCard);
		const page = await open("office", { context: { colorScheme } });
		await page.route("/config.json", async (route) => {
			const response = await route.fetch();
			await route.fulfill({ response, json: { ...(await response.json()), map_style_url: "/map/style.json" } });
		});
		await page.route("/map/style.json", (route) => route.fulfill({ json: style }));
		await page.goto("/manage/regions");
		const map = page.getByRole("group", { name: "Map of the buildings" });
		await expect(map.locator("canvas")).toBeVisible();
		await expect(map.getByRole("button", { name: /buildings, zoom in$/ }).first()).toBeVisible();
		// The ground is drawn in the style's colour, and who made it is named.
		await expect(async () => {
			const [red, green, blue] = await pixel(page, map);
			expect([red, green, blue]).toEqual([32, 96, 160]);
		}).toPass();
		await expect(map.getByText("© Somebody who draws streets")).toBeVisible();
		await check(page);
	});
}

test("the points stay on a plain ground when the style of the streets does not come", async ({ open, complaints }) => {
	complaints.expect(/Failed to load resource: .* 404 .*style\.json/, drawnWithoutGraphicsCard);
	const page = await open("office");
	await page.route("/config.json", async (route) => {
		const response = await route.fetch();
		await route.fulfill({ response, json: { ...(await response.json()), map_style_url: "/map/style.json" } });
	});
	await page.route("/map/style.json", (route) => route.fulfill({ status: 404, body: "no such file" }));
	await page.goto("/manage/regions");
	const map = page.getByRole("group", { name: "Map of the buildings" });
	await expect(map.getByRole("button", { name: /buildings, zoom in$/ }).first()).toBeVisible();
	await expect(map.locator("canvas")).toHaveCount(0);
	await check(page);
});

const drawnWithoutGraphicsCard = /^warning: .*GL Driver Message \(OpenGL, Performance/;

/** The whole world in one colour. */
const style = {
	version: 8,
	sources: {
		world: {
			type: "geojson",
			attribution: "© Somebody who draws streets",
			data: {
				type: "Polygon",
				coordinates: [
					[
						[-180, -85],
						[180, -85],
						[180, 85],
						[-180, 85],
						[-180, -85],
					],
				],
			},
		},
	},
	layers: [{ id: "world", type: "fill", source: "world", paint: { "fill-color": "rgb(32,96,160)", "fill-antialias": false } }],
};

/** The colour, on screen, near the upper left corner of a thing. */
async function pixel(page: Page, thing: Locator): Promise<number[]> {
	const picture = (await thing.screenshot()).toString("base64");
	return await page.evaluate(async (data) => {
		const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
		const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
		const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
		pen?.drawImage(bitmap, 0, 0);
		return [...(pen?.getImageData(6, 6, 1, 1).data ?? [])].slice(0, 3);
	}, picture);
}
