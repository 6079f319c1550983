import { clientsClaim } from "workbox-core";
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  type PrecacheEntry,
  precacheAndRoute,
} from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { pageAddress, withPolicy } from "./pages";

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: (PrecacheEntry | string)[] };

// The app itself, and nothing of the API: what is shown without network is kept by the pages, for whom it belongs to.
precacheAndRoute(withPolicy(self.__WB_MANIFEST, "__POLICY__"));
cleanupOutdatedCaches();
registerRoute(
  new NavigationRoute(createHandlerBoundToURL("/index.html"), { allowlist: [pageAddress] }),
);

// The first visit counts: whoever opened the app once can open it in a cellar.
clientsClaim();

// A new version waits until a page asks for it: see shared/app-version.ts.
self.addEventListener("message", ({ data }) => {
  if (data?.type === "SKIP_WAITING") {
    void self.skipWaiting();
  }
});
