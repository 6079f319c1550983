import type { Page } from "@playwright/test";
import { address, apiOf, me, type Person, read } from "./application.js";
import { check, sizes, unreachable } from "./axe.js";
import { expect, type Language, languages, test } from "./fixtures.js";
import { linkIn, received } from "./inbox.js";
import { codeOf, invite, newcomer, type Newcomer, password } from "./newcomer.js";

/** A page as somebody finds it when they open it. */
type View = {
	/** Who is signed in: a demo account, or somebody whose account nothing has happened to. Nobody without one. */
	person?: Person | "newcomer";
	/** Its address. */
	path?: string;
	/** Finds the address out, once for all languages. */
	find?: (page: Page, newcomer: Newcomer) => Promise<string>;
	/** What is done before the page is opened. */
	prepare?: (page: Page) => Promise<void>;
	/** What has to be done on the page to get there, in whatever language. */
	proceed?: (page: Page, newcomer: Newcomer) => Promise<void>;
};

/** One line for each page: it is looked at in every language and size, and in both colour schemes. */
const views: Record<string, View> = {
	"sign in": { path: "/sign-in" },
	"the code of who signs in": {
		find: async (_, somebody) => {
			await turnCodesOn(await somebody.open());
			return "/sign-in";
		},
		proceed: async (page, { email }) => {
			await page.locator('input[type="email"]').fill(email);
			await page.locator('input[type="password"]').fill(password);
			await page.locator('button[type="submit"]').click();
			await expect(page.locator('input[autocomplete="one-time-code"]')).toBeVisible();
		},
	},
	register: { find: async (_, { email }) => `/register?token=${await invite(email)}` },
	"forgot password": { path: "/forgot-password" },
	"reset password": {
		find: async (page, somebody) => {
			await somebody.open();
			const asked = await page.request.post("/auth/forgot-password", { data: { email: somebody.email } });
			expect(asked.status(), await asked.text()).toBe(200);
			const { html } = await received(page, somebody.email, /Choose a new password/);
			return linkIn(html, "/reset-password");
		},
	},
	"confirm e-mail address": { path: "/confirm-email#a-token" },
	unsubscribe: { path: "/unsubscribe?token=1.reminder.abc" },
	"codes have to be set up": { person: "newcomer", path: "/", prepare: requireCodes },
	"profile: details": { person: "newcomer", path: "/profile" },
	"profile: password and codes": { person: "newcomer", path: "/profile?tab=security" },
	"profile: devices": { person: "newcomer", path: "/profile?tab=sessions" },
	"profile: mail": { person: "office", path: "/profile?tab=mail" },
	"my hours": { person: "student", path: "/work/hours" },
	"profile: availability": { person: "student", path: "/profile?tab=availability" },
	"profile: calendars": { person: "newcomer", path: "/profile?tab=calendars" },
	"profile: tokens": { person: "newcomer", path: "/profile?tab=tokens" },
	people: { person: "office", path: "/people" },
	person: { person: "office", find: async () => `/people/${(await me("lucas")).id}` },
	"a person's details": { person: "office", find: async () => `/people/${(await me("lucas")).id}?edit=true` },
	"collections: month": { person: "office", path: "/manage/collections?view=month" },
	"collections: week": { person: "office", path: "/manage/collections?view=week" },
	"collections: list": { person: "office", path: "/manage/collections?view=list" },
	"mail log": { person: "office", path: "/manage/mail" },
	"write a mail": { person: "office", path: "/manage/mail/write" },
	"mail templates": { person: "office", path: "/manage/mail/templates" },
	incidents: { person: "office", path: "/manage/incidents" },
	swaps: { person: "office", path: "/manage/swaps" },
	"runs and swaps of a worker": { person: "student", path: "/work" },
	"an incident": { person: "office", path: "/manage/incidents?status=all&incident=1" },
	"summary of a day": { person: "office", path: "/today/summary" },
	wall: { person: "office", path: "/wall" },
	changes: { person: "office", path: "/manage/audit" },
	"collection rules": { person: "office", path: "/manage/collection-rules" },
	"a collection rule": { person: "office", find: async () => `/manage/collection-rules/${await firstRule()}` },
	"a new collection rule": { person: "office", path: "/manage/collection-rules/new" },
	"kinds of waste": { person: "office", path: "/manage/waste-kinds" },
	"a kind of waste": { person: "admin", path: "/manage/waste-kinds?kind=PMD" },
	regions: { person: "admin", path: "/manage/regions" },
	tour: { person: "office", path: "/manage/tours/1" },
	"a run": { person: "office", find: async () => `/manage/runs/${await aCompletedRun()}` },
	building: { person: "office", path: "/manage/buildings/1" },
	"the place of a building": { person: "office", path: "/manage/buildings/1?edit=true" },
	"building of a syndic": { person: "syndic", path: "/my-buildings/1" },
};

