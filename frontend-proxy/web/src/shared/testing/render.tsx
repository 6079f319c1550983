import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
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
import type { LiveConnection } from "../realtime/live-connection";
import { LiveContext } from "../realtime/live-context";
import { makeTestLive } from "./live";

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
  const result = render(
    <MantineProvider env="test">
      <QueryClientProvider client={queryClient}>
        <LiveContext value={options.live ?? makeTestLive().live}>
          {/* biome-ignore lint/suspicious/noExplicitAny: not the app's router, whose type is registered */}
          <RouterProvider router={router as any} />
        </LiveContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...result, queryClient };
}
