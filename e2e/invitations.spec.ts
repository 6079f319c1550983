import { randomUUID } from "node:crypto";
import type { Locator, Page } from "@playwright/test";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";

/** An address that no other test uses. */
function somebody(): string {
	return `${randomUUID().slice(0, 13)}@trottoir.example`;
}

/** Invites through the form and returns the link that is shown. */
async function invite(office: Page, email: string, role: string): Promise<string> {
	await office.getByRole("button", { name: "Invite someone" }).click();
	const form = office.getByRole("dialog", { name: "Invite someone" });
	await form.getByLabel("E-mail address").fill(email);
	await form.getByRole("combobox", { name: "Role" }).click();
	await office.getByRole("option", { name: role, exact: true }).click();
	await form.getByRole("combobox", { name: "Regions" }).click();
	await office.getByRole("option").first().click();
	await office.keyboard.press("Tab"); // closes the list of regions
	await form.getByRole("button", { name: "Make invitation" }).click();
	return readLink(office, email);
}

async function readLink(office: Page, email: string): Promise<string> {
	const shown = office.getByRole("dialog", { name: `Invitation for ${email}` });
	const link = await shown.getByRole("textbox", { name: "Link" }).inputValue();
	await shown.getByRole("button", { name: "Done" }).click();
	await expect(shown).toBeHidden();
	return link;
}

function invitationOf(office: Page, email: string): Locator {
	return office.getByRole("list", { name: "Open invitations" }).getByRole("listitem").filter({ hasText: email });
}

test("the office invites a student, who registers and sees the own runs", async ({ open, complaints }) => {
	test.slow(); // three windows, one after the other
	complaints.expect(/^error: Failed to load resource: .* 400 .*\(\/auth\/invitation\)$/);
	const email = somebody();
	const office = await open("office");
	await office.goto("/today");
	await office.getByRole("link", { name: "People" }).click();
	await expect(office.getByRole("heading", { name: "People", level: 1 })).toBeVisible();
	const link = await invite(office, email, "Student");
	await expect(invitationOf(office, email)).toContainText("Student");

	const student = await open(undefined, { phone: true });
	await student.goto(link);
	await expect(student.getByRole("textbox", { name: "E-mail address" })).toHaveValue(email);
	await expect(student.getByText("You are invited as student.")).toBeVisible();
	await student.getByRole("button", { name: "Create account" }).tap();
	await expect(student.getByText("Enter your first name")).toBeVisible();

	await student.getByLabel("First name").fill("Zoë");
	await student.getByLabel("Last name").fill("Van Damme");
	await student.getByLabel("Phone (may stay empty)").fill("0470 12 34 56");
	await student.getByRole("textbox", { name: "Password" }).fill("wachtwoord123");
	complaints.expect(/^error: Failed to load resource: .* 400 .*\(\/auth\/register\)$/);
	await student.getByRole("button", { name: "Create account" }).tap();
	await expect(student.getByText("This password is easy to guess. Choose another.")).toBeVisible();
	await student.getByRole("textbox", { name: "Password" }).fill("regen op de stoep");
	await student.getByRole("button", { name: "Create account" }).tap();

	await expect(student.getByRole("heading", { name: "My runs" })).toBeVisible();
	await expect(student.getByText("As soon as the office plans a run for you, it is here.")).toBeVisible();
	await student.reload();
	await expect(student.getByRole("heading", { name: "My runs" })).toBeVisible();

	const other = await open();
	await other.goto(link);
	await expect(other.getByRole("heading", { name: "This invitation has been used" })).toBeVisible();
	await other.getByRole("button", { name: "Go to sign-in" }).click();
	await other.getByLabel("E-mail address").fill(email);
	await other.getByRole("textbox", { name: "Password" }).fill("regen op de stoep");
	await other.getByRole("button", { name: "Sign in" }).click();
	await expect(other.getByRole("heading", { name: "My runs" })).toBeVisible();

	await office.reload();
	await office.getByLabel("Search").fill(email);
	await expect(office.getByRole("list", { name: "Accounts" }).getByRole("listitem")).toHaveCount(1);
	await expect(office.getByRole("list", { name: "Accounts" })).toContainText("Zoë Van Damme");
	await expect(office.getByRole("link", { name: "+32 470 12 34 56" })).toBeVisible();
	await expect(invitationOf(office, email)).toBeHidden();
});

test("a new link replaces the old one, and a withdrawn one leads nowhere", async ({ open, complaints }) => {
	complaints.expect(/^error: Failed to load resource: .* 404 .*\(\/auth\/invitation\)$/);
	const email = somebody();
	const office = await open("admin");
	await office.goto("/people");
	const first = await invite(office, email, "Administrator");
	await office.getByRole("button", { name: `New link for ${email}` }).click();
	const second = await readLink(office, email);
	expect(second).not.toBe(first);

	const visitor = await open();
	await visitor.goto(first);
	await expect(visitor.getByRole("heading", { name: "This link does not work" })).toBeVisible();
	await visitor.goto(second);
	await expect(visitor.getByRole("heading", { name: "Welcome to Trottoir" })).toBeVisible();

	await office.getByRole("button", { name: `Withdraw the invitation of ${email} …` }).click();
	await office.getByRole("button", { name: "Withdraw invitation" }).click();
	await expect(office.getByText(`The invitation of ${email} is withdrawn.`)).toBeVisible();
	await expect(invitationOf(office, email)).toBeHidden();
	await visitor.reload();
	await expect(visitor.getByRole("heading", { name: "This link does not work" })).toBeVisible();
	await visitor.goto("/register");
	await expect(visitor.getByRole("heading", { name: "This link is not complete" })).toBeVisible();
});

test("a superstudent gives no role above the own one", async ({ open }) => {
	const office = await open("office");
	await office.goto("/people");
	await office.getByRole("button", { name: "Invite someone" }).click();
	await office.getByRole("dialog").getByRole("combobox", { name: "Role" }).click();
	await expect(office.getByRole("option", { name: "Superstudent" })).toBeVisible();
	await expect(office.getByRole("option", { name: "Administrator" })).toHaveCount(0);
});

test("the pages can be used by everybody", async ({ open }) => {
	test.slow(); // each of four views in two sizes and two colour schemes
	const email = somebody();
	const office = await open("office");
	await office.goto("/people");
	await expect(office.getByRole("list", { name: "Accounts" })).toBeVisible();
	await office.getByRole("button", { name: "Invite someone" }).click();
	await office.getByRole("button", { name: "Make invitation" }).click();
	await expect(office.getByText("Enter an e-mail address")).toBeVisible();
	await check(office);
	await office.keyboard.press("Escape");

	const link = await invite(office, email, "Syndic");
	await expect(invitationOf(office, email)).toBeVisible();
	await check(office);
	await office.getByRole("button", { name: `Withdraw the invitation of ${email} …` }).click();
	await expect(office.getByRole("dialog")).toBeVisible();
	await check(office);

	const visitor = await open();
	await visitor.goto(link);
	await visitor.getByRole("button", { name: "Create account" }).click();
	await expect(visitor.getByText("Choose a password")).toBeVisible();
	await check(visitor);
});
