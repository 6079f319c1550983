import { randomUUID } from "node:crypto";
import { expect, test } from "./fixtures.js";
import { linkIn, received } from "./inbox.js";
import { codeOf, setUpCodes, signIn } from "./newcomer.js";

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
