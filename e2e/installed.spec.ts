import type { BrowserContext, Page } from "@playwright/test";
import { address, apiOf, type Run, read } from "./application.js";
import { check } from "./axe.js";
import { door } from "./door.js";
import { expect, test } from "./fixtures.js";
import { doStep, first, outboxBadge, startFromList, street } from "./worker.js";

const students = ["seppe", "mohamed", "lucas", "noor", "lotte"] as const;
const noNetwork = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection/;
const installed = { phone: true, context: { serviceWorkers: "allow" } } as const;

/** English, behind a door too: its address has not kept the language of the fixtures. */
async function inEnglish(page: Page): Promise<void> {
	await page.addInitScript(() => localStorage.setItem("trottoir.language", "en"));
}

/** Waits until the device keeps the whole app. */
async function kept(page: Page): Promise<void> {
	await page.evaluate(async () => {
		await navigator.serviceWorker.ready;
		if (navigator.serviceWorker.controller === null) {
			await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
		}
	});
}

/** How a newer version stands that this device has fetched. */
function waiting(page: Page): Promise<string | null> {
	return page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state ?? null);
}

async function lookForNewer(page: Page): Promise<void> {
	await page.evaluate(async () => {
		await (await navigator.serviceWorker.getRegistration())?.update();
	});
	await expect.poll(() => waiting(page)).toBe("installed");
}

test("the app opens without network and after it was closed, and goes on with the run", async ({ open, plan, complaints }) => {
	complaints.expect(noNetwork);
	const { run, worker } = await plan(...students);
	const phone = await open(worker, installed);
	const context = phone.context();
	await startFromList(phone, run);
	await kept(phone);
	await doStep(phone, run, 1, "arrival");
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");

	await context.setOffline(true);
	await phone.reload();
	await expect(phone.getByRole("heading", { name: street(first(run)) })).toBeVisible();
	await doStep(phone, run, 1, "inside");
	// As the phone does when it needs the memory.
	await phone.close({ runBeforeUnload: false });

	const again = await context.newPage();
	await again.goto("/");
	await expect(again.getByRole("heading", { name: street(first(run)) })).toBeVisible();
	await doStep(again, run, 1, "departure");
	await again.goto("/work");
	await expect(again.getByRole("article", { name: run.tour.name }).getByText("not everything sent yet")).toBeVisible();
	await again.goto("/profile");
	await expect(again.getByRole("heading", { level: 1 })).toBeVisible();
	await again.goto("/");

	await context.setOffline(false);
	await expect(outboxBadge(again)).toHaveAccessibleName("Everything is sent");
	const api = await apiOf(worker);
	const stored = await read<Run>(api, `/runs/${run.id}`);
	await api.dispose();
	expect(stored.stops[0]?.visit?.steps.map(({ step }) => step)).toEqual(["arrival", "inside", "departure"]);
	expect(stored.stops[0]?.visit?.pictures).toHaveLength(3);
});

/** Says to the browser that there is network, as the phone does when it left the cellar. */
async function tellOfNetwork(context: BrowserContext): Promise<void> {
	// Of no page of the app: nothing of it is open.
	const blank = await context.newPage();
	const browser = await context.newCDPSession(blank);
	const registered = new Promise<string>((resolve) => {
		browser.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
			const own = registrations.find(({ scopeURL, isDeleted }) => scopeURL.startsWith(address) && !isDeleted);
			if (own !== undefined) {
				resolve(own.registrationId);
			}
		});
	});
	await browser.send("ServiceWorker.enable");
	await browser.send("ServiceWorker.dispatchSyncEvent", {
		origin: address,
		registrationId: await registered,
		tag: "trottoir-outbox",
		lastChance: false,
	});
	await blank.close();
}

test("what waits is sent when there is network, with the app closed, and shown when it is opened in the next cellar", async ({
	open,
	plan,
	complaints,
}) => {
	complaints.expect(noNetwork);
	const { run, worker } = await plan(...students);
	const phone = await open(worker, installed);
	const context = phone.context();
	await startFromList(phone, run);
	await kept(phone);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");

	await context.setOffline(true);
	await doStep(phone, run, 1, "arrival");
	await doStep(phone, run, 1, "inside");
	await expect(outboxBadge(phone)).toHaveAccessibleName("4 items to send");
	await phone.close({ runBeforeUnload: false });

	await context.setOffline(false);
	await tellOfNetwork(context);
	const api = await apiOf(worker);
	const visit = async () => (await read<Run>(api, `/runs/${run.id}`)).stops[0]?.visit;
	await expect.poll(async () => (await visit())?.steps.map(({ step }) => step)).toEqual(["arrival", "inside"]);

	await context.setOffline(true);
	const again = await context.newPage();
	await again.goto("/");
	await expect(again.getByRole("button", { name: "Done, finish stop" })).toBeVisible();
	await expect(outboxBadge(again)).toHaveAccessibleName("Everything is sent");
	await context.setOffline(false);
	await doStep(again, run, 1, "departure");
	await expect(outboxBadge(again)).toHaveAccessibleName("Everything is sent");
	const stored = await visit();
	await api.dispose();
	expect(stored?.steps.map(({ step }) => step)).toEqual(["arrival", "inside", "departure"]);
	expect(stored?.pictures).toHaveLength(3);
});

/** A PDF that is one as far as anybody looks at its beginning. */
const pdf = Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");

