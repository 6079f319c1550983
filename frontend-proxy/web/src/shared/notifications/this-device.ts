import { api, unwrap } from "@/shared/api/client";
import { anewKey, ownerKey } from "./owner";
import { fromBase64URL, subscriptionBody, toBase64URL } from "./subscription";

/**
 * Whether this browser can tell its person something while the app is closed: `install` when it could from the home screen
 * (iOS), `denied` when they once said no, `ask` when nobody was asked yet or it is off, `subscribed` when it has an address.
 */
export type DeviceState = "unsupported" | "install" | "denied" | "ask" | "subscribed";

export type ThisDevice = { state: DeviceState; endpoint: string | undefined };

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  // A browser that keeps nothing for this address says so by an error.
  return navigator.serviceWorker?.getRegistration().catch(() => undefined);
}

/** Looks at this browser; nobody is asked anything. */
export async function readThisDevice(): Promise<ThisDevice> {
  // Only iOS knows this property: what is not on its home screen is told nothing.
  if ("standalone" in navigator && navigator.standalone === false) {
    return { state: "install", endpoint: undefined };
  }
  const worker = await registration();
  if (!("Notification" in window) || worker?.pushManager === undefined) {
    return { state: "unsupported", endpoint: undefined };
  }
  if (Notification.permission === "denied") {
    return { state: "denied", endpoint: undefined };
  }
  const subscription = await worker.pushManager.getSubscription();
  if (Notification.permission !== "granted" || subscription === null) {
    return { state: "ask", endpoint: undefined };
  }
  return { state: "subscribed", endpoint: subscription.endpoint };
}

/** Thrown when the person says no to the browser's question. */
export class NotAllowed extends Error {}

/** Asks the person by the browser's own question, and has the server tell this browser. Only after they pressed a button. */
export async function turnOn(account: number, publicKey: string): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new NotAllowed("no permission to show notifications");
  }
  await subscribe(account, publicKey);
}

/** Has the server tell this browser, which may show notifications, anew when it was given another key. */
async function subscribe(account: number, publicKey: string, before = ""): Promise<void> {
  const worker = await navigator.serviceWorker.ready;
  let subscription = await worker.pushManager.getSubscription();
  let replaces = before;
  if (
    subscription !== null &&
    toBase64URL(subscription.options.applicationServerKey) !== publicKey
  ) {
    replaces = subscription.endpoint;
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: fromBase64URL(publicKey),
  });
  await unwrap(
    api().PUT("/notifications/devices", { body: subscriptionBody(subscription, replaces) }),
  );
  localStorage.setItem(ownerKey, String(account));
  localStorage.removeItem(anewKey);
}

/** Has this browser told nothing any more, whatever the server still knows. */
export async function forgetThisDevice(): Promise<void> {
  localStorage.removeItem(ownerKey);
  localStorage.removeItem(anewKey);
  const subscription = await (await registration())?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
}

/**
 * Goes on telling who chose so in this browser: after they signed in anew, after the server's key or the browser's address
 * changed. What somebody else chose here ends, and what was removed on another device stays removed.
 */
export async function keepTold(account: number): Promise<void> {
  const owner = localStorage.getItem(ownerKey);
  if (owner === null) {
    return;
  }
  if (owner !== String(account)) {
    await forgetThisDevice();
    return;
  }
  const { state, endpoint } = await readThisDevice();
  if (state !== "subscribed" && state !== "ask") {
    return;
  }
  const { items, public_key } = await unwrap(api().GET("/notifications/devices"));
  const here = items.find((device) => device.current);
  if (here?.endpoint === endpoint && here?.outdated === false) {
    return;
  }
  if (here === undefined && localStorage.getItem(anewKey) === null) {
    await forgetThisDevice();
    return;
  }
  if (Notification.permission === "granted") {
    await subscribe(account, public_key, here?.endpoint);
  }
}
