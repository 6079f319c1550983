import { ActionIcon } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import {
  IconArrowLeft,
  IconCircleCheck,
  IconCircleDashed,
  IconClockExclamation,
  IconCloudOff,
  IconMaximize,
  IconPlayerPause,
  IconPlayerPlay,
  IconProgress,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { Dashboard, DashboardRun } from "@/shared/api/types";
import { clockTime, fullDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useLiveStatus } from "@/shared/realtime/live-context";
import { PageTitle } from "@/shared/ui/page-title";
import { Segments } from "@/shared/ui/segments";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { lateText } from "./late-text";
import { lateFirst, runsIn, share } from "./live";
import { useStaleSince } from "./live-mark";
import { dashboardQuery } from "./queries";
import { useAwake } from "./use-awake";
import { useDayEvents } from "./use-day-events";
import { useNewVersion } from "./use-new-version";
import { usePages } from "./use-pages";
import { WallNews } from "./wall-news";
import classes from "./wall-page.module.css";

/** The server is asked every minute: what is older than this is not of now, whatever the connection says. */
const tooOld = 3 * 60_000;
/** Runs on a page before the room is measured. */
const assumedRows = 5;

type WallPageProps = { date: string; region: number | undefined };

/** The day for a screen on a wall: nobody is at it, and it is read from afar. */
export function WallPage({ date, region }: WallPageProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const now = useClock();
  const day = { date, region };
  const dashboard = useQuery(dashboardQuery(day));
  useDayEvents(day, dashboard.data);
  useAwake();
  useNewVersion();
  const runs = lateFirst(dashboard.data?.runs ?? []).filter(({ status }) => status !== "cancelled");
  const { ref, rows } = useRows();
  const { page, pages, paused, pause } = usePages(runs.length, rows);
  const first = page * rows;

  return (
    <div className={classes.wall}>
      <PageTitle>{t("wall.title")}</PageTitle>
      <header className={classes.header}>
        <h1 className={classes.day}>{fullDayText(date, language)}</h1>
        <Freshness
          failed={dashboard.isError}
          loadedAt={dashboard.dataUpdatedAt}
          now={now.getTime()}
        />
        <time className={classes.clock}>{clockTime(now, language)}</time>
      </header>
      <Figures dashboard={dashboard.data} />
      <div className={classes.main}>
        <section className={classes.room} aria-label={t("today.runs")} ref={ref}>
          {dashboard.isPending && <LoadingRows count={5} height={72} />}
          {dashboard.isError && dashboard.data === undefined && (
            <ErrorState error={dashboard.error} onRetry={() => dashboard.refetch()} />
          )}
          {dashboard.data !== undefined && runs.length === 0 && (
            <p className={classes.empty}>{t("today.empty_title")}</p>
          )}
          <ul className={classes.runs} key={page}>
            {runs.slice(first, first + rows).map((run) => (
              <WallRun key={run.id} run={run} />
            ))}
          </ul>
        </section>
        <WallNews day={day} rows={rows} />
      </div>
      <footer className={classes.footer}>
        <div className={classes.controls}>
          <ActionIcon
            aria-label={t("wall.back")}
            renderRoot={(props) => <Link to="/today" search={{ region }} {...props} />}
          >
            <IconArrowLeft size={20} aria-hidden />
          </ActionIcon>
          {document.fullscreenEnabled && (
            <ActionIcon
              aria-label={t("wall.full_screen")}
              onClick={() => void document.documentElement.requestFullscreen()}
            >
              <IconMaximize size={20} aria-hidden />
            </ActionIcon>
          )}
          {pages > 1 && (
            <ActionIcon
              aria-label={paused ? t("wall.go_on") : t("wall.pause")}
              onClick={() => pause(!paused)}
            >
              {paused ? (
                <IconPlayerPlay size={20} aria-hidden />
              ) : (
                <IconPlayerPause size={20} aria-hidden />
              )}
            </ActionIcon>
          )}
        </div>
        {pages > 1 && <p className={classes.pages}>{t("wall.page", { page: page + 1, pages })}</p>}
      </footer>
    </div>
  );
}

/** The time, to the minute. */
function useClock(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 5_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** How many runs fit below each other: a row takes a tenth of the height of the screen. */
function useRows() {
  const { ref, height } = useElementSize<HTMLElement>();
  const row = Math.max(56, window.innerHeight * 0.1);
  return { ref, rows: height === 0 ? assumedRows : Math.max(1, Math.floor(height / row)) };
}

type FreshnessProps = { failed: boolean; loadedAt: number; now: number };

function Freshness({ failed, loadedAt, now }: FreshnessProps) {
  const { t } = useTranslation();
  const status = useLiveStatus();
  const old = loadedAt > 0 && now - loadedAt > tooOld;
  const since = useStaleSince({ failed: failed || old, loadedAt });
  if (since === undefined) {
    return (
      <p className={classes.live} data-live={status === "live" || undefined} role="status">
        {status === "live" ? t("today.live") : t("today.connecting")}
      </p>
    );
  }
  return (
    <p className={classes.stale} role="status">
      <IconCloudOff aria-hidden />
      {since.getTime() === 0
        ? t("wall.not_live")
        : t("wall.not_live_since", { time: clockTime(since, currentLanguage()) })}
    </p>
  );
}

function Figures({ dashboard }: { dashboard: Dashboard | undefined }) {
  const { t } = useTranslation();
  const counts = dashboard?.counts;
  const figures = [
    { label: t("board.runs_done"), value: share(counts?.completed, runsIn(counts)) },
    { label: t("board.stops_done"), value: share(counts?.stops_done, counts?.stops) },
    { label: t("today.late"), value: counts?.late, alert: (counts?.late ?? 0) > 0 },
    { label: t("board.remarks"), value: counts?.remarks },
    { label: t("today.open_incidents"), value: counts?.open_incidents },
  ];
  return (
    <dl className={classes.figures}>
      {figures.map(({ label, value, alert }) => (
        <div key={label} data-alert={alert || undefined}>
          <dt>{label}</dt>
          <dd>{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

function WallRun({ run }: { run: DashboardRun }) {
  const { t } = useTranslation();
  const { progress } = run;
  const late = lateText(t, run);
  const Icon =
    late !== "" && run.status !== "completed"
      ? IconClockExclamation
      : { planned: IconCircleDashed, started: IconProgress, completed: IconCircleCheck }[
          run.status as "planned" | "started" | "completed"
        ];
  return (
    <li
      className={classes.run}
      data-status={run.status}
      data-late={(late !== "" && run.status !== "completed") || undefined}
    >
      <Icon className={classes.icon} aria-hidden />
      <div className={classes.names}>
        <span className={classes.tour}>{run.tour.name}</span>
        <span className={classes.worker}>{fullName(run.worker)}</span>
      </div>
      <div className={classes.progress}>
        <Segments segments={progress.segments} />
      </div>
      <span className={classes.fraction}>
        {progress.done + progress.skipped + progress.failed} / {progress.stops}
      </span>
      <span className={classes.state}>{late === "" ? <State run={run} /> : late}</span>
    </li>
  );
}

function State({ run }: { run: DashboardRun }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  if (run.status === "completed" && run.completed_at !== null) {
    return t("today.completed_at", { time: clockTime(run.completed_at, language) });
  }
  if (run.status === "started" && run.started_at !== null) {
    return t("today.started_at", { time: clockTime(run.started_at, language) });
  }
  return t("today.not_started");
}
