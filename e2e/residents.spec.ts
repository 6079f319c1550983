import type { Page } from "@playwright/test";
import { accounts, address, apiOf, read } from "./application.js";
import { sizes, violations } from "./axe.js";
import { expect, languages, test } from "./fixtures.js";

type Building = { id: number; name: string; public_id: string; public_photos: boolean; address: { street: string; house_number: string } };

async function buildings(person: "office" | "syndic"): Promise<Building[]> {
	const api = await apiOf(person);
	const list = await read<{ items: Building[] }>(api, "/buildings?limit=200");
	await api.dispose();
	return list.items;
}

/** A building whose page shows photos. */
async function shown(): Promise<Building> {
	const found = (await buildings("office")).find(({ public_photos }) => public_photos);
	if (found === undefined) {
		throw new Error("no building shows photos");
	}
	return found;
}

/** Looks at a page in both sizes and both colour schemes; what looks at it is a script, so the page's window has to run them. */
async function look(page: Page): Promise<void> {
	for (const size of sizes) {
		await page.setViewportSize(size);
		for (const colorScheme of ["light", "dark"] as const) {
			await page.emulateMedia({ colorScheme });
			expect(await violations(page)).toEqual([]);
			const { inner, outer } = await page.evaluate(() => ({
				inner: document.documentElement.scrollWidth,
				outer: document.documentElement.clientWidth,
			}));
			expect(inner, "nothing is cut off at the side").toBeLessThanOrEqual(outer);
		}
	}
}

const words = {
	nl: { soon: "Vandaag en morgen", send: "Verstuur melding", thanks: "Bedankt, de melding is verstuurd" },
	en: { soon: "Today and tomorrow", send: "Send report", thanks: "Thank you, the report was sent" },
	fr: { soon: "Aujourd’hui et demain", send: "Envoyer le signalement", thanks: "Merci, le signalement est envoyé" },
};

for (const language of languages) {
	test(`residents read what goes out when, without a script, in ${language}`, async ({ open }) => {
		const building = await shown();
		const page = await open(undefined, { phone: true, context: { javaScriptEnabled: false, locale: `${language}-BE` } });
		const answer = await page.goto(`/b/${building.public_id}`);
		expect(answer?.headers()["content-security-policy"]).not.toContain("unsafe");
		expect((await answer?.body())?.length).toBeLessThan(30_000);
		await expect(page.locator("html")).toHaveAttribute("lang", language);
		await expect(page.getByRole("heading", { level: 1 })).toContainText(`${building.address.street} ${building.address.house_number}`);
		await expect(page.getByRole("heading", { name: words[language].soon })).toBeVisible();
		await expect(page.getByRole("table")).toBeVisible();
		expect(await page.locator(".days > li").count()).toBeGreaterThan(3);
		await expect(page.locator("body")).not.toContainText(building.name);
		const photo = page.locator(".photos img").first();
		expect((await page.request.get((await photo.getAttribute("src")) ?? "")).headers()["content-type"]).toBe("image/jpeg");
		const seen = await open(undefined, { context: { locale: `${language}-BE` } });
		await seen.goto(`/b/${building.public_id}`);
		await look(seen);
		// The other languages are one link away.
		const other = language === "fr" ? "nl" : "fr";
		await page.locator(`nav a[lang="${other}"]`).click();
		await expect(page.locator("html")).toHaveAttribute("lang", other);
		await expect(page.getByRole("heading", { name: words[other].soon })).toBeVisible();
	});
}

test("a resident reports a problem without a script, and mends what is wrong with it", async ({ open, complaints }) => {
	complaints.expect(/400 \(Bad Request\)/);
	const building = await shown();
	const page = await open(undefined, { context: { javaScriptEnabled: false } });
	await page.goto(`/b/${building.public_id}?lang=en`);
	await page.getByLabel("What is the matter?").selectOption("Something else");
	await page.getByRole("button", { name: "Send report" }).click();
	await expect(page.getByRole("alert")).toContainText("Describe the problem.");
	await expect(page.getByLabel("What is the matter?")).toHaveValue("other");
	const text = `Glass beside the bins ${Date.now()}`;
	await page.getByLabel("Describe the problem").fill(text);
	await page.getByRole("button", { name: "Send report" }).click();
	await expect(page.getByRole("heading", { name: "Thank you, the report was sent" })).toBeVisible();
	await page.getByRole("link", { name: "Back to the waste calendar" }).click();
	await expect(page.getByRole("heading", { name: "Today and tomorrow" })).toBeVisible();

	const api = await apiOf("office");
	const list = await read<{ items: { text: string; building: { id: number } }[] }>(api, `/incidents?building=${building.id}`);
	await api.dispose();
	expect(list.items.map((incident) => incident.text)).toContain(text);

	const seen = await open();
	await seen.goto(`/b/${building.public_id}?lang=en&sent=1`);
	await look(seen);
	await seen.getByRole("link", { name: "Back to the waste calendar" }).click();
	await seen.getByLabel("What is the matter?").selectOption("Something else");
	await seen.getByRole("button", { name: "Send report" }).click();
	await expect(seen.getByRole("alert")).toBeVisible();
	await look(seen);
});

