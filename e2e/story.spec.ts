import { randomUUID } from "node:crypto";
import { read } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { linkIn, received } from "./inbox.js";
import { codeOf, setUpCodes, signIn } from "./newcomer.js";
import { ownKind } from "./waste.js";

const firefox = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";

test("an account from the invitation to its end, on phones and by mail", async ({ open, complaints }) => {
	test.setTimeout(180_000); // four phones, and six mails between them
	// What a phone asks for, or the socket that it opens again, once its session is gone; a link and a password that are no more.
	complaints.expect(/ 401 /, /HTTP Authentication failed/, / 400 .*\(\/auth\/reset-token\)$/);
	const id = randomUUID().slice(0, 13);
	const email = `${id}@trottoir.example`;
	const name = `Zoë Van ${id}`;

	const office = await open("admin", { phone: true });
	await office.goto("/people");
	await office.getByRole("button", { name: "Invite someone" }).tap();
	const form = office.getByRole("dialog", { name: "Invite someone" });
	await form.getByLabel("E-mail address").fill(email);
	await form.getByRole("combobox", { name: "Role" }).tap();
	await office.getByRole("option", { name: "Student", exact: true }).tap();
	await form.getByRole("button", { name: "Make invitation" }).tap();
	const made = office.getByRole("dialog", { name: `Invitation for ${email}` });
	const shown = await made.getByRole("textbox", { name: "Link" }).inputValue();
	await made.getByRole("button", { name: "Done" }).tap();

	// Nobody knows the language of who has no account yet: the mail is in Dutch.
	const invitation = await received(office, email, /uitgenodigd/);
	const link = linkIn(invitation.html, "/register");
	expect(link).toBe(shown);
	const phone = await open(undefined, { phone: true });
	await phone.goto(link);
	await phone.getByLabel("First name").fill("Zoë");
	await phone.getByLabel("Last name").fill(`Van ${id}`);
	await phone.getByRole("textbox", { name: "Password" }).fill("regen op de stoep");
	await phone.getByRole("button", { name: "Create account" }).tap();
	await expect(phone.getByRole("heading", { name: "My runs" })).toBeVisible();

	await phone.goto("/profile?tab=security");
	await phone.getByRole("button", { name: "Set up codes …" }).tap();
	const { key } = await setUpCodes(phone);
	await phone.getByRole("button", { name: "I have kept them" }).tap();
	await expect(phone.getByText("10 recovery codes left")).toBeVisible();
	await received(office, email, /Signing in to your account has changed/);

	// The password is forgotten, with nobody signed in.
	const visitor = await open(undefined, { phone: true });
	await visitor.goto("/sign-in");
	await visitor.getByRole("link", { name: "Forgot your password?" }).tap();
	await visitor.getByLabel("E-mail address").fill(email);
	await visitor.getByRole("button", { name: "Send the mail" }).tap();
	await expect(visitor.getByText(`If ${email} belongs to an account`)).toBeVisible();
	const reset = linkIn((await received(office, email, /Choose a new password/)).html, "/reset-password");
	await visitor.goto(reset);
	await visitor.getByRole("textbox", { name: "New password" }).fill("zon op de stoep");
	await visitor.getByRole("button", { name: "Save password" }).tap();
	await expect(visitor.getByText("1 device was signed out.")).toBeVisible();
	await expect(phone.getByText("Your session has ended.")).toBeVisible();
	await received(office, email, /Your password was changed/);
	await visitor.goto("/sign-in");
	await visitor.goto(reset);
	await expect(visitor.getByRole("heading", { name: "This link has been used" })).toBeVisible();
	await visitor.getByRole("link", { name: "Ask for a new link" }).tap();
	await visitor.getByRole("link", { name: "Go to sign-in" }).tap();
	await signIn(visitor, email, "regen op de stoep");
	await expect(visitor.getByText(/do not belong together/)).toBeVisible();

	// The new password and a code, on a device that was never seen before.
	const device = await open(undefined, { phone: true, context: { userAgent: firefox } });
	await signIn(device, email, "zon op de stoep");
	await device.getByLabel("6-digit code").fill(codeOf(key, 0));
	await device.getByRole("button", { name: "Continue" }).tap();
	await expect(device.getByRole("heading", { name: "My runs" })).toBeVisible();
	const warning = await received(office, email, /A new device signed in to your account/);
	expect(warning.html).toContain("Firefox, Android");
	await device.goto(linkIn(warning.html, "/profile"));
	await expect(device.getByText("this device", { exact: true })).toBeVisible();

	// The account ends while its owner looks at it.
	await office.getByLabel("Search").fill(email);
	await office.getByRole("link", { name }).tap();
	await office.getByRole("button", { name: "Deactivate …" }).tap();
	const dialog = office.getByRole("dialog", { name: `Deactivate ${name}?` });
	await expect(dialog.getByText("No runs are open.")).toBeVisible();
	await dialog.getByRole("button", { name: "Deactivate" }).tap();
	await expect(office.getByText(`${name} is deactivated and signed out everywhere.`)).toBeVisible();
	await expect(device.getByText("Your session has ended.")).toBeVisible();
	await device.goto("/work");
	await expect(device).toHaveURL(/\/sign-in/);
	expect((await device.request.get("/me")).status(), "the cookie lets nobody in").toBe(401);
	await signIn(device, email, "zon op de stoep");
	await expect(device.getByText(/do not belong together/)).toBeVisible();
});

/** A day so many days later. */
function later(day: string, days: number): string {
	const date = new Date(`${day}T12:00:00Z`);
	date.setUTCDate(date.getUTCDate() + days);
	return date.toISOString().slice(0, 10);
}