/** Sets codes up for who is signed in on the page. */
async function turnCodesOn(page: Page): Promise<void> {
	const begun = await page.request.post("/me/second-factor", { data: { password } });
	expect(begun.status(), await begun.text()).toBe(200);
	const { key } = (await begun.json()) as { key: string };
	const confirmed = await page.request.put("/me/second-factor", { data: { code: codeOf(key, 0) } });
	expect(confirmed.status(), await confirmed.text()).toBe(200);
}

/** A rule of the demo company. */
async function firstRule(): Promise<number> {
	const api = await apiOf("office");
	const { items } = await read<{ items: { id: number }[] }>(api, "/collection-rules?limit=1");
	await api.dispose();
	return items[0]?.id ?? 0;
}

/** A run of the demo company that is over. */
async function aCompletedRun(): Promise<number> {
	const api = await apiOf("office");
	const { items } = await read<{ items: { id: number }[] }>(api, "/runs?status=completed&limit=1");
	await api.dispose();
	return items[0]?.id ?? 0;
}

/** Makes the app believe that the installation wants codes. That it lets nobody around them is tested elsewhere. */
async function requireCodes(page: Page): Promise<void> {
	await page.route("**/me", async (route) => {
		const answer = await route.fetch();
		await route.fulfill({ response: answer, json: { ...(await answer.json()), second_factor_required: true } });
	});
}

async function arrived(page: Page, language: Language): Promise<void> {
	await expect(page.locator("html")).toHaveAttribute("lang", language);
	await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
	await expect(page.locator(".mantine-Skeleton-root, .mantine-Loader-root")).toHaveCount(0);
}

/** What a translation can break. */
const names = ["button-name", "link-name", "label", "label-content-name-mismatch", "image-alt", "document-title"];

for (const [name, view] of Object.entries(views)) {
	test(`everybody can use it in every language: ${name}`, async ({ open }) => {
		test.slow(); // looked at eight times
		const somebody = newcomer(open);
		const finder = await open();
		const path = view.path ?? (await view.find?.(finder, somebody)) ?? "/";
		const state = view.person === "newcomer" ? await (await somebody.open()).context().storageState() : undefined;
		for (const language of languages) {
			const origins = [{ origin: address, localStorage: [{ name: "trottoir.language", value: language }] }];
			const page = await (view.person === undefined || view.person === "newcomer"
				? open(undefined, { language, ...(state === undefined ? {} : { context: { storageState: { ...state, origins } } }) })
				: open(view.person, { language }));
			await view.prepare?.(page);
			await page.goto(path);
			await view.proceed?.(page, somebody);
			await arrived(page, language);
			// A colour is the same in every language, and so is everything but words.
			if (language === "en") {
				await check(page);
			} else {
				await check(page, ["light"], names);
			}
			if (language === "en") {
				for (const size of sizes) {
					await page.setViewportSize(size);
					expect(await unreachable(page), `keys at a width of ${size.width}`).toEqual([]);
				}
			}
			await page.context().close();
		}
	});
}
