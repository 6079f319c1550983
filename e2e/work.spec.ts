import { apiOf, cancelRun, planRun, type Run, read, type Visit } from "./application.js";
import { violations } from "./axe.js";
import { expect, takePhoto, test } from "./fixtures.js";
import { doStep, first, outboxBadge, startFromList, street } from "./worker.js";

const students = ["seppe", "mohamed", "lucas", "noor", "lotte"] as const;
const noNetwork = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection/;

test("a run that nobody opened before is started and done without network, at its own times", async ({
	open,
	plan,
	complaints,
}) => {
	complaints.expect(noNetwork);
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	await phone.goto("/");
	// Those of other tests are cancelled, and lead nowhere.
	const card = phone.getByRole("article", { name: run.tour.name }).filter({ has: phone.getByRole("link") });
	await expect(card).toBeVisible();
	await phone.waitForLoadState("networkidle");
	// The pages are there as soon as the app was opened once; their code is not yet kept for a reload.
	await card.getByRole("link").tap();
	await expect(phone.getByRole("button", { name: "Start run" })).toBeVisible();

	await phone.context().setOffline(true);
	const before = Date.now();
	await phone.getByRole("button", { name: "Start run" }).tap();
	await expect(phone.getByRole("heading", { name: street(first(run)) })).toBeVisible();
	await doStep(phone, run, 1, "arrival");
	const after = Date.now();

	await test.step("the list shows what the phone knows", async () => {
		await phone.getByRole("link", { name: "Back" }).tap();
		await expect(card.getByText("under way")).toBeVisible();
		await expect(card.getByText("not everything sent yet")).toBeVisible();
		await card.getByRole("link", { name: /^Continue/ }).tap();
		await expect(phone.getByRole("button", { name: /^Done inside/ })).toBeVisible();
	});

	await phone.waitForTimeout(1500);
	await phone.context().setOffline(false);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");

	const api = await apiOf(worker);
	const stored = await read<Run & { started_at: string; start_corrected: boolean }>(
		api,
		`/runs/${run.id}`,
	);
	await api.dispose();
	const within = (moment: string | undefined) => {
		expect(Date.parse(moment ?? "")).toBeGreaterThanOrEqual(before);
		expect(Date.parse(moment ?? "")).toBeLessThanOrEqual(after);
	};
	within(stored.started_at);
	expect(stored.start_corrected).toBe(false);
	const arrival = stored.stops[0]?.visit?.steps[0];
	within(arrival?.occurred_at);
	expect(arrival?.corrected).toBe(false);
});