/** A day as the calendar reads it out. */
function inWords(day: string): string {
	return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(
		new Date(`${day}T12:00:00Z`),
	);
}

test("a rule and an exception from the office to the residents' page, and a resident's report to its answer", async ({ open }) => {
	test.slow(); // four windows, and three mails between them
	const kind = await ownKind();
	const office = await open("office");
	const syndic = await open("syndic");
	const mine = await read<{ items: { id: number; public_id: string }[] }>(syndic.request, "/buildings");
	const building = mine.items[0];
	expect(building).toBeDefined();

	await office.goto(`/manage/collection-rules/new?building=${building?.id}`);
	await office.getByRole("combobox", { name: "Kind of waste" }).click();
	await office.getByRole("option", { name: kind }).click();
	await office.getByRole("checkbox", { name: "Tuesday" }).check();
	await expect(office.getByText(/^Every week on Tuesday, from /)).toBeVisible();
	const dates = office.getByRole("list", { name: "Next dates" }).getByRole("listitem");
	await expect(dates).not.toHaveCount(0);
	expect(await dates.count(), "20, and what is skipped").toBeGreaterThanOrEqual(20);
	await check(office);

	// Every two weeks has other dates than every week: the preview follows.
	const second = await dates.nth(1).locator("time").getAttribute("datetime");
	await office.getByRole("textbox", { name: "Every … weeks" }).fill("2");
	await expect(dates.nth(1).locator("time")).not.toHaveAttribute("datetime", second ?? "");
	const moved = (await dates.nth(1).locator("time").getAttribute("datetime")) ?? "";
	await dates
		.nth(1)
		.getByRole("button", { name: /^Move / })
		.click();
	await check(office);
	await office.getByRole("button", { name: /^To:/ }).click();
	await office.getByRole("button", { name: inWords(later(moved, 1)) }).click();
	await office.getByRole("dialog").getByRole("button", { name: "Move" }).click();
	await expect(dates.nth(1)).toContainText("Instead of Tue");
	await office.getByRole("button", { name: "Make the rule" }).click();
	await expect(office.getByText(/The rule is made\. \d collections made/)).toBeVisible();
	await expect(
		office.getByRole("heading", { level: 1, name: new RegExp(`^${kind}`) }),
	).toBeVisible();
	await check(office);

	await office.goto(`/manage/buildings/${building?.id}`);
	const collections = office.getByRole("list", { name: "Collections" });
	await expect(
		collections
			.getByRole("listitem")
			.filter({ hasText: kind })
			.filter({ hasText: "instead of Tue" }),
	).not.toHaveCount(0);
	await expect(office.getByRole("list", { name: "Rules for this building" })).toContainText(kind);
	await check(office);

	// Residents see it on its new date, here and in their calendars.
	const resident = await open();
	await resident.goto(`/b/${building?.public_id}?lang=en`);
	const shown = resident.getByRole("cell").filter({ hasText: kind }).locator(".number");
	await expect(shown).not.toHaveCount(0);
	const numbers = (await shown.allInnerTexts()).map((text) => Number.parseInt(text, 10));
	expect(numbers).toContain(Number(later(moved, 1).slice(8)));
	expect(numbers).not.toContain(Number(moved.slice(8)));
	const feed = await resident.request.get(`/b/${building?.public_id}/calendar.ics?lang=en`);
	const events = (await feed.text()).split("BEGIN:VEVENT").filter((event) => event.includes(kind)).join();
	expect(events).toContain(`DTSTART;VALUE=DATE:${later(moved, 1).replaceAll("-", "")}`);
	expect(events).not.toContain(`DTSTART;VALUE=DATE:${moved.replaceAll("-", "")}`);

	// Nobody came.
	const words = `Still there ${Date.now()}`;
	const email = `resident${Date.now()}@elsewhere.example`;

	await office.goto("/manage/incidents");
	await expect(office.getByRole("heading", { level: 1, name: "Reports" })).toBeVisible();
	await resident.goto(`/b/${building?.public_id}?lang=en`);
	await resident.locator('select[name="kind"]').selectOption("missed_collection");
	await resident.locator('textarea[name="text"]').fill(words);
	await resident.locator('input[name="email"]').fill(email);
	await resident.locator("form button").click();
	await expect(resident.locator("form")).toHaveCount(0);
	const { html: confirmation } = await received(office, email, /We have received your report/);
	expect(confirmation, "nobody's words go to an address that nobody confirmed").not.toContain(words);

	// Without a reload.
	const row = office.getByRole("listitem").filter({ hasText: words });
	await expect(row).toBeVisible();
	await row.getByRole("link").click();
	const panel = office.getByRole("complementary", { name: "Not collected" });
	await expect(panel.getByText(email)).toBeVisible();
	await check(office, ["light", "dark"]);
	await panel.getByRole("button", { name: "Acknowledge" }).click();
	await received(office, email, /We are working on your report/);
	await panel.getByRole("textbox", { name: "Answer" }).fill("It was fetched this morning.");
	await panel.getByRole("button", { name: "Resolve" }).click();
	const { html: answer } = await received(office, email, /Your report is resolved/);
	expect(answer).toContain("It was fetched this morning.");
	await expect(panel.getByRole("button", { name: "Reopen" })).toBeVisible();

	await syndic.goto(`/my-buildings/${building?.id}`);
	const reported = syndic.getByRole("list", { name: "Reports" }).getByRole("listitem").filter({ hasText: words });
	await expect(reported.getByText("Resolved", { exact: true })).toBeVisible();
	await reported.getByRole("button", { name: "History" }).click();
	await expect(reported.getByText("It was fetched this morning.")).toBeVisible();
	await expect(syndic.getByText(email)).toHaveCount(0);
});