test("a page that does not exist says so in three languages", async ({ open, complaints }) => {
	complaints.expect(/404 \(Not Found\)/);
	const page = await open(undefined, { context: { javaScriptEnabled: false } });
	expect((await page.goto("/b/00000000-0000-4000-8000-000000000000"))?.status()).toBe(404);
	for (const text of ["bestaat niet", "does not exist", "n’existe pas"]) {
		await expect(page.getByRole("heading", { name: text })).toBeVisible();
	}
	const seen = await open();
	await seen.goto("/b/nothing");
	await look(seen);
});

test("a syndic prints the poster, renames the building and gives it a new code", async ({ open, complaints }) => {
	complaints.expect(/404 \(Not Found\)/);
	const building = (await buildings("syndic")).at(-1);
	if (building === undefined) {
		throw new Error("the syndic has no building");
	}
	const page = await open("syndic");
	await page.goto(`/my-buildings/${building.id}`);
	const residents = page.getByRole("region", { name: "Residents" });
	// By somebody whose session has ended, who signs in and is led to it.
	const poster = await open();
	await poster.goto((await residents.getByRole("link", { name: "Print poster" }).getAttribute("href")) ?? "");
	await poster.getByLabel("E-mail address").fill(accounts.syndic.email);
	await poster.getByRole("textbox", { name: "Password" }).fill(accounts.syndic.password);
	await poster.getByRole("button", { name: "Sign in" }).click();
	await expect(poster.getByText(`${address}/b/${building.public_id}`)).toBeVisible();
	await expect(poster.getByRole("img", { name: /^QR/ })).toBeVisible();
	await expect(poster.getByRole("button", { name: "Print" })).toBeVisible();
	await look(poster);
	await poster.emulateMedia({ media: "print" });
	await expect(poster.getByRole("button", { name: "Print" }), "what is for the screen is not on paper").toBeHidden();
	const sheets = (await poster.pdf({ preferCSSPageSize: true })).toString("latin1").match(/\/Type \/Page\b/g);
	expect(sheets, "sheets of paper").toHaveLength(1);

	await page.getByRole("button", { name: "Change the name" }).click();
	await page.getByRole("textbox", { name: "Name" }).fill(`${building.name} bis`);
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByRole("heading", { level: 1, name: `${building.name} bis` })).toBeVisible();
	await page.getByRole("button", { name: "Change the name" }).click();
	await page.getByRole("textbox", { name: "Name" }).fill(building.name);
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByRole("heading", { level: 1, name: building.name, exact: true })).toBeVisible();

	await residents.getByRole("button", { name: "New public code" }).click();
	const dialog = page.getByRole("dialog");
	await expect(dialog).toContainText("lead nowhere");
	await dialog.getByRole("button", { name: "New public code" }).click();
	await expect(dialog).toBeHidden();
	expect((await page.request.get(`/b/${building.public_id}`)).status(), "old posters lead nowhere").toBe(404);
	const link = residents.getByRole("link", { name: "Residents' page" });
	await expect(link).not.toHaveAttribute("href", new RegExp(building.public_id));
	expect((await page.request.get((await link.getAttribute("href")) ?? "")).status()).toBe(200);
});

test("calendars elsewhere follow a worker's runs until the link is withdrawn", async ({ open }) => {
	const page = await open("student");
	await page.goto("/profile?tab=calendars");
	await page.getByRole("button", { name: "Calendar link …" }).click();
	await page.getByRole("button", { name: "Make the link" }).click();
	const url = new URL(await page.getByRole("textbox", { name: "Link" }).inputValue());
	await page.getByRole("button", { name: "Done" }).click();

	const stranger = await apiOf();
	const first = await stranger.get(url.pathname);
	expect(first.headers()["content-type"]).toBe("text/calendar; charset=utf-8");
	expect(await first.text()).toContain("SUMMARY:Run: Centrum Noord");
	const again = await stranger.get(url.pathname, { headers: { "If-None-Match": first.headers().etag ?? "" } });
	expect(again.status()).toBe(304);

	await page.reload();
	await page.getByRole("button", { name: "Withdraw My runs …" }).first().click();
	await page.getByRole("dialog").getByRole("button", { name: "Withdraw the link" }).click();
	await expect(page.getByText("The calendar link is withdrawn.")).toBeVisible();
	expect((await stranger.get(url.pathname)).status()).toBe(404);

	const { public_id } = await shown();
	const collections = await stranger.get(`/b/${public_id}/calendar.ics?lang=fr`);
	expect(await collections.text()).toContain("SUMMARY:Déchets résiduels");
	await stranger.dispose();
});