test("what a cancelled run refuses is told, and removed at once", async ({ open, complaints }) => {
	// Whose run is cancelled sees its buildings no longer: neither the photo that the phone still asks for.
	complaints.expect(noNetwork, / 400 /, / 404 .*\/photo\//);
	const { run, worker } = await planRun(...students);
	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	await phone.context().setOffline(true);
	await doStep(phone, run, 1, "arrival");
	await cancelRun(run);
	// The server allows a phone's clock two minutes. Nobody waits for that here: this is what it says after them.
	await phone.route(/\/steps\/inside$/, (route) =>
		route.fulfill({
			status: 400,
			json: { code: "failed_precondition", message: "Cancelled.", details: { reason: "run_cancelled" } },
		}),
	);
	await doStep(phone, run, 1, "inside");
	await doStep(phone, run, 1, "departure");
	await phone.context().setOffline(false);

	await test.step("what was done before the cancellation is taken", async () => {
		const api = await apiOf(worker);
		const taken = async () => (await read<Run>(api, `/runs/${run.id}`)).stops[0]?.visit?.steps.map(({ step }) => step);
		await expect.poll(taken).toEqual(["arrival"]);
		await api.dispose();
	});
	await expect(phone.getByRole("heading", { name: "This run is cancelled" })).toBeVisible();
	await outboxBadge(phone).tap();
	const queue = phone.getByRole("dialog", { name: "To send" });
	await expect(queue.getByText("The office has cancelled this run.").first()).toBeVisible();
	await expect(queue.getByText(/is sent by itself|as soon as there is a connection/)).toHaveCount(0);
	await queue.getByRole("button", { name: /^Remove these \d items …/ }).tap();
	await queue.getByRole("button", { name: /^Remove \d items$/ }).tap();
	await expect(queue.getByText("Everything is sent")).toBeVisible();
});

test("Back closes a sheet, and never leaves the run by surprise", async ({ open, plan }) => {
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	const heading = (position: number) =>
		phone.getByRole("heading", {
			level: 2,
			name: street(run.stops[position - 1] as Run["stops"][number]),
		});

	for (const button of [/^Skip/, /show all stops$/, /^Everything is sent$/]) {
		await phone.getByRole("button", { name: button }).tap();
		await expect(phone.getByRole("dialog")).toBeVisible();
		await phone.goBack();
		await expect(phone.getByRole("dialog")).toHaveCount(0);
		await expect(heading(1)).toBeVisible();
	}

	await phone.getByRole("button", { name: /show all stops$/ }).tap();
	await phone.getByRole("dialog").getByRole("listitem").nth(2).getByRole("button").tap();
	await expect(heading(3)).toBeVisible();
	await phone.goBack();
	await expect(heading(1)).toBeVisible();
});

test("the office does a run of its own", async ({ open, plan }) => {
	const { run } = await plan("office");
	const phone = await open("office", { phone: true });
	await phone.goto("/");
	await phone.getByRole("button", { name: /^Account of/ }).tap();
	await phone.getByRole("menuitem", { name: "My runs" }).tap();
	await phone.getByRole("article", { name: run.tour.name }).getByRole("link").tap();
	await phone.getByRole("button", { name: "Start run" }).tap();
	await doStep(phone, run, 1, "arrival");
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
});

test("a phone is handed to somebody else: nobody comes to another's run", async ({ open, plan, complaints }) => {
	complaints.expect(noNetwork, / 401 /);
	const { run, worker } = await plan("noor", "lotte");
	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	// Without network, so that nothing else that the page asks for finds out before the photo is taken.
	await phone.context().setOffline(true);
	await phone.context().clearCookies();
	await phone.getByLabel("Add photo").setInputFiles(await takePhoto(phone, "after the end of the session"));
	await expect(phone.getByRole("img", { name: /^Photo .+ waits/ })).toHaveCount(1);
	await phone.context().setOffline(false);
	await expect(phone).toHaveURL(/\/sign-in/);
	await phone.getByRole("textbox", { name: "E-mail address" }).fill("seppe@trottoir.example");
	await phone.getByRole("textbox", { name: "Password" }).fill("demo-student");
	await phone.getByRole("button", { name: "Sign in" }).tap();
	await expect(phone.getByRole("heading", { level: 1, name: "My runs" })).toBeVisible();
	await phone.goto("/");
	await expect(phone.getByRole("heading", { level: 1, name: "My runs" })).toBeVisible();
});

test("a text file is no photo", async ({ open, plan }) => {
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	await phone
		.getByLabel("Add photo")
		.setInputFiles({ name: "bins.jpg", mimeType: "image/jpeg", buffer: Buffer.from("Dear diary") });
	await expect(
		phone.getByText("This is not a photo that we can read. Take a new one."),
	).toBeVisible();
	await expect(phone.getByRole("img", { name: /^Photo / })).toHaveCount(0);
	await phone.getByLabel("Add photo").setInputFiles(await takePhoto(phone, "a photo"));
	await expect(phone.getByRole("img", { name: /^Photo .+ (sent|waits)/ })).toHaveCount(1);
});

test("large letters and a phone on its side keep everything in view", async ({ open, plan }) => {
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	const overflow = () =>
		phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
	await phone.goto("/work");
	await expect(phone.getByRole("article").first()).toBeVisible();
	await phone.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
	expect(await overflow()).toBeLessThanOrEqual(0);
	const narrowest = await phone
		.getByRole("listitem")
		.evaluateAll((rows) => Math.max(0, ...rows.map((row) => row.getBoundingClientRect().height)));
	expect(narrowest, "names are not broken letter by letter").toBeLessThan(400);

	await startFromList(phone, run);
	await test.step("in the sun", async () => {
		for (const colorScheme of ["light", "dark"] as const) {
			await phone.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await expect(phone.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
			expect(await violations(phone, { only: ["color-contrast-enhanced"] }), colorScheme).toEqual([]);
		}
	});
	await test.step("with large letters at a stop", async () => {
		await phone.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
		expect(await overflow()).toBeLessThanOrEqual(0);
		for (const name of [/^Done with arrival/, "Skip …", "Several photos"]) {
			const button = phone.getByRole("button", { name });
			expect(await button.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth), String(name)).toBeLessThanOrEqual(0);
		}
		await phone.evaluate(() => document.documentElement.style.removeProperty("font-size"));
	});

	await test.step("on its side, also while something can be undone", async () => {
		await phone.setViewportSize({ width: 740, height: 360 });
		const aboveTheBar = async (button: RegExp) => {
			const camera = await phone.getByText("Add photo").boundingBox();
			const bar = await phone.getByRole("button", { name: button }).boundingBox();
			expect((camera?.y ?? 0) + (camera?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
		};
		await aboveTheBar(/^Done with arrival/);
		await phone.getByLabel("Add photo").setInputFiles(await takePhoto(phone, "on its side"));
		await phone.getByRole("button", { name: "Done with arrival", exact: true }).tap();
		await expect(phone.getByRole("button", { name: "Undo" })).toBeVisible();
		await aboveTheBar(/^Done inside/);
		expect(await overflow()).toBeLessThanOrEqual(0);
	});
});

test("a step is undone without network, and nothing of it reaches the office", async ({ open, plan, complaints }) => {
	complaints.expect(noNetwork);
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	await phone.context().setOffline(true);
	await phone.getByLabel("Add photo").setInputFiles(await takePhoto(phone, "too early"));
	await phone.getByRole("button", { name: "Done with arrival", exact: true }).tap();
	await expect(phone.getByRole("button", { name: /^Done inside/ })).toBeVisible();
	await expect(outboxBadge(phone)).toHaveAccessibleName("2 items to send");
	await phone.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
	expect(await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), "with large letters").toBeLessThanOrEqual(0);
	await phone.evaluate(() => document.documentElement.style.removeProperty("font-size"));
	await phone.getByRole("button", { name: "Undo" }).tap();
	await expect(phone.getByRole("button", { name: "Done with arrival", exact: true })).toBeVisible();
	await expect(outboxBadge(phone)).toHaveAccessibleName("1 item to send");
	await phone.context().setOffline(false);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	const api = await apiOf(worker);
	const { stops } = await read<Run>(api, `/runs/${run.id}`);
	await api.dispose();
	expect(stops[0]?.visit?.steps ?? []).toEqual([]);
	expect(stops[0]?.visit?.pictures).toHaveLength(1);
});

test("several photos are taken without leaving the app, and made small beside the page", async ({ open, plan }) => {
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	// What stands before the camera changes all the time.
	await phone.addInitScript(() => {
		navigator.mediaDevices.getUserMedia = async () => {
			const canvas = Object.assign(document.createElement("canvas"), { width: 2560, height: 1920 });
			const context = canvas.getContext("2d");
			setInterval(() => {
				if (context !== null) {
					context.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
					context.fillRect(0, 0, 2560, 1920);
					context.fillStyle = "white";
					context.fillRect(Date.now() % 2000, 400, 300, 300);
				}
			}, 20);
			return canvas.captureStream(20);
		};
	});
	const threads: string[] = [];
	phone.on("worker", (thread) => threads.push(thread.url()));
	await startFromList(phone, run);
	const before = Date.now();
	await phone.getByRole("button", { name: "Several photos" }).tap();
	const camera = phone.getByRole("dialog", { name: "Photos arrival" });
	for (const told of ["1 photo taken", "2 photos taken"]) {
		await camera.getByRole("button", { name: "Take photo" }).tap();
		await expect(camera.getByText(told)).toBeVisible();
	}
	await camera.getByRole("button", { name: "Done" }).tap();
	await expect(phone.getByRole("dialog")).toHaveCount(0);
	await expect(phone.getByRole("img", { name: "Photo arrival sent" })).toHaveCount(2);
	// Each photo is made small for sending, and once it is sent for the tile that is shown without network.
	await expect.poll(() => threads.filter((url) => url.includes("photo-worker")).length).toBe(4);
	const api = await apiOf(worker);
	const { stops } = await read<Run>(api, `/runs/${run.id}`);
	await api.dispose();
	const pictures = (stops[0]?.visit?.pictures ?? []) as (Visit["pictures"][number] & { taken_at: string })[];
	expect(pictures.map(({ width, height }) => [width, height])).toEqual([[1600, 1200], [1600, 1200]]);
	for (const { taken_at } of pictures) {
		expect(Date.parse(taken_at)).toBeGreaterThanOrEqual(before);
	}
});

test("a worker goes through the stops by swiping, comes back to where they were, and sees what became of a report", async ({ open, plan }) => {
	const { run, worker } = await plan(...students);
	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	const heading = (position: number) =>
		phone.getByRole("heading", { level: 2, name: street(run.stops[position - 1] as Run["stops"][number]) });
	const swipe = async (from: number, to: number) => {
		const devtools = await phone.context().newCDPSession(phone);
		const touch = (type: "touchStart" | "touchMove" | "touchEnd", x?: number) =>
			devtools.send("Input.dispatchTouchEvent", { type, touchPoints: x === undefined ? [] : [{ x, y: 200 }] });
		await touch("touchStart", from);
		await touch("touchMove", (from + to) / 2);
		await touch("touchMove", to);
		await touch("touchEnd");
		await devtools.detach();
	};
	await swipe(300, 100);
	await expect(heading(2)).toBeVisible();
	await phone.getByRole("button", { name: /^Next stop: / }).tap();
	await expect(heading(3)).toBeVisible();
	await swipe(100, 300);
	await expect(heading(2)).toBeVisible();

	// Opened anew, as from the home screen.
	await phone.goto("/");
	await expect(heading(2)).toBeVisible();

	await phone.getByRole("button", { name: "Report a problem" }).tap();
	await phone.getByRole("dialog").getByRole("radio", { name: "Dirty" }).tap();
	await phone.getByRole("dialog").getByRole("textbox").fill("Glass on the pavement");
	await phone.getByRole("dialog").getByRole("button", { name: "Report", exact: true }).tap();
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	await phone.getByRole("link", { name: "Back" }).tap();
	const reports = phone.getByRole("region", { name: "Problems you reported" });
	const report = reports.getByRole("listitem").filter({ hasText: street(run.stops[1] as Run["stops"][number]) }).first();
	await expect(report.getByText("Dirty")).toBeVisible();
	await expect(report.getByText("Open")).toBeVisible();
});
