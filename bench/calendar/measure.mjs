// Measures the calendar of collections with 400 buildings in Chromium, on a processor that is slowed down four times:
// how long it takes from an input to the end of the next frame. See ../README.md.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "../../e2e/node_modules/playwright-core/index.mjs";

const address = process.argv[2] ?? "http://127.0.0.1:4000";
const buildings = 400;
const bound = 100;
const name = "Meetlat";

// Somebody's own browser, which keeps the app and its compiled scripts from one day to the next.
const profile = await mkdtemp(join(tmpdir(), "trottoir-calendar-"));
const context = await chromium.launchPersistentContext(profile, {
	executablePath: "/usr/bin/chromium",
	args: ["--no-sandbox"],
	baseURL: address,
	viewport: { width: 1440, height: 900 },
});
await context.addInitScript(() => localStorage.setItem("trottoir.language", "en"));
const api = context.request;

async function send(method, path, data) {
	const answer = await api.fetch(path, { method, data });
	if (!answer.ok()) {
		throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
	}
	return answer.json();
}

const today = new Date().toISOString().slice(0, 7);

/** A region of 400 buildings, each with about 22 collections in this month. */
async function seed() {
	await send("POST", "/auth/sign-in", { email: "admin@trottoir.example", password: "demo-admin" });
	const regions = await send("GET", "/regions?limit=200");
	const region =
		regions.items.find((known) => known.name === name) ?? (await send("POST", "/regions", { name }));
	const from = `${today}-01`;
	const calendar = () => send("GET", `/planning/collections?from=${from}&to=${today}-28&region=${region.id}`);
	const known = (await calendar()).buildings.length;
	for (let number = known + 1; number <= buildings; number++) {
		await send("POST", "/buildings", {
			region_id: region.id,
			name: "",
			address: { street: "Meetlatstraat", house_number: String(number), bus: "", postal_code: "9000", city: "Gent" },
			syndic_ids: [],
			customer_number: "",
			coordinates: null,
			agreed_minutes: 10,
			tell_syndic: false,
			public_photos: false,
			version: 0,
		});
	}
	const { buildings: all, collections } = await calendar();
	if (collections.length === 0) {
		const days = (first, step) =>
			Array.from({ length: 28 }, (_, day) => day + 1)
				.filter((day) => day >= first && (day - first) % step === 0)
				.map((day) => `${today}-${String(day).padStart(2, "0")}`);
		for (const [type, dates] of [
			["RES", days(2, 3)],
			["PMD", days(3, 4)],
			["GFT", days(2, 7)],
			["PAP", days(5, 14)],
		]) {
			await send("POST", "/planning/collections", {
				type,
				dates,
				building_ids: all.map(({ id }) => id),
				note: "",
				put_out: true,
				bring_in: true,
				time_from: "",
				time_to: "",
			});
		}
	}
	return region.id;
}

const region = await seed();
const asked = performance.now();
const month = await api.get(`/planning/collections?from=${today}-01&to=${today}-28&region=${region}`);
const body = await month.body();
const request = performance.now() - asked;
const count = JSON.parse(body.toString()).collections.length;

const page = await context.newPage();
await page.addInitScript(() => {
	window.frames_ = [];
	window.tasks_ = [];
	const after = (event) => {
		requestAnimationFrame(() => {
			const { port1, port2 } = new MessageChannel();
			port1.onmessage = () => window.frames_.push(performance.now() - event.timeStamp);
			port2.postMessage(0);
		});
	};
	for (const type of ["keydown", "click", "mousedown", "mousemove", "mouseup", "scroll"]) {
		window.addEventListener(type, after, { capture: true, passive: true });
	}
	new PerformanceObserver((list) => {
		window.tasks_.push(...list.getEntries().map(({ duration }) => duration));
	}).observe({ entryTypes: ["longtask"] });
});
for (let visit = 0; visit < 4; visit++) {
	await page.goto(`/manage/collections?view=month&region=${region}`);
	await page.locator('[data-row="5"] button').first().waitFor();
	await page.waitForTimeout(3000);
}
const shown = await page.locator("[role=row]").count();
const session = await context.newCDPSession(page);
await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
// What the page's main thread takes of a processor, whatever else runs on the machine.
await session.send("Performance.enable", { timeDomain: "threadTicks" });
async function taken() {
	const { metrics } = await session.send("Performance.getMetrics");
	return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
}

