import { accounts, address, apiOf, type Person } from "./application.js";
import { expect, test } from "./fixtures.js";

const homes = {
	admin: { path: "/today", title: "Today" },
	office: { path: "/today", title: "Today" },
	student: { path: "/work", title: "My runs" },
	syndic: { path: "/my-buildings", title: "My buildings" },
} as const satisfies Partial<Record<Person, object>>;

type Role = keyof typeof homes;
const roles = Object.keys(homes) as Role[];

const closed: Record<Role, readonly string[]> = {
	admin: ["/my-buildings"],
	office: ["/my-buildings"],
	student: ["/today", "/plan", "/my-buildings"],
	syndic: ["/today", "/plan", "/work", "/work/1"],
};

for (const role of roles) {
	test(`${role} signs in, lands on their own page and signs out`, async ({ open, complaints }) => {
		// A photo that was on its way when the session ended.
		complaints.expect(/ 401 .*\/pictures\//);
		const page = await open();
		await page.goto("/");
		await expect(page).toHaveURL(/\/sign-in$/);
		await page.getByLabel("E-mail address").fill(accounts[role].email);
		await page.getByLabel("Password", { exact: true }).fill(accounts[role].password);
		await page.getByRole("button", { name: "Sign in" }).click();

		await expect(page).toHaveURL(homes[role].path);
		await expect(page.getByRole("heading", { level: 1, name: homes[role].title })).toBeVisible();
		const cookie = (await page.context().cookies()).find(({ name }) => name === "session");
		expect(cookie).toMatchObject({ name: "session", httpOnly: true, sameSite: "Lax", path: "/" });

		await page.getByRole("button", { name: /^Account of/ }).click();
		await page.getByRole("menuitem", { name: "Sign out" }).click();
		await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
		// The device stays known: what its owner types there is not counted with the guesses of strangers.
		expect(await page.context().cookies()).toEqual([
			expect.objectContaining({ name: "device", httpOnly: true, sameSite: "Lax", path: "/auth" }),
		]);

		await page.goto(homes[role].path);
		await expect(page, "what was asked for comes after signing in").toHaveURL(
			`/sign-in?to=${encodeURIComponent(homes[role].path)}`,
		);
		const again = await page.request.get("/me", { headers: { Cookie: `session=${cookie?.value}` } });
		expect(again.status(), "the old session is worth nothing").toBe(401);
	});

	test(`${role} cannot open the pages of others`, async ({ open }) => {
		const page = await open(role);
		for (const path of closed[role]) {
			await page.goto(path);
			await expect(page.getByRole("heading", { name: "This page is not for you" })).toBeVisible();
			await page.getByRole("link", { name: "Go to the start" }).click();
			await expect(page).toHaveURL(homes[role].path);
		}
	});
}

test("a wrong password is said in words, and nobody is signed in", async ({ open, complaints }) => {
	complaints.expect(/ 401 .*\/auth\/sign-in/);
	const page = await open();
	await page.goto("/sign-in");
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByText("Enter your e-mail address")).toBeVisible();
	await expect(page.getByText("Enter your password")).toBeVisible();

	await page.getByLabel("E-mail address").fill(accounts.philippe.email);
	await page.getByLabel("Password", { exact: true }).fill("wrong");
	await page.getByLabel("Password", { exact: true }).press("Enter");
	await expect(page.getByRole("alert")).toHaveText(
		"This e-mail address and password do not belong together. Check them and try again.",
	);
	expect(await page.context().cookies()).toEqual([]);

	await page.getByLabel("Password", { exact: true }).fill(accounts.philippe.password);
	await page.getByLabel("Password", { exact: true }).press("Enter");
	await expect(page).toHaveURL("/my-buildings");
});

test("after signing in people get the page they asked for", async ({ open }) => {
	const page = await open();
	await page.goto("/plan?date=2030-05-06");
	await page.getByLabel("E-mail address").fill(accounts.office.email);
	await page.getByLabel("Password", { exact: true }).fill(accounts.office.password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page).toHaveURL("/plan?date=2030-05-06");
	await expect(page.getByRole("heading", { name: "Planning" })).toBeVisible();
});

for (const link of ["//elsewhere.example/", "https://elsewhere.example/"]) {
	test(`signing in does not lead to another site, asked by ${link}`, async ({ open }) => {
		const page = await open();
		await page.goto(`/sign-in?to=${encodeURIComponent(link)}`);
		await page.getByLabel("E-mail address").fill(accounts.syndic.email);
		await page.getByLabel("Password", { exact: true }).fill(accounts.syndic.password);
		await page.getByRole("button", { name: "Sign in" }).click();
		await expect(page).toHaveURL(`${address}/my-buildings`);
	});
}

