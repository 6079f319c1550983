import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type APIRequestContext, request } from "@playwright/test";
import { address, apiOf, freeTours, me, type Run, read, today } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";

type Somebody = { id: number; name: string; email: string; password: string; region_ids: number[] };

const password = "regen op de stoep";

/** Makes an account that no other test uses, by an invitation. */
async function register(office: APIRequestContext, lastName: string): Promise<Somebody> {
	const email = `${randomUUID().slice(0, 13)}@trottoir.example`;
	const { region_ids } = await me("office");
	const invited = await office.post("/invitations", {
		data: { email, role: "student", region_ids },
	});
	expect(invited.status(), await invited.text()).toBe(200);
	const { token } = (await invited.json()) as { token: string };
	const stranger = await request.newContext({ baseURL: address });
	try {
		const registered = await stranger.post("/auth/register", {
			data: { token, first_name: "Zoë", last_name: lastName, password, phone: "0470 12 34 56", language: "en" },
		});
		expect(registered.status(), await registered.text()).toBe(200);
		const { account } = (await registered.json()) as { account: { id: number } };
		return { id: account.id, name: `Zoë ${lastName}`, email, password, region_ids };
	} finally {
		await stranger.dispose();
	}
}

/** Plans a run of today for somebody. */
async function planFor(office: APIRequestContext, worker: Somebody): Promise<Run> {
	const [tour] = await freeTours(office, { ...worker, first_name: "", last_name: "" });
	const answer = await office.post("/runs", {
		data: { tour_id: tour?.id, worker_id: worker.id, date: today() },
	});
	expect(answer.status(), await answer.text()).toBe(200);
	return (await answer.json()) as Run;
}

/** A family name that is found in the list by nobody else. */
function familyName(): string {
	return `Test ${randomUUID().slice(0, 8)}`;
}

test("who is deactivated is signed out on their phone, their run goes to another, and they come back", async ({
	open,
	complaints,
}) => {
	test.slow(); // two windows and two new accounts
	const api = await apiOf("office");
	const leaving = await register(api, familyName());
	const other = await register(api, familyName());
	const run = await planFor(api, leaving);

	const phone = await open(undefined, { phone: true });
	await phone.goto("/sign-in");
	await phone.getByLabel("E-mail address").fill(leaving.email);
	await phone.getByRole("textbox", { name: "Password" }).fill(leaving.password);
	await phone.getByRole("button", { name: "Sign in" }).tap();
	await expect(phone.getByRole("article", { name: run.tour.name }).first()).toBeVisible();

	const office = await open("office");
	await office.goto("/people");
	await office.getByLabel("Search").fill(leaving.name);
	await expect(office).toHaveURL(/q=/);
	await office.getByRole("link", { name: leaving.name }).press("Enter");
	await expect(office.getByRole("heading", { name: leaving.name, level: 1 })).toBeVisible();
	await expect(office.getByRole("link", { name: "+32 470 12 34 56" })).toHaveAttribute("href", "tel:+32470123456");

	await office.getByRole("button", { name: "Deactivate …" }).click();
	const dialog = office.getByRole("dialog", { name: `Deactivate ${leaving.name}?` });
	await dialog.getByRole("combobox", { name: new RegExp(`^What happens with ${run.tour.name}`) }).click();
	await office.getByRole("option", { name: other.name }).click();
	// What the phone asks for, or the socket it opens again, once the session is gone.
	complaints.expect(/^error: Failed to load resource: .* 401 /, /^error: WebSocket connection .* HTTP Authentication failed/);
	await dialog.getByRole("button", { name: "Deactivate" }).click();
	await expect(office.getByText(`${leaving.name} is deactivated and signed out everywhere.`)).toBeVisible();
	await expect(phone.getByRole("heading", { name: "Sign in" })).toBeVisible();
	const given = await read<Run>(api, `/runs/${run.id}`);
	expect(given.worker.id).toBe(other.id);
	expect(given.status).toBe("planned");

	await office.goto(`/people?status=deactivated&q=${encodeURIComponent(leaving.name)}`);
	await office.getByRole("link", { name: leaving.name }).click();
	await office.getByRole("button", { name: "Activate again" }).click();
	await expect(office.getByText(`${leaving.name} can sign in again.`)).toBeVisible();
	await phone.getByLabel("E-mail address").fill(leaving.email);
	await phone.getByRole("textbox", { name: "Password" }).fill(leaving.password);
	await phone.getByRole("button", { name: "Sign in" }).tap();
	await expect(phone.getByRole("heading", { name: "My runs" })).toBeVisible();

	const cancelled = await api.post(`/runs/${run.id}/cancel`, {
		data: { reason: "End of the test" },
	});
	expect(cancelled.status(), await cancelled.text()).toBe(200);
	await api.dispose();
});

