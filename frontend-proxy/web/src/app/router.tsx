import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  notFound,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { type AuditKind, isAuditKind, isThingKind, type ThingKind } from "@/features/audit/kinds";
import { isRuleState, type RuleState } from "@/features/collection-rules/states";
import { type CollectionsSearch, views, wasteCodesOrNone } from "@/features/collections/search";
import { dashboardQuery } from "@/features/dashboard/queries";
import {
  isMailKind,
  isMailStatus,
  type MailKind,
  type MailStatusName,
} from "@/features/mail/kinds";
import { type PlanSearch, rowKinds } from "@/features/planning/search";
import { weekPlanQuery, weeksAround } from "@/features/planning/week-plan-query";
import { isProfileTab, type ProfileTab } from "@/features/profile/tabs";
import { loadRunOverview } from "@/features/work/load-run-overview";
import { openRun } from "@/features/work/open-run";
import { myRunsQuery, workRunQuery } from "@/features/work/queries";
import { meQuery } from "@/shared/account/me-query";
import { homeOf, isRole, mustSetUpSecondFactor, office, workers } from "@/shared/account/roles";
import { type AccountStatus, accountStatuses } from "@/shared/account/status";
import { ApiError } from "@/shared/api/client";
import type { Role } from "@/shared/api/types";
import { today } from "@/shared/dates";
import type { IncidentFilter } from "@/shared/incidents/incident-queries";
import { type IncidentKind, incidentStatuses, isIncidentKind } from "@/shared/incidents/words";
import { whenIdle } from "@/shared/when-idle";
import { page } from "./lazy-page";
import { CrashPage, NotFoundPage, WelcomePage } from "./message-pages";
import { RoleGate } from "./role-gate";
import {
  type Checked,
  dayOrNone,
  idOrNone,
  idsOrNone,
  monthOrNone,
  ownPathOrNone,
  readSearch,
  searchOrNone,
  trueOrNone,
  watchSearch,
} from "./search-params";

type RouterContext = { queryClient: QueryClient };

const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Outlet });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (
    search: Record<string, unknown>,
  ): Checked<{ to: string; ended: true; account: number }> => ({
    to: ownPathOrNone(search.to),
    ended: search.ended ? true : undefined,
    // Whose session ended: the way back is for nobody else.
    account: idOrNone(search.account),
  }),
  component: page(() => import("./sign-in-route"), "SignInRoute", []),
});

const registerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/register",
  validateSearch: (search: Record<string, unknown>): Checked<{ token: string }> => ({
    token: typeof search.token === "string" ? search.token : undefined,
  }),
  component: page(() => import("./register-route"), "RegisterRoute", ["account"]),
});

const forgotPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/forgot-password",
  component: page(() => import("@/features/auth/forgot-password-page"), "ForgotPasswordPage", [
    "account",
  ]),
});

const resetPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset-password",
  component: page(() => import("./reset-password-route"), "ResetPasswordRoute", ["account"]),
});

const confirmEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/confirm-email",
  component: page(() => import("./confirm-email-route"), "ConfirmEmailRoute", ["account"]),
});

const unsubscribeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/unsubscribe",
  validateSearch: (search: Record<string, unknown>): Checked<{ token: string }> => ({
    token: typeof search.token === "string" ? search.token : undefined,
  }),
  component: page(() => import("./unsubscribe-route"), "UnsubscribeRoute", ["account", "mail"]),
});

const secondFactorSetupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/second-factor-setup",
  validateSearch: (search: Record<string, unknown>): Checked<{ to: string }> => ({
    to: ownPathOrNone(search.to),
  }),
  beforeLoad: async ({ context, search }) => {
    // As the server knows it now: a colleague may have seen to it, or another window.
    const me = await context.queryClient.fetchQuery({ ...meQuery, staleTime: 0 }).catch((error) => {
      if (error instanceof ApiError && error.code === "unauthenticated") {
        throw redirect({ to: "/sign-in" });
      }
      throw error;
    });
    if (!mustSetUpSecondFactor(me)) {
      throw redirect({ to: search.to ?? "/", replace: true });
    }
  },
  component: page(() => import("./second-factor-setup-route"), "SecondFactorSetupRoute", [
    "account",
  ]),
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    try {
      const me = await context.queryClient.ensureQueryData(meQuery);
      if (mustSetUpSecondFactor(me)) {
        throw redirect({
          to: "/second-factor-setup",
          search: { to: location.href },
          replace: true,
        });
      }
      if (office.includes(me.role)) {
        // With the shell, and not after it: should it not come, the shell says so.
        import("./office-shell").catch(() => undefined);
      }
      return { me };
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
  component: page(() => import("./shell"), "Shell", ["shell"]),
});

