import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { BrowserContext, Page } from "@playwright/test";
import { apiOf, me, type Run, read, steps, timeZone, today } from "./application.js";
import { door } from "./door.js";
import { expect, type Photo, takePhoto, test } from "./fixtures.js";
import { outboxBadge, street } from "./worker.js";

const minute = 60_000;
const noNetwork = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION|WebSocket connection/;

/** The moment of a time of day, by the clocks of the application's zone. */
function momentOf(date: string, time: string): number {
	const utc = Date.parse(`${date}T${time}Z`);
	const local = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
	return utc - (Date.parse(`${local.format(utc).replace(" ", "T")}Z`) - utc);
}

/** The phone's clock, which says what the test wants in every page that is opened on it, and runs on from there. */
async function clockOf(context: BrowserContext) {
	let ahead = 0;
	await context.addInitScript(() => {
		const Real = Date;
		const now = () => Real.now() + Number(localStorage.getItem("clock") ?? 0);
		globalThis.Date = class extends Real {
			constructor(...given: unknown[]) {
				super(...((given.length === 0 ? [now()] : given) as [number]));
			}
			static override now() {
				return now();
			}
		} as DateConstructor;
	});
	return {
		async set(page: Page, moment: number) {
			ahead = Math.round(moment - Date.now());
			await page.evaluate((value) => localStorage.setItem("clock", String(value)), ahead);
		},
		now: () => Date.now() + ahead,
	};
}

type Planned = { run: Run; tidy(): Promise<void> };

/** A tour of ten stops in a region that no other test knows, whose run is of yesterday. */
async function plannedYesterday(): Promise<Planned> {
	const own = randomUUID().slice(0, 8);
	const api = await apiOf("admin");
	const write = async <T>(method: "post" | "put", path: string, data: object): Promise<T> => {
		const answer = await api[method](path, { data });
		expect(answer.status(), await answer.text()).toBe(200);
		return (await answer.json()) as T;
	};
	const region = await write<{ id: number }>("post", "/regions", { name: `Nachtwijk ${own}` });
	const buildings: number[] = [];
	for (let number = 1; number <= 10; number += 1) {
		const { id } = await write<{ id: number }>("post", "/buildings", {
			region_id: region.id,
			name: "",
			address: { street: `Nachtstraat ${own}`, house_number: String(number), bus: "", postal_code: "9000", city: "Gent" },
			syndic_ids: [],
			customer_number: "",
			coordinates: { latitude: 51.05, longitude: 3.72 + number / 1000 },
			agreed_minutes: 6,
			tell_syndic: false,
			public_photos: false,
			version: 0,
		});
		buildings.push(id);
	}
	const tour = await write<{ id: number; version: number }>("post", "/tours", {
		region_id: region.id,
		name: `Nachtronde ${own}`,
		hide_idle_stops: false,
		version: 0,
	});
	await write("put", `/tours/${tour.id}/stops`, { building_ids: buildings, version: tour.version });
	const worker = await me("seppe");
	const { region_ids } = await read<{ region_ids: number[] }>(api, `/users/${worker.id}`);
	await write("put", `/users/${worker.id}/regions`, { region_ids: [...region_ids, region.id] });
	const run = await write<Run>("post", "/runs", { tour_id: tour.id, worker_id: worker.id, date: today() });
	// The API plans no past day: what was planned then is put there.
	const data = readFileSync(new URL("./data.out", import.meta.url), "utf8").trim();
	const put = spawnSync(`${data}/encore`, ["db", "shell", "core"], {
		cwd: new URL("..", import.meta.url).pathname,
		env: { ...process.env, ENCORE_DATA_DIR: `${data}/data` },
		input: `update runs set date = date - 1, planned_at = planned_at - interval '2 days' where id = ${run.id};`,
		encoding: "utf8",
	});
	expect(put.status, put.stderr).toBe(0);
	return {
		run,
		tidy: async () => {
			await write("put", `/users/${worker.id}/regions`, { region_ids });
			await api.dispose();
		},
	};
}

