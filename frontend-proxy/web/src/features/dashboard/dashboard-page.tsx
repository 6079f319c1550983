import { ActionIcon, Button, Title } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconDeviceTv,
  IconFileText,
  IconPlus,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Dashboard } from "@/shared/api/types";
import { addDays, nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { RegionFilter } from "@/shared/regions/region-filter";
import { SetupHint } from "@/shared/setup/setup-hint";
import { SwapsNotice } from "@/shared/swaps/swaps-notice";
import openRows from "@/shared/ui/open-rows.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { moveRowFocus } from "@/shared/ui/row-keys";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { AbsenceConflicts } from "./absence-conflicts";
import classes from "./dashboard-page.module.css";
import { DayFeed } from "./day-feed";
import { followsSome, lateFirst, mostFollowed, runsIn, share } from "./live";
import { LiveMark } from "./live-mark";
import { dashboardQuery } from "./queries";
import { RunRow } from "./run-row";
import { useDayEvents } from "./use-day-events";

// The calendar is half as heavy as the page.
const DateField = lazy(async () => ({
  default: (await import("@/shared/ui/date-field")).DateField,
}));

// The map comes after the runs, which are what the page is for.
const DayMap = lazy(async () => ({ default: (await import("./day-map")).DayMap }));

type DashboardPageProps = {
  date: string;
  /** Narrows the day to one region. */
  region: number | undefined;
  /** The run whose panel is open. */
  openRunId: number | undefined;
  /** That panel. */
  panel: ReactNode;
  onDate: (date: string) => void;
  onRegion: (region: number | undefined) => void;
  onRun: (id: number) => void;
};

export function DashboardPage({
  date,
  region,
  openRunId,
  panel,
  onDate,
  onRegion,
  onRun,
}: DashboardPageProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const shown = { date, region };
  const dashboard = useQuery(dashboardQuery(shown));
  useDayEvents(shown, dashboard.data);

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
                <Link to="/today" search={{ date: addDays(date, -1), region }} {...props} />
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
                <Link to="/today" search={{ date: addDays(date, 1), region }} {...props} />
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

        <div className={classes.tools}>
          <RegionFilter region={region} onChange={onRegion} />
          <div className={classes.links}>
            <Link to="/today/summary" search={{ date, region }} className={classes.link ?? ""}>
              <IconFileText size={20} aria-hidden />
              {t("board.summary")}
            </Link>
            {isToday && (
              <Link to="/wall" search={{ region }} className={classes.link ?? ""}>
                <IconDeviceTv size={20} aria-hidden />
                {t("board.wall")}
              </Link>
            )}
          </div>
        </div>
        <AbsenceConflicts />
        <SwapsNotice />
        <Counts dashboard={dashboard.data} region={region} />

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
            <>
              {followsSome(dashboard.data.runs) && (
                <p className={classes.followed}>{t("board.followed", { count: mostFollowed })}</p>
              )}
              <RunList dashboard={dashboard.data} region={region} openRunId={openRunId} />
            </>
          )}
        </section>
        <div className={classes.below}>
          <section aria-labelledby="day-feed">
            <Title order={2} id="day-feed" className={classes.part}>
              {t("feed.title")}
            </Title>
            <DayFeed key={region} day={shown} />
          </section>
          {(dashboard.data?.runs.length ?? 0) > 0 && (
            <section aria-labelledby="day-map">
              <Title order={2} id="day-map" className={classes.part}>
                {t("daymap.title")}
              </Title>
              <Suspense fallback={<LoadingRows count={1} height={400} />}>
                <DayMap day={shown} runs={dashboard.data?.runs ?? []} onRun={onRun} />
              </Suspense>
            </section>
          )}
        </div>
      </div>
      {panel}
    </div>
  );
}

type CountsProps = { dashboard: Dashboard | undefined; region: number | undefined };

function Counts({ dashboard, region }: CountsProps) {
  const { t } = useTranslation();
  const counts = dashboard?.counts;
  const notDone = (counts?.stops_failed ?? 0) + (counts?.stops_skipped ?? 0);
  return (
    <dl className={classes.counts}>
      <div>
        <dt>{t("board.runs_done")}</dt>
        <dd>{share(counts?.completed, runsIn(counts))}</dd>
      </div>
      <div>
        <dt>{t("today.started")}</dt>
        <dd>{counts?.started ?? "–"}</dd>
      </div>
      <div data-alert={(counts?.late ?? 0) > 0 || undefined}>
        <dt>{t("today.late")}</dt>
        <dd>{counts?.late ?? "–"}</dd>
      </div>
      <div>
        <dt>{t("board.stops_done")}</dt>
        <dd>{share(counts?.stops_done, counts?.stops)}</dd>
        {notDone > 0 && (
          <dd className={classes.notDone}>{t("board.stops_not_done", { count: notDone })}</dd>
        )}
      </div>
      <div>
        <dt>{t("board.remarks")}</dt>
        <dd>{counts?.remarks ?? "–"}</dd>
      </div>
      <div>
        <dt>{t("today.open_incidents")}</dt>
        <dd>
          <Link
            to="/manage/incidents"
            search={{ status: "open", region }}
            className={classes.countLink ?? ""}
          >
            {counts?.open_incidents ?? "–"}
          </Link>
        </dd>
      </div>
    </dl>
  );
}

type RunListProps = {
  dashboard: Dashboard;
  region: number | undefined;
  openRunId: number | undefined;
};

function RunList({ dashboard, region, openRunId }: RunListProps) {
  return (
    <ul className={openRows.rows} onKeyDown={moveRowFocus}>
      {lateFirst(dashboard.runs).map((run) => (
        <RunRow
          key={run.id}
          run={run}
          date={dashboard.date}
          region={region}
          open={run.id === openRunId}
        />
      ))}
    </ul>
  );
}