const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: ({ context }) => {
    // A worker comes back to where they were.
    const { id, role } = context.me;
    const open = workers.includes(role) ? openRun(id) : undefined;
    if (open !== undefined) {
      const { runId, stop } = open;
      throw redirect({ to: "/work/$runId", params: { runId }, search: { stop }, replace: true });
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
  validateSearch: readSearch<{ date: string; region: number; run: number }>({
    date: dayOrNone,
    region: idOrNone,
    run: idOrNone,
  }),
  loaderDeps: ({ search }) => ({ date: search.date ?? today(), region: search.region }),
  loader: ({ context, deps }) => {
    if (office.includes(context.me.role)) {
      void context.queryClient.prefetchQuery(dashboardQuery(deps));
    }
  },
  component: page(() => import("./today-route"), "TodayRoute", [
    "buildings",
    "day",
    "incidents",
    "office",
    "runs",
  ]),
});

const summaryRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/today/summary",
  validateSearch: readSearch<{ date: string; region: number }>({
    date: dayOrNone,
    region: idOrNone,
  }),
  component: page(() => import("./summary-route"), "SummaryRoute", [
    "buildings",
    "day",
    "incidents",
    "office",
    "runs",
  ]),
});

const wallRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/wall",
  validateSearch: readSearch<{ region: number }>({ region: idOrNone }),
  component: page(() => import("./wall-route"), "WallRoute", ["day", "incidents", "office"]),
});

const planRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/plan",
  validateSearch: readSearch<Required<PlanSearch>>({
    date: dayOrNone,
    region: idOrNone,
    rows: (value) => rowKinds.find((kind) => kind === value),
    weeks: (value) => (value === 4 ? 4 : undefined),
    run: idOrNone,
  }),
  loaderDeps: ({ search }) => ({
    ...weeksAround(search.date ?? today(), search.weeks ?? 1),
    region: search.region,
  }),
  loader: ({ context, deps }) => {
    if (office.includes(context.me.role)) {
      void context.queryClient.prefetchQuery(weekPlanQuery(deps));
    }
  },
  component: page(() => import("./plan-route"), "PlanRoute", [
    "buildings",
    "grid",
    "office",
    "planning",
    "runs",
  ]),
});

type PeopleSearch = { q: string; role: Role; region: number; status: AccountStatus };

const peopleSearch = {
  q: searchOrNone,
  role: (value: unknown) => (isRole(value) ? value : undefined),
  region: idOrNone,
  status: (value: unknown) => accountStatuses.find((status) => status === value),
};

const peopleRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/people",
  validateSearch: readSearch<PeopleSearch>(peopleSearch),
  component: page(() => import("./people-route"), "PeopleRoute", [
    "account",
    "buildings",
    "office",
  ]),
});

const personRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/people/$personId",
  params: {
    parse: ({ personId }) => {
      const id = Number(personId);
      if (!Number.isSafeInteger(id) || id < 1) {
        throw notFound();
      }
      return { personId: id };
    },
    stringify: ({ personId }) => ({ personId: String(personId) }),
  },
  // With what the list showed, to which the page leads back.
  validateSearch: readSearch<PeopleSearch & { edit: true }>({ ...peopleSearch, edit: trueOrNone }),
  component: page(() => import("./person-route"), "PersonRoute", [
    "availability",
    "hours",
    "office",
    "runs",
  ]),
});

// The API has /regions, /buildings and /tours, which may be on the same host.
const regionsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/regions",
  component: page(() => import("./regions-route"), "RegionsRoute", ["office"]),
});

const collectionRulesRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/collection-rules",
  validateSearch: readSearch<{
    q: string;
    region: number;
    tour: number;
    building: number;
    type: string;
    state: RuleState;
  }>({
    q: searchOrNone,
    region: idOrNone,
    tour: idOrNone,
    building: idOrNone,
    type: searchOrNone,
    state: (value) => (isRuleState(value) ? value : undefined),
  }),
  component: page(() => import("./collection-rules-route"), "CollectionRulesRoute", [
    "buildings",
    "rules",
    "waste",
  ]),
});

const collectionRuleRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/collection-rules/$ruleId",
  params: {
    parse: ({ ruleId }): { ruleId: number | "new" } => {
      const id = Number(ruleId);
      if (ruleId !== "new" && (!Number.isSafeInteger(id) || id < 1)) {
        throw notFound();
      }
      return { ruleId: ruleId === "new" ? "new" : id };
    },
    stringify: ({ ruleId }) => ({ ruleId: String(ruleId) }),
  },
  // The building that a new one is for.
  validateSearch: readSearch<{ building: number }>({ building: idOrNone }),
  component: page(() => import("./collection-rule-route"), "CollectionRuleRoute", [
    "rules",
    "waste",
  ]),
});

const wasteKindsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/waste-kinds",
  validateSearch: readSearch<{ kind: string }>({ kind: searchOrNone }),
  component: page(() => import("./waste-kinds-route"), "WasteKindsRoute", ["rules"]),
});

type BuildingSearch = { q: string; region: number; archived: true; unplaced: true };

const buildingSearch = {
  q: searchOrNone,
  region: idOrNone,
  archived: trueOrNone,
  unplaced: trueOrNone,
};

const buildingsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/buildings",
  validateSearch: readSearch<BuildingSearch & { building: number | "new" }>({
    ...buildingSearch,
    building: (value) => (value === "new" ? "new" : idOrNone(value)),
  }),
  component: page(() => import("./buildings-route"), "BuildingsRoute", ["buildings", "office"]),
});

const buildingRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/buildings/$buildingId",
  params: {
    parse: ({ buildingId }) => {
      const id = Number(buildingId);
      if (!Number.isSafeInteger(id) || id < 1) {
        throw notFound();
      }
      return { buildingId: id };
    },
    stringify: ({ buildingId }) => ({ buildingId: String(buildingId) }),
  },
  // With what the list showed, to which the page leads back.
  validateSearch: readSearch<BuildingSearch & { edit: true; from: string; to: string }>({
    ...buildingSearch,
    edit: trueOrNone,
    from: dayOrNone,
    to: dayOrNone,
  }),
  component: page(() => import("./building-route"), "BuildingRoute", [
    "account",
    "buildings",
    "calendars",
    "incidents",
    "office",
    "runs",
    "waste",
  ]),
});

const collectionsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/collections",
  validateSearch: readSearch<CollectionsSearch>({
    view: (value) => views.find((view) => view === value),
    date: dayOrNone,
    region: idOrNone,
    tour: idOrNone,
    building: idsOrNone,
    kind: wasteCodesOrNone,
  }),
  component: page(() => import("./collections-route"), "CollectionsRoute", [
    "buildings",
    "collections",
    "grid",
  ]),
});

const incidentsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/incidents",
  validateSearch: readSearch<{
    status: NonNullable<IncidentFilter["status"]>;
    kind: IncidentKind;
    region: number;
    building: number;
    responsible: number;
    q: string;
    incident: number;
  }>({
    status: (value) => [...incidentStatuses, "all" as const].find((status) => status === value),
    kind: (value) => (isIncidentKind(value) ? value : undefined),
    region: idOrNone,
    building: idOrNone,
    responsible: idOrNone,
    q: searchOrNone,
    incident: idOrNone,
  }),
  component: page(() => import("./incidents-route"), "IncidentsRoute", ["buildings", "incidents"]),
});

const swapsRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/swaps",
  component: page(() => import("@/features/swaps/swaps-page"), "SwapsPage", ["swaps"]),
});

const mailLogRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/mail",
  validateSearch: readSearch<{
    status: MailStatusName;
    kind: MailKind;
    q: string;
    user: number;
    building: number;
    sending: number;
    message: number;
  }>({
    status: (value) => (isMailStatus(value) ? value : undefined),
    kind: (value) => (isMailKind(value) ? value : undefined),
    q: searchOrNone,
    user: idOrNone,
    building: idOrNone,
    sending: idOrNone,
    message: idOrNone,
  }),
  component: page(() => import("./mail-log-route"), "MailLogRoute", ["mail", "office"]),
});

const writeMailRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/mail/write",
  validateSearch: readSearch<{ user: number; building: number; template: number }>({
    user: idOrNone,
    building: idOrNone,
    template: idOrNone,
  }),
  component: page(() => import("./write-mail-route"), "WriteMailRoute", ["mail", "office", "runs"]),
});

const mailTemplatesRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/mail/templates",
  validateSearch: readSearch<{ template: number | "new" }>({
    template: (value) => (value === "new" ? "new" : idOrNone(value)),
  }),
  component: page(() => import("./mail-templates-route"), "MailTemplatesRoute", ["mail"]),
});

const auditRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/audit",
  validateSearch: readSearch<{
    person: number;
    thing_kind: ThingKind;
    thing_id: number | string;
    kind: AuditKind;
    from: string;
    to: string;
    entry: number;
  }>({
    person: idOrNone,
    thing_kind: (value) => (isThingKind(value) ? value : undefined),
    thing_id: (value) => idOrNone(value) ?? searchOrNone(value),
    kind: (value) => (isAuditKind(value) ? value : undefined),
    from: dayOrNone,
    to: dayOrNone,
    entry: idOrNone,
  }),
  component: page(() => import("./audit-route"), "AuditRoute", [
    "account",
    "audit",
    "mail",
    "office",
    "runs",
  ]),
});

const toursRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/tours",
  validateSearch: readSearch<{ region: number; archived: true }>({
    region: idOrNone,
    archived: trueOrNone,
  }),
  component: page(() => import("./tours-route"), "ToursRoute", ["buildings", "office"]),
});

