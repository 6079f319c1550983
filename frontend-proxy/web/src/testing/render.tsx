import { QueryClient } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { onTestFinished } from "vitest";
import { Providers } from "@/app/providers";
import type { LiveConnection } from "@/shared/realtime/live-connection";
import { makeTestLive } from "@/shared/testing/live";

type RenderPageOptions = { live?: LiveConnection; queryClient?: QueryClient };

/** Shows a page with what the app puts around it. */
export function renderPage(page: ReactNode, options: RenderPageOptions = {}) {
  const queryClient =
    options.queryClient ??
    new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: "always" } } });
  const root = createRootRoute({ component: Outlet });
  const any = createRoute({ getParentRoute: () => root, path: "$", component: () => page });
  const router = createRouter({
    routeTree: root.addChildren([any]),
    history: createMemoryHistory({ initialEntries: ["/page"] }),
  });
  const live = options.live ?? makeTestLive().live;
  // It closes a second after its last page has gone, which may be after the window has.
  onTestFinished(() => live.close());
  const result = render(
    <Providers env="test" queryClient={queryClient} live={live}>
      {/* biome-ignore lint/suspicious/noExplicitAny: not the app's router, whose type is registered */}
      <RouterProvider router={router as any} />
    </Providers>,
  );
  return { ...result, queryClient };
}
