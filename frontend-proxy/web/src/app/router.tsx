import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { meQuery } from "@/features/auth/queries";
import { homeOf, isRole, office, workers } from "@/features/auth/roles";
import { dashboardQuery } from "@/features/dashboard/queries";
import { openRun } from "@/features/work/open-run";
import { myRunsQuery, workRunQuery } from "@/features/work/queries";
import { ApiError } from "@/shared/api/client";
import type { Role } from "@/shared/api/types";
import { today } from "@/shared/dates";
import { CrashPage, NotFoundPage, WelcomePage } from "./message-pages";
import { RoleGate } from "./role-gate";
import { Shell } from "./shell";
import { SignInRoute } from "./sign-in-route";

type RouterContext = { queryClient: QueryClient };

// What a search does not hold, or holds in a form that means nothing, is undefined: the router lays what a route gives
// over what the address says, and a key that is left out would let the raw value through.
type Checked<T> = { [Key in keyof T]?: T[Key] | undefined };

const day = /^\d{4}-\d{2}-\d{2}$/;

function dayOrNone(value: unknown): string | undefined {
  return typeof value === "string" && day.test(value) ? value : undefined;
}

function numberOrNone(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  // Outside of the shell, which has the landmarks otherwise.
  notFoundComponent: () => (
    <main>
      <NotFoundPage />
    </main>
  ),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (
    search: Record<string, unknown>,
  ): Checked<{ to: string; ended: true; account: number }> => ({
    // Only a path of this app; never another site.
    to: typeof search.to === "string" && /^\/(?![/\\])/.test(search.to) ? search.to : undefined,
    ended: search.ended ? true : undefined,
    // Whose session ended: the way back is for nobody else.
    account: numberOrNone(search.account),
  }),
  component: SignInRoute,
});

const registerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/register",
  validateSearch: (search: Record<string, unknown>): Checked<{ token: string }> => ({
    token: typeof search.token === "string" ? search.token : undefined,
  }),
  component: lazyRouteComponent(() => import("./register-route"), "RegisterRoute"),
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    try {
      return { me: await context.queryClient.ensureQueryData(meQuery) };
    } catch (error) {
      if (error instanceof ApiError && error.code === "unauthenticated") {
        throw redirect({
          to: "/sign-in",
          search: location.pathname === "/" ? {} : { to: location.href },
        });
      }
      throw error;
    }
  },
  component: Shell,
});

const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: ({ context }) => {
    // A worker comes back to where they were.
    const { id, role } = context.me;
    const runId = workers.includes(role) ? openRun(id) : undefined;
    if (runId !== undefined) {
      throw redirect({ to: "/work/$runId", params: { runId }, replace: true });
    }
    throw redirect({ to: homeOf[context.me.role], replace: true });
  },
});

const officeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  id: "office",
  component: () => (
    <RoleGate roles={office}>
      <Outlet />
    </RoleGate>
  ),
});

const todayRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/today",
  validateSearch: (search: Record<string, unknown>): Checked<{ date: string; run: number }> => ({
    date: dayOrNone(search.date),
    run: numberOrNone(search.run),
  }),
  loaderDeps: ({ search }) => ({ date: search.date ?? today() }),
  loader: ({ context, deps }) => {
    if (office.includes(context.me.role)) {
      void context.queryClient.prefetchQuery(dashboardQuery(deps.date));
    }
  },
  component: lazyRouteComponent(() => import("./today-route"), "TodayRoute"),
});

const planRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/plan",
  validateSearch: (search: Record<string, unknown>): Checked<{ date: string }> => ({
    date: dayOrNone(search.date),
  }),
  component: lazyRouteComponent(() => import("./plan-route"), "PlanRoute"),
});

const peopleRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/people",
  validateSearch: (search: Record<string, unknown>): Checked<{ q: string; role: Role }> => ({
    // A search that looks like a number is read as one.
    q: search.q === undefined || search.q === "" ? undefined : String(search.q),
    role: isRole(search.role) ? search.role : undefined,
  }),
  component: lazyRouteComponent(() => import("./people-route"), "PeopleRoute"),
});

// The API has /regions, /buildings and /tours, which may be on the same host.
const regionsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/regions",
  component: lazyRouteComponent(() => import("./regions-route"), "RegionsRoute"),
});

const buildingsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/buildings",
  validateSearch: (
    search: Record<string, unknown>,
  ): Checked<{ q: string; region: number; archived: true; building: number | "new" }> => ({
    q: search.q === undefined || search.q === "" ? undefined : String(search.q),
    region: numberOrNone(search.region),
    archived: search.archived ? true : undefined,
    building: search.building === "new" ? "new" : numberOrNone(search.building),
  }),
  component: lazyRouteComponent(() => import("./buildings-route"), "BuildingsRoute"),
});

const toursRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/tours",
  validateSearch: (
    search: Record<string, unknown>,
  ): Checked<{ region: number; archived: true }> => ({
    region: numberOrNone(search.region),
    archived: search.archived ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("./tours-route"), "ToursRoute"),
});

const tourRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/tours/$tourId",
  params: {
    parse: ({ tourId }) => {
      const id = Number(tourId);
      if (!Number.isSafeInteger(id) || id < 1) {
        throw notFound();
      }
      return { tourId: id };
    },
    stringify: ({ tourId }) => ({ tourId: String(tourId) }),
  },
  component: lazyRouteComponent(() => import("./tour-route"), "TourRoute"),
});

const workerRoute = createRoute({
  getParentRoute: () => signedInRoute,
  id: "worker",
  component: () => (
    <RoleGate roles={workers}>
      <Outlet />
    </RoleGate>
  ),
});

const workRoute = createRoute({
  getParentRoute: () => workerRoute,
  path: "/work",
  loader: ({ context }) => {
    if (workers.includes(context.me.role)) {
      void context.queryClient.prefetchQuery(myRunsQuery);
    }
  },
  component: lazyRouteComponent(() => import("@/features/work/my-runs-page"), "MyRunsPage"),
});

const workRunRoute = createRoute({
  getParentRoute: () => workerRoute,
  path: "/work/$runId",
  params: {
    parse: ({ runId }) => {
      const id = Number(runId);
      if (!Number.isSafeInteger(id) || id < 1) {
        throw notFound();
      }
      return { runId: id };
    },
    stringify: ({ runId }) => ({ runId: String(runId) }),
  },
  validateSearch: (search: Record<string, unknown>): Checked<{ stop: number }> => ({
    stop: numberOrNone(search.stop),
  }),
  loader: ({ context, params }) => {
    if (workers.includes(context.me.role)) {
      void context.queryClient.prefetchQuery(workRunQuery(params.runId));
    }
  },
  component: lazyRouteComponent(() => import("./work-run-route"), "WorkRunRoute"),
});

const myBuildingsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/my-buildings",
  component: lazyRouteComponent(() => import("./my-buildings-route"), "MyBuildingsRoute"),
});

const welcomeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/welcome",
  component: WelcomePage,
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  registerRoute,
  signedInRoute.addChildren([
    homeRoute,
    officeRoute.addChildren([
      todayRoute,
      planRoute,
      toursRoute,
      tourRoute,
      buildingsRoute,
      regionsRoute,
      peopleRoute,
    ]),
    workerRoute.addChildren([workRoute, workRunRoute]),
    myBuildingsRoute,
    welcomeRoute,
  ]),
]);

export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    // Query decides what is fresh.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: CrashPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
}

export type AppRouter = ReturnType<typeof makeRouter>;

declare module "@tanstack/react-router" {
  interface Register {
    router: AppRouter;
  }
}
