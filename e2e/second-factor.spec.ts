import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { request } from "@playwright/test";
import { accounts, timeZone } from "./application.js";
import { expect, test } from "./fixtures.js";
import { setUpCodes, signIn } from "./newcomer.js";

// An application of its own, which wants codes of its administrators.
const address = "http://127.0.0.1:4474";
const dashboard = "127.0.0.1:9474";
let application: ChildProcess;

test.beforeAll(async () => {
	test.setTimeout(300_000); // the first build on a machine takes its time
	application = spawn("./serve", ["--port", new URL(address).port, "--dashboard", dashboard], {
		cwd: fileURLToPath(new URL(".", import.meta.url)),
		env: { ...process.env, TIME_ZONE: timeZone, REQUIRE_SECOND_FACTOR: "admins", LOG: "e2e/second-factor.out" },
		stdio: ["ignore", "ignore", "inherit"],
	});
	const api = await request.newContext({ baseURL: address });
	await expect
		.poll(
			async () => {
				expect(application.exitCode, "it runs").toBeNull();
				return (await api.get("/__encore/healthz").catch(() => undefined))?.status();
			},
			{ timeout: 280_000 },
		)
		.toBe(200);
	await api.dispose();
});

test.afterAll(async () => {
	if (application.exitCode === null) {
		application.kill("SIGTERM");
		await once(application, "exit");
	}
});

test("an administrator without codes sets them up first, whatever address they type", async ({ open, complaints }) => {
	test.slow();
	complaints.expect(/ 40[13] /);
	const origins = [{ origin: address, localStorage: [{ name: "trottoir.language", value: "en" }] }];
	const page = await open(undefined, { context: { baseURL: address, storageState: { cookies: [], origins } } });
	const setup = page.getByRole("heading", { name: "Codes for signing in" });
	const { email, password } = accounts.admin;

	await signIn(page, email, password);
	await expect(setup).toBeVisible();
	await expect(page.getByText("Your role needs a code from an app to sign in.")).toBeVisible();
	for (const path of ["/", "/today", "/plan", "/people", "/manage/mail", "/work", "/profile", "/profile?tab=security", "/nowhere"]) {
		await page.goto(path);
		await expect(setup, path).toBeVisible();
		await expect(page, path).toHaveURL(/\/second-factor-setup/);
		await expect(page.getByRole("navigation"), path).toHaveCount(0);
	}
	await page.goBack();
	await expect(setup).toBeVisible();
	await page.goto("/sign-in");
	await expect(setup, "who is signed in is led on").toBeVisible();
	for (const path of ["/users", "/runs", "/mail/messages", "/me/sessions"]) {
		const answer = await page.request.get(path);
		expect(answer.status(), path).toBe(403);
		expect(await answer.json()).toMatchObject({ details: { reason: "second_factor_required" } });
	}

	await page.goto("/people");
	await setUpCodes(page, { secret: password });
	// The codes count, and are seen only now: nothing leads on before they are kept.
	await page.getByRole("button", { name: "I have kept them" }).click();
	await expect(page.getByRole("heading", { name: "People", level: 1 })).toBeVisible();
	await page.goto("/second-factor-setup");
	await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
	await expect(page).not.toHaveURL(/second-factor-setup/);
	await page.goto("/profile?tab=security");
	await expect(page.getByText("Your role needs them.")).toBeVisible();
	await expect(page.getByText("10 recovery codes left")).toBeVisible();

	// Of nobody else are they wanted.
	const office = await open(undefined, { context: { baseURL: address, storageState: { cookies: [], origins } } });
	await signIn(office, accounts.office.email, accounts.office.password);
	await expect(office.getByRole("navigation")).toBeVisible();
});
