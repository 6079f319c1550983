// Measures when the largest part of a page is painted in Chromium, on a processor that is slowed down four times and a network of
// 1.6 Mbit/s and 150 ms, with nothing kept from before and with what a visit before has kept. See ../README.md.
import { chromium } from "../../e2e/node_modules/playwright-core/index.mjs";

const address = process.argv[2] ?? "http://127.0.0.1:4000";
const rounds = 3;
const bound = 1500;
// The longest that a page is waited for, and what must be quiet before its last paint counts.
const patience = 20_000;
const quiet = 1_000;

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

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

/** A session of the student of the demo, and one of their runs. */
async function signIn() {
	const context = await browser.newContext();
	await send(context.request, "POST", "/auth/sign-in", { email: "student@trottoir.example", password: "demo-student" });
	const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
	const runs = await send(context.request, "GET", `/me/runs?from=${day(0)}&to=${day(14)}&limit=200`);
	const run = runs.items.find(({ status }) => status === "started") ?? runs.items.find(({ status }) => status === "planned");
	if (run === undefined) {
		throw new Error("the student has no run to look at");
	}
	const session = await context.storageState();
	await context.close();
	return { session, run: run.id };
}

/** Opens a page and tells when its largest part was painted, in ms, what that was, and how much came over the network. */
async function open(page, path) {
	const client = await page.context().newCDPSession(page);
	await client.send("Emulation.setCPUThrottlingRate", { rate: 4 });
	await client.send("Network.enable");
	await client.send("Network.emulateNetworkConditions", {
		offline: false,
		latency: 150,
		downloadThroughput: 1_600_000 / 8,
		uploadThroughput: 750_000 / 8,
	});
	let bytes = 0;
	client.on("Network.loadingFinished", ({ encodedDataLength }) => {
		bytes += encodedDataLength;
	});
	await page.goto(address + path, { waitUntil: "commit", timeout: patience });
	const painted = await page.evaluate(
		([patience, quiet]) =>
			new Promise((resolve) => {
				let last;
				let settled;
				const settle = () => {
					clearTimeout(settled);
					settled = setTimeout(() => document.querySelector("h1") && last && resolve(last), quiet);
				};
				new PerformanceObserver((list) => {
					const entry = list.getEntries().at(-1);
					const of = entry.element;
					last = { at: entry.startTime, what: `${of?.tagName.toLowerCase()} "${of?.textContent.slice(0, 40)}"`, bytes: 0 };
					settle();
				}).observe({ type: "largest-contentful-paint", buffered: true });
				new MutationObserver(settle).observe(document, { childList: true, subtree: true });
				setTimeout(() => resolve(last ?? { at: Number.NaN, what: "nothing" }), patience);
			}),
		[patience, quiet],
	);
	await client.detach();
	return { ...painted, bytes };
}

const { session, run } = await signIn();
const pages = [
	["sign-in", "/sign-in", undefined],
	["my runs", "/work", session],
	["working view", `/work/${run}`, session],
];
let missed = false;
for (const [name, path, storageState] of pages) {
	const found = { cold: [], warm: [] };
	for (let round = 0; round < rounds; round++) {
		const context = await browser.newContext({
			viewport: { width: 360, height: 740 },
			deviceScaleFactor: 2,
			// Of the browser's own cache: a service worker's requests are not slowed down.
			serviceWorkers: "block",
			...(storageState && { storageState }),
		});
		await context.addInitScript(() => localStorage.setItem("trottoir.language", "nl"));
		for (const kind of ["cold", "warm"]) {
			const page = await context.newPage();
			found[kind].push(await open(page, path));
			await page.close();
		}
		await context.close();
	}
	for (const [kind, painted] of Object.entries(found)) {
		const median = painted.map(({ at }) => at).sort((a, b) => a - b)[1];
		missed ||= !(median <= bound);
		console.log(
			`${name}, ${kind}: ${painted.map(({ at }) => at.toFixed(0)).join(" ")} ms, median ${median.toFixed(0)}; ` +
				`${(painted[1].bytes / 1000).toFixed(0)} kB; ${painted[1].what}`,
		);
	}
}
await browser.close();
if (missed) {
	console.error(`the largest part of a page is painted later than ${bound} ms`);
	process.exitCode = 1;
}
