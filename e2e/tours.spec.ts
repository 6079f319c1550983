import { randomUUID } from "node:crypto";
import type { APIRequestContext } from "@playwright/test";
import { apiOf, me, type Person, type Run, read, today } from "./application.js";
import { check } from "./axe.js";
import { expect, staysLoaded, test } from "./fixtures.js";

type TourDetail = {
	id: number;
	name: string;
	version: number;
	region: { id: number };
	stops: { building: { id: number; address: { street: string } } }[];
};

async function make<T>(api: APIRequestContext, method: "post" | "put", path: string, data: object): Promise<T> {
	const answer = await api[method](path, { data });
	expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
	return (await answer.json()) as T;
}

/** A tour of three buildings of its own, in a region of the worker and of others, and a run of it that is planned for today. */
async function plannedTour(
	worker: Person,
	...others: Person[]
): Promise<{
	tour: TourDetail;
	run: Run;
	street: (number: number) => string;
}> {
	const api = await apiOf("office");
	const own = randomUUID().slice(0, 8);
	const street = (number: number) => `Straat ${own} ${number}`;
	const { id: workerId, region_ids } = await me(worker);
	const theirs = await Promise.all(others.map(async (other) => (await me(other)).region_ids));
	const region_id = region_ids.find((id) => theirs.every((ids) => ids.includes(id))) ?? 0;
	const buildings: number[] = [];
	for (const number of [1, 2, 3]) {
		const { id } = await make<{ id: number }>(api, "post", "/buildings", {
			region_id,
			name: "",
			address: { street: `Straat ${own}`, house_number: String(number), bus: "", postal_code: "9000", city: "Gent" },
			agreed_minutes: 10,
			syndic_ids: [],
			customer_number: "",
			coordinates: null,
			version: 0,
		});
		buildings.push(id);
	}
	const empty = await make<TourDetail>(api, "post", "/tours", { region_id, name: `Ronde ${own}`, version: 0 });
	const tour = await make<TourDetail>(api, "put", `/tours/${empty.id}/stops`, {
		building_ids: buildings,
		version: empty.version,
	});
	const run = await make<Run>(api, "post", "/runs", { tour_id: tour.id, worker_id: workerId, date: today() });
	await api.dispose();
	return { tour, run, street };
}

test("a tour that the office edits says on the worker's phone what has changed, without a reload", async ({ open }) => {
	test.slow();
	const { tour, run, street } = await plannedTour("lotte");
	const phone = await open("lotte", { phone: true });
	await phone.goto(`/work/${run.id}`);
	await expect(phone.getByRole("button", { name: "Start run" })).toBeVisible();
	await expect(phone.getByText(street(3))).toBeVisible();
	const stays = await staysLoaded(phone);

	const page = await open("office");
	await test.step("the office moves the last stop to the front", async () => {
		await page.goto(`/manage/tours/${tour.id}`);
		const up = page.getByRole("button", { name: `Move ${street(3)} up` });
		await up.click();
		await up.click();
		await page.getByRole("button", { name: "Save stops" }).click();
		await expect(page.getByRole("button", { name: "Save stops" })).toBeHidden();
	});

	const changes = phone.getByRole("list", { name: "Changed stops" });
	await test.step("the phone says so", async () => {
		await expect(phone.getByRole("heading", { name: "The stops of this tour have changed" })).toBeVisible();
		await expect(changes.getByRole("listitem")).toHaveText([`${street(3)} from place 3 to 1`]);
		await check(phone);
		await stays();
	});

	await test.step("the office sees on the run that the worker has not seen it, and then that they have", async () => {
		await page.goto(`/manage/runs/${run.id}`);
		await expect(page.getByText("The worker has not seen it yet.")).toBeVisible();
		await phone.getByRole("button", { name: "I have seen it" }).tap();
		await expect(changes).toBeHidden();
		await expect(page.getByText("The worker has seen it", { exact: false })).toBeVisible();
		await stays();
	});

	await test.step("the version before comes back, and is told again", async () => {
		await page.goto(`/manage/tours/${tour.id}`);
		await page.getByRole("button", { name: "Show versions" }).click();
		await page.getByRole("button", { name: "Bring back: version 2" }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Bring back version 2" }).click();
		await expect(page.getByText("Version 2 is back.")).toBeVisible();
		await expect(changes.getByRole("listitem")).toHaveText([`${street(3)} from place 1 to 3`]);
	});
});

test("the office gives a run to somebody else, and corrects with a reason how it ended", async ({ open }) => {
	test.slow();
	const taker: Person = "noor";
	const { run, street } = await plannedTour("mohamed", taker);
	const { first_name, last_name } = await me(taker);
	const name = `${first_name} ${last_name}`;
	const page = await open("office");
	await page.goto(`/manage/runs/${run.id}`);
	await page.getByRole("button", { name: "Give to somebody else …" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByRole("combobox", { name: "New worker" }).click();
	await page.getByRole("option", { name }).click();
	await dialog.getByRole("button", { name: "Give the run" }).click();
	await expect(page.getByText(`The run is ${name}'s now.`)).toBeVisible();
	await expect(page.getByRole("link", { name, exact: true })).toBeVisible();

	const worker = await apiOf(taker);
	const now = () => new Date().toISOString();
	await make(worker, "post", `/runs/${run.id}/start`, { id: randomUUID(), occurred_at: now() });
	const stops = await read<Run>(worker, `/runs/${run.id}`);
	const first = stops.stops[0]?.building.id ?? 0;
	await make(worker, "put", `/runs/${run.id}/visits/${first}/outcome`, {
		id: randomUUID(),
		outcome: "skipped",
		reason: "Gate shut",
		occurred_at: now(),
	});
	await worker.dispose();

	await page.getByRole("button", { name: `Correct: ${street(1)}` }).click();
	const correct = page.getByRole("dialog");
	await correct.getByRole("combobox", { name: "Outcome" }).click();
	await page.getByRole("option", { name: "done", exact: true }).click();
	await correct.getByRole("button", { name: "Save correction" }).click();
	await expect(correct.getByText("Give a reason")).toBeVisible();
	await correct.getByRole("textbox", { name: /^Why/ }).fill("The syndic saw the bins outside");
	await correct.getByRole("button", { name: "Save correction" }).click();
	await expect(page.getByRole("list", { name: "Corrections" })).toContainText(
		/Outcome: skipped became done\. .+: The syndic saw the bins outside/,
	);
	await check(page);
});
