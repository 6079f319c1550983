import { ActionIcon, Button, Title } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { RunPanel } from "@/features/runs/run-panel";
import { SetupHint } from "@/features/setup/setup-hint";
import type { Dashboard } from "@/shared/api/types";
import { addDays, clockTime, nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useChannels, useLiveStatus, useStatusChangedAt } from "@/shared/realtime/live-context";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import classes from "./dashboard-page.module.css";
import { applyLiveEvent, followedRuns, lateFirst } from "./live";
import { dashboardQuery } from "./queries";
import { RunRow } from "./run-row";

type DashboardPageProps = {
  date: string;
  /** The run whose panel is open. */
  openRunId: number | undefined;
  onCloseRun: () => void;
};

export function DashboardPage({ date, openRunId, onCloseRun }: DashboardPageProps) {
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
            <LiveMark />
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

        <Counts counts={dashboard.data?.counts} />

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
      {openRunId !== undefined && (
        <RunPanel key={openRunId} runId={openRunId} onClose={onCloseRun} />
      )}
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
      const current = queryClient.getQueryData(queryKey);
      if (current === undefined) {
        return;
      }
      const next = applyLiveEvent(current, event);
      if (next !== undefined && next !== current) {
        queryClient.setQueryData(queryKey, next);
      }
      // Only the server can say how late a run is after its state changed.
      if (next === undefined || event.channel === "runs") {
        refetch();
      }
    },
    onGap: refetch,
  });
}

function LiveMark() {
  const { t } = useTranslation();
  const status = useLiveStatus();
  const since = useStatusChangedAt();
  if (status === "offline" || status === "ended") {
    return (
      <StaleMark>
        {t("app.stale", { time: clockTime(new Date(since), currentLanguage()) })}
      </StaleMark>
    );
  }
  return (
    <span className={classes.live} data-live={status === "live" || undefined}>
      {status === "live" ? t("today.live") : t("today.connecting")}
    </span>
  );
}

function Counts({ counts }: { counts: Dashboard["counts"] | undefined }) {
  const { t } = useTranslation();
  return (
    <dl className={classes.counts}>
      {(["started", "completed", "late"] as const).map((name) => (
        <div key={name} data-alert={(name === "late" && (counts?.late ?? 0) > 0) || undefined}>
          <dt>{t(`today.${name}`)}</dt>
          <dd>{counts?.[name] ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

type RunListProps = { dashboard: Dashboard; openRunId: number | undefined };

function RunList({ dashboard, openRunId }: RunListProps) {
  const moveFocus = (event: React.KeyboardEvent<HTMLUListElement>) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") {
      return;
    }
    const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row-link]")];
    const here = links.findIndex((link) =>
      link.closest("li")?.contains(document.activeElement ?? null),
    );
    links[here + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    event.preventDefault();
  };
  return (
    <ul className={classes.rows} onKeyDown={moveFocus}>
      {lateFirst(dashboard.runs).map((run) => (
        <RunRow key={run.id} run={run} date={dashboard.date} open={run.id === openRunId} />
      ))}
    </ul>
  );
}
