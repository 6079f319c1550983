import { Button, Title } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconChevronRight } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/shared/account/me-query";
import type { Run, RunDetail, Swap } from "@/shared/api/types";
import { nearDayText, today } from "@/shared/dates";
import { currentLanguage, loadTexts } from "@/shared/i18n/i18n";
import { isLive, mySwapsQuery } from "@/shared/swaps/swap-queries";
import { PageTitle } from "@/shared/ui/page-title";
import { Segments } from "@/shared/ui/segments";
import { EmptyState, ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import { whenIdle } from "@/shared/when-idle";
import { InstallCard } from "./install-card";
import { KeptLine } from "./kept/kept-line";
import { RoomNotice } from "./kept/room-notice";
import { localRun } from "./local-run";
import classes from "./my-runs-page.module.css";
import type { Entry } from "./outbox/entries";
import { OutboxBadge } from "./outbox/outbox-badge";
import { useOutboxSnapshot } from "./outbox/outbox-context";
import { myRunsQuery, workRunQuery } from "./queries";
import { RunSwapMenu } from "./run-swap";
import { SwapBadge } from "./swap-badge";
import { Swaps } from "./swaps";
import { useKnownRuns } from "./use-known-runs";

const ReportedIncidents = lazy(async () => {
  const [module] = await Promise.all([import("./reported-incidents"), loadTexts(["incidents"])]);
  return { default: module.ReportedIncidents };
});
// It is not among the first things that somebody wants to see.
const NotificationCard = lazy(async () => {
  const [module] = await Promise.all([
    import("@/shared/notifications/notification-card"),
    loadTexts(["notifications"]),
  ]);
  return { default: module.NotificationCard };
});

/** The worker's runs, today's first: what the server knows and, on top, what waits on this device. */
export function MyRunsPage() {
  const { t } = useTranslation();
  const runs = useQuery(myRunsQuery);
  const known = useKnownRuns();
  const shown = runs.data !== undefined;
  useEffect(() => {
    if (shown) {
      whenIdle(() => {
        import("./bring-run-parts").then((parts) => parts.bringRunParts()).catch(() => undefined);
      });
    }
  }, [shown]);
  const { entries } = useOutboxSnapshot();
  const { online } = useNetwork();
  const queryClient = useQueryClient();
  const me = queryClient.getQueryData(meQuery.queryKey);
  const isNewer = (id: number) =>
    (queryClient.getQueryState(workRunQuery(id).queryKey)?.dataUpdatedAt ?? 0) > runs.dataUpdatedAt;
  const mySwaps = useQuery(mySwapsQuery);
  const asked = new Map((mySwaps.data ?? []).filter(isLive).map((swap) => [swap.run.id, swap]));
  const swaps = runs.data !== undefined && (
    <Swaps ownRuns={new Set(runs.data.map(({ id }) => id))} />
  );
  return (
    <div className={classes.page}>
      <PageTitle>{t("runs.title")}</PageTitle>
      <div className={classes.heading}>
        <Title order={1}>{t("runs.title")}</Title>
        <OutboxBadge />
      </div>
      {!online && runs.data !== undefined && <StaleMark>{t("runs.saved_on_device")}</StaleMark>}
      <RoomNotice />
      {runs.data !== undefined && <KeptLine runs={runs.data} known={known} />}
      {runs.isPending && <LoadingRows count={3} height={132} />}
      {runs.isError && runs.data === undefined && (
        <ErrorState error={runs.error} onRetry={() => runs.refetch()} />
      )}
      {runs.data?.length === 0 && (
        <>
          <EmptyState title={t("runs.empty_title")} text={t("runs.empty_text")} />
          {swaps}
        </>
      )}
      {runs.data !== undefined && runs.data.length > 0 && (
        <RunSections
          runs={runs.data.map((run) => onDevice(run, known.get(run.id), isNewer(run.id), entries))}
          asked={asked}
        >
          {swaps}
        </RunSections>
      )}
      {/* The office has all of them on a page of its own. */}
      {me?.role === "student" && (
        <Suspense fallback={null}>
          <ReportedIncidents />
        </Suspense>
      )}
      <Button renderRoot={(props) => <Link to="/work/hours" {...props} />}>
        {t("runs.hours")}
      </Button>
      {runs.data?.some(({ status }) => status === "completed") === true && (
        <Suspense>
          <NotificationCard />
        </Suspense>
      )}
      <InstallCard />
    </div>
  );
}

/** A run of the list as this device knows it. */
type DeviceRun = Pick<
  Run,
  | "id"
  | "date"
  | "status"
  | "tour"
  | "region"
  | "agreed_minutes"
  | "cancel_reason"
  | "stops_changed"
> & {
  segments: Run["progress"]["segments"];
  settled: number;
  /** Something of this run waits on this device. */
  unsent: boolean;
};

// The stops of a run may be newer than the list: what was sent with the app closed is there, and without network the list is not.
function onDevice(
  run: Run,
  details: RunDetail | undefined,
  isNewer: boolean,
  entries: readonly Entry[],
): DeviceRun {
  const unsent = entries.some((entry) => entry.runId === run.id);
  const { segments, done, skipped, failed } = run.progress;
  if (details === undefined || !(unsent || isNewer)) {
    return { ...run, segments, settled: done + skipped + failed, unsent };
  }
  const newer = !isNewer && run.version >= details.version ? { status: run.status } : {};
  const local = localRun({ ...details, ...newer }, entries, new Set());
  return { ...run, ...local, segments: [...local.segments], unsent };
}

/** Whether its tour was changed since this worker was told of it. */
function differs(run: DeviceRun): boolean {
  return run.status === "planned" && run.stops_changed;
}

const openFirst = ["started", "planned", "completed", "cancelled"];

function byState(a: DeviceRun, b: DeviceRun): number {
  return openFirst.indexOf(a.status) - openFirst.indexOf(b.status);
}

/** What the worker asks about runs, by the run. */
type Asked = ReadonlyMap<number, Swap>;

type RunSectionsProps = { runs: DeviceRun[]; asked: Asked; children: ReactNode };

/** The runs by when they are; what stands between those to come and those of before is `children`. */
function RunSections({ runs, asked, children }: RunSectionsProps) {
  const { t } = useTranslation();
  const now = today();
  // A run that goes past midnight is worked on today.
  const isToday = (run: DeviceRun) =>
    run.date === now || (run.date < now && run.status === "started");
  const onDay = runs.filter(isToday).sort(byState);
  const upcoming = runs
    .filter((run) => run.date > now)
    .sort((a, b) => a.date.localeCompare(b.date) || byState(a, b));
  const past = runs
    .filter((run) => run.date < now && !isToday(run))
    .sort((a, b) => b.date.localeCompare(a.date) || byState(a, b));
  const next = onDay.find((run) => run.status === "started" || run.status === "planned");
  return (
    <>
      <section aria-label={t("runs.today")} className={classes.section}>
        <h2 className={classes.sectionTitle}>{t("runs.today")}</h2>
        {onDay.length === 0 && <p className={classes.quiet}>{t("runs.none_today")}</p>}
        {onDay.map((run) => (
          <TodayRun key={run.id} run={run} next={run === next} swap={asked.get(run.id)} />
        ))}
      </section>
      <RunSection title={t("runs.upcoming")} runs={upcoming} asked={asked} />
      {children}
      <RunSection title={t("runs.past")} runs={past} asked={asked} />
    </>
  );
}

type TodayRunProps = { run: DeviceRun; next: boolean; swap: Swap | undefined };

function TodayRun({ run, next, swap }: TodayRunProps) {
  const { t } = useTranslation();
  const action =
    run.status === "planned"
      ? t("own_run.start")
      : run.status === "started"
        ? t("runs.continue")
        : t("runs.open");
  return (
    <article className={classes.today} aria-label={run.tour.name}>
      <div className={classes.top}>
        <h3 className={classes.tour}>{run.tour.name}</h3>
        <span className={classes.state}>
          <span className={classes.quiet}>{t(`run_status.${run.status}`)}</span>
          {canBeAsked(run) && <RunSwapMenu run={run} swap={swap} />}
        </span>
      </div>
      {canBeAsked(run) && swap !== undefined && <SwapBadge swap={swap} />}
      <p className={classes.quiet}>
        {run.region.name} · {t("runs.stops", { count: run.segments.length })} ·{" "}
        {t("runs.agreed", { count: run.agreed_minutes })}
        {differs(run) && <strong> · {t("runs.stops_changed")}</strong>}
      </p>
      {run.status === "cancelled" && run.cancel_reason !== "" && (
        <p className={classes.quiet}>
          {t("runs.cancelled_because", { reason: run.cancel_reason })}
        </p>
      )}
      {run.status !== "planned" && run.status !== "cancelled" && (
        <div className={classes.progress}>
          <Segments segments={run.segments} />
          <span className={classes.fraction}>
            {t("own_run.stop_of", { done: run.settled, stops: run.segments.length })}
          </span>
        </div>
      )}
      {run.unsent && <p className={classes.quiet}>{t("runs.not_sent")}</p>}
      {run.status !== "cancelled" && (
        <Button
          size="lg"
          fullWidth
          className={classes.action}
          {...(next ? { variant: "signal" } : {})}
          aria-label={`${action}: ${run.tour.name}`}
          renderRoot={(props) => <Link to="/work/$runId" params={{ runId: run.id }} {...props} />}
        >
          {action}
        </Button>
      )}
    </article>
  );
}

/** A run that somebody else could still do. What was done on this device counts, and may not have arrived yet. */
function canBeAsked(run: DeviceRun): boolean {
  return run.status === "planned" && run.date >= today() && !run.unsent;
}

type RunSectionProps = { title: string; runs: DeviceRun[]; asked: Asked };

function RunSection({ title, runs, asked }: RunSectionProps) {
  if (runs.length === 0) {
    return null;
  }
  return (
    <section aria-label={title} className={classes.section}>
      <h2 className={classes.sectionTitle}>{title}</h2>
      <ul className={classes.list}>
        {runs.map((run) => (
          <RunItem key={run.id} run={run} swap={asked.get(run.id)} />
        ))}
      </ul>
    </section>
  );
}

function RunItem({ run, swap }: { run: DeviceRun; swap: Swap | undefined }) {
  const { t } = useTranslation();
  const open = canBeAsked(run);
  return (
    <li className={classes.item}>
      <Link to="/work/$runId" params={{ runId: run.id }} className={classes.row}>
        <span className={classes.rowText}>
          <span className={classes.day}>{nearDayText(run.date, t, currentLanguage())}</span>
          <span className={classes.rowTour}>{run.tour.name}</span>
          <span className={classes.quiet}>
            {run.status === "planned"
              ? t("runs.stops", { count: run.segments.length })
              : t(`run_status.${run.status}`)}
            {differs(run) && ` · ${t("runs.stops_changed")}`}
            {run.unsent && ` · ${t("runs.not_sent")}`}
          </span>
          {open && swap !== undefined && <SwapBadge swap={swap} />}
        </span>
        {!open && <IconChevronRight size={18} aria-hidden />}
      </Link>
      {open && <RunSwapMenu run={run} swap={swap} />}
    </li>
  );
}