test("what a round needs is on the phone before it begins, and there when the phone was closed in a cellar", async ({ open, plan, complaints }) => {
	complaints.expect(noNetwork);
	const { run, worker } = await plan(...students);
	const { id } = first(run).building;
	const note = `Code 4711, run ${run.id}`;
	const office = await apiOf("office");
	const tomorrow = new Date(Date.parse(`${run.date}T12:00:00Z`) + 24 * 3_600_000).toISOString().slice(0, 10);
	const of = { building_id: id, note: "", bring_in: true, time_from: "", time_to: "" };
	for (const answer of [
		await office.post(`/buildings/${id}/comments`, { data: { text: note } }),
		await office.post(`/buildings/${id}/manuals`, { multipart: { file: { name: "manual.pdf", mimeType: "application/pdf", buffer: pdf } } }),
		await office.post("/collections", { data: { ...of, type: "PMD", date: run.date, put_out: true } }),
		await office.post("/collections", { data: { ...of, type: "GLS", date: tomorrow, put_out: true } }),
	]) {
		// The building may have such a collection already.
		expect([200, 201, 409], await answer.text()).toContain(answer.status());
	}
	await office.dispose();

	const phone = await open(worker, installed);
	const context = phone.context();
	await phone.goto("/work");
	await kept(phone);
	await expect(phone.getByText(/^Ready for use without network, \d+ manuals?\.$/)).toBeVisible();
	await context.setOffline(true);
	await phone.close({ runBeforeUnload: false });

	const again = await context.newPage();
	await again.goto("/");
	await expect(again.getByText(/^Ready for use without network, \d+ manuals?\.$/)).toBeVisible();
	await again.getByRole("article", { name: run.tour.name }).getByRole("link").tap();
	await again.getByRole("button", { name: "Show on a map" }).tap();
	await expect(again.getByRole("group", { name: "Stops of the run" }).getByRole("img", { name: `Stop 1: ${street(first(run))}` })).toBeVisible();
	await again.getByRole("button", { name: "Start run" }).tap();
	await expect(again.getByRole("heading", { name: street(first(run)) })).toBeVisible();
	await expect(again.getByText(note)).toBeVisible();
	await expect(again.getByText("Out today").locator("..").getByText("PMD")).toBeVisible();
	await expect(again.getByText("Out tomorrow").locator("..").getByText("Glass")).toBeVisible();
	// Nobody but the device can have answered.
	const answered = context.waitForEvent("response", (response) => /\/manuals\/\d+\/file$/.test(response.url()));
	await again.getByRole("link", { name: "Manual", exact: true }).tap();
	const answer = await answered;
	expect(answer.fromServiceWorker()).toBe(true);
	expect(answer.status()).toBe(200);
	expect(answer.headers()["content-type"]).toBe("application/pdf");
	await context.setOffline(false);
});

test("a newer version waits for the end of a run, and is loaded when the worker says so", async ({ open, plan, complaints }) => {
	complaints.expect(/WebSocket connection/); // the door carries none
	const { run, worker } = await plan(...students);
	const server = await door();
	const phone = await open(worker, { phone: true, context: { serviceWorkers: "allow", baseURL: server.address } });
	await inEnglish(phone);
	await startFromList(phone, run);
	await kept(phone);
	const loadedAt = () => phone.evaluate(() => performance.timeOrigin);
	const loaded = await loadedAt();

	server.release();
	await lookForNewer(phone);
	await doStep(phone, run, 1, "arrival");
	expect(await loadedAt(), "nothing was loaded anew").toBe(loaded);
	const told = phone.getByText("A new version of Trottoir is ready.");
	await expect(told).toHaveCount(0);

	// Opening it again in a run does not take it either.
	await phone.reload();
	await expect(phone.getByRole("button", { name: /^Done inside/ })).toBeVisible();
	expect(await waiting(phone)).toBe("installed");

	await phone.getByRole("link", { name: "Back" }).tap();
	await expect(told).toBeVisible();
	await check(phone, ["light"]);
	await phone.getByRole("button", { name: "Load it" }).click();
	await expect(told).toHaveCount(0);
	await expect(phone.getByRole("link", { name: `Continue: ${run.tour.name}` })).toBeVisible();
	expect(await waiting(phone)).toBeNull();
	await phone.context().close();
	await server.close();
});

test("a newer version that waits is taken when the app is opened and nobody is in a run", async ({ open, complaints }) => {
	complaints.expect(/WebSocket connection/);
	const server = await door();
	const office = await open("office", { context: { serviceWorkers: "allow", baseURL: server.address } });
	await inEnglish(office);
	await office.goto("/today");
	await kept(office);
	server.release();
	await lookForNewer(office);
	const told = office.getByText("A new version of Trottoir is ready.");
	await expect(told).toBeVisible();
	await check(office, ["light"]);
	await office.goto("/plan");
	await expect(office.getByRole("heading", { level: 1 })).toBeVisible();
	expect(await waiting(office)).toBeNull();
	await expect(told).toHaveCount(0);
	await office.context().close();
	await server.close();
});

test("what is no page of the app comes from the server, and the app can be put on the home screen", async ({ open }) => {
	const page = await open("office", { context: { serviceWorkers: "allow" } });
	await page.goto("/today");
	await kept(page);
	await page.goto("/docs/ui/");
	await expect(page.getByText("Trottoir", { exact: false }).first()).toBeVisible();
	expect(new URL(page.url()).pathname).toBe("/docs/ui/");
	const manifest = await page.request.get("/manifest.webmanifest");
	expect(manifest.headers()["content-type"]).toContain("application/manifest+json");
	const { icons, display } = (await manifest.json()) as { icons: { src: string; purpose?: string }[]; display: string };
	expect(display).toBe("standalone");
	expect(icons.some(({ purpose }) => purpose === "maskable")).toBe(true);
	for (const { src } of icons) {
		expect((await page.request.get(src)).status(), src).toBe(200);
	}
	expect((await page.request.get("/service-worker.js")).headers()["cache-control"]).toBe("no-cache");
});
