import { clientsClaim } from "workbox-core";
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  type PrecacheEntry,
  precacheAndRoute,
} from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { keptManual, manualAddress } from "./kept-manual";
import { pageAddress } from "./pages";

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: (PrecacheEntry | string)[] };

// The app itself, and nothing of the API: what is shown without network is kept by the pages, for whom it belongs to.
precacheAndRoute(self.__WB_MANIFEST);
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

// A new version waits until a page asks for it: see shared/app-version.ts.
self.addEventListener("message", ({ data }) => {
  if (data?.type === "SKIP_WAITING") {
    void self.skipWaiting();
  }
});
