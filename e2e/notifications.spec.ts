import type { Page } from "@playwright/test";
import { address } from "./application.js";
import { expect, test } from "./fixtures.js";

const installed = { phone: true, context: { serviceWorkers: "allow" as const, permissions: ["notifications"] } };

/** What a test needs of the scope of a service worker, which the types of pages do not know. */
type ServiceWorkerScope = {
	registration: ServiceWorkerRegistration;
	dispatchEvent(event: Event): boolean;
	NotificationEvent: new (type: string, init: { notification: Notification | undefined }) => Event;
};

/** Gives the browser a vendor: the real ones cannot be reached from here, nor can this page be reached by them. */
async function withVendor(page: Page): Promise<void> {
	await page.addInitScript(() => {
		type Kept = { endpoint: string; key: number[] };
		const kept = (): Kept | undefined => JSON.parse(localStorage.getItem("test.subscription") ?? "null") ?? undefined;
		const bytes = (numbers: readonly number[]) => new Uint8Array(numbers).buffer;
		const subscriptionOf = ({ endpoint, key }: Kept) => ({
			endpoint,
			options: { applicationServerKey: bytes(key) },
			// A point of the curve: its generator.
			getKey: (name: string) =>
				name === "auth"
					? bytes(Array.from({ length: 16 }, () => 7))
					: Uint8Array.from(
							(
								"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
								"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
							)
								.match(/../g)
								?.map((pair) => Number.parseInt(pair, 16)) ?? [],
						).buffer,
			unsubscribe: async () => {
				localStorage.removeItem("test.subscription");
				return true;
			},
		});
		const manager = PushManager.prototype as unknown as {
			getSubscription: () => Promise<unknown>;
			subscribe: (options: { applicationServerKey: Uint8Array }) => Promise<unknown>;
		};
		manager.getSubscription = async () => {
			const subscription = kept();
			return subscription === undefined ? null : subscriptionOf(subscription);
		};
		manager.subscribe = async ({ applicationServerKey }) => {
			const subscription = {
				endpoint: `https://push.example.com/${crypto.randomUUID()}`,
				key: [...applicationServerKey],
			};
			localStorage.setItem("test.subscription", JSON.stringify(subscription));
			return subscriptionOf(subscription);
		};
	});
}

/** Waits until the device has the service worker, which shows notifications. */
async function ready(page: Page): Promise<void> {
	await page.evaluate(async () => {
		await navigator.serviceWorker.ready;
	});
}

test("somebody turns notifications on, sends a test, and turns them off", async ({ open }) => {
	const page = await open("lotte", installed);
	await withVendor(page);
	await page.goto("/profile?tab=mail");
	await ready(page);
	await page.reload();
	await page.getByRole("button", { name: "Turn notifications on" }).tap();
	await expect(page.getByText("This device gets notifications.")).toBeVisible();
	await page.getByRole("button", { name: "Send a test notification" }).tap();
	await expect(page.getByText(/The test notification is on its way/)).toBeVisible();
	await page.reload();
	await expect(page.getByText("This device gets notifications."), "the device is known again").toBeVisible();
	await page.getByRole("button", { name: "Turn off on this device" }).tap();
	await expect(page.getByText("This device gets no notifications.")).toBeVisible();
});

test("a pushed message is shown, and leads to its run", async ({ open, plan }) => {
	const { run, worker } = await plan("lotte", "noor", "mohamed");
	const page = await open(worker, installed);
	await page.goto("/work");
	await ready(page);
	const browser = await page.context().newCDPSession(page);
	const registered = new Promise<string>((resolve) => {
		browser.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
			const found = registrations.find(({ scopeURL, isDeleted }) => !isDeleted && scopeURL.startsWith(address));
			if (found !== undefined) {
				resolve(found.registrationId);
			}
		});
	});
	await browser.send("ServiceWorker.enable");
	const registrationId = await registered;
	const told = {
		title: "Your planning has changed",
		body: "New runs\nFriday 27 November 2026: Centrum, 8 stops",
		tag: `run-${run.id}`,
		url: `/work/${run.id}`,
		language: "en",
	};
	await browser.send("ServiceWorker.deliverPushMessage", {
		origin: new URL(address).origin,
		registrationId,
		data: JSON.stringify(told),
	});
	const shown = () =>
		page.evaluate(async () => {
			const worker = await navigator.serviceWorker.ready;
			return (await worker.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }));
		});
	await expect.poll(shown).toEqual([{ title: told.title, body: told.body, tag: told.tag, url: told.url }]);

	const [serviceWorker] = page.context().serviceWorkers();
	await serviceWorker?.evaluate(async () => {
		const scope = self as unknown as ServiceWorkerScope;
		const [notification] = await scope.registration.getNotifications();
		scope.dispatchEvent(new scope.NotificationEvent("notificationclick", { notification }));
	});
	await expect(page).toHaveURL(new RegExp(`/work/${run.id}$`));
	await expect.poll(shown).toEqual([]);
});