test("a form that is not saved is kept, and what somebody else stored is shown", async ({ open, complaints }) => {
	complaints.expect(/ 409 .*\(\/users\/\d+\)$/);
	const api = await apiOf("office");
	const somebody = await register(api, familyName());
	const office = await open("office");
	await office.goto(`/people/${somebody.id}`);
	await office.getByRole("button", { name: "Change details" }).click();
	await office.getByLabel("First name").fill("Zoé");
	await office.keyboard.press("Escape");
	await office.getByRole("button", { name: "Stay here" }).click();
	await expect(office.getByLabel("First name")).toHaveValue("Zoé");
	const { version } = await read<{ version: number }>(api, `/users/${somebody.id}`);
	const changed = await api.put(`/users/${somebody.id}`, {
		data: { first_name: "Chloë", last_name: "Test", phone: "", language: "en", version },
	});
	expect(changed.status(), await changed.text()).toBe(200);
	await office.getByRole("dialog").getByRole("button", { name: "Save" }).click();
	await expect(office.getByText("Chloë", { exact: true })).toBeVisible();
	await office.getByRole("button", { name: "Take that version" }).click();
	await expect(office.getByLabel("First name")).toHaveValue("Chloë");
	await office.getByRole("dialog").getByRole("button", { name: "Save" }).click();
	await expect(office.getByRole("heading", { name: "Chloë Test" })).toBeVisible();
	await api.dispose();
});

test("who asks for it is erased, and one's own data comes as a file", async ({ open }) => {
	const api = await apiOf("office");
	const somebody = await register(api, familyName());
	const gone = await api.post(`/users/${somebody.id}/deactivate`, { data: { runs: [] } });
	expect(gone.status(), await gone.text()).toBe(200);
	const office = await open("office");
	await office.goto(`/people/${somebody.id}`);
	await office.getByRole("button", { name: "Erase details …" }).click();
	await office.getByLabel(`Type the name: ${somebody.name}`).fill(somebody.name);
	await office.getByRole("button", { name: "Erase the details" }).click();
	await expect(office.getByText(/^The details of this person were erased/)).toBeVisible();
	await expect(office.getByText(somebody.name)).toHaveCount(0);

	await office.getByRole("button", { name: /^Account of/ }).click();
	const [download] = await Promise.all([
		office.waitForEvent("download"),
		office.getByRole("menuitem", { name: "Download my data" }).click(),
	]);
	expect(download.suggestedFilename()).toBe("trottoir.zip");
	// A ZIP ends with the names of what it holds.
	const file = await readFile(await download.path(), "latin1");
	for (const name of ["readme.txt", "account.json", "mail.json", "mail-preferences.json", "changes.json", "runs.json"]) {
		expect(file).toContain(name);
	}
	await api.dispose();
});

test("changing, deactivating and erasing somebody can be done by everybody", async ({ open }) => {
	test.slow(); // each of three views in two sizes and two colour schemes
	const api = await apiOf("office");
	const leaving = await register(api, familyName());
	const run = await planFor(api, leaving);
	const office = await open("office");
	await office.goto(`/people/${leaving.id}`);
	await office.getByRole("button", { name: "Change details" }).click();
	await office.getByLabel("First name").fill("");
	await office.getByRole("dialog").getByRole("button", { name: "Save" }).click();
	await expect(office.getByText("Enter a first name")).toBeVisible();
	await check(office);
	await office.keyboard.press("Escape");
	await office.getByRole("button", { name: "Leave without saving" }).click();
	await office.getByRole("button", { name: "Deactivate …" }).click();
	const dialog = office.getByRole("dialog");
	await dialog.getByRole("combobox", { name: /^What happens with/ }).click();
	await office.getByRole("option", { name: "Cancel the run" }).click();
	await dialog.getByRole("button", { name: "Deactivate" }).click();
	await expect(dialog.getByText("Give a reason")).toBeVisible();
	await check(office);
	await dialog.getByLabel("Why are runs cancelled?").fill("End of the test");
	await dialog.getByRole("button", { name: "Deactivate" }).click();
	await expect(office.getByRole("button", { name: "Erase details …" })).toBeVisible();
	expect((await read<Run>(api, `/runs/${run.id}`)).status).toBe("cancelled");
	await office.getByRole("button", { name: "Erase details …" }).click();
	await expect(office.getByRole("dialog")).toBeVisible();
	await check(office);
	await api.dispose();
});
