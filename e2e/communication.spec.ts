import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { apiOf, dashboard } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { received } from "./inbox.js";

/** Chooses what a searching field finds. */
async function choose(page: Page, field: string, text: string, option: RegExp): Promise<void> {
	await page.getByRole("combobox", { name: field }).fill(text);
	await page.getByRole("option", { name: option }).click();
}

/** Adds what a searching field finds, which stays open for more. */
async function add(page: Page, field: string, text: string, option: RegExp): Promise<void> {
	await choose(page, field, text, option);
	await page.getByRole("combobox", { name: field }).press("Escape");
}

/** A message as the inbox shows it, with its headers, text and attachments. */
async function shown(reader: Page, id: string): Promise<string> {
	return (await reader.request.get(`http://${dashboard}/mail/${id}`)).text();
}

test("the office keeps a template and sends it to a worker and a syndic, with a photo and a copy", async ({
	open,
	complaints,
}) => {
	test.slow(); // two pages looked at in all sizes, and mail
	const word = randomUUID().slice(0, 8);
	const page = await open("office");
	await page.goto("/manage/mail");
	await page.getByRole("link", { name: "Templates" }).click();
	await page.getByRole("button", { name: "New template" }).click();
	await page.getByLabel("Name", { exact: true }).fill(`Keys ${word}`);
	await page.getByLabel("Subject").fill(`Keys ${word} of `);
	await page.getByRole("button", { name: "Insert: Building" }).click();
	await expect(page.getByLabel("Subject")).toHaveValue(`Keys ${word} of {{building}}`);
	await page.getByRole("textbox", { name: "Text", exact: true }).fill("Dear {{voornaam}},\n\nbring them back: {{link}}");
	complaints.expect(/ 400 .*\/mail\/(templates|receivers)/);
	await page.getByRole("button", { name: "Keep template" }).click();
	await expect(page.getByText("The variable {{voornaam}} does not exist.")).toBeVisible();
	await check(page);
	await page.getByRole("textbox", { name: "Text", exact: true }).fill("Dear ,\n\nbring them back: {{link}}");
	await page.getByRole("textbox", { name: "Text", exact: true }).evaluate((text: HTMLTextAreaElement) => text.setSelectionRange(5, 5));
	await page.getByRole("button", { name: "Insert: First name" }).click();

	await test.step("its preview", async () => {
		await page.getByRole("button", { name: "Show preview" }).click();
		const dialog = page.getByRole("dialog", { name: "Preview" });
		await choose(page, "About building", "Burgstraat", /Burgstraat 14/);
		await choose(page, "Preview for", "lotte@", /Lotte/);
		const mail = dialog.frameLocator("iframe");
		await expect(mail.getByText(/^Dear Lotte,/)).toBeVisible();
		await expect(dialog.getByText(`Keys ${word} of Residentie Gravensteen`)).toBeVisible();
		expect(
			await mail.locator(".button, .brand").first().evaluate((element) => getComputedStyle(element).fontWeight),
			"the styles of the mail are there",
		).toBe("700");
		await check(page);
		await dialog.getByText("As text").click();
		await expect(dialog.getByRole("region", { name: "As text" })).toContainText("Dear Lotte,");
		await page.keyboard.press("Escape");
	});

	await page.getByRole("button", { name: "Keep template" }).click();
	await expect(page.getByText(`The template Keys ${word} is kept.`)).toBeVisible();
	await check(page);
	await page.getByRole("link", { name: `Use: Keys ${word}` }).click();
	await expect(page.getByLabel("Subject")).toHaveValue(`Keys ${word} of {{building}}`);

	await add(page, "People", "lotte@", /Lotte/);
	await add(page, "Syndics of buildings", "Burgstraat", /Burgstraat 14/);
	await choose(page, "About building", "Begijnhoflaan", /Begijnhoflaan 37/);
	await page.getByLabel("Copy to").fill("board@trottoir.example");
	await page.getByLabel("Other addresses").fill("Neighbour <buur@zoë.example>, nobody");
	await page.getByRole("button", { name: "Review and send" }).click();
	await expect(page.getByText("These are no e-mail addresses: nobody")).toBeVisible();
	await check(page);
	await page.getByLabel("Other addresses").fill("buur@zoë.example");
	await page.getByRole("button", { name: "Review and send" }).click();
	await expect(page.getByText(/nobody knows the names of these addresses: buur@zoë.example/)).toBeVisible();
	await page.getByLabel("Other addresses").fill("");

	await test.step("photos of a visit", async () => {
		await page.getByRole("button", { name: "Choose photos" }).click();
		const dialog = page.getByRole("dialog", { name: "Choose photos" });
		await dialog.getByRole("button", { name: /Arrival/ }).first().click();
		await expect(dialog.getByText("1 of at most 20 chosen")).toBeVisible();
		await check(page);
		await dialog.getByRole("button", { name: "Done" }).click();
		await expect(page.getByText(/^1 photo, .+ of at most 10 MB\.$/)).toBeVisible();
	});

	// The draft is still there when the page is loaded again.
	await page.reload();
	await expect(page.getByText("This is the mail that you began earlier on this device.")).toBeVisible();
	await expect(page.getByLabel("Copy to")).toHaveValue("board@trottoir.example");
	await check(page);

	await page.getByRole("button", { name: "Review and send" }).click();
	const dialog = page.getByRole("dialog", { name: "Send to 2 people?" });
	await expect(dialog.frameLocator("iframe").getByText(/^Dear Lotte,/)).toBeVisible();
	await expect(dialog.getByText("board@trottoir.example")).toBeVisible();
	await check(page);
	await dialog.getByRole("button", { name: "Send to 2 people" }).dblclick();
	await expect(page.getByText(/goes to 2 people/)).toBeVisible();
	await page.getByRole("link", { name: "Follow how it goes" }).click();

	const rows = page.getByRole("list", { name: "Mail" }).getByRole("listitem");
	await expect(rows).toHaveCount(2);
	await expect(page.getByText("You see only the mails that were sent at once.")).toBeVisible();
	await check(page);

	const worker = await received(page, "lotte@trottoir.example", new RegExp(`Keys ${word} of Huis Rabot`));
	expect(worker.html).toContain("Dear Lotte,");
	const whole = await shown(page, worker.id);
	expect(whole).toMatch(/\d{4}-\d\d-\d\d-1\.jpg<\/a> <span class="quiet">image\/jpeg/);
	expect(whole, "the copy goes with the first").toContain("board@trottoir.example");
	const syndic = await received(page, "syndic@trottoir.example", new RegExp(`Keys ${word} of Residentie Gravensteen`));
	expect(syndic.html).toMatch(/Dear Martine,/);
	expect(await shown(page, syndic.id)).not.toContain("board@trottoir.example");

	await test.step("the history of the building, and of the person", async () => {
		await page.goto("/manage/buildings?q=Burgstraat");
		await page.getByRole("link", { name: /Burgstraat 14/ }).click();
		await page.getByRole("link", { name: "Mail about this building" }).click();
		await expect(page.getByText("You see only mail about Burgstraat 14.")).toBeVisible();
		await page.getByRole("link", { name: new RegExp(`Keys ${word}`) }).click();
		const panel = page.getByRole("complementary");
		await expect(panel.getByText("sent", { exact: true })).toBeVisible();
		await expect(panel.getByText(/-1\.jpg \(.+B\)/)).toBeVisible();
		await expect(panel.getByRole("link", { name: "Burgstraat 14" })).toBeVisible();
		await check(page);
		await panel.getByRole("link", { name: "All mails sent at once with this one" }).click();
		await expect(rows).toHaveCount(2);
		await rows.getByRole("link", { name: /Lotte/ }).click();
		await expect(panel.getByText("board@trottoir.example")).toBeVisible();
		await panel.getByRole("link", { name: "Write again" }).click();
		await expect(page.getByText("Begijnhoflaan 37").or(page.locator('input[value="Begijnhoflaan 37"]'))).not.toHaveCount(0);
	});

	await test.step("it is deleted", async () => {
		await page.getByRole("link", { name: "Templates" }).click();
		await page.getByRole("link", { name: `Keys ${word}`, exact: true }).click();
		await page.getByRole("button", { name: "Delete …" }).click();
		await check(page);
		await page.getByRole("button", { name: "Delete template" }).click();
		await expect(page.getByText(`The template Keys ${word} is deleted.`)).toBeVisible();
	});
});

