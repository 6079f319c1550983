import "@fontsource-variable/inter/index.css";
import "@mantine/core/styles.css";
import "./app/base.css";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Providers } from "./app/providers";
import { makeQueryClient } from "./app/query-client";
import { makeRouter } from "./app/router";
import { StartFailed } from "./app/start-failed";
import { adoptThemeSheet } from "./app/theme";
import { meQuery } from "./shared/account/me-query";
import { liveURL } from "./shared/api/client";
import { loadConfig } from "./shared/config";
import { languageReady } from "./shared/i18n/i18n";
import { LiveConnection } from "./shared/realtime/live-connection";

adoptThemeSheet();

const live = new LiveConnection(liveURL);

const queryClient = makeQueryClient({
  onSignedOut: () => {
    const { pathname, href } = router.state.location;
    const me = queryClient.getQueryData(meQuery.queryKey);
    if (pathname === "/sign-in" || me === undefined) {
      return;
    }
    live.close();
    // A page with work that is not saved may stay, and needs to know whose it is.
    void router
      .navigate({ to: "/sign-in", search: { to: href, ended: true, account: me.id } })
      .then(() => {
        if (router.state.location.pathname === "/sign-in") {
          queryClient.removeQueries({ queryKey: meQuery.queryKey });
        }
      });
  },
  onSecondFactorRequired: () => {
    const { pathname, href } = router.state.location;
    if (pathname !== "/second-factor-setup") {
      void router.navigate({ to: "/second-factor-setup", search: { to: href } });
    }
  },
});

const router = makeRouter(queryClient);
const offlineCache = openOfflineCache();

const container = document.getElementById("root");
if (container === null) {
  throw new Error("index.html has no #root");
}
const root = createRoot(container);

try {
  await Promise.all([
    loadConfig(),
    languageReady,
    mayHaveKept().then((kept) => (kept ? offlineCache.catch(reportError) : undefined)),
  ]);
  root.render(
    <StrictMode>
      <Providers queryClient={queryClient} live={live} offlineCache={offlineCache}>
        <RouterProvider router={router} />
      </Providers>
    </StrictMode>,
  );
} catch {
  root.render(
    <Providers queryClient={queryClient} live={live}>
      <StartFailed />
    </Providers>,
  );
}

/** It loads beside the first page, so that a new device shows one sooner. */
async function openOfflineCache() {
  const { OfflineCache } = await import("./app/offline-cache");
  const cache = new OfflineCache();
  await cache.attach(queryClient, __API_SHAPE__).catch(reportError);
  return cache;
}

/** Whether this device may have kept something; only then the first page waits for it. */
async function mayHaveKept(): Promise<boolean> {
  const databases = await window.indexedDB?.databases?.().catch(() => undefined);
  return databases === undefined || databases.length > 0;
}
