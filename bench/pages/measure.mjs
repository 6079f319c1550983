// Measures, in Chromium on a processor that is slowed down four times, when the largest part of a page is painted, on a first visit and
// on one of somebody who comes every day; and how long the working view takes to answer with 90 photos in its outbox and no network.
// See ../README.md.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "../../e2e/node_modules/playwright-core/index.mjs";

const address = process.argv[2] ?? "http://127.0.0.1:4000";
const rounds = 3;
const paintBound = 1500;
const inputBound = 100;
const photos = 90;
// The longest that a page is waited for, and what must be quiet before its last paint counts.
const patience = 20_000;
const quiet = 1_500;
const student = { email: "student@trottoir.example", password: "demo-student" };

let missed = false;

/** A phone that has never seen the app. */
async function newPhone() {
	const profile = await mkdtemp(join(tmpdir(), "trottoir-pages-"));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"],
		viewport: { width: 360, height: 740 },
		deviceScaleFactor: 2,
		hasTouch: true,
	});
	await context.addInitScript(() => {
		localStorage.setItem("trottoir.language", "en");
		new PerformanceObserver((list) => {
			const entry = list.getEntries().at(-1);
			const of = entry.element;
			window.painted_ = { at: entry.startTime, what: `${of?.tagName.toLowerCase()} "${of?.textContent.slice(0, 40)}"` };
			window.changed_ = performance.now();
		}).observe({ type: "largest-contentful-paint", buffered: true });
		new MutationObserver(() => {
			window.changed_ = performance.now();
		}).observe(document, { childList: true, subtree: true });
		window.frames_ = [];
		window.addEventListener(
			"click",
			(event) => {
				requestAnimationFrame(() => {
					const { port1, port2 } = new MessageChannel();
					port1.onmessage = () => window.frames_.push(performance.now() - event.timeStamp);
					port2.postMessage(0);
				});
			},
			{ capture: true },
		);
	});
	const page = context.pages()[0] ?? (await context.newPage());
	const client = await context.newCDPSession(page);
	await client.send("Emulation.setCPUThrottlingRate", { rate: 4 });
	return {
		context,
		page,
		client,
		async close() {
			await context.close();
			await rm(profile, { recursive: true, force: true });
		},
	};
}

async function send(request, method, path, data) {
	const answer = await request.fetch(address + path, { method, data, headers: { Origin: address } });
	if (answer.status() === 429) {
		await new Promise((done) => setTimeout(done, 1000 * Number(answer.headers()["retry-after"] ?? 5)));
		return send(request, method, path, data);
	}
	if (!answer.ok()) {
		throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
	}
	return answer.json();
}

/** Opens a page and tells when its largest part was painted, in ms, and what that was. The page is asked when it is done, not before. */
async function open(page, path) {
	await page.goto(address + path, { waitUntil: "commit", timeout: patience });
	for (let waited = 0; waited < patience; waited += quiet) {
		await page.waitForTimeout(quiet);
		const found = await page.evaluate(() => ({
			...window.painted_,
			shown: document.querySelector("h1") !== null,
			idle: performance.now() - (window.changed_ ?? 0),
		}));
		if (found.shown && found.at !== undefined && found.idle >= quiet) {
			return found;
		}
	}
	throw new Error(`${path} is not shown after ${patience} ms`);
}

function median(values) {
	return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function tell(name, painted) {
	const middle = median(painted.map(({ at }) => at));
	missed ||= !(middle <= paintBound);
	console.log(
		`${name.padEnd(36)} ${painted.map(({ at }) => at.toFixed(0).padStart(5)).join(" ")} ms, median ${middle.toFixed(0).padStart(4)}; ${painted[1].what}`,
	);
}

const request = await (await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })).newContext();
await send(request.request, "POST", "/auth/sign-in", student);
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const runs = await send(request.request, "GET", `/me/runs?from=${day(0)}&to=${day(14)}&limit=200`);
const startedOrNot = runs.items.find(({ status }) => status === "started") ?? runs.items.find(({ status }) => status === "planned");
if (startedOrNot === undefined) {
	throw new Error("the student has no run to look at");
}
if (startedOrNot.status === "planned") {
	await send(request.request, "POST", `/runs/${startedOrNot.id}/start`, {
		id: crypto.randomUUID(),
		occurred_at: new Date().toISOString(),
	});
}
const run = await send(request.request, "GET", `/runs/${startedOrNot.id}`);
const me = await send(request.request, "GET", "/me");
const session = await request.cookies();
await request.browser().close();

