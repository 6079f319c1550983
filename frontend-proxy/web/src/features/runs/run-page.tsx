import { Button, Title } from "@mantine/core";
import { IconAlertTriangle, IconPhone } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { RunDetail, Stop } from "@/shared/api/types";
import { clockTime, nearDayText, nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { phoneText } from "@/shared/phone";
import { runQuery } from "@/shared/runs/run-query";
import { StopChanges } from "@/shared/runs/stop-changes";
import { useRunCollections } from "@/shared/runs/use-run-collections";
import { useRunEvents } from "@/shared/runs/use-run-events";
import { BackLink } from "@/shared/ui/back-link";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { Segments } from "@/shared/ui/segments";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { CancelRun } from "./cancel-run";
import { CorrectButton } from "./correct-button";
import { ReassignDialog } from "./reassign-dialog";
import classes from "./run-page.module.css";
import { StopProof } from "./stop-proof";
import { minutesBetween, TimeAgainstAgreed } from "./time-against-agreed";

// Of planned runs only.
const RunSwapNote = lazy(async () => ({
  default: (await import("@/shared/swaps/run-swap-note")).RunSwapNote,
}));

type RunPageProps = {
  id: number;
  /** The stops on a map. */
  mapOf: (run: RunDetail) => ReactNode;
  /** What is collected at a stop on the day of the run. */
  workAt: (run: RunDetail, stop: Stop) => ReactNode;
};

/** A run as the office sees it: before its start, on the way, and afterwards. */
export function RunPage({ id, mapOf, workAt }: RunPageProps) {
  const { t } = useTranslation();
  const run = useQuery(runQuery(id));
  useRunEvents(id);
  useRunCollections(id);
  return (
    <div className={classes.page}>
      <PageTitle>
        {run.data === undefined
          ? t("run_page.title")
          : t("panel.title", { tour: run.data.tour.name, worker: fullName(run.data.worker) })}
      </PageTitle>
      {run.data === undefined ? (
        <BackLink to="/today">{t("run_page.back")}</BackLink>
      ) : (
        <BackLink to="/today" search={{ date: run.data.date }}>
          {t("run_page.back")}
        </BackLink>
      )}
      {run.isPending && <LoadingRows count={6} height={64} />}
      {run.isError && run.data === undefined && (
        <ErrorState error={run.error} onRetry={() => run.refetch()} />
      )}
      {run.data !== undefined && <Run run={run.data} mapOf={mapOf} workAt={workAt} />}
    </div>
  );
}

type RunProps = Omit<RunPageProps, "id"> & { run: RunDetail };

function Run({ run, mapOf, workAt }: RunProps) {
  const { t } = useTranslation();
  const [reassigning, setReassigning] = useState(false);
  const [given, setGiven] = useState<string>();
  const over = run.status === "completed" || run.status === "cancelled";
  return (
    <>
      <header className={listPage.header}>
        <div className={classes.heading}>
          <Title order={1}>{run.tour.name}</Title>
          <p className={classes.quiet}>
            {nearDayText(run.date, t, currentLanguage())} · {t(`run_status.${run.status}`)} ·{" "}
            {run.region.name}
          </p>
        </div>
        <div className={listPage.headerActions}>
          {run.status === "planned" && (
            <Button onClick={() => setReassigning(true)}>{t("run_page.reassign")}</Button>
          )}
          {!over && <CancelRun run={run} />}
        </div>
      </header>
      {given !== undefined && <Notice>{t("run_page.reassigned", { name: given })}</Notice>}
      {run.status === "cancelled" && run.cancel_reason !== "" && (
        <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>
          {t("panel.reason", { reason: run.cancel_reason })}
        </Notice>
      )}
      {run.start_corrected && <Warning>{t("panel.start_corrected")}</Warning>}
      {run.stops_differ && <Warning>{t("panel.stops_differ")}</Warning>}
      {run.status === "planned" && (
        <Suspense>
          <RunSwapNote runId={run.id} />
        </Suspense>
      )}
      <ChangedSincePlanned run={run} />
      <Facts run={run} />
      {run.status !== "planned" && <Segments segments={run.progress.segments} />}
      {!over && mapOf(run)}
      <section aria-labelledby="run-stops" className={classes.section}>
        <h2 id="run-stops" className={classes.sectionTitle}>
          {t("panel.stops")}
        </h2>
        {run.idle_stops > 0 && (
          <p className={classes.quiet}>{t("panel.idle_stops", { count: run.idle_stops })}</p>
        )}
        <ol className={classes.stops} aria-label={t("panel.stops")}>
          {run.stops.map((stop) => (
            <StopProof
              key={stop.position}
              stop={stop}
              actions={<CorrectButton run={run} stop={stop} />}
            >
              {!over && workAt(run, stop)}
            </StopProof>
          ))}
        </ol>
      </section>
      {reassigning && (
        <ReassignDialog
          run={run}
          onClose={() => setReassigning(false)}
          onGiven={(name) => {
            setGiven(name);
            setReassigning(false);
          }}
        />
      )}
    </>
  );
}

function Warning({ children }: { children: string }) {
  return <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>{children}</Notice>;
}

/** How the stops of a planned run differ from those with which it was planned. */
export function ChangedSincePlanned({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const change = run.stops_change;
  if (change == null || run.status !== "planned") {
    return null;
  }
  const language = currentLanguage();
  const time = nearMomentText(change.changed_at, t, language);
  return (
    <section className={classes.changed} aria-labelledby="changed-stops">
      <h2 id="changed-stops" className={classes.sectionTitle}>
        {t("stop_change.for_office")}
      </h2>
      <p className={classes.quiet}>
        {change.seen && change.seen_at !== null
          ? t("stop_change.for_office_seen", {
              time,
              seen: nearMomentText(change.seen_at, t, language),
            })
          : t("stop_change.for_office_unseen", { time })}
      </p>
      <StopChanges changes={change.changes} />
    </section>
  );
}

function Facts({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const { worker } = run;
  return (
    <dl className={classes.facts}>
      <div>
        <dt>{t("run_page.worker")}</dt>
        <dd>
          <Link to="/people/$personId" params={{ personId: worker.id }}>
            {fullName(worker)}
          </Link>
          {worker.phone !== "" && (
            <a className={classes.phone} href={`tel:${worker.phone}`}>
              <IconPhone size={16} aria-hidden />
              {phoneText(worker.phone)}
            </a>
          )}
        </dd>
      </div>
      <div>
        <dt>{t("run_page.tour")}</dt>
        <dd>
          <Link to="/manage/tours/$tourId" params={{ tourId: run.tour.id }}>
            {run.tour.name}
          </Link>
        </dd>
      </div>
      <div>
        <dt>{t("run_page.planned")}</dt>
        <dd>{nearMomentText(run.planned_at, t, language)}</dd>
      </div>
      {run.started_at !== null && (
        <div>
          <dt>{t("run_page.times")}</dt>
          <dd>
            {run.completed_at === null
              ? t("run_page.since", { from: clockTime(run.started_at, language) })
              : t("run_page.from_to", {
                  from: clockTime(run.started_at, language),
                  to: clockTime(run.completed_at, language),
                })}
          </dd>
        </div>
      )}
      <div>
        <dt>{run.completed_at === null ? t("run_page.agreed") : t("run_page.worked")}</dt>
        <dd>
          {run.started_at !== null && run.completed_at !== null ? (
            <TimeAgainstAgreed
              minutes={minutesBetween(run.started_at, run.completed_at)}
              agreed={run.agreed_minutes}
            />
          ) : (
            t("app.minutes_short", { count: run.agreed_minutes })
          )}
        </dd>
      </div>
    </dl>
  );
}