const runRoute = createRoute({
  getParentRoute: () => officeRoute,
  path: "/manage/runs/$runId",
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
  component: page(() => import("./run-route"), "RunRoute", ["buildings", "office", "runs"]),
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
  validateSearch: readSearch<{ date: string }>({ date: dayOrNone }),
  component: page(() => import("./tour-route"), "TourRoute", [
    "account",
    "buildings",
    "calendars",
    "office",
    "waste",
  ]),
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
      // The network may be gone when a run is opened, and a first visit has no service worker yet.
      void context.queryClient
        .prefetchQuery(myRunsQuery)
        .then(() => whenIdle(() => import("./work-run-route").catch(() => undefined)));
    }
  },
  component: page(() => import("@/features/work/my-runs-page"), "MyRunsPage", ["runs", "swaps"]),
});

const hoursRoute = createRoute({
  getParentRoute: () => workerRoute,
  path: "/work/hours",
  validateSearch: readSearch<{ month: string }>({ month: monthOrNone }),
  component: page(() => import("./hours-route"), "HoursRoute", ["hours", "runs"]),
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
  validateSearch: readSearch<{ stop: number }>({ stop: idOrNone }),
  loader: ({ context, params }) => {
    if (workers.includes(context.me.role)) {
      void context.queryClient.prefetchQuery(workRunQuery(params.runId));
      if (openRun(context.me.id)?.runId !== params.runId) {
        // With the run, and not after it, that has not started yet: should it not come, its page says so.
        loadRunOverview().catch(() => undefined);
      }
    }
  },
  component: page(() => import("./work-run-route"), "WorkRunRoute", ["work"]),
});

const myBuildingsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/my-buildings",
  component: page(() => import("./my-buildings-route"), "MyBuildingsRoute", ["buildings"]),
});

const myBuildingRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/my-buildings/$buildingId",
  params: {
    parse: ({ buildingId }) => {
      const id = Number(buildingId);
      if (!Number.isSafeInteger(id) || id < 1) {
        throw notFound();
      }
      return { buildingId: id };
    },
    stringify: ({ buildingId }) => ({ buildingId: String(buildingId) }),
  },
  validateSearch: readSearch<{ from: string; to: string }>({ from: dayOrNone, to: dayOrNone }),
  component: page(() => import("./my-building-route"), "MyBuildingRoute", [
    "account",
    "buildings",
    "calendars",
    "incidents",
    "office",
    "runs",
    "waste",
  ]),
});

// A file of the API that opens in a window of its own: by way of here it is asked for by somebody who is signed in.
const openRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/open/$",
  component: page(() => import("./open-route"), "OpenRoute", []),
});

const profileRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/profile",
  validateSearch: readSearch<{ tab: ProfileTab }>({
    tab: (value) => (isProfileTab(value) ? value : undefined),
  }),
  component: page(() => import("./profile-route"), "ProfileRoute", [
    "account",
    "availability",
    "calendars",
    "mail",
    "notifications",
    "office",
  ]),
});

const welcomeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/welcome",
  // For those without a role only.
  beforeLoad: ({ context }) => {
    if (context.me.role !== "none") {
      throw redirect({ to: homeOf[context.me.role], replace: true });
    }
  },
  component: WelcomePage,
});

// Every other address, inside of the shell: whoever is lost keeps the navigation.
const unknownRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "$",
  component: NotFoundPage,
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  registerRoute,
  forgotPasswordRoute,
  resetPasswordRoute,
  confirmEmailRoute,
  unsubscribeRoute,
  secondFactorSetupRoute,
  signedInRoute.addChildren([
    homeRoute,
    officeRoute.addChildren([
      todayRoute,
      summaryRoute,
      wallRoute,
      planRoute,
      toursRoute,
      tourRoute,
      runRoute,
      buildingsRoute,
      buildingRoute,
      collectionsRoute,
      swapsRoute,
      regionsRoute,
      collectionRulesRoute,
      collectionRuleRoute,
      wasteKindsRoute,
      peopleRoute,
      incidentsRoute,
      mailLogRoute,
      writeMailRoute,
      mailTemplatesRoute,
      auditRoute,
      personRoute,
    ]),
    workerRoute.addChildren([workRoute, hoursRoute, workRunRoute]),
    myBuildingsRoute,
    myBuildingRoute,
    openRoute,
    profileRoute,
    welcomeRoute,
    unknownRoute,
  ]),
]);

export function makeRouter(queryClient: QueryClient) {
  const router = createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    // Query decides what is fresh.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: CrashPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
  watchSearch(router);
  return router;
}

export type AppRouter = ReturnType<typeof makeRouter>;

declare module "@tanstack/react-router" {
  interface Register {
    router: AppRouter;
  }
}
