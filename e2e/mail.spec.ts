import { randomUUID } from "node:crypto";
import { dashboard } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { linkIn, received } from "./inbox.js";

test("the office finds in the log what was mailed, sends it again, and tests its own mailbox", async ({ open }) => {
	test.slow(); // mail goes out three times
	const email = `${randomUUID().slice(0, 13)}@trottoir.example`;
	const office = await open("office");
	const invited = await office.request.post("/invitations", { data: { email, role: "student", region_ids: [] } });
	expect(invited.status(), await invited.text()).toBe(200);
	const first = await received(office, email, /Trottoir/);

	await office.goto("/today");
	await office.getByRole("link", { name: "Mail", exact: true }).click();
	await office.getByRole("searchbox", { name: "Search" }).fill(email);
	await expect(office).toHaveURL(new RegExp(`q=${encodeURIComponent(email)}`));
	await check(office);
	const rows = office.getByRole("list", { name: "Mail" }).getByRole("listitem");
	await expect(rows).toHaveCount(1);
	await rows.getByRole("link", { name: new RegExp(`to ${email}$`) }).press("Enter");
	const panel = office.getByRole("complementary");
	await expect(panel.getByText("sent", { exact: true })).toBeVisible();
	await expect(panel.getByRole("list", { name: "Tries" }).getByText("taken", { exact: true })).toBeVisible();
	// Who reads the log could register with the link otherwise.
	await expect(panel.getByText("The black hides a link")).toBeVisible();
	const token = linkIn(first.html, "/register").split("token=")[1] ?? "";
	expect(token).not.toBe("");
	expect(await panel.innerText()).not.toContain(token);
	await check(office);

	await panel.getByRole("button", { name: "Send again" }).click();
	await expect(panel.getByRole("link", { name: "This repeats an earlier mail" })).toBeVisible();
	await expect(panel.getByText("sent", { exact: true })).toBeVisible();
	await expect(rows).toHaveCount(2);

	await office.goto("/manage/mail?status=none");
	await expect(office.getByText("The address of this page asked for something that does not exist")).toBeVisible();
	await office.getByRole("button", { name: "Send myself a test mail" }).click();
	await expect(panel.getByRole("heading", { level: 2 })).toHaveText(/test/i);
	await expect(panel.getByText("sent", { exact: true })).toBeVisible();
	await received(office, "office@trottoir.example", /test/i);
	await office.keyboard.press("Escape");
	await expect(panel).toBeHidden();
});

test("who wants no more mail of a kind says so with the link in it, without signing in", async ({ open, plan, complaints }) => {
	test.slow(); // mail, two windows, and every page looked at four times
	await plan("noor", "lucas", "mohamed", "lotte"); // a run that is not started
	const admin = await open("admin");
	// By the clock of the tests it is past noon, when the office is told; once a day, whoever asks first.
	const job = await admin.request.post(`http://${dashboard}/cron/mail-of-the-day`);
	expect(job.status(), await job.text()).toBe(200);
	const late = await received(admin, "admin@trottoir.example", /niet gestart|not started|pas commenc/);

	const anybody = await open();
	const link = linkIn(late.html, "/unsubscribe");
	await anybody.goto(link);
	await expect(anybody.getByText("Late runs")).toBeVisible();
	await anybody.getByRole("button", { name: "Stop these mails" }).click();
	await expect(anybody.getByRole("heading", { name: "You will not get these mails any more" })).toBeVisible();
	await check(anybody);

	await admin.goto(linkIn(late.html, "/profile"));
	const choice = admin.getByRole("combobox", { name: "Late runs Mail" });
	await expect(choice).toHaveValue("off");
	await choice.selectOption("At once");
	await expect(admin.getByText("Saved")).toBeVisible();
	await admin.reload();
	await expect(choice).toHaveValue("on");

	complaints.expect(/ 404 .*\/mail\/unsubscribe\//);
	await anybody.goto(`${link.slice(0, -3)}abc`);
	await anybody.getByRole("button", { name: "Stop these mails" }).click();
	await expect(anybody.getByRole("heading", { name: "This link does not work" })).toBeVisible();
	await check(anybody);
});