test("a night's round of ten stops without network, with the app killed, arrives once and at its times", async ({ open, complaints }) => {
	test.setTimeout(180_000);
	complaints.expect(noNetwork, /SyntaxError|Failed to load resource/);
	const { run, tidy } = await plannedYesterday();
	expect(run.stops).toHaveLength(10);
	const server = await door();
	let phone = await open("seppe", { phone: true, context: { serviceWorkers: "allow", baseURL: server.address } });
	const device = phone.context();
	await device.addInitScript(() => {
		if (location.protocol.startsWith("http")) { // a new page is empty at first
			localStorage.setItem("trottoir.language", "en");
		}
	});
	const clock = await clockOf(device);

	// Yesterday evening, and the clock is three minutes slow.
	const yesterday = new Date(Date.parse(`${today()}T12:00:00Z`) - 24 * 60 * minute).toISOString().slice(0, 10);
	const evening = momentOf(yesterday, "23:32:00") - 3 * minute;
	await phone.goto("/profile");
	await clock.set(phone, evening);
	await phone.goto(`/work/${run.id}`);
	await expect(phone.getByRole("button", { name: "Start run" })).toBeVisible();
	await phone.evaluate(async () => {
		await navigator.serviceWorker.ready;
		if (navigator.serviceWorker.controller === null) {
			await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
		}
	});
	const photos: Photo[] = [];
	for (let index = 0; index < 30; index += 1) {
		photos.push(await takePhoto(phone, `Night, photo ${index + 1}`));
	}

	await device.setOffline(true);
	const taps = new Map<string, number>();
	const tapped = (what: string) => taps.set(what, clock.now());
	await phone.getByRole("button", { name: "Start run" }).tap();
	tapped("start");
	for (const [index, stop] of run.stops.entries()) {
		await expect(phone.getByRole("heading", { name: street(stop), exact: true })).toBeVisible();
		for (const [place, step] of steps.entries()) {
			const photo = photos[index * 3 + place];
			if (photo === undefined) {
				throw new Error("a photo too few");
			}
			await phone.getByLabel("Add photo").setInputFiles(photo);
			await expect(phone.getByRole("img", { name: /^Photo .+ (sent|waits)/ })).toHaveCount(1);
			const confirmation = { arrival: "Done with arrival", inside: "Done inside", departure: "Done, finish stop" }[step];
			await phone.getByRole("button", { name: confirmation, exact: true }).tap();
			tapped(`${stop.building.id} ${step}`);
			if (step !== "departure") {
				await expect(phone.getByRole("button", { name: confirmation, exact: true })).toHaveCount(0);
			}
			// Each step takes two minutes.
			await clock.set(phone, clock.now() + 2 * minute);
		}
		if (index === 2 || index === 6) {
			await expect(phone.getByRole("heading", { name: street(run.stops[index + 1] as Run["stops"][number]) })).toBeVisible();
			await phone.close({ runBeforeUnload: false });
			phone = await device.newPage();
			await phone.goto("/");
		}
		if (index === 4) {
			await test.step("a café's hotspot answers in the server's place", async () => {
				server.capture(true);
				await device.setOffline(false);
				await expect.poll(() => server.captured()).toBeGreaterThan(2);
				await expect(outboxBadge(phone)).toHaveAccessibleName("31 items to send");
				await device.setOffline(true);
				server.capture(false);
			});
		}
	}
	await expect(phone.getByRole("heading", { name: "Run done" })).toBeVisible();
	await expect(outboxBadge(phone)).toHaveAccessibleName("61 items to send");

	// At home, at noon, the network is back.
	await device.setOffline(false);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent", { timeout: 60_000 });

	const api = await apiOf("seppe");
	type Stored = Run & { started_at: string; completed_at: string; start_corrected: boolean };
	const stored = await read<Stored>(api, `/runs/${run.id}`);
	const near = (moment: string, tap: number | undefined, what: string) =>
		expect(Math.abs(Date.parse(moment) - (tap ?? 0)), `${what} happened when it was tapped`).toBeLessThan(15_000);
	expect(stored.status).toBe("completed");
	near(stored.started_at, taps.get("start"), "the start");
	expect(stored.start_corrected).toBe(false);
	expect(stored.stops).toHaveLength(10);
	for (const stop of stored.stops) {
		const visit = stop.visit;
		expect(visit?.outcome).toBe("done");
		expect(visit?.steps.map(({ step }) => step)).toEqual(steps);
		expect(visit?.pictures.map(({ step }) => step).toSorted()).toEqual([...steps].toSorted());
		for (const step of visit?.steps ?? []) {
			near(step.occurred_at, taps.get(`${stop.building.id} ${step.step}`), step.step);
			expect(step.corrected, "a clock that is slow is believed").toBe(false);
		}
	}
	const all = stored.stops.flatMap(({ visit }) => visit?.pictures ?? []);
	expect(new Set(all.map(({ id }) => id)).size).toBe(30);
	expect(stored.completed_at).toBe(stored.stops.at(-1)?.visit?.steps.at(-1)?.occurred_at);
	const worked = (Date.parse(stored.completed_at) - Date.parse(stored.started_at)) / minute;
	expect(worked, "the night's hour, not the morning after").toBeGreaterThan(58);
	expect(worked).toBeLessThan(64);

	await test.step("what is remarked after the end, by a clock three minutes ahead, is taken and marked", async () => {
		await clock.set(phone, Date.now() + 3 * minute);
		await phone.reload();
		await phone.getByRole("button", { name: street(run.stops[0] as Run["stops"][number]) }).first().tap();
		await phone.getByRole("button", { name: "Remark", exact: true }).tap();
		const sheet = phone.getByRole("dialog");
		await sheet.getByRole("textbox").fill("The gate stood open");
		await sheet.getByLabel("Add photo").setInputFiles([photos[0] as Photo, photos[1] as Photo]);
		await sheet.getByRole("button", { name: "Save remark" }).tap();
		const remarks = phone.getByRole("region", { name: "Remarks" });
		await expect(remarks.getByRole("img", { name: "Photo remark sent" })).toHaveCount(2);
		type Remarks = { items: { text: string; corrected: boolean; occurred_at: string; pictures: unknown[] }[] };
		const written = async () => (await read<Remarks>(api, `/runs/${run.id}/remarks`)).items;
		expect(await written()).toHaveLength(1);
		expect((await written())[0]?.corrected, "a clock that is ahead by more than two minutes is not believed").toBe(true);
		expect(Date.parse((await written())[0]?.occurred_at ?? "")).toBeLessThanOrEqual(Date.now());

		await remarks.getByRole("button", { name: "Change remark: The gate stood open" }).tap();
		await sheet.getByRole("button", { name: "Remove photo 1" }).tap();
		await sheet.getByRole("button", { name: "Save remark" }).tap();
		await expect(remarks.getByRole("img", { name: "Photo remark sent" })).toHaveCount(1);
		await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
		await expect.poll(async () => (await written())[0]?.pictures.length).toBe(1);
	});
	await api.dispose();
	await device.close();
	await server.close();
	await tidy();
});
