import { readFile } from "node:fs/promises";
import { type APIRequestContext, request } from "@playwright/test";
import { address, read } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { linkIn, received } from "./inbox.js";
import { codeOf, newcomer, password, setUpCodes, signIn } from "./newcomer.js";

test("the account is found in the menu, and its details are changed", async ({ open }) => {
	const somebody = newcomer(open);
	const page = await somebody.open(true);
	await page.goto("/work");
	await page.getByRole("button", { name: "Account of Zoë Van Damme" }).click();
	await page.getByRole("menuitem", { name: "Your account" }).click();
	await expect(page.getByRole("heading", { name: "Your account", level: 1 })).toBeVisible();
	await page.getByLabel("First name").fill("Zora");
	await page.getByLabel("Phone (may stay empty)").fill("0470 12 34 56");
	await page.getByRole("link", { name: "Devices" }).click();
	await page.getByRole("dialog", { name: "Your changes are not saved" }).getByRole("button", { name: "Stay here" }).click();
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByText("Your details are saved.")).toBeVisible();
	await page.reload();
	await expect(page.getByLabel("First name")).toHaveValue("Zora");
	await expect(page.getByLabel("Phone (may stay empty)")).toHaveValue("+32 470 12 34 56");
	await page.getByLabel("Language").selectOption("fr");
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByText("Vos coordonnées sont enregistrées.")).toBeVisible();
});

test("another e-mail address waits until it is confirmed", async ({ open, complaints }) => {
	complaints.expect(/^error: Failed to load resource: .* 40[04] .*\((\/me\/email|\/auth\/confirm-email)\)$/);
	const somebody = newcomer(open);
	const page = await somebody.open();
	await page.goto("/profile");
	await page.getByRole("button", { name: "Another e-mail address …" }).click();
	await page.getByLabel("New e-mail address").fill(`new-${somebody.email}`);
	await page.getByLabel("Your password").fill("something else");
	await page.getByRole("button", { name: "Send the mail" }).click();
	await expect(page.getByText("This is not your password.")).toBeVisible();
	await page.getByLabel("Your password").fill(password);
	await page.getByRole("button", { name: "Send the mail" }).click();
	await expect(page.getByText(`Look into the mailbox of new-${somebody.email}`)).toBeVisible();
	const mail = await received(page, `new-${somebody.email}`, /./);
	const link = linkIn(mail.html, "/confirm-email");
	const mailbox = await open();
	await mailbox.goto(link);
	await mailbox.getByRole("button", { name: "Confirm the address" }).click();
	await expect(mailbox.getByText(`From now on you sign in with new-${somebody.email}.`)).toBeVisible();
	await page.reload();
	await expect(page.getByText(`new-${somebody.email}`, { exact: true })).toBeVisible();
	await expect(page.getByText("Look into the mailbox")).toBeHidden();
	await mailbox.goto("/sign-in");
	await mailbox.goto(link);
	await mailbox.getByRole("button", { name: "Confirm the address" }).click();
	await expect(mailbox.getByRole("heading", { name: "This link has been used" })).toBeVisible();
});

test("another password signs the other devices out", async ({ open, complaints }) => {
	complaints.expect(/ 401 /);
	const somebody = newcomer(open);
	const here = await somebody.open();
	const there = await somebody.open(true);
	await there.goto("/work");
	await expect(there.getByRole("heading", { name: "My runs" })).toBeVisible();
	await here.goto("/profile?tab=security");
	await here.getByLabel("Current password").fill(password);
	await here.getByLabel("New password").fill("sneeuw op de stoep");
	await here.getByRole("button", { name: "Change the password" }).click();
	await expect(here.getByText("Your password has changed. 1 other device was signed out.")).toBeVisible();
	await expect(there.getByText("Your session has ended.")).toBeVisible();
	await here.reload();
	await expect(here.getByLabel("Current password")).toBeVisible();
});

test("codes: set up, asked for when signing in, replaced by a recovery code, switched off", async ({ open, complaints }) => {
	test.slow();
	complaints.expect(/ 40[01] .*\(\/(auth\/second-factor|me|auth\/sign-in)\)$/);
	const somebody = newcomer(open);
	const here = await somebody.open();
	await here.goto("/profile?tab=security");
	await here.getByRole("button", { name: "Set up codes …" }).click();
	const { key, recoveryCodes } = await setUpCodes(here);
	const saving = here.waitForEvent("download");
	await here.getByRole("button", { name: "Download" }).click();
	const saved = await readFile(await (await saving).path(), "utf8");
	expect(saved).toContain(recoveryCodes.join("\n"));
	await here.getByRole("button", { name: "I have kept them" }).click();
	await expect(here.getByText("10 recovery codes left")).toBeVisible();

	const there = await open(undefined, { phone: true });
	await signIn(there, somebody.email);
	const code = there.getByLabel("6-digit code");
	await expect(code).toBeFocused();
	await code.fill("000000");
	await there.getByRole("button", { name: "Continue" }).click();
	await expect(there.getByText("This code is wrong or was used before.")).toBeVisible();
	await code.fill(codeOf(key, 0));
	await there.getByRole("checkbox", { name: "Ask for no code on this device for 30 days" }).check();
	await there.getByRole("button", { name: "Continue" }).click();
	await expect(there.getByRole("heading", { name: "My runs" })).toBeVisible();

	await there.getByRole("button", { name: /^Account of/ }).click();
	await there.getByRole("menuitem", { name: "Sign out" }).click();
	await expect(there.getByRole("heading", { name: "Sign in" })).toBeVisible();
	await signIn(there, somebody.email);
	await expect(there.getByRole("heading", { name: "My runs" }), "the device is remembered").toBeVisible();

	const elsewhere = await open();
	await signIn(elsewhere, somebody.email);
	await elsewhere.getByRole("button", { name: "No app at hand? Use a recovery code" }).click();
	await elsewhere.getByLabel("Recovery code").fill(recoveryCodes[3] ?? "");
	await elsewhere.getByRole("button", { name: "Continue" }).click();
	await expect(elsewhere.getByText("You have 9 recovery codes left.")).toBeVisible();
	await elsewhere.getByRole("button", { name: "Continue" }).click();
	await expect(elsewhere.getByRole("heading", { name: "My runs" })).toBeVisible();

	await here.getByRole("button", { name: "Switch codes off …" }).click();
	await here.getByLabel("Your password").fill(password);
	await here.getByLabel("Code of the app, or a recovery code").fill(codeOf(key, 1));
	await here.getByRole("button", { name: "Switch codes off", exact: true }).click();
	await expect(here.getByText("Codes are off.")).toBeVisible();
});