test("the language changes at once and stays", async ({ open }) => {
	const page = await open(undefined, { language: null, context: { locale: "nl-BE" } });
	await page.goto("/sign-in");
	await expect(page.getByRole("heading", { name: "Aanmelden" })).toBeVisible();
	await expect(page.locator("html")).toHaveAttribute("lang", "nl");
	await page.getByRole("button", { name: "English" }).click();
	await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
	await expect(page.locator("html")).toHaveAttribute("lang", "en");
	await page.reload();
	await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("the account's language is shown until another is chosen", async ({ open }) => {
	const page = await open("syndic", { language: null });
	await page.goto("/");
	await expect(page.getByRole("heading", { name: "Mijn gebouwen" })).toBeVisible();
	await page.getByRole("button", { name: /^Account van/ }).click();
	await page.getByRole("button", { name: "English" }).click();
	await expect(page.getByRole("heading", { name: "My buildings" })).toBeVisible();
	await page.reload();
	await expect(page.getByRole("heading", { name: "My buildings" })).toBeVisible();
});

test("back, forward and reload keep the page", async ({ open }) => {
	const page = await open("office");
	await page.goto("/today");
	await page.getByRole("link", { name: "Next day" }).click();
	await expect(page).toHaveURL(/\/today\?date=/);
	const tomorrow = page.url();
	await page.getByRole("navigation").getByRole("link", { name: "Planning" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Planning" })).toBeVisible();

	await page.goBack();
	await expect(page).toHaveURL(tomorrow);
	await expect(page.getByRole("region", { name: /^Runs / })).toBeVisible();
	await page.goBack();
	await expect(page.getByRole("heading", { level: 1, name: "Today" })).toBeVisible();
	await page.goForward();
	await page.goForward();
	await expect(page.getByRole("heading", { level: 1, name: "Planning" })).toBeVisible();
	await page.reload();
	await expect(page).toHaveURL(/\/plan/);
	await expect(page.getByRole("heading", { level: 1, name: "Planning" })).toBeVisible();
});

test("an open panel is part of the address", async ({ open }) => {
	const page = await open("office");
	await page.goto("/today");
	await page.getByRole("link", { name: /^Show run/ }).first().click();
	const panel = page.getByRole("complementary");
	await expect(panel.getByRole("list", { name: "Stops" })).toBeVisible();
	await page.reload();
	await expect(panel.getByRole("list", { name: "Stops" })).toBeVisible();
	await page.keyboard.press("Escape");
	await expect(panel).toBeHidden();
	await expect(page).not.toHaveURL(/run=/);
});

test("an address that does not exist says so", async ({ open }) => {
	const page = await open("student");
	await page.goto("/nowhere");
	await expect(page.getByRole("heading", { name: "This page does not exist" })).toBeVisible();
	await page.goto("/work/none");
	await expect(page.getByRole("heading", { name: "This page does not exist" })).toBeVisible();
});

test("what an address asks for that does not exist is told, until there is something in its place", async ({ open }) => {
	const page = await open("office");
	const told = page.getByText("asked for something that does not exist");
	for (const [path, corrected] of [
		["/today?date=2026-13-45", "/today"],
		["/today?run=first", "/today"],
		["/plan?date=2026-99-99", "/plan"],
		["/people?role=boss&q=emma", "/people?q=emma"],
		["/manage/buildings?region=gent", "/manage/buildings"],
		["/manage/buildings?building=none", "/manage/buildings"],
		["/manage/tours?region=-1", "/manage/tours"],
	] as const) {
		await page.goto(path);
		await expect(told, path).toBeVisible();
		await expect(page).toHaveURL(corrected);
		await page.goto(corrected);
		await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
		await expect(told, corrected).toBeHidden();
	}

	await page.goto("/today?date=2026-13-45");
	await expect(told).toBeVisible();
	await page.getByRole("link", { name: "Next day" }).click();
	await expect(page).toHaveURL(/date=/);
	await expect(told).toBeHidden();
	await page.goto("/plan?date=2026-99-99");
	await expect(told).toBeVisible();
	await page.getByRole("navigation").getByRole("link", { name: "People" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "People" })).toBeVisible();
	await expect(told).toBeHidden();

	for (const path of ["/manage/buildings?region=987654", "/manage/tours?region=987654"]) {
		await page.goto(path);
		await expect(page.getByText("There is no such region.")).toBeVisible();
	}
});

test("a session that ends elsewhere leads to sign-in and back", async ({ open, complaints }) => {
	// Whatever the page asks for, or the socket it opens again, when the session is gone is answered 401.
	complaints.expect(/^error: Failed to load resource: .* 401 /, /^error: WebSocket connection .* HTTP Authentication failed/);
	const page = await open();
	await page.goto("/sign-in");
	await page.getByLabel("E-mail address").fill(accounts.admin.email);
	await page.getByLabel("Password", { exact: true }).fill(accounts.admin.password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByText("Live", { exact: true })).toBeVisible();

	const elsewhere = await apiOf();
	const cookies = await page.context().cookies();
	const answer = await elsewhere.post("/auth/sign-out", {
		headers: { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") },
	});
	expect(answer.status()).toBe(200);
	await elsewhere.dispose();

	await expect(page.getByText("Your session has ended.", { exact: false })).toBeVisible();
	await expect(page).toHaveURL(/\/sign-in\?to=/);
});