console.log(`processor 4 times slower, 360 × 740; the largest part is painted after (at most ${paintBound} ms)`);
const pages = [
	["sign-in", "/sign-in", false],
	["my runs", "/work", true],
	["working view", `/work/${run.id}`, true],
];
for (const [name, path, signedIn] of pages) {
	const found = { first: [], daily: [] };
	for (let round = 0; round < rounds; round++) {
		const phone = await newPhone();
		if (signedIn) {
			await phone.context.addCookies(session);
		}
		found.first.push(await open(phone.page, path));
		// The app comes to the device, and its scripts are compiled, in the first few visits.
		for (let visit = 0; visit < 3; visit++) {
			await phone.page.waitForTimeout(3000);
			await open(phone.page, path);
		}
		found.daily.push(await open(phone.page, path));
		await phone.close();
	}
	tell(`${name}, the first visit`, found.first);
	tell(`${name}, every day`, found.daily);
}

/** Puts photos in the outbox of the device, as many for each stop and step, as big as a phone sends them. */
async function fillOutbox(page) {
	await page.evaluate(
		async ([photos, run, account]) => {
			const canvas = new OffscreenCanvas(1600, 1200);
			const ink = canvas.getContext("2d");
			for (let dot = 0; dot < 4000; dot++) {
				ink.fillStyle = `hsl(${Math.random() * 360} 60% ${Math.random() * 100}%)`;
				ink.fillRect(Math.random() * 1600, Math.random() * 1200, 90, 60);
			}
			const bytes = await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 })).arrayBuffer();
			const database = await new Promise((done, fail) => {
				const opening = indexedDB.open("trottoir-outbox");
				opening.onsuccess = () => done(opening.result);
				opening.onerror = () => fail(opening.error);
			});
			const writing = database.transaction(["entries", "photos"], "readwrite");
			const steps = ["arrival", "inside", "departure"];
			for (let number = 0; number < photos; number++) {
				const id = crypto.randomUUID();
				const stop = run.stops[number % run.stops.length];
				const now = new Date(Date.now() - 1000 * number).toISOString();
				writing.objectStore("photos").put({ id, bytes });
				writing.objectStore("entries").put({
					format: 1,
					id,
					key: `picture ${id}`,
					accountId: account,
					runId: run.id,
					tour: run.tour.name,
					buildingId: stop.building.id,
					address: stop.building.name,
					kind: "picture",
					step: steps[Math.floor(number / run.stops.length) % steps.length],
					takenAt: now,
					takenFrom: "phone",
					contentType: "image/jpeg",
					size: bytes.byteLength,
					sha256: id.replaceAll("-", "").padEnd(64, "0"),
					createdAt: now,
					state: "waiting",
					attempts: 0,
					notBefore: 0,
				});
			}
			await new Promise((done, fail) => {
				writing.oncomplete = done;
				writing.onerror = () => fail(writing.error);
			});
			database.close();
		},
		[photos, run, me.id],
	);
}

const queued = [];
const answers = new Map();
for (let round = 0; round < rounds; round++) {
	const { context, page, client, close } = await newPhone();
	await context.addCookies(session);
	for (let visit = 0; visit < 3; visit++) {
		await open(page, `/work/${run.id}`);
		await page.waitForTimeout(3000);
	}
	await context.setOffline(true);
	await fillOutbox(page);
	queued.push(await open(page, `/work/${run.id}`));
	const taps = new Map();
	/** Taps, and notes from the tap to the end of the next frame. */
	const tap = async (what, name) => {
		const button = page.getByRole("button", { name }).first();
		await button.waitFor();
		const box = await button.boundingBox();
		await page.evaluate(() => {
			window.frames_.length = 0;
		});
		await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
		await page.waitForTimeout(1200);
		const frames = await page.evaluate(() => [...window.frames_]);
		taps.set(what, [...(taps.get(what) ?? []), ...frames]);
	};
	for (const _ of run.stops.slice(1)) {
		await tap("the next stop", /^Next stop/);
	}
	await tap("the stop before", /^Previous stop/);
	await tap("all stops", /show all stops$/);
	await page.keyboard.press("Escape");
	await page.waitForTimeout(800);
	await tap("what waits", /items? to send$/);
	await page.keyboard.press("Escape");
	await page.waitForTimeout(800);
	await tap("a step is done", /^Done/);
	await tap("it is right", /^Right as it is/);
	for (const [what, frames] of taps) {
		const known = answers.get(what) ?? { frames: [], worst: [] };
		known.frames.push(...frames);
		known.worst.push(Math.max(...frames));
		answers.set(what, known);
	}
	await client.detach();
	await close();
}
tell(`working view, ${photos} photos wait`, queued);
console.log(`from a tap to the end of the next frame, ${photos} photos in the outbox, without network (at most ${inputBound} ms)`);
for (const [what, { frames, worst }] of answers) {
	const most = median(worst);
	missed ||= !(most <= inputBound);
	console.log(
		`${what.padEnd(36)} ${String(frames.length).padStart(3)} taps, median ${median(frames).toFixed(0).padStart(4)}, worst of a round ${most.toFixed(0).padStart(4)} (median of ${rounds})`,
	);
}
if (missed) {
	console.error("some are above the bound");
	process.exitCode = 1;
}