test("a device is signed out from another one", async ({ open, complaints }) => {
	complaints.expect(/ 401 /);
	const somebody = newcomer(open);
	const here = await somebody.open();
	await here.goto("/profile?tab=sessions");
	await expect(here.getByText("You are signed in on no other device.")).toBeVisible();
	const there = await open(undefined, { phone: true });
	await signIn(there, somebody.email);
	await expect(there.getByRole("heading", { name: "My runs" })).toBeVisible();
	await here.reload();
	const rows = here.getByRole("list", { name: "Devices on which you are signed in" }).getByRole("listitem");
	await expect(rows).toHaveCount(2);
	await expect(rows.filter({ hasText: "this device" })).toHaveCount(1);
	await here.getByRole("button", { name: /^Sign out .* …$/ }).first().click();
	await here.getByRole("dialog").getByRole("button", { name: "Sign out", exact: true }).click();
	await expect(rows).toHaveCount(1);
	await expect(there.getByText("Your session has ended.")).toBeVisible();
	await expect(there).toHaveURL(/\/sign-in/);
});

async function statusWith(token: string, call: (api: APIRequestContext) => ReturnType<APIRequestContext["get"]>): Promise<number> {
	const api = await request.newContext({ baseURL: address, extraHTTPHeaders: { Authorization: `Bearer ${token}` } });
	try {
		return (await call(api)).status();
	} finally {
		await api.dispose();
	}
}

test("a token lets a program in until it is withdrawn", async ({ open }) => {
	const somebody = newcomer(open);
	const page = await somebody.open();
	await page.goto("/profile?tab=tokens");
	await page.getByRole("button", { name: "Make a token" }).click();
	await page.getByLabel("Name").fill("Planning");
	await page.getByLabel("Your password").fill(password);
	await page.getByRole("dialog").getByRole("button", { name: "Make the token" }).click();
	const token = await page.getByRole("textbox", { name: "Token" }).inputValue();
	await page.getByRole("button", { name: "Done" }).click();
	const row = page.getByRole("list", { name: "Your tokens" }).getByRole("listitem");
	await expect(row).toContainText("not used yet");

	const program = await request.newContext({ baseURL: address, extraHTTPHeaders: { Authorization: `Bearer ${token}` } });
	expect((await read<{ email: string }>(program, "/me")).email).toBe(somebody.email);
	await program.dispose();
	const rename = { first_name: "A", last_name: "B", phone: "", language: "en" };
	expect(await statusWith(token, (api) => api.put("/me", { data: rename })), "it only reads").toBe(403);
	expect(await statusWith(token, (api) => api.get("/me/export")), "also what one service asks of another").toBe(200);
	await page.reload();
	await expect(row).toContainText("last used");

	await page.getByRole("button", { name: "Withdraw Planning …" }).click();
	await page.getByRole("button", { name: "Withdraw the token" }).click();
	await expect(page.getByText("Planning is withdrawn.")).toBeVisible();
	expect(await statusWith(token, (api) => api.get("/me"))).toBe(401);
});

test("the pages of the account can be used by everybody", async ({ open, complaints }) => {
	test.setTimeout(300_000); // each of eight views in two sizes and two colour schemes
	complaints.expect(/ 40[014] .*\(\/(auth\/second-factor|auth\/confirm-email|me\/password)\)$/);
	const somebody = newcomer(open);
	const page = await somebody.open();
	await page.goto("/profile");
	await page.getByLabel("First name").fill("");
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByText("Enter your first name")).toBeVisible();
	await check(page);
	await page.getByLabel("First name").fill("Zoë");
	await page.getByRole("button", { name: "Another e-mail address …" }).click();
	await page.getByRole("button", { name: "Send the mail" }).click();
	await check(page);
	await page.goto("/profile?tab=tokens");
	await page.getByRole("button", { name: "Make a token" }).click();
	await expect(page.getByRole("dialog")).toBeVisible();
	await check(page);
	await page.goto("/profile?tab=security");
	await page.getByRole("button", { name: "Change the password" }).click();
	await expect(page.getByText("Choose a password")).toBeVisible();
	await check(page);
	await page.getByRole("button", { name: "Set up codes …" }).click();
	await setUpCodes(page, { whileScanning: () => check(page) });
	await check(page);
	await page.getByRole("button", { name: "I have kept them" }).click();

	const visitor = await open();
	await signIn(visitor, somebody.email);
	await visitor.getByRole("button", { name: "Continue" }).click();
	await expect(visitor.getByText("Enter the code", { exact: true }).last()).toBeVisible();
	await check(visitor);
});
