import { test as base, type BrowserContextOptions, type ConsoleMessage, expect, type Page } from "@playwright/test";
import { address, cancelRun, type Person, planRun, type Run, session } from "./application.js";

/** The languages of the app. */
export const languages = ["nl", "en", "fr"] as const;
export type Language = (typeof languages)[number];

type OpenOptions = {
	/** A small phone with touch, as the students carry. */
	phone?: boolean;
	/** The language chosen on the device; null follows browser and account. */
	language?: Language | null;
	context?: BrowserContextOptions;
};

/** Opens a window of its own for a person; nobody is signed in without one. */
export type Open = (person?: Person, options?: OpenOptions) => Promise<Page>;

export type Plan = (...workers: Person[]) => Promise<{ run: Run; worker: Person }>;

type Fixtures = {
	open: Open;
	/** Plans a run of today for one of these workers. It is cancelled after the test, so that its tour is free again. */
	plan: Plan;
	/** What the browsers complained about. The test fails when anything is left at its end. */
	complaints: Complaints;
};

/** Collects errors of the pages: exceptions, errors in the console, violations of the content security policy. */
class Complaints {
	private readonly found: string[] = [];
	private readonly expected: RegExp[] = [];

	/** Takes complaints of this kind as part of what is tested. */
	expect(...kinds: RegExp[]): void {
		this.expected.push(...kinds);
	}

	watch(page: Page): void {
		page.on("pageerror", (error) => this.found.push(`exception: ${error.stack ?? error.message}`));
		page.on("console", (message) => {
			if (message.type() === "error" || message.type() === "warning") {
				this.found.push(describe(message));
			}
		});
	}

	get unexpected(): string[] {
		return this.found.filter((text) => !this.expected.some((kind) => kind.test(text)));
	}
}

function describe(message: ConsoleMessage): string {
	return `${message.type()}: ${message.text()} (${message.location().url.replace(address, "")})`;
}

export const test = base.extend<Fixtures>({
	// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
	complaints: async ({}, use) => {
		const complaints = new Complaints();
		// The app asks who is signed in; the browser reports the answer "nobody".
		complaints.expect(/^error: Failed to load resource: .* 401 .*\(\/me\)$/);
		await use(complaints);
		expect(complaints.unexpected, "the browser complained").toEqual([]);
	},

	// biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
	plan: async ({}, use) => {
		const runs: Run[] = [];
		await use(async (...workers) => {
			const planned = await planRun(...workers);
			runs.push(planned.run);
			return planned;
		});
		await Promise.all(runs.map(cancelRun));
	},

	// Takes the plan so that the windows close before it is undone: what they still send is not refused then.
	open: async ({ browser, complaints, plan: _ }, use) => {
		const closers: (() => Promise<void>)[] = [];
		await use(async (person, { phone = false, language = "en", context: more = {} } = {}) => {
			const state = person === undefined ? { cookies: [], origins: [] } : await session(person);
			const context = await browser.newContext({
				...(phone ? { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } : {}),
				storageState: {
					cookies: state.cookies,
					origins:
						language === null
							? []
							: [{ origin: address, localStorage: [{ name: "trottoir.language", value: language }] }],
				},
				...more,
			});
			// What a service worker asks for goes past the routes of a test: a browser without, unless it is what is tested.
			if (more.serviceWorkers !== "allow") {
				await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "serviceWorker"));
			}
			closers.push(() => context.close());
			context.on("page", (page) => complaints.watch(page));
			return context.newPage();
		});
		await Promise.all(closers.map((close) => close()));
	},
});

export { expect } from "@playwright/test";

export type Photo = { name: string; mimeType: string; buffer: Buffer };

/** Takes a photo that no other is equal to: a picture with this caption, drawn by the browser. */
export async function takePhoto(page: Page, caption: string): Promise<Photo> {
	const content = await page.evaluate((text) => {
		const canvas = document.createElement("canvas");
		canvas.width = 1200;
		canvas.height = 900;
		const pen = canvas.getContext("2d");
		if (pen === null) {
			throw new Error("no canvas");
		}
		const hue = [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
		pen.fillStyle = `hsl(${hue} 30% 55%)`;
		pen.fillRect(0, 0, 1200, 900);
		pen.fillStyle = `hsl(${hue} 25% 35%)`;
		pen.fillRect(0, 560, 1200, 340);
		pen.fillStyle = "#fff";
		pen.font = "64px sans-serif";
		pen.fillText(text, 60, 740, 1080);
		return canvas.toDataURL("image/jpeg", 0.85).split(",")[1] ?? "";
	}, caption);
	return { name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from(content, "base64") };
}

/** Fails unless the page stayed the one it was: no reload and no navigation in between. */
export async function staysLoaded(page: Page): Promise<() => Promise<void>> {
	const loaded = () => page.evaluate(() => performance.timeOrigin);
	const before = await loaded();
	return async () => expect(await loaded(), "the page was loaded anew").toBe(before);
}

/** The keys that carry what is picked up are heard a task after it is. */
export async function untilKeysCarry(page: Page): Promise<void> {
	await page.evaluate(() => new Promise((done) => setTimeout(done)));
}
