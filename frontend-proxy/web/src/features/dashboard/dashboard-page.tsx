import { ActionIcon, Button, Title } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { patchQuery } from "@/shared/api/patch-query";
import type { Dashboard } from "@/shared/api/types";
import { addDays, clockTime, nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { incidentCountsQuery } from "@/shared/incidents/incident-queries";
import { useChannels, useLiveStatus, useStatusChangedAt } from "@/shared/realtime/live-context";
import { SetupHint } from "@/shared/setup/setup-hint";
import { SwapsNotice } from "@/shared/swaps/swaps-notice";
import openRows from "@/shared/ui/open-rows.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { moveRowFocus } from "@/shared/ui/row-keys";
import { EmptyState, ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import { AbsenceConflicts } from "./absence-conflicts";
import classes from "./dashboard-page.module.css";
import { applyLiveEvent, failedStops, followedRuns, lateFirst } from "./live";
import { dashboardQuery } from "./queries";
import { RunRow } from "./run-row";

// The calendar is half as heavy as the page.
const DateField = lazy(async () => ({
  default: (await import("@/shared/ui/date-field")).DateField,
}));

type DashboardPageProps = {
  date: string;
  /** The run whose panel is open. */
  openRunId: number | undefined;
  /** That panel. */
  panel: ReactNode;
  onDate: (date: string) => void;
};

export function DashboardPage({ date, openRunId, panel, onDate }: DashboardPageProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const dashboard = useQuery(dashboardQuery(date));
  useDashboardEvents(date, dashboard.data);

  const isToday = date === today();
  const day = nearDayText(date, t, language);
  const title = isToday ? t("today.title") : day;

  return (
    <div className={classes.layout} data-panel={openRunId !== undefined || undefined}>
      <PageTitle>{title}</PageTitle>
      <div className={classes.page}>
        <header className={classes.header}>
          <div className={classes.heading}>
            <Title order={1} className={classes.title}>
              {title}
            </Title>
            {isToday && <LiveMark failed={dashboard.isError} loadedAt={dashboard.dataUpdatedAt} />}
          </div>
          <div className={classes.actions}>
            <ActionIcon
              aria-label={t("today.previous_day")}
              renderRoot={(props) => (
                <Link to="/today" search={{ date: addDays(date, -1) }} {...props} />
              )}
            >
              <IconChevronLeft size={20} aria-hidden />
            </ActionIcon>
            <div className={classes.date}>
              <Suspense>
                <DateField
                  bare
                  label={t("today.choose_day")}
                  value={date}
                  onChange={(day) => {
                    if (day !== null) {
                      onDate(day);
                    }
                  }}
                />
              </Suspense>
            </div>
            <ActionIcon
              aria-label={t("today.next_day")}
              renderRoot={(props) => (
                <Link to="/today" search={{ date: addDays(date, 1) }} {...props} />
              )}
            >
              <IconChevronRight size={20} aria-hidden />
            </ActionIcon>
            <Button
              className={classes.plan}
              variant="signal"
              leftSection={<IconPlus size={18} aria-hidden />}
              renderRoot={(props) => <Link to="/plan" search={{ date }} {...props} />}
            >
              {t("today.plan")}
            </Button>
          </div>
        </header>

        <AbsenceConflicts />
        <SwapsNotice />
        <Counts dashboard={dashboard.data} />

        <section aria-label={isToday ? t("today.runs") : t("today.runs_on", { date: day })}>
          {dashboard.isPending && <LoadingRows count={6} height={73} />}
          {dashboard.isError && dashboard.data === undefined && (
            <ErrorState error={dashboard.error} onRetry={() => dashboard.refetch()} />
          )}
          {dashboard.data?.runs.length === 0 && (
            <SetupHint>
              <EmptyState
                title={isToday ? t("today.empty_title") : t("today.empty_other", { date: day })}
                text={t("today.empty_text")}
              />
            </SetupHint>
          )}
          {dashboard.data !== undefined && dashboard.data.runs.length > 0 && (
            <RunList dashboard={dashboard.data} openRunId={openRunId} />
          )}
        </section>
      </div>
      {panel}
    </div>
  );
}

function useDashboardEvents(date: string, dashboard: Dashboard | undefined) {
  const queryClient = useQueryClient();
  const { queryKey } = dashboardQuery(date);
  const runs = followedRuns(dashboard?.runs ?? []);
  const refetch = () => void queryClient.invalidateQueries({ queryKey });
  useChannels(["runs", ...runs.map((id) => `run:${id}`)], {
    onEvent: (event) => {
      patchQuery<Dashboard>(queryClient, queryKey, (board) => applyLiveEvent(board, event));
      // Only the server knows a run that is new on this day, and how late one is after its state changed.
      if (event.channel === "runs") {
        refetch();
      }
    },
    onGap: refetch,
  });
}

type LiveMarkProps = { failed: boolean; loadedAt: number };

/** Whether the page shows what happens now: the connection stands, and the server answered when it was last asked. */
function LiveMark({ failed, loadedAt }: LiveMarkProps) {
  const { t } = useTranslation();
  const status = useLiveStatus();
  const since = useStatusChangedAt();
  const away = status === "offline" || status === "ended";
  if (away || failed) {
    const time = clockTime(new Date(failed ? loadedAt : since), currentLanguage());
    return <StaleMark>{t("app.stale", { time })}</StaleMark>;
  }
  return (
    <span className={classes.live} data-live={status === "live" || undefined}>
      {status === "live" ? t("today.live") : t("today.connecting")}
    </span>
  );
}

function Counts({ dashboard }: { dashboard: Dashboard | undefined }) {
  const { t } = useTranslation();
  const counts = dashboard?.counts;
  const failed = failedStops(dashboard?.runs ?? []);
  const incidents = useQuery(incidentCountsQuery);
  return (
    <dl className={classes.counts}>
      {(["planned", "started", "completed", "late"] as const).map((name) => (
        <div key={name} data-alert={(name === "late" && (counts?.late ?? 0) > 0) || undefined}>
          <dt>{t(`today.${name}`)}</dt>
          <dd>{counts?.[name] ?? "–"}</dd>
        </div>
      ))}
      <div data-bad={failed > 0 || undefined}>
        <dt>{t("today.failed_stops")}</dt>
        <dd>{dashboard === undefined ? "–" : failed}</dd>
      </div>
      <div>
        <dt>{t("today.open_incidents")}</dt>
        <dd>
          <Link
            to="/manage/incidents"
            search={{ status: "open" }}
            className={classes.countLink ?? ""}
          >
            {incidents.data?.open ?? "–"}
          </Link>
        </dd>
      </div>
    </dl>
  );
}

type RunListProps = { dashboard: Dashboard; openRunId: number | undefined };

function RunList({ dashboard, openRunId }: RunListProps) {
  return (
    <ul className={openRows.rows} onKeyDown={moveRowFocus}>
      {lateFirst(dashboard.runs).map((run) => (
        <RunRow key={run.id} run={run} date={dashboard.date} open={run.id === openRunId} />
      ))}
    </ul>
  );
}