test("a test goes to who writes it", async ({ open }) => {
	const word = randomUUID().slice(0, 8);
	const page = await open("admin");
	await page.goto("/manage/mail/write");
	await page.getByLabel("Subject").fill(`Try ${word} {{date}}`);
	await page.getByRole("textbox", { name: "Text", exact: true }).fill("Dear {{first_name}}");
	await page.getByRole("button", { name: "Send me a test" }).click();
	await expect(page.getByText("The test is on its way to admin@trottoir.example.")).toBeVisible();
	await received(page, "admin@trottoir.example", new RegExp(`Try ${word} .*20\\d\\d`));
});

test("nothing is sent of what is wrong, and nobody but the office sends", async ({ open, complaints }) => {
	const office = await apiOf("office");
	const letter = {
		subject: "Dag",
		body: "x",
		user_ids: [] as number[],
		building_ids: [] as number[],
		addresses: ["a@trottoir.example"],
		cc: [] as string[],
		about_building_id: 0,
		picture_ids: [] as string[],
	};
	const list = async () => (await (await office.get("/mail/messages?kind=message&q=nowhere")).json()).items;
	for (const [field, wrong] of [
		["subject", { subject: "Dag\r\nBcc: b@trottoir.example" }],
		["subject", { subject: "Dag\u0000" }],
		["body", { body: "{{naam}}" }],
		["addresses", { addresses: ["a@nowhere.example\r\nBcc: b@nowhere.example"] }],
		["addresses", { addresses: ['"a b"@nowhere.example'] }],
		["cc", { cc: ["zoë@nowhere.example"] }],
		["addresses", { addresses: Array.from({ length: 10_000 }, (_, place) => `p${place}@nowhere.example`) }],
		["picture_ids", { picture_ids: [randomUUID()] }],
	] as const) {
		const answer = await office.post("/mail/send", { data: { ...letter, ...wrong } });
		const { code, details } = await answer.json();
		expect([answer.status(), code, details.field], JSON.stringify(wrong).slice(0, 80)).toEqual([400, "invalid_argument", field]);
	}
	expect(await list()).toEqual([]);

	complaints.expect(/403/);
	const student = await apiOf("lucas");
	for (const path of ["/mail/send", "/mail/receivers", "/mail/preview", "/mail/templates"]) {
		expect((await student.post(path, { data: letter })).status(), path).toBe(403);
	}
	await Promise.all([office.dispose(), student.dispose()]);
	const page = await open("lucas", { phone: true });
	for (const path of ["/manage/mail", "/manage/mail/write", "/manage/mail/templates"]) {
		await page.goto(path);
		await expect(page.getByRole("heading", { name: "This page is not for you" })).toBeVisible();
	}
});