const rounds = 3;
const results = new Map();
async function measure(what, act) {
	await page.waitForTimeout(600);
	await page.evaluate(() => {
		window.frames_.length = 0;
		window.tasks_.length = 0;
	});
	const before = await taken();
	await act();
	await page.waitForTimeout(800);
	const processor = (await taken()) - before;
	const { frames, tasks } = await page.evaluate(() => ({ frames: [...window.frames_], tasks: [...window.tasks_] }));
	const known = results.get(what) ?? { frames: [], worst: [], tasks: [], processor: [] };
	known.frames.push(...frames);
	known.worst.push(Math.max(0, ...frames));
	known.tasks.push(Math.max(0, ...tasks));
	known.processor.push(processor / Math.max(1, frames.length));
	results.set(what, known);
}

/** Where to click. A click by name looks at the page before each event, which takes longer than what is measured. */
async function middle(locator) {
	const { x, y, width, height } = await locator.boundingBox();
	return [x + width / 2, y + height / 2];
}

function median(values) {
	return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
}

for (let round = 0; round < rounds; round++) {
await page.keyboard.press("Escape");
await page.evaluate(() => document.querySelector("[role=grid]").scrollTo(0, 0));
await page.waitForTimeout(1500);
await page.locator('[data-row="3"] button').first().focus();
await measure("arrow keys", async () => {
	for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp"]) {
		await page.keyboard.press(key);
		await page.waitForTimeout(60);
	}
});
await measure("arrow down through 30 buildings", async () => {
	for (let press = 0; press < 60; press++) {
		await page.keyboard.press("ArrowDown");
		await page.waitForTimeout(30);
	}
});
await measure("select: Space, Shift and arrows", async () => {
	await page.keyboard.press("Space");
	for (const key of ["ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowDown"]) {
		await page.keyboard.press(`Shift+${key}`);
		await page.waitForTimeout(60);
	}
});
await measure("select all, and nothing", async () => {
	await page.keyboard.press("Control+a");
	await page.waitForTimeout(300);
	await page.keyboard.press("Escape");
});
await measure("drag over 10 days, and drop", async () => {
	const [from, row] = await page.evaluate(() => {
		const grid = document.querySelector("[role=grid]").getBoundingClientRect();
		const chips = [...document.querySelectorAll("[data-item]")].map((button) => button.getBoundingClientRect());
		const box = chips.find(({ left, top }) => top > grid.top + 120 && left > grid.left + 250 && left < grid.left + 600);
		return [box.left + box.width / 2, box.top + box.height / 2];
	});
	await page.mouse.move(from, row);
	await page.mouse.down();
	for (let step = 1; step <= 40; step++) {
		await page.mouse.move(from + step * 9, row);
		await page.waitForTimeout(16);
	}
	await page.mouse.up();
});
await page.getByRole("button", { name: "Undo" }).click({ timeout: 3000 }).catch(() => undefined);
const kind = await middle(page.getByRole("button", { name: "Residual waste", exact: true }));
await measure("filter by kind, on and off", async () => {
	await page.mouse.click(...kind);
	await page.waitForTimeout(500);
	await page.mouse.click(...kind);
});
await measure("scroll 40 times", async () => {
	await page.mouse.move(900, 600);
	for (let turn = 0; turn < 40; turn++) {
		await page.mouse.wheel(0, 240);
		await page.waitForTimeout(30);
	}
});
await measure("delete, and undo", async () => {
	await page.locator("[data-item]").nth(80).focus();
	await page.keyboard.press("Delete");
	await page.waitForTimeout(500);
	// By its text: to find it by role and name looks at the whole page, in the time that is measured.
	const undo = await page.evaluate(() => {
		const { x, y, width, height } = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Undo").getBoundingClientRect();
		return [x + width / 2, y + height / 2];
	});
	await page.mouse.click(...undo);
});
}
await context.close();
await rm(profile, { recursive: true, force: true });

console.log(`${buildings} buildings, ${count} collections, ${shown} rows in the page, processor 4 times slower; milliseconds`);
console.log(`one month: ${Math.round(request)} ms, ${Math.round(body.length / 1000)} kB`);
console.log("from an input to the end of the next frame");
console.log(`                                  inputs  median  worst of a round (median of ${rounds})  longest task  processor for an input`);
let slow = false;
for (const [what, { frames, worst, tasks, processor }] of results) {
	const most = median(worst);
	slow ||= most > bound;
	console.log(
		`${what.padEnd(32)} ${String(frames.length).padStart(7)} ${String(median(frames)).padStart(7)} ${String(most).padStart(30)} ${String(median(tasks)).padStart(13)} ${String(median(processor)).padStart(23)}`,
	);
}
if (slow) {
	console.log(`some are above ${bound} ms`);
	process.exitCode = 1;
}
