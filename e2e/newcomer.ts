import { createHmac, randomUUID } from "node:crypto";
import { type Page, request } from "@playwright/test";
import { address, apiOf } from "./application.js";
import { expect, type Open } from "./fixtures.js";

/** The password of every newcomer. */
export const password = "regen op de stoep";

export type Newcomer = { email: string; open: (phone?: boolean) => Promise<Page> };

/** Somebody who registers for one test, so that what they change concerns no other; opens windows in which they are signed in. */
export function newcomer(open: Open): Newcomer {
	const email = `${randomUUID().slice(0, 13)}@trottoir.example`;
	let registered = false;
	return {
		email,
		open: async (phone = false) => {
			const api = await request.newContext({ baseURL: address });
			const answer = registered
				? await api.post("/auth/sign-in", { data: { email, password } })
				: await api.post("/auth/register", {
						data: { token: await invite(email), first_name: "Zoë", last_name: "Van Damme", password, phone: "", language: "en" },
					});
			expect(answer.status(), await answer.text()).toBe(200);
			registered = true;
			const { cookies } = await api.storageState();
			await api.dispose();
			const origins = [{ origin: address, localStorage: [{ name: "trottoir.language", value: "en" }] }];
			return open(undefined, { phone, context: { storageState: { cookies, origins } } });
		},
	};
}

/** Invites a student and returns the token of the link. */
export async function invite(email: string): Promise<string> {
	const office = await apiOf("admin");
	const invited = await office.post("/invitations", { data: { email, role: "student", region_ids: [] } });
	expect(invited.status(), await invited.text()).toBe(200);
	const { token } = (await invited.json()) as { token: string };
	await office.dispose();
	return token;
}

/** The code that an app shows for a key some steps of 30 s from now (RFC 6238). Each is good once, and those beside now too. */
export function codeOf(key: string, steps: -1 | 0 | 1): string {
	const bits = [...key].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
	const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
	const hash = createHmac("sha1", secret).update(step).digest();
	const offset = (hash.at(-1) ?? 0) & 15;
	return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Signs in through the form. */
export async function signIn(page: Page, email: string, secret = password): Promise<void> {
	await page.goto("/sign-in");
	await page.getByLabel("E-mail address").fill(email);
	await page.getByRole("textbox", { name: "Password" }).fill(secret);
	await page.getByRole("button", { name: "Sign in" }).click();
}

/** Sets codes up on the page that offers it; returns the key of the app and the recovery codes. */
export async function setUpCodes(
	page: Page,
	{ secret = password, whileScanning }: { secret?: string; whileScanning?: () => Promise<void> } = {},
): Promise<{ key: string; recoveryCodes: string[] }> {
	await page.getByLabel("Your password").fill(secret);
	await page.getByRole("button", { name: "Continue" }).click();
	await expect(page.getByRole("img", { name: "QR code for the app with codes" })).toBeVisible();
	const key = (await page.locator("code").innerText()).replaceAll(" ", "");
	await whileScanning?.();
	await page.getByLabel("The code that the app shows now").fill(codeOf(key, -1));
	await page.getByRole("button", { name: "Switch codes on" }).click();
	const list = page.getByRole("list", { name: "Recovery codes" });
	await expect(list.getByRole("listitem")).toHaveCount(10);
	return { key, recoveryCodes: await list.getByRole("listitem").allInnerTexts() };
}
