import { apiOf, type Run, read, steps } from "./application.js";
import { expect, test } from "./fixtures.js";
import { doStep, first, outboxBadge, startFromList, street } from "./worker.js";

const students = ["noor", "lucas", "mohamed", "lotte"] as const;

/** What a browser says about requests that find no network. */
const noNetwork = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection/;

test("what is done without network arrives once when it is back", async ({ open, plan, complaints }) => {
	complaints.expect(noNetwork);
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	await doStep(phone, run, 1, "arrival");
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");

	await phone.context().setOffline(true);
	await expect(phone.getByText("No connection: everything is kept on this device and sent later.")).toBeVisible();
	await doStep(phone, run, 1, "inside");
	await doStep(phone, run, 1, "departure");
	await doStep(phone, run, 2, "arrival");
	await expect(outboxBadge(phone)).toHaveAccessibleName("6 items to send");

	await test.step("the queue names what waits, in order", async () => {
		await outboxBadge(phone).tap();
		const queue = phone.getByRole("list", { name: `Run ${run.tour.name}` }).getByRole("listitem");
		await expect(queue).toContainText([
			"Photo inside",
			"Inside done",
			"Photo leaving",
			"Leaving done",
			"Photo arrival",
			"Arrival done",
		]);
		await phone.getByRole("button", { name: "Close" }).tap();
	});

	const lastTap = Date.now();
	await phone.context().setOffline(false);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");

	const api = await apiOf(worker);
	const stored = await read<Run>(api, `/runs/${run.id}`);
	await api.dispose();
	expect(stored.progress.segments.slice(0, 3)).toEqual(["done", "arrived", "open"]);
	const [visit, next] = stored.stops.map((stop) => stop.visit);
	expect(visit?.steps.map(({ step }) => step)).toEqual(steps);
	expect(visit?.pictures.map(({ step }) => step)).toEqual(steps);
	expect(next?.steps.map(({ step }) => step)).toEqual(["arrival"]);
	expect(next?.pictures.map(({ step }) => step)).toEqual(["arrival"]);
	for (const step of [...(visit?.steps.slice(1) ?? []), ...(next?.steps ?? [])]) {
		expect(step.corrected, "the time is the one of the phone").toBe(false);
		expect(Date.parse(step.occurred_at)).toBeLessThanOrEqual(lastTap);
		expect(Date.parse(step.received_at)).toBeGreaterThanOrEqual(lastTap);
	}
});

test("work that waits survives the end of the app", async ({ open, plan, complaints }) => {
	complaints.expect(noNetwork);
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	const device = phone.context();
	await startFromList(phone, run);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");

	await device.setOffline(true);
	await doStep(phone, run, 1, "arrival");
	await expect(outboxBadge(phone)).toHaveAccessibleName("2 items to send");
	await phone.close();
	await device.setOffline(false);

	const reopened = await device.newPage();
	await reopened.goto("/");
	await expect(reopened.getByRole("heading", { name: street(first(run)) })).toBeVisible();
	await expect(reopened.getByRole("button", { name: /^Done inside/ })).toBeVisible();
	await expect(outboxBadge(reopened)).toHaveAccessibleName("Everything is sent");
	await doStep(reopened, run, 1, "inside");
	await expect(outboxBadge(reopened)).toHaveAccessibleName("Everything is sent");

	const api = await apiOf(worker);
	const stored = await read<Run>(api, `/runs/${run.id}`);
	await api.dispose();
	const visit = stored.stops[0]?.visit;
	expect(visit?.steps.map(({ step }) => step)).toEqual(["arrival", "inside"]);
	expect(visit?.pictures.map(({ step }) => step)).toEqual(["arrival", "inside"]);
});

test("a write whose answer got lost is sent again and counts once", async ({ open, plan, complaints }) => {
	test.slow();
	// The second start is refused: the run is started. That is what the phone wanted.
	complaints.expect(noNetwork, / 400 .*\/start\)$/);
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });

	// The server gets every first try of a write, and its answer never reaches the phone.
	const tries = new Map<string, number>();
	await phone.route(/\/start$|\/pictures$|\/steps\//, async (route) => {
		const what = `${route.request().method()} ${new URL(route.request().url()).pathname}`;
		const times = (tries.get(what) ?? 0) + 1;
		tries.set(what, times);
		if (times > 1) {
			return route.continue();
		}
		await route.fetch();
		return route.abort();
	});

	await startFromList(phone, run);
	await doStep(phone, run, 1, "arrival");
	// A try that hangs is given up after 20 seconds.
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent", { timeout: 90_000 });
	expect([...tries.values()]).toEqual([2, 2, 2]);

	const api = await apiOf(worker);
	const stored = await read<Run>(api, `/runs/${run.id}`);
	await api.dispose();
	expect(stored.status).toBe("started");
	const visit = stored.stops[0]?.visit;
	expect(visit?.steps.map(({ step }) => step)).toEqual(["arrival"]);
	expect(visit?.pictures.map(({ step }) => step)).toEqual(["arrival"]);
});
