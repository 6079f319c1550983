import "@fontsource-variable/inter/index.css";
import "./app/mantine.css";
import "./app/base.css";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { LazyOfflineCache } from "./app/lazy-offline-cache";
import { Providers } from "./app/providers";
import { makeQueryClient } from "./app/query-client";
import { makeRouter } from "./app/router";
import { StartFailed } from "./app/start-failed";
import { adoptThemeSheet } from "./app/theme";
import { appVersion } from "./shared/app-version";
import "./features/work/installation";
import { isRunOpen } from "./features/work/open-run";
import { meQuery } from "./shared/account/me-query";
import { apiURL, liveURL } from "./shared/api/client";
import { adoptKnownConfig, loadConfig } from "./shared/config";
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
const offlineCache = new LazyOfflineCache(queryClient, __API_SHAPE__);

const [opened] = router.getMatchedRoutes(router.history.location.pathname);
const behindSignIn = opened.some(({ id }) => id === "/signed-in");

/** Learns where the API is, and asks at once who is there, without whom no page behind sign-in is shown. */
async function reachServer(): Promise<boolean> {
  const asked = behindSignIn && adoptKnownConfig();
  if (asked) {
    void queryClient.prefetchQuery(meQuery);
  }
  const askedAt = apiURL("/me");
  const answered = await loadConfig();
  if (asked && askedAt !== apiURL("/me")) {
    // What the device knows stays.
    await queryClient.cancelQueries(meQuery, { revert: false });
  }
  if (behindSignIn) {
    void queryClient.prefetchQuery(meQuery);
  }
  return answered;
}

const reached = reachServer();
// The code of the page that was opened comes while it is asked who is there. What does not come is told where it is shown.
for (const { options } of opened) {
  options.component?.preload?.()?.catch(() => undefined);
}

const container = document.getElementById("root");
if (container === null) {
  throw new Error("index.html has no #root");
}
const root = createRoot(container);

try {
  const [serverAnswered] = await Promise.all([
    reached,
    languageReady,
    offlineCache.attach().catch(reportError),
  ]);
  // What the device keeps of a run may be of no use to another version, and without network there is nothing else.
  if (serverAnswered && !isRunOpen() && (await appVersion.takeWaiting())) {
    window.location.reload();
  } else {
    root.render(
      <StrictMode>
        <Providers queryClient={queryClient} live={live} offlineCache={offlineCache}>
          <RouterProvider router={router} />
        </Providers>
      </StrictMode>,
    );
  }
  if (import.meta.env.PROD) {
    void appVersion.watch().catch(reportError);
  }
} catch {
  root.render(
    <Providers queryClient={queryClient} live={live}>
      <StartFailed />
    </Providers>,
  );
}
