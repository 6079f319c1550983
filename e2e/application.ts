import type { APIRequestContext, Browser, Page } from "@playwright/test";
import { expect } from "@playwright/test";

/** Where the application under test listens; ports of its own, so that `make run` may go on beside it. */
export const address = "http://127.0.0.1:4473";
export const dashboard = "http://127.0.0.1:9473";

/** The demo accounts, made when the application starts on a developer's machine. */
export const accounts = {
	admin: { email: "admin@trottoir.example", password: "demo-admin" },
	office: { email: "office@trottoir.example", password: "demo-office" },
	student: { email: "student@trottoir.example", password: "demo-student" },
	syndic: { email: "syndic@trottoir.example", password: "demo-syndic" },
} as const;

export type Role = keyof typeof accounts;

/** A page in a window of its own, signed in through the API so that a test starts where it matters. */
export async function pageOf(browser: Browser, role: Role, options: { phone?: boolean } = {}): Promise<Page> {
	const context = await browser.newContext({
		baseURL: address,
		locale: "en-GB",
		...(options.phone ? { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } : {}),
	});
	await signIn(context.request, role);
	return context.newPage();
}

export async function signIn(request: APIRequestContext, role: Role): Promise<void> {
	const answer = await request.post("/auth/sign-in", { data: accounts[role] });
	expect(answer.status(), await answer.text()).toBe(200);
}