test("what is written stays when the session ends meanwhile, and is saved after signing in in another window", async ({ open, complaints }) => {
	const word = randomUUID().slice(0, 8);
	complaints.expect(/ 401 /);
	const signIn = async (window: Page) => {
		await window.goto("/sign-in");
		await window.getByLabel("E-mail address").fill("office@trottoir.example");
		await window.getByLabel("Password", { exact: true }).fill("demo-office");
		await window.getByRole("button", { name: "Sign in" }).click();
		await expect(window).not.toHaveURL(/sign-in/);
	};
	const page = await open(); // with a session of its own
	await signIn(page);
	await page.goto("/manage/mail/templates?template=new");
	await page.getByLabel("Name", { exact: true }).fill(`Ended ${word}`);
	await page.getByLabel("Subject").fill("x");
	await page.getByRole("textbox", { name: "Text", exact: true }).fill("A long text");
	await page.request.post("/auth/sign-out");
	const dialog = page.getByRole("dialog", { name: "Your changes are not saved" });
	await expect(dialog.getByText(/You are no longer signed in/)).toBeVisible();
	await dialog.getByRole("button", { name: "Stay here" }).click();
	await expect(page.getByRole("textbox", { name: "Text", exact: true })).toHaveValue("A long text");

	await signIn(await page.context().newPage());
	await page.getByRole("button", { name: "Keep template" }).click();
	await expect(page.getByText(`The template Ended ${word} is kept.`)).toBeVisible();
});
