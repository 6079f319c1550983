import { clientsClaim } from "workbox-core";
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  type PrecacheEntry,
  precacheAndRoute,
} from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { syncTag } from "../features/work/outbox/background-sync";
import { apiFetch, apiURL } from "../shared/api/client";
import { subscriptionBody } from "../shared/notifications/subscription";
import { keptManual, manualAddress } from "./kept-manual";
import { pageFor, readNotification } from "./notifications";
import { pageAddress, sendsByItself, withPolicy } from "./pages";
import { reachApi } from "./reach-api";
import { sendOutbox } from "./send-outbox";

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: (PrecacheEntry | string)[] };

// The app itself, and nothing of the API: what is shown without network is kept by the pages, for whom it belongs to.
precacheAndRoute(withPolicy(self.__WB_MANIFEST, "__POLICY__"));
cleanupOutdatedCaches();
registerRoute(
  new NavigationRoute(createHandlerBoundToURL("/index.html"), { allowlist: [pageAddress] }),
);

// A manual that a page has kept is opened from the device: a version never changes, and a cellar has no network.
registerRoute(
  ({ request, sameOrigin, url }) =>
    request.mode === "navigate" && sameOrigin && manualAddress.test(url.pathname),
  async ({ request, url }) => {
    const [, id] = manualAddress.exec(url.pathname) ?? [];
    return (await keptManual(Number(id))) ?? fetch(request);
  },
);

// The first visit counts: whoever opened the app once can open it in a cellar.
clientsClaim();

let sending = new AbortController();

// A new version waits until a page asks for it: see shared/app-version.ts. A browser lets the old one end what it does first.
self.addEventListener("message", ({ data }) => {
  if (data?.type === "SKIP_WAITING") {
    self.registration.active?.postMessage({ type: "STOP_SENDING" });
    void self.skipWaiting();
  }
  if (data?.type === "STOP_SENDING") {
    sending.abort();
  }
});

type SyncEvent = ExtendableEvent & { tag: string; lastChance: boolean };

// There is network. Where somebody looks at a page, that page sends; one in the background may be asleep. Web Locks keep the two
// from sending at once.
self.addEventListener("sync", (event) => {
  const { tag, lastChance } = event as SyncEvent;
  if (tag === syncTag) {
    (event as SyncEvent).waitUntil(
      sendUnlessVisible().catch((error: unknown) => {
        if (!lastChance) {
          throw error; // so that the browser tries again; what is left in the end, the next page sends
        }
      }),
    );
  }
});

async function sendUnlessVisible(): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (
    pages.every(({ url, visibilityState }) => visibilityState !== "visible" || !sendsByItself(url))
  ) {
    sending = new AbortController();
    await sendOutbox(sending.signal);
  }
}

// Browsers take the permission away from an app that is told something and shows nothing.
self.addEventListener("push", (event) => {
  const told = readNotification(event.data?.text());
  event.waitUntil(
    self.registration.showNotification(told?.title ?? "Trottoir", {
      body: told?.body ?? "",
      tag: told?.tag ?? "",
      lang: told?.language ?? "",
      icon: "/icon-192.png",
      badge: "/icon-192.png",
      data: { url: told?.url ?? "/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

async function open(url: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window" });
  const page = pageFor(url, pages);
  if (page === undefined) {
    await self.clients.openWindow(url);
    return;
  }
  // The page goes there by itself: what is not saved there has its say.
  page.postMessage({ type: "OPEN", url });
  await page.focus();
}

// The vendor gives the browser another address: the server is told without a page. When that fails, the next page does it
// (shared/notifications/this-device.ts).
self.addEventListener("pushsubscriptionchange", (event) => {
  const change = event as PushSubscriptionChangeEvent;
  change.waitUntil(renew(change));
});

async function renew({
  oldSubscription,
  newSubscription,
}: PushSubscriptionChangeEvent): Promise<void> {
  const key = oldSubscription?.options.applicationServerKey ?? null;
  const subscription =
    newSubscription ??
    (await self.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: key,
    }));
  await reachApi();
  await apiFetch(apiURL("/notifications/devices"), {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(subscriptionBody(subscription, oldSubscription?.endpoint)),
  });
}
